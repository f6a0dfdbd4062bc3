import { ContainerRegistry as ContainerRegistryResource } from '@cdktf/provider-azurerm/lib/container-registry';
import { RoleAssignment } from '@cdktf/provider-azurerm/lib/role-assignment';
import { Construct } from 'constructs';
import { throwOnProblems } from '../validation';
import type { AksCluster } from './aks-cluster';
import { azureNameProblems } from './azure-names';
import type { AzurePlace } from './azure-place';
import { ImageMirror, ImageMirrorProps } from './image-mirror';
import { lifecycleOf } from './lifecycle';
import { PrivateEndpoint } from './private-endpoint';

/** Settings of {@link ContainerRegistry}. */
export interface ContainerRegistryProps {
  /** 5 to 50 letters and digits; unique in all of Azure. */
  readonly name: string;
  /** The cluster that pulls from it; the registry lives beside it. */
  readonly cluster: AksCluster;
  /** Where in Azure it is made. @default the cluster's resource group and region */
  readonly place?: AzurePlace;
  /**
   * Whether the registry has an address inside the cluster's network only, is spread over zones, and keeps what is untagged for a week. That
   * takes the Premium tier, and a build agent inside the network to push.
   * @default false
   */
  readonly isPrivate?: boolean;
  /** Tier of a registry that is not private. @default 'Basic' */
  readonly sku?: 'Basic' | 'Standard' | 'Premium';
  /** Images that it fetches from elsewhere and keeps. @default none */
  readonly mirror?: ImageMirrorProps;
}

/** A registry that the cluster's nodes may pull from, by a role and without any password. */
export class ContainerRegistry extends Construct {
  /** Name of the registry, which is unique in Azure. */
  readonly name: string;
  /** The Azure resource. */
  readonly resource: ContainerRegistryResource;
  /** Host name of the registry, known before anything is applied. */
  readonly loginServer: string;
  /** The rules that copy public images, where asked for. */
  readonly mirror?: ImageMirror;

  /** @throws ProblemError for a name that Azure refuses */
  constructor(scope: Construct, id: string, props: ContainerRegistryProps) {
    super(scope, id);
    const { name, cluster, isPrivate = false, sku = 'Basic' } = props;
    throwOnProblems('Azure cannot build this registry:', azureNameProblems('registry', name, `${this.node.path}: name`));
    const place = props.place ?? cluster.place;
    const { resourceGroupName, location, tags } = place;
    this.name = name;
    this.loginServer = `${name.toLowerCase()}.azurecr.io`;
    this.resource = new ContainerRegistryResource(this, 'Resource', {
      name,
      resourceGroupName,
      location,
      tags,
      sku: isPrivate ? 'Premium' : sku,
      adminEnabled: false,
      anonymousPullEnabled: false,
      quarantinePolicyEnabled: false,
      trustPolicyEnabled: false,
      networkRuleBypassOption: 'AzureServices',
      publicNetworkAccessEnabled: !isPrivate,
      exportPolicyEnabled: true,
      dataEndpointEnabled: isPrivate,
      zoneRedundancyEnabled: isPrivate,
      ...(isPrivate ? { retentionPolicyInDays: 7 } : {}),
      lifecycle: lifecycleOf(place.preventDestroy),
    });
    new RoleAssignment(this, 'Pull', {
      scope: this.resource.id,
      roleDefinitionName: 'AcrPull',
      principalId: cluster.kubeletObjectId,
      principalType: 'ServicePrincipal',
    });
    if (isPrivate) {
      new PrivateEndpoint(this, 'Endpoint', {
        ...place,
        name: `${name}-registry`,
        network: cluster.network,
        targetId: this.resource.id,
        subresource: 'registry',
        zone: 'privatelink.azurecr.io',
      });
    }
    if (props.mirror) {
      this.mirror = new ImageMirror(this, 'Mirror', { ...props.mirror, registryId: this.resource.id, loginServer: this.loginServer });
    }
  }
}
