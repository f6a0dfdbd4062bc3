import type { Problem } from '../validation';

/** Istio's mesh-wide settings, with Istio's own field names. @see https://istio.io/latest/docs/reference/config/istio.mesh.v1alpha1/ */
export type MeshConfig = Readonly<Record<string, unknown>>;

const SEE = 'https://learn.microsoft.com/azure/aks/istio-meshconfig';

/** Fields that the add-on's admission webhook lets through; it refuses the whole ConfigMap for any other. */
const ALLOWED: ReadonlySet<string> = new Set([
  // supported by Microsoft
  'defaultConfig',
  'outboundTrafficPolicy',
  'accessLogFile',
  'accessLogFormat',
  'accessLogEncoding',
  'enableEnvoyAccessLogService',
  'disableEnvoyListenerLog',
  'discoverySelectors',
  // allowed, without support
  'proxyListenPort',
  'proxyInboundListenPort',
  'proxyHttpPort',
  'connectTimeout',
  'tcpKeepalive',
  'extensionProviders',
  'defaultProviders',
  'enableTracing',
  'trustDomain',
  'trustDomainAliases',
  'caCertificates',
  'defaultServiceExportTo',
  'defaultVirtualServiceExportTo',
  'defaultDestinationRuleExportTo',
  'localityLbSetting',
  'dnsRefreshRate',
  'h2UpgradePolicy',
  'enablePrometheusMerge',
  'pathNormalization',
  'defaultHttpRetryPolicy',
  'serviceSettings',
  'meshMTLS',
  'tlsDefaults',
  'ingressService',
  'ingressSelector',
]);

const ALLOWED_DEFAULT_CONFIG: ReadonlySet<string> = new Set([
  // supported by Microsoft
  'drainDuration',
  'concurrency',
  'terminationDrainDuration',
  'holdApplicationUntilProxyStarts',
  // allowed, without support
  'tracing',
  'tracingServiceName',
  'statsdUdpAddress',
  'proxyAdminPort',
  'envoyAccessLogService',
  'envoyMetricsService',
  'proxyMetadata',
  'statusPort',
  'extraStatTags',
  'gatewayTopology',
  'proxyStatsMatcher',
  'meshId',
  'caCertificatesPem',
  'privateKeyProvider',
  'proxyHeaders',
]);

/** What to do without a field that people reach for. */
const ALTERNATIVES: Readonly<Record<string, string>> = {
  rootNamespace: 'Leave it out: the add-on fixes it to aks-istio-system, and IMesh.rootNamespace says so',
  enableAutoMtls: 'Leave it out: it is on. A DestinationRule with tls sets it per host',
  inboundTrafficPolicy: 'Use an AuthorizationPolicy on the workloads',
  ca: 'Use the plug-in certificates of the add-on, in Key Vault',
  certificates: 'Use the plug-in certificates of the add-on, in Key Vault',
  configSources: 'Apply the objects to the cluster itself',
  ingressClass: 'Use Gateway and VirtualService instead of Ingress',
  ingressControllerMode: 'Use Gateway and VirtualService instead of Ingress',
  serviceScopeConfigs: "Use mesh.flavor 'helm': it belongs to ambient, which the add-on lacks",
  protocolDetectionTimeout: 'Name the ports of Services by protocol, so that nothing has to be detected',
};

const DEFAULT_CONFIG_ALTERNATIVES: Readonly<Record<string, string>> = {
  image: 'Set the pod annotation sidecar.istio.io/proxyImageType',
  readinessProbe: 'Set the readiness.status.sidecar.istio.io annotations on the pods',
  runtimeValues: "Use mesh.flavor 'helm'",
  discoveryAddress: 'Leave it out: the add-on sets it to its own istiod',
};

/**
 * Fields of a MeshConfig that the AKS Istio add-on refuses, every one of them.
 * @param at where the MeshConfig stands, for the messages
 * @see https://learn.microsoft.com/azure/aks/istio-meshconfig
 */
export function meshConfigProblems(meshConfig: MeshConfig, at: string): Problem[] {
  const defaultConfig = meshConfig.defaultConfig;
  return [
    ...refused(meshConfig, ALLOWED, ALTERNATIVES, at),
    ...(isRecord(defaultConfig) ? refused(defaultConfig, ALLOWED_DEFAULT_CONFIG, DEFAULT_CONFIG_ALTERNATIVES, `${at}.defaultConfig`) : []),
  ];
}

/** Names of the extension providers that a MeshConfig defines. @see https://istio.io/latest/docs/reference/config/istio.mesh.v1alpha1/#MeshConfig-ExtensionProvider */
export function extensionProviderNames(meshConfig: MeshConfig | undefined): string[] {
  const providers = meshConfig?.extensionProviders;
  return (Array.isArray(providers) ? providers : []).flatMap((provider: unknown) => (isRecord(provider) && typeof provider.name === 'string' ? [provider.name] : []));
}

function refused(fields: MeshConfig, allowed: ReadonlySet<string>, alternatives: Readonly<Record<string, string>>, at: string): Problem[] {
  return Object.entries(fields)
    .filter(([field, value]) => value !== undefined && !allowed.has(field))
    .map(([field, value]) => ({
      at: `${at}.${field}`,
      value,
      rule: 'the AKS Istio add-on does not allow this MeshConfig field: its webhook refuses the whole ConfigMap',
      mend: alternatives[field] ?? "Leave it out, or use mesh.flavor 'helm'",
      see: SEE,
    }));
}

function isRecord(value: unknown): value is MeshConfig {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
