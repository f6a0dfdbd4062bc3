import { AnyObject, simulate } from '../../constructs/model';
import { Cluster, until, WireRequest } from './cluster';
import { Comparison, contradiction, disagreementsOf } from './compare';
import { NAMESPACE, serviceObject } from './pods';

const PORT = 9080;
const HTTP = [{ name: 'http', port: PORT, targetPort: 8080 }];

function route(name: string, spec: object): AnyObject {
  return { apiVersion: 'networking.istio.io/v1', kind: 'VirtualService', metadata: { name, namespace: NAMESPACE }, spec };
}

/** A route that says its name and goes to a version. */
function named(name: string, host: string, more: object = {}): object {
  return { ...more, route: [{ destination: { host } }], headers: { response: { set: { 'x-route': name } } } };
}

/** Services, and what the mesh is told about them. */
function objects(): AnyObject[] {
  const services = ['twice', 'hidden', 'wild', 'imported', 'foreign', 'ports', 'sniffed', 'private', 'picky', 'tcp', 'redirected'];
  const portsOf = (name: string): readonly object[] => {
    if (name === 'ports') {
      return [...HTTP, { name: 'http-b', port: 9081, targetPort: 8081 }];
    }
    return name === 'sniffed' ? [{ port: PORT, targetPort: 8080 }] : name === 'tcp' ? [{ name: 'tcp', port: 9090, targetPort: 8082 }] : HTTP;
  };
  return [
    headless(),
    route('lone', { hosts: ['lone'], http: [{ ...named('lone', 'lone'), route: [{ destination: { host: 'lone', subset: 'v2' } }] }] }),
    {
      apiVersion: 'networking.istio.io/v1',
      kind: 'DestinationRule',
      metadata: { name: 'lone', namespace: NAMESPACE },
      spec: { host: 'lone', subsets: [{ name: 'v2', labels: { version: 'v2' } }] },
    },
    // A fault comes before a redirect: in one object istiod refuses both, but a delegate takes its root's fault over.
    route('redirecting', { http: [{ redirect: { uri: '/x' } }] }),
    route('redirected', {
      hosts: ['redirected'],
      http: [
        { match: [{ uri: { prefix: '/aborted' } }], delegate: { name: 'redirecting' }, fault: { abort: { httpStatus: 418, percentage: { value: 100 } } } },
        { match: [{ uri: { prefix: '/moved' } }], delegate: { name: 'redirecting' } },
        { match: [{ uri: { exact: '/dots' } }], directResponse: { status: 207 } },
        named('rest', 'redirected'),
      ],
    }),
    ...services.map((name) => serviceObject(name, { app: name === 'tcp' ? 'guard' : 'reviews' }, portsOf(name))),
    route('hidden', { hosts: ['hidden'], exportTo: ['elsewhere'], http: [named('hidden', 'ratings')] }),
    route('wild', { hosts: [`*.${NAMESPACE}.svc.cluster.local`], http: [named('wild', 'ratings', { match: [{ uri: { prefix: '/wild' } }] })] }),
    route('ports', { hosts: ['ports'], http: [named('b', 'ports', { match: [{ port: 9081 }] }), named('a', 'ports')] }),
    route('sniffed', { hosts: ['sniffed'], http: [named('sniffed', 'sniffed')] }),
    route('z-private', { hosts: ['private'], exportTo: ['.'], http: [named('private', 'private')] }),
    route('a-public', { hosts: ['private'], http: [named('public', 'private')] }),
    route('a-picky', { hosts: ['picky'], http: [named('for-guard', 'picky', { match: [{ sourceLabels: { app: 'guard' } }] })] }),
    route('b-picky', { hosts: ['picky'], http: [named('for-others', 'picky')] }),
    {
      apiVersion: 'networking.istio.io/v1',
      kind: 'Sidecar',
      metadata: { name: 'ratings', namespace: NAMESPACE },
      spec: {
        workloadSelector: { labels: { app: 'ratings' } },
        // On port 9081 one Service is known, and nothing else; on the others it is not.
        egress: [
          { port: { number: 9081, protocol: 'HTTP', name: 'http-b' }, hosts: [`./ports.${NAMESPACE}.svc.cluster.local`] },
          { hosts: [`./imported.${NAMESPACE}.svc.cluster.local`, './sentinel.sim.svc.cluster.local', 'istio-system/*'] },
        ],
        outboundTrafficPolicy: { mode: 'REGISTRY_ONLY' },
      },
    },
    {
      apiVersion: 'networking.istio.io/v1',
      kind: 'Sidecar',
      metadata: { name: 'guard', namespace: NAMESPACE },
      spec: { workloadSelector: { labels: { app: 'guard' } }, egress: [{ hosts: [`./imported.${NAMESPACE}.svc.cluster.local`] }] },
    },
    {
      apiVersion: 'security.istio.io/v1',
      kind: 'AuthorizationPolicy',
      metadata: { name: 'tcp', namespace: NAMESPACE },
      spec: {
        selector: { matchLabels: { app: 'guard' } },
        rules: [{ from: [{ source: { principals: ['cluster.local/ns/sim/sa/bookinfo-productpage'] } }], to: [{ operation: { ports: ['8082'] } }] }],
      },
    },
  ];
}

