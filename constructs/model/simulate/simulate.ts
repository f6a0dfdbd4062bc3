import type { MeshModel } from '../mesh-model';
import { authorize } from './authorization';
import { Call, resolveCall } from './call';
import { deliver, Delivery, stickyBy, stickyNote, Target, targetsOf } from './destinations';
import { hostsForNamespace, isSubsetOf, mostSpecific, overlaps, withoutPort } from './hosts';
import { layer4Route } from './layer4';
import { answeredByMesh, Base, delivered } from './outcome';
import { queryOf, split } from './path';
import { sourceOf } from './policy-scope';
import type { RegistryPort } from './registry';
import type { SimulatedRequest } from './request';
import { DEFAULT_RETRIES } from './route-action';
import { followRoute } from './routed';
import { mismatch } from './route-match';
import { fieldOf, gatewayVirtualHosts, sidecarVirtualHosts, virtualHostFor, VirtualHost } from './route-table';
import { Scope, scopeOf } from './sidecar-scope';
import { NO_CHANGES, ResolvedCall, Simulation } from './simulation';
import { checkToken, Token } from './tokens';
import { MESH, visibleVirtualServices } from './virtual-services';

/**
 * What the mesh of a model does with a request: route, shares, faults, policies, mutual TLS. Follows istiod and its proxies, offline.
 * @throws Error where the request names a Service, workload or gateway that the model does not have
 */
export function simulate(model: MeshModel, request: SimulatedRequest): Simulation {
  const call = resolveCall(model, request);
  const token: Token | undefined =
    request.claims || request.invalidToken ? { claims: request.claims ?? {}, valid: !request.invalidToken } : undefined;
  return call.proxy.kind === 'gateway' ? throughGateway(model, request, call, token) : fromWorkload(model, request, call, token);
}

