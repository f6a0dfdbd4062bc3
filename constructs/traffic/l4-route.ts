import type { VirtualServiceTcp, VirtualServiceTcpMatch, VirtualServiceTls, VirtualServiceTlsMatch } from '../istio/generated/virtual-service';
import type { IMesh } from '../mesh/mesh';
import type { Destination } from './destination';
import { list } from './http-route';

/** A route for connections of a protocol that Istio does not read. */
export interface TcpRouteProps {
  /** One match, or several of which one must hold. @default every connection */
  readonly match?: VirtualServiceTcpMatch | readonly VirtualServiceTcpMatch[];
  /** One destination, or several with weights. */
  readonly to: Destination | readonly Destination[];
}

/** A route for TLS that passes through. */
export interface TlsRouteProps {
  /** Names that clients ask for. */
  readonly sniHosts: readonly string[];
  /** Further conditions. @default none */
  readonly match?: Omit<VirtualServiceTlsMatch, 'sniHosts'>;
  /** One destination, or several with weights. */
  readonly to: Destination | readonly Destination[];
}

/** Whether a route is in Istio's own words. */
export function isSpec<Spec extends object>(route: Spec | TcpRouteProps): route is Exclude<Spec, TcpRouteProps> {
  return !('to' in route);
}

/** Renders a route for TCP for a mesh. */
export function renderTcpRoute(route: TcpRouteProps, mesh: IMesh): VirtualServiceTcp {
  return { match: route.match && list(route.match), route: targets(route, mesh) };
}

/** Renders a route for TLS for a mesh. */
export function renderTlsRoute(route: TlsRouteProps, mesh: IMesh): VirtualServiceTls {
  return { match: [{ ...route.match, sniHosts: route.sniHosts }], route: targets(route, mesh) };
}

function targets(route: Pick<TcpRouteProps, 'to'>, mesh: IMesh): VirtualServiceTcp['route'] {
  return list(route.to).map((destination) => {
    const { destination: target, weight } = destination.toRouteSpec(mesh);
    return { destination: target, weight };
  });
}
