import * as os from 'node:os';
import * as path from 'node:path';

/** Istio release that the local cluster builds, and whose charts it offers. */
export const ISTIO_VERSION = '1.29.1';

/** Kubernetes release of the node. */
export const KUBERNETES_VERSION = '1.35.4';

/** The Gateway API that the node serves: the version that {@link ISTIO_VERSION} is built with, all of it. */
export const GATEWAY_API = { version: '1.4.0', channel: 'experimental' } as const;

/** Tag of Bookinfo's images, as in the samples of {@link ISTIO_VERSION}. */
export const BOOKINFO_TAG = '1.20.3';

/** Image with `curl` and `sleep`, for clients inside the cluster. The name exists on Docker Hub too, so it serves any cluster. */
export const CLIENT_IMAGE = 'docker.io/curlimages/curl:8.11.1';

/** Name of the kubeconfig context of the local cluster. */
export const LOCAL_CONTEXT = 'aks-istio-local';

/** Name of the node, of its control groups on the host and (shortened) of its network link. */
export const NODE_NAME = 'aks-istio-local';

/** Host's end of the only network link between host and node. */
export const LINK_NAME = 'aks-istio0';

/**
 * Address ranges. Only `link` exists on the host (a pair of addresses, 10.219.0.1 and 10.219.0.2);
 * `pods` and `services` exist inside the node's network namespace.
 */
export const RANGES = { link: '10.219.0.0/30', pods: '10.220.0.0/16', services: '10.221.0.0/16' } as const;

/** Address at which the API server (port 6443) and every NodePort answer. */
export const NODE_ADDRESS = '10.219.0.2';

/**
 * Address at which pods find what stands for the internet. It exists inside the node's network namespace only, and is one that nobody has.
 * @see https://www.rfc-editor.org/rfc/rfc5737
 */
export const OUTSIDE_ADDRESS = '203.0.113.10';

/** Hosts of the internet that the cluster's DNS knows, at {@link OUTSIDE_ADDRESS}; no other name outside of the cluster exists. */
export const OUTSIDE_HOSTS = ['www.example.com', 'www.googleapis.com'] as const;

/** Address of what stands for a machine with a database on it, in the node's network namespace too. @see https://www.rfc-editor.org/rfc/rfc5737 */
export const OUTSIDE_DATABASE = '203.0.113.20';

/** Where the local cluster keeps everything. All are absolute paths; none need exist yet. */
export interface LocalClusterPaths {
  /** Folder that holds all others: `$XDG_CACHE_HOME/aks-istio`, by default `~/.cache/aks-istio`. */
  root: string;
  /** Folder with the built programs (kubelet, helm, istioctl, kubectl, ...): a link to the current build. */
  bin: string;
  /** Written by start, private (0600), removed by stop. */
  kubeconfig: string;
  /** Name of the context in {@link kubeconfig}. */
  context: string;
  /** Folder holding `base/ istiod/ gateway/ cni/ ztunnel/`: Istio's Helm charts. */
  charts: string;
  /** Istio's own `samples` folder. */
  samples: string;
  /** Istio's custom resource definitions, all in one file. */
  crds: string;
  istioVersion: string;
  /** Folder with one log for each component of the node; removed by stop. */
  logs: string;
  helm: string;
  istioctl: string;
  kubectl?: string;
}

/**
 * Says where the local cluster keeps things. Pure: looks at `env` only, never at the disk, so it serves at synth.
 * @param env environment to read `XDG_CACHE_HOME` and `HOME` from. @default process.env
 */
export function localClusterPaths(env: NodeJS.ProcessEnv = process.env): LocalClusterPaths {
  // The specification of XDG_CACHE_HOME says that a relative path is to be ignored.
  const given = env.XDG_CACHE_HOME;
  const cache = given && path.isAbsolute(given) ? given : path.join(env.HOME ?? os.homedir(), '.cache');
  const root = path.join(cache, 'aks-istio');
  const bin = path.join(root, 'bin');
  const istio = path.join(root, 'istio', ISTIO_VERSION);
  return {
    root,
    bin,
    kubeconfig: path.join(root, 'node', 'kubeconfig'),
    context: LOCAL_CONTEXT,
    charts: path.join(istio, 'charts'),
    samples: path.join(istio, 'samples'),
    crds: path.join(istio, 'charts', 'base', 'files', 'crd-all.gen.yaml'),
    istioVersion: ISTIO_VERSION,
    logs: path.join(root, 'node', 'logs'),
    helm: path.join(bin, 'helm'),
    istioctl: path.join(bin, 'istioctl'),
    kubectl: path.join(bin, 'kubectl'),
  };
}

const SMALL = { requests: { cpu: '10m', memory: '64Mi' } } as const;

/**
 * Helm values that istiod needs on the local cluster. Its proxy is a plain Envoy, which lacks the filters that Istio
 * compiles into its own (ALPN, metadata exchange, statistics): `istio_requests_total` does not exist here. Access logs,
 * tracing and Envoy's own statistics do.
 */
export const localMeshValues = {
  // The charts' own requests (100m a sidecar, 500m istiod) fill a node of two cores before anything of the user's runs.
  global: { hub: 'docker.io/istio', tag: ISTIO_VERSION, imagePullPolicy: 'IfNotPresent', proxy: { resources: SMALL } },
  pilot: { resources: SMALL, env: { PILOT_ENABLE_ALPN_FILTER: 'false', PILOT_ENABLE_METADATA_EXCHANGE: 'false' } },
  telemetry: { enabled: false },
} as const;

/** Helm values that a gateway needs on the local cluster: there is no load balancer, and images cannot be pulled. */
export const localGatewayValues = {
  service: { type: 'NodePort' },
  imagePullPolicy: 'IfNotPresent',
  resources: SMALL,
} as const;

/** Helm values that the `cni` chart needs on the local cluster. */
export const localCniValues = {
  global: { hub: 'docker.io/istio', tag: ISTIO_VERSION, imagePullPolicy: 'IfNotPresent' },
} as const;
