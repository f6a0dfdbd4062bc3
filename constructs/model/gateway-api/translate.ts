import type { VirtualServiceHttp, VirtualServiceSpec, VirtualServiceTcpRoute } from '../../istio/generated';
import type { GRPCRouteRules } from '../../gateway-api/generated/grpc-route';
import type { HTTPRouteSpec } from '../../gateway-api/generated/http-route';
import type { MeshModel } from '../mesh-model';
import { AnyObject, ModelObject, namespaceOf } from '../object';
import type { EffectiveVirtualService, PlacedRoute } from '../simulate/virtual-services';
import { Backends } from './backends';
import { convertRule, grpcMatches, httpMatches, inOrder } from './http-rules';
import { isOnTrial, Listener, listenersOf } from './listeners';
import { Parent, parentsOf, RouteSpec } from './parents';
import { BackendReference, GATEWAY_API } from './references';

/** What istiod makes of the Gateway API's objects: servers of gateways, and VirtualServices. */
export interface GatewayApi {
  readonly listeners: readonly Listener[];
  readonly virtualServices: readonly EffectiveVirtualService[];
}

const cache = new WeakMap<MeshModel, GatewayApi>();

/** Translates the Gateway API's objects of a model as istiod does, so that one simulator serves both APIs. */
export function gatewayApiOf(model: MeshModel): GatewayApi {
  let known = cache.get(model);
  if (!known) {
    const listeners = listenersOf(model);
    const virtualServices = [
      ...mergedRoutes(model, listeners, 'HTTPRoute'),
      ...mergedRoutes(model, listeners, 'GRPCRoute'),
      ...(isOnTrial(model) ? [...layer4Routes(model, listeners, 'TCPRoute'), ...layer4Routes(model, listeners, 'TLSRoute')] : []),
    ];
    known = { listeners, virtualServices };
    cache.set(model, known);
  }
  return known;
}

/** Routes of one object for one host at one place. */
interface Attached {
  readonly key: string;
  readonly object: AnyObject;
  readonly parent: Parent;
  readonly host: string;
  readonly routes: readonly PlacedRoute[];
}

/** Routes of HTTP: those of one place and host are put together, and tried by how exact they are, whatever object they stand in. */
function mergedRoutes(model: MeshModel, listeners: readonly Listener[], kind: 'HTTPRoute' | 'GRPCRoute'): EffectiveVirtualService[] {
  const attached = model.ofKind<HTTPRouteSpec>(GATEWAY_API, kind).flatMap((object): Attached[] => {
    const parents = parentsOf(model, listeners, kind, object as ModelObject<RouteSpec>);
    return parents.flatMap((parent) => {
      const routes = placedRoutes(model, kind, object, parent);
      const hosts = parent.meshHosts ?? (object.spec?.hostnames?.length ? object.spec.hostnames : ['*']);
      const place = parent.meshHosts ? `${namespaceOf(object)}${parent.port === undefined ? '' : `/${parent.port}`}` : parent.gateway;
      return routes.length === 0
        ? []
        : hosts.filter((host) => parent.serves(host)).map((host) => ({ key: `${place}/${host}`, object, parent, host, routes }));
    });
  });
  const byKey = new Map<string, Attached[]>();
  attached.forEach((item) => byKey.set(item.key, [...(byKey.get(item.key) ?? []), item]));
  return [...byKey].map(([key, items]) => {
    const [first, ...others] = [...items].sort((a, b) => byCreation(a.object, b.object));
    const routes = [first, ...others].flatMap((item) => item.routes);
    return effective(first.object, key, first.parent.gateway, first.host, inOrder(routes), {});
  });
}

/** istiod puts the namespace before the name here, unlike everywhere else. */
function byCreation(a: AnyObject, b: AnyObject): number {
  const key = (object: AnyObject): string[] => [
    (object.metadata as { creationTimestamp?: string }).creationTimestamp ?? '',
    namespaceOf(object),
    object.metadata.name,
  ];
  const [first, second] = [key(a), key(b)];
  const index = first.findIndex((value, position) => value !== second[position]);
  return index < 0 ? 0 : first[index] < second[index] ? -1 : 1;
}

