import { Construct } from 'constructs';
import {
  AUTHORIZATION_POLICY,
  AuthorizationPolicyRules,
  AuthorizationPolicyRulesWhen,
  AuthorizationPolicySpec,
} from '../istio/generated/authorization-policy';
import { targeting } from '../istio/target';
import { TargetedObject, TargetedProps } from '../istio/targeted-object';
import { providerProblems } from '../mesh/extension-providers';
import { Problem, throwOnProblems } from '../validation';
import type { Identity } from './identity';
import { Operation, operationProblems, renderOperation } from './operation';
import { isIdentity, PolicySource, renderSource, Source } from './source';

export type { Operation } from './operation';

/** @see https://istio.io/latest/docs/tasks/security/authorization/authz-dry-run/ */
const DRY_RUN = 'istio.io/dry-run';

/** What a policy does with the requests that its rules match. */
export type AuthorizationAction = NonNullable<AuthorizationPolicySpec['action']>;

/** Requests that a rule speaks of: from one of these, and to one of those, and when all of these hold. */
export interface PolicyRule {
  /** Who asks: workloads, by the identity they run as, or a {@link Source}; any of these. @default anybody */
  readonly from?: readonly (Identity | PolicySource)[];
  /** What is asked for; any of these. @default everything */
  readonly to?: readonly Operation[];
  /** What holds besides, as a {@link Condition} says; all of these. @default always */
  readonly when?: readonly AuthorizationPolicyRulesWhen[];
}

/** Settings of {@link AuthorizationPolicy}. */
export interface AuthorizationPolicyProps extends TargetedProps<AuthorizationPolicySpec> {
  /** What happens to the requests of the rules. @default 'ALLOW' */
  readonly action?: AuthorizationAction;
  /** Name of the external authoriser in the MeshConfig, for `CUSTOM`. @default none */
  readonly provider?: string;
  /** Only notes what it would do, in the proxies' logs and metrics; ALLOW and DENY alone. @default false */
  readonly dryRun?: boolean;
  /** Requests that the action is for: those of any rule. @default none: add them with addRule */
  readonly rules?: readonly PolicyRule[];
}

/**
 * Who may call whom, and how. A workload with any ALLOW policy refuses what none of them allows.
 * @see https://istio.io/latest/docs/reference/config/security/authorization-policy/
 */
export class AuthorizationPolicy extends TargetedObject<AuthorizationPolicySpec> {
  /** Refuses every request to the namespace that no other policy allows. */
  static denyAll(scope: Construct, id: string, props: Omit<AuthorizationPolicyProps, 'action' | 'provider' | 'rules' | 'spec'>): AuthorizationPolicy {
    return new DenyAll(scope, id, props);
  }

  protected readonly deniesAll: boolean = false;
  private readonly action: AuthorizationAction;
  private readonly provider?: string;
  private readonly rules: PolicyRule[];

  /** @throws ProblemError where a dry run is not to be had, or a rule asks for what no request could be */
  constructor(scope: Construct, id: string, props: AuthorizationPolicyProps) {
    super(scope, id, AUTHORIZATION_POLICY, props.dryRun ? { ...props, annotations: { ...props.annotations, [DRY_RUN]: 'true' } } : props, props.target);
    throwOnProblems(`${this.node.path} cannot be created:`, [
      ...(props.dryRun && (props.action === 'CUSTOM' || props.action === 'AUDIT')
        ? [{ at: this.at('dryRun'), value: props.action, rule: 'only ALLOW and DENY can be tried dry', mend: 'Leave dryRun out, or change the action' }]
        : []),
      ...(props.rules ?? []).flatMap((rule, index) => this.ruleProblems(rule, index)),
    ]);
    this.action = props.action ?? 'ALLOW';
    this.provider = props.provider;
    this.rules = [...(props.rules ?? [])];
  }

  /**
   * Adds requests that the action is for.
   * @throws ProblemError where the rule asks for what no request could be
   */
  addRule(rule: PolicyRule): this {
    throwOnProblems(`${this.node.path} cannot have this rule:`, this.ruleProblems(rule, this.rules.length));
    this.rules.push(rule);
    return this;
  }

  protected render(): AuthorizationPolicySpec {
    const target = targeting(this.target);
    return this.deniesAll
      ? target
      : {
          ...target,
          action: this.action,
          provider: this.provider === undefined ? undefined : { name: this.provider },
          rules: this.rules.map((rule) => this.renderRule(rule)),
        };
  }

  protected override problems(): Problem[] {
    const { action, provider, rules = [] } = this.spec;
    const unknown = action === 'CUSTOM' ? providerProblems(this.mesh, provider?.name, 'authorization', this.at('provider')) : [];
    // Istio takes it, and takes it for a denial of everything.
    return this.deniesAll || action !== 'ALLOW' || rules.length > 0
      ? unknown
      : [
          {
            at: this.at('spec.rules'),
            rule: 'an ALLOW policy without rules refuses every request',
            mend: 'Add a rule, or say AuthorizationPolicy.denyAll where that is meant',
            see: 'https://istio.io/latest/docs/reference/config/security/authorization-policy/',
          },
        ];
  }

  private ruleProblems({ to = [] }: PolicyRule, index: number): Problem[] {
    return to.flatMap((operation, number) => operationProblems(operation, this.at(`rules[${index}].to[${number}]`)));
  }

  private renderRule(rule: PolicyRule): AuthorizationPolicyRules {
    const identities = rule.from?.filter(isIdentity) ?? [];
    const others = rule.from?.filter((source): source is PolicySource => !isIdentity(source)) ?? [];
    const sources = [...(identities.length > 0 ? [Source.identity(...identities)] : []), ...others];
    return {
      from: rule.from && sources.map((source) => ({ source: renderSource(source, this.mesh) })),
      to: rule.to?.map((operation) => ({ operation: renderOperation(operation) })),
      when: rule.when,
    };
  }
}

class DenyAll extends AuthorizationPolicy {
  protected override readonly deniesAll = true;
}
