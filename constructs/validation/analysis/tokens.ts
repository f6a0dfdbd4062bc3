import type { AuthorizationPolicySpec } from '../../istio/generated/authorization-policy';
import type { GatewaySpec } from '../../istio/generated/gateway';
import type { RequestAuthenticationSpec } from '../../istio/generated/request-authentication';
import type { VirtualServiceSpec } from '../../istio/generated/virtual-service';
import { ModelObject, namespaceOf } from '../../model/object';
import { isClaim } from '../istio/rules/route-names';
import { child } from '../istio/finding';
import { carries, fullName, NETWORKING, Scope, SECURITY } from './scope';

type Authentication = ModelObject<RequestAuthenticationSpec>;
type Authorization = ModelObject<AuthorizationPolicySpec>;

/** Tokens: a RequestAuthentication alone lets requests without a token pass, and a route by claims needs one. */
export function analyzeTokens(scope: Scope): void {
  const authentications = scope.model.ofKind<RequestAuthenticationSpec>(SECURITY, 'RequestAuthentication');
  const authorizations = scope.model.ofKind<AuthorizationPolicySpec>(SECURITY, 'AuthorizationPolicy');
  for (const authentication of authentications) {
    const demanded = authorizations.some((policy) => demandsToken(policy) && covers(scope, policy, authentication));
    if ((authentication.spec?.jwtRules ?? []).length > 0 && !demanded) {
      scope.add('AI2010', 'warning', authentication, 'spec.jwtRules', {
        rule: 'this refuses bad tokens, but a request without any token passes: no AuthorizationPolicy here asks for one',
        mend: 'Add a policy for the same workloads: ALLOW from requestPrincipals ["*"], or DENY from notRequestPrincipals ["*"]',
        see: 'https://istio.io/latest/docs/tasks/security/authorization/authz-jwt/',
      });
    }
  }
  for (const service of scope.model.ofKind<VirtualServiceSpec>(NETWORKING, 'VirtualService')) {
    checkClaims(scope, service, authentications);
  }
}

function demandsToken({ spec }: Authorization): boolean {
  return (spec?.rules ?? []).some(
    (rule) =>
      (rule.from ?? []).some(({ source }) => (source?.requestPrincipals ?? []).length + (source?.notRequestPrincipals ?? []).length > 0) ||
      (rule.when ?? []).some(({ key }) => key?.startsWith('request.auth.')),
  );
}

/** Whether a policy applies to workloads that an authentication applies to, as far as labels and references tell. */
function covers(scope: Scope, policy: Authorization, authentication: Authentication): boolean {
  const [one, other] = [policy.spec, authentication.spec];
  const sameNamespace = namespaceOf(policy) === namespaceOf(authentication);
  const referred = (spec: AuthorizationPolicySpec | RequestAuthenticationSpec | undefined): string[] =>
    [...(spec?.targetRefs ?? []), ...(spec?.targetRef ? [spec.targetRef] : [])].map(({ kind, name }) => `${kind ?? ''}/${name ?? ''}`);
  const [refs, others] = [referred(one), referred(other)];
  if (refs.length + others.length > 0) {
    return sameNamespace && (refs.length === 0 || refs.some((ref) => others.includes(ref)));
  }
  const [labels, wanted] = [one?.selector?.matchLabels ?? {}, other?.selector?.matchLabels ?? {}];
  const inReach = sameNamespace || [namespaceOf(policy), namespaceOf(authentication)].includes(scope.model.rootNamespace);
  return inReach && (carries(wanted, labels) || carries(labels, wanted));
}

function checkClaims(scope: Scope, service: ModelObject<VirtualServiceSpec>, authentications: readonly Authentication[]): void {
  const claim = claimOf(service.spec);
  if (!claim) {
    return;
  }
  for (const name of (service.spec?.gateways ?? []).filter((gateway) => gateway !== 'mesh')) {
    const full = name.includes('/') ? name : `${namespaceOf(service)}/${name}`;
    const gateway = scope.model.ofKind<GatewaySpec>(NETWORKING, 'Gateway').find((one) => fullName(one) === full);
    const bare = gateway && scope.selected(gateway.spec?.selector).find((pods) => !authentications.some((one) =>
      [scope.model.rootNamespace, pods.namespace].includes(namespaceOf(one)) && carries(pods.labels, one.spec?.selector?.matchLabels ?? {})));
    if (bare) {
      scope.istio('IST0149', 'error', service, claim, {
        rule: `the route asks for a claim, but no RequestAuthentication has the pods of Gateway ${full} read tokens`,
        mend: `Add a RequestAuthentication for these pods in namespace ${bare.namespace}`,
      });
    }
  }
}

function claimOf(spec: VirtualServiceSpec | undefined): string | undefined {
  for (const [index, route] of (spec?.http ?? []).entries()) {
    for (const [number, match] of (route.match ?? []).entries()) {
      for (const part of ['headers', 'withoutHeaders'] as const) {
        const name = Object.keys(match[part] ?? {}).find(isClaim);
        if (name) {
          return child(`spec.http[${index}].match[${number}].${part}`, name);
        }
      }
    }
  }
  return undefined;
}
