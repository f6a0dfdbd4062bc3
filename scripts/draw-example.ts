// Draws a mesh of thirty services, docs/images/thirty-services.svg: node --require tsx/cjs scripts/draw-example.ts
import * as fs from 'node:fs';
import * as path from 'node:path';
import { MeshModel, ModelObject, ServiceCall, topologyOf, toSvg } from '../constructs/model';

/** Namespace, service with its number of versions, and what it calls. */
const SERVICES = `
front  shop 3           browse basket account media
front  partner-api 1    orders stock
shop   browse 2         search offers ratings
shop   search 1         products
shop   offers 3         products prices profiles
shop   ratings 2        profiles
shop   products 2       stock media
shop   basket 1         prices stock sessions
shop   orders 2         basket payments shipping mail
shop   prices 1         currencies vouchers
shop   vouchers 2
shop   media 1
shop   reports 1        orders ledger
people account 1        sessions profiles orders
people sessions 1
people profiles 1       consents
people consents 1
people mail 2           templates api.mail.example
people templates 1
money  payments 2       fraud ledger api.bank.example
money  fraud 2          profiles
money  ledger 1
money  currencies 1
money  invoices 1       ledger mail
goods  stock 2          depots
goods  depots 1
goods  shipping 1       depots carriers labels
goods  carriers 1
goods  labels 1
goods  returns 1        stock payments
`
  .trim()
  .split('\n')
  .map((line) => {
    const [namespace, name, versions, ...calls] = line.split(/\s+/);
    return { namespace, name, versions: Array.from({ length: Number(versions) }, (_, index) => `v${index + 1}`), calls };
  });

const object = (group: string, kind: string, namespace: string, name: string, spec: object): ModelObject => ({
  apiVersion: group,
  kind,
  metadata: { name, namespace },
  spec: spec as Record<string, unknown>,
});
const network = (kind: string, namespace: string, name: string, spec: object): ModelObject =>
  object('networking.istio.io/v1', kind, namespace, name, spec);

function serviceObjects({ namespace, name, versions }: (typeof SERVICES)[number]): ModelObject[] {
  const to = (subset: string, weight?: number): object => ({ destination: { host: name, subset }, weight });
  const callers = SERVICES.filter(({ calls }) => calls.includes(name)).map((caller) => `cluster.local/ns/${caller.namespace}/sa/${caller.name}`);
  const rules = name === 'sessions' ? [] : [{ from: [{ source: { principals: callers } }] }];
  return [
    object('v1', 'Service', namespace, name, { selector: { app: name }, ports: [{ name: 'http', port: 8080 }] }),
    ...versions.map((version) =>
      object('apps/v1', 'Deployment', namespace, `${name}-${version}`, {
        template: { metadata: { labels: { app: name, version } }, spec: { serviceAccountName: name } },
      }),
    ),
    ...(callers.length > 0
      ? [object('security.istio.io/v1', 'AuthorizationPolicy', namespace, name, { selector: { matchLabels: { app: name } }, rules })]
      : []),
    ...(versions.length > 1
      ? [
          network('DestinationRule', namespace, name, { host: name, subsets: versions.map((version) => ({ name: version, labels: { version } })) }),
          network('VirtualService', namespace, name, {
            hosts: [name],
            http: [
              ...(versions.length > 2 ? [{ match: [{ headers: { 'x-canary': { exact: 'yes' } } }], route: [to('v3')] }] : []),
              {
                route: [to('v1', name === 'stock' ? 100 : 90), to('v2', name === 'stock' ? 0 : 10)],
                ...(name === 'fraud' ? { fault: { delay: { fixedDelay: '2s', percentage: { value: 5 } } } } : {}),
                ...(name === 'stock' ? { mirror: { host: name, subset: 'v2' } } : {}),
              },
            ],
          }),
        ]
      : []),
  ];
}

/** The picture of the example: thirty services in five namespaces, two hosts outside, and one service that a policy closes. */
export function examplePicture(): string {
  const entry = (host: string, to: string, prefix?: string): ModelObject =>
    network('VirtualService', 'front', to, {
      hosts: [host],
      gateways: ['edge'],
      http: [{ match: prefix ? [{ uri: { prefix } }] : undefined, route: [{ destination: { host: to.includes('.') ? `${to}.svc.cluster.local` : to } }] }],
    });
  const model = new MeshModel([
    ...SERVICES.flatMap(serviceObjects),
    object('security.istio.io/v1', 'PeerAuthentication', 'istio-system', 'default', { mtls: { mode: 'STRICT' } }),
    network('Gateway', 'front', 'edge', {
      selector: { istio: 'ingress' },
      servers: [{ port: { number: 443, name: 'https', protocol: 'HTTPS' }, hosts: ['shop.example', 'api.shop.example'], tls: { mode: 'SIMPLE' } }],
    }),
    entry('shop.example', 'shop'),
    entry('shop.example', 'returns.goods', '/returns'),
    entry('api.shop.example', 'partner-api'),
    ...['api.mail.example', 'api.bank.example'].map((host) =>
      network('ServiceEntry', 'front', host, { hosts: [host], ports: [{ number: 443, name: 'tls', protocol: 'TLS' }], resolution: 'DNS', location: 'MESH_EXTERNAL' }),
    ),
  ]);
  const calls = SERVICES.flatMap(({ name, calls: called }) => called.map((to): ServiceCall => ({ from: name, to, path: '/' })));
  return toSvg(topologyOf(model, { calls: { calls, propagates: {} } }), { title: 'A shop of thirty services', source: 'Generated by: scripts/draw-example.ts' });
}

if (require.main === module) {
  fs.writeFileSync(path.join(__dirname, '..', 'docs', 'images', 'thirty-services.svg'), examplePicture());
}
