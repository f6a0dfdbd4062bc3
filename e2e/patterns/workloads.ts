import type { AnyObject } from '../../constructs/model';
import type { Certificate } from './certificates';

/** Namespace of everything that the suite makes, and a second one for what two of them share. */
export const NAMESPACE = 'patterns';
export const FAR = 'patterns-far';
/** Ports of the pods that are asked, one a pattern. */
export const WEB_PORTS = {
  ...{ plain: 8080, lua: 8081, compressed: 8082, csrf: 8083, tapped: 8084 },
  ...{ limited: 8085, counted: 8086, guarded: 8087, wasm: 8088, forged: 8089, sealed: 8090 },
} as const;
export const BACKEND_PORT = 8080;
/** Port of the backend's pods that an authoriser guards. */
export const GUARDED_BACKEND_PORT = 8087;
/** Port of the backend's pods whose limits are counted where others' are. */
export const COUNTED_BACKEND_PORT = 8088;
/** Port of the busy pod that an authoriser who is away guards. */
export const FORSAKEN_PORT = 8089;
export const GATEWAY_LABELS = { istio: 'patterns' } as const;
/** Any image with Node.js that every cluster with Bookinfo has. */
const NODE_IMAGE = 'docker.io/istio/examples-bookinfo-ratings-v1:1.20.3';
const AUTHORISER_IMAGE = 'docker.io/istio/ext-authz:1.29.1';
const ECHO_IMAGE = 'docker.io/istio/app:1.29.1';

/**
 * Runs in the pods. /delay/MS waits; /text/N is long; /fails/VERSION fails in one version; /dawdles waits with every fourth first attempt;
 * /file is what lies in /tmp/file; /judge tells whether another address answers 200; anything else tells of the request.
 */
const SERVER = `
const fs = require('fs'), http = require('http'), https = require('https');
let dawdled = 0;
const serve = (request, response) => {
  const [, what, value] = request.url.split('/');
  const reply = (status, type, body) => response.writeHead(status, { 'content-type': type }).end(body);
  const me = (extra) => {
    const client = request.socket.getPeerCertificate?.().subject?.CN;
    const about = { version: process.env.VERSION, pod: process.env.HOSTNAME, path: request.url, headers: request.headers, client, ...extra };
    reply(200, 'application/json', JSON.stringify(about));
  };
  const later = (ms, extra) => setTimeout(() => me(extra), ms);
  switch (what) {
    case 'delay': return later(Number(value));
    case 'text': return reply(200, 'text/plain', 'x'.repeat(Number(value)));
    case 'fails': return process.env.VERSION === value ? reply(500, 'text/plain', 'failed') : me();
    case 'dawdles': return request.headers['x-envoy-attempt-count'] === '1' && dawdled++ % 4 === 0 ? later(2000, { dawdled: true }) : me();
    case 'file': return fs.createReadStream('/tmp/file').on('error', () => reply(404, 'text/plain', '')).pipe(response);
    case 'judge': return http.get('http://' + value + '/', { agent: false }, (answer) => { answer.resume(); reply(answer.statusCode, 'text/plain', ''); })
      .on('error', (error) => reply(502, 'text/plain', error.message));
    default: return me();
  }
};
for (const port of process.env.PORTS.split(',')) http.createServer(serve).listen(Number(port));
const { TLS_PORT, CERT: cert, KEY: key, CLIENT: ca } = process.env;
if (TLS_PORT) https.createServer({ cert, key, ...(ca && { ca, requestCert: true, rejectUnauthorized: true }) }, serve).listen(Number(TLS_PORT));
`;

interface Workload {
  readonly name: string;
  readonly app: string;
  /** @default that of the suite */
  readonly namespace?: string;
  readonly version?: string;
  /** Null leaves them to somebody else. @default 1 */
  readonly replicas?: number | null;
  readonly sidecar?: false;
  /** Region and zone that the pod claims to be in. */
  readonly locality?: string;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly container: Readonly<Record<string, unknown>>;
}

const BACKEND_PORTS = [BACKEND_PORT, GUARDED_BACKEND_PORT, COUNTED_BACKEND_PORT];

const node = (ports: readonly number[], version = 'v1'): Record<string, unknown> => ({
  image: NODE_IMAGE,
  command: ['node', '-e', SERVER],
  env: [
    { name: 'VERSION', value: version },
    { name: 'PORTS', value: ports.join() },
  ],
  readinessProbe: { tcpSocket: { port: ports[0] }, periodSeconds: 1 },
});

