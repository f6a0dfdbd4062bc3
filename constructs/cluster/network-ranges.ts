/** Address ranges of a cluster; none may overlap another. */
export interface AksNetworkRanges {
  /** Range of the virtual network. @default '10.224.0.0/16' */
  readonly addressSpace?: string;
  /** Range of the nodes, within the virtual network. @default '10.224.0.0/20' */
  readonly nodeSubnet?: string;
  /** Range of private endpoints, within the virtual network and beside the nodes. @default '10.224.16.0/24' */
  readonly endpointSubnet?: string;
  /** Range of the pods; an overlay, so it exists inside the cluster only. @default '10.244.0.0/16' */
  readonly podCidr?: string;
  /** Range of Services; exists inside the cluster only. @default '10.0.0.0/16' */
  readonly serviceCidr?: string;
  /** Address of the cluster's DNS, within the range of Services. @default '10.0.0.10' */
  readonly dnsServiceIp?: string;
}

/** The ranges of a cluster with every default filled in. */
export function networkRanges(ranges: AksNetworkRanges = {}): Required<AksNetworkRanges> {
  return {
    addressSpace: ranges.addressSpace ?? '10.224.0.0/16',
    nodeSubnet: ranges.nodeSubnet ?? '10.224.0.0/20',
    endpointSubnet: ranges.endpointSubnet ?? '10.224.16.0/24',
    podCidr: ranges.podCidr ?? '10.244.0.0/16',
    serviceCidr: ranges.serviceCidr ?? '10.0.0.0/16',
    dnsServiceIp: ranges.dnsServiceIp ?? '10.0.0.10',
  };
}
