import type { GatewayListeners } from '../../../gateway-api/generated/gateway';
import { isGranted } from '../../../model/gateway-api/references';
import { namespaceOf } from '../../../model/object';
import { child } from '../../istio/finding';
import type { Knowledge } from '../knowledge';
import { isKeyPair, SecretObject } from '../secrets';
import { Gateway, GatewayObjects, SEE } from './routes';

const TLS = `${SEE}guides/tls/`;
/** How a listener ends TLS without a certificate of its own. */
const BY_MESH = ['ISTIO_SIMPLE', 'ISTIO_MUTUAL'];
const MOST = 2;
const ISSUERS = ['cert-manager.io/issuer', 'cert-manager.io/cluster-issuer'];

/** Certificates of listeners: that they are named, there, in reach and what they should be. */
export function checkCertificates(objects: GatewayObjects, gateway: Gateway, { tls, protocol }: GatewayListeners, at: string): void {
  const { scope } = objects;
  if (!tls) {
    if (protocol === 'HTTPS' || protocol === 'TLS') {
      scope.add('AI2114', 'warning', gateway, child(at, 'tls'), {
        rule: `a listener for ${protocol} without \`tls\` ends no TLS: it answers nobody`,
        mend: 'Give `tls.certificateRefs`, or `tls.mode: Passthrough` with protocol TLS',
        see: TLS,
      });
    }
    return;
  }
  const refs = tls.certificateRefs ?? [];
  if (tls.mode === 'Passthrough' || BY_MESH.includes(tls.options?.['gateway.istio.io/tls-terminate-mode'] ?? '')) {
    return;
  }
  if (refs.length > MOST) {
    scope.add('AI2114', 'error', gateway, `${at}.tls.certificateRefs`, {
      value: refs.map(({ name }) => name),
      rule: `Istio shows ${MOST} certificates for a listener at most, such as an RSA and an ECDSA one`,
      mend: 'Drop one, or give each host a listener of its own',
      see: TLS,
    });
    return;
  }
  const problems = refs.map((ref) => problemOf(objects, gateway, ref));
  // One certificate that works is enough for istiod.
  const severity = problems.every((problem) => problem !== undefined) ? 'error' : 'warning';
  problems.forEach((problem, index) => {
    if (problem) {
      const { code, unsure, ...verdict } = problem;
      scope.add(code, unsure ? 'warning' : severity, gateway, child(`${at}.tls.certificateRefs`, index), { value: refs[index]!.name, ...verdict, see: TLS });
    }
  });
}

/** Authorities by which the listeners of a port verify the clients' certificates; on trial in the Gateway API. */
export function checkClientAuthorities(objects: GatewayObjects, gateway: Gateway): void {
  interface Validated {
    readonly validation?: { readonly caCertificateRefs?: readonly Ref[] };
  }
  interface Frontend {
    readonly tls?: { readonly frontend?: { readonly default?: Validated; readonly perPort?: readonly { readonly tls?: Validated }[] } };
  }
  const { frontend } = (gateway.spec as Frontend | undefined)?.tls ?? {};
  const places = [
    { field: 'spec.tls.frontend.default', validated: frontend?.default },
    ...(frontend?.perPort ?? []).map(({ tls }, index) => ({ field: `spec.tls.frontend.perPort[${index}].tls`, validated: tls })),
  ];
  for (const { field, validated } of places) {
    const refs = validated?.validation?.caCertificateRefs ?? [];
    const at = `${field}.validation.caCertificateRefs`;
    const problem: Problem | undefined = refs.length > 1 ? { code: 'AI2114', rule: 'Istio takes one bundle of authorities for a port', mend: 'Put all certificates into one ConfigMap' } : refs[0] && authorityProblem(objects, gateway, refs[0]);
    if (problem) {
      const { code, unsure, ...verdict } = problem;
      objects.scope.add(code, unsure ? 'warning' : 'error', gateway, at, { value: refs.map(({ name }) => name), ...verdict, see: TLS });
    }
  }
}

