/**
 * The full name of a host as an object of this namespace means it: Istio completes names without a dot.
 * @see https://istio.io/latest/docs/reference/config/networking/virtual-service/#Destination
 */
export function qualifiedHost(host: string, namespace: string, clusterDomain: string): string {
  return host.includes('.') || host.includes('*') ? host : `${host}.${namespace}.svc.${clusterDomain}`;
}
