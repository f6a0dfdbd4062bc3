import type { MeshModel } from '../mesh-model';
import { withoutPort } from './hosts';
import { pathOf } from './path';
import { gatewayOf } from './gateway-proxy';
import { Entry, entryOf } from './gateway-entry';
import { isPassthrough, isTls, PlacedServer, serversOf } from './gateway-servers';
import { gatewayTlsRoutes } from './layer4';
import { callerOf, FoundProxy, splitName } from './proxy';
import { Registry, RegistryService } from './registry';
import { checkRequest, SimulatedRequest } from './request';
import { gatewayVirtualHosts } from './route-table';
import type { ResolvedCall } from './simulation';

/** A request with everything filled in, and what the mesh knows of both ends. */
export interface Call extends FoundProxy {
  readonly resolved: ResolvedCall;
  /** The Service that is called; nothing for a host that the mesh does not know, and at gateways. */
  readonly service?: RegistryService;
  /** What the gateway that is called does with the connection. */
  readonly entry?: Entry;
  /** Identity of the caller as a gateway sees it, without `spiffe://`; nothing without mutual TLS. */
  readonly peer?: string;
  /** The client's own TLS lies within the TLS that its proxy speaks with the gateway. @default false */
  readonly nestedTls?: boolean;
}

/**
 * Fills a request in.
 * @throws Error naming a Service, workload or gateway that the model does not have, or what no request can be
 */
export function resolveCall(model: MeshModel, request: SimulatedRequest): Call {
  checkRequest(request);
  return request.gateway === undefined ? meshCall(model, request) : gatewayCall(model, request, request.gateway);
}

function meshCall(model: MeshModel, request: SimulatedRequest): Call {
  if (request.to === undefined) {
    throw new Error('to: a request inside the mesh needs the Service or host that it calls. Give `to`, or a `gateway` to come in by.');
  }
  const candidates = servicesNamed(model, request.to);
  const home = candidates[0]?.namespace ?? model.workloads[0]?.namespace ?? 'default';
  const caller = callerOf(model, request.from, home);
  const own = candidates.find((candidate) => candidate.namespace === caller.proxy.namespace);
  const isForeign = own === undefined && !request.to.includes('.') && candidates.length > 0;
  if (isForeign && new Set(candidates.map(({ host }) => host)).size > 1) {
    const names = candidates.map(({ name, namespace }) => `${name}.${namespace}`);
    throw new Error(`to: ${JSON.stringify(request.to)} means nothing in ${caller.proxy.namespace}, and several could be meant. Name one of: ${names.join(', ')}.`);
  }
  const service =
    own ??
    candidates[0] ??
    Registry.of(model).find(withoutPort(request.to), caller.proxy.namespace);
  if (!service && !request.to.includes('.')) {
    const known = Registry.of(model).services.map((candidate) => candidate.name);
    throw new Error(
      `to: the model has no Service ${JSON.stringify(request.to)}. Name one of: ${[...new Set(known)].sort().join(', ') || 'there is none'}.`,
    );
  }
  // A short name belongs to its namespace: a client elsewhere has to say the namespace too.
  const named = isForeign && service ? request.to.toLowerCase().replace(service.name, `${service.name}.${service.namespace}`) : request.to;
  const note = `${request.to} means nothing to DNS in ${caller.proxy.namespace}: taken as ${withoutPort(named)}`;
  const port = request.port ?? portOf(request.to) ?? defaultPort(service, request.scheme);
  const registered = service?.ports.find((candidate) => candidate.number === port);
  const scheme = request.scheme ?? (registered?.tls || (!registered && port === 443) ? 'https' : 'http');
  const host = service && !service.host.startsWith('*') ? service.host : withoutPort(request.to);
  const protocol = registered?.protocol === 'tcp' || scheme === 'https' ? 'tcp' : 'http';
  const authority = request.host ?? addPort(service ? named : host, port, scheme);
  const serverName = scheme === 'https' ? { serverName: request.serverName ?? withoutPort(named) } : {};
  return {
    ...caller,
    assumptions: isForeign && request.host === undefined ? [...caller.assumptions, note] : caller.assumptions,
    service,
    resolved: { from: caller.proxy.title, to: host, port, authority, scheme, ...serverName, protocol, ...rest(model, request) },
  };
}

