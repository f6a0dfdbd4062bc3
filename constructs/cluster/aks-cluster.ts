import { KubernetesCluster } from '@cdktf/provider-azurerm/lib/kubernetes-cluster';
import { ResourceGroup } from '@cdktf/provider-azurerm/lib/resource-group';
import { RoleAssignment } from '@cdktf/provider-azurerm/lib/role-assignment';
import { dependable, ITerraformDependable } from 'cdktf';
import { Construct } from 'constructs';
import { throwOnProblems } from '../validation';
import { adopt } from './adopt';
import { aksClusterProblems } from './aks-checks';
import type { AksClusterProps } from './aks-cluster-props';
import { AksAdministrators, AksIdentity } from './aks-identity';
import { namesOf } from './aks-names';
import { clusterConfig, poolDefaultsOf, SECRETS_PROVIDER, settingsOf, tagsOf } from './aks-settings';
import type { AzurePlace } from './azure-place';
import type { AksAccess, ClusterOffers, ICluster, IngressAddress } from './cluster';
import { ClusterNetwork } from './cluster-network';
import { AksClusterReference, existingAksCluster } from './existing-cluster';
import { IngressIp } from './ingress-ip';
import { lifecycleOf } from './lifecycle';
import { gatewayApiOf } from './managed-gateway-api';
import { NodePool, NodePoolSettings } from './node-pool';
import { refuseClusterProviders } from './provider-validation';

/** Ports of an ingress gateway. */
const GATEWAY_PORTS = [80, 443];

/**
 * An AKS cluster with what it needs: resource group, network, identity, a system and a user pool, and a public address for its ingress.
 * Its contract's members are plain strings known at synth: another stack may use them, ordered by `addDependency`. What else belongs to a
 * platform (registry, vault, monitoring, backup) is given the cluster.
 */
export class AksCluster extends Construct implements ICluster {
  /** An AKS cluster that exists already. */
  static fromName(reference: AksClusterReference): ICluster {
    return existingAksCluster(reference);
  }

  readonly name: string;
  readonly access: AksAccess;
  readonly offers: ClusterOffers;
  readonly ingressAddress?: IngressAddress;
  /** The cluster's resource. */
  readonly resource: KubernetesCluster;
  /** The virtual network of the nodes. */
  readonly network: ClusterNetwork;
  /** Where the cluster lives; what belongs to it may live there too. */
  readonly place: AzurePlace;
  /** Resource group of the cluster. */
  readonly resourceGroup: ResourceGroup;
  /** Object id of what the cluster acts as in Azure; known once it is applied. */
  readonly identityPrincipalId: string;
  /** Entra groups whose members administer the cluster, and what stands beside it. */
  readonly adminGroupObjectIds: readonly string[];
  private readonly authorityReaders: readonly RoleAssignment[];

