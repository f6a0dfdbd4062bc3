import type { MeshFeature } from './mesh';

const CLASSES = ['istio-waypoint', 'istio-east-west'];
const MODE = 'istio.io/dataplane-mode';

/** What a gateway of a class needs of its mesh: waypoints and gateways between networks belong to ambient mode. */
export function featuresOfGatewayClass(gatewayClass: string | undefined): readonly MeshFeature[] {
  return gatewayClass !== undefined && CLASSES.includes(gatewayClass) ? ['Ambient'] : [];
}

/** Label by which pods join in ambient mode, where labels have it. @see https://istio.io/latest/docs/ambient/usage/add-workloads/ */
export function ambientLabel(labels: Readonly<Record<string, string>> | undefined): string | undefined {
  return labels?.[MODE] === 'ambient' ? MODE : undefined;
}
