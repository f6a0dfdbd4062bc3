/**
 * The full name of a host as an object of this namespace means it: Istio completes names without a dot, but for wildcards and addresses.
 * @see https://istio.io/latest/docs/reference/config/networking/virtual-service/#Destination
 */
export function qualifiedHost(host: string, namespace: string, clusterDomain: string): string {
  return /[.*:]/.test(host) ? host : `${host}.${namespace}.svc.${clusterDomain}`;
}
