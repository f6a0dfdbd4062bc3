/** The shape that upstream's files and our rendered objects share. */
export interface SampleObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly spec: Members;
}

type Members = Readonly<Record<string, unknown>>;

const NETWORKING = /^networking\.istio\.io\/v1$/;
const GATEWAY_API = 'gateway.networking.k8s.io/v1';
const PORT = 9080;
/** Subsets of workloads that Bookinfo here has not. */
const GATEWAY_NAMESPACES = ['istio-system', 'istio-ingress'];
/** Labels of the mesh's ingress gateway, as istioctl and the Helm chart write them. */
const GATEWAY_LABELS = ['ingressgateway', 'ingress'];
/** Upstream's objects for the challenges, which lie beside the gateway. */
const CERT_MANAGER = ['cert-manager-gateway', 'cert-manager'];
const ABSENT = ['ratings v2', 'ratings v2-mysql', 'ratings v2-mysql-vm', 'details v2'];

/**
 * An object as lines that mean the same whoever wrote it: nothing in it is passed over, as a member that is not understood is an error.
 * What DIFFERENCES lists is written alike.
 */
export function factsOf(object: SampleObject): string[] {
  return factsWithoutPlace(object).map((fact) => `${fact}${placeFact(object)}`);
}

/** Bookinfo's namespace is not said; the gateway's is called so, whatever its name. */
function placeFact({ kind, metadata: { name, namespace = 'bookinfo' } }: SampleObject): string {
  if (kind === 'EnvoyFilter') {
    return GATEWAY_NAMESPACES.includes(namespace) ? ', in the namespace of the gateway' : `, in ${namespace}`;
  }
  const isAtHome = namespace === 'bookinfo' || (namespace === 'istio-system' && CERT_MANAGER.includes(name));
  return isAtHome ? '' : `, in ${namespace}`;
}

function factsWithoutPlace(object: SampleObject): string[] {
  if (object.apiVersion === GATEWAY_API) {
    return ofGatewayApi(object);
  }
  if (object.kind === 'EnvoyFilter' && object.apiVersion === 'networking.istio.io/v1alpha3') {
    return envoyFilter(object.spec);
  }
  if (!NETWORKING.test(object.apiVersion)) {
    throw new Error(`${object.apiVersion} is not the newest version`);
  }
  switch (object.kind) {
    case 'VirtualService':
      return virtualService(object.metadata.name, object.spec);
    case 'DestinationRule':
      return [destinationRule(object.metadata.name, object.spec)];
    case 'ServiceEntry':
      return [serviceEntry(object.metadata.name, object.spec)];
    case 'Gateway':
      return gateway(object.metadata.name, object.spec);
    default:
      throw new Error(`no facts of a ${object.kind}`);
  }
}

function virtualService(name: string, spec: Members): string[] {
  const { hosts, gateways, http } = only(spec, 'hosts', 'gateways', 'http');
  const place = `${nameOutside('VirtualService', name, (hosts as string[])[0])}${(hosts as string[]).map(short).join(', ')}${gateways ? ` at ${(gateways as string[]).map(gatewayName).join(', ')}` : ''}`;
  const routes = http as Members[];
  const open = routes.findIndex(({ match }) => match === undefined);
  return routes.slice(0, open < 0 ? routes.length : open + 1).map((route) => `${place}: ${httpRoute(route)}`);
}

function httpRoute(members: Members): string {
  const { match, fault, route } = only(members, 'match', 'fault', 'route');
  const conditions = match === undefined ? 'any' : (match as Members[]).map(condition).join(' or ');
  return `${conditions}${fault === undefined ? '' : `, ${faultFact(fault as Members)}`} -> ${destinations(route as Members[])}`;
}

