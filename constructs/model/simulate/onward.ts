import type { MeshModel } from '../mesh-model';
import type { Call } from './call';
import { entryOf } from './gateway-entry';
import { gatewayOfWorkload } from './gateway-proxy';
import { serversOf } from './gateway-servers';
import type { SimulatedRequest } from './request';
import { applyChanges } from './route-action';
import type { DestinationShare, Simulation } from './simulation';
import { throughGateway } from './through-gateway';
import type { Token } from './tokens';

/** Follows a request that a route sends to a gateway, such as an egress gateway, to where that sends it. */
export function onwards(model: MeshModel, request: SimulatedRequest, call: Call, token: Token | undefined, first: Simulation): Simulation {
  const share = first.destinations.find((candidate) => candidate.reached && candidate.workload && gatewayOfWorkload(model, candidate.workload));
  const onward = share && beyond(model, request, call, token, first, share);
  if (!onward) {
    return first;
  }
  const lost = onward.outcome === 'denied' || onward.outcome === 'failed';
  const destinations = first.destinations.map((candidate) =>
    candidate.reached && candidate.workload && gatewayOfWorkload(model, candidate.workload)
      ? { ...candidate, policy: onward.policy, ...(lost ? { reached: false, status: onward.status, why: onward.summary } : {}) }
      : candidate,
  );
  const all = destinations.every((candidate) => !candidate.reached);
  const answered = onward.outcome !== 'routed' && destinations.length === 1;
  return {
    ...first,
    destinations,
    onward,
    policy: onward.policy,
    outcome: (lost && all) || answered ? onward.outcome : first.outcome,
    status: (lost && all) || answered ? onward.status : first.status,
    redirect: first.redirect ?? onward.redirect,
    summary: `${first.summary}; then ${onward.summary}`,
  };
}

function beyond(
  model: MeshModel,
  request: SimulatedRequest,
  call: Call,
  token: Token | undefined,
  first: Simulation,
  share: DestinationShare,
): Simulation | undefined {
  const proxy = share.workload && gatewayOfWorkload(model, share.workload);
  if (!proxy) {
    return undefined;
  }
  const { resolved } = call;
  const encrypted = share.mtls !== undefined && share.mtls.client !== 'plaintext';
  const own = resolved.protocol === 'tcp' && resolved.scheme === 'https';
  const scheme = encrypted || own ? 'https' : 'http';
  const serverName = encrypted ? share.mtls.serverName : resolved.serverName;
  const port = share.port ?? resolved.port;
  const servers = serversOf(model, proxy).filter(({ server }) => server.port.number === port);
  const certificate = share.mtls?.client === 'mutual' ? 'mesh' : share.mtls?.client === 'tls' && share.mtls.withCertificate ? 'client' : 'none';
  const entry = entryOf(model, proxy, servers, port, { scheme, serverName, certificate });
  const headers = applyChanges(applyChanges(resolved.headers, first.headers.request), share.headers?.request ?? { set: {}, add: {}, remove: [] });
  const next: Call = {
    proxy,
    assumptions: [],
    peer: share.mtls?.identity,
    nestedTls: encrypted && own,
    resolved: {
      ...resolved,
      from: resolved.from,
      to: first.rewrite?.authority ?? resolved.authority,
      authority: first.rewrite?.authority ?? resolved.authority,
      path: first.rewrite?.path ?? resolved.path,
      port,
      scheme,
      serverName,
      headers,
      protocol: entry.kind === 'tcp' ? 'tcp' : 'http',
      gateway: proxy.gateway,
    },
  };
  return throughGateway(model, { ...request, sourceIp: undefined }, next, entry, token);
}
