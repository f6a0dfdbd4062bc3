import type { AuthorizationPolicySpec } from '../../istio/generated/authorization-policy';
import type { GatewaySpec } from '../../istio/generated/gateway';
import type { VirtualServiceSpec } from '../../istio/generated/virtual-service';
import type { ModelService, ModelWorkload } from '../../model/mesh-model';
import { GATEWAY_API } from '../../model/gateway-api/references';
import { AnyObject, ModelObject, namespaceOf } from '../../model/object';
import { carries, fullName, NETWORKING, Pods, Scope, SECURITY, targetsOf } from './scope';

type Policy = ModelObject<AuthorizationPolicySpec>;
type Rule = NonNullable<AuthorizationPolicySpec['rules']>[number];
type Source = NonNullable<Rule['from']>[number]['source'];

interface Reference {
  readonly kind?: string;
  readonly name: string;
  readonly namespace?: string;
}

interface HttpRoute {
  readonly parentRefs?: readonly Reference[];
  readonly rules?: readonly { readonly backendRefs?: readonly Reference[] }[];
}

interface KubernetesGateway {
  readonly gatewayClassName?: string;
  readonly infrastructure?: object;
  readonly addresses?: readonly object[];
}

/** What a source says of who calls; the rest of it depends on the request. */
const IDENTITY = ['principals', 'notPrincipals', 'namespaces', 'notNamespaces', 'serviceAccounts'];

/** An entrance: the pods of a gateway, where they are known, and a Service that it leads to. */
interface Entrance {
  readonly callers: readonly Caller[];
  readonly service: ModelService;
  /** What leads there, and the field that says so. */
  readonly route: AnyObject;
  readonly field: string;
}

type Caller = Pick<Pods, 'namespace' | 'serviceAccountName'>;

/** Services that a gateway leads to, whose policies let no gateway in: a deny by default that locks the users out. */
export function analyzeLockout(scope: Scope): void {
  const policies = scope.model
    .ofKind<AuthorizationPolicySpec>(SECURITY, 'AuthorizationPolicy')
    .filter(({ metadata }) => metadata.annotations?.['istio.io/dry-run'] !== 'true');
  if (policies.length === 0) {
    return;
  }
  const allowing = policies.filter(({ spec }) => (spec?.action ?? 'ALLOW') === 'ALLOW');
  const denying = policies.filter(({ spec }) => spec?.action === 'DENY');
  checkGateways(scope, allowing);
  const reported = new Set<string>();
  for (const { service, callers, route, field } of [...entrancesOf(scope), ...kubernetesEntrances(scope)]) {
    for (const { workload } of Object.keys(service.selector).length > 0 ? scope.selected(service.selector, service.namespace) : []) {
      const key = workload && `${workload.namespace}/${workload.name}`;
      if (!workload || !key || reported.has(key)) {
        continue;
      }
      const denied = denying.find((policy) => applies(scope, policy, workload) && refuses(scope, policy, callers));
      if (denied ?? isLockedOut(scope, allowing, workload, callers)) {
        reported.add(key);
        const policy = denied ?? allowing.find((one) => applies(scope, one, workload))!;
        const why = denied ? 'this policy denies what the gateway sends' : 'no ALLOW policy of it lets the gateway in';
        report(scope, policy, `${fullName(route)} (${field}) leads users from a gateway to ${workload.name}, but ${why}: they get 403`);
      }
    }
  }
}

function entrancesOf(scope: Scope): Entrance[] {
  return scope.model.ofKind<VirtualServiceSpec>(NETWORKING, 'VirtualService').flatMap((route) => {
    const own = namespaceOf(route);
    const gateways = (route.spec?.gateways ?? []).filter((name) => name !== 'mesh');
    const callers = gateways.flatMap((name) => podsOf(scope, name.includes('/') ? name : `${own}/${name}`));
    const targets = gateways.length > 0 ? targetsOf(route.spec).filter(({ mirrored }) => !mirrored) : [];
    return targets.flatMap(({ host, field }) => {
      const service = scope.offerOf(host, own, route.spec?.exportTo)?.service;
      return service ? [{ callers, service, route, field }] : [];
    });
  });
}

/** The same by routes of the Gateway API, for whose Gateways istiod makes the pods. */
function kubernetesEntrances(scope: Scope): Entrance[] {
  const gateways = new Map(scope.model.ofKind<KubernetesGateway>(GATEWAY_API, 'Gateway').map((gateway) => [fullName(gateway), gateway]));
  return scope.model.ofKind<HttpRoute>(GATEWAY_API, 'HTTPRoute').flatMap((route) => {
    const own = namespaceOf(route);
    const parents = (route.spec?.parentRefs ?? []).flatMap(({ name, namespace = own }) => gateways.get(`${namespace}/${name}`) ?? []);
    // Names of a gateway that somebody changed or deployed by hand are theirs to know.
    const callers = parents.filter(isMadeByIstiod).map(callerOf);
    return (callers.length === parents.length && parents.length > 0 ? (route.spec?.rules ?? []) : []).flatMap((rule, index) =>
      (rule.backendRefs ?? []).flatMap(({ kind = 'Service', name, namespace = own }, number) => {
        const service = kind === 'Service' ? scope.model.services.find((one) => one.name === name && one.namespace === namespace) : undefined;
        return service ? [{ callers, service, route, field: `spec.rules[${index}].backendRefs[${number}]` }] : [];
      }),
    );
  });
}

