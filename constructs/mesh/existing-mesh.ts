import type { GatewayApi } from '../cluster/cluster';
import { missingGatewayApi } from './gateway-api';
import type { IMesh, MeshFeature, MeshGateway, Unsupported } from './mesh';
import { DEFAULT_DOMAIN, injectionLabelsOf, ISTIO_NAMESPACE, missingGateway } from './upstream';

/** What `existingMesh` needs to describe a mesh that somebody else installed. */
export interface MeshReference {
  /** Istio version, such as `1.29.1`. */
  readonly version: string;
  /** Namespace whose Istio objects apply to the whole mesh. @default 'istio-system' */
  readonly rootNamespace?: string;
  /** Revision of the control plane that namespaces join. @default none: the default revision */
  readonly revision?: string;
  /**
   * Labels that make a namespace's pods join the mesh.
   * @default { 'istio.io/rev': revision } with a revision, { 'istio-injection': 'enabled' } without
   */
  readonly injectionLabels?: Readonly<Record<string, string>>;
  /** First part of every SPIFFE identity. @default 'cluster.local' */
  readonly trustDomain?: string;
  /** DNS suffix of the cluster's Services. @default 'cluster.local' */
  readonly clusterDomain?: string;
  /** How pods' traffic gets to their proxies. @default 'init' */
  readonly trafficRedirection?: IMesh['trafficRedirection'];
  /** Where requests come in. @default none */
  readonly ingressGateway?: MeshGateway;
  /** A second ingress gateway, reached from inside the network only. @default none */
  readonly internalIngressGateway?: MeshGateway;
  /** Where calls leave the mesh. @default none */
  readonly egressGateway?: MeshGateway;
  /** Where other clusters of the mesh come in. @default none */
  readonly eastWestGateway?: MeshGateway;
  /** The Gateway API of its cluster. @default unknown: it is taken to be there, in whatever channel is asked for */
  readonly gatewayApi?: GatewayApi;
  /** Whether Services of type LoadBalancer receive an address. @default true */
  readonly loadBalancer?: boolean;
  /** Names of MeshConfig's extension providers. @default unknown */
  readonly extensionProviders?: readonly string[];
  /** What the mesh lacks, and why. @default nothing but the gateways that are not named here */
  readonly unsupported?: Readonly<Partial<Record<MeshFeature, Unsupported>>>;
}

/** Describes a mesh that is installed already, so that everything above it works on it unchanged. */
export function existingMesh(reference: MeshReference): IMesh {
  return {
    flavor: 'existing',
    version: reference.version,
    rootNamespace: reference.rootNamespace ?? ISTIO_NAMESPACE,
    revision: reference.revision,
    injectionLabels: reference.injectionLabels ?? injectionLabelsOf(reference.revision),
    trustDomain: reference.trustDomain ?? DEFAULT_DOMAIN,
    clusterDomain: reference.clusterDomain ?? DEFAULT_DOMAIN,
    trafficRedirection: reference.trafficRedirection ?? 'init',
    ingressGateway: reference.ingressGateway,
    internalIngressGateway: reference.internalIngressGateway,
    egressGateway: reference.egressGateway,
    eastWestGateway: reference.eastWestGateway,
    gatewayApi: reference.gatewayApi,
    loadBalancer: reference.loadBalancer,
    extensionProviders: reference.extensionProviders,
    unsupported: (feature) => reference.unsupported?.[feature] ?? missingGateway(reference, feature) ?? missingGatewayApi({ flavor: 'existing', ...reference }, feature),
  };
}
