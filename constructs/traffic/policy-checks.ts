import type { DestinationRuleSpec, DestinationRuleTrafficPolicy } from '../istio/generated/destination-rule';
import type { Problem } from '../validation';

type At = (field: string) => string;

/** A policy where it stands, with the ejection that holds there. */
interface Placed {
  readonly field: string;
  readonly policy: Pick<DestinationRuleTrafficPolicy, 'loadBalancer' | 'tls'>;
  readonly ejection: DestinationRuleTrafficPolicy['outlierDetection'];
}

const CONFIG_MAP = 'configmap://';

/** Says where a rule fails over to other localities and nothing notices that one fails. Asked late, as ejection may be added late. */
export function failoverProblems(spec: DestinationRuleSpec, at: At): Problem[] {
  return policiesOf(spec).flatMap(({ field, policy, ejection }) => {
    const { failover = [], failoverPriority = [] } = policy.loadBalancer?.localityLbSetting ?? {};
    return failover.length + failoverPriority.length === 0 || ejection
      ? []
      : [
          {
            at: at(`${field}.loadBalancer.localityLbSetting`),
            value: policy.loadBalancer?.localityLbSetting,
            rule: 'failover needs ejection: without it no pod ever counts as failed',
            mend: 'Give `ejection`, or add a CircuitBreaker that has it',
            see: 'https://istio.io/latest/docs/tasks/traffic-management/locality-load-balancing/failover/',
          },
        ];
  });
}

/** Says where TLS would silently stay away: istiod gives sidecars a Secret only by a rule that selects them. */
export function credentialProblems(spec: DestinationRuleSpec, at: At): Problem[] {
  if (spec.workloadSelector) {
    return [];
  }
  return policiesOf(spec).flatMap(({ field, policy: { tls } }) => {
    const remote = tls?.mode === 'SIMPLE' || tls?.mode === 'MUTUAL';
    return !remote || !tls.credentialName || tls.credentialName.startsWith(CONFIG_MAP)
      ? []
      : [
          {
            at: at(`${field}.tls.credentialName`),
            value: tls.credentialName,
            rule: 'sidecars read a Secret only by a rule with `workload`: without it they send plaintext',
            mend: 'Give `workload`, or `onlyGateways: true` where gateways alone call the host',
            see: 'https://istio.io/latest/docs/reference/config/networking/destination-rule/#ClientTLSSettings',
          },
        ];
  });
}

/** Versions inherit what they leave out; settings of single ports inherit nothing. */
function policiesOf({ trafficPolicy, subsets = [] }: DestinationRuleSpec): Placed[] {
  const placed = (field: string, policy: DestinationRuleTrafficPolicy | undefined, inherited?: Placed['ejection']): Placed[] =>
    policy
      ? [
          { field, policy, ejection: policy.outlierDetection ?? inherited },
          ...(policy.portLevelSettings ?? []).map((port, index) => ({ field: `${field}.portLevelSettings[${index}]`, policy: port, ejection: port.outlierDetection })),
        ]
      : [];
  return [
    ...placed('trafficPolicy', trafficPolicy),
    ...subsets.flatMap((subset, index) => placed(`subsets[${index}].trafficPolicy`, subset.trafficPolicy, trafficPolicy?.outlierDetection)),
  ];
}
