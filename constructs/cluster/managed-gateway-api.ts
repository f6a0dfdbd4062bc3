import type { AksClusterProps } from './aks-cluster-props';
import { poolDefaultsOf } from './aks-settings';
import type { GatewayApi } from './cluster';

/** Versions that AKS installs, by the oldest minor version of Kubernetes that has them. */
const VERSIONS: readonly (readonly [since: number, version: string])[] = [
  [36, '1.5.1'],
  [35, '1.4.1'],
  [34, '1.3.0'],
  [0, '1.2.1'],
];

/**
 * The Gateway API as AKS manages it, once `az aks update --enable-gateway-api` has switched it on: the standard channel, in the version that goes
 * with the cluster's.
 * @param kubernetesVersion minor version such as `1.35`
 * @see https://learn.microsoft.com/azure/aks/managed-gateway-api
 */
export function managedGatewayApi(kubernetesVersion: string): GatewayApi {
  const minor = Number(kubernetesVersion.split('.')[1] ?? Infinity);
  const [, version] = VERSIONS.find(([since]) => minor >= since) ?? VERSIONS[0];
  return { version, channel: 'standard' };
}

/** The Gateway API that an AKS cluster has. */
export function gatewayApiOf(props: AksClusterProps): GatewayApi | undefined {
  return props.gatewayApi === 'managed' ? managedGatewayApi(poolDefaultsOf(props, '').kubernetesVersion) : props.gatewayApi;
}
