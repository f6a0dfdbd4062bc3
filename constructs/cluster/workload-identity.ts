import { FederatedIdentityCredential } from '@cdktf/provider-azurerm/lib/federated-identity-credential';
import { UserAssignedIdentity } from '@cdktf/provider-azurerm/lib/user-assigned-identity';
import { Token } from 'cdktf';
import { Construct } from 'constructs';
import { Problem, throwOnProblems } from '../validation';
import type { AksCluster } from './aks-cluster';
import { azureNameProblems } from './azure-names';
import type { AzurePlace } from './azure-place';
import { lifecycleOf } from './lifecycle';

const KUBERNETES_NAME = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/;

/** Settings of {@link WorkloadIdentity}. */
export interface WorkloadIdentityProps {
  /** Name of the identity in Azure; other stacks look it up by it. */
  readonly name: string;
  /** Cluster that it is for. */
  readonly cluster: AksCluster;
  /** Namespace of the ServiceAccount. */
  readonly namespace: string;
  /** Name of the ServiceAccount of the pods. */
  readonly serviceAccountName: string;
  /** Where in Azure it is made. @default the cluster's resource group and region */
  readonly place?: AzurePlace;
}

/**
 * An identity in Azure that the pods of one ServiceAccount act as, without any secret: the cluster's word for the ServiceAccount is enough.
 * The pods carry the label `azure.workload.identity/use: "true"`, the ServiceAccount the annotation `azure.workload.identity/client-id`.
 * @see https://learn.microsoft.com/azure/aks/workload-identity-overview
 */
export class WorkloadIdentity extends Construct {
  /** Name of the managed identity. */
  readonly name: string;
  /** The Azure resource. */
  readonly resource: UserAssignedIdentity;

  /** @throws ProblemError for a name that Azure or Kubernetes refuses */
  constructor(scope: Construct, id: string, props: WorkloadIdentityProps) {
    super(scope, id);
    const { name, cluster, namespace, serviceAccountName } = props;
    const path = this.node.path;
    throwOnProblems('No pod could use this identity:', [
      ...azureNameProblems('identity', name, `${path}: name`),
      ...azureNameProblems('federatedCredential', `${namespace}-${serviceAccountName}`.replaceAll('.', '-'), `${path}: serviceAccountName`, 'Shorten it, or the namespace'),
      ...kubernetesNameProblems({ namespace, serviceAccountName }, path),
    ]);
    const { resourceGroupName, location, tags, preventDestroy } = props.place ?? cluster.place;
    this.name = name;
    this.resource = new UserAssignedIdentity(this, 'Resource', { name, resourceGroupName, location, tags, lifecycle: lifecycleOf(preventDestroy) });
    new FederatedIdentityCredential(this, 'Credential', {
      name: `${namespace}-${serviceAccountName}`.replaceAll('.', '-'),
      resourceGroupName,
      parentId: this.resource.id,
      issuer: cluster.oidcIssuerUrl,
      subject: `system:serviceaccount:${namespace}:${serviceAccountName}`,
      audience: ['api://AzureADTokenExchange'],
    });
  }

  /** What role assignments name; known once it is applied. */
  get principalId(): string {
    return this.resource.principalId;
  }

  /** What the ServiceAccount is annotated with; known once it is applied. */
  get clientId(): string {
    return this.resource.clientId;
  }
}

function kubernetesNameProblems(names: Readonly<Record<string, string>>, at: string): Problem[] {
  return Object.entries(names)
    .filter(([, name]) => !Token.isUnresolved(name) && !KUBERNETES_NAME.test(name))
    .map(([member, value]) => ({ at: `${at}: ${member}`, value, rule: 'must be a Kubernetes name', mend: 'Use lower-case letters, digits and dashes' }));
}
