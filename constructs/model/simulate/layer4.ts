import type { VirtualServiceTcpMatch, VirtualServiceTcpRoute, VirtualServiceTlsMatch } from '../../istio/generated';
import { qualifiedHost } from '../../traffic/host';
import type { MeshModel } from '../mesh-model';
import type { PlacedServer } from './gateway-servers';
import { hostsForNamespace, mostSpecific, overlaps } from './hosts';
import { sourceOf } from './policy-scope';
import type { Proxy } from './proxy';
import type { MatchedRoute } from './simulation';
import { EffectiveVirtualService, gatewayName, MESH, visibleVirtualServices } from './virtual-services';

/** A TCP or TLS route that takes a connection. */
export interface Layer4Route {
  readonly route: MatchedRoute;
  readonly targets: readonly VirtualServiceTcpRoute[];
}

/** A route for connections whose handshake names one of these hosts. */
export interface TlsRoute extends Layer4Route {
  readonly sniHosts: readonly string[];
}

type Match = VirtualServiceTcpMatch | VirtualServiceTlsMatch;
/** Whether a match, in a VirtualService of a namespace, is for a proxy. */
type Applies = (match: Match, namespace: string) => boolean;

/** TLS routes of a sidecar's VirtualServices for a port, those of one list of hosts only once. */
export function sidecarTlsRoutes(
  virtualServices: readonly EffectiveVirtualService[],
  proxy: Proxy,
  port: number,
  clusterDomain: string,
): TlsRoute[] {
  return tlsRoutes(virtualServices, (match) => isForSidecar(match, proxy, port), clusterDomain);
}

/** The first TCP route of a sidecar's VirtualServices for a port. */
export function sidecarTcpRoute(
  virtualServices: readonly EffectiveVirtualService[],
  proxy: Proxy,
  port: number,
  clusterDomain: string,
): Layer4Route | undefined {
  return tcpRoute(virtualServices, (match) => isForSidecar(match, proxy, port), clusterDomain);
}

/** TLS routes that a passthrough server of a gateway has. */
export function gatewayTlsRoutes(model: MeshModel, proxy: Proxy, placed: PlacedServer): TlsRoute[] {
  return tlsRoutes(virtualServicesOfServer(model, proxy, placed), (match, namespace) => isForServer(match, placed, namespace), model.clusterDomain);
}

/** The TCP route that a server of a gateway has: one for all its connections. */
export function gatewayTcpRoute(model: MeshModel, proxy: Proxy, placed: PlacedServer): Layer4Route | undefined {
  return tcpRoute(virtualServicesOfServer(model, proxy, placed), (match, namespace) => isForServer(match, placed, namespace), model.clusterDomain);
}

/** The route whose hosts say most about the name in a handshake; without a name, one that takes any. */
export function routeForName<Route extends { readonly sniHosts: readonly string[] }>(
  routes: readonly Route[],
  serverName: string | undefined,
): Route | undefined {
  const host = serverName === undefined ? '*' : mostSpecific(serverName, new Set(routes.flatMap(({ sniHosts }) => sniHosts)));
  return host === undefined ? undefined : routes.find(({ sniHosts }) => sniHosts.includes(host));
}

function virtualServicesOfServer(model: MeshModel, proxy: Proxy, { gateway, server, namespace }: PlacedServer): EffectiveVirtualService[] {
  return visibleVirtualServices(model, gateway, proxy.namespace).filter((virtualService) =>
    hostsForNamespace(server.hosts, virtualService.namespace, namespace).some((host) =>
      virtualService.hosts.some((candidate) => overlaps(candidate, host)),
    ),
  );
}

function tlsRoutes(virtualServices: readonly EffectiveVirtualService[], applies: Applies, clusterDomain: string): TlsRoute[] {
  const found: TlsRoute[] = [];
  for (const virtualService of virtualServices) {
    for (const [index, route] of (virtualService.spec.tls ?? []).entries()) {
      for (const [matchIndex, match] of (route.match ?? []).entries()) {
        const known = found.some(({ sniHosts }) => sniHosts.join() === match.sniHosts.join());
        if (applies(match, virtualService.namespace) && !known) {
          const why = `the handshake names ${match.sniHosts.join(' or ')}`;
          found.push({ ...placedRoute(virtualService, 'tls', index, matchIndex, why, route.route, clusterDomain), sniHosts: match.sniHosts });
        }
      }
    }
  }
  return found;
}

function tcpRoute(
  virtualServices: readonly EffectiveVirtualService[],
  applies: Applies,
  clusterDomain: string,
): Layer4Route | undefined {
  for (const virtualService of virtualServices) {
    for (const [index, route] of (virtualService.spec.tcp ?? []).entries()) {
      const matches = route.match ?? [];
      const matchIndex = matches.findIndex((match) => applies(match, virtualService.namespace));
      if (matches.length === 0 || matchIndex >= 0) {
        return placedRoute(virtualService, 'tcp', index, matchIndex, 'the connection fits', route.route, clusterDomain);
      }
    }
  }
  return undefined;
}

function placedRoute(
  { object, namespace, gatewayApi }: EffectiveVirtualService,
  kind: 'tls' | 'tcp',
  index: number,
  matchIndex: number,
  why: string,
  targets: readonly VirtualServiceTcpRoute[] | undefined,
  clusterDomain: string,
): Layer4Route {
  const name = gatewayApi ? `rules[${index}]` : `${kind}[${index}]`;
  const field = gatewayApi || matchIndex < 0 ? name : `${name}.match[${matchIndex}]`;
  const full = (host: string): string => (host === '' ? host : qualifiedHost(host, namespace, clusterDomain));
  return {
    route: { name, source: sourceOf(object, field), why },
    targets: (targets ?? []).map((target) => ({ ...target, destination: { ...target.destination, host: full(target.destination.host) } })),
  };
}

function isForSidecar(match: Match, proxy: Proxy, port: number): boolean {
  return (
    (!match.port || match.port === port) &&
    (!match.gateways?.length || match.gateways.includes(MESH)) &&
    Object.entries(match.sourceLabels ?? {}).every(([label, value]) => proxy.labels[label] === value) &&
    (!match.sourceNamespace || match.sourceNamespace === proxy.namespace)
  );
}

function isForServer(match: Match, { server, gateway }: PlacedServer, namespace: string): boolean {
  const named = (match.gateways ?? []).map((name) => gatewayName(name, namespace));
  return (!match.port || match.port === server.port.number) && (named.length === 0 || named.includes(gateway));
}

/** VirtualServices of a scope for a host that is called. */
export function forHost(virtualServices: readonly EffectiveVirtualService[], host: string): EffectiveVirtualService[] {
  return virtualServices.filter(({ hosts }) => hosts.some((candidate) => overlaps(host, candidate)));
}
