import { Construct } from 'constructs';
import {
  AUTHORIZATION_POLICY,
  AuthorizationPolicyRules,
  AuthorizationPolicyRulesFromSource,
  AuthorizationPolicyRulesToOperation,
  AuthorizationPolicyRulesWhen,
  AuthorizationPolicySpec,
} from '../istio/generated/authorization-policy';
import { targeting } from '../istio/target';
import { TargetedObject, TargetedProps } from '../istio/targeted-object';
import { Problem, throwOnProblems } from '../validation';
import { Identity, principalOf } from './identity';

/** @see https://istio.io/latest/docs/tasks/security/authorization/authz-dry-run/ */
const DRY_RUN = 'istio.io/dry-run';

export type AuthorizationAction = NonNullable<AuthorizationPolicySpec['action']>;

/** What a request may be. */
export interface Operation extends Omit<AuthorizationPolicyRulesToOperation, 'ports' | 'notPorts'> {
  /** Ports that the pods listen on, which need not be the Service's. @default every one */
  readonly ports?: readonly number[];
  /** @default none */
  readonly notPorts?: readonly number[];
}

/** Requests that a rule speaks of: from one of these, and to one of those, and when all of these hold. */
export interface PolicyRule {
  /** Workloads, by the identity they run as, or sources in Istio's own words. @default anybody */
  readonly from?: readonly (Identity | AuthorizationPolicyRulesFromSource)[];
  /** @default everything */
  readonly to?: readonly Operation[];
  /** @default always */
  readonly when?: readonly AuthorizationPolicyRulesWhen[];
}

export interface AuthorizationPolicyProps extends TargetedProps<AuthorizationPolicySpec> {
  /** What happens to the requests of the rules. @default 'ALLOW' */
  readonly action?: AuthorizationAction;
  /** Name of the external authoriser in the MeshConfig, for `CUSTOM`. @default none */
  readonly provider?: string;
  /** Only notes what it would do, in the proxies' logs and metrics; ALLOW and DENY alone. @default false */
  readonly dryRun?: boolean;
  /** @default none: add them with addRule */
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

  constructor(scope: Construct, id: string, props: AuthorizationPolicyProps) {
    super(scope, id, AUTHORIZATION_POLICY, props.dryRun ? { ...props, annotations: { ...props.annotations, [DRY_RUN]: 'true' } } : props, props.target);
    throwOnProblems(
      `${this.node.path} cannot be created:`,
      props.dryRun && (props.action === 'CUSTOM' || props.action === 'AUDIT')
        ? [{ at: this.at('dryRun'), value: props.action, rule: 'only ALLOW and DENY can be tried dry', mend: 'Leave dryRun out, or change the action' }]
        : [],
    );
    this.action = props.action ?? 'ALLOW';
    this.provider = props.provider;
    this.rules = [...(props.rules ?? [])];
  }

  addRule(rule: PolicyRule): this {
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
    const { action, rules = [] } = this.spec;
    // Istio takes it, and takes it for a denial of everything.
    return this.deniesAll || action !== 'ALLOW' || rules.length > 0
      ? []
      : [
          {
            at: this.at('spec.rules'),
            rule: 'an ALLOW policy without rules refuses every request',
            mend: 'Add a rule, or say AuthorizationPolicy.denyAll where that is meant',
            see: 'https://istio.io/latest/docs/reference/config/security/authorization-policy/',
          },
        ];
  }

  private renderRule(rule: PolicyRule): AuthorizationPolicyRules {
    const identities = rule.from?.filter(isIdentity) ?? [];
    const sources = rule.from?.filter((source): source is AuthorizationPolicyRulesFromSource => !isIdentity(source)) ?? [];
    const principals = identities.map((identity) => principalOf(identity, this.mesh));
    return {
      from: rule.from && [
        ...(principals.length > 0 ? [{ source: { principals } }] : []),
        ...sources.map((source) => ({ source })),
      ],
      to: rule.to?.map(({ ports, notPorts, ...operation }) => ({
        operation: { ...operation, ports: ports?.map(String), notPorts: notPorts?.map(String) },
      })),
      when: rule.when,
    };
  }
}

class DenyAll extends AuthorizationPolicy {
  protected override readonly deniesAll = true;
}

function isIdentity(source: Identity | AuthorizationPolicyRulesFromSource): source is Identity {
  return 'serviceAccountName' in source;
}
