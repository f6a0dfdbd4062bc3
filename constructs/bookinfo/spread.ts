import type { DeploymentV1SpecTemplateSpec } from '@cdktf/provider-kubernetes/lib/deployment-v1';
import { PodDisruptionBudgetV1 } from '@cdktf/provider-kubernetes/lib/pod-disruption-budget-v1';
import type { ITerraformDependable } from 'cdktf';
import type { Construct } from 'constructs';

/**
 * Where the pods of one version go: rather on different nodes and in different zones than together. Nothing waits for a node that is not there.
 * @see https://kubernetes.io/docs/concepts/scheduling-eviction/topology-spread-constraints/
 */
export function spread(labels: Readonly<Record<string, string>>): Pick<DeploymentV1SpecTemplateSpec, 'affinity' | 'topologySpreadConstraint'> {
  const labelSelector = [{ matchLabels: { ...labels } }];
  return {
    affinity: {
      podAntiAffinity: {
        preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 100, podAffinityTerm: { labelSelector, topologyKey: 'kubernetes.io/hostname' } }],
      },
    },
    topologySpreadConstraint: [{ labelSelector, maxSkew: 1, topologyKey: 'topology.kubernetes.io/zone', whenUnsatisfiable: 'ScheduleAnyway' }],
  };
}

export interface DisruptionBudgetProps {
  readonly name: string;
  readonly namespace: string;
  /** Labels of the pods. */
  readonly labels: Readonly<Record<string, string>>;
  /** What has to be there first. */
  readonly after: ITerraformDependable;
}

/** Lets a node be drained one pod of a version at a time. */
export function disruptionBudget(scope: Construct, props: DisruptionBudgetProps): PodDisruptionBudgetV1 {
  const { name, namespace, labels, after } = props;
  return new PodDisruptionBudgetV1(scope, 'DisruptionBudget', {
    metadata: { name, namespace, labels: { ...labels } },
    spec: { maxUnavailable: '1', selector: { matchLabels: { ...labels } } },
    dependsOn: [after],
  });
}
