import { KubernetesClusterNodePool } from '@cdktf/provider-azurerm/lib/kubernetes-cluster-node-pool';
import { Construct } from 'constructs';
import { throwOnProblems } from '../validation';
import { azureNameProblems } from './azure-names';
import { lifecycleOf } from './lifecycle';
import { nodePoolProblems } from './node-pool-checks';
import { defaultVmSize, osDiskSizeOf } from './pool-disk';

/** Machines of one kind in a cluster. */
export interface NodePoolSize {
  /** Azure VM size. @default 'Standard_D2ds_v5', or 'Standard_NC4as_T4_v3' for a GPU pool */
  readonly vmSize?: string;
  /** Fewest nodes; 0 only with autoscaling and never for a system pool. @default 1 */
  readonly min?: number;
  /** Most nodes; equal to `min` means no autoscaling. @default `min` */
  readonly max?: number;
  /** Availability zones that the nodes are spread over. @default the cluster's */
  readonly zones?: readonly string[];
  /** Where a node's system lives. @default the cluster's */
  readonly osDisk?: 'Ephemeral' | 'Managed';
  /** In GB. @default 128, or 64 on the own disk of a machine with less than four cores */
  readonly osDiskSizeGb?: number;
  /** Whether disks and caches are encrypted on the machines that run the nodes. @default the cluster's */
  readonly hostEncryption?: boolean;
  /** Kubernetes labels of the nodes. @default none */
  readonly labels?: Readonly<Record<string, string>>;
}

/** What a pool is for: the cluster's own services, workloads, workloads that may be evicted, workloads that need a GPU. */
export type NodePoolKind = 'system' | 'user' | 'spot' | 'gpu';

/** What one more pool of a cluster is. */
export interface NodePoolSettings extends NodePoolSize {
  /** What its nodes are for, or how they are paid. @default 'user' */
  readonly kind?: NodePoolKind;
  /** Kubernetes taints, such as `team=a:NoSchedule`. @default none but those of its kind */
  readonly taints?: readonly string[];
  /** US dollars per hour above which a spot node is given up. @default what a regular one costs */
  readonly spotMaxPrice?: number;
}

/** How nodes are replaced during an upgrade. Written out: what Azure fills in by itself would be a diff for ever. */
const UPGRADE_SETTINGS = {
  maxSurge: '10%',
  // Azure's own default. Never 0: going back to 0 makes azurerm replace the pool, and the cluster with its first pool.
  drainTimeoutInMinutes: 30,
  nodeSoakDurationInMinutes: 0,
} as const;

/** Azure puts them on spot nodes by itself; unwritten they would be a diff for ever. */
const SPOT = 'kubernetes.azure.com/scalesetpriority';

/** What the cluster decides for its pools. */
export interface PoolDefaults {
  readonly kubernetesVersion: string;
  readonly nodeSubnetId: string;
  /** @default none */
  readonly zones?: readonly string[];
  /** @default 'Managed' */
  readonly osDisk?: 'Ephemeral' | 'Managed';
  /** @default false */
  readonly hostEncryption?: boolean;
}

/** Settings that the first pool, which is part of the cluster, and every other pool share. */
export function poolSettings(size: NodePoolSize, defaults: PoolDefaults) {
  const { vmSize = defaultVmSize(), min = 1, zones = defaults.zones, osDisk = defaults.osDisk ?? 'Managed', labels } = size;
  return {
    vmSize,
    nodeCount: min,
    ...(isAutoscaled(size) ? { autoScalingEnabled: true, minCount: min, maxCount: size.max } : { autoScalingEnabled: false }),
    // Without it the pool would stay behind when the control plane's minor version is raised.
    orchestratorVersion: defaults.kubernetesVersion,
    vnetSubnetId: defaults.nodeSubnetId,
    ...(zones && zones.length > 0 ? { zones: [...zones] } : {}),
    ...(labels && Object.keys(labels).length > 0 ? { nodeLabels: { ...labels } } : {}),
    maxPods: 110,
    osSku: 'Ubuntu',
    osDiskType: osDisk,
    osDiskSizeGb: osDiskSizeOf({ vmSize, osDisk, osDiskSizeGb: size.osDiskSizeGb }),
    kubeletDiskType: 'OS',
    scaleDownMode: 'Delete',
    fipsEnabled: false,
    hostEncryptionEnabled: size.hostEncryption ?? defaults.hostEncryption ?? false,
    nodePublicIpEnabled: false,
    ultraSsdEnabled: false,
    upgradeSettings: UPGRADE_SETTINGS,
  };
}

