import type { AuthorizationPolicyRules, AuthorizationPolicySpec, RequestAuthenticationSpec } from '../../istio/generated';
import type { MeshModel } from '../mesh-model';
import { ModelObject, namespaceOf } from '../object';
import { policiesFor, PolicyTarget } from '../simulate/policy-scope';
import { matchesPrincipal, matchesServiceAccount } from '../simulate/policy-match';
import { capList } from './text';
import type { Restriction } from './topology';

/** Whose requests an identity stands for: the name of a service or gateway. */
export interface KnownCaller {
  readonly name: string;
  readonly identity: string;
}

type Policy = ModelObject<AuthorizationPolicySpec>;
type Source = NonNullable<NonNullable<AuthorizationPolicyRules['from']>[number]['source']>;

/** Pods without a sidecar: policies that select them have nobody to enforce them. */
export const NOBODY_ASKS: Restriction = { access: 'open', policies: [], allows: [], guards: [], denials: [], trials: [] };

/** Who gets in, as far as policies tell without a request. */
export function accessOf(model: MeshModel, target: PolicyTarget, callers: readonly KnownCaller[]): Restriction {
  const deciding = policiesFor<AuthorizationPolicySpec>(model, 'AuthorizationPolicy', target).filter((policy) => actionOf(policy) !== 'AUDIT');
  const policies = deciding.filter((policy) => !isOnTrial(policy));
  const of = (action: string): Policy[] => policies.filter((policy) => actionOf(policy) === action);
  const issuers = policiesFor<RequestAuthenticationSpec>(model, 'RequestAuthentication', target).flatMap(({ spec }) =>
    (spec?.jwtRules ?? []).map(({ issuer }) => `tokens of ${issuer ?? 'anybody'}`),
  );
  const [allowing, denying, asking] = [of('ALLOW'), of('DENY').filter(hasRules), of('CUSTOM').filter(hasRules)];
  const open = allowing.length === 0 || allowing.some(takesAll);
  const closed = denying.some(takesAll) || (allowing.length > 0 && !allowing.some(hasRules));
  const allows = open ? [] : allowing.flatMap((policy) => (policy.spec?.rules ?? []).map((rule) => ruleText(model, policy, rule ?? {}, callers)));
  return {
    access: closed ? 'closed' : open && denying.length + asking.length === 0 ? 'open' : 'restricted',
    policies: policies.map((policy) => policy.metadata.name).sort(),
    allows: closed ? [] : [...new Set(allows)],
    guards: [...new Set([...issuers, ...asking.map(({ spec }) => `asks ${spec?.provider?.name ?? 'an authoriser'}`)])],
    denials: denying.map((policy) => `${takesAll(policy) ? 'all ' : ''}denied by ${policy.metadata.name}`),
    trials: deciding.filter(isOnTrial).map((policy) => `dry run: ${actionOf(policy)} ${policy.metadata.name}`),
  };
}

function actionOf(policy: Policy): string {
  return policy.spec?.action ?? 'ALLOW';
}

/**
 * Whether proxies only report what a policy would do.
 * @see https://istio.io/latest/docs/tasks/security/authorization/authz-dry-run/
 */
function isOnTrial(policy: Policy): boolean {
  return /^(1|t|true)$/i.test(policy.metadata.annotations?.['istio.io/dry-run'] ?? '');
}

function hasRules(policy: Policy): boolean {
  return (policy.spec?.rules ?? []).length > 0;
}

/** Whether one of a policy's rules has no conditions. */
function takesAll(policy: Policy): boolean {
  // A rule of YAML's null takes nothing, unlike an empty one.
  const rules: readonly (AuthorizationPolicyRules | null)[] = policy.spec?.rules ?? [];
  return rules.some((rule) => rule !== null && [rule.from, rule.to, rule.when].every((part) => (part ?? []).length === 0));
}

/** `productpage: GET /reviews/*` */
function ruleText(model: MeshModel, policy: Policy, rule: AuthorizationPolicyRules, callers: readonly KnownCaller[]): string {
  const who = (rule.from ?? []).flatMap(({ source }) => sourceTexts(model, namespaceOf(policy), source ?? {}, callers));
  const what = (rule.to ?? []).map(({ operation = {} }) =>
    [capList(operation.methods ?? [], 2).join(' '), ...capList([...(operation.hosts ?? []), ...(operation.paths ?? []), ...(operation.ports ?? [])], 1)]
      .filter(Boolean)
      .join(' '),
  );
  const conditions = (rule.when ?? []).map(({ key }) => key.replace(/^request\./, ''));
  const callersText = capList([...new Set(who)], 3).join(', ') || 'anybody';
  const whatText = capList(what.filter(Boolean), 2).join(', ');
  return `${callersText}${whatText ? `: ${whatText}` : ''}${conditions.length > 0 ? `, by ${capList(conditions, 1).join(', ')}` : ''}`;
}

function sourceTexts(model: MeshModel, namespace: string, source: Source, callers: readonly KnownCaller[]): string[] {
  const known = (fits: (identity: string) => boolean): string[] => callers.filter(({ identity }) => fits(identity)).map(({ name }) => name);
  const principals = (source.principals ?? []).flatMap((principal) => {
    const names = principal.includes('*') ? [] : known((identity) => matchesPrincipal(principal, identity, model.trustDomain));
    return principal === '*' ? ['anybody with mTLS'] : names.length > 0 ? names : [principal.replace(/^[^/]+\/ns\/([^/]+)\/sa\//, '$1/')];
  });
  const accounts = (source.serviceAccounts ?? []).flatMap((account) => {
    const names = known((identity) => matchesServiceAccount(account, identity, namespace));
    return names.length > 0 ? names : [account];
  });
  const { notPrincipals, notNamespaces, notServiceAccounts, notRequestPrincipals, notIpBlocks, notRemoteIpBlocks } = source;
  const negated = [notPrincipals, notNamespaces, notServiceAccounts, notRequestPrincipals, notIpBlocks, notRemoteIpBlocks];
  const excluded = negated.flatMap((names) => names ?? []);
  const texts = [
    ...principals,
    ...accounts,
    ...(source.namespaces ?? []).map((name) => `namespace ${name}`),
    ...(source.requestPrincipals ?? []).map((principal) => (principal === '*' ? 'any token' : `token ${principal}`)),
    ...[...(source.ipBlocks ?? []), ...(source.remoteIpBlocks ?? [])],
  ];
  return texts.length > 0 || excluded.length === 0 ? texts : [`all but ${capList(excluded, 1).join(', ')}`];
}
