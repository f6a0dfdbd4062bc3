import type { AuthorizationPolicyRules, AuthorizationPolicySpec } from '../istio/generated/authorization-policy';
import type { Problem } from '../validation';

type At = (field: string) => string;

const SEE = 'https://istio.io/latest/docs/reference/config/security/authorization-policy/';
/** Sources that an external authoriser cannot be asked about. */
const NOT_FOR_CUSTOM = [
  'principals',
  'notPrincipals',
  'requestPrincipals',
  'notRequestPrincipals',
  'namespaces',
  'notNamespaces',
  'serviceAccounts',
  'notServiceAccounts',
] as const;
const KEYS_NOT_FOR_CUSTOM = /^(source\.(namespace|serviceAccount|principal)|request\.auth\..*)$/;

/**
 * The rules of Istio's admission for an AuthorizationPolicy that its schema does not hold, and the one that no policy denies everything by accident.
 * @param at gives the place of a field
 */
export function authorizationPolicyProblems(spec: AuthorizationPolicySpec, at: At): Problem[] {
  const action = spec.action ?? 'ALLOW';
  const rules = spec.rules ?? [];
  return [
    ...(rules.length === 0 ? [noRules(action, at)] : []),
    ...providerProblems(spec, action, at),
    ...rules.flatMap((rule, index) => ruleProblems(rule, action, (field) => at(`rules[${index}]${field}`))),
  ];
}

function noRules(action: string, at: At): Problem {
  return action === 'ALLOW'
    ? {
        at: at('rules'),
        rule: 'an ALLOW policy without rules refuses every request',
        mend: 'Add a rule, or say AuthorizationPolicy.denyAll where that is meant',
        see: SEE,
      }
    : { at: at('rules'), rule: `the action ${action} needs rules`, mend: 'Add a rule; an empty one, addRule({}), speaks of every request', see: SEE };
}

function providerProblems(spec: AuthorizationPolicySpec, action: string, at: At): Problem[] {
  const custom = action === 'CUSTOM';
  const named = spec.provider?.name !== undefined && spec.provider.name !== '';
  if (custom === named) {
    return [];
  }
  return [
    {
      at: at('provider'),
      value: spec.provider?.name,
      rule: custom ? 'a CUSTOM policy asks an external authoriser' : `the action ${action} asks no external authoriser`,
      mend: custom ? "Name one of the MeshConfig's extensionProviders" : 'Leave `provider` out, or take the action CUSTOM',
    },
  ];
}

function ruleProblems(rule: AuthorizationPolicyRules, action: string, at: At): Problem[] {
  const sources = (rule.from ?? []).map(({ source }) => source ?? {});
  const operations = (rule.to ?? []).map(({ operation }) => operation ?? {});
  return [
    ...(['from', 'to'] as const)
      .filter((part) => rule[part]?.length === 0)
      .map((part) => ({ at: at(`.${part}`), value: [], rule: `an empty ${part} speaks of no request`, mend: 'Leave it out, or name at least one' })),
    ...sources.flatMap((source, index) => memberProblems(source, at(`.from[${index}].source`))),
    ...operations.flatMap((operation, index) => memberProblems(operation, at(`.to[${index}].operation`))),
    ...(action === 'CUSTOM' ? customProblems(rule, at) : []),
  ];
}

function customProblems(rule: AuthorizationPolicyRules, at: At): Problem[] {
  const byIdentity = [
    ...(rule.from ?? []).flatMap(({ source }, index) =>
      NOT_FOR_CUSTOM.filter((field) => source?.[field]).map((field) => ({ at: at(`.from[${index}].source.${field}`), value: source?.[field] })),
    ),
    ...(rule.when ?? []).flatMap(({ key }, index) => (KEYS_NOT_FOR_CUSTOM.test(key) ? [{ at: at(`.when[${index}].key`), value: key }] : [])),
  ];
  return byIdentity.map((place) => ({
    ...place,
    rule: 'a CUSTOM policy cannot tell callers apart by identity',
    mend: 'Let a second policy, with the action DENY or ALLOW, do that',
  }));
}

/** A source or operation that says nothing, or has a member that does. */
function memberProblems(member: object, at: string): Problem[] {
  const fields = Object.entries(member).filter(([, value]) => value !== undefined);
  if (fields.length === 0) {
    return [{ at, value: {}, rule: 'a source or operation says something', mend: 'Leave it out, or give it a member' }];
  }
  return fields
    .filter(([, value]) => Array.isArray(value) && value.length === 0)
    .map(([field]) => ({ at: `${at}.${field}`, value: [], rule: 'an empty list speaks of no request', mend: `Leave ${field} out, or name at least one` }));
}