function condition(match: Members): string {
  const { uri, headers, port } = only(match, 'uri', 'headers', 'port');
  const parts = [
    ...(port === undefined ? [] : [`port ${String(port)}`]),
    ...(uri === undefined ? [] : [`path ${text(uri)}`]),
    ...Object.entries((headers ?? {}) as Members).map(([name, value]) => `header ${name} ${text(value)}`),
  ];
  return parts.join(' and ');
}

function text(match: unknown): string {
  return Object.entries(only(match as Members, 'exact', 'prefix', 'regex')).map(([how, value]) => `${how} ${String(value)}`).join(' ');
}

function faultFact(fault: Members): string {
  const { delay, abort } = only(fault, 'delay', 'abort');
  const share = (percentage: unknown): string => `for ${String(only(percentage as Members, 'value').value)} %`;
  const waits = delay === undefined ? undefined : only(delay as Members, 'fixedDelay', 'percentage');
  const fails = abort === undefined ? undefined : only(abort as Members, 'httpStatus', 'percentage');
  return [
    ...(waits ? [`delay ${String(waits.fixedDelay)} ${share(waits.percentage)}`] : []),
    ...(fails ? [`abort ${String(fails.httpStatus)} ${share(fails.percentage)}`] : []),
  ].join(', ');
}

function destinations(route: readonly Members[]): string {
  return route
    .map((member) => {
      const { destination, weight } = only(member, 'destination', 'weight');
      const { host, subset, port } = only(destination as Members, 'host', 'subset', 'port');
      const number = port === undefined ? PORT : only(port as Members, 'number').number;
      const place = number === PORT ? short(host as string) : `${short(host as string)}:${String(number)}`;
      return [place, ...(subset === undefined ? [] : [subset]), ...(weight === undefined ? [] : [`${String(weight)} %`])].join(' ');
    })
    .join(', ');
}

/** What tells an object apart whose name is not that of its host. */
function nameOutside(kind: string, name: string, host: string): string {
  return host.includes('.') && short(host) === host ? `[${kind} ${name}] ` : '';
}

function serviceEntry(name: string, spec: Members): string {
  const { hosts, ports, resolution, location = 'MESH_EXTERNAL' } = only(spec, 'hosts', 'ports', 'resolution', 'location');
  const opened = (ports as Members[]).map((port) => {
    const { number, name: portName, protocol } = only(port, 'number', 'name', 'protocol');
    return `${String(number)} ${String(protocol)} ${String(portName)}`;
  });
  return `[ServiceEntry ${name}] ${(hosts as string[]).join(', ')}: ${opened.join(', ')} by ${String(resolution)}, ${String(location)}`;
}

function destinationRule(objectName: string, spec: Members): string {
  const { host, subsets, trafficPolicy } = only(spec, 'host', 'subsets', 'trafficPolicy');
  const { tls, loadBalancer, portLevelSettings } = only((trafficPolicy ?? {}) as Members, 'tls', 'loadBalancer', 'portLevelSettings');
  const name = short(host as string);
  const versions = ((subsets ?? []) as Members[]).map((subset) => {
    const { name: version, labels } = only(subset, 'name', 'labels');
    if (only(labels as Members, 'version').version !== version) {
      throw new Error(`subset ${String(version)} of ${name} selects ${JSON.stringify(labels)}`);
    }
    return version as string;
  });
  const ports = ((portLevelSettings ?? []) as Members[]).map((setting) => {
    const { port, tls: portTls } = only(setting, 'port', 'tls');
    const { mode, caCertificates = 'system' } = only(portTls as Members, 'mode', 'caCertificates');
    const trust = caCertificates === 'system' ? '' : ` trusting ${String(caCertificates)}`;
    return `port ${String(only(port as Members, 'number').number)} tls ${String(mode)}${trust}`;
  });
  return [
    `${nameOutside('DestinationRule', objectName, host as string)}rule ${name}: ${versions.filter((version) => !ABSENT.includes(`${name} ${version}`)).join(', ')}`,
    ...(tls === undefined ? [] : [`tls ${String(only(tls as Members, 'mode').mode)}`]),
    ...(loadBalancer === undefined ? [] : [`balance ${String(only(loadBalancer as Members, 'simple').simple)}`]),
    ...ports,
  ].join('; ');
}

