/** Names of the Azure resources of one cluster. */
export interface AksNames {
  readonly resourceGroup: string;
  readonly nodeResourceGroup: string;
  readonly cluster: string;
  readonly dnsPrefix: string;
  readonly network: string;
  readonly identity: string;
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
