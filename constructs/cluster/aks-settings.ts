import type { KubernetesClusterConfig } from '@cdktf/provider-azurerm/lib/kubernetes-cluster';
import { Fn, Token } from 'cdktf';
import type { AksClusterProps } from './aks-cluster-props';
import { namesOf } from './aks-names';
import type { ClusterNetwork } from './cluster-network';
import { lifecycleOf } from './lifecycle';
import { MaintenanceWindows } from './maintenance-windows';
import { meshProfileBlock } from './mesh-profile';
import { networkRanges } from './network-ranges';
import { isAutoscaled, PoolDefaults, poolSettings, rotationName } from './node-pool';
import { PROFILES, ProfileSettings } from './profiles';

/** Hours between two searches for images that nothing uses. */
const IMAGE_CLEANER_HOURS = 168;

/** What the cluster's resource is made from, beside its properties. */
export interface AksParts {
  readonly resourceGroupName: string;
  readonly network: ClusterNetwork;
  readonly identityId: string;
}

/** The settings of a cluster: its profile's, and over them its own. */
export function settingsOf(props: AksClusterProps): ProfileSettings {
  const profile = PROFILES[props.profile ?? 'demo'];
  const skuTier = props.skuTier ?? profile.skuTier;
  return {
    skuTier,
    zones: props.zones ?? profile.zones,
    egress: props.egress ?? profile.egress,
    hostEncryption: props.hostEncryption ?? profile.hostEncryption,
    osDisk: props.osDisk ?? profile.osDisk,
    azurePolicy: props.azurePolicy ?? profile.azurePolicy,
    securityGroup: props.securityGroup ?? profile.securityGroup,
    costAnalysis: props.costAnalysis ?? (profile.costAnalysis && skuTier !== 'Free'),
  };
}

/** What the pools of a cluster share. */
export function poolDefaultsOf(props: AksClusterProps, nodeSubnetId: string): PoolDefaults {
  const { zones, osDisk, hostEncryption } = settingsOf(props);
  return { kubernetesVersion: props.kubernetesVersion ?? '1.35', nodeSubnetId, zones, osDisk, hostEncryption };
}

/** Azure tags as a resource takes them; none rather than an empty map. */
export function tagsOf({ tags = {} }: Pick<AksClusterProps, 'tags'>): Record<string, string> | undefined {
  return Object.keys(tags).length > 0 ? { ...tags } : undefined;
}

/** The arguments of the cluster's resource. Everything that Azure decides by itself is written out: it would be a diff for ever. */
export function clusterConfig(props: AksClusterProps, parts: AksParts): KubernetesClusterConfig {
  const { systemPool = {}, mesh, profile } = props;
  const settings = settingsOf(props);
  const names = namesOf(props.name, props.names);
  const tags = tagsOf(props);
  const maintenance = props.maintenance ?? (profile === 'production' ? MaintenanceWindows.weekly('Sunday', '02:00') : undefined);
  const poolDefaults = poolDefaultsOf(props, parts.network.nodeSubnetId);
  return {
    name: names.cluster,
    location: props.location,
    resourceGroupName: parts.resourceGroupName,
    nodeResourceGroup: names.nodeResourceGroup,
    dnsPrefix: names.dnsPrefix,
    kubernetesVersion: poolDefaults.kubernetesVersion,
    automaticUpgradeChannel: 'patch',
    nodeOsUpgradeChannel: 'NodeImage',
    ...maintenance?.render(),
    skuTier: settings.skuTier,
    supportPlan: 'KubernetesOfficial',
    costAnalysisEnabled: settings.costAnalysis,

    identity: { type: 'UserAssigned', identityIds: [parts.identityId] },
    localAccountDisabled: true,
    roleBasedAccessControlEnabled: true,
    azureActiveDirectoryRoleBasedAccessControl: { azureRbacEnabled: true, adminGroupObjectIds: [...props.adminGroupObjectIds] },
    oidcIssuerEnabled: true,
    workloadIdentityEnabled: true,
    runCommandEnabled: false,
    azurePolicyEnabled: settings.azurePolicy,
    ...apiServer(props, parts.network),
    imageCleanerEnabled: true,
    imageCleanerIntervalHours: IMAGE_CLEANER_HOURS,
    diskEncryptionSetId: props.diskEncryptionSetId,
    storageProfile: { blobDriverEnabled: false, diskDriverEnabled: true, fileDriverEnabled: true, snapshotControllerEnabled: true },
    // A plug-in CA is read through it.
    ...(mesh?.certificateAuthority ? { keyVaultSecretsProvider: SECRETS_PROVIDER } : {}),

    networkProfile: networkProfile(props, settings),
    defaultNodePool: {
      ...poolSettings(systemPool, poolDefaults),
      name: 'system',
      type: 'VirtualMachineScaleSets',
      onlyCriticalAddonsEnabled: true,
      temporaryNameForRotation: rotationName('system'),
      tags,
    },
    serviceMeshProfile: mesh && meshProfileBlock(mesh),

    tags,
    lifecycle: lifecycleOf(props.preventDestroy, isAutoscaled(systemPool) ? ['default_node_pool[0].node_count'] : []),
  };
}

/** Secrets of a Key Vault as volumes, read again every two minutes. */
export const SECRETS_PROVIDER = { secretRotationEnabled: true, secretRotationInterval: '2m' } as const;

function apiServer(props: AksClusterProps, network: ClusterNetwork): Partial<KubernetesClusterConfig> {
  const isPrivate = props.privateApiServer ?? false;
  return {
    privateClusterEnabled: isPrivate,
    privateClusterPublicFqdnEnabled: false,
    privateDnsZoneId: network.privateDnsZone?.id,
    apiServerAccessProfile:
      props.authorizedIpRanges && !isPrivate
        ? { authorizedIpRanges: withNodes(props.authorizedIpRanges, network), virtualNetworkIntegrationEnabled: false }
        : undefined,
  };
}

// Azure lets the addresses of its own load balancer in by itself, that of our gateway it does not know.
function withNodes(ranges: readonly string[], { nat }: ClusterNetwork): string[] {
  return nat ? Token.asList(Fn.concat([[...ranges], Fn.formatlist('%s/32', [Fn.compact([nat.address])])])) : [...ranges];
}

function networkProfile(props: AksClusterProps, { egress }: ProfileSettings): KubernetesClusterConfig['networkProfile'] {
  const { podCidr, serviceCidr, dnsServiceIp } = networkRanges(props.network);
  return {
    networkPlugin: 'azure',
    networkPluginMode: 'overlay',
    // Cilium: Microsoft runs its Istio beside it, Azure's own policy engine retires in 2028, and either choice can hardly be changed later.
    networkDataPlane: 'cilium',
    networkPolicy: 'cilium',
    ipVersions: ['IPv4'],
    podCidr,
    serviceCidr,
    dnsServiceIp,
    loadBalancerSku: 'standard',
    ...(egress === 'natGateway'
      ? { outboundType: 'userAssignedNATGateway' }
      : {
          outboundType: 'loadBalancer',
          loadBalancerProfile: { managedOutboundIpCount: 1, idleTimeoutInMinutes: 30, outboundPortsAllocated: 0, backendPoolType: 'NodeIPConfiguration' },
        }),
  };
}
