import { DataAzurermClientConfig } from '@cdktf/provider-azurerm/lib/data-azurerm-client-config';
import { DataProtectionBackupInstanceKubernetesCluster } from '@cdktf/provider-azurerm/lib/data-protection-backup-instance-kubernetes-cluster';
import { DataProtectionBackupPolicyKubernetesCluster } from '@cdktf/provider-azurerm/lib/data-protection-backup-policy-kubernetes-cluster';
import { DataProtectionBackupVault } from '@cdktf/provider-azurerm/lib/data-protection-backup-vault';
import { KubernetesClusterExtension } from '@cdktf/provider-azurerm/lib/kubernetes-cluster-extension';
import { KubernetesClusterTrustedAccessRoleBinding } from '@cdktf/provider-azurerm/lib/kubernetes-cluster-trusted-access-role-binding';
import { ResourceGroup } from '@cdktf/provider-azurerm/lib/resource-group';
import { RoleAssignment } from '@cdktf/provider-azurerm/lib/role-assignment';
import { StorageAccount } from '@cdktf/provider-azurerm/lib/storage-account';
import { StorageContainer } from '@cdktf/provider-azurerm/lib/storage-container';
import { Construct } from 'constructs';
import { Problem, throwOnProblems } from '../validation';
import type { AksCluster } from './aks-cluster';
import { azureNameProblems } from './azure-names';
import { lifecycleOf } from './lifecycle';
import { azureProvidersOf, setFeatures } from './provider-features';

/** Settings of {@link Backup}. */
export interface BackupProps {
  /** Cluster that it is for. */
  readonly cluster: AksCluster;
  /** Where the cluster's objects are kept: 3 to 24 lower-case letters and digits, unique in all of Azure. */
  readonly storageAccountName: string;
  /** Days that a backup is kept, from 1 to 360. @default 7 */
  readonly retentionDays?: number;
  /** Hour of the daily backup in UTC, such as `03:00`. @default '03:00' */
  readonly time?: string;
  /** Namespaces that are not kept. @default none */
  readonly excludedNamespaces?: readonly string[];
}

/**
 * Daily backups of a cluster's objects and volumes, by Azure Backup: a vault, a policy, the extension in the cluster, and the rights that the
 * three need of each other. Restoring is done by `az dataprotection backup-instance restore`.
 * @see https://learn.microsoft.com/azure/backup/azure-kubernetes-service-backup-overview
 */
export class Backup extends Construct {
  /** The vault of the backups. */
  readonly vault: DataProtectionBackupVault;

