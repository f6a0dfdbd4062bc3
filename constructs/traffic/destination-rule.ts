import { TerraformStack } from 'cdktf';
import { Construct, IConstruct } from 'constructs';
import { DESTINATION_RULE, DestinationRuleSpec, DestinationRuleSubsets, DestinationRuleTrafficPolicy } from '../istio/generated/destination-rule';
import { IstioObject, IstioObjectProps } from '../istio/istio-object';
import { IService, serviceHost } from '../kubernetes/service';
import { throwOnProblems } from '../validation';
import { qualifiedHost } from './host';

export interface DestinationRuleProps extends Omit<IstioObjectProps<DestinationRuleSpec>, 'namespace'> {
  /** The Service, or the name of a host. A Service brings a subset for each of its versions. */
  readonly host: IService | string;
  /** @default the Service's */
  readonly namespace?: string;
  /** How every version is reached: load balancing, connections, ejection of failing pods, TLS. @default Istio's own */
  readonly trafficPolicy?: DestinationRuleTrafficPolicy;
}

const rules = new WeakMap<IConstruct, Map<string, DestinationRule[]>>();

/**
 * What happens to requests after routing: the versions of a host and how each is reached.
 * @see https://istio.io/latest/docs/reference/config/networking/destination-rule/
 */
export class DestinationRule extends IstioObject<DestinationRuleSpec> {
  /** Rules for a host: those of this scope's stack, or where it has none those of the whole program. */
  static forHost(scope: IConstruct, host: string): readonly DestinationRule[] {
    const all = rules.get(scope.node.root)?.get(host) ?? [];
    const near = all.filter((rule) => TerraformStack.of(rule) === TerraformStack.of(scope));
    return near.length > 0 ? near : all;
  }

  /** The host in full, as the mesh knows it. */
  readonly host: string;
  private readonly subsets: DestinationRuleSubsets[];
  private trafficPolicy?: DestinationRuleTrafficPolicy;

  constructor(scope: Construct, id: string, props: DestinationRuleProps) {
    const service = typeof props.host === 'string' ? undefined : props.host;
    super(scope, id, DESTINATION_RULE, { ...props, namespace: props.namespace ?? service?.namespace ?? '' });
    const { clusterDomain } = this.mesh;
    this.host = service ? serviceHost(service, clusterDomain) : qualifiedHost(props.host as string, this.namespace, clusterDomain);
    this.subsets = (service?.versions ?? []).map(({ name, labels }) => ({ name, labels }));
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
    };
  }
}
