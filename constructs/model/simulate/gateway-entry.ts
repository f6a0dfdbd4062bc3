import type { MeshModel } from '../mesh-model';
import { isPassthrough, isPlainHttp, isTls, PlacedServer, sniHosts } from './gateway-servers';
import { gatewayTcpRoute, gatewayTlsRoutes, Layer4Route, routeForName } from './layer4';
import type { Proxy } from './proxy';

/** How somebody knocks at a gateway. */
export interface Knock {
  readonly scheme: 'http' | 'https';
  /** Name in the handshake; nothing where the client sends none. */
  readonly serverName?: string;
  /** What the client shows: a certificate of its own, the mesh's, or nothing. */
  readonly certificate: 'none' | 'client' | 'mesh';
}

/** What a gateway does with a connection: reads HTTP by the tables of servers, passes it on, or closes it. */
export type Entry =
  | { readonly kind: 'http'; readonly servers: readonly PlacedServer[] }
  /** `ends`: the gateway takes the client's TLS off. */
  | { readonly kind: 'tcp'; readonly found?: Layer4Route; readonly ends: boolean }
  | { readonly kind: 'closed'; readonly why: string };

/** What takes a connection: servers of a port share a listener; those of TLS by the name in the handshake, others what is left. */
export function entryOf(model: MeshModel, proxy: Proxy, servers: readonly PlacedServer[], port: number, knock: Knock): Entry {
  if (servers.length === 0) {
    return { kind: 'closed', why: `${proxy.title} has no server on port ${port}: the connection is refused` };
  }
  const plain = servers.filter((placed) => !isTls(placed));
  const encrypted = servers.filter(isTls);
  const chosen = knock.scheme === 'https' ? chainFor(model, proxy, encrypted, knock) : undefined;
  if (plain.length > 0 && !chosen) {
    if (!isPlainHttp(plain[0])) {
      return { kind: 'tcp', found: gatewayTcpRoute(model, proxy, plain[0]), ends: false };
    }
    return knock.scheme === 'https'
      ? { kind: 'closed', why: `${proxy.title} speaks HTTP without TLS on port ${port}: the handshake fails` }
      : { kind: 'http', servers: plain };
  }
  if (knock.scheme === 'http') {
    return { kind: 'closed', why: `${proxy.title} takes TLS alone on port ${port}: a client that sends plaintext is cut off` };
  }
  return chosen ? tlsEntry(proxy, chosen, knock) : { kind: 'closed', why: `${proxy.title} has no TLS server or route for ${nameIn(knock)}: the handshake fails` };
}

/** What answers to some names. */
interface Chain {
  readonly sniHosts: readonly string[];
  readonly placed: PlacedServer;
  readonly found?: Layer4Route;
}

function nameIn({ serverName }: Knock): string {
  return serverName ?? 'a client that names no host';
}

function chainFor(model: MeshModel, proxy: Proxy, servers: readonly PlacedServer[], knock: Knock): Chain | undefined {
  const chains = servers.flatMap((placed): Chain[] => {
    if (isPassthrough(placed)) {
      return gatewayTlsRoutes(model, proxy, placed).map((found) => ({ sniHosts: found.sniHosts, placed, found }));
    }
    const isHttp = placed.server.port.protocol.toUpperCase() === 'HTTPS';
    const found = isHttp ? undefined : gatewayTcpRoute(model, proxy, placed);
    return isHttp || found ? [{ sniHosts: sniHosts(placed), placed, found }] : [];
  });
  return routeForName(chains, knock.serverName);
}

function tlsEntry(proxy: Proxy, chosen: Chain, knock: Knock): Entry {
  const { mode } = chosen.placed.server.tls ?? {};
  const lacks = (mode === 'MUTUAL' && knock.certificate === 'none') || (mode === 'ISTIO_MUTUAL' && knock.certificate !== 'mesh');
  if (lacks) {
    const whose = mode === 'MUTUAL' ? 'a client certificate' : 'a certificate of the mesh';
    return { kind: 'closed', why: `${proxy.title} wants ${whose} (${mode}): the handshake fails` };
  }
  return chosen.found ? { kind: 'tcp', found: chosen.found, ends: !isPassthrough(chosen.placed) } : { kind: 'http', servers: [chosen.placed] };
}