function fromWorkload(model: MeshModel, request: SimulatedRequest, call: Call, token: Token | undefined): Simulation {
  const { resolved, proxy } = call;
  const delivery = deliveryOf(model, request, call, token);
  if (proxy.kind === 'none') {
    return call.service ? directly(delivery, 'the caller has no sidecar: the Service itself chooses a pod') : unknownHost(delivery, undefined);
  }
  const scope = scopeOf(model, proxy);
  const scoped: Delivery = { ...delivery, scope };
  const known = call.service && scope.services.includes(call.service) ? call.service : undefined;
  const port = known?.ports.find((candidate) => candidate.number === resolved.port);
  if (resolved.protocol === 'tcp') {
    return layer4(scoped, visible(scope, resolved.to), MESH, known !== undefined && port !== undefined);
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

function throughGateway(model: MeshModel, request: SimulatedRequest, call: Call, token: Token | undefined): Simulation {
  const { resolved, proxy, servers } = call;
  const base = baseOf(call);
  const path = split(resolved.path)[0];
  if (servers.length === 0) {
    return answeredByMesh(base, 'failed', `${proxy.title} has no server on port ${resolved.port}: the connection is refused`);
  }
  const serverName = withoutPort(resolved.authority);
  if (resolved.protocol === 'tcp') {
    const sni = resolved.scheme === 'https' ? serverName : undefined;
    const candidates = servers.flatMap(({ gateway }) =>
      visibleVirtualServices(model, gateway, proxy.namespace).map((virtualService) => ({ gateway, virtualService })),
    );
    const gateway = candidates[0]?.gateway ?? servers[0].gateway;
    return layer4(
      deliveryOf(model, request, call, token),
      candidates.map(({ virtualService }) => virtualService),
      gateway,
      false,
      sni,
    );
  }
  // TLS servers are told apart by the name in the handshake, each with a table of its own; plaintext servers of a port share one.
  const isTls = servers.some(({ server }) => server.port.protocol.toUpperCase() === 'HTTPS');
  const tlsHosts = servers.flatMap(({ server, namespace }) => hostsForNamespace(server.hosts, namespace, namespace));
  const chosen = isTls ? mostSpecific(serverName, tlsHosts) : undefined;
  const listening = isTls
    ? servers.filter(({ server, namespace }) => chosen !== undefined && hostsForNamespace(server.hosts, namespace, namespace).includes(chosen))
    : servers;
  if (listening.length === 0) {
    return answeredByMesh(base, 'failed', `${proxy.title} has no TLS server for ${serverName}: the handshake fails`);
  }
  const pods = { namespace: proxy.namespace, labels: proxy.labels };
  const checked = checkToken(model, pods, token);
  const inbound = {
    tcp: false,
    port: resolved.port,
    path,
    method: resolved.method,
    authority: resolved.authority,
    headers: resolved.headers,
    claims: checked.claims,
    sourceIp: request.sourceIp,
    remoteIp: request.sourceIp,
    trustDomain: model.trustDomain,
  };
  const policy = checked.refused ?? authorize(model, pods, inbound, request.externalAuthorization ?? 'allow');
  if (policy.verdict === 'deny') {
    return answeredByMesh(base, 'denied', `${proxy.title} answers ${policy.status}: ${policy.why}`, { policy, status: policy.status });
  }
  const host = virtualHostFor(gatewayVirtualHosts(model, proxy, listening), serverName);
  if (!host) {
    return answeredByMesh(base, 'failed', `${proxy.title} has no route for the host ${serverName}: 404`, { status: 404, policy });
  }
  if (host.requireTls && resolved.scheme === 'http') {
    const location = `https://${serverName}${resolved.path}`;
    return answeredByMesh(base, 'redirected', `${proxy.title} sends the client to ${location}`, {
      status: 301,
      redirect: { status: 301, location },
      policy,
    });
  }
  const delivery = deliveryOf(model, request, call, checked.forwarded ? token : undefined);
  return route(delivery, host, resolved.port, checked.claims, policy);
}

/** Finds the line of a table that takes the request, and follows it. */
function route(
  delivery: Delivery,
  host: VirtualHost,
  port: number,
  claims: Token['claims'] | undefined,
  gatewayPolicy?: Simulation['policy'],
): Simulation {
  const { resolved } = delivery.call;
  if (host.lines.length === 0 && host.service) {
    return directly(delivery, `no VirtualService that the caller sees routes for ${host.service.host}: the Service's own route`);
  }
  const input = { ...resolved, path: split(resolved.path)[0], query: queryOf(resolved.path), claims };
  const tried: string[] = [];
  for (const line of host.lines) {
    const reason = line.match && mismatch(line.match, input);
    if (reason === undefined) {
      return followRoute({ ...baseOf(delivery.call), tried }, delivery, line, port, gatewayPolicy);
    }
    tried.push(`${sourceOf(line.placed.object, '').title} ${fieldOf(line)}: ${reason}`);
  }
  const titles = new Set(host.lines.map((line) => sourceOf(line.virtualService.object, '').title));
  const summary = `no route of ${[...titles].join(', ')} takes ${resolved.method} ${resolved.path}: 404`;
  return answeredByMesh({ ...baseOf(delivery.call), tried }, 'failed', summary, { status: 404, policy: gatewayPolicy });
}

function directly(delivery: Delivery, why: string): Simulation {
  const { call } = delivery;
  const target: Target = { destination: { host: call.service?.host ?? call.resolved.to, port: { number: call.resolved.port } }, percent: 100 };
  const sticky = stickyBy(delivery, target.destination);
  const base = { ...baseOf(call), route: { name: 'default', why } };
  const assumptions = sticky ? [...base.assumptions, stickyNote(sticky)] : base.assumptions;
  const retries = call.proxy.kind === 'none' || call.resolved.protocol === 'tcp' ? undefined : DEFAULT_RETRIES;
  return delivered({ ...base, assumptions }, deliver(delivery, target), { retries });
}

function layer4(
  delivery: Delivery,
  virtualServices: Parameters<typeof layer4Route>[0],
  gateway: string,
  hasDefault: boolean,
  sni?: string,
): Simulation {
  const { model, call } = delivery;
  const serverName = sni ?? (call.resolved.scheme === 'https' ? call.resolved.to : undefined);
  const found = layer4Route(virtualServices, call.proxy, gateway, call.resolved.port, serverName, model.clusterDomain);
  if (!found) {
    if (hasDefault) {
      return directly(delivery, 'no TCP or TLS route fits: the Service itself chooses a pod');
    }
    return delivery.scope
      ? unknownHost(delivery, delivery.scope)
      : answeredByMesh(baseOf(call), 'failed', `${call.proxy.title} has no route for the connection, and closes it`);
  }
  return delivered(
    { ...baseOf(call), route: found.route },
    targetsOf(found.targets).flatMap((target) => deliver(delivery, target)),
    {},
  );
}

function visible(scope: Scope, host: string): Scope['virtualServices'] {
  return scope.virtualServices.filter((virtualService) =>
    virtualService.hosts.some((candidate) => isSubsetOf(host, candidate) || overlaps(host, candidate)),
  );
}

/** A host that the mesh does not know: passed on as it is, or blocked. */
function unknownHost(delivery: Delivery, scope: Scope | undefined): Simulation {
  const { call } = delivery;
  const { resolved } = call;
  const base = baseOf(call);
  if (scope?.outbound === 'REGISTRY_ONLY') {
    const by = scope.object ? sourceOf(scope.object, 'outboundTrafficPolicy') : undefined;
    const because = `${resolved.to}:${resolved.port} is not in the registry, and ${by ? by.title : 'the mesh'} lets out to known hosts only (REGISTRY_ONLY)`;
    const blocked = { ...base, route: { name: 'BlackHoleCluster', source: by, why: because } };
    // Port 80 is that of the mesh's own gateways, which few models hold.
    const listens = resolved.port === 80 || scope.services.some((service) => service.ports.some(isHttpOn(resolved.port)));
    return resolved.protocol === 'http' && listens
      ? answeredByMesh(blocked, 'failed', `${because}: 502`, { status: 502 })
      : answeredByMesh(blocked, 'failed', `${because}: the connection is closed, as no host that the caller knows has HTTP on that port`);
  }
  const why = `${resolved.to}:${resolved.port} is not known to the caller's proxy, which passes the bytes on (ALLOW_ANY)`;
  const passing = { ...base, route: { name: 'PassthroughCluster', why: call.proxy.kind === 'none' ? 'the caller has no sidecar' : why } };
  if (call.service) {
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

function deliveryOf(model: MeshModel, request: SimulatedRequest, call: Call, token: Token | undefined): Delivery {
  const { path, authority } = call.resolved;
  return { model, request, call, path, authority, headerChanges: NO_CHANGES, token };
}

function baseOf(call: Call): Base & { readonly call: ResolvedCall } {
  return { call: call.resolved, assumptions: call.assumptions, tried: [] };
}
