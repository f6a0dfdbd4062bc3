import type { VirtualServiceTcpMatch, VirtualServiceTcpRoute, VirtualServiceTlsMatch } from '../../istio/generated';
import { qualifiedHost } from '../../traffic/host';
import { isSubsetOf } from './hosts';
import { sourceOf } from './policy-scope';
import type { Proxy } from './proxy';
import type { MatchedRoute } from './simulation';
import type { EffectiveVirtualService } from './virtual-services';

/** A TCP or TLS route that takes a connection. */
export interface Layer4Route {
  readonly route: MatchedRoute;
  readonly targets: readonly VirtualServiceTcpRoute[];
}

/** The first TLS route whose SNI fits, else the first TCP route. */
export function layer4Route(
  virtualServices: readonly EffectiveVirtualService[],
  proxy: Proxy,
  gateway: string,
  port: number,
  serverName: string | undefined,
  clusterDomain: string,
): Layer4Route | undefined {
  for (const virtualService of virtualServices) {
    const found = (
      kind: 'tls' | 'tcp',
      routes: EffectiveVirtualService['spec']['tls'] | EffectiveVirtualService['spec']['tcp'],
    ): Layer4Route | undefined => {
      for (const [index, route] of (routes ?? []).entries()) {
        const matches: readonly (VirtualServiceTcpMatch | VirtualServiceTlsMatch)[] = route.match ?? [];
        const fits = (match: VirtualServiceTcpMatch | VirtualServiceTlsMatch): boolean =>
          applies(match, proxy, gateway, port) &&
          (!('sniHosts' in match) || (serverName !== undefined && match.sniHosts.some((host) => isSubsetOf(serverName, host))));
        const matchIndex = matches.findIndex(fits);
        if (matches.length > 0 && matchIndex < 0) {
          continue;
        }
        const field = `${kind}[${index}]${matchIndex < 0 ? '' : `.match[${matchIndex}]`}`;
        const why = kind === 'tls' ? `SNI ${serverName} fits` : 'the connection fits';
        return {
          route: { name: `${kind}[${index}]`, source: sourceOf(virtualService.object, field), why },
          targets: (route.route ?? []).map((target) => ({
            ...target,
            destination: { ...target.destination, host: qualifiedHost(target.destination.host, virtualService.namespace, clusterDomain) },
          })),
        };
      }
      return undefined;
    };
    const route = (serverName === undefined ? undefined : found('tls', virtualService.spec.tls)) ?? found('tcp', virtualService.spec.tcp);
    if (route) {
      return route;
    }
  }
  return undefined;
}

function applies(match: VirtualServiceTcpMatch | VirtualServiceTlsMatch, proxy: Proxy, gateway: string, port: number): boolean {
  if (match.port && match.port !== port) {
    return false;
  }
  if (match.gateways?.length) {
    return match.gateways.some((name) => name === gateway || `${proxy.namespace}/${name}` === gateway || gateway.endsWith(`/${name}`));
  }
  return (
    Object.entries(match.sourceLabels ?? {}).every(([label, value]) => proxy.labels[label] === value) &&
    (!match.sourceNamespace || match.sourceNamespace === proxy.namespace)
  );
}