  /** @throws ProblemError for names and numbers that Azure refuses */
  constructor(scope: Construct, id: string, props: BackupProps) {
    super(scope, id);
    throwOnProblems('Azure cannot back this cluster up:', backupProblems(props, this.node.path));
    const { cluster, storageAccountName, retentionDays = 7, time = '03:00' } = props;
    const { resourceGroupName, location, tags, preventDestroy } = cluster.place;
    const place = { resourceGroupName, location, tags };
    const lifecycle = lifecycleOf(preventDestroy);
    this.vault = new DataProtectionBackupVault(this, 'Resource', {
      ...place,
      name: `${cluster.name}-backup`,
      datastoreType: 'OperationalStore',
      redundancy: 'LocallyRedundant',
      // A deleted instance would keep its vault, and the group, from being deleted for a fortnight.
      ...(preventDestroy ? { softDelete: 'On', retentionDurationInDays: 14 } : { softDelete: 'Off' }),
      identity: { type: 'SystemAssigned' },
      lifecycle,
    });
    const snapshots = new ResourceGroup(this, 'Snapshots', { name: `${cluster.name}-snapshots`, location, tags, lifecycle });
    withoutStorageKeys(this);
    // The account's firewall lets the nodes in by it.
    cluster.network.nodeSubnet.serviceEndpoints = ['Microsoft.Storage'];
    const account = this.storage(storageAccountName, cluster);
    const container = new StorageContainer(this, 'Container', { name: 'backup', storageAccountId: account.id, containerAccessType: 'private' });
    const client = new DataAzurermClientConfig(this, 'Client', {});
    const extension = new KubernetesClusterExtension(this, 'Extension', {
      name: 'azure-aks-backup',
      clusterId: cluster.resource.id,
      extensionType: 'Microsoft.DataProtection.Kubernetes',
      releaseTrain: 'stable',
      releaseNamespace: 'dataprotection-microsoft',
      configurationSettings: {
        'configuration.backupStorageLocation.bucket': container.name,
        'configuration.backupStorageLocation.config.resourceGroup': resourceGroupName,
        'configuration.backupStorageLocation.config.storageAccount': account.name,
        'configuration.backupStorageLocation.config.subscriptionId': client.subscriptionId,
        'configuration.backupStorageLocation.config.storageAccountURI': account.primaryBlobEndpoint,
        // Keys of the account are off: the extension writes as itself.
        'configuration.backupStorageLocation.config.useAAD': 'true',
        'credentials.tenantId': client.tenantId,
      },
    });
    const vaultIdentity = this.vault.identity.principalId;
    const rights = [
      this.role('VaultReadsCluster', 'Reader', cluster.resource.id, vaultIdentity),
      this.role('VaultReadsSnapshots', 'Reader', snapshots.id, vaultIdentity),
      this.role('VaultMakesSnapshots', 'Disk Snapshot Contributor', snapshots.id, vaultIdentity),
      this.role('VaultOperatesDisks', 'Data Operator for Managed Disks', snapshots.id, vaultIdentity),
      this.role('VaultReadsBackups', 'Storage Blob Data Reader', account.id, vaultIdentity),
      this.role('ClusterMakesSnapshots', 'Contributor', snapshots.id, cluster.identityPrincipalId),
      this.role('ExtensionWritesBackups', 'Storage Blob Data Contributor', account.id, extension.aksAssignedIdentity.get(0).principalId),
    ];
    const access = new KubernetesClusterTrustedAccessRoleBinding(this, 'Access', {
      name: 'backup',
      kubernetesClusterId: cluster.resource.id,
      roles: ['Microsoft.DataProtection/backupVaults/backup-operator'],
      sourceResourceId: this.vault.id,
    });
    const policy = new DataProtectionBackupPolicyKubernetesCluster(this, 'Policy', {
      name: 'daily',
      resourceGroupName,
      vaultName: this.vault.name,
      timeZone: 'UTC',
      // The date is only where the series begins.
      backupRepeatingTimeIntervals: [`R/2026-01-01T${time}:00+00:00/P1D`],
      defaultRetentionRule: { lifeCycle: [{ duration: `P${retentionDays}D`, dataStoreType: 'OperationalStore' }] },
    });
    new DataProtectionBackupInstanceKubernetesCluster(this, 'Instance', {
      name: cluster.name,
      location,
      vaultId: this.vault.id,
      kubernetesClusterId: cluster.resource.id,
      snapshotResourceGroupName: snapshots.name,
      backupPolicyId: policy.id,
      backupDatasourceParameters: {
        clusterScopedResourcesEnabled: true,
        volumeSnapshotEnabled: true,
        ...(props.excludedNamespaces?.length ? { excludedNamespaces: [...props.excludedNamespaces] } : {}),
      },
      dependsOn: [...rights, access],
    });
  }

  private storage(name: string, cluster: AksCluster): StorageAccount {
    const { resourceGroupName, location, tags, preventDestroy } = cluster.place;
    return new StorageAccount(this, 'Storage', {
      name,
      resourceGroupName,
      location,
      tags,
      accountKind: 'StorageV2',
      accountTier: 'Standard',
      accountReplicationType: 'ZRS',
      accessTier: 'Hot',
      minTlsVersion: 'TLS1_2',
      httpsTrafficOnlyEnabled: true,
      sharedAccessKeyEnabled: false,
      defaultToOauthAuthentication: true,
      allowNestedItemsToBePublic: false,
      localUserEnabled: false,
      crossTenantReplicationEnabled: false,
      infrastructureEncryptionEnabled: true,
      publicNetworkAccessEnabled: true,
      networkRules: { defaultAction: 'Deny', bypass: ['AzureServices'], virtualNetworkSubnetIds: [cluster.network.nodeSubnetId] },
      lifecycle: lifecycleOf(preventDestroy),
    });
  }

  private role(id: string, roleDefinitionName: string, scope: string, principalId: string): RoleAssignment {
    return new RoleAssignment(this, id, { scope, roleDefinitionName, principalId, principalType: 'ServicePrincipal' });
  }
}

/** Makes azurerm manage storage accounts by Azure's management API alone: their keys are off, and their firewalls keep it out. */
function withoutStorageKeys(scope: Construct): void {
  azureProvidersOf(scope).forEach((provider) => (provider.storageUseAzuread = true));
  setFeatures(scope, { storage: [{ dataPlaneAvailable: false }] });
}

function backupProblems({ cluster, storageAccountName, retentionDays = 7, time = '03:00' }: BackupProps, at: string): Problem[] {
  return [
    ...azureNameProblems('storageAccount', storageAccountName, `${at}: storageAccountName`),
    ...azureNameProblems('backupVault', `${cluster.name}-backup`, `${at}: vault`, "Shorten the cluster's name"),
    ...(Number.isInteger(retentionDays) && retentionDays >= 1 && retentionDays <= 360
      ? []
      : [{ at: `${at}: retentionDays`, value: retentionDays, rule: 'must be 1 to 360 whole days', mend: 'Change it' }]),
    ...(/^([01]\d|2[0-3]):[0-5]\d$/.test(time) ? [] : [{ at: `${at}: time`, value: time, rule: 'must be an hour and a minute', mend: 'Write it like 03:00' }]),
  ];
}