/** A Service without an address of its own. */
function headless(): AnyObject {
  const service = serviceObject('lone', { app: 'reviews' }, [{ name: 'http', port: 8080, targetPort: 8080 }]) as AnyObject & { readonly spec: object };
  return { ...service, spec: { ...service.spec, clusterIP: 'None' } } as AnyObject;
}

/** What generated cases do not reach: several VirtualServices a host, wildcards, visibility, Sidecars, protocols, Host headers, TCP. */
export async function compareCornerCases(cluster: Cluster): Promise<Comparison> {
  const younger = route('a-twice', { hosts: ['twice'], http: [named('younger', 'twice')] });
  const elder = route('b-twice', { hosts: ['twice'], http: [named('elder', 'twice')] });
  const sentinel = route('sentinel', { hosts: ['sentinel'], http: [{ directResponse: { status: 200, body: { string: 'corner' } } }] });
  const made = [elder, ...objects(), serviceObject('sentinel', { app: 'reviews' }, HTTP)];
  await cluster.apply(made);
  await new Promise((resolve) => setTimeout(resolve, 1100));
  await cluster.apply([younger]);
  await cluster.apply([sentinel]);
  try {
    const wire = (dial: string, path = '/', host = `${dial}:${PORT}`, port = PORT): WireRequest => ({
      dial,
      port,
      method: 'GET',
      path,
      headers: { host },
    });
    await until('the corner cases', 60, async () => (await cluster.send(NAMESPACE, 'productpage-v1', [wire('sentinel')]))[0]!.body === 'corner');
    await new Promise((resolve) => setTimeout(resolve, 3000));
    const model = await cluster.model();
    const requests = [
      ...['twice', 'hidden', 'wild', 'imported', 'foreign', 'sniffed', 'private', 'picky'].flatMap((name) => [wire(name), wire(name, '/wild/x')]),
      wire('ports', '/', `ports:${PORT}`),
      wire('ports', '/', 'ports:9081', 9081),
      wire('twice', '/', `private.${NAMESPACE}:${PORT}`),
      wire('twice', '/', `private.${NAMESPACE}.svc.cluster.local`),
      wire('twice', '/', 'nowhere.example'),
      wire('sniffed', '/', 'nowhere.example'),
      wire('sniffed', '/', 'private'),
      wire('tcp', '/', 'tcp:9090', 9090),
      wire('lone', '/', 'lone:8080', 8080),
      ...['/aborted', '/moved', '/dots', '/a/%2e%2e/dots', '/%64ots', '/a/..%2Fdots'].map((path) => wire('redirected', path)),
      // The client speaks TLS to a port for HTTP.
      { ...wire('twice'), tls: { serverName: `twice.${NAMESPACE}` } },
    ];
    const disagreements: string[] = [];
    for (const caller of ['productpage-v1', 'ratings-v1', 'guard-v1', 'outside-v1']) {
      const simulations = requests.map(({ dial, port, path, headers, tls }) => {
        const handshake = tls ? ({ scheme: 'https', serverName: tls.serverName } as const) : {};
        return simulate(model, { from: `${caller}.${NAMESPACE}`, to: `${dial}.${NAMESPACE}`, port, path, host: headers.host, ...handshake });
      });
      disagreements.push(...(await disagreementsOf(cluster, caller, requests, (index, answer) => contradiction(simulations[index]!, answer))));
    }
    return { part: 'corner cases: precedence, visibility, Sidecars, protocols, Host headers, TCP, paths, headless Services, TLS to ports for HTTP', compared: 4 * requests.length, disagreements };
  } finally {
    await cluster.remove([...made, younger, sentinel]);
  }
}
