import { PrivateDnsZone } from '@cdktf/provider-azurerm/lib/private-dns-zone';
import { Subnet } from '@cdktf/provider-azurerm/lib/subnet';
import { VirtualNetwork } from '@cdktf/provider-azurerm/lib/virtual-network';
import type { ITerraformDependable } from 'cdktf';
import { Construct } from 'constructs';
import { throwOnProblems } from '../validation';
import { azureNameProblems } from './azure-names';
import type { AzurePlace } from './azure-place';
import { lifecycleOf } from './lifecycle';
import { NatEgress } from './nat-egress';
import { AksNetworkRanges, networkRanges } from './network-ranges';
import { NodeSecurityGroup } from './node-security-group';
import { SOA_RECORD } from './private-zone';

/** Settings of {@link ClusterNetwork}. */
export interface ClusterNetworkProps extends AzurePlace {
  /** Name of the virtual network; begins the names of what belongs to it. */
  readonly name: string;
  /** Ranges of addresses. @default ranges that do not overlap */
  readonly ranges?: AksNetworkRanges;
  /** How nodes reach the outside. @default 'loadBalancer' */
  readonly egress?: 'loadBalancer' | 'natGateway';
  /** A network security group for the nodes, and what the internet may reach through it. @default none: Azure's group on each node alone */
  readonly securityGroup?: { readonly ingressPorts: readonly number[] };
  /** A subnet for private endpoints. @default false */
  readonly privateEndpoints?: boolean;
  /** A DNS zone for the address of a private API server. @default false */
  readonly privateApiServer?: boolean;
}

/** The virtual network of a cluster: its nodes' subnet, what guards it, and how nodes reach the outside. */
export class ClusterNetwork extends Construct {
  /** Azure resource id of the nodes' subnet. */
  readonly nodeSubnetId: string;
  /** The Azure resource. */
  readonly resource: VirtualNetwork;
  /** The subnet of the nodes. */
  readonly nodeSubnet: Subnet;
  /** Subnet of private endpoints, where asked for. */
  readonly endpointSubnet?: Subnet;
  /** The zone of a private API server, where asked for. */
  readonly privateDnsZone?: PrivateDnsZone;
  /** How nodes reach the outside, where that is a NAT gateway. */
  readonly nat?: NatEgress;
  /** What must exist before a cluster uses the network. */
  readonly ready: ITerraformDependable[] = [];

  /** @throws ProblemError for a name that Azure refuses */
  constructor(scope: Construct, id: string, props: ClusterNetworkProps) {
    super(scope, id);
    throwOnProblems('Azure cannot build this network:', azureNameProblems('network', props.name, `${this.node.path}: name`));
    const { name, resourceGroupName, location, tags, preventDestroy } = props;
    const place = { resourceGroupName, location, tags };
    const ranges = networkRanges(props.ranges);
    this.resource = new VirtualNetwork(this, 'Resource', {
      ...place,
      name,
      addressSpace: [ranges.addressSpace],
      lifecycle: lifecycleOf(preventDestroy),
    });
    // With a way out of our own, Azure's default one is closed.
    const hasNat = props.egress === 'natGateway';
    this.nodeSubnet = this.subnet('NodeSubnet', 'nodes', ranges.nodeSubnet, props, !hasNat);
    this.nodeSubnetId = this.nodeSubnet.id;
    if (props.privateEndpoints) {
      this.endpointSubnet = this.subnet('EndpointSubnet', 'endpoints', ranges.endpointSubnet, props, false);
    }
    if (props.securityGroup) {
      const group = new NodeSecurityGroup(this, 'SecurityGroup', { ...place, name: `${name}-nodes`, ...props.securityGroup, podCidr: ranges.podCidr });
      this.ready.push(group.guard('Nodes', this.nodeSubnet));
      if (this.endpointSubnet) {
        group.guard('Endpoints', this.endpointSubnet);
      }
    }
    if (hasNat) {
      this.nat = new NatEgress(this, 'Egress', { ...place, preventDestroy, name: `${name}-egress`, subnet: this.nodeSubnet });
      this.ready.push(...this.nat.ready);
    }
    if (props.privateApiServer) {
      // Without a link to the network: the cluster makes that itself.
      this.privateDnsZone = new PrivateDnsZone(this, 'ApiServerZone', {
        name: `privatelink.${location}.azmk8s.io`,
        soaRecord: SOA_RECORD,
        resourceGroupName,
        tags,
        lifecycle: lifecycleOf(preventDestroy),
      });
    }
  }

  private subnet(id: string, name: string, range: string, props: ClusterNetworkProps, defaultOutboundAccessEnabled: boolean): Subnet {
    return new Subnet(this, id, {
      name,
      virtualNetworkName: this.resource.name,
      addressPrefixes: [range],
      defaultOutboundAccessEnabled,
      privateEndpointNetworkPolicies: 'Disabled',
      privateLinkServiceNetworkPoliciesEnabled: true,
      resourceGroupName: props.resourceGroupName,
      lifecycle: lifecycleOf(props.preventDestroy),
    });
  }
}
