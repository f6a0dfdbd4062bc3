import { PublicIp } from '@cdktf/provider-azurerm/lib/public-ip';
import { Construct } from 'constructs';
import type { AzurePlace } from './azure-place';
import { lifecycleOf } from './lifecycle';

/** Tags that the cluster writes on a public address when it binds a Service to it. */
const CLUSTER_TAGS = ['k8s-azure-service', 'k8s-azure-cluster-name', 'k8s-azure-dns-label-service'];

/** Settings of {@link IngressIp}. */
export interface IngressIpProps extends AzurePlace {
  /** Name of the public IP address. */
  readonly name: string;
  /** First part of the address's host name, unique in the region. */
  readonly dnsLabel: string;
  /** Availability zones whose loss it survives. @default none named */
  readonly zones?: readonly string[];
}

/** A public address with a host name that is known before anything is applied, and that outlives the gateway bound to it. */
export class IngressIp extends Construct {
  /** Name of the public IP address. */
  readonly name: string;
  /** Host name that leads to it. */
  readonly hostName: string;
  /** The Azure resource. */
  readonly resource: PublicIp;

  constructor(scope: Construct, id: string, props: IngressIpProps) {
    super(scope, id);
    const { name, dnsLabel, resourceGroupName, location, tags, preventDestroy } = props;
    this.name = name;
    this.hostName = `${dnsLabel}.${location}.cloudapp.azure.com`;
    this.resource = new PublicIp(this, 'Resource', {
      ...PUBLIC_IP_DEFAULTS,
      name,
      domainNameLabel: dnsLabel,
      ...(props.zones?.length ? { zones: [...props.zones] } : {}),
      resourceGroupName,
      location,
      tags,
      lifecycle: lifecycleOf(preventDestroy, CLUSTER_TAGS.map((tag) => `tags["${tag}"]`)),
    });
  }
}

/** A static address of the standard kind, with everything that Azure would fill in. */
export const PUBLIC_IP_DEFAULTS = {
  allocationMethod: 'Static',
  sku: 'Standard',
  skuTier: 'Regional',
  ipVersion: 'IPv4',
  idleTimeoutInMinutes: 4,
  ddosProtectionMode: 'VirtualNetworkInherited',
} as const;
