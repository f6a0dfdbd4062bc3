import type { MeshModel } from '../mesh-model';
import { authorize } from './authorization';
import type { Call } from './call';
import type { Delivery } from './destinations';
import { baseOf, layer4, route } from './found-route';
import type { Entry } from './gateway-entry';
import { withoutPort } from './hosts';
import { answeredByMesh } from './outcome';
import { split } from './path';
import { workloadPort } from './pods';
import type { Proxy } from './proxy';
import { Registry } from './registry';
import { applyChanges } from './route-action';
import type { SimulatedRequest } from './request';
import { gatewayVirtualHosts, virtualHostFor } from './route-table';
import { NO_CHANGES, PolicyVerdict, Simulation } from './simulation';
import { checkToken, Token, TokenCheck } from './tokens';

/** What a gateway does with a connection that it takes: its own tokens and policies first, then its routes. */
export function throughGateway(model: MeshModel, request: SimulatedRequest, call: Call, entry: Entry, token: Token | undefined): Simulation {
  const { resolved, proxy } = call;
  const base = baseOf(call);
  const nested = call.nestedTls === true;
  if (nested && entry.kind === 'http') {
    return answeredByMesh(base, 'failed', `${proxy.title} ends the TLS that the proxy started, and finds TLS of the client where HTTP should be`);
  }
  if (entry.kind === 'closed') {
    return answeredByMesh(base, 'failed', entry.why);
  }
  const tcp = entry.kind === 'tcp';
  const pods = { namespace: proxy.namespace, labels: proxy.labels };
  const checked: TokenCheck = tcp ? { forwarded: true, headers: NO_CHANGES } : checkToken(model, pods, token);
  const headers = applyChanges(resolved.headers, checked.headers);
  const inbound = {
    tcp,
    port: podPort(model, proxy, resolved.port),
    path: split(resolved.path)[0],
    method: resolved.method,
    authority: resolved.authority,
    serverName: resolved.serverName,
    headers,
    claims: checked.claims,
    identity: call.peer,
    sourceIp: request.sourceIp,
    remoteIp: request.sourceIp,
    trustDomain: model.trustDomain,
  };
  const encrypted = nested || (tcp && resolved.scheme === 'https' && !entry.ends);
  const policy: PolicyVerdict = checked.refused ?? authorize(model, pods, inbound, request.externalAuthorization ?? 'allow');
  if (policy.verdict === 'deny') {
    const answer = tcp ? 'closes the connection' : `answers ${policy.status}`;
    return answeredByMesh(base, 'denied', `${proxy.title} ${answer}: ${policy.why}`, { policy, status: tcp ? undefined : policy.status });
  }
  const noted = { ...call, assumptions: [...call.assumptions, ...(policy.unknown ?? [])] };
  const delivery = { ...deliveryOf(model, request, noted, checked.forwarded ? token : undefined), headers, encrypted };
  if (entry.kind === 'tcp') {
    return entry.found
      ? layer4(delivery, entry.found, policy)
      : answeredByMesh(base, 'failed', `${proxy.title} has no route for the connection, and closes it`);
  }
  const name = withoutPort(resolved.authority);
  const host = virtualHostFor(gatewayVirtualHosts(model, proxy, entry.servers), name);
  if (!host) {
    return answeredByMesh(base, 'failed', `${proxy.title} has no route for the host ${name}: 404`, { status: 404, policy });
  }
  if (host.requireTls && resolved.scheme === 'http') {
    const location = `https://${resolved.authority}${resolved.path}`;
    const redirect = { status: 301, location };
    return answeredByMesh(base, 'redirected', `${proxy.title} sends the client to ${location}`, { status: 301, redirect, policy });
  }
  return route(delivery, host, entry.servers[0].server.port.number, checked.claims, policy);
}

/** Policies see the port of the pods. */
function podPort(model: MeshModel, { namespace, labels }: Proxy, port: number): number {
  for (const service of Registry.of(model).services.filter((candidate) => candidate.namespace === namespace && candidate.selector)) {
    const found = service.ports.find((candidate) => candidate.number === port);
    if (found && Object.entries(service.selector ?? {}).every(([label, value]) => labels[label] === value)) {
      return workloadPort(found, undefined);
    }
  }
  return port;
}

/** A call on its way, before any route has changed it. */
export function deliveryOf(model: MeshModel, request: SimulatedRequest, call: Call, token: Token | undefined): Delivery {
  const { path, authority } = call.resolved;
  const encrypted = call.resolved.protocol === 'tcp' && call.resolved.scheme === 'https';
  return { model, request, call, path, authority, headers: call.resolved.headers, headerChanges: NO_CHANGES, token, encrypted };
}
