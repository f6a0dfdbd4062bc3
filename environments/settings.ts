/** The group that stands in until AKS_ADMIN_GROUP_ID names yours: it synthesises, and `aks-istio up` refuses it. */
export const PLACEHOLDER_GROUP = '00000000-0000-0000-0000-000000000000';

/** Entra groups that administer the AKS environments, from AKS_ADMIN_GROUP_ID (several separated by commas). */
export function adminGroups(env: NodeJS.ProcessEnv = process.env): string[] {
  const groups = env.AKS_ADMIN_GROUP_ID?.split(',')
    .map((group) => group.trim())
    .filter((group) => group !== '');
  return groups?.length ? groups : [PLACEHOLDER_GROUP];
}

/** Addresses that belong to nobody (RFC 5737), until API_AUTHORIZED_RANGES names yours: they synthesise, and `aks-istio up` refuses them. */
export const PLACEHOLDER_RANGE = '192.0.2.0/24';

/** Ranges that may reach a guarded API server, from API_AUTHORIZED_RANGES (several separated by commas). */
export function authorizedRanges(env: NodeJS.ProcessEnv = process.env): string[] {
  const ranges = env.API_AUTHORIZED_RANGES?.split(',')
    .map((range) => range.trim())
    .filter((range) => range !== '');
  return ranges?.length ? ranges : [PLACEHOLDER_RANGE];
}

/**
 * DNS label of an environment's ingress address. It has to be unique in its region, so DNS_LABEL_PREFIX sets yours apart.
 * @default `aks-istio-<environment>`
 */
export function dnsLabel(environment: string, env: NodeJS.ProcessEnv = process.env): string {
  return `${env.DNS_LABEL_PREFIX || 'aks-istio'}-${environment}`;
}
