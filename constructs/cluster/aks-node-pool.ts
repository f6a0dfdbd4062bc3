import { KubernetesClusterNodePool } from '@cdktf/provider-azurerm/lib/kubernetes-cluster-node-pool';
import { Construct } from 'constructs';
import { lifecycleOf } from './lifecycle';

/** Machines of one kind in a cluster. */
export interface AksNodePoolSize {
  /** Azure VM size. @default 'Standard_D2ds_v5' */
  readonly vmSize?: string;
  /** Fewest nodes. @default 1 */
  readonly min?: number;
  /** Most nodes; equal to `min` means no autoscaling. @default `min` */
  readonly max?: number;
}

/** How nodes are replaced during an upgrade. Written out: what Azure fills in by itself would be a diff for ever. */
const UPGRADE_SETTINGS = {
  maxSurge: '10%',
  // Azure's own default. Never 0: going back to 0 makes azurerm replace the pool, and the cluster with its first pool.
  drainTimeoutInMinutes: 30,
  nodeSoakDurationInMinutes: 0,
} as const;

/** Settings that the first pool, which is part of the cluster, and every other pool share. */
export function poolSettings(size: AksNodePoolSize, kubernetesVersion: string, nodeSubnetId: string) {
  const { vmSize = 'Standard_D2ds_v5', min = 1, max = min } = size;
  return {
    vmSize,
    nodeCount: min,
    ...(isAutoscaled(size) ? { autoScalingEnabled: true, minCount: min, maxCount: max } : { autoScalingEnabled: false }),
    // Without it the pool would stay behind when the control plane's minor version is raised.
    orchestratorVersion: kubernetesVersion,
    vnetSubnetId: nodeSubnetId,
    maxPods: 110,
    osSku: 'Ubuntu',
    osDiskType: 'Managed',
    osDiskSizeGb: 128,
    kubeletDiskType: 'OS',
    scaleDownMode: 'Delete',
    fipsEnabled: false,
    hostEncryptionEnabled: false,
    nodePublicIpEnabled: false,
    ultraSsdEnabled: false,
    upgradeSettings: UPGRADE_SETTINGS,
  };
}

/** Whether the autoscaler owns the number of nodes, so that Terraform must not set it back. */
export function isAutoscaled({ min = 1, max = min }: AksNodePoolSize): boolean {
  return max > min;
}

export interface AksNodePoolProps extends AksNodePoolSize {
  readonly clusterId: string;
  /** At most 9 lower-case letters and digits, starting with a letter. */
  readonly name: string;
  readonly kubernetesVersion: string;
  readonly nodeSubnetId: string;
  /** @default none */
  readonly tags?: Record<string, string>;
  /** @default false */
  readonly preventDestroy?: boolean;
}

/** A pool of nodes for workloads. */
export class AksNodePool extends Construct {
  constructor(scope: Construct, id: string, props: AksNodePoolProps) {
    super(scope, id);
    new KubernetesClusterNodePool(this, 'Resource', {
      ...poolSettings(props, props.kubernetesVersion, props.nodeSubnetId),
      name: props.name,
      temporaryNameForRotation: rotationName(props.name),
      kubernetesClusterId: props.clusterId,
      mode: 'User',
      osType: 'Linux',
      priority: 'Regular',
      tags: props.tags,
      lifecycle: lifecycleOf(props.preventDestroy, isAutoscaled(props) ? ['node_count'] : []),
    });
  }
}

/** Name of the pool that stands in while a change of machines replaces this one. */
export function rotationName(name: string): string {
  return `${name}tmp`;
}
