import { TerraformStack } from 'cdktf';
import { Construct, IConstruct } from 'constructs';
import { DESTINATION_RULE, DestinationRuleSpec, DestinationRuleSubsets, DestinationRuleTrafficPolicy } from '../istio/generated/destination-rule';
import { IstioObject, IstioObjectProps } from '../istio/istio-object';
import type { Selected } from '../istio/selector';
import { Problem, throwOnProblems } from '../validation';
import { Host, isService, oneName, qualifiedHost } from './host';
import { credentialProblems, failoverProblems } from './policy-checks';

/** Settings of {@link DestinationRule}. */
export interface DestinationRuleProps extends Omit<IstioObjectProps<DestinationRuleSpec>, 'namespace'> {
  /** The Service, the ServiceEntry, or the name of a host. A Service brings a subset for each of its versions. */
  readonly host: Host;
  /**
   * Namespace of the object; a caller takes the rule of its own namespace before that of the host's.
   * @default that of the Service or the ServiceEntry
   */
  readonly namespace?: string;
  /** How every version is reached: load balancing, connections, ejection of failing pods, TLS. @default Istio's own */
  readonly trafficPolicy?: DestinationRuleTrafficPolicy;
  /**
   * Pods whose calls it is for, of its own namespace. Sidecars read the Secret of UpstreamTls only by such a rule.
   * @default every caller that sees it
   */
  readonly workload?: Selected;
  /** Says that gateways alone call the host, which read the Secret of UpstreamTls without `workload`. @default false */
  readonly onlyGateways?: boolean;
  /** Namespaces whose callers see it; `.` is its own, `*` every one. @default every one, unless MeshConfig says otherwise */
  readonly exportTo?: readonly string[];
}

const rules = new WeakMap<IConstruct, Map<string, DestinationRule[]>>();

/**
 * What happens to requests after routing: the versions of a host and how each is reached.
 * @see https://istio.io/latest/docs/reference/config/networking/destination-rule/
 */
export class DestinationRule extends IstioObject<DestinationRuleSpec> {
  /** Rules for every caller of a host: those of this scope's stack, or where it has none those of the whole program. */
  static forHost(scope: IConstruct, host: string): readonly DestinationRule[] {
    return near(scope, (rules.get(scope.node.root)?.get(host) ?? []).filter(({ workload }) => !workload));
  }

  /** Names of the subsets that rules define for a host, those for some callers alone included. */
  static subsetsOf(scope: IConstruct, host: string): readonly string[] {
    return near(scope, rules.get(scope.node.root)?.get(host) ?? []).flatMap((rule) => rule.subsetNames);
  }

  /** The host in full, as the mesh knows it. */
  readonly host: string;
  /** Pods whose calls it is for; none where it is for every caller. */
  readonly workload?: Selected;
  private readonly settings: DestinationRuleProps;
  private readonly subsets: DestinationRuleSubsets[];
  private trafficPolicy?: DestinationRuleTrafficPolicy;

  /** @throws ProblemError where a name comes without `namespace`, or a ServiceEntry with several hosts */
  constructor(scope: Construct, id: string, props: DestinationRuleProps) {
    const { host } = props;
    super(scope, id, DESTINATION_RULE, { ...props, namespace: props.namespace ?? (typeof host === 'string' ? '' : host.namespace) });
    const { clusterDomain } = this.mesh;
    this.host = qualifiedHost(oneName(host, clusterDomain, this.at('host')), this.namespace, clusterDomain);
    this.settings = props;
    this.workload = props.workload;
    this.subsets = (isService(host) ? host.versions : []).map(({ name, labels }) => ({ name, labels }));
    this.trafficPolicy = props.trafficPolicy;
    const byHost = rules.get(this.node.root) ?? new Map<string, DestinationRule[]>();
    rules.set(this.node.root, byHost.set(this.host, [...(byHost.get(this.host) ?? []), this]));
  }

  /** Adds a version that the Service does not declare, or one with a policy of its own. */
  addSubset(subset: DestinationRuleSubsets): this {
    this.subsets.push(subset);
    return this;
  }

  /**
   * Adds to how every version is reached.
   * @throws ProblemError where a member is set already
   */
  addPolicy(policy: DestinationRuleTrafficPolicy): this {
    const present: object = this.trafficPolicy ?? {};
    throwOnProblems(
      `${this.node.path} cannot take the policy:`,
      Object.entries(policy)
        .filter(([member]) => member in present)
        .map(([member, value]) => ({ at: this.at(`trafficPolicy.${member}`), value, rule: `${member} of ${this.host} is set already`, mend: 'Set it in one place' })),
    );
    this.trafficPolicy = { ...this.trafficPolicy, ...policy };
    return this;
  }

  /** Names of the subsets as they will be written. */
  get subsetNames(): readonly string[] {
    return (this.spec.subsets ?? []).map(({ name }) => name);
  }

  protected render(): DestinationRuleSpec {
    return {
      host: this.host,
      trafficPolicy: this.trafficPolicy,
      subsets: this.subsets.length > 0 ? this.subsets : undefined,
      exportTo: this.settings.exportTo,
      workloadSelector: this.workload && { matchLabels: this.workload.labels },
    };
  }

  protected override problems(): Problem[] {
    const at = (field: string): string => this.at(field);
    return [...failoverProblems(this.spec, at), ...(this.settings.onlyGateways ? [] : credentialProblems(this.spec, at))];
  }
}

/** Those of a scope's stack, or where it has none all of them. */
function near(scope: IConstruct, all: readonly DestinationRule[]): readonly DestinationRule[] {
  const own = all.filter((rule) => TerraformStack.of(rule) === TerraformStack.of(scope));
  return own.length > 0 ? own : all;
}
