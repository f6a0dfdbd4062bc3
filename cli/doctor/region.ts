import { MESH_SUPPORT } from '../../constructs/cluster/mesh-support';
import { reasonOf, Read } from './ask';
import { Finding, findings } from './finding';
import type { Account } from './account';
import { aksPlace, AksSettings, askAz, Subject } from './subject';
import { compareVersions, ISTIO_SUPPORT_DATE, kubernetesRange } from './versions';

/** One entry of `az aks mesh get-revisions`. */
export interface MeshRevision {
  readonly revision: string;
  readonly upgrades?: readonly string[] | null;
  readonly compatibleWith?: readonly { readonly name: string; readonly versions: readonly string[] }[] | null;
}

/** `az aks mesh get-revisions`; versions of az wrap the list differently. */
export type MeshRevisions = RevisionList | readonly { readonly properties?: RevisionList }[];

interface RevisionList {
  readonly meshRevisions: readonly MeshRevision[];
}

/** One entry of `az aks get-versions`. */
export interface KubernetesVersion {
  readonly version: string;
  readonly isPreview?: boolean | null;
  readonly capabilities?: { readonly supportPlan?: readonly string[] };
}

/** Looks at what the region offers to a cluster that is to be created there. */
export async function checkRegion(subject: Subject, settings: AksSettings, account: Account): Promise<Finding[]> {
  const { environment } = subject;
  const { location } = settings;
  const [revisions, versions, label] = await Promise.all([
    environment.mesh.flavor === 'addon' ? askAz<MeshRevisions>(subject, 'aks', 'mesh', 'get-revisions', '--location', location) : undefined,
    askAz<{ values: KubernetesVersion[] }>(subject, 'aks', 'get-versions', '--location', location),
    checkDnsLabel(subject, settings, account),
  ]);
  return [
    judgeKubernetesVersion(versions, settings),
    ...(revisions ? judgeRevisions(revisions, environment.mesh.addon?.revisions ?? [], settings) : []),
    ...(environment.mesh.flavor === 'addon' ? judgeSupport(environment.mesh.addon?.revisions ?? [], subject.now()) : []),
    label,
  ];
}

/** What is to say of the Kubernetes version in the region. */
export function judgeKubernetesVersion(read: Read<{ readonly values: readonly KubernetesVersion[] }>, settings: AksSettings): Finding {
  const subject = findings('Region', 'Kubernetes version');
  const { kubernetesVersion: wanted, location } = settings;
  if ('problem' in read) {
    return subject.warning(`could not be read: ${reasonOf(read.problem)}`, { mend: [`az aks get-versions --location ${location} --output table`] });
  }
  const offered = [...read.value.values].sort((one, other) => compareVersions(one.version, other.version));
  const stable = offered.filter(({ isPreview, capabilities }) => !isPreview && (capabilities?.supportPlan ?? ['KubernetesOfficial']).includes('KubernetesOfficial'));
  const mend = [`Set cluster.kubernetesVersion to one of ${stable.map(({ version }) => version).join(', ')}`];
  const see = 'https://learn.microsoft.com/azure/aks/supported-kubernetes-versions';
  const found = offered.find(({ version }) => version === wanted);
  if (!found) {
    return subject.failure(`${location} does not offer ${wanted}`, { mend, see });
  }
  if (found.isPreview) {
    return subject.warning(`${wanted} is a preview in ${location}`, { mend, see });
  }
  if (!stable.includes(found) && settings.skuTier !== 'Premium') {
    return subject.failure(`${wanted} is under long-term support only, which needs the Premium tier`, { mend: [...mend, "Or set cluster.skuTier to 'Premium'"], see });
  }
  return subject.ok(`${wanted} is offered in ${location}`);
}

