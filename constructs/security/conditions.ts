import type { AuthorizationPolicyRulesWhen } from '../istio/generated/authorization-policy';
import { isUnknown } from '../istio/unknown';
import { throwOnProblems } from '../validation';

const SEE = 'https://istio.io/latest/docs/reference/config/security/conditions/';

/**
 * Name of a claim. `realm.roles` is the claim `roles` within the claim `realm`; a URL, such as `https://example.com/roles`, is one name, and so
 * is each element of a list: `['urn:example.com:roles']`.
 */
export type ClaimName = string | readonly string[];

/** What holds for a request beside where it comes from and where it goes. @see https://istio.io/latest/docs/reference/config/security/conditions/ */
export class Condition {
  /**
   * A claim of the token has one of the values; of a list, one element has.
   * @param name `groups`, `realm.roles` for a claim within a claim, a URL, or the names one by one
   * @param values `*` stands for any, `abc*` and `*abc` for a beginning and an end
   * @throws ProblemError without a value, or for a name that Istio cannot read
   */
  static claim(name: ClaimName, ...values: readonly string[]): AuthorizationPolicyRulesWhen {
    return condition('claim', claimKey(name), { values });
  }

  /**
   * A claim of the token is missing or has none of the values.
   * @param name as for {@link Condition.claim}
   * @throws ProblemError without a value, or for a name that Istio cannot read
   */
  static claimNot(name: ClaimName, ...values: readonly string[]): AuthorizationPolicyRulesWhen {
    return condition('claimNot', claimKey(name), { notValues: values });
  }

  /**
   * A header of the request has one of the values.
   * @throws ProblemError without a name or a value
   */
  static header(name: string, ...values: readonly string[]): AuthorizationPolicyRulesWhen {
    return condition('header', `request.headers[${name}]`, { values });
  }

  /**
   * The name that the client asked for in TLS is one of the values.
   * @throws ProblemError without a value
   */
  static sni(...values: readonly string[]): AuthorizationPolicyRulesWhen {
    return condition('sni', 'connection.sni', { values });
  }
}

function condition(verb: string, key: string, values: Pick<AuthorizationPolicyRulesWhen, 'values' | 'notValues'>): AuthorizationPolicyRulesWhen {
  const at = `Condition.${verb}`;
  throwOnProblems('No request could be held against this condition:', [
    ...(key.includes('[]') ? [{ at, value: key, rule: 'what is asked for has a name', mend: 'Give it', see: SEE }] : []),
    ...(Object.values(values).flat().length > 0 ? [] : [{ at, value: key, rule: 'a condition has values to compare with', mend: 'Give one; `*` is any', see: SEE }]),
  ]);
  return { key, ...values };
}

function claimKey(name: ClaimName): string {
  const parts = typeof name !== 'string' ? name : name.includes('://') || isUnknown(name) ? [name] : name.split('.');
  // Istio reads a name up to the next bracket, and knows no way to write one.
  const odd = parts.filter((part) => !isUnknown(part) && /[[\]]/.test(part));
  throwOnProblems(
    'No request could be held against this condition:',
    odd.map((value) => ({ at: 'Condition.claim', value, rule: 'the name of a claim has no brackets', mend: 'Give claims within claims one by one, in a list', see: SEE })),
  );
  return `request.auth.claims${parts.length > 0 ? parts.map((part) => `[${part}]`).join('') : '[]'}`;
}
