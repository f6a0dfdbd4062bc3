import type { VirtualServiceHttp, VirtualServiceSpec } from '../../istio/generated';
import { gatewayApiOf } from '../gateway-api/translate';
import type { MeshModel } from '../mesh-model';
import { AnyObject, ModelObject, namespaceOf } from '../object';
import { mergeDelegate } from './delegates';
import { qualifiedHost } from '../../traffic/host';
import { isVisible } from './registry';

/** Name that stands for all sidecars in `gateways`. */
export const MESH = 'mesh';

/** A route with its place: the object that wrote it, which is the delegate where one took over. */
export interface PlacedRoute {
  readonly route: VirtualServiceHttp;
  readonly object: AnyObject;
  readonly field: string;
  /** Whether `field` names the match too, or the matches' indexes say nothing, as those of a root and its delegate. */
  readonly merged: boolean;
}

/** A VirtualService as istiod uses it: full names, delegates put in. */
export interface EffectiveVirtualService {
  readonly object: AnyObject;
  readonly name: string;
  readonly namespace: string;
  readonly hosts: readonly string[];
  /** `mesh`, and `namespace/name` of Gateway objects. */
  readonly gateways: readonly string[];
  readonly exportTo: readonly string[] | undefined;
  readonly http: readonly PlacedRoute[];
  readonly spec: VirtualServiceSpec;
  /** Made of a route of the Gateway API, whose prefixes are whole segments and whose missing backends are answered 500. */
  readonly gatewayApi: boolean;
}

const cache = new WeakMap<MeshModel, readonly EffectiveVirtualService[]>();

/** Every VirtualService with hosts, oldest first; without times, by name, as istiod settles a tie. */
export function virtualServicesOf(model: MeshModel): readonly EffectiveVirtualService[] {
  const known = cache.get(model);
  if (known) {
    return known;
  }
  const objects = [...model.ofKind<VirtualServiceSpec>('networking.istio.io', 'VirtualService')].sort((a, b) => byAge(a, b));
  const delegates = new Map(
    objects.filter((object) => (object.spec?.hosts ?? []).length === 0).map((object) => [`${namespaceOf(object)}/${object.metadata.name}`, object]),
  );
  const own = objects.filter((object) => (object.spec?.hosts ?? []).length > 0).map((object) => effectiveOf(model, object, delegates));
  const named = ({ object, name, namespace }: EffectiveVirtualService): AnyObject => ({
    ...object,
    metadata: { ...object.metadata, name, namespace },
  });
  const effective = [...own, ...gatewayApiOf(model).virtualServices].sort((a, b) => byAge(named(a), named(b)));
  cache.set(model, effective);
  return effective;
}

/** VirtualServices that a namespace sees for a gateway or the mesh: private ones first, then those exported to it, then public ones. */
export function visibleVirtualServices(model: MeshModel, gateway: string, namespace: string): EffectiveVirtualService[] {
  const seen = virtualServicesOf(model).filter(
    (virtualService) => virtualService.gateways.includes(gateway) && isVisible(virtualService.exportTo, virtualService.namespace, namespace),
  );
  const rank = (virtualService: EffectiveVirtualService): number => {
    const exportTo = virtualService.exportTo ?? [];
    if (exportTo.length === 0 || exportTo.includes('*')) {
      // The Gateway API lets those who call override what those who are called say.
      return virtualService.gatewayApi && virtualService.namespace === namespace ? 2 : 3;
    }
    return virtualService.namespace === namespace ? 0 : 1;
  };
  return seen
    .map((item, index) => ({ item, index }))
    .sort((a, b) => rank(a.item) - rank(b.item) || a.index - b.index)
    .map(({ item }) => item);
}

/** `namespace/name` of a Gateway that an object in a namespace names. */
export function gatewayName(name: string, namespace: string): string {
  if (name === MESH || name.includes('/')) {
    return name.replace(/^\.\//, `${namespace}/`);
  }
  const [first, second] = name.split('.');
  return second === undefined ? `${namespace}/${name}` : `${second}/${first}`;
}

/** Order in which istiod reads objects of a kind. */
export function byAge(a: AnyObject, b: AnyObject): number {
  const time = (object: AnyObject): string => (object.metadata as { creationTimestamp?: string }).creationTimestamp ?? '';
  return compare(time(a), time(b)) || compare(a.metadata.name, b.metadata.name) || compare(namespaceOf(a), namespaceOf(b));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function effectiveOf(
  model: MeshModel,
  object: ModelObject<VirtualServiceSpec>,
  delegates: ReadonlyMap<string, ModelObject<VirtualServiceSpec>>,
): EffectiveVirtualService {
  const namespace = namespaceOf(object);
  const spec = object.spec ?? {};
  const http = (spec.http ?? []).flatMap((route, index): PlacedRoute[] => {
    if (!route.delegate) {
      return [{ route: withFullHosts(model, route, namespace), object: object, field: `http[${index}]`, merged: false }];
    }
    const delegateNamespace = route.delegate.namespace || namespace;
    const delegate = delegates.get(`${delegateNamespace}/${route.delegate.name ?? ''}`);
    if (!delegate || !isVisible(delegate.spec?.exportTo, delegateNamespace, namespace)) {
      return [];
    }
    return (delegate.spec?.http ?? []).flatMap((sub, subIndex) => {
      const merged = mergeDelegate(withFullHosts(model, route, namespace), withFullHosts(model, sub, delegateNamespace));
      return merged ? [{ route: merged, object: delegate, field: `http[${subIndex}]`, merged: true }] : [];
    });
  });
  return {
    object: object,
    name: object.metadata.name,
    namespace,
    hosts: (spec.hosts ?? []).map((host) => qualifiedHost(host, namespace, model.clusterDomain)),
    gateways: spec.gateways?.length ? spec.gateways.map((gateway) => gatewayName(gateway, namespace)) : [MESH],
    exportTo: spec.exportTo,
    http,
    spec,
    gatewayApi: false,
  };
}

function withFullHosts(model: MeshModel, route: VirtualServiceHttp, namespace: string): VirtualServiceHttp {
  const full = <Value extends { readonly host: string }>(destination: Value): Value => ({
    ...destination,
    host: qualifiedHost(destination.host, namespace, model.clusterDomain),
  });
  return {
    ...route,
    match: route.match?.map((match) => ({ ...match, gateways: match.gateways?.map((gateway) => gatewayName(gateway, namespace)) })),
    route: route.route?.map((target) => ({ ...target, destination: full(target.destination) })),
    mirror: route.mirror && full(route.mirror),
    mirrors: route.mirrors?.map((mirror) => ({ ...mirror, destination: full(mirror.destination) })),
  };
}
