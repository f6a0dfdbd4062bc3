import { TerraformStack } from 'cdktf';
import { Construct } from 'constructs';
import { IService, serviceHost } from '../kubernetes/service';
import { IMesh, meshOf } from '../mesh/mesh';
import { DestinationRule } from '../traffic/destination-rule';
import { ConnectionLimits, Ejection, trafficPolicy } from '../traffic/traffic-policy';
import { formatProblem, Problem, throwOnProblems } from '../validation';
import { rulesOfHost } from './host-rules';

/** Settings of {@link CircuitBreaker}. */
export interface CircuitBreakerProps {
  /** A Service, or the MeshService that already owns its DestinationRule. */
  readonly service: IService;
  /** What is beyond is refused with 503 and the flag UO. @default no limits */
  readonly limits?: ConnectionLimits;
  /** When a pod gets no requests for a while. @default never */
  readonly ejection?: Ejection;
  /** Mesh of the Service. @default the mesh that the nearest scope above provides */
  readonly mesh?: IMesh;
}

/**
 * Limits what a Service is sent at once, and sends nothing to failing pods. It adds to the stack's DestinationRule of the Service, or makes one.
 * Where another stack has one, it belongs there.
 *
 * Proof: many requests at once; some are answered 503, and `upstream_rq_pending_overflow` of the caller's proxy counts them.
 * @see https://istio.io/latest/docs/tasks/traffic-management/circuit-breaking/
 */
export class CircuitBreaker extends Construct {
  /** The rule that it is part of. */
  readonly destinationRule: DestinationRule;

  /** @throws ProblemError where it would break nothing, the rule has limits or ejection already, or another stack writes the rule */
  constructor(scope: Construct, id: string, props: CircuitBreakerProps) {
    super(scope, id);
    const { service, limits, ejection } = props;
    throwOnProblems(
      `${this.node.path} cannot be created:`,
      limits ?? ejection ? [] : [{ at: this.node.path, rule: 'a circuit breaker has limits, or ejects pods', mend: 'Give `limits`, `ejection` or both' }],
    );
    const mesh = props.mesh ?? meshOf(this);
    const rules = (): readonly DestinationRule[] => rulesOfHost(this, serviceHost(service, mesh?.clusterDomain), mesh);
    const here = rules().find((rule) => TerraformStack.of(rule) === TerraformStack.of(this));
    const twins = (): Problem[] => this.twinProblems(rules().filter((rule) => rule !== this.destinationRule && rule.namespace === service.namespace));
    throwOnProblems(`${this.node.path} cannot be created:`, here ? [] : twins());
    this.destinationRule = here ?? new DestinationRule(this, 'DestinationRule', { host: service, name: service.name, mesh });
    this.destinationRule.addPolicy(trafficPolicy({ limits, ejection }));
    if (!here) {
      this.node.addValidation({ validate: () => twins().map(formatProblem) });
    }
  }

  /** istiod would merge the rules of two stacks by their age, and drop what both say. */
  private twinProblems(rules: readonly DestinationRule[]): Problem[] {
    return rules.map((rule) => ({
      at: this.node.path,
      value: rule.host,
      rule: `${rule.node.path} is the DestinationRule of this host`,
      mend: `Make the circuit breaker in ${TerraformStack.of(rule).node.path}, after that rule, or give the rule a \`trafficPolicy\``,
    }));
  }
}
