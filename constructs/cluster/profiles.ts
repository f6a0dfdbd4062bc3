/** How much a cluster is worth protecting: `demo` is the cheapest that works, `production` what a platform team would sign off. */
export type ClusterProfile = 'demo' | 'production';

/** What a profile decides. Every member can be set on the cluster itself, which wins. */
export interface ProfileSettings {
  /** Tier of the cluster's control plane. */
  readonly skuTier: 'Free' | 'Standard' | 'Premium';
  /** Availability zones that pools and public addresses are spread over. */
  readonly zones: readonly string[] | undefined;
  /** How nodes reach the outside: through the cluster's load balancer, or through a NAT gateway of our own. */
  readonly egress: 'loadBalancer' | 'natGateway';
  /** Whether disks and caches are encrypted on the machines that run the nodes. */
  readonly hostEncryption: boolean;
  /** Where a node's system lives: on the machine's own disk (fast, free, gone with the node), or on a managed one. */
  readonly osDisk: 'Ephemeral' | 'Managed';
  /** Whether the add-on of Azure Policy is on. */
  readonly azurePolicy: boolean;
  /** Whether the node subnet has a network security group of its own. */
  readonly securityGroup: boolean;
  /** Whether cost is shown per namespace; needs a paid tier. */
  readonly costAnalysis: boolean;
}

export const PROFILES: Readonly<Record<ClusterProfile, ProfileSettings>> = {
  demo: {
    skuTier: 'Free',
    zones: undefined,
    egress: 'loadBalancer',
    hostEncryption: false,
    osDisk: 'Managed',
    azurePolicy: false,
    securityGroup: false,
    costAnalysis: false,
  },
  production: {
    skuTier: 'Standard',
    zones: ['1', '2', '3'],
    egress: 'natGateway',
    hostEncryption: true,
    osDisk: 'Ephemeral',
    azurePolicy: true,
    securityGroup: true,
    costAnalysis: true,
  },
};
