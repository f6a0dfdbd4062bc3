import type { TerraformResource } from 'cdktf';
import type { AksNames } from './aks-names';

/** What of a cluster may be there already. */
export type AdoptablePart = 'resourceGroup' | 'network' | 'nodeSubnet' | 'identity' | 'ingressIp' | 'cluster' | 'userPool';

/** A cluster that is there already, under the names that this one would get. */
export interface AdoptedCluster {
  /** Azure subscription of the cluster. */
  readonly subscriptionId: string;
  /** What is there; the rest is created. @default everything but the ingress address */
  readonly parts?: readonly AdoptablePart[];
}

const DEFAULT_PARTS: readonly AdoptablePart[] = ['resourceGroup', 'network', 'nodeSubnet', 'identity', 'cluster', 'userPool'];

/**
 * Makes Terraform import what is there instead of creating it. The plan then shows what adopting changes: read it before applying.
 * Role assignments are not among it, since their names are random: Azure refuses a second one for the same identity, role and scope
 * (RoleAssignmentExists). Delete the old one first, or `terraform import` it by the id that `az role assignment list --scope` prints.
 */
export function adopt(adopted: AdoptedCluster, names: AksNames, resources: Readonly<Partial<Record<AdoptablePart, TerraformResource>>>): void {
  const ids = resourceIds(adopted.subscriptionId, names);
  for (const part of adopted.parts ?? DEFAULT_PARTS) {
    resources[part]?.importFrom(ids[part]);
  }
}

/** Azure's ids of the parts of a cluster. */
export function resourceIds(subscriptionId: string, names: AksNames): Record<AdoptablePart, string> {
  const resourceGroup = `/subscriptions/${subscriptionId}/resourceGroups/${names.resourceGroup}`;
  const network = `${resourceGroup}/providers/Microsoft.Network/virtualNetworks/${names.network}`;
  const cluster = `${resourceGroup}/providers/Microsoft.ContainerService/managedClusters/${names.cluster}`;
  return {
    resourceGroup,
    network,
    nodeSubnet: `${network}/subnets/nodes`,
    identity: `${resourceGroup}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/${names.identity}`,
    ingressIp: `${resourceGroup}/providers/Microsoft.Network/publicIPAddresses/${names.ingressIp}`,
    cluster,
    userPool: `${cluster}/agentPools/user`,
  };
}
