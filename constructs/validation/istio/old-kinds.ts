/** Kinds that not every Istio serves, those of its first years mostly, and what does their work. */
const SUCCESSORS: Readonly<Record<string, string>> = {
  'authentication.istio.io/Policy': 'Write a PeerAuthentication for mTLS, and a RequestAuthentication for tokens',
  'authentication.istio.io/MeshPolicy': 'Write a PeerAuthentication in the root namespace',
  'rbac.istio.io/ClusterRbacConfig': 'Write an AuthorizationPolicy with an empty spec to deny by default',
  'rbac.istio.io/RbacConfig': 'Write an AuthorizationPolicy with an empty spec to deny by default',
  'rbac.istio.io/ServiceRole': 'Write the operations as `to` of an AuthorizationPolicy',
  'rbac.istio.io/ServiceRoleBinding': 'Write the callers as `from` of an AuthorizationPolicy',
  'config.istio.io/rule': 'Write a Telemetry for metrics and logs, an AuthorizationPolicy to deny, an EnvoyFilter for rate limits',
  'config.istio.io/handler': 'Write a Telemetry, with providers in MeshConfig',
  'config.istio.io/instance': 'Write a Telemetry with `metrics.overrides`',
  'config.istio.io/QuotaSpec': 'Limit rates by an EnvoyFilter',
  'config.istio.io/QuotaSpecBinding': 'Limit rates by an EnvoyFilter',
  'networking.istio.io/RouteRule': 'Write a VirtualService',
  'networking.istio.io/DestinationPolicy': 'Write a DestinationRule',
  'config.istio.io/RouteRule': 'Write a VirtualService',
  'extensions.istio.io/TrafficExtension': 'It is served from Istio 1.30 on: write a WasmPlugin, or an EnvoyFilter with Lua',
  'config.istio.io/DestinationPolicy': 'Write a DestinationRule',
};

/** What to write in place of a kind that Istio has not; nothing where it never had it. */
export function successorOf(group: string, kind: string): string | undefined {
  return SUCCESSORS[`${group}/${kind}`] ?? (group === 'config.istio.io' ? SUCCESSORS['config.istio.io/rule'] : undefined);
}
