import type { AuthorizationPolicySpec } from '../../istio/generated/authorization-policy';
import { GATEWAY_API } from '../../model/gateway-api/references';
import { AnyObject, ModelObject, namespaceOf } from '../../model/object';
import { child } from '../istio/finding';
import { DATAPLANE, fullName, INJECTION, NETWORKING, Scope, SECURITY } from './scope';

type Policy = ModelObject<AuthorizationPolicySpec>;
type Rule = NonNullable<AuthorizationPolicySpec['rules']>[number];

const USE_WAYPOINT = 'istio.io/use-waypoint';
const SEE = 'https://istio.io/latest/docs/ambient/usage/';
/** What of a request only a proxy for HTTP sees. */
const OF_REQUESTS = ['methods', 'notMethods', 'paths', 'notPaths', 'hosts', 'notHosts', 'requestPrincipals', 'notRequestPrincipals', 'remoteIpBlocks', 'notRemoteIpBlocks'];

/** Ambient mode: waypoints that are not there, and policies that ask a ztunnel for what it does not see. */
export function analyzeAmbient(scope: Scope): void {
  const waypoints = new Set(scope.model.ofKind(GATEWAY_API, 'Gateway').map(fullName));
  const bound = [...scope.model.ofKind('', 'Namespace'), ...scope.model.ofKind('', 'Service'), ...scope.model.ofKind('', 'Pod'), ...scope.model.ofKind(NETWORKING, 'ServiceEntry')];
  bound.forEach((object) => checkWaypoint(scope, object, waypoints));
  scope.model.ofKind<AuthorizationPolicySpec>(SECURITY, 'AuthorizationPolicy').forEach((policy) => checkPolicy(scope, policy));
}

function checkWaypoint(scope: Scope, object: AnyObject, waypoints: ReadonlySet<string>): void {
  const { labels = {}, name: own } = object.metadata;
  const name = labels[USE_WAYPOINT];
  const namespace = labels[`${USE_WAYPOINT}-namespace`] ?? (object.kind === 'Namespace' ? own : namespaceOf(object));
  if (name === undefined || name === 'none' || waypoints.has(`${namespace}/${name}`) || !scope.knowledge.holds(`${GATEWAY_API}/Gateway`, namespace)) {
    return;
  }
  scope.add('AI2050', 'warning', object, child('metadata.labels', USE_WAYPOINT), {
    value: name,
    rule: `namespace ${namespace} has no Gateway of this name, so requests pass by every policy and route that a waypoint would apply`,
    mend: `Correct the name, say the namespace by ${USE_WAYPOINT}-namespace, or add the waypoint`,
    see: `${SEE}waypoint/`,
  });
}

/** A policy that selects pods is applied by the ztunnel, which takes what it cannot see for a reason to refuse. */
function checkPolicy(scope: Scope, policy: Policy): void {
  const { spec } = policy;
  const namespace = namespaceOf(policy);
  if (spec?.targetRef || (spec?.targetRefs ?? []).length > 0 || spec?.action === 'CUSTOM' || !isAmbient(scope, policy, namespace)) {
    return;
  }
  const index = (spec?.rules ?? []).findIndex(asksOfRequests);
  if (index >= 0) {
    scope.add('AI2051', 'warning', policy, child('spec.rules', index), {
      rule: 'in ambient mode a policy for pods is applied by the ztunnel, which sees no HTTP: this rule lets nobody in',
      mend: 'Give the Service a waypoint, and name the Service or the waypoint in `targetRefs` instead of a selector',
      see: `${SEE}l7-features/`,
    });
  }
}

function isAmbient(scope: Scope, { spec }: Policy, namespace: string): boolean {
  const chosen = scope.selected(spec?.selector?.matchLabels, namespace).flatMap(({ workload }) => workload ?? []);
  const labels = scope.labelsOf(namespace);
  return chosen.length > 0 ? chosen.some((workload) => scope.isAmbient(workload)) : labels?.[DATAPLANE] === 'ambient' && labels[INJECTION] !== 'enabled';
}

function asksOfRequests({ from = [], to = [], when = [] }: Rule): boolean {
  const named = (member: object | undefined): boolean => Object.keys(member ?? {}).some((name) => OF_REQUESTS.includes(name));
  return from.some(({ source }) => named(source)) || to.some(({ operation }) => named(operation)) || when.some(({ key }) => key?.startsWith('request.') ?? false);
}
