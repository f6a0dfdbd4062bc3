import type { IngressAddress } from '../cluster/cluster';

/**
 * Annotations that bind a Service of type LoadBalancer to a public address that exists already.
 * @see https://learn.microsoft.com/azure/aks/load-balancer-standard#customizations-via-kubernetes-annotations
 */
export function gatewayAnnotations(address: IngressAddress | undefined): Record<string, string> {
  return address === undefined
    ? {}
    : {
        'service.beta.kubernetes.io/azure-pip-name': address.publicIpName,
        'service.beta.kubernetes.io/azure-load-balancer-resource-group': address.resourceGroupName,
      };
}
