import type { GatewayServers, GatewaySpec } from '../../istio/generated';
import { gatewayApiOf } from '../gateway-api/translate';
import type { MeshModel } from '../mesh-model';
import { AnyObject, namespaceOf } from '../object';
import { gatewayOf, gatewayOfWorkload } from '../simulate/gateway-proxy';
import { serviceOfGateway } from '../simulate/gateway-servers';
import { Registry, RegistryService } from '../simulate/registry';
import type { PlacedRoute } from '../simulate/virtual-services';
import { virtualServicesOf } from '../simulate/virtual-services';
import { qualifiedHost } from '../../traffic/host';
import { accessOf, KnownCaller } from './access';
import { matchText } from './conditions';
import type { DrawnEdge } from './edges';
import { capList } from './text';
import type { GatewayNode } from './topology';

interface Group {
  readonly id: string;
  readonly names: readonly string[];
  readonly servers: readonly string[];
  readonly bound: readonly string[];
  /** Labels of the pods; nothing for the Gateway API. */
  readonly selector?: Readonly<Record<string, string>>;
  /** Hosts of the Services before the pods. */
  readonly hosts: readonly string[];
}

/** Gateways of both APIs: those of one selector together, those of the Gateway API each by itself. */
function groupsOf(model: MeshModel): Group[] {
  const groups = new Map<string, Group>();
  const add = (id: string, object: AnyObject, bound: string, servers: readonly GatewayServers[], more: Partial<Group>): void => {
    const name = `${namespaceOf(object)}/${object.metadata.name}`;
    const group: Group = groups.get(id) ?? { id, names: [], servers: [], bound: [], hosts: [], ...more };
    groups.set(id, {
      ...group,
      names: [...new Set([...group.names, name])],
      bound: [...group.bound, bound],
      servers: [...group.servers, ...servers.map(serverText)],
    });
  };
  for (const gateway of model.ofKind<GatewaySpec>('networking.istio.io', 'Gateway')) {
    const selector = gateway.spec?.selector ?? {};
    add(selectorId(selector), gateway, `${namespaceOf(gateway)}/${gateway.metadata.name}`, gateway.spec?.servers ?? [], { selector });
  }
  for (const { gateway, internalName, server } of gatewayApiOf(model).listeners) {
    const id = `gateway ${namespaceOf(gateway)}/${gateway.metadata.name}`;
    add(id, gateway, internalName, [server], { hosts: [serviceOfGateway(model, gateway)] });
  }
  return [...groups.values()];
}

/** Gateways, each with who gets in. */
export function gatewayNodes(model: MeshModel, callers: readonly KnownCaller[]): GatewayNode[] {
  return groupsOf(model)
    .map(({ id, names, servers, bound }): GatewayNode => {
      const { proxy } = gatewayOf(model, names[0]);
      const named = { id, names: [...names].sort(), bound, namespace: proxy.namespace, servers: [...new Set(servers)].sort() };
      return { ...named, ...accessOf(model, proxy, callers) };
    })
    .sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
}

/** Identities of gateways. */
export function gatewayCallers(model: MeshModel): KnownCaller[] {
  return groupsOf(model).map(({ names }) => ({ name: names.map((name) => name.split('/')[1]).join(', '), identity: gatewayOf(model, names[0]).proxy.identity }));
}

/** Ids of gateways by the hosts of the Services before their pods; Services of gateways that no Gateway object is for have none. */
export function gatewayServices(model: MeshModel): Map<string, string | undefined> {
  const groups = groupsOf(model);
  const isBefore = (service: RegistryService, { selector, hosts, names }: Group): boolean =>
    hosts.includes(service.host) ||
    (selector !== undefined &&
      service.selector !== undefined &&
      service.namespace === gatewayOf(model, names[0]).proxy.namespace &&
      includes(service.selector, selector));
  return new Map(
    Registry.of(model)
      .services.filter((service) => !service.external)
      .flatMap((service): [string, string | undefined][] => {
        const group = groups.find((candidate) => isBefore(service, candidate));
        const [pods] = Registry.of(model).endpoints(service) ?? [];
        const runsGateway =
          (pods !== undefined && gatewayOfWorkload(model, pods) !== undefined) ||
          groups.some(({ selector }) => selector !== undefined && service.selector !== undefined && includes(service.selector, selector));
        return group || runsGateway ? [[service.host, group?.id]] : [];
      }),
  );
}

function includes(labels: Readonly<Record<string, string>>, wanted: Readonly<Record<string, string>>): boolean {
  return Object.entries(wanted).every(([label, value]) => labels[label] === value);
}

function serverText({ port, hosts, tls }: GatewayServers): string {
  const shown = capList(hosts.map((host) => host.slice(host.indexOf('/') + 1)), 2).join(', ');
  const mode = tls?.mode === 'PASSTHROUGH' ? ' (passed through)' : tls?.mode?.endsWith('MUTUAL') ? ' (mutual TLS)' : '';
  return `${port.protocol} ${port.number}: ${shown}${tls?.httpsRedirect ? ' (to HTTPS)' : mode}`;
}

/** From gateways to what their routes lead to: the hosts of each VirtualService once, and the paths of all its routes to the place. */
export function ingressEdges(model: MeshModel, gateways: readonly GatewayNode[]): DrawnEdge[] {
  return gateways.flatMap((gateway) =>
    virtualServicesOf(model)
      .filter((virtualService) => virtualService.gateways.some((name) => gateway.bound.includes(name)))
      .flatMap((virtualService): DrawnEdge[] => {
        const hosts = virtualService.hosts.filter((host) => host !== '*').map((host) => host.replace(`.svc.${model.clusterDomain}`, ''));
        const own = virtualService.http.map(({ route }) => route).filter((route) => isAtGateway(route, gateway));
        const http = own.flatMap((route) => (route.route ?? []).map(({ destination }) => ({ to: destination.host, paths: pathsOf(route) })));
        const layer4 = [...(virtualService.spec.tls ?? []), ...(virtualService.spec.tcp ?? [])].flatMap((route) =>
          (route.route ?? []).map(({ destination: { host } }) => ({
            to: qualifiedHost(host, virtualService.namespace, model.clusterDomain),
            paths: undefined,
          })),
        );
        const all = [...http, ...layer4];
        return [...new Set(all.map(({ to }) => to))].map((to) => {
          const found = all.filter((target) => target.to === to).map(({ paths }) => paths);
          // Where one route takes every path, the others' say nothing.
          const paths = found.includes(undefined) ? [] : found.flatMap((some) => some ?? []);
          return { from: gateway.id, to, kind: 'ingress', labels: [...hosts, ...new Set(paths)] };
        });
      }),
  );
}

/** A VirtualService may speak for the mesh and for gateways, and say of each match which is meant. */
function isAtGateway(route: PlacedRoute['route'], { bound }: GatewayNode): boolean {
  const named = (route.match ?? []).filter(({ gateways }) => gateways?.length);
  return named.length === 0 || named.some(({ gateways }) => gateways?.some((name) => bound.includes(name)));
}

/** Paths of a route; nothing where it takes any. */
function pathsOf(route: PlacedRoute['route']): string[] | undefined {
  const matches = route.match ?? [];
  const isAny = matches.length === 0 || matches.some(({ uri }) => !uri || uri.prefix === '/');
  return isAny ? undefined : matches.flatMap(({ uri }) => (uri ? [matchText(uri)] : []));
}

function selectorId(selector: Readonly<Record<string, string>>): string {
  return `gateway ${Object.entries(selector)
    .sort()
    .map(([label, value]) => `${label}=${value}`)
    .join(',')}`;
}
