import type { AuthorizationPolicySpec } from '../../istio/generated/authorization-policy';
import { ModelObject, namespaceOf } from '../../model/object';
import { child } from '../istio/finding';
import { nearest } from '../istio/nearest';
import { areOfMadeGateways, GATEWAY_NAME, isOfAnyCluster } from './knowledge';
import { EXTENSIONS, Labels, NETWORKING, Scope, SECURITY, showLabels, TELEMETRY } from './scope';

interface Policy {
  readonly selector?: { readonly matchLabels?: Labels };
  readonly targetRef?: object;
  readonly targetRefs?: readonly object[];
}

const DISTANCE = 2;
const SELECTING: readonly (readonly [string, string])[] = [
  [SECURITY, 'AuthorizationPolicy'],
  [SECURITY, 'RequestAuthentication'],
  [TELEMETRY, 'Telemetry'],
  [EXTENSIONS, 'WasmPlugin'],
];

/** Policies that select nothing, or cannot select what they mean to. */
export function analyzePolicies(scope: Scope): void {
  for (const kind of ['AuthorizationPolicy', 'RequestAuthentication']) {
    scope.model.ofKind<Policy>(SECURITY, kind).forEach((policy) => checkMatches(scope, policy));
  }
  for (const policy of scope.model.ofKind<AuthorizationPolicySpec>(SECURITY, 'AuthorizationPolicy')) {
    checkNamespaces(scope, policy);
  }
  for (const [group, kind] of SELECTING) {
    scope.model.ofKind<Policy>(group, kind).forEach((policy) => checkGatewayPods(scope, policy));
  }
}

function checkMatches(scope: Scope, policy: ModelObject<Policy>): void {
  const { knowledge } = scope;
  const namespace = namespaceOf(policy);
  const meshWide = namespace === scope.model.rootNamespace;
  const labels = policy.spec?.selector?.matchLabels;
  const known = meshWide && !knowledge.whole ? false : knowledge.workloads(namespace);
  const referring = policy.spec?.targetRef !== undefined || (policy.spec?.targetRefs ?? []).length > 0;
  if (!known || referring || (meshWide && !policy.spec?.selector) || areOfMadeGateways(labels)) {
    return;
  }
  const pods = scope.selected(labels, meshWide ? undefined : namespace).filter(({ workload }) => !workload || scope.inMesh(workload) !== false);
  const virtual = scope.model.ofKind(NETWORKING, 'WorkloadEntry').length + scope.model.ofKind(NETWORKING, 'WorkloadGroup').length;
  if (pods.length === 0 && virtual === 0) {
    scope.istio('IST0127', 'warning', policy, policy.spec?.selector ? 'spec.selector' : '', {
      value: showLabels(labels),
      rule: meshWide ? 'no workload of the mesh has these labels' : `no workload of namespace ${namespace} that is in the mesh ${labels ? 'has these labels' : 'is known'}`,
      mend: 'Correct the labels or the namespace: the policy protects nothing as it is',
    });
  }
}

function checkNamespaces(scope: Scope, policy: ModelObject<AuthorizationPolicySpec>): void {
  (policy.spec?.rules ?? []).forEach((rule, index) =>
    (rule.from ?? []).forEach(({ source }, number) => {
      for (const part of ['namespaces', 'notNamespaces'] as const) {
        (source?.[part] ?? []).forEach((name, at) => {
          const { knowledge } = scope;
          const known = knowledge.namespaceNames;
          // Of a part of a cluster only a name that is nearly another's tells something.
          if (!isOfAnyCluster(name) && !knowledge.hasNamespace((one) => fits(one, name)) && (knowledge.whole || nearest(name, known, DISTANCE))) {
            scope.istio('IST0101', knowledge.whole ? 'error' : 'info', policy, child(`spec.rules[${index}].from[${number}].source.${part}`, at), {
              value: name,
              rule: 'there is no such namespace',
              mend: `Write one of ${known.join(', ')}`,
            });
          }
        });
      }
    }),
  );
}

function fits(name: string, pattern: string): boolean {
  if (pattern.startsWith('*')) {
    return name.endsWith(pattern.slice(1));
  }
  return pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name.toLowerCase() === pattern.toLowerCase();
}

function checkGatewayPods(scope: Scope, policy: ModelObject<Policy>): void {
  const labels = policy.spec?.selector?.matchLabels;
  if (!policy.spec?.selector || policy.spec.targetRef) {
    return;
  }
  for (const pods of scope.selected(labels, namespaceOf(policy))) {
    const gateway = pods.labels[GATEWAY_NAME];
    if (gateway !== undefined) {
      scope.istio('IST0166', 'warning', policy, 'spec.selector', {
        value: showLabels(labels),
        rule: `the pods of ${gateway}, a Gateway of the Gateway API, are not chosen by labels`,
        mend: `Write \`targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: ${gateway}}]\``,
      });
    }
  }
}
