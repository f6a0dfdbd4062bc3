import { Construct } from 'constructs';
import { REQUEST_AUTHENTICATION, RequestAuthenticationJwtRules, RequestAuthenticationSpec } from '../istio/generated/request-authentication';
import { refusals } from '../istio/refuse';
import { targeting } from '../istio/target';
import { TargetedObject, TargetedProps } from '../istio/targeted-object';
import { Problem, throwOnProblems } from '../validation';
import { checkJwtRule } from '../validation/istio/rules/request-authentication';
import { AuthorizationPolicy, AuthorizationPolicyProps } from './authorization-policy';
import { ClaimName, Condition } from './conditions';
import type { Operation } from './operation';
import { Source } from './source';

/** Tokens that are taken. */
export interface JwtRule extends Omit<RequestAuthenticationJwtRules, 'issuer' | 'jwks_uri'> {
  /** Who signs them: the claim `iss`. */
  readonly issuer: string;
}

/** Settings of {@link RequestAuthentication}. */
export interface RequestAuthenticationProps extends TargetedProps<RequestAuthenticationSpec> {
  /** Issuers whose tokens are taken. */
  readonly jwt: readonly JwtRule[];
}

/** Which requests need a token. */
export interface TokenOptions {
  /** Paths that need one, without their query; patterns as {@link Operation} has them. @default every path */
  readonly paths?: readonly string[];
  /** Paths that need none, such as those of probes from outside the mesh. @default none */
  readonly exceptPaths?: readonly string[];
  /** Ports that the pods listen on. Give them where the pods also serve TCP, which would be refused. @default every one */
  readonly ports?: readonly number[];
}

/**
 * Which tokens are valid. By itself it refuses requests with a bad token and lets those without one pass: {@link RequestAuthentication.requireToken}
 * makes it binding.
 * @see https://istio.io/latest/docs/reference/config/security/request_authentication/
 */
export class RequestAuthentication extends TargetedObject<RequestAuthenticationSpec> {
  private readonly settings: RequestAuthenticationProps;
  private policies = 0;

  /** @throws ProblemError where no issuer is named, or one has keys in two places */
  constructor(scope: Construct, id: string, props: RequestAuthenticationProps) {
    super(scope, id, REQUEST_AUTHENTICATION, props, props.target);
    throwOnProblems(`${this.node.path} cannot be created:`, [
      ...(props.jwt.length > 0 ? [] : [{ at: this.at('jwt'), value: [], rule: 'without an issuer no token is valid', mend: 'Name one' }]),
      ...props.jwt.flatMap((rule, index) => this.ruleProblems(rule, index)),
    ]);
    this.settings = props;
  }

  /**
   * Refuses requests without a valid token. What other policies refuse stays refused.
   * @throws ProblemError for paths and ports that no request has
   */
  requireToken(options: TokenOptions = {}): AuthorizationPolicy {
    return this.deny('token', { from: [Source.noToken()], to: operationsOf(options) });
  }

  /**
   * Refuses requests whose token lacks a claim, those without a token among them.
   * @param name `groups`, `realm.roles` for a claim within a claim, a URL, or the names one by one
   * @param values of which the claim must have one
   * @throws ProblemError without a value, for a name that Istio cannot read, or for paths and ports that no request has
   */
  requireClaim(name: ClaimName, values: readonly string[], options: TokenOptions = {}): AuthorizationPolicy {
    return this.deny('claim', { to: operationsOf(options), when: [Condition.claimNot(name, ...values)] });
  }

  protected render(): RequestAuthenticationSpec {
    return { ...targeting(this.target), jwtRules: this.settings.jwt };
  }

  private deny(what: string, rule: NonNullable<AuthorizationPolicyProps['rules']>[number]): AuthorizationPolicy {
    this.policies += 1;
    const suffix = this.policies > 1 ? String(this.policies) : '';
    return new AuthorizationPolicy(this, `Require${suffix}`, {
      name: `${this.name}-${what}${suffix}`,
      namespace: this.namespace,
      mesh: this.mesh,
      target: this.target,
      // One that is named in Istio's words binds the policy too: without it, the policy would be for the whole namespace.
      spec: targetIn(this.settings.spec),
      // DENY: an ALLOW would let every bearer of a token past the policies that name callers.
      action: 'DENY',
      rules: [rule],
    });
  }

  private ruleProblems(rule: JwtRule, index: number): Problem[] {
    const { jwks, jwksUri } = rule;
    const at = (field: string): string => this.at(`jwt[${index}].${field}`);
    return [
      ...(rule.issuer === '' ? [{ at: at('issuer'), value: '', rule: 'a token names its issuer', mend: 'Give the value of the claim `iss`' }] : []),
      ...(jwks !== undefined && jwksUri !== undefined
        ? [{ at: at('jwks'), rule: 'keys are given in place or by URL', mend: 'Leave one of jwks and jwksUri out' }]
        : []),
      ...refusals(this.at(`jwt[${index}]`), (report) => checkJwtRule(rule, '', report)),
    ];
  }
}

function operationsOf(options: TokenOptions): readonly Operation[] | undefined {
  const { paths, exceptPaths, ports } = options;
  return paths ?? exceptPaths ?? ports ? [{ paths, notPaths: exceptPaths, ports }] : undefined;
}

/** The members of a spec that say what it is for. */
function targetIn({ selector, targetRef, targetRefs }: Partial<RequestAuthenticationSpec> = {}): Partial<RequestAuthenticationSpec> {
  return { ...(selector && { selector }), ...(targetRef && { targetRef }), ...(targetRefs && { targetRefs }) };
}
