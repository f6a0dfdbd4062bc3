import { RoleAssignment } from '@cdktf/provider-azurerm/lib/role-assignment';
import { UserAssignedIdentity } from '@cdktf/provider-azurerm/lib/user-assigned-identity';
import type { ITerraformDependable } from 'cdktf';
import { Construct } from 'constructs';
import type { AzurePlace } from './azure-place';
import { lifecycleOf } from './lifecycle';

/** Settings of {@link AksIdentity}. */
export interface AksIdentityProps extends AzurePlace {
  /** Name of the managed identity. */
  readonly name: string;
  /** Resource group whose network the cluster uses: its subnet and its ingress address. */
  readonly resourceGroupId: string;
  /** Zone that the address of a private API server is written to. @default none */
  readonly privateDnsZoneId?: string;
}

/** What the cluster acts as in Azure, with the right to use our network and our public address. */
export class AksIdentity extends Construct {
  /** Azure resource id of the identity. */
  readonly identityId: string;
  /** The Azure resource. */
  readonly resource: UserAssignedIdentity;
  /** What must exist before the cluster uses the identity. */
  readonly ready: ITerraformDependable[];

  constructor(scope: Construct, id: string, props: AksIdentityProps) {
    super(scope, id);
    const { name, resourceGroupName, location, tags, preventDestroy } = props;
    this.resource = new UserAssignedIdentity(this, 'Resource', { name, resourceGroupName, location, tags, lifecycle: lifecycleOf(preventDestroy) });
    this.identityId = this.resource.id;
    this.ready = [this.role('NetworkContributor', 'Network Contributor', props.resourceGroupId)];
    if (props.privateDnsZoneId !== undefined) {
      this.ready.push(this.role('PrivateDnsZoneContributor', 'Private DNS Zone Contributor', props.privateDnsZoneId));
    }
  }

  private role(id: string, roleDefinitionName: string, scope: string): RoleAssignment {
    return new RoleAssignment(this, id, {
      scope,
      roleDefinitionName,
      principalId: this.resource.principalId,
      // Named, Azure does not look a brand-new identity up in a directory that may not know it yet.
      principalType: 'ServicePrincipal',
    });
  }
}

/** Roles in a cluster that lets Azure decide who may do what. @see https://learn.microsoft.com/azure/aks/manage-azure-rbac */
const ADMIN_ROLES = {
  ClusterUser: 'Azure Kubernetes Service Cluster User Role',
  ClusterAdmin: 'Azure Kubernetes Service RBAC Cluster Admin',
} as const;

/** Settings of {@link AksAdministrators}. */
export interface AksAdministratorsProps {
  /** Azure resource id of the cluster. */
  readonly clusterId: string;
  /** Object ids of Entra groups. */
  readonly groupObjectIds: readonly string[];
}

/** Makes the members of Entra groups administrators of a cluster: they may fetch its address, and do everything in it. */
export class AksAdministrators extends Construct {
  constructor(scope: Construct, id: string, props: AksAdministratorsProps) {
    super(scope, id);
    for (const group of new Set(props.groupObjectIds)) {
      for (const [role, roleDefinitionName] of Object.entries(ADMIN_ROLES)) {
        new RoleAssignment(this, `${role}-${group}`, { scope: props.clusterId, roleDefinitionName, principalId: group, principalType: 'Group' });
      }
    }
  }
}
