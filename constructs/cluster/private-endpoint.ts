import { PrivateDnsZone } from '@cdktf/provider-azurerm/lib/private-dns-zone';
import { PrivateDnsZoneVirtualNetworkLink } from '@cdktf/provider-azurerm/lib/private-dns-zone-virtual-network-link';
import { PrivateEndpoint as PrivateEndpointResource } from '@cdktf/provider-azurerm/lib/private-endpoint';
import { Construct } from 'constructs';
import { throwOnProblems } from '../validation';
import type { AzurePlace } from './azure-place';
import type { ClusterNetwork } from './cluster-network';
import { SOA_RECORD } from './private-zone';

export interface PrivateEndpointProps extends AzurePlace {
  readonly name: string;
  readonly network: ClusterNetwork;
  /** Azure's id of what is reached. */
  readonly targetId: string;
  /** Which part of it: `vault`, `registry`, `blob`. */
  readonly subresource: string;
  /** Zone that its names are looked up in, such as `privatelink.vaultcore.azure.net`. */
  readonly zone: string;
}

/** An address inside the network for a service of Azure, and the DNS zone that leads to it. */
export class PrivateEndpoint extends Construct {
  /** @throws ProblemError where the network has no subnet for it */
  constructor(scope: Construct, id: string, props: PrivateEndpointProps) {
    super(scope, id);
    const { name, network, resourceGroupName, location, tags } = props;
    const subnet = network.endpointSubnet;
    if (!subnet) {
      throwOnProblems('This private endpoint has nowhere to live:', [
        { at: this.node.path, rule: 'a private endpoint needs a subnet', mend: 'Create the network with privateEndpoints: true, or the cluster with the profile production' },
      ]);
      return;
    }
    const zone = new PrivateDnsZone(this, 'Zone', { name: props.zone, soaRecord: SOA_RECORD, resourceGroupName, tags });
    new PrivateDnsZoneVirtualNetworkLink(this, 'Link', {
      name: 'cluster',
      privateDnsZoneName: zone.name,
      virtualNetworkId: network.resource.id,
      registrationEnabled: false,
      resourceGroupName,
      tags,
    });
    new PrivateEndpointResource(this, 'Resource', {
      name,
      subnetId: subnet.id,
      privateServiceConnection: {
        name,
        isManualConnection: false,
        privateConnectionResourceId: props.targetId,
        subresourceNames: [props.subresource],
      },
      privateDnsZoneGroup: { name: 'default', privateDnsZoneIds: [zone.id] },
      resourceGroupName,
      location,
      tags,
    });
  }
}
