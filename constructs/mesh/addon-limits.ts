import { istioAtLeast } from '../istio/version';
import type { MeshFeature, Unsupported } from './mesh';

const ABOUT = 'https://learn.microsoft.com/azure/aks/istio-about#limitations';
const TELEMETRY = 'https://learn.microsoft.com/azure/aks/istio-telemetry';
const GATEWAY_API = 'https://learn.microsoft.com/azure/aks/istio-gateway-api';
const BLOCKED_KIND = "the add-on's admission webhook refuses this kind";
const HELM = "use mesh.flavor 'helm'";

/**
 * What the AKS Istio add-on cannot do. EnvoyFilter is not among it: the add-on accepts it, without support from Microsoft.
 * @see https://learn.microsoft.com/azure/aks/istio-about
 */
export const ADDON_LIMITS: Readonly<Partial<Record<MeshFeature, Unsupported>>> = {
  WorkloadEntry: { reason: BLOCKED_KIND, alternative: `Describe what is outside by a ServiceEntry with endpoints, or ${HELM}`, see: ABOUT },
  WorkloadGroup: { reason: BLOCKED_KIND, alternative: `Describe what is outside by a ServiceEntry with endpoints, or ${HELM}`, see: ABOUT },
  ProxyConfig: {
    reason: BLOCKED_KIND,
    alternative: 'Set the pod annotation proxy.istio.io/config, or defaultConfig in the shared MeshConfig',
    see: ABOUT,
  },
  WasmPlugin: { reason: BLOCKED_KIND, alternative: `Use an EnvoyFilter with Lua or ext_authz, or ${HELM}`, see: ABOUT },
  TrafficExtension: { reason: 'Microsoft does not name this kind among those that the add-on accepts', alternative: `Use an EnvoyFilter with Lua, or ${HELM}`, see: ABOUT },
  TCPRoute: {
    reason: 'the Gateway API that AKS manages has its standard channel alone, and this kind is experimental there',
    alternative: `Use a VirtualService with addTcpRoute, or ${HELM}`,
    see: GATEWAY_API,
  },
  TLSRoute: {
    reason: 'the add-on passes TLS through by this kind from asm-1-30 on',
    alternative: 'Use a VirtualService with addTlsRoute, or a newer revision of the add-on',
    see: GATEWAY_API,
  },
  TelemetryAccessLogFilter: {
    reason: 'the add-on allows only match, disabled and providers in accessLogging',
    alternative: 'Log everything and filter where the logs are read, or choose by match.mode',
    see: TELEMETRY,
  },
  TelemetryReportingInterval: {
    reason: 'the add-on allows only overrides and providers in metrics',
    alternative: 'Leave it out, and set the interval where the metrics are scraped',
    see: TELEMETRY,
  },
  GatewayPorts: {
    reason: "the add-on's gateways listen on 80 and 443, and their Services cannot be given other ports",
    alternative: `Put the traffic on 80 or 443, told apart by host or SNI, or ${HELM}`,
    see: 'https://learn.microsoft.com/azure/aks/istio-deploy-ingress',
  },
  EgressGateway: {
    reason: 'the egress gateways of the add-on need a static egress gateway and cannot be expressed by the azurerm provider',
    alternative: `Let workloads leave by a ServiceEntry and a Sidecar, switch one on by \`az aks mesh enable-egress-gateway\` and describe the mesh by existingMesh, or ${HELM}`,
    see: 'https://learn.microsoft.com/azure/aks/istio-deploy-egress',
  },
  EastWestGateway: { reason: 'the add-on supports no multi-cluster mesh', alternative: `Route between clusters at their ingress gateways, or ${HELM}`, see: ABOUT },
  Ambient: { reason: 'the add-on supports sidecars only', alternative: 'Use sidecars: label namespaces with the injection labels', see: ABOUT },
  MultiCluster: { reason: 'the add-on supports no multi-cluster mesh', alternative: `Route between clusters at their ingress gateways, or ${HELM}`, see: ABOUT },
};

/** Why the add-on cannot do something in a version of Istio; nothing where it can. */
export function addonLimit(feature: MeshFeature, version: string): Unsupported | undefined {
  return feature === 'TLSRoute' && istioAtLeast({ version }, '1.30') ? undefined : ADDON_LIMITS[feature];
}
