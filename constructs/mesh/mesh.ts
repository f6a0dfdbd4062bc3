import type { Construct, IConstruct } from 'constructs';
import type { GatewayApi } from '../cluster/cluster';

/** Who installed the mesh: the official Helm charts, the AKS Istio add-on, or somebody else before us. */
export type MeshFlavor = 'helm' | 'addon' | 'existing';

/** A gateway that the mesh offers: what a Gateway object selects and what clients connect to. */
export interface MeshGateway {
  /** Labels of the gateway's pods, as a Gateway's `selector` wants them. */
  readonly selector: Readonly<Record<string, string>>;
  /** Namespace of the gateway's pods; TLS secrets named by `credentialName` live here. */
  readonly namespace: string;
  /** Kubernetes Service of the gateway, in its namespace. */
  readonly serviceName: string;
  /** Kubernetes ServiceAccount that the gateway's pods run as: the identity that policies allow. */
  readonly serviceAccountName: string;
  /** Service ports that the gateway listens on. */
  readonly ports: readonly number[];
}

/** Things that not every installation can do. */
export type MeshFeature =
  | 'WorkloadEntry'
  | 'WorkloadGroup'
  | 'ProxyConfig'
  | 'WasmPlugin'
  | 'TrafficExtension'
  /** The Kubernetes Gateway API, whose definitions are the cluster's. */
  | 'GatewayApi'
  | 'TCPRoute'
  | 'TLSRoute'
  | 'EnvoyFilter'
  | 'TelemetryAccessLogFilter'
  | 'TelemetryReportingInterval'
  | 'GatewayPorts'
  | 'EgressGateway'
  | 'EastWestGateway'
  | 'Ambient'
  | 'MultiCluster'
  /** Istio's own metrics, such as `istio_requests_total`. */
  | 'IstioMetrics'
  /** Proxies tell each other who they are, by the filters that Istio adds to Envoy. */
  | 'PeerMetadata';

/** Why a mesh cannot do something, and what to do instead. */
export interface Unsupported {
  /** Why, as a clause without its full stop. */
  readonly reason: string;
  /** What to do instead, as a sentence without its full stop. */
  readonly alternative: string;
  /** Page that says so. @default none */
  readonly see?: string;
}

/**
 * An Istio mesh as the layers above see it: everything that differs between a Helm installation and the AKS add-on.
 * Every member is known at synth, so it can be handed to another stack.
 */
export interface IMesh {
  /** Who installed it. */
  readonly flavor: MeshFlavor;
  /** Istio version, as precise as it is known: `1.29.1` for charts, `1.30` for an add-on revision. */
  readonly version: string;
  /** Namespace whose Istio objects apply to the whole mesh. */
  readonly rootNamespace: string;
  /** Revision of the control plane that namespaces join. @default none: the default revision */
  readonly revision?: string;
  /** Labels that make a namespace's pods join the mesh. */
  readonly injectionLabels: Readonly<Record<string, string>>;
  /** First part of every SPIFFE identity. */
  readonly trustDomain: string;
  /** DNS suffix of the cluster's Services. */
  readonly clusterDomain: string;
  /** How traffic redirection is set up; `init` needs NET_ADMIN in every injected pod, which Pod Security `restricted` forbids. */
  readonly trafficRedirection: 'init' | 'cni';
  /** Where requests come in. @default none */
  readonly ingressGateway?: MeshGateway;
  /** A second ingress gateway, reached from inside the network only. @default none */
  readonly internalIngressGateway?: MeshGateway;
  /** Where calls leave the mesh. @default none */
  readonly egressGateway?: MeshGateway;
  /** Where other clusters of the mesh come in. @default none */
  readonly eastWestGateway?: MeshGateway;
  /** The Gateway API of its cluster. @default unknown: somebody may have installed it */
  readonly gatewayApi?: GatewayApi;
  /** Services of type LoadBalancer receive an address. @default true */
  readonly loadBalancer?: boolean;
  /** Names of MeshConfig's extension providers. @default unknown: anybody may have set them */
  readonly extensionProviders?: readonly string[];
  /** Says why this mesh lacks a feature; nothing where it has it. */
  unsupported(feature: MeshFeature): Unsupported | undefined;
}

const provided = new WeakMap<IConstruct, IMesh>();

/**
 * Makes a mesh the default of every construct below a scope, so that it need not be handed to each.
 */
export function provideMesh(scope: Construct, mesh: IMesh): void {
  provided.set(scope, mesh);
}

/** The mesh provided by the nearest scope at or above this one. */
export function meshOf(scope: IConstruct): IMesh | undefined {
  for (const candidate of [...scope.node.scopes].reverse()) {
    const mesh = provided.get(candidate);
    if (mesh) {
      return mesh;
    }
  }
  return undefined;
}
