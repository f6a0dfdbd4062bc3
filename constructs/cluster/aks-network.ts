import { PublicIp } from '@cdktf/provider-azurerm/lib/public-ip';
import { Subnet } from '@cdktf/provider-azurerm/lib/subnet';
import { VirtualNetwork } from '@cdktf/provider-azurerm/lib/virtual-network';
import { Construct } from 'constructs';
import { lifecycleOf } from './lifecycle';

/** Address ranges of a cluster; none may overlap another. */
export interface AksNetworkRanges {
  /** Range of the virtual network. @default '10.224.0.0/16' */
  readonly addressSpace?: string;
  /** Range of the nodes, within the virtual network. @default '10.224.0.0/20' */
  readonly nodeSubnet?: string;
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
    podCidr: ranges.podCidr ?? '10.244.0.0/16',
    serviceCidr: ranges.serviceCidr ?? '10.0.0.0/16',
    dnsServiceIp: ranges.dnsServiceIp ?? '10.0.0.10',
  };
}

/** Where an Azure resource of ours lives. */
export interface AzurePlace {
  readonly resourceGroupName: string;
  readonly location: string;
  /** @default none */
  readonly tags?: Record<string, string>;
  /** Whether Terraform refuses to destroy it. @default false */
  readonly preventDestroy?: boolean;
}

export interface AksNetworkProps extends AzurePlace {
  readonly name: string;
  readonly addressSpace: string;
  readonly nodeSubnet: string;
}

/** The virtual network of a cluster, with one subnet for its nodes. */
export class AksNetwork extends Construct {
  readonly nodeSubnetId: string;

  constructor(scope: Construct, id: string, props: AksNetworkProps) {
    super(scope, id);
    const { resourceGroupName, location, tags, preventDestroy } = props;
    const network = new VirtualNetwork(this, 'Resource', {
      name: props.name,
      addressSpace: [props.addressSpace],
      resourceGroupName,
      location,
      tags,
      lifecycle: lifecycleOf(preventDestroy),
    });
    const subnet = new Subnet(this, 'NodeSubnet', {
      name: 'nodes',
      virtualNetworkName: network.name,
      addressPrefixes: [props.nodeSubnet],
      defaultOutboundAccessEnabled: true,
      privateEndpointNetworkPolicies: 'Disabled',
      privateLinkServiceNetworkPoliciesEnabled: true,
      resourceGroupName,
      lifecycle: lifecycleOf(preventDestroy),
    });
    this.nodeSubnetId = subnet.id;
  }
}

/** Tags that the cluster writes on a public address when it binds a Service to it. */
const CLUSTER_TAGS = ['k8s-azure-service', 'k8s-azure-cluster-name', 'k8s-azure-dns-label-service'];

export interface IngressIpProps extends AzurePlace {
  readonly name: string;
  /** First part of the address's host name, unique in the region. */
  readonly dnsLabel: string;
}

/** A public address with a host name that is known before anything is applied, and that outlives the gateway bound to it. */
export class IngressIp extends Construct {
  readonly name: string;
  readonly hostName: string;

  constructor(scope: Construct, id: string, props: IngressIpProps) {
    super(scope, id);
    const { name, dnsLabel, resourceGroupName, location, tags, preventDestroy } = props;
    this.name = name;
    this.hostName = `${dnsLabel}.${location}.cloudapp.azure.com`;
    new PublicIp(this, 'Resource', {
      name,
      domainNameLabel: dnsLabel,
      allocationMethod: 'Static',
      sku: 'Standard',
      skuTier: 'Regional',
      ipVersion: 'IPv4',
      idleTimeoutInMinutes: 4,
      ddosProtectionMode: 'VirtualNetworkInherited',
      resourceGroupName,
      location,
      tags,
      lifecycle: lifecycleOf(preventDestroy, CLUSTER_TAGS.map((tag) => `tags["${tag}"]`)),
    });
  }
}
