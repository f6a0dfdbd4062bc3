import type { HTTPRouteParentRefs } from '../../gateway-api/generated/http-route';
import type { MeshModel } from '../mesh-model';
import { AnyObject, ModelObject, namespaceOf } from '../object';
import { overlaps, isSubsetOf, isWildcard } from '../simulate/hosts';
import type { Listener } from './listeners';
import { GATEWAY_API, RouteKind } from './references';

/** What routes of every kind say of where they attach. */
export interface RouteSpec {
  readonly parentRefs?: readonly HTTPRouteParentRefs[];
  readonly hostnames?: readonly string[];
}

/** A place that a route attaches to. */
export interface Parent {
  /** `mesh`, or the Gateway that istiod makes of a listener. */
  readonly gateway: string;
  /** Hosts that clients in the mesh ask for; nothing at gateways. */
  readonly meshHosts?: readonly string[];
  /** Port of the Service that the route is for. @default all */
  readonly port?: number;
  /** Whether a host of the route is this listener's, and not a narrower one's. */
  serves(host: string): boolean;
}

/** Places that a route attaches to: listeners that take its kind, namespace and one of its hosts, and Services that clients ask for. */
export function parentsOf(model: MeshModel, listeners: readonly Listener[], kind: RouteKind, route: ModelObject<RouteSpec>): Parent[] {
  const parents = (route.spec?.parentRefs ?? []).flatMap((reference): Parent[] => {
    const { group = GATEWAY_API, kind: parentKind = 'Gateway', name, namespace = namespaceOf(route) } = reference;
    if (group === GATEWAY_API && parentKind === 'Gateway') {
      const own = listeners.filter(({ gateway }) => gateway.metadata.name === name && namespaceOf(gateway) === namespace);
      return own.filter((listener) => takes(listener, kind, route, reference)).map((listener) => atListener(listener, own));
    }
    const hosts = meshHosts(model, group, parentKind, name, namespace);
    return hosts ? [{ gateway: 'mesh', meshHosts: hosts, port: reference.port, serves: () => true }] : [];
  });
  return parents.sort((a, b) => (a.gateway < b.gateway ? -1 : a.gateway > b.gateway ? 1 : 0));
}

function meshHosts(model: MeshModel, group: string, kind: string, name: string, namespace: string): readonly string[] | undefined {
  const isNamed = (object: AnyObject): boolean => object.metadata.name === name && namespaceOf(object) === namespace;
  if (group === '' && kind === 'Service') {
    return model.ofKind('', 'Service').some(isNamed) ? [`${name}.${namespace}.svc.${model.clusterDomain}`] : undefined;
  }
  return group === 'networking.istio.io' && kind === 'ServiceEntry'
    ? model.ofKind<{ hosts?: readonly string[] }>('networking.istio.io', 'ServiceEntry').find(isNamed)?.spec?.hosts
    : undefined;
}

function takes(listener: Listener, kind: RouteKind, route: ModelObject<RouteSpec>, { port, sectionName }: HTTPRouteParentRefs): boolean {
  const { server, kinds, name } = listener;
  if ((port !== undefined && port !== server.port.number) || (sectionName !== undefined && sectionName !== name) || !kinds.includes(kind)) {
    return false;
  }
  const hostnames = kind === 'TCPRoute' || !route.spec?.hostnames?.length ? ['*'] : route.spec.hostnames;
  return server.hosts.some((entry) => {
    const [allowed, hostname] = entry.split('/');
    return (allowed === '*' || allowed === namespaceOf(route)) && hostnames.some((candidate) => overlaps(hostname, candidate));
  });
}

/** Of listeners of one port and protocol only the one with the narrowest host serves what several cover. */
function atListener(listener: Listener, all: readonly Listener[]): Parent {
  const others = all
    .filter((other) => other !== listener && other.server.port.number === listener.server.port.number && other.protocol === listener.protocol)
    .map((other) => other.hostname)
    .filter((hostname) => hostname !== listener.hostname);
  const own = listener.hostname;
  const serves = (host: string): boolean => {
    if (own !== '' && !isWildcard(own)) {
      return true;
    }
    if (own !== '' && !overlaps(host, own)) {
      return false;
    }
    return !others.some((other) => own.length <= other.length && isSubsetOf(host, other));
  };
  return { gateway: listener.internalName, serves };
}