function placedRoutes(model: MeshModel, kind: 'HTTPRoute' | 'GRPCRoute', object: ModelObject<HTTPRouteSpec>, parent: Parent): PlacedRoute[] {
  const isMesh = parent.meshHosts !== undefined;
  const backends = new Backends(model, kind, namespaceOf(object), !isMesh);
  const placed: PlacedRoute[] = [];
  for (const [index, rule] of (object.spec?.rules ?? []).entries()) {
    const matches = kind === 'HTTPRoute' ? httpMatches(rule) : grpcMatches(rule as Pick<GRPCRouteRules, 'matches'>);
    const converted = convertRule(rule, `${namespaceOf(object)}.${object.metadata.name}.${index}`, backends);
    if (!converted) {
      // What Istio cannot read in one rule makes it leave out all of the object's.
      return [];
    }
    for (const [matchIndex, match] of matches.entries()) {
      const route: VirtualServiceHttp = { ...converted, ...withPort(match, parent.port) };
      const field = `rules[${index}]${rule.matches?.length ? `.matches[${matchIndex}]` : ''}`;
      placed.push({ route, object, field, merged: true });
    }
  }
  return placed;
}

function withPort(match: NonNullable<VirtualServiceHttp['match']>[number] | undefined, port: number | undefined): Pick<VirtualServiceHttp, 'match'> {
  return match || port !== undefined ? { match: [{ ...match, ...(port === undefined ? {} : { port }) }] } : {};
}

interface Layer4Spec extends RouteSpec {
  readonly rules?: readonly { readonly backendRefs?: readonly BackendReference[] }[];
}

/** Routes of connections: each object for itself. */
function layer4Routes(model: MeshModel, listeners: readonly Listener[], kind: 'TCPRoute' | 'TLSRoute'): EffectiveVirtualService[] {
  return model.ofKind<Layer4Spec>(GATEWAY_API, kind).flatMap((object) =>
    parentsOf(model, listeners, kind, object).flatMap((parent, count) => {
      const backends = new Backends(model, kind, namespaceOf(object), parent.meshHosts === undefined);
      const routes = (object.spec?.rules ?? []).map((rule) => targetsOf(rule.backendRefs ?? [], backends));
      if (routes.includes(undefined)) {
        return [];
      }
      const names = object.spec?.hostnames?.length ? object.spec.hostnames : undefined;
      const hosts = parent.meshHosts ?? (kind === 'TLSRoute' ? (names ?? ['*']) : ['*']);
      const port = parent.port === undefined ? {} : { port: parent.port };
      return hosts.map((host) => {
        const sniHosts = names ?? [parent.meshHosts ? host : '*'];
        const targets = routes as (readonly VirtualServiceTcpRoute[])[];
        const spec: VirtualServiceSpec =
          kind === 'TLSRoute'
            ? { tls: targets.map((route) => ({ match: [{ sniHosts, ...port }], route })) }
            : { tcp: targets.map((route) => ({ ...(parent.port === undefined ? {} : { match: [port] }), route })) };
        return effective(object, `${object.metadata.name}~${kind === 'TLSRoute' ? 'tls' : 'tcp'}~${count}`, parent.gateway, host, [], spec);
      });
    }),
  );
}

/** Connections for nobody go to a host that does not exist. */
function targetsOf(references: readonly BackendReference[], backends: Backends): readonly VirtualServiceTcpRoute[] | undefined {
  const weights = references.reduce((sum, { weight = 1 }) => sum + weight, 0);
  return weights === 0 ? [{ destination: { host: 'internal.cluster.local', subset: 'zero-weight', port: { number: 65535 } } }] : backends.weighted(references, () => undefined);
}

function effective(
  object: AnyObject,
  key: string,
  gateway: string,
  host: string,
  http: readonly PlacedRoute[],
  spec: VirtualServiceSpec,
): EffectiveVirtualService {
  return {
    object,
    // istiod breaks ties by the name that it makes.
    name: key.replaceAll('/', '~'),
    namespace: namespaceOf(object),
    hosts: [host],
    gateways: [gateway],
    exportTo: undefined,
    http,
    spec,
    gatewayApi: true,
  };
}