function gateway(name: string, spec: Members): string[] {
  const { selector, servers } = only(spec, 'selector', 'servers');
  checkGateway(selector);
  return (servers as Members[]).map((server) => {
    const { port, hosts } = only(server, 'port', 'hosts');
    const { number, name: portName, protocol } = only(port as Members, 'number', 'name', 'protocol');
    return `gateway ${gatewayName(name)}: ${number === 8080 ? 80 : String(number)} ${String(protocol)} ${String(portName)} for ${(hosts as string[]).join(', ')}`;
  });
}

/** Filters and limits; the cluster that upstream adds for its question is the mesh's own here. */
function envoyFilter(spec: Members): string[] {
  const { configPatches, workloadSelector } = only(spec, 'workloadSelector', 'priority', 'configPatches');
  checkGateway(only(workloadSelector as Members, 'labels').labels);
  return (configPatches as Members[]).flatMap((patch) => {
    const { match, applyTo } = only(patch, 'applyTo', 'match', 'patch');
    const { context } = match as Members;
    const { operation, value } = only(patch.patch as Members, 'operation', 'value');
    switch (`${String(applyTo)} ${String(operation)}`) {
      case 'HTTP_FILTER INSERT_BEFORE':
        return [`filter ${filterName(value as Members)} in ${String(context)} before ${routerOf(match as Members)}: ${rateLimit((value as Members).typed_config as Members)}`];
      case 'VIRTUAL_HOST MERGE':
        return (only(value as Members, 'rate_limits').rate_limits as Members[]).map(
          (limit) => `filter in ${String(context)}, ${virtualHosts(match as Members)}, counts ${JSON.stringify(limit)}`,
        );
      case 'CLUSTER ADD':
        return [];
      default:
        throw new Error(`a patch ${String(operation)} of ${String(applyTo)}`);
    }
  });
}

/** @throws Error where labels are not those of an ingress gateway */
function checkGateway(labels: unknown): void {
  const { istio } = only(labels as Members, 'istio');
  if (!GATEWAY_LABELS.includes(String(istio))) {
    throw new Error(`istio: ${String(istio)} selects no ingress gateway`);
  }
}

/** Upstream's name and Envoy's own mean the same: proxies go by the type. */
function filterName(value: Members): string {
  const { name } = only(value, 'name', 'typed_config');
  return name === 'envoy.ratelimit' ? 'envoy.filters.http.ratelimit' : String(name);
}

/** No virtual host named means each of them. */
function virtualHosts(match: Members): string {
  const { routeConfiguration } = only(match, 'context', 'routeConfiguration');
  const { vhost = {} } = only((routeConfiguration ?? {}) as Members, 'vhost');
  const { name = '', route = {} } = only(vhost as Members, 'name', 'route');
  const { action = 'ANY' } = only(route as Members, 'action');
  return `${name === '' ? 'every virtual host' : String(name)}, ${String(action)} action`;
}

function routerOf(match: Members): string {
  interface Listener {
    readonly listener: { readonly filterChain: { readonly filter: { readonly name: string; readonly subFilter: { readonly name: string } } } };
  }
  const { filter } = (match as unknown as Listener).listener.filterChain;
  return `${filter.name}, ${filter.subFilter.name}`;
}

function rateLimit(config: Members): string {
  const { domain, failure_mode_deny, timeout, rate_limit_service, ...rest } = only(
    config,
    ...(['@type', 'domain', 'failure_mode_deny', 'timeout', 'rate_limit_service'] as const),
  );
  const { grpc_service } = only(rate_limit_service as Members, 'grpc_service', 'transport_api_version');
  const { envoy_grpc } = only(grpc_service as Members, 'envoy_grpc');
  const { cluster_name } = only(envoy_grpc as Members, 'cluster_name', 'authority');
  const asked = /^(rate_limit_cluster|outbound\|8081\|\|ratelimit\.bookinfo\.svc\.cluster\.local)$/.test(String(cluster_name)) ? 'the rate limit service' : String(cluster_name);
  return `${String(rest['@type'])} of ${String(domain)} asks ${asked} for ${String(timeout)}, ${failure_mode_deny === true ? 'refuses' : 'lets pass'} without an answer`;
}

