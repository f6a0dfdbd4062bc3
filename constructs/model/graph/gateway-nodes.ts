import type { GatewayServers, GatewaySpec } from '../../istio/generated';
import { gatewayApiOf } from '../gateway-api/translate';
import type { MeshModel } from '../mesh-model';
import { namespaceOf } from '../object';
import { gatewayOf } from '../simulate/gateway-proxy';
import type { PlacedRoute } from '../simulate/virtual-services';
import { virtualServicesOf } from '../simulate/virtual-services';
import { accessOf } from './access';
import type { GatewayNode, TopologyEdge } from './topology';

/** Gateways of both APIs: those of one selector together, those of the Gateway API each by itself. */
export function gatewayNodes(model: MeshModel): GatewayNode[] {
  const groups = new Map<string, { names: string[]; servers: string[]; bound: string[] }>();
  const add = (id: string, name: string, bound: string, servers: readonly GatewayServers[]): void => {
    const group = groups.get(id) ?? { names: [], servers: [], bound: [] };
    groups.set(id, {
      names: [...new Set([...group.names, name])],
      bound: [...group.bound, bound],
      servers: [...group.servers, ...servers.map(serverText)],
    });
  };
  for (const gateway of model.ofKind<GatewaySpec>('networking.istio.io', 'Gateway')) {
    const name = `${namespaceOf(gateway)}/${gateway.metadata.name}`;
    add(selectorId(gateway.spec?.selector ?? {}), name, name, gateway.spec?.servers ?? []);
  }
  for (const { gateway, internalName, server } of gatewayApiOf(model).listeners) {
    const name = `${namespaceOf(gateway)}/${gateway.metadata.name}`;
    add(`gateway ${name}`, name, internalName, [server]);
  }
  return [...groups]
    .map(([id, { names, servers, bound }]): GatewayNode => {
      const { proxy } = gatewayOf(model, names[0]);
      const { access, guards } = accessOf(model, proxy);
      return { id, names: [...names].sort(), bound, namespace: proxy.namespace, servers: [...new Set(servers)].sort(), access, guards };
    })
    .sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
}

function serverText({ port, hosts, tls }: GatewayServers): string {
  const shown = hosts.map((host) => host.slice(host.indexOf('/') + 1)).join(', ');
  const mode = tls?.mode === 'PASSTHROUGH' ? ' (passed through)' : tls?.mode?.endsWith('MUTUAL') ? ' (client certificates)' : '';
  return `${port.protocol} ${port.number}: ${shown}${tls?.httpsRedirect ? ' (to HTTPS)' : mode}`;
}

/** From gateways to what their routes lead to. */
export function ingressEdges(model: MeshModel, gateways: readonly GatewayNode[]): TopologyEdge[] {
  return gateways.flatMap((gateway) =>
    virtualServicesOf(model)
      .filter((virtualService) => virtualService.gateways.some((name) => gateway.bound.includes(name)))
      .flatMap((virtualService) => {
        const hosts = virtualService.hosts.filter((host) => host !== '*');
        const own = virtualService.http.filter(({ route }) => isAtGateway(route, gateway));
        const http = own.flatMap(({ route }): TopologyEdge[] => {
          const label = [...hosts, ...pathsOf(route)].join(', ') || undefined;
          return (route.route ?? []).map((target) => ({ from: gateway.id, to: target.destination.host, kind: 'ingress', label }));
        });
        const layer4 = [...(virtualService.spec.tls ?? []), ...(virtualService.spec.tcp ?? [])].flatMap((route) =>
          (route.route ?? []).map((target): TopologyEdge => ({ from: gateway.id, to: target.destination.host, kind: 'ingress', label: hosts.join(', ') || undefined })),
        );
        return [...http, ...layer4];
      }),
  );
}

/** A VirtualService may speak for the mesh and for gateways, and say of each match which is meant. */
function isAtGateway(route: PlacedRoute['route'], { bound }: GatewayNode): boolean {
  const named = (route.match ?? []).filter(({ gateways }) => gateways?.length);
  return named.length === 0 || named.some(({ gateways }) => gateways?.some((name) => bound.includes(name)));
}

function pathsOf(route: PlacedRoute['route']): string[] {
  const paths = (route.match ?? []).flatMap(({ uri }) =>
    uri && uri.prefix !== '/' ? [uri.exact ?? (uri.prefix ? `${uri.prefix}*` : `~${uri.regex ?? ''}`)] : [],
  );
  return paths.length > 3 ? [...paths.slice(0, 2), `${paths.length - 2} more`] : paths;
}

function selectorId(selector: Readonly<Record<string, string>>): string {
  return `gateway ${Object.entries(selector)
    .sort()
    .map(([label, value]) => `${label}=${value}`)
    .join(',')}`;
}
