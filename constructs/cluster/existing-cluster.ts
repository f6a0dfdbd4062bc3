import { homePath } from './home-path';
import type { AksAccess, GatewayApi, ICluster, IngressAddress, KubeloginMode } from './cluster';

/** What `existingAksCluster` needs to describe an AKS cluster that exists already. */
export interface AksClusterReference {
  /** Name of the cluster in Azure. */
  readonly name: string;
  /** Name of its resource group. */
  readonly resourceGroupName: string;
  /** Azure subscription of the cluster. @default the subscription of the azurerm provider */
  readonly subscriptionId?: string;
  /** How kubelogin gets its token. @default 'azurecli' */
  readonly login?: KubeloginMode;
  /** Public address that an ingress gateway is bound to. @default none: the address is whatever the gateway Service receives */
  readonly ingressAddress?: IngressAddress;
  /** Whether its OIDC issuer and workload identity are on. @default false */
  readonly workloadIdentity?: boolean;
  /** What connects its pods. @default 'unknown' */
  readonly networkPlugin?: ICluster['offers']['networkPlugin'];
  /** What the cluster has of the Kubernetes Gateway API. @default none */
  readonly gatewayApi?: GatewayApi;
}

/** Describes an AKS cluster that exists already, by its name. */
export function existingAksCluster(reference: AksClusterReference): ICluster {
  const { name, resourceGroupName, subscriptionId, login } = reference;
  const access: AksAccess = { kind: 'aks', name, resourceGroupName, subscriptionId, login: login ?? 'azurecli' };
  return {
    name,
    access,
    offers: {
      workloadIdentity: reference.workloadIdentity ?? false,
      networkPlugin: reference.networkPlugin ?? 'unknown',
      loadBalancer: true,
      gatewayApi: reference.gatewayApi,
    },
    ingressAddress: reference.ingressAddress,
  };
}

/** What `kubeconfigCluster` needs. */
export interface KubeconfigReference {
  /** Path of the kubeconfig file: absolute, since Terraform runs in a folder of its own; `~/` is your home folder. */
  readonly path: string;
  /** Context of the file. @default the file's current context */
  readonly context?: string;
  /** Name of the cluster, in messages. @default the context's name, or `kubeconfig` */
  readonly name?: string;
  /** Whether Services of type LoadBalancer receive an address. @default true */
  readonly loadBalancer?: boolean;
  /** What the cluster has of the Kubernetes Gateway API. @default none */
  readonly gatewayApi?: GatewayApi;
  /** Whether pods reach the internet, and nodes pull images from it. @default true */
  readonly internet?: boolean;
  /** Whether the network plugin enforces NetworkPolicies. @default true */
  readonly networkPolicies?: boolean;
}

/** Describes any cluster that a kubeconfig file leads to. */
export function kubeconfigCluster(reference: KubeconfigReference): ICluster {
  const { context } = reference;
  return {
    name: reference.name ?? context ?? 'kubeconfig',
    access: { kind: 'kubeconfig', path: homePath(reference.path), context },
    offers: {
      workloadIdentity: false,
      networkPlugin: 'unknown',
      loadBalancer: reference.loadBalancer ?? true,
      gatewayApi: reference.gatewayApi,
      internet: reference.internet ?? true,
      networkPolicies: reference.networkPolicies ?? true,
    },
  };
}
