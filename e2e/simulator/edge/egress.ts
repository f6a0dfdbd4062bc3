import type { AnyObject, SimulatedRequest } from '../../../constructs/model';
import { Caller, Part, Question, wire } from './question';
import { EDGE, FAR, HTTP_PORT, networking, TLS_PORT } from './stage';

/** An address that nobody has: what matters is the name. */
const NOWHERE = '192.0.2.10';
const PLAIN_HOST = `plain.${EDGE}.svc.cluster.local`;


const HTTP = { number: 80, name: 'http', protocol: 'HTTP' };
const TLS = { number: 443, name: 'tls', protocol: 'TLS' };
const OUTSIDE = { location: 'MESH_EXTERNAL', resolution: 'DNS', endpoints: [{ address: PLAIN_HOST }] };

function entry(name: string, spec: object, namespace = EDGE): AnyObject {
  return networking('ServiceEntry', name, { ...OUTSIDE, ...spec }, namespace);
}

/** Hosts of every kind of resolution, who sees them, what a Sidecar lets out, TLS that the proxy starts, and the way out through a gateway. */
export function egress(addresses: Readonly<Record<string, string>>): Part {
  const address = (pod: string): string => addresses[pod] ?? NOWHERE;
  const listed = (version: string, weight?: number): object => ({ address: address(`api-${version}`), ports: { http: HTTP_PORT }, labels: { app: 'api', version }, ...(weight ? { weight } : {}) });
  const mutual = { tls: { mode: 'ISTIO_MUTUAL', sni: 'out-mutual.test' } };
  const gatewayHost = `edge-gateway.${EDGE}.svc.cluster.local`;
  const way = (host: string, port: number, server: object, subset?: string): AnyObject[] => [
    entry(host.replace('.test', ''), { hosts: [host], ports: [HTTP] }),
    networking('Gateway', host.replace('.test', ''), { selector: { istio: 'edge-gateway' }, servers: [{ ...server, hosts: [host] }] }),
    networking('VirtualService', host.replace('.test', ''), {
      hosts: [host],
      gateways: ['mesh', host.replace('.test', '')],
      http: [
        { match: [{ gateways: ['mesh'], port: 80 }], route: [{ destination: { host: gatewayHost, port: { number: port }, ...(subset ? { subset } : {}) } }] },
        { match: [{ gateways: [host.replace('.test', '')], uri: { prefix: '/closed' } }], directResponse: { status: 403 } },
        { match: [{ gateways: [host.replace('.test', '')] }], route: [{ destination: { host, port: { number: 80 } } }] },
      ],
    }),
  ];
  const objects: AnyObject[] = [
    entry('by-name', { hosts: ['by-name.test'], ports: [HTTP, TLS] }),
    entry('listed', { hosts: ['listed.test'], ports: [HTTP], resolution: 'STATIC', endpoints: [listed('v1', 1), listed('v2', 3)] }),
    networking('DestinationRule', 'listed', { host: 'listed.test', subsets: ['v1', 'v2', 'v9'].map((version) => ({ name: version, labels: { version } })) }),
    networking('VirtualService', 'listed', {
      hosts: ['listed.test'],
      http: [
        ...['v1', 'v2', 'v9'].map((subset) => ({ match: [{ uri: { prefix: `/${subset}` } }], route: [{ destination: { host: 'listed.test', subset } }] })),
        { route: [{ destination: { host: 'listed.test' } }] },
      ],
    }),
    entry('empty', { hosts: ['empty.test'], ports: [HTTP], resolution: 'STATIC', endpoints: [] }),
    entry('inside', { hosts: ['inside.test'], ports: [HTTP], location: 'MESH_INTERNAL', resolution: 'STATIC', endpoints: undefined, workloadSelector: { labels: { role: 'machine' } } }),
    networking('WorkloadEntry', 'machine', { address: address('api-v3'), ports: { http: HTTP_PORT }, labels: { role: 'machine', app: 'api', version: 'v3' }, serviceAccount: 'default' }),
    entry('untouched', { hosts: ['*.untouched.test'], ports: [{ number: HTTP_PORT, name: 'http', protocol: 'HTTP' }], resolution: 'NONE', endpoints: undefined }),
    entry('private', { hosts: ['private.test'], ports: [HTTP], exportTo: ['.'] }, FAR),
    entry('for-edge', { hosts: ['for-edge.test'], ports: [HTTP], exportTo: [EDGE] }, FAR),
    entry('hidden', { hosts: ['hidden.test'], ports: [HTTP] }),
    entry('started', { hosts: ['started.test'], ports: [{ ...HTTP, targetPort: 443 }] }),
    networking('DestinationRule', 'started', { host: 'started.test', trafficPolicy: { portLevelSettings: [{ port: { number: 80 }, tls: { mode: 'SIMPLE', insecureSkipVerify: true } }] } }),
    entry('moved', { hosts: ['moved.test'], ports: [HTTP, { ...TLS, protocol: 'HTTPS' }] }),
    networking('DestinationRule', 'moved', { host: 'moved.test', trafficPolicy: { portLevelSettings: [{ port: { number: 443 }, tls: { mode: 'SIMPLE', insecureSkipVerify: true } }] } }),
    networking('VirtualService', 'moved', { hosts: ['moved.test'], http: [{ match: [{ port: 80 }], route: [{ destination: { host: 'moved.test', port: { number: 443 } } }] }] }),
    entry('named', { hosts: ['one.named.test', 'two.named.test'], ports: [TLS] }),
    networking('VirtualService', 'named', {
      hosts: ['two.named.test'],
      tls: [{ match: [{ port: 443, sniHosts: ['two.named.test'] }], route: [{ destination: { host: `api-v2.${EDGE}.svc.cluster.local`, port: { number: 443 } } }] }],
    }),
    ...way('out.test', 80, { port: { number: 80, name: 'http', protocol: 'HTTP' } }),
    ...way('out-mutual.test', 15443, { port: { number: 15443, name: 'https-out', protocol: 'HTTPS' }, tls: { mode: 'ISTIO_MUTUAL' } }, 'out'),
    networking('DestinationRule', 'edge-gateway', { host: gatewayHost, subsets: [{ name: 'out', trafficPolicy: { portLevelSettings: [{ port: { number: 15443 }, ...mutual }] } }] }),
    networking('Sidecar', 'default', { egress: [{ hosts: ['./*', `${EDGE}/*.svc.cluster.local`, `${EDGE}/by-name.test`] }], outboundTrafficPolicy: { mode: 'REGISTRY_ONLY' } }, FAR),
  ];
  const questions: Question[] = [
    ...['by-name.test', 'empty.test', 'inside.test', 'started.test', 'moved.test', 'hidden.test', 'private.test', 'for-edge.test', 'out.test', 'out-mutual.test'].map((host) => out('client', host)),
    ...['/closed'].flatMap((path) => [out('client', 'out.test', { path }), out('client', 'out-mutual.test', { path })]),
    ...['/v1', '/v2', '/v9', '/'].map((path) => out('client', 'listed.test', { path })),
    ...['by-name.test', 'hidden.test', 'private.test', 'for-edge.test', 'nobody.test'].map((host) => out('far', host)),
    out('far', 'nobody.test', { port: 8888 }),
    through('client', 'nobody.test', address('plain'), HTTP_PORT),
    through('client', 'some.untouched.test', address('plain'), HTTP_PORT),
    ...(['client', 'far'] as const).map((caller) => byTls(caller, 'by-name.test', NOWHERE)),
    byTls('client', 'one.named.test', NOWHERE),
    byTls('client', 'two.named.test', NOWHERE),
    byTls('client', 'nobody.test', address('plain'), TLS_PORT),
    byTls('far', 'nobody.test', address('plain'), TLS_PORT),
  ];
  return { name: 'hosts outside: resolutions, exportTo, REGISTRY_ONLY, Sidecars, TLS that proxies start, ways out through a gateway', objects, questions };
}

/** By HTTP, to an address that does not matter. */
function out(caller: Caller, host: string, { path = '/', port = 80 }: { readonly path?: string; readonly port?: number } = {}): Question {
  // Where nobody knows the host the bytes go to the address: it has to be one that answers.
  const authority = port === 80 ? host : `${host}:${port}`;
  return { caller, wire: wire(PLAIN_HOST, { path, port, headers: { host: authority } }), request: { to: host, port, path, scheme: 'http', host: authority } };
}

/** By HTTP, to an address that answers itself. */
function through(caller: Caller, host: string, address: string, port: number): Question {
  const request: SimulatedRequest = { to: host, port, scheme: 'http', host: `${host}:${port}` };
  return { caller, wire: wire(address, { port, headers: { host: `${host}:${port}` } }), request };
}

function byTls(caller: Caller, serverName: string, dial: string, port = 443): Question {
  return { caller, wire: wire(dial, { port, headers: { host: serverName }, tls: { serverName } }), request: { to: serverName, port, scheme: 'https', host: serverName } };
}

