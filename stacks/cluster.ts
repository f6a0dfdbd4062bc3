import * as path from 'node:path';
import type { Construct } from 'constructs';
import { AksCluster } from '../constructs/cluster/aks-cluster';
import type { ICluster } from '../constructs/cluster/cluster';
import { existingAksCluster, kubeconfigCluster } from '../constructs/cluster/existing-cluster';
import { ignoreForeignTags } from '../constructs/cluster/foreign-tags';
import { MaintenanceWindows } from '../constructs/cluster/maintenance-windows';
import { setFeatures } from '../constructs/cluster/provider-features';
import { azureProvider } from '../constructs/kubernetes/providers';
import type { Environment } from '../environments';
import { addClusterParts, clusterPartsOf, resourceProvidersOf } from './cluster-parts';
import { LayerStack } from './layer-stack';
import { addonOf } from './mesh';

/** The cluster layer: an AKS cluster of our own, the address that its ingress answers at, and what stands beside it. */
export class ClusterStack extends LayerStack {
  readonly cluster: ICluster;

  /** @throws Error where the environment brings its own cluster */
  constructor(scope: Construct, environment: Environment) {
    super(scope, 'cluster', environment);
    const settings = environment.cluster;
    if (settings.kind !== 'aks') {
      throw new Error(`${this.node.id}: only a cluster of kind 'aks' is created here, this one is '${settings.kind}'. Use clusterOf(environment).`);
    }
    const parts = clusterPartsOf(settings);
    azureProvider(this, 'Azure', settings.subscriptionId, resourceProvidersOf(settings, parts));
    if (settings.profile === 'demo' && !settings.adopt) {
      // The group is the environment's own: what others left in it must not keep it, and its costs, alive.
      setFeatures(this, { resourceGroup: [{ preventDeletionIfContainsResources: false }] });
    }
    const addon = addonOf(environment);
    const { day, start, hours, utcOffset } = settings.maintenance ?? {};
    const cluster = new AksCluster(this, 'Cluster', {
      ...settings,
      name: `${environment.name}-aks`,
      ingress: { dnsLabel: settings.dnsLabel },
      mesh: addon && {
        revisions: addon.revisions,
        externalIngressGateway: addon.externalGateway.enabled,
        internalIngressGateway: addon.internalGateway !== undefined,
        certificateAuthority: addon.certificateAuthority,
      },
      maintenance: day && start ? MaintenanceWindows.weekly(day, start, hours, utcOffset) : undefined,
      tags: environment.tags,
    });
    addClusterParts(this, cluster, settings, parts);
    ignoreForeignTags(this, environment.foreignTags);
    this.cluster = cluster;
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
        gatewayApi: settings.gatewayApi,
        internet: settings.internet,
        networkPolicies: settings.networkPolicies,
      });
    case 'aks':
      throw new Error(`${environment.name}: a cluster of kind 'aks' is created by its ClusterStack. Use ClusterStack.cluster.`);
  }
}
