import { DataAzurermKubernetesCluster } from '@cdktf/provider-azurerm/lib/data-azurerm-kubernetes-cluster';
import { AzurermProvider } from '@cdktf/provider-azurerm/lib/provider';
import { HelmProvider } from '@cdktf/provider-helm/lib/provider';
import { KubernetesProvider } from '@cdktf/provider-kubernetes/lib/provider';
import { Fn, TerraformStack } from 'cdktf';
import { Construct } from 'constructs';
import type { AksAccess, ICluster } from '../cluster/cluster';

/** Application id of the Entra server that guards every AKS API server; the same in all tenants. @see https://azure.github.io/kubelogin/concepts/aks.html */
const AKS_SERVER_ID = '6dae42f8-4368-4678-94ff-3960e28e3630';

/** Settings of {@link ClusterProviders}. */
export interface ClusterProvidersProps {
  /** Cluster that the providers reach. */
  readonly cluster: ICluster;
  /** Whether the stack installs charts. @default false */
  readonly helm?: boolean;
}

/** The part of their settings that the kubernetes and helm providers have in common. */
interface ConnectionSettings {
  readonly configPath?: string;
  readonly configContext?: string;
  readonly host?: string;
  readonly clusterCaCertificate?: string;
  readonly exec?: { readonly apiVersion: string; readonly command: string; readonly args: string[] };
}

/**
 * Makes the kubernetes provider, and the helm provider where asked for, reach a cluster the same way.
 * An AKS cluster is looked up by its literal name and entered through kubelogin, so that neither settings nor state hold a key.
 * @see https://registry.terraform.io/providers/hashicorp/kubernetes/2.38.0/docs#exec-plugins
 */
export class ClusterProviders extends Construct {
  /** The kubernetes provider. */
  readonly kubernetes: KubernetesProvider;
  /** The helm provider, where asked for. */
  readonly helm?: HelmProvider;

  constructor(scope: Construct, id: string, props: ClusterProvidersProps) {
    super(scope, id);
    const { access } = props.cluster;
    const { exec, ...connection } = access.kind === 'aks' ? this.aks(access) : { configPath: access.path, configContext: access.context };
    this.kubernetes = new KubernetesProvider(this, 'Kubernetes', { ...connection, exec: exec && [exec] });
    if (props.helm) {
      this.helm = new HelmProvider(this, 'Helm', { kubernetes: { ...connection, exec } });
    }
  }

  private aks(access: AksAccess): ConnectionSettings {
    azureProvider(this, 'Azure', access.subscriptionId);
    // No depends_on: a data source that waits for changes leaves the providers without settings at plan.
    const cluster = new DataAzurermKubernetesCluster(this, 'Cluster', { name: access.name, resourceGroupName: access.resourceGroupName });
    const config = cluster.kubeConfig.get(0);
    return {
      host: config.host,
      clusterCaCertificate: Fn.base64decode(config.clusterCaCertificate),
      exec: {
        apiVersion: 'client.authentication.k8s.io/v1beta1',
        command: 'kubelogin',
        args: ['get-token', '--server-id', AKS_SERVER_ID, '--login', access.login ?? 'azurecli'],
      },
    };
  }
}

/**
 * The stack's azurerm provider; made here unless the stack has one.
 * @param subscriptionId without it, ARM_SUBSCRIPTION_ID names the subscription
 * @param resourceProviders Azure resource providers that the subscription must have registered
 */
export function azureProvider(scope: Construct, id: string, subscriptionId?: string, resourceProviders?: readonly string[]): AzurermProvider {
  const existing = TerraformStack.of(scope)
    .allProviders()
    .find((provider): provider is AzurermProvider => provider instanceof AzurermProvider && provider.alias === undefined);
  return (
    existing ??
    new AzurermProvider(scope, id, {
      features: [{}],
      subscriptionId,
      // Otherwise azurerm registers some sixty of them, which few deployers may do.
      resourceProviderRegistrations: 'none',
      resourceProvidersToRegister: resourceProviders && [...resourceProviders],
    })
  );
}