const WORKLOADS: readonly Workload[] = [
  {
    ...{ name: 'client', app: 'client', locality: 'home.a', container: node([8080]) },
    annotations: { 'proxy.istio.io/config': 'concurrency: 1\nproxyStatsMatcher:\n  inclusionRegexps: [".*rq_pending_overflow"]' },
  },
  { name: 'web', app: 'web', replicas: 2, container: node(Object.values(WEB_PORTS)) },
  { name: 'backend-v1', app: 'backend', version: 'v1', locality: 'home.a', container: node(BACKEND_PORTS, 'v1') },
  { name: 'backend-v2', app: 'backend', version: 'v2', locality: 'home.b', container: node(BACKEND_PORTS, 'v2') },
  { name: 'backend-v3', app: 'backend', version: 'v3', locality: 'away.a', container: node(BACKEND_PORTS, 'v3') },
  // With pods of its own: limits hold in the proxies of the pods too, whichever Service they are asked by.
  { name: 'busy', app: 'busy', container: node([BACKEND_PORT, FORSAKEN_PORT]) },
  { name: 'echo', app: 'echo', container: { image: ECHO_IMAGE, args: ['--port', '8080', '--grpc', '7070'], readinessProbe: { tcpSocket: { port: 7070 }, periodSeconds: 1 } } },
  { name: 'authoriser', app: 'authoriser', sidecar: false, container: { image: AUTHORISER_IMAGE, readinessProbe: { tcpSocket: { port: 9000 }, periodSeconds: 1 } } },
  { name: 'outside', app: 'outside', sidecar: false, container: node([8080]) },
];

const PROXY = { 'sidecar.istio.io/proxyCPU': '1m', 'sidecar.istio.io/proxyMemory': '32Mi', 'proxy.istio.io/config': 'concurrency: 1' };
const ACCOUNTS = ['web', 'backend', 'gateway'];

/** Namespace, pods and Services that the proofs share. */
export function workloadObjects(injectionLabels: Readonly<Record<string, string>>): { readonly namespace: AnyObject; readonly others: object[] } {
  const hosts = ['hashed', 'near', 'ejecting', 'hedged', 'public', 'faulty'];
  return {
    namespace: { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE, labels: { ...injectionLabels } } },
    others: [
      ...ACCOUNTS.map((name) => ({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace: NAMESPACE } })),
      service('web', 'web', Object.values(WEB_PORTS).map((port) => ({ name: `http-${port}`, port }))),
      ...hosts.map((name) => service(name, 'backend', [{ name: 'http', port: BACKEND_PORT }])),
      service('busy', 'busy', [{ name: 'http', port: BACKEND_PORT }]),
      service('guarded', 'backend', [{ name: 'http', port: GUARDED_BACKEND_PORT }]),
      service('counted', 'backend', [{ name: 'http', port: COUNTED_BACKEND_PORT }]),
      service('forsaken', 'busy', [{ name: 'http', port: FORSAKEN_PORT }]),
      service('nobody', 'nobody', [{ name: 'http', port: 8000 }]),
      service('echo', 'echo', [{ name: 'grpc', port: 7070 }]),
      service('authoriser', 'authoriser', [{ name: 'http', port: 8000 }, { name: 'grpc', port: 9000 }]),
      service('outside', 'outside', [{ name: 'http', port: 8080 }]),
      ...WORKLOADS.map(deployment),
      ...gatewayObjects(),
      shopDeployment('v1'),
    ],
  };
}

/** A gateway, as Istio's own chart makes one; it may read the Secrets of its namespace. */
function gatewayObjects(): object[] {
  const metadata = { name: 'gateway', namespace: NAMESPACE };
  const rbac = { apiVersion: 'rbac.authorization.k8s.io/v1', metadata };
  const rules = [{ apiGroups: [''], resources: ['secrets'], verbs: ['get', 'list', 'watch'] }];
  const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'gateway' };
  const container = { name: 'istio-proxy', image: 'auto', imagePullPolicy: 'IfNotPresent', securityContext: { runAsUser: 1337, runAsGroup: 1337 } };
  const pod = { serviceAccountName: 'gateway', terminationGracePeriodSeconds: 1, securityContext: { sysctls: [{ name: 'net.ipv4.ip_unprivileged_port_start', value: '0' }] } };
  const labels = { ...GATEWAY_LABELS, 'sidecar.istio.io/inject': 'true' };
  const annotations = { 'inject.istio.io/templates': 'gateway', ...PROXY };
  return [
    ...[{ ...rbac, kind: 'Role', rules }, { ...rbac, kind: 'RoleBinding', roleRef, subjects: [{ kind: 'ServiceAccount', ...metadata }] }],
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata,
      spec: { selector: GATEWAY_LABELS, ports: [{ name: 'http2', port: 80 }, { name: 'https', port: 443 }] },
    },
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata,
      spec: { selector: { matchLabels: GATEWAY_LABELS }, template: { metadata: { labels, annotations }, spec: { ...pod, containers: [container] } } },
    },
  ];
}

