import { NatGateway } from '@cdktf/provider-azurerm/lib/nat-gateway';
import { NatGatewayPublicIpAssociation } from '@cdktf/provider-azurerm/lib/nat-gateway-public-ip-association';
import { PublicIp } from '@cdktf/provider-azurerm/lib/public-ip';
import type { Subnet } from '@cdktf/provider-azurerm/lib/subnet';
import { SubnetNatGatewayAssociation } from '@cdktf/provider-azurerm/lib/subnet-nat-gateway-association';
import type { ITerraformDependable } from 'cdktf';
import { Construct } from 'constructs';
import type { AzurePlace } from './azure-place';
import { PUBLIC_IP_DEFAULTS } from './ingress-ip';
import { lifecycleOf } from './lifecycle';

export interface NatEgressProps extends AzurePlace {
  readonly name: string;
  /** The subnet that leaves through it. */
  readonly subnet: Subnet;
}

/** A NAT gateway with one address of its own: what nodes reach the outside through, and what others may put on their lists. */
export class NatEgress extends Construct {
  /** The address that the outside sees; known once it is applied. */
  readonly address: string;
  readonly ready: ITerraformDependable[];

  constructor(scope: Construct, id: string, { name, subnet, resourceGroupName, location, tags, preventDestroy }: NatEgressProps) {
    super(scope, id);
    const place = { resourceGroupName, location, tags, lifecycle: lifecycleOf(preventDestroy) };
    const ip = new PublicIp(this, 'PublicIp', { ...PUBLIC_IP_DEFAULTS, ...place, name });
    const gateway = new NatGateway(this, 'Resource', { ...place, name, skuName: 'Standard', idleTimeoutInMinutes: 4 });
    this.address = ip.ipAddress;
    this.ready = [
      new NatGatewayPublicIpAssociation(this, 'PublicIpAssociation', { natGatewayId: gateway.id, publicIpAddressId: ip.id }),
      new SubnetNatGatewayAssociation(this, 'SubnetAssociation', { natGatewayId: gateway.id, subnetId: subnet.id }),
    ];
  }
}