function gatewayCall(model: MeshModel, request: SimulatedRequest, gateway: string | true): Call {
  const found = gatewayOf(model, gateway);
  const all = serversOf(model, found.proxy);
  // A gateway whose servers all speak TLS is called so.
  const scheme = request.scheme ?? (all.length > 0 && all.every(isTls) && request.port === undefined ? 'https' : schemeAt(all, request.port));
  const port = request.port ?? all.find((placed) => isTls(placed) === (scheme === 'https'))?.server.port.number ?? (scheme === 'https' ? 443 : 80);
  const servers = all.filter((placed) => placed.server.port.number === port);
  const given = request.host ?? request.to;
  const authority = given ?? servedHost(model, found, servers);
  const serverName = scheme === 'https' ? { serverName: request.serverName ?? withoutPort(request.to ?? authority) } : {};
  const entry = entryOf(model, found.proxy, servers, port, {
    scheme,
    ...serverName,
    certificate: request.clientCertificate ? 'client' : 'none',
  });
  return {
    proxy: found.proxy,
    assumptions: [...found.assumptions, ...(given === undefined ? [`no host is given: taken as ${authority}`] : [])],
    entry,
    resolved: {
      from: 'outside',
      to: authority,
      port,
      authority,
      scheme,
      ...serverName,
      protocol: entry.kind === 'tcp' ? 'tcp' : 'http',
      gateway: found.proxy.gateway,
      ...rest(model, request),
    },
  };
}

function schemeAt(servers: readonly PlacedServer[], port: number | undefined): 'http' | 'https' {
  const onPort = servers.filter(({ server }) => server.port.number === port);
  return onPort.length > 0 && onPort.every(isTls) ? 'https' : 'http';
}

/** A host that a gateway serves, for those who do not care which. */
function servedHost(model: MeshModel, { proxy }: FoundProxy, servers: readonly PlacedServer[]): string {
  const tables = gatewayVirtualHosts(model, proxy, servers).flatMap((virtualHost) => virtualHost.domains);
  const names = servers.filter(isPassthrough).flatMap((placed) => gatewayTlsRoutes(model, proxy, placed).flatMap((found) => found.sniHosts));
  const served = [...tables, ...names][0];
  return served === undefined || served === '*' ? 'gateway.example' : served.replace('*', 'www');
}

function rest(model: MeshModel, request: SimulatedRequest): Pick<ResolvedCall, 'method' | 'path' | 'headers'> {
  return {
    method: request.method ?? 'GET',
    path: pathOf(request, model.context.pathNormalization),
    headers: Object.fromEntries(Object.entries(request.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value])),
  };
}

function servicesNamed(model: MeshModel, to: string): RegistryService[] {
  const host = withoutPort(to).replace(/\.$/, '');
  const [name, namespace] = splitName(host);
  const suffix = `.svc.${model.clusterDomain}`;
  return Registry.of(model).services.filter(
    (service) => service.host === host || (service.host.endsWith(suffix) && service.name === name && isShortFor(service, host, namespace, suffix)),
  );
}

function isShortFor(service: RegistryService, host: string, namespace: string | undefined, suffix: string): boolean {
  return (
    namespace === undefined ||
    (namespace === service.namespace &&
      [`${service.name}.${namespace}`, `${service.name}.${namespace}.svc`, `${service.name}.${namespace}${suffix}`].includes(host))
  );
}

function defaultPort(service: RegistryService | undefined, scheme: string | undefined): number {
  const suitable = service?.ports.find((port) => (scheme === 'https' ? port.tls : port.protocol !== 'tcp'));
  return suitable?.number ?? service?.ports[0]?.number ?? (scheme === 'https' ? 443 : 80);
}

/** Port that a name says itself: 9080 of `reviews:9080`. */
function portOf(to: string): number | undefined {
  const [, port] = /:(\d+)$/.exec(to) ?? [];
  return port === undefined ? undefined : Number(port);
}

function addPort(host: string, port: number, scheme: string): string {
  return host.includes(':') || port === (scheme === 'https' ? 443 : 80) ? host : `${host}:${port}`;
}
