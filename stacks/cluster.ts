import * as path from 'node:path';
import type { Construct } from 'constructs';
import { AksCluster, existingAksCluster, ICluster, kubeconfigCluster } from '../constructs/cluster';
import { azureProvider } from '../constructs/kubernetes';
import type { Environment } from '../environments';
import { LayerStack } from './layer-stack';
import { addonOf } from './mesh';

/** Azure resource providers behind what this layer creates. */
const RESOURCE_PROVIDERS = ['Microsoft.Compute', 'Microsoft.ContainerService', 'Microsoft.ManagedIdentity', 'Microsoft.Network'];

/** The cluster layer: an AKS cluster of our own, and the address that its ingress answers at. */
export class ClusterStack extends LayerStack {
  readonly cluster: ICluster;

  /** @throws Error where the environment brings its own cluster */
  constructor(scope: Construct, environment: Environment) {
    super(scope, 'cluster', environment);
    const settings = environment.cluster;
    if (settings.kind !== 'aks') {
      throw new Error(`${this.node.id}: only a cluster of kind 'aks' is created here, this one is '${settings.kind}'. Use clusterOf(environment).`);
    }
    azureProvider(this, 'Azure', settings.subscriptionId, RESOURCE_PROVIDERS);
    const addon = addonOf(environment);
    this.cluster = new AksCluster(this, 'Cluster', {
      ...settings,
      name: `${environment.name}-aks`,
      ingress: { dnsLabel: settings.dnsLabel },
      mesh: addon && { revisions: addon.revisions },
      tags: environment.tags,
    });
  }
}

/**
 * The cluster of an environment that brings its own.
 * @throws Error where the environment creates one
 */
export function clusterOf(environment: Environment): ICluster {
  const settings = environment.cluster;
  switch (settings.kind) {
    case 'existing-aks':
      return existingAksCluster(settings);
    case 'kubeconfig':
      return kubeconfigCluster({
        // Terraform runs in the folder of its stack.
        path: path.resolve(settings.path),
        context: settings.context,
        loadBalancer: settings.gatewayService === 'LoadBalancer',
      });
    case 'aks':
      throw new Error(`${environment.name}: a cluster of kind 'aks' is created by its ClusterStack. Use ClusterStack.cluster.`);
  }
}
