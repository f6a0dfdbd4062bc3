import type { Problem } from '../constructs/validation';
import { suggest } from '../constructs/validation/suggest';

/** Newest Istio minor whose fields are listed here. */
const LISTED_MINOR = 31;

/** Fields of MeshConfig in Istio 1.29 to 1.31. @see https://github.com/istio/api/blob/release-1.31/mesh/v1alpha1/config.proto */
const MESH_CONFIG_FIELDS: readonly string[] = [
  ...['proxyListenPort', 'proxyInboundListenPort', 'proxyHttpPort', 'connectTimeout', 'hboneIdleTimeout', 'protocolDetectionTimeout', 'tcpKeepalive'],
  ...['ingressClass', 'ingressService', 'ingressControllerMode', 'ingressSelector', 'enableTracing', 'accessLogFile', 'accessLogFormat', 'accessLogEncoding'],
  ...['enableEnvoyAccessLogService', 'disableEnvoyListenerLog', 'defaultConfig', 'outboundTrafficPolicy', 'inboundTrafficPolicy', 'configSources'],
  ...['enableAutoMtls', 'trustDomain', 'trustDomainAliases', 'caCertificates', 'defaultServiceExportTo', 'defaultVirtualServiceExportTo'],
  ...['defaultDestinationRuleExportTo', 'rootNamespace', 'localityLbSetting', 'dnsRefreshRate', 'h2UpgradePolicy', 'inboundClusterStatName'],
  ...['outboundClusterStatName', 'certificates', 'serviceSettings', 'serviceScopeConfigs', 'enablePrometheusMerge', 'verifyCertificateAtClient', 'ca'],
  ...['extensionProviders', 'defaultProviders', 'discoverySelectors', 'pathNormalization', 'defaultHttpRetryPolicy', 'meshMTLS', 'tlsDefaults'],
  ...['zoneAwareLbSetting', 'defaultTrafficPolicy', 'serviceEntryVisibility'],
];

/** Fields of its `defaultConfig`. @see https://github.com/istio/api/blob/release-1.31/mesh/v1alpha1/proxy.proto */
const PROXY_CONFIG_FIELDS: readonly string[] = [
  ...['configPath', 'binaryPath', 'serviceCluster', 'tracingServiceName', 'drainDuration', 'discoveryAddress', 'discoveryRefreshDelay', 'zipkinAddress'],
  ...['statsdUdpAddress', 'envoyMetricsServiceAddress', 'proxyAdminPort', 'availabilityZone', 'controlPlaneAuthPolicy', 'customConfigFile', 'statNameLength'],
  ...['concurrency', 'proxyBootstrapTemplatePath', 'interceptionMode', 'tracing', 'sds', 'envoyAccessLogService', 'envoyMetricsService', 'proxyMetadata'],
  ...['runtimeValues', 'statusPort', 'extraStatTags', 'gatewayTopology', 'terminationDrainDuration', 'meshId', 'readinessProbe', 'proxyStatsMatcher'],
  ...['holdApplicationUntilProxyStarts', 'caCertificatesPem', 'image', 'privateKeyProvider', 'proxyHeaders', 'fileFlushInterval', 'fileFlushMinSizeKb', 'statsCompression'],
  'connectionSettings',
];

/**
 * Fields of a MeshConfig that Istio does not have: istiod passes over them without a word. A version newer than the list may have more of them,
 * so that only likely misspellings are refused for it.
 * @param versions those that the environment names: `1.29.1`, or a revision of the add-on such as `asm-1-29`
 */
export function unknownMeshFields(meshConfig: Readonly<Record<string, unknown>>, versions: readonly unknown[], at: string): Problem[] {
  const isListed = versions.every((version) => Number(/1[.-](\d+)/.exec(String(version))?.[1] ?? 0) <= LISTED_MINOR);
  const { defaultConfig } = meshConfig;
  return [
    ...unknown(meshConfig, MESH_CONFIG_FIELDS, 'MeshConfig', at, isListed),
    ...(typeof defaultConfig === 'object' && defaultConfig !== null
      ? unknown(defaultConfig as Readonly<Record<string, unknown>>, PROXY_CONFIG_FIELDS, 'ProxyConfig', `${at}.defaultConfig`, isListed)
      : []),
  ];
}

const ELSEWHERE =
  'Remove it, or look its name up. A field of your own build of Istio goes into mesh.helm.values.istiod.meshConfig, which is not checked';

function unknown(fields: Readonly<Record<string, unknown>>, known: readonly string[], kind: string, at: string, isListed: boolean): Problem[] {
  return Object.entries(fields).flatMap(([field, value]) => {
    // istiod reads both spellings.
    const name = field === 'mesh_mTLS' ? 'meshMTLS' : field.replace(/_([a-z])/g, (_match, letter: string) => letter.toUpperCase());
    if (value === undefined || known.includes(name)) {
      return [];
    }
    const mend = suggest(name, known, ELSEWHERE);
    if (!isListed && !mend.startsWith('Perhaps')) {
      return [];
    }
    const see = 'https://istio.io/latest/docs/reference/config/istio.mesh.v1alpha1/';
    return [{ at: `${at}.${field}`, value, rule: `${kind} has no field of this name, and istiod would ignore it`, mend, see }];
  });
}
