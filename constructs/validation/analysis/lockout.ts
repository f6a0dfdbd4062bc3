import type { AuthorizationPolicySpec } from '../../istio/generated/authorization-policy';
import type { GatewaySpec } from '../../istio/generated/gateway';
import type { VirtualServiceSpec } from '../../istio/generated/virtual-service';
import type { ModelWorkload } from '../../model/mesh-model';
import { ModelObject, namespaceOf } from '../../model/object';
import { carries, fullName, NETWORKING, Pods, Scope, SECURITY, targetsOf } from './scope';

type Policy = ModelObject<AuthorizationPolicySpec>;
type Rule = NonNullable<AuthorizationPolicySpec['rules']>[number];
type Source = NonNullable<Rule['from']>[number]['source'];

/** Services that a gateway leads to, whose ALLOW policies let no gateway in: a deny by default that locks the users out. */
export function analyzeLockout(scope: Scope): void {
  const policies = scope.model
    .ofKind<AuthorizationPolicySpec>(SECURITY, 'AuthorizationPolicy')
    .filter(({ spec, metadata }) => (spec?.action ?? 'ALLOW') === 'ALLOW' && metadata.annotations?.['istio.io/dry-run'] !== 'true');
  if (policies.length === 0) {
    return;
  }
  const reported = new Set<string>();
  for (const service of scope.model.ofKind<VirtualServiceSpec>(NETWORKING, 'VirtualService')) {
    const gateways = (service.spec?.gateways ?? []).filter((name) => name !== 'mesh');
    if (gateways.length === 0) {
      continue;
    }
    const callers = gateways.flatMap((name) => podsOf(scope, name.includes('/') ? name : `${namespaceOf(service)}/${name}`));
    for (const target of targetsOf(service.spec).filter(({ mirrored }) => !mirrored)) {
      const offered = scope.offerOf(target.host, namespaceOf(service), service.spec?.exportTo)?.service;
      for (const { workload } of offered && Object.keys(offered.selector).length > 0 ? scope.selected(offered.selector, offered.namespace) : []) {
        const key = workload && `${workload.namespace}/${workload.name}`;
        if (workload && key && !reported.has(key) && isLockedOut(scope, policies, workload, callers)) {
          reported.add(key);
          report(scope, service, target.field, workload.name, policies.filter((policy) => applies(scope, policy, workload)));
        }
      }
    }
  }
}

function podsOf(scope: Scope, name: string): readonly Pods[] {
  const gateway = scope.model.ofKind<GatewaySpec>(NETWORKING, 'Gateway').find((one) => fullName(one) === name);
  return gateway?.spec?.selector ? scope.selected(gateway.spec.selector) : [];
}

function applies(scope: Scope, policy: Policy, workload: ModelWorkload): boolean {
  const { spec } = policy;
  const referring = spec?.targetRef !== undefined || (spec?.targetRefs ?? []).length > 0;
  const inReach = [workload.namespace, scope.model.rootNamespace].includes(namespaceOf(policy));
  return !referring && inReach && carries(workload.labels, spec?.selector?.matchLabels ?? {});
}

function isLockedOut(scope: Scope, policies: readonly Policy[], workload: ModelWorkload, callers: readonly Pods[]): boolean {
  const applying = policies.filter((policy) => applies(scope, policy, workload));
  const open = (rule: Rule): boolean => (rule.from ?? []).length === 0 || rule.from!.some(({ source }) => letsIn(scope, source, callers));
  return applying.length > 0 && !applying.some(({ spec }) => (spec?.rules ?? []).some(open));
}

/** Whether a source may be a gateway; where its pods are unknown, whoever is named by identity may be one. */
function letsIn(scope: Scope, source: Source, callers: readonly Pods[]): boolean {
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

function report(scope: Scope, service: ModelObject<VirtualServiceSpec>, field: string, workload: string, policies: readonly Policy[]): void {
  scope.add('AI2030', 'warning', policies[0]!, 'spec.rules', {
    rule: `${fullName(service)} (${field}) leads users from a gateway to ${workload}, but no ALLOW policy of it lets the gateway in: they get 403`,
    mend: 'Add a policy that allows the gateway’s service account, by `principals`, or its namespace',
    see: 'https://istio.io/latest/docs/tasks/security/authorization/authz-http/',
  });
}
