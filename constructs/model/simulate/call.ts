import type { MeshModel } from '../mesh-model';
import { withoutPort } from './hosts';
import { pathOf } from './path';
import { callerOf, FoundProxy, gatewayOf, splitName } from './proxy';
import { Registry, RegistryService } from './registry';
import type { SimulatedRequest } from './request';
import { gatewayVirtualHosts, PlacedServer, serversOf } from './route-table';
import type { ResolvedCall } from './simulation';

/** A request with everything filled in, and what the mesh knows of both ends. */
export interface Call extends FoundProxy {
  readonly resolved: ResolvedCall;
  /** The Service that is called; nothing for a host that the mesh does not know, and at gateways. */
  readonly service?: RegistryService;
  /** Servers of the listener that a request to a gateway arrives at. */
  readonly servers: readonly PlacedServer[];
}

/**
 * Fills a request in.
 * @throws Error naming a Service, workload or gateway that the model does not have
 */
export function resolveCall(model: MeshModel, request: SimulatedRequest): Call {
  return request.gateway === undefined ? meshCall(model, request) : gatewayCall(model, request, request.gateway);
}

function meshCall(model: MeshModel, request: SimulatedRequest): Call {
  if (request.to === undefined) {
    throw new Error('to: a request inside the mesh needs the Service or host that it calls. Give `to`, or a `gateway` to come in by.');
  }
  const candidates = servicesNamed(model, request.to);
  const home = candidates[0]?.namespace ?? model.workloads[0]?.namespace ?? 'default';
  const caller = callerOf(model, request.from, home);
  const service =
    candidates.find((candidate) => candidate.namespace === caller.proxy.namespace) ??
    candidates[0] ??
    Registry.of(model).find(request.to.toLowerCase(), caller.proxy.namespace);
  if (!service && !request.to.includes('.')) {
    const known = Registry.of(model).services.map((candidate) => candidate.name);
    throw new Error(
      `to: the model has no Service ${JSON.stringify(request.to)}. Name one of: ${[...new Set(known)].sort().join(', ') || 'there is none'}.`,
    );
  }
  const scheme = request.scheme ?? 'http';
  const port = request.port ?? defaultPort(service, scheme);
  const host = service && !service.host.startsWith('*') ? service.host : withoutPort(request.to);
  const registered = service?.ports.find((candidate) => candidate.number === port);
  const protocol = registered?.protocol === 'tcp' || (!registered && scheme === 'https') ? 'tcp' : 'http';
  const authority = request.host ?? addPort(service ? request.to : host, port, scheme);
  return {
    ...caller,
    service,
    servers: [],
    resolved: { from: caller.proxy.title, to: host, port, authority, scheme, protocol, ...rest(request) },
  };
}

function gatewayCall(model: MeshModel, request: SimulatedRequest, gateway: string | true): Call {
  const found = gatewayOf(model, gateway);
  const scheme = request.scheme ?? 'http';
  const all = serversOf(model, found.proxy);
  const speaks = ({ server }: PlacedServer): boolean => (scheme === 'https') === ['HTTPS', 'TLS'].includes(server.port.protocol.toUpperCase());
  const port = request.port ?? all.find(speaks)?.server.port.number ?? (scheme === 'https' ? 443 : 80);
  const servers = all.filter((placed) => placed.server.port.number === port);
  const served = gatewayVirtualHosts(model, found.proxy, servers).flatMap((virtualHost) => virtualHost.domains)[0];
  const given = request.host ?? request.to;
  const authority = given ?? (served === undefined || served === '*' ? 'gateway.example' : served.replace('*', 'www'));
  const tcp =
    servers.length > 0 &&
    servers.every(({ server }) => ['TCP', 'TLS'].includes(server.port.protocol.toUpperCase()) || server.tls?.mode === 'PASSTHROUGH');
  return {
    proxy: found.proxy,
    assumptions: [...found.assumptions, ...(given === undefined ? [`no host is given: taken as ${authority}`] : [])],
    servers,
    resolved: {
      from: 'outside',
      to: authority,
      port,
      authority,
      scheme,
      protocol: tcp ? 'tcp' : 'http',
      gateway: found.proxy.gateway,
      ...rest(request),
    },
  };
}

function rest(request: SimulatedRequest): Pick<ResolvedCall, 'method' | 'path' | 'headers'> {
  return {
    method: request.method ?? 'GET',
    path: pathOf(request),
    headers: Object.fromEntries(Object.entries(request.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value])),
  };
}

function servicesNamed(model: MeshModel, to: string): RegistryService[] {
  const [name, namespace] = splitName(withoutPort(to));
  const suffix = `.svc.${model.clusterDomain}`;
  const host = withoutPort(to);
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

function defaultPort(service: RegistryService | undefined, scheme: string): number {
  const http = service?.ports.find((port) => port.protocol !== 'tcp');
  return http?.number ?? service?.ports[0]?.number ?? (scheme === 'https' ? 443 : 80);
}

function addPort(host: string, port: number, scheme: string): string {
  return host.includes(':') || port === (scheme === 'https' ? 443 : 80) ? host : `${host}:${port}`;
}
