import type { MeshModel } from '../mesh-model';
import { Call, resolveCall } from './call';
import { deliver, Delivery, Target } from './destinations';
import { extensionNotes } from './extensions';
import { baseOf, directly, layer4, route } from './found-route';
import { withoutPort } from './hosts';
import { forHost, routeForName, sidecarTcpRoute, sidecarTlsRoutes } from './layer4';
import { onwards } from './onward';
import { answeredByMesh, delivered } from './outcome';
import { sourceOf } from './policy-scope';
import type { RegistryPort } from './registry';
import type { SimulatedRequest } from './request';
import { sidecarVirtualHosts, virtualHostFor } from './route-table';
import { Scope, scopeOf } from './sidecar-scope';
import type { Simulation } from './simulation';
import { deliveryOf, throughGateway } from './through-gateway';
import type { Token } from './tokens';

/**
 * What the mesh of a model does with a request: route, shares, faults, policies, mutual TLS. Follows istiod and its proxies, offline.
 * @throws Error where the request names a Service, workload or gateway that the model does not have
 */
export function simulate(model: MeshModel, request: SimulatedRequest): Simulation {
  const call = resolveCall(model, request);
  const token: Token | undefined =
    request.claims || request.invalidToken ? { claims: request.claims ?? {}, valid: !request.invalidToken } : undefined;
  const simulation = call.entry
    ? throughGateway(model, request, call, call.entry, token)
    : onwards(model, request, call, token, fromWorkload(model, request, call, token));
  const notes = extensionNotes(model, call.proxy, simulation);
  return notes.length > 0 ? { ...simulation, assumptions: [...simulation.assumptions, ...notes] } : simulation;
}

function fromWorkload(model: MeshModel, request: SimulatedRequest, call: Call, token: Token | undefined): Simulation {
  const { resolved, proxy } = call;
  const delivery = deliveryOf(model, request, call, token);
  if (proxy.kind === 'none') {
    return call.service ? directly(delivery, 'the caller has no sidecar: the Service itself chooses a pod') : unknownHost(delivery, undefined);
  }
  const scope = scopeOf(model, proxy, resolved.port, call.service);
  const scoped: Delivery = { ...delivery, scope };
  const known = call.service && scope.services.includes(call.service) ? call.service : undefined;
  const port = known?.ports.find((candidate) => candidate.number === resolved.port);
  if (resolved.protocol === 'tcp') {
    return connection(scoped, scope, port);
  }
  const hosts = sidecarVirtualHosts(model, scope, proxy, resolved.port);
  // Where the proxy has to look at the bytes to tell the protocol, it goes by the address that was called, not by the Host header.
  const host =
    known && port?.protocol === 'auto'
      ? hosts.find((candidate) => candidate.domains.includes(known.host))
      : virtualHostFor(hosts, withoutPort(resolved.authority));
  if (!host) {
    return unknownHost(scoped, scope);
  }
  return route(scoped, host, resolved.port, undefined);
}

/** A connection that the caller's proxy does not read: ports that speak TLS have TLS routes alone, others TCP routes alone. */
function connection(delivery: Delivery, scope: Scope, port: RegistryPort | undefined): Simulation {
  const { model, call } = delivery;
  const { resolved, proxy } = call;
  // A listener for HTTP passes on what is not HTTP, as it does with hosts that it does not know.
  if (!port || (port.protocol === 'http' && delivery.encrypted)) {
    return unknownHost(delivery, scope, port && `${resolved.to}:${resolved.port} is a port for plain HTTP, and the client speaks TLS`);
  }
  const virtualServices = forHost(scope.virtualServices, resolved.to);
  if (!port.tls) {
    const found = sidecarTcpRoute(virtualServices, proxy, resolved.port, model.clusterDomain);
    return found ? layer4(delivery, found) : directly(delivery, 'no TCP route fits: the Service itself chooses a pod');
  }
  const routes = sidecarTlsRoutes(virtualServices, proxy, resolved.port, model.clusterDomain);
  if (routes.length === 0) {
    return directly(delivery, 'no TLS route fits: the Service itself chooses a pod');
  }
  const found = routeForName(routes, resolved.serverName);
  return found ? layer4(delivery, found) : unknownHost(delivery, scope);
}

/** A host that the mesh does not know: passed on as it is, or blocked. */
function unknownHost(delivery: Delivery, scope: Scope | undefined, reason?: string): Simulation {
  const { call } = delivery;
  const { resolved } = call;
  const base = baseOf(call);
  // Of HTTP, proxies read the Host header.
  const asked = `${resolved.protocol === 'http' ? withoutPort(resolved.authority) : resolved.to}:${resolved.port}`;
  if (scope?.outbound === 'REGISTRY_ONLY') {
    const by = scope.object ? sourceOf(scope.object, 'outboundTrafficPolicy') : undefined;
    const unknown = reason ?? `${asked} is not in the registry`;
    const because = `${unknown}, and ${by ? by.title : 'the mesh'} lets out to known hosts only (REGISTRY_ONLY)`;
    const blocked = { ...base, route: { name: 'BlackHoleCluster', source: by, why: because } };
    // Port 80 is that of the mesh's own gateways, which few models hold.
    const listens = resolved.port === 80 || scope.services.some((service) => service.ports.some(isHttpOn(resolved.port)));
    return resolved.protocol === 'http' && listens
      ? answeredByMesh(blocked, 'failed', `${because}: 502`, { status: 502 })
      : answeredByMesh(blocked, 'failed', `${because}: the connection is closed${reason ? '' : ', as no host that the caller knows has HTTP on that port'}`);
  }
  const why = reason ? `${reason}: the caller's proxy passes the bytes on (ALLOW_ANY)` : `${asked} is not known to the caller's proxy, which passes the bytes on (ALLOW_ANY)`;
  const passing = { ...base, route: { name: 'PassthroughCluster', why: call.proxy.kind === 'none' ? 'the caller has no sidecar' : why } };
  if (call.service?.object.kind === 'Service' || (call.service && reason)) {
    const target: Target = { destination: { host: call.service.host, port: { number: resolved.port } }, percent: 100 };
    return delivered(passing, deliver({ ...delivery, passthrough: true }, target), {});
  }
  const policy = { verdict: 'allow', why, observed: [] } as const;
  const destination = { host: resolved.to, port: resolved.port, version: resolved.to, percent: 100, routable: true, reached: true, policy };
  return delivered(passing, [destination], {});
}

function isHttpOn(number: number): (port: RegistryPort) => boolean {
  return (port) => port.number === number && port.protocol === 'http';
}