function authorityProblem({ scope: { model, knowledge } }: GatewayObjects, gateway: Gateway, { group = '', kind = '', name, namespace }: Ref): Problem | undefined {
  if (group !== '' || !['ConfigMap', 'Secret'].includes(kind)) {
    return { code: 'AI2114', rule: 'authorities lie in a ConfigMap or a Secret', mend: 'Name one with `ca.crt`' };
  }
  const own = namespaceOf(gateway);
  const place = namespace ?? own;
  const known = model.ofKind<never>('', kind) as readonly SecretObject[];
  const found = known.find((one) => one.metadata.name === name && namespaceOf(one) === place);
  if (!found && (kind === 'Secret' ? isMissing(knowledge, gateway, `${place}/${name}`) : knowledge.holds('/ConfigMap', place))) {
    return { unsure: !knowledge.whole, code: 'AI2114', rule: `namespace ${place} has no such ${kind}`, mend: `Put it into ${place}, or name the namespace that it is in` };
  }
  const content = { ...found?.data, ...found?.stringData };
  if (found && Object.keys(content).length > 0 && content['ca.crt'] === undefined && content.cacert === undefined) {
    return { code: 'AI2114', rule: `the ${kind} has no \`ca.crt\``, mend: 'Put the certificates of the authorities there, in PEM' };
  }
  const reference = { fromKind: gateway.kind, fromNamespace: own, toGroup: '', toKind: kind, toNamespace: place, toName: name };
  return place === own || isGranted(model, reference) || !knowledge.holdsAny(place)
    ? undefined
    : { code: 'AI2106', rule: `no ReferenceGrant in namespace ${place} lets a Gateway of ${own} use its ${kind}`, mend: `Add one to ${place}, or copy the ${kind}` };
}

interface Problem {
  readonly code: string;
  readonly rule: string;
  readonly mend: string;
  /** A controller or somebody's hand may have made what is missed here. */
  readonly unsure?: boolean;
}

/** Whether a Secret is missed: those that cert-manager makes for a Gateway are not here. */
function isMissing(knowledge: Knowledge, gateway: Gateway, key: string): boolean {
  const annotations = Object.keys(gateway.metadata.annotations ?? {});
  return !knowledge.secrets.has(key) && !annotations.some((name) => ISSUERS.includes(name)) && knowledge.knowsSecrets(key.split('/')[0]!);
}

type Ref = NonNullable<NonNullable<GatewayListeners['tls']>['certificateRefs']>[number];

function problemOf({ scope: { model, knowledge } }: GatewayObjects, gateway: Gateway, { group = '', kind = 'Secret', name, namespace }: Ref): Problem | undefined {
  if ((group !== '' && group !== 'core') || kind !== 'Secret') {
    return { code: 'AI2114', rule: `a certificate lies in a Secret, not in a ${kind}`, mend: 'Name a Secret with `tls.crt` and `tls.key`' };
  }
  const own = namespaceOf(gateway);
  const place = namespace ?? own;
  const secrets = model.ofKind<never>('', 'Secret') as readonly SecretObject[];
  const secret = secrets.find((one) => one.metadata.name === name && namespaceOf(one) === place);
  if (!secret && isMissing(knowledge, gateway, `${place}/${name}`)) {
    return { unsure: !knowledge.whole, code: 'AI2114', rule: `namespace ${place} has no such Secret`, mend: `Put the Secret into ${place}, or name the namespace that it is in` };
  }
  if (secret && !isKeyPair(secret)) {
    return { code: 'AI2114', rule: 'the Secret holds no certificate with its key', mend: 'Make it of type kubernetes.io/tls, with `tls.crt` and `tls.key` in PEM' };
  }
  const reference = { fromKind: gateway.kind, fromNamespace: own, toGroup: '', toKind: 'Secret', toNamespace: place, toName: name };
  return place === own || isGranted(model, reference) || !knowledge.holdsAny(place)
    ? undefined
    : { code: 'AI2106', rule: `no ReferenceGrant in namespace ${place} lets a Gateway of ${own} use its Secret`, mend: `Add one to ${place}, or copy the Secret` };
}
