/** Names of the Azure resources of one cluster. */
export interface AksNames {
  /** Name of the resource group of what is ours. */
  readonly resourceGroup: string;
  /** Name of the resource group that AKS makes for nodes. */
  readonly nodeResourceGroup: string;
  /** Name of the cluster. */
  readonly cluster: string;
  /** Prefix of the API server's host name. */
  readonly dnsPrefix: string;
  /** Name of the virtual network. */
  readonly network: string;
  /** Name of the cluster's managed identity. */
  readonly identity: string;
  /** Name of the public IP address. */
  readonly ingressIp: string;
}

/**
 * The names that follow from the name of a cluster. They are what Azure knows the resources by: a change replaces them.
 * @param given names of what is there already
 */
export function namesOf(cluster: string, given: Partial<AksNames> = {}): AksNames {
  return {
    resourceGroup: cluster,
    nodeResourceGroup: `${cluster}-nodes`,
    cluster,
    dnsPrefix: cluster,
    network: `${cluster}-network`,
    identity: `${cluster}-identity`,
    ingressIp: `${cluster}-ingress`,
    ...given,
  };
}
