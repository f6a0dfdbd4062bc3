import { NetworkSecurityGroup } from '@cdktf/provider-azurerm/lib/network-security-group';
import { NetworkSecurityRule } from '@cdktf/provider-azurerm/lib/network-security-rule';
import type { Subnet } from '@cdktf/provider-azurerm/lib/subnet';
import { SubnetNetworkSecurityGroupAssociation } from '@cdktf/provider-azurerm/lib/subnet-network-security-group-association';
import { Construct } from 'constructs';
import type { AzurePlace } from './azure-place';

export interface NodeSecurityGroupProps extends AzurePlace {
  readonly name: string;
  /** TCP ports of gateways that the internet may reach. */
  readonly ingressPorts: readonly number[];
  /** Range of the pods: in an overlay they speak across nodes from addresses that the network does not know as its own. */
  readonly podCidr: string;
}

/**
 * A network security group for a subnet: the gateway's ports from the internet, pods from each other, and Azure's own rules after them
 * (the network and the load balancer's probes come in, nothing else does).
 * @see https://learn.microsoft.com/azure/aks/concepts-network-azure-cni-overlay#network-security-groups
 */
export class NodeSecurityGroup extends Construct {
  private readonly resource: NetworkSecurityGroup;

  constructor(scope: Construct, id: string, { name, ingressPorts, podCidr, resourceGroupName, location, tags }: NodeSecurityGroupProps) {
    super(scope, id);
    this.resource = new NetworkSecurityGroup(this, 'Resource', { name, resourceGroupName, location, tags });
    const rule = { resourceGroupName, networkSecurityGroupName: this.resource.name, direction: 'Inbound', access: 'Allow', sourcePortRange: '*' };
    ingressPorts.forEach((port, index) => {
      new NetworkSecurityRule(this, `Ingress-${port}`, {
        ...rule,
        name: `ingress-${port}`,
        priority: 100 + index,
        protocol: 'Tcp',
        sourceAddressPrefix: 'Internet',
        destinationAddressPrefix: '*',
        destinationPortRange: String(port),
      });
    });
    new NetworkSecurityRule(this, 'Pods', {
      ...rule,
      name: 'pods',
      priority: 200,
      protocol: '*',
      sourceAddressPrefix: podCidr,
      destinationAddressPrefix: '*',
      destinationPortRange: '*',
    });
  }

  /** Puts the group before a subnet. */
  guard(id: string, subnet: Subnet): SubnetNetworkSecurityGroupAssociation {
    return new SubnetNetworkSecurityGroupAssociation(this, id, { subnetId: subnet.id, networkSecurityGroupId: this.resource.id });
  }
}
