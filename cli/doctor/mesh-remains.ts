import { ISTIO_NAMESPACE } from '../../constructs/mesh/upstream';
import { Finding, findings } from './finding';

/** Namespace of the add-on's control plane. */
const ADDON_NAMESPACE = 'aks-istio-system';

/** A definition or a webhook of Istio as it lies in the cluster. */
export interface IstioPart {
  readonly name: string;
  /** Helm release that owns it, as `namespace/name`. */
  readonly release?: string;
}

/** An Istio control plane as it runs in the cluster. */
export interface ControlPlane {
  readonly namespace: string;
  readonly name: string;
  /** Image tag. */
  readonly version: string;
  readonly release?: string;
}

/** Release that our mesh layer gives the definitions. */
const BASE_RELEASE = `${ISTIO_NAMESPACE}/istio-base`;

/** What is to say of what another Istio left, or still runs, in the cluster. */
export function judgeRemains(flavor: 'helm' | 'addon', definitions: readonly IstioPart[], planes: readonly ControlPlane[]): Finding[] {
  const subject = findings('Cluster', 'Istio');
  const list: Finding[] = [];
  const strangers = planes.filter((plane) => !isOwn(flavor, plane));
  for (const plane of strangers) {
    const isAddon = plane.namespace === ADDON_NAMESPACE;
    list.push(
      subject.failure(`another Istio runs here: ${plane.name} ${plane.version} in ${plane.namespace}`, {
        mend: isAddon
          ? ["Use it: mesh.flavor 'addon'; or disable it: az aks mesh disable --name <cluster> --resource-group <group>"]
          : [`Remove it first: ${plane.release ? `helm uninstall ${plane.name} --namespace ${plane.namespace}` : 'istioctl uninstall --purge'}`],
        see: 'https://learn.microsoft.com/azure/aks/istio-about#limitations',
      }),
    );
  }
  const foreign = definitions.filter(({ release }) => (flavor === 'helm' ? release !== BASE_RELEASE : release !== undefined));
  if (foreign.length > 0 && strangers.length === 0) {
    list.push(judgeDefinitions(flavor, foreign));
  }
  if (list.length > 0) {
    return list;
  }
  const running = planes.map(({ name, version }) => `${name} ${version}`).join(', ');
  return [subject.ok(running ? `${running}, ours` : `none yet${definitions.length > 0 ? `, ${definitions.length} definitions of ours` : ''}`)];
}

function judgeDefinitions(flavor: 'helm' | 'addon', foreign: readonly IstioPart[]): Finding {
  const owner = foreign.find(({ release }) => release !== undefined)?.release;
  const [namespace, release] = owner?.split('/') ?? [];
  const count = foreign.length === 1 ? '1 definition is' : `${foreign.length} definitions are`;
  const detail = `${count} left of another Istio (${foreign[0]?.name}${owner ? `, release ${owner}` : ', no release'})`;
  const refusal = flavor === 'helm' ? 'Helm refuses them: "invalid ownership metadata"' : 'the add-on refuses them';
  return findings('Cluster', 'Istio').failure(`${detail}; ${refusal}`, {
    mend: [
      ...(release ? [`helm uninstall ${release} --namespace ${namespace}   # if it is still installed`] : []),
      'Look at what would go: kubectl get istio-io --all-namespaces',
      'Then: kubectl get crd --output name | grep istio.io | xargs kubectl delete   # deletes every Istio object in the cluster',
    ],
    see: 'https://istio.io/latest/docs/setup/install/helm/#deleting-customresourcedefinitions-installed',
  });
}

function isOwn(flavor: 'helm' | 'addon', { namespace, release }: ControlPlane): boolean {
  return flavor === 'addon' ? namespace === ADDON_NAMESPACE : namespace === ISTIO_NAMESPACE && /\/istiod(-|$)/.test(release ?? '');
}