  /** @throws ProblemError with everything that Azure would refuse */
  constructor(
    scope: Construct,
    id: string,
    private readonly props: AksClusterProps,
  ) {
    super(scope, id);
    throwOnProblems('Azure cannot build this cluster:', aksClusterProblems(props, this.node.path));
    refuseClusterProviders(this);
    const names = namesOf(props.name, props.names);
    const settings = settingsOf(props);
    const { location, preventDestroy } = props;
    const tags = tagsOf(props);
    this.name = names.cluster;
    this.adminGroupObjectIds = [...new Set(props.adminGroupObjectIds)];
    this.offers = { workloadIdentity: true, networkPlugin: 'azure-overlay', loadBalancer: true, gatewayApi: gatewayApiOf(props) };
    this.access = {
      kind: 'aks',
      name: names.cluster,
      resourceGroupName: names.resourceGroup,
      subscriptionId: props.subscriptionId,
      login: props.login ?? 'azurecli',
    };

    this.resourceGroup = new ResourceGroup(this, 'ResourceGroup', { name: names.resourceGroup, location, tags, lifecycle: lifecycleOf(preventDestroy) });
    this.place = { resourceGroupName: this.resourceGroup.name, location, tags, preventDestroy };
    this.network = new ClusterNetwork(this, 'Network', {
      ...this.place,
      name: names.network,
      ranges: props.network,
      egress: settings.egress,
      securityGroup: settings.securityGroup ? { ingressPorts: props.ingress ? GATEWAY_PORTS : [] } : undefined,
      privateEndpoints: props.profile === 'production',
      privateApiServer: props.privateApiServer,
    });
    const identity = new AksIdentity(this, 'Identity', {
      ...this.place,
      name: names.identity,
      resourceGroupId: this.resourceGroup.id,
      privateDnsZoneId: this.network.privateDnsZone?.id,
    });
    this.identityPrincipalId = identity.resource.principalId;
    let ingressIp: IngressIp | undefined;
    if (props.ingress) {
      ingressIp = new IngressIp(this, 'IngressIp', { ...this.place, name: names.ingressIp, dnsLabel: props.ingress.dnsLabel, zones: settings.zones });
      this.ingressAddress = { publicIpName: ingressIp.name, resourceGroupName: names.resourceGroup, hostName: ingressIp.hostName };
    }
    this.authorityReaders = this.meshAuthority();
    this.resource = new KubernetesCluster(this, 'Resource', {
      ...clusterConfig(props, { resourceGroupName: this.resourceGroup.name, network: this.network, identityId: identity.identityId }),
      // The address too: Azure does not delete one that the cluster's load balancer still uses, so the cluster has to go first.
      dependsOn: [...identity.ready, ...this.network.ready, ...this.authorityReaders, ...(ingressIp ? [ingressIp.resource] : [])],
    });
    new AksAdministrators(this, 'Administrators', { clusterId: this.resource.id, groupObjectIds: props.adminGroupObjectIds });
    const userPool = this.addNodePool('UserPool', 'user', props.userPool);
    if (props.adopt) {
      const { resource: network, nodeSubnet } = this.network;
      const parts = { resourceGroup: this.resourceGroup, network, nodeSubnet, identity: identity.resource, cluster: this.resource };
      adopt(props.adopt, names, { ...parts, ingressIp: ingressIp?.resource, userPool: userPool.resource });
    }
  }

  /** What pods federate their ServiceAccounts with; known once the cluster is applied. */
  get oidcIssuerUrl(): string {
    return this.resource.oidcIssuerUrl;
  }

  /** Object id of the identity that pulls images; known once the cluster is applied. */
  get kubeletObjectId(): string {
    return this.resource.kubeletIdentity.objectId;
  }

  /** Object id of the identity that reads secrets for pods; known once the cluster is applied. */
  get secretsProviderObjectId(): string {
    return this.resource.keyVaultSecretsProvider.secretIdentity.get(0).objectId;
  }

  /**
   * Adds a pool of nodes for workloads.
   * @param name at most 9 lower-case letters and digits, starting with a letter
   * @throws ProblemError with everything that Azure would refuse
   */
  addNodePool(id: string, name: string, settings: NodePoolSettings = {}): NodePool {
    return new NodePool(this, id, {
      ...poolDefaultsOf(this.props, this.network.nodeSubnetId),
      ...defined(settings),
      name,
      clusterId: this.resource.id,
      tags: tagsOf(this.props),
      preventDestroy: this.props.preventDestroy,
    });
  }

  /** Lets pods mount secrets of a Key Vault, read again every two minutes. */
  enableSecretsProvider(): void {
    this.resource.putKeyVaultSecretsProvider(SECRETS_PROVIDER);
  }

  /**
   * Whether the mesh's CA is kept in a vault that is made here, so that the cluster's secrets provider may read it already: once the vault is there.
   * @param name of the vault
   */
  readsAuthorityFrom(vault: ITerraformDependable, name: string): boolean {
    const isAuthority = this.props.mesh?.certificateAuthority?.keyVaultId.endsWith(`/vaults/${name}`) ?? false;
    if (isAuthority) {
      this.authorityReaders.forEach((reader) => (reader.dependsOn = [dependable(vault)]));
    }
    return isAuthority;
  }

  // By the literal id: the role must be there before the mesh is, and the cluster's own attribute is not known before the cluster.
  private meshAuthority(): RoleAssignment[] {
    const authority = this.props.mesh?.certificateAuthority;
    return authority
      ? [
          new RoleAssignment(this, 'MeshAuthority', {
            scope: authority.keyVaultId,
            roleDefinitionName: 'Key Vault Secrets User',
            principalId: authority.secretsProviderObjectId,
            principalType: 'ServicePrincipal',
          }),
        ]
      : [];
  }
}

/** Without members that are undefined, so that those before them stay. */
function defined<Members extends object>(members: Members): Members {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as Members;
}
