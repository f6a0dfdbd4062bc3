import { KubernetesCluster } from '@cdktf/provider-azurerm/lib/kubernetes-cluster';
import { ResourceGroup } from '@cdktf/provider-azurerm/lib/resource-group';
import { Construct } from 'constructs';
import { throwOnProblems } from '../validation';
import { aksClusterProblems } from './aks-checks';
import { AksAdministrators, AksIdentity } from './aks-identity';
import { namesOf } from './aks-names';
import { AksNetwork, AksNetworkRanges, IngressIp, networkRanges } from './aks-network';
import { AksNodePool, AksNodePoolSize, isAutoscaled, poolSettings, rotationName } from './aks-node-pool';
import type { AksAccess, ClusterOffers, ICluster, IngressAddress, KubeloginMode } from './cluster';
import { AksClusterReference, existingAksCluster } from './existing-cluster';
import { lifecycleOf } from './lifecycle';
import { refuseClusterProviders } from './provider-validation';

/** Hours between two searches for images that nothing uses. */
const IMAGE_CLEANER_HOURS = 168;

/** The Istio add-on of a cluster. */
export interface AksMeshProfile {
  /** One revision, or the old and the new during a canary upgrade, ascending. */
  readonly revisions: readonly string[];
  /** @default true */
  readonly externalIngressGateway?: boolean;
  /** @default false */
  readonly internalIngressGateway?: boolean;
}

export interface AksClusterProps {
  /** Name of the cluster and of its resource group; begins the names of what belongs to it. */
  readonly name: string;
  /** Azure region, such as `westeurope`. */
  readonly location: string;
  /** Entra groups, by object id, whose members administer the cluster. Local accounts are off: there is no other way in. */
  readonly adminGroupObjectIds: readonly string[];
  /** Subscription that the providers look the cluster up in. @default the subscription of the azurerm provider */
  readonly subscriptionId?: string;
  /** Minor version; Azure chooses and installs patches. @default '1.35' */
  readonly kubernetesVersion?: string;
  /** @default 'Free' */
  readonly skuTier?: 'Free' | 'Standard' | 'Premium';
  /** @default ranges that do not overlap */
  readonly network?: AksNetworkRanges;
  /** A public address for the ingress gateway, found under `<dnsLabel>.<location>.cloudapp.azure.com`. @default none */
  readonly ingress?: { readonly dnsLabel: string };
  /** Nodes of the cluster's own services. @default one Standard_D2ds_v5 */
  readonly systemPool?: AksNodePoolSize;
  /** Nodes of workloads. @default one Standard_D2ds_v5 */
  readonly userPool?: AksNodePoolSize;
  /** CIDR ranges that may reach the API server. @default everywhere */
  readonly authorizedIpRanges?: readonly string[];
  /** How kubelogin gets its token. @default 'azurecli' */
  readonly login?: KubeloginMode;
  /** The Istio add-on. @default none */
  readonly mesh?: AksMeshProfile;
  /** Azure tags. @default none */
  readonly tags?: Readonly<Record<string, string>>;
  /** Whether Terraform refuses to destroy what cannot be made again as it was. @default false */
  readonly preventDestroy?: boolean;
}

/**
 * An AKS cluster with what it needs: resource group, network, identity, a system and a user pool, and a public address for its ingress.
 * Its members are plain strings known at synth: another stack may use them, ordered by `addDependency`.
 */
export class AksCluster extends Construct implements ICluster {
  /** An AKS cluster that exists already. */
  static fromName(reference: AksClusterReference): ICluster {
    return existingAksCluster(reference);
  }

  readonly name: string;
  readonly access: AksAccess;
  readonly offers: ClusterOffers = { workloadIdentity: true, networkPlugin: 'azure-overlay', loadBalancer: true };
  readonly ingressAddress?: IngressAddress;
  /** The cluster's resource. */
  readonly resource: KubernetesCluster;

  private readonly kubernetesVersion: string;
  private readonly network: AksNetwork;

  /** @throws ProblemError with everything that Azure would refuse */
  constructor(
    scope: Construct,
    id: string,
    private readonly props: AksClusterProps,
  ) {
    super(scope, id);
    throwOnProblems('Azure cannot build this cluster:', aksClusterProblems(props, this.node.path));
    refuseClusterProviders(this);
    const names = namesOf(props.name);
    const { location, preventDestroy } = props;
    const tags = tagsOf(props);
    this.name = names.cluster;
    this.kubernetesVersion = props.kubernetesVersion ?? '1.35';
    this.access = {
      kind: 'aks',
      name: names.cluster,
      resourceGroupName: names.resourceGroup,
      subscriptionId: props.subscriptionId,
      login: props.login ?? 'azurecli',
    };

    const group = new ResourceGroup(this, 'ResourceGroup', { name: names.resourceGroup, location, tags, lifecycle: lifecycleOf(preventDestroy) });
    const place = { resourceGroupName: group.name, location, tags, preventDestroy };
    const { addressSpace, nodeSubnet } = networkRanges(props.network);
    this.network = new AksNetwork(this, 'Network', { ...place, name: names.network, addressSpace, nodeSubnet });
    const identity = new AksIdentity(this, 'Identity', { ...place, name: names.identity, resourceGroupId: group.id });
    if (props.ingress) {
      const ip = new IngressIp(this, 'IngressIp', { ...place, name: names.ingressIp, dnsLabel: props.ingress.dnsLabel });
      this.ingressAddress = { publicIpName: ip.name, resourceGroupName: names.resourceGroup, hostName: ip.hostName };
    }
    this.resource = this.cluster(group.name, names.nodeResourceGroup, identity);
    new AksAdministrators(this, 'Administrators', { clusterId: this.resource.id, groupObjectIds: props.adminGroupObjectIds });
    this.addNodePool('UserPool', 'user', props.userPool);
  }

