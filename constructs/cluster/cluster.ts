/** How kubelogin gets a token for an AKS cluster. @see https://azure.github.io/kubelogin/concepts/login-modes.html */
export type KubeloginMode = 'azurecli' | 'workloadidentity' | 'spn' | 'msi';

/** An AKS cluster, found by its literal name and entered through kubelogin: no key reaches a state file. */
export interface AksAccess {
  /** Entered as an AKS cluster, by kubelogin. */
  readonly kind: 'aks';
  /** Name of the cluster in Azure. */
  readonly name: string;
  /** Name of its resource group. */
  readonly resourceGroupName: string;
  /** Azure subscription of the cluster. @default the subscription of the azurerm provider */
  readonly subscriptionId?: string;
  /** How kubelogin gets its token. @default 'azurecli' */
  readonly login?: KubeloginMode;
}

/** Any cluster that a kubeconfig file describes. */
export interface KubeconfigAccess {
  /** Entered by a kubeconfig file. */
  readonly kind: 'kubeconfig';
  /** Path of the kubeconfig file. */
  readonly path: string;
  /** Context of the file. @default the file's current context */
  readonly context?: string;
}

/** How the kubernetes and helm providers reach a cluster. Plain strings only, so that it may cross stacks. */
export type ClusterAccess = AksAccess | KubeconfigAccess;

/** A public address that belongs to the environment and outlives any gateway bound to it. */
export interface IngressAddress {
  /** Name of the public IP resource. */
  readonly publicIpName: string;
  /** Name of its resource group. */
  readonly resourceGroupName: string;
  /** Host name that resolves to the address, known before anything is applied. */
  readonly hostName: string;
}

/**
 * The Gateway API in a cluster. Its definitions belong to the cluster as a whole, and this program never installs them: on AKS
 * `az aks update --enable-gateway-api` does, elsewhere `kubectl apply --server-side` of a release.
 * @see https://gateway-api.sigs.k8s.io/guides/getting-started/introduction/
 */
export interface GatewayApi {
  /** Version of the definitions, such as `1.4.0`. */
  readonly version: string;
  /** `experimental` has TCPRoute and TLSRoute in versions where `standard` lacks them. */
  readonly channel: 'standard' | 'experimental';
}

/** What a cluster offers to the layers above it. */
export interface ClusterOffers {
  /** Workload identity: pods may federate their ServiceAccount with Entra. */
  readonly workloadIdentity: boolean;
  /** The network plugin that gives pods their addresses. */
  readonly networkPlugin: 'azure-overlay' | 'azure' | 'kubenet' | 'unknown';
  /** Services of type LoadBalancer receive an address. */
  readonly loadBalancer: boolean;
  /** What the cluster has of the Kubernetes Gateway API. @default none */
  readonly gatewayApi?: GatewayApi;
  /** Pods reach the internet, and nodes pull images from it. @default true */
  readonly internet?: boolean;
  /** The network plugin enforces NetworkPolicies. @default true */
  readonly networkPolicies?: boolean;
}

/**
 * A Kubernetes cluster as the layers above see it. Every member is known at synth, so it can be handed to another stack.
 */
export interface ICluster {
  /** Name of the cluster, in messages. */
  readonly name: string;
  /** How it is entered. */
  readonly access: ClusterAccess;
  /** What it offers to the layers above. */
  readonly offers: ClusterOffers;
  /** Public address that an ingress gateway is bound to. @default none: the address is whatever the gateway Service receives */
  readonly ingressAddress?: IngressAddress;
}