function isMadeByIstiod({ spec }: ModelObject<KubernetesGateway>): boolean {
  return spec?.gatewayClassName === 'istio' && !spec.infrastructure && !spec.addresses?.length;
}

function callerOf(gateway: ModelObject<KubernetesGateway>): Caller {
  return { namespace: namespaceOf(gateway), serviceAccountName: `${gateway.metadata.name}-istio` };
}

/** Pods of gateways themselves, to which no policy lets anybody: those that are for all of the mesh are for them, too. */
function checkGateways(scope: Scope, policies: readonly Policy[]): void {
  for (const gateway of scope.model.ofKind<GatewaySpec>(NETWORKING, 'Gateway')) {
    const pods = gateway.spec?.selector ? scope.selected(gateway.spec.selector) : [];
    const shut = pods.map((one) => policies.filter((policy) => applies(scope, policy, one)));
    if (shut.some((applying) => applying.length > 0 && applying.every(({ spec }) => (spec?.rules ?? []).length === 0))) {
      const policy = shut.find((applying) => applying.length > 0)![0]!;
      report(scope, policy, `this is for the pods of Gateway ${fullName(gateway)} too, where no policy lets anybody in: all users get 403`);
      return;
    }
  }
}

/** Whether a DENY policy is certain to take what a gateway sends. */
function refuses(scope: Scope, { spec }: Policy, callers: readonly Caller[]): boolean {
  const certain = (source: Source): boolean => Object.keys(source ?? {}).every((name) => IDENTITY.includes(name));
  const takes = (source: Source): boolean => source !== undefined && certain(source) && callers.every((caller) => letsIn(scope, source, [caller]));
  return (
    callers.length > 0 &&
    (spec?.rules ?? []).some(({ from = [], to = [], when = [] }) => to.length + when.length === 0 && from.some(({ source }) => takes(source)))
  );
}

function podsOf(scope: Scope, name: string): readonly Pods[] {
  const gateway = scope.model.ofKind<GatewaySpec>(NETWORKING, 'Gateway').find((one) => fullName(one) === name);
  return gateway?.spec?.selector ? scope.selected(gateway.spec.selector) : [];
}

function applies(scope: Scope, policy: Policy, workload: Pick<Pods, 'namespace' | 'labels'>): boolean {
  const { spec } = policy;
  const referring = spec?.targetRef !== undefined || (spec?.targetRefs ?? []).length > 0;
  const inReach = [workload.namespace, scope.model.rootNamespace].includes(namespaceOf(policy));
  return !referring && inReach && carries(workload.labels, spec?.selector?.matchLabels ?? {});
}

function isLockedOut(scope: Scope, policies: readonly Policy[], workload: ModelWorkload, callers: readonly Caller[]): boolean {
  const applying = policies.filter((policy) => applies(scope, policy, workload));
  const open = (rule: Rule): boolean => (rule.from ?? []).length === 0 || rule.from!.some(({ source }) => letsIn(scope, source, callers));
  return applying.length > 0 && !applying.some(({ spec }) => (spec?.rules ?? []).some(open));
}

/** Whether a source may be a gateway; where its pods are unknown, whoever is named by identity may be one. */
function letsIn(scope: Scope, source: Source, callers: readonly Caller[]): boolean {
  if (!source || callers.length === 0) {
    return true;
  }
  return callers.some(({ namespace, serviceAccountName }) => {
    const identity = `${scope.model.trustDomain}/ns/${namespace}/sa/${serviceAccountName}`;
    const among = (values: readonly string[] = [], value: string): boolean => values.length === 0 || values.some((pattern) => fits(value, pattern));
    const accounts = source.serviceAccounts ?? [];
    return (
      among(source.principals, identity) &&
      among(source.namespaces, namespace) &&
      (accounts.length === 0 || accounts.includes(`${namespace}/${serviceAccountName}`)) &&
      !(source.notPrincipals ?? []).some((pattern) => fits(identity, pattern)) &&
      !(source.notNamespaces ?? []).some((pattern) => fits(namespace, pattern))
    );
  });
}

function fits(value: string, pattern: string): boolean {
  if (pattern.endsWith('*')) {
    return value.startsWith(pattern.slice(0, -1));
  }
  return pattern.startsWith('*') ? value.endsWith(pattern.slice(1)) : value === pattern;
}

function report(scope: Scope, policy: Policy, rule: string): void {
  scope.add('AI2030', 'warning', policy, 'spec.rules', {
    rule,
    mend: 'Let in the gateway’s service account, by `principals`, or its namespace; at the gateway itself, its users',
    see: 'https://istio.io/latest/docs/tasks/security/authorization/authz-http/',
  });
}
