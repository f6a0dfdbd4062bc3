import type { MeshFeature } from './mesh';

const CLASSES = ['istio-waypoint', 'istio-east-west'];
const LABELS = ['istio.io/dataplane-mode', 'istio.io/use-waypoint', 'istio.io/ingress-use-waypoint'];

/** What a gateway of a class needs of its mesh: waypoints and gateways between networks belong to ambient mode. */
export function featuresOfGatewayClass(gatewayClass: string | undefined): readonly MeshFeature[] {
  return gatewayClass !== undefined && CLASSES.includes(gatewayClass) ? ['Ambient'] : [];
}

/** Labels by which an object, or the pods that carry them, join in ambient mode. @see https://istio.io/latest/docs/ambient/usage/add-workloads/ */
export function ambientLabels(labels: Readonly<Record<string, string>> = {}): string[] {
  return LABELS.filter((label) => labels[label] !== undefined && labels[label] !== 'none');
}