/** What is to say of the add-on's revisions in the region. */
export function judgeRevisions(read: Read<MeshRevisions>, wanted: readonly string[], settings: Pick<AksSettings, 'kubernetesVersion' | 'location'>): Finding[] {
  const subject = findings('Region', 'mesh revision');
  const { kubernetesVersion, location } = settings;
  const see = 'https://learn.microsoft.com/azure/aks/istio-support-policy';
  if ('problem' in read) {
    return [subject.warning(`could not be read: ${reasonOf(read.problem)}`, { mend: [`az aks mesh get-revisions --location ${location} --output table`] })];
  }
  const offered = 'meshRevisions' in read.value ? read.value.meshRevisions : read.value.flatMap(({ properties }) => properties?.meshRevisions ?? []);
  const names = offered.map(({ revision }) => revision).join(', ');
  return wanted.map((revision, index) => {
    const found = offered.find((candidate) => candidate.revision === revision);
    if (!found) {
      return subject.failure(`${location} does not offer ${revision} (it expires there some eight months after its release)`, {
        mend: [`Set mesh.addon.revisions to one of ${names}`],
        see,
      });
    }
    const versions = found.compatibleWith?.find(({ name }) => name === 'kubernetes')?.versions;
    if (versions && !versions.includes(kubernetesVersion)) {
      return subject.failure(`${revision} does not run on Kubernetes ${kubernetesVersion}`, { mend: [`Set cluster.kubernetesVersion to one of ${versions.join(', ')}, or take another revision of ${names}`], see });
    }
    const next = wanted[index + 1];
    if (next !== undefined && found.upgrades && !found.upgrades.includes(next)) {
      return subject.failure(`${revision} cannot be upgraded to ${next} here`, { mend: [`Upgrade to one of ${found.upgrades.join(', ') || 'none yet'}`], see });
    }
    return subject.ok(`${revision} is offered in ${location}`);
  });
}

/** What Microsoft's calendar, as it stood on its day, says of revisions whose support is over or ends this month. */
export function judgeSupport(revisions: readonly string[], now: Date): Finding[] {
  const month = now.toISOString().slice(0, 7);
  return revisions.flatMap((revision) => {
    const ends = MESH_SUPPORT.revisions[revision]?.ends;
    if (ends === undefined || ends > month) {
      return [];
    }
    const detail = ends < month ? `support of ${revision} was to end in ${ends}` : `support of ${revision} is to end this month`;
    return [
      findings('Region', 'mesh support').warning(`${detail} (calendar of ${MESH_SUPPORT.asOf})`, {
        mend: ['Name the revision that comes next in mesh.addon.next, and go on as docs/day-two.md says: Upgrade the add-on'],
        see: 'https://learn.microsoft.com/azure/aks/istio-support-policy',
      }),
    ];
  });
}

/** What is to say of a version of Istio on a version of Kubernetes. */
export function judgeIstioSupport(istioVersion: string, kubernetesVersion: string): Finding {
  const subject = findings('Region', 'Istio and Kubernetes');
  const range = kubernetesRange(istioVersion);
  const see = 'https://istio.io/latest/docs/releases/supported-releases/';
  if (!range) {
    return subject.warning(`which Kubernetes versions Istio ${istioVersion} supports is not known here (table of ${ISTIO_SUPPORT_DATE})`, { mend: ['Compare with the page'], see });
  }
  const [oldest, newest] = range;
  const fits = compareVersions(kubernetesVersion, oldest) >= 0 && compareVersions(kubernetesVersion, newest) <= 0;
  const detail = `Istio ${istioVersion} supports Kubernetes ${oldest} to ${newest}`;
  return fits ? subject.ok(`${detail}; this is ${kubernetesVersion}`) : subject.failure(`${detail}, not ${kubernetesVersion}`, { mend: ['Change the version of one of them'], see });
}

async function checkDnsLabel(subject: Subject, settings: AksSettings, account: Account): Promise<Finding> {
  const { location, dnsLabel } = settings;
  const url =
    `https://management.azure.com/subscriptions/${account.id}/providers/Microsoft.Network/locations/${location}/CheckDnsNameAvailability` +
    `?domainNameLabel=${dnsLabel}&api-version=2024-05-01`;
  const group = aksPlace(subject.environment)?.resourceGroupName ?? '';
  const [available, own] = await Promise.all([
    askAz<{ available: boolean }>(subject, 'rest', '--method', 'get', '--url', url),
    askAz<(string | null)[]>(subject, 'network', 'public-ip', 'list', '--resource-group', group, '--query', '[].dnsSettings.domainNameLabel'),
  ]);
  return judgeDnsLabel(available, 'value' in own && (own.value ?? []).includes(dnsLabel), settings);
}

/** What is to say of the DNS label of the ingress address. */
export function judgeDnsLabel(read: Read<{ readonly available: boolean }>, isOurs: boolean, settings: Pick<AksSettings, 'dnsLabel' | 'location'>): Finding {
  const subject = findings('Region', 'DNS label');
  const host = `${settings.dnsLabel}.${settings.location}.cloudapp.azure.com`;
  if (isOurs) {
    return subject.ok(`${host} is this environment's already`);
  }
  if ('problem' in read) {
    return subject.warning(`could not be checked: ${reasonOf(read.problem)}`, { mend: [`nslookup ${host}   # must not resolve`] });
  }
  return read.value.available
    ? subject.ok(`${host} is free`)
    : subject.failure(`${host} is taken`, { mend: ['export DNS_LABEL_PREFIX=<something of yours>, or change cluster.dnsLabel'] });
}