/** Who an object is: a Gateway of the Gateway API has another name here, as that of Istio's own stays beside it. */
export function titleOf({ apiVersion, kind, metadata }: SampleObject): string {
  if (kind !== 'Gateway') {
    return `${kind} ${metadata.name}`;
  }
  return apiVersion === GATEWAY_API ? `KubernetesGateway ${made(metadata.name)}` : `Gateway ${gatewayName(metadata.name)}`;
}

function made(gateway: string): string {
  return gateway === 'bookinfo-gateway' ? 'bookinfo' : gateway;
}

function ofGatewayApi({ kind, metadata, spec }: SampleObject): string[] {
  if (kind === 'Gateway') {
    const { gatewayClassName, listeners } = only(spec, 'gatewayClassName', 'listeners');
    return (listeners as Members[]).map((listener) => {
      const { name, port, protocol, allowedRoutes } = only(listener, 'name', 'port', 'protocol', 'allowedRoutes');
      const { from } = only(only(allowedRoutes as Members, 'namespaces').namespaces as Members, 'from');
      return `${String(gatewayClassName)} gateway ${made(metadata.name)}: ${String(port)} ${String(protocol)} ${String(name)} for routes of ${String(from)}`;
    });
  }
  if (kind !== 'HTTPRoute') {
    throw new Error(`no facts of a ${kind}`);
  }
  const { parentRefs, rules } = only(spec, 'parentRefs', 'rules');
  const places = (parentRefs as Members[]).map((parent) => {
    const { group, kind: parentKind, name, port } = only(parent, 'group', 'kind', 'name', 'port');
    if (parentKind === 'Service' && group !== '') {
      throw new Error(`a Service of the group ${String(group)}`);
    }
    return parentKind === undefined ? `gateway ${made(name as string)}` : `${String(parentKind)} ${String(name)} ${String(port)}`;
  });
  return (rules as Members[]).map((rule) => {
    const { matches, backendRefs } = only(rule, 'matches', 'backendRefs');
    const conditions = matches === undefined ? 'any' : (matches as Members[]).map(pathFact).join(' or ');
    return `route ${metadata.name} at ${places.join(', ')}: ${conditions} -> ${(backendRefs as Members[]).map(backendFact).join(', ')}`;
  });
}

function pathFact(match: Members): string {
  const { type, value } = only(only(match, 'path').path as Members, 'type', 'value');
  return `${String(type)} ${String(value)}`;
}

function backendFact(backend: Members): string {
  const { name, port, weight } = only(backend, 'name', 'port', 'weight');
  return `${String(name)} ${String(port)}${weight === undefined ? '' : ` ${String(weight)} %`}`;
}

/** Upstream opens the same port for the same hosts once more where somebody else comes in. */
function gatewayName(name: string): string {
  return name === 'cert-manager-gateway' ? 'bookinfo-gateway' : name;
}

function short(host: string): string {
  return host.replace(/\.bookinfo\.svc\.cluster\.local$/, '');
}

/** @throws Error where there is a member that is not among these */
function only<Name extends string>(members: Members, ...names: readonly Name[]): Readonly<Partial<Record<Name, unknown>>> {
  const strange = Object.keys(members).filter((name) => members[name] !== undefined && !(names as readonly string[]).includes(name));
  if (strange.length > 0) {
    throw new Error(`members that the comparison does not know: ${strange.join(', ')}`);
  }
  return members as Readonly<Partial<Record<Name, unknown>>>;
}
