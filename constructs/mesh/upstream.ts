import type { IMesh, MeshFeature, Unsupported } from './mesh';

/** Namespace that Istio's own charts and tools expect the control plane in. */
export const ISTIO_NAMESPACE = 'istio-system';

/** Trust domain and cluster domain unless somebody changed them. */
export const DEFAULT_DOMAIN = 'cluster.local';

/** Labels that make a namespace join an upstream Istio. */
export function injectionLabelsOf(revision: string | undefined): Readonly<Record<string, string>> {
  return revision === undefined ? { 'istio-injection': 'enabled' } : { 'istio.io/rev': revision };
}

/** Why a gateway feature is missing where the mesh has no such gateway. */
export function missingGateway(mesh: Pick<IMesh, 'egressGateway' | 'eastWestGateway'>, feature: MeshFeature): Unsupported | undefined {
  if (feature === 'EgressGateway' && !mesh.egressGateway) {
    return { reason: 'this mesh has no egress gateway', alternative: 'Let workloads leave by a ServiceEntry alone, or describe a mesh that has one with existingMesh' };
  }
  if (feature === 'EastWestGateway' && !mesh.eastWestGateway) {
    return { reason: 'this mesh has no east-west gateway', alternative: 'Describe a mesh that has one with existingMesh' };
  }
  return undefined;
}
