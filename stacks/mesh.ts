import type { Construct } from 'constructs';
import type { ICluster } from '../constructs/cluster';
import { ClusterProviders } from '../constructs/kubernetes';
import { AksIstioAddon, HelmIstio, IMesh, ManagedMeshMetrics, VaultCertificate } from '../constructs/mesh';
import type { Environment } from '../environments';
import { clusterPartsOf } from './cluster-parts';
import { LayerStack } from './layer-stack';

export interface MeshStackProps {
  readonly environment: Environment;
  readonly cluster: ICluster;
}

/** The mesh layer. The only place that looks at the flavour: everything after it sees an {@link IMesh}. */
export class MeshStack extends LayerStack {
  readonly mesh: IMesh;

  constructor(scope: Construct, { environment, cluster }: MeshStackProps) {
    super(scope, 'mesh', environment);
    const { flavor, meshConfig } = environment.mesh;
    new ClusterProviders(this, 'Providers', { cluster, helm: flavor === 'helm' });
    const addon = addonOf(environment);
    const istio = addon
      ? new AksIstioAddon(this, 'Istio', {
          ...addon,
          cluster,
          meshConfig,
          externalIngressGateway: addon.externalGateway.enabled && { annotations: addon.externalGateway.annotations },
          internalIngressGateway: addon.internalGateway,
        })
      : new HelmIstio(this, 'Istio', { ...required(environment, 'helm'), cluster, meshConfig });
    this.mesh = istio;
    for (const certificate of environment.mesh.certificates) {
      new VaultCertificate(this, `Certificate-${certificate.secretName}`, { ...certificate, gateway: istio.ingressGateway, dependsOn: istio instanceof HelmIstio ? istio.appliedBy : [] });
    }
    if (environment.cluster.kind === 'aks' && clusterPartsOf(environment.cluster).monitoring?.prometheus) {
      new ManagedMeshMetrics(this, 'Metrics', { mesh: this.mesh });
    }
  }
}

/** The settings of the Istio add-on, where the environment runs it. */
export function addonOf(environment: Environment): Environment['mesh']['addon'] {
  return environment.mesh.flavor === 'addon' ? required(environment, 'addon') : undefined;
}

function required<Flavor extends 'helm' | 'addon'>(environment: Environment, flavor: Flavor): NonNullable<Environment['mesh'][Flavor]> {
  const settings = environment.mesh[flavor];
  if (!settings) {
    throw new Error(`${environment.name}: mesh.flavor is '${flavor}', but there is no section mesh.${flavor}. Add it to the environment.`);
  }
  return settings;
}
