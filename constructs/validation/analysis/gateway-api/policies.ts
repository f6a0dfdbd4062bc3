import type { BackendTLSPolicySpec } from '../../../gateway-api/generated/backend-tls-policy';
import { GATEWAY_API } from '../../../model/gateway-api/references';
import { ModelObject, namespaceOf } from '../../../model/object';
import { child, Severity } from '../../istio/finding';
import { NETWORKING } from '../scope';
import { GatewayObjects, SEE } from './routes';

type Policy = ModelObject<BackendTLSPolicySpec>;

const POLICY = `${SEE}api-types/backendtlspolicy/`;

/** BackendTLSPolicies: what they are for, and the authorities they trust. */
export function analyzePolicies(objects: GatewayObjects): void {
  for (const policy of objects.scope.model.ofKind<BackendTLSPolicySpec>(GATEWAY_API, 'BackendTLSPolicy')) {
    (policy.spec?.targetRefs ?? []).forEach((ref, index) => checkTarget(objects, policy, ref, child('spec.targetRefs', index)));
    checkAuthorities(objects, policy);
  }
}

function checkTarget({ scope }: GatewayObjects, policy: Policy, ref: BackendTLSPolicySpec['targetRefs'][number], field: string): void {
  const bad = (at: string, value: string, rule: string, mend: string): void =>
    scope.add('AI2120', 'error', policy, child(field, at), { value, rule, mend, see: POLICY });
  const namespace = namespaceOf(policy);
  const ports = portNames(scope, ref, namespace);
  if (ports === undefined) {
    bad('kind', `${ref.group}/${ref.kind}`, 'TLS to a backend is for a Service or a ServiceEntry', 'Write one of these; a Service has the empty group');
  } else if (ports === 'missing') {
    const { knowledge, model } = scope;
    if (knowledge.whole ? model.services.length > 0 : knowledge.holds(`${ref.group}/${ref.kind}`, namespace)) {
      bad('name', ref.name, `namespace ${namespace} has no ${ref.kind} of this name`, 'Correct the name, or put the policy beside what it is for');
    }
  } else if (ref.sectionName && !ports.includes(ref.sectionName)) {
    bad('sectionName', ref.sectionName, `${ref.kind} ${ref.name} has no port of this name`, `Write one of ${ports.join(', ') || 'the names of its ports, once they have names'}`);
  }
}

/** Names of the ports of a target; nothing where it is of a kind that Istio does not take. */
function portNames(scope: GatewayObjects['scope'], { group, kind, name }: { group: string; kind: string; name: string }, namespace: string): string[] | 'missing' | undefined {
  if (group === '' && kind === 'Service') {
    const service = scope.model.services.find((one) => one.name === name && one.namespace === namespace);
    return service?.ports.flatMap((port) => port.name ?? []) ?? 'missing';
  }
  if (group === NETWORKING && kind === 'ServiceEntry') {
    const entries = scope.model.ofKind<{ ports?: { name?: string }[] }>(NETWORKING, 'ServiceEntry');
    const entry = entries.find((one) => one.metadata.name === name && namespaceOf(one) === namespace);
    return entry ? (entry.spec?.ports ?? []).flatMap((port) => port.name ?? []) : 'missing';
  }
  return undefined;
}

function checkAuthorities({ scope }: GatewayObjects, policy: Policy): void {
  const { caCertificateRefs = [], wellKnownCACertificates } = policy.spec?.validation ?? {};
  const bad = (field: string, value: string, rule: string, mend: string, severity: Severity = 'error'): void =>
    scope.add('AI2121', severity, policy, `spec.validation.${field}`, { value, rule, mend, see: POLICY });
  if (wellKnownCACertificates !== undefined) {
    if (wellKnownCACertificates !== 'System') {
      bad('wellKnownCACertificates', wellKnownCACertificates, 'Istio knows the authorities of the system, and no other set', 'Write `System`, or name a ConfigMap in `caCertificateRefs`');
    }
    return;
  }
  const [first] = caCertificateRefs;
  if (!first) {
    return;
  }
  if (caCertificateRefs.length > 1) {
    scope.add('AI2121', 'warning', policy, 'spec.validation.caCertificateRefs', {
      value: caCertificateRefs.map(({ name }) => name),
      rule: 'Istio reads the first of these only',
      mend: 'Put all certificates into one ConfigMap',
      see: POLICY,
    });
  }
  const field = 'caCertificateRefs[0]';
  if (first.kind !== 'ConfigMap' || first.group !== '') {
    bad(`${field}.kind`, first.kind, 'the authorities lie in a ConfigMap', 'Name a ConfigMap with `ca.crt`');
    return;
  }
  const maps = scope.model.ofKind('', 'ConfigMap') as readonly (ModelObject & { data?: Record<string, string> })[];
  const map = maps.find(({ metadata }) => metadata.name === first.name && (metadata.namespace ?? 'default') === namespaceOf(policy));
  if (!map && scope.knowledge.holds('/ConfigMap', namespaceOf(policy))) {
    // Controllers such as trust-manager make them, too.
    const severity = scope.knowledge.whole ? 'error' : 'warning';
    bad(`${field}.name`, first.name, `namespace ${namespaceOf(policy)} has no ConfigMap of this name`, 'Put it beside the policy', severity);
  } else if (map && !map.data?.['ca.crt'] && !map.data?.cacert) {
    bad(`${field}.name`, first.name, 'the ConfigMap has no `ca.crt`', 'Put the certificates of the authorities there, in PEM');
  }
}