/** Whether the autoscaler owns the number of nodes, so that Terraform must not set it back. */
export function isAutoscaled({ min = 1, max = min }: NodePoolSize): boolean {
  return max > min;
}

/** Settings of {@link NodePool}. */
export interface NodePoolProps extends NodePoolSettings, PoolDefaults {
  /** Azure resource id of the cluster. */
  readonly clusterId: string;
  /** At most 9 lower-case letters and digits, starting with a letter. */
  readonly name: string;
  /** Azure tags. @default none */
  readonly tags?: Record<string, string>;
  /** Refuses plans that would destroy it. @default false */
  readonly preventDestroy?: boolean;
}

/**
 * A pool of nodes. A change of its machines replaces it by way of a pool that stands in meanwhile; that neither cordons nor drains, so
 * workloads that must not pause move to another pool first.
 * @see https://registry.terraform.io/providers/hashicorp/azurerm/4.55.0/docs/resources/kubernetes_cluster_node_pool
 */
export class NodePool extends Construct {
  /** Name of the pool. */
  readonly name: string;
  /** The Azure resource. */
  readonly resource: KubernetesClusterNodePool;

  /** @throws ProblemError with everything that Azure would refuse */
  constructor(scope: Construct, id: string, props: NodePoolProps) {
    super(scope, id);
    const path = this.node.path;
    throwOnProblems('Azure cannot build this pool:', [...azureNameProblems('nodePool', props.name, `${path}: name`), ...nodePoolProblems(props, path)]);
    const { kind = 'user' } = props;
    const taints = [...(props.taints ?? []), ...KIND_TAINTS[kind]];
    const isSpot = kind === 'spot';
    const { upgradeSettings, ...settings } = poolSettings(
      { ...props, vmSize: props.vmSize ?? defaultVmSize(kind), labels: isSpot ? { ...props.labels, [SPOT]: 'spot' } : props.labels },
      props,
    );
    this.name = props.name;
    this.resource = new KubernetesClusterNodePool(this, 'Resource', {
      ...settings,
      // Spot nodes are not surged: Azure refuses the setting.
      ...(isSpot ? { evictionPolicy: 'Delete', spotMaxPrice: props.spotMaxPrice ?? -1 } : { upgradeSettings }),
      ...(taints.length > 0 ? { nodeTaints: taints } : {}),
      ...(kind === 'gpu' ? { gpuDriver: 'Install' } : {}),
      name: props.name,
      temporaryNameForRotation: rotationName(props.name),
      kubernetesClusterId: props.clusterId,
      mode: kind === 'system' ? 'System' : 'User',
      osType: 'Linux',
      priority: isSpot ? 'Spot' : 'Regular',
      tags: props.tags,
      // What Azure says of a spot pool's upgrades would otherwise be a reason to replace it.
      lifecycle: lifecycleOf(props.preventDestroy, [...(isAutoscaled(props) ? ['node_count'] : []), ...(isSpot ? ['upgrade_settings'] : [])]),
    });
  }
}

const KIND_TAINTS: Readonly<Record<NodePoolKind, readonly string[]>> = {
  system: ['CriticalAddonsOnly=true:NoSchedule'],
  user: [],
  spot: [`${SPOT}=spot:NoSchedule`],
  gpu: ['sku=gpu:NoSchedule'],
};

/** Name of the pool that stands in while a change of machines replaces this one. */
export function rotationName(name: string): string {
  return `${name}tmp`;
}
