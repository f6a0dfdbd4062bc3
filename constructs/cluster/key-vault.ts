import { DataAzurermClientConfig } from '@cdktf/provider-azurerm/lib/data-azurerm-client-config';
import { KeyVault as KeyVaultResource } from '@cdktf/provider-azurerm/lib/key-vault';
import { RoleAssignment } from '@cdktf/provider-azurerm/lib/role-assignment';
import { Construct } from 'constructs';
import { throwOnProblems } from '../validation';
import type { AksCluster } from './aks-cluster';
import { azureNameProblems } from './azure-names';
import type { AzurePlace } from './azure-place';
import { lifecycleOf } from './lifecycle';
import { PrivateEndpoint } from './private-endpoint';

/** An owner of the subscription may not write a secret, where rights are Azure roles: it takes these. */
const WRITER_ROLES = { SecretsOfficer: 'Key Vault Secrets Officer', CertificatesOfficer: 'Key Vault Certificates Officer' } as const;

/** Settings of {@link KeyVault}. */
export interface KeyVaultProps {
  /** 3 to 24 letters, digits and single dashes; unique in all of Azure. */
  readonly name: string;
  /** The cluster whose pods mount its secrets; the vault lives beside it. */
  readonly cluster: AksCluster;
  /** Where in Azure it is made. @default the cluster's resource group and region */
  readonly place?: AzurePlace;
  /**
   * Whether the vault has an address inside the cluster's network only. Who writes secrets then has to be in that network too.
   * @default false
   */
  readonly isPrivate?: boolean;
  /** Public ranges that may reach it beside the cluster's own subnets; only where it is not private. @default everywhere */
  readonly allowedIpRanges?: readonly string[];
  /** Whether nobody can destroy it for good before its retention ends, not even its owner. It can never be switched off. @default `isPrivate` */
  readonly purgeProtection?: boolean;
  /** Days that what was deleted can be brought back, from 7 to 90; fixed once the vault exists. @default 90, without purge protection 7 */
  readonly retentionDays?: number;
  /** Entra groups, by object id, whose members write its secrets and certificates. @default those that administer the cluster */
  readonly writerGroupObjectIds?: readonly string[];
  /** Whether the cluster's secrets provider may read it. @default true, unless it may already because the mesh's CA is kept in it */
  readonly readableByCluster?: boolean;
}

/**
 * A Key Vault for the cluster's secrets: rights by Azure roles, a firewall, and the cluster's secrets provider, which mounts secrets into
 * pods and reads them again every two minutes. It holds no secret that Terraform knows of: put them there by `az keyvault secret set`.
 */
export class KeyVault extends Construct {
  /** Name of the vault, which is unique in Azure. */
  readonly name: string;
  /** The Azure resource. */
  readonly resource: KeyVaultResource;
  /** Microsoft Entra tenant whose identities may use it. */
  readonly tenantId: string;

  /** @throws ProblemError for a name that Azure refuses, or a retention out of range */
  constructor(scope: Construct, id: string, props: KeyVaultProps) {
    super(scope, id);
    const { name, cluster, isPrivate = false, purgeProtection = isPrivate, allowedIpRanges } = props;
    const { retentionDays = purgeProtection ? 90 : 7 } = props;
    throwOnProblems('Azure cannot build this vault:', [
      ...azureNameProblems('vault', name, `${this.node.path}: name`),
      ...(Number.isInteger(retentionDays) && retentionDays >= 7 && retentionDays <= 90
        ? []
        : [{ at: `${this.node.path}: retentionDays`, value: retentionDays, rule: 'must be 7 to 90 whole days', mend: 'Change it' }]),
    ]);
    const place = props.place ?? cluster.place;
    const { resourceGroupName, location, tags } = place;
    this.name = name;
    this.tenantId = new DataAzurermClientConfig(this, 'Client', {}).tenantId;
    const isOpen = !isPrivate && allowedIpRanges === undefined;
    this.resource = new KeyVaultResource(this, 'Resource', {
      name,
      resourceGroupName,
      location,
      tags,
      tenantId: this.tenantId,
      skuName: 'standard',
      rbacAuthorizationEnabled: true,
      purgeProtectionEnabled: purgeProtection,
      softDeleteRetentionDays: retentionDays,
      publicNetworkAccessEnabled: !isPrivate,
      enabledForDeployment: false,
      enabledForDiskEncryption: false,
      enabledForTemplateDeployment: false,
      networkAcls: { bypass: 'AzureServices', defaultAction: isOpen ? 'Allow' : 'Deny', ...(isPrivate ? {} : { ipRules: [...(allowedIpRanges ?? [])] }) },
      lifecycle: lifecycleOf(place.preventDestroy),
    });
    if (isPrivate) {
      new PrivateEndpoint(this, 'Endpoint', {
        ...place,
        name: `${name}-vault`,
        network: cluster.network,
        targetId: this.resource.id,
        subresource: 'vault',
        zone: 'privatelink.vaultcore.azure.net',
      });
    }
    for (const group of new Set(props.writerGroupObjectIds ?? cluster.adminGroupObjectIds)) {
      for (const [id, roleDefinitionName] of Object.entries(WRITER_ROLES)) {
        new RoleAssignment(this, `${id}-${group}`, { scope: this.resource.id, roleDefinitionName, principalId: group, principalType: 'Group' });
      }
    }
    cluster.enableSecretsProvider();
    const isAuthority = cluster.readsAuthorityFrom(this.resource, name);
    if (props.readableByCluster ?? !isAuthority) {
      this.grantRead('SecretsProvider', cluster.secretsProviderObjectId);
    }
  }

  /**
   * Lets an identity read secrets and certificates.
   * @param principalId its object id
   */
  grantRead(id: string, principalId: string): RoleAssignment {
    return new RoleAssignment(this, id, {
      scope: this.resource.id,
      roleDefinitionName: 'Key Vault Secrets User',
      principalId,
      principalType: 'ServicePrincipal',
    });
  }
}