  /**
   * Adds a pool of nodes for workloads.
   * @param name at most 9 lower-case letters and digits, starting with a letter
   */
  addNodePool(id: string, name: string, size: AksNodePoolSize = {}): AksNodePool {
    return new AksNodePool(this, id, {
      ...size,
      name,
      clusterId: this.resource.id,
      kubernetesVersion: this.kubernetesVersion,
      nodeSubnetId: this.network.nodeSubnetId,
      tags: tagsOf(this.props),
      preventDestroy: this.props.preventDestroy,
    });
  }

  private cluster(resourceGroupName: string, nodeResourceGroup: string, identity: AksIdentity): KubernetesCluster {
    const { props } = this;
    const { systemPool = {}, mesh } = props;
    const tags = tagsOf(props);
    const { podCidr, serviceCidr, dnsServiceIp } = networkRanges(props.network);
    return new KubernetesCluster(this, 'Resource', {
      name: this.name,
      location: props.location,
      resourceGroupName,
      nodeResourceGroup,
      dnsPrefix: namesOf(props.name).dnsPrefix,
      kubernetesVersion: this.kubernetesVersion,
      automaticUpgradeChannel: 'patch',
      nodeOsUpgradeChannel: 'NodeImage',
      skuTier: props.skuTier ?? 'Free',
      supportPlan: 'KubernetesOfficial',
      costAnalysisEnabled: false,

      identity: { type: 'UserAssigned', identityIds: [identity.identityId] },
      localAccountDisabled: true,
      roleBasedAccessControlEnabled: true,
      azureActiveDirectoryRoleBasedAccessControl: { azureRbacEnabled: true, adminGroupObjectIds: [...props.adminGroupObjectIds] },
      oidcIssuerEnabled: true,
      workloadIdentityEnabled: true,
      runCommandEnabled: false,
      azurePolicyEnabled: false,
      privateClusterEnabled: false,
      privateClusterPublicFqdnEnabled: false,
      apiServerAccessProfile: props.authorizedIpRanges && {
        authorizedIpRanges: [...props.authorizedIpRanges],
        virtualNetworkIntegrationEnabled: false,
      },
      imageCleanerEnabled: true,
      imageCleanerIntervalHours: IMAGE_CLEANER_HOURS,
      storageProfile: { blobDriverEnabled: false, diskDriverEnabled: true, fileDriverEnabled: true, snapshotControllerEnabled: true },

      networkProfile: {
        networkPlugin: 'azure',
        networkPluginMode: 'overlay',
        // Cilium: Microsoft runs its Istio beside it, Azure's own policy engine retires in 2028, and either choice can hardly be changed later.
        networkDataPlane: 'cilium',
        networkPolicy: 'cilium',
        ipVersions: ['IPv4'],
        podCidr,
        serviceCidr,
        dnsServiceIp,
        outboundType: 'loadBalancer',
        loadBalancerSku: 'standard',
        loadBalancerProfile: { managedOutboundIpCount: 1, idleTimeoutInMinutes: 30, outboundPortsAllocated: 0, backendPoolType: 'NodeIPConfiguration' },
      },
      defaultNodePool: {
        ...poolSettings(systemPool, this.kubernetesVersion, this.network.nodeSubnetId),
        name: 'system',
        type: 'VirtualMachineScaleSets',
        onlyCriticalAddonsEnabled: true,
        temporaryNameForRotation: rotationName('system'),
        tags,
      },
      serviceMeshProfile: mesh && {
        mode: 'Istio',
        revisions: [...mesh.revisions],
        externalIngressGatewayEnabled: mesh.externalIngressGateway ?? true,
        internalIngressGatewayEnabled: mesh.internalIngressGateway ?? false,
      },

      tags,
      dependsOn: [identity.ready],
      lifecycle: lifecycleOf(props.preventDestroy, isAutoscaled(systemPool) ? ['default_node_pool[0].node_count'] : []),
    });
  }
}

function tagsOf({ tags = {} }: AksClusterProps): Record<string, string> | undefined {
  return Object.keys(tags).length > 0 ? { ...tags } : undefined;
}