/** What Flagger rolls out: no replicas are named, as it owns them. */
export function shopDeployment(version: string): AnyObject {
  return deployment({ name: 'shop', app: 'shop', replicas: null, container: node([8080], version) });
}

/** A service that ends TLS by itself. */
export function secureObjects(server: Certificate): AnyObject[] {
  return [
    service('secure', 'secure', [{ name: 'tls', port: 443, targetPort: 8443 }]),
    deployment({ name: 'secure', app: 'secure', container: tlsNode(server) }),
  ];
}

/**
 * A service outside the mesh that takes nobody without the client's certificate; the mesh takes it to speak HTTP. Those of the suite who call may
 * read the Secret with that certificate, else istiod would not hand it to their sidecars.
 */
export function partnerObjects(server: Certificate, client: Certificate, secret: string): AnyObject[] {
  const metadata = { name: secret, namespace: NAMESPACE };
  const rbac = { apiVersion: 'rbac.authorization.k8s.io/v1', metadata };
  const rules = [{ apiGroups: [''], resources: ['secrets'], verbs: ['get', 'list', 'watch'] }];
  const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: secret };
  const objects = [
    { apiVersion: 'v1', kind: 'Secret', metadata, stringData: { 'tls.crt': client.cert, 'tls.key': client.key, 'ca.crt': server.cert } },
    { ...rbac, kind: 'Role', rules },
    { ...rbac, kind: 'RoleBinding', roleRef, subjects: [{ kind: 'ServiceAccount', name: 'default', namespace: NAMESPACE }] },
    service('partner', 'partner', [{ name: 'http', port: 80, targetPort: 8443 }]),
    deployment({ name: 'partner', app: 'partner', sidecar: false, container: tlsNode(server, client.cert) }),
  ];
  return objects as AnyObject[];
}

/** A second namespace, and who calls from there. */
export function farObjects(injectionLabels: Readonly<Record<string, string>>): AnyObject[] {
  return [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: FAR, labels: { ...injectionLabels } } },
    deployment({ name: 'client', app: 'client', namespace: FAR, container: node([8080]) }),
  ];
}

function tlsNode({ cert, key }: Certificate, client?: string): Record<string, unknown> {
  const { env, ...rest } = node([8080]) as { env: object[] };
  const tls = Object.entries({ TLS_PORT: '8443', CERT: cert, KEY: key, ...(client && { CLIENT: client }) });
  return { ...rest, env: [...env, ...tls.map(([name, value]) => ({ name, value }))] };
}

function service(name: string, app: string, ports: readonly object[]): AnyObject {
  return { apiVersion: 'v1', kind: 'Service', metadata: { name, namespace: NAMESPACE }, spec: { selector: { app }, ports } };
}

function deployment({ name, app, namespace = NAMESPACE, version = 'v1', replicas = 1, sidecar, locality, annotations, container }: Workload): AnyObject {
  const labels = { app, version };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace },
    spec: {
      ...(replicas !== null && { replicas }),
      // A selector cannot change, and the version of what is rolled out does.
      selector: { matchLabels: replicas === null ? { app } : labels },
      template: {
        metadata: {
          labels: { ...labels, ...(locality && { 'istio-locality': locality }), ...(sidecar === false && { 'sidecar.istio.io/inject': 'false' }) },
          annotations: { ...PROXY, ...annotations },
        },
        spec: {
          serviceAccountName: ACCOUNTS.includes(app) ? app : 'default',
          terminationGracePeriodSeconds: 1,
          containers: [{ name: 'app', imagePullPolicy: 'IfNotPresent', resources: { requests: { cpu: '1m', memory: '32Mi' } }, ...container }],
        },
      },
    },
  };
}
