import type { Values } from '../kubernetes/values';
import type { IMesh, MeshFeature, Unsupported } from './mesh';

/** Namespace that Istio's own charts and tools expect the control plane in. */
export const ISTIO_NAMESPACE = 'istio-system';

/** Trust domain and cluster domain unless somebody changed them. */
export const DEFAULT_DOMAIN = 'cluster.local';

/** Labels that make a namespace join an upstream Istio. */
export function injectionLabelsOf(revision: string | undefined): Readonly<Record<string, string>> {
  return revision === undefined ? { 'istio-injection': 'enabled' } : { 'istio.io/rev': revision };
}

/** Why a feature of Istio's own filters is missing where istiod's values leave them out, as they must for proxies that are plain Envoy. */
export function withoutIstioFilters(istiod: Values, feature: MeshFeature): Unsupported | undefined {
  const at = (...path: string[]): unknown => path.reduce<unknown>((value, key) => (value as Values | undefined)?.[key], istiod);
  const isOff = (value: unknown): boolean => value === false || value === 'false';
  if (feature === 'IstioMetrics' && isOff(at('telemetry', 'enabled'))) {
    return { reason: "istiod's values have telemetry.enabled: false, so proxies keep none of Istio's metrics", alternative: "Read Envoy's own statistics" };
  }
  if (feature === 'PeerMetadata' && [at('pilot', 'env'), at('env')].some((env) => isOff((env as Values | undefined)?.PILOT_ENABLE_METADATA_EXCHANGE))) {
    return {
      reason: "istiod's values have PILOT_ENABLE_METADATA_EXCHANGE: false, so proxies do not tell each other who they are",
      alternative: 'Tell callers apart by their certificate, which holds their service account',
    };
  }
  return undefined;
}

/** Why a gateway feature is missing where the mesh has no such gateway. */
export function missingGateway(mesh: Pick<IMesh, 'egressGateway' | 'eastWestGateway'>, feature: MeshFeature): Unsupported | undefined {
  if (feature === 'EgressGateway' && !mesh.egressGateway) {
    return { reason: 'this mesh has no egress gateway', alternative: 'Give HelmIstio one (egressGateway; in an environment file mesh.helm.egressGateway: {}), let workloads leave by a ServiceEntry alone, or describe a mesh that has one' };
  }
  if (feature === 'EastWestGateway' && !mesh.eastWestGateway) {
    return { reason: 'this mesh has no east-west gateway', alternative: 'Describe a mesh that has one with existingMesh' };
  }
  return undefined;
}
