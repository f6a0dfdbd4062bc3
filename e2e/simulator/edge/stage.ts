import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import type { AnyObject } from '../../../constructs/model';

/** Where the callers and what they call are, and a second namespace for what depends on whose an object is. */
export const EDGE = 'sim-edge';
export const FAR = 'sim-far';

/** Ports of the pods: HTTP, and HTTP in TLS that the application itself ends. */
export const HTTP_PORT = 8080;
export const TLS_PORT = 8443;

/** A certificate and its key. */
export interface KeyPair {
  readonly certificate: string;
  readonly key: string;
}

/**
 * A self-signed certificate, which is its own authority.
 * @throws Error where this machine has no `openssl`
 */
export function keyPair(name: string): KeyPair {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'aks-istio-simulator-'));
  try {
    const [key, certificate] = ['key', 'crt'].map((suffix) => path.join(folder, suffix));
    const what = ['-subj', `/CN=${name}`, '-addext', `subjectAltName=DNS:${name}`, '-keyout', key!, '-out', certificate!];
    execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', ...what], { stdio: 'pipe' });
    return { certificate: readFileSync(certificate!, 'utf8'), key: readFileSync(key!, 'utf8') };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * Answers with what arrived; `/status/503` with that status, `/wait/700` after so many milliseconds, `/seen` with how often each path came. The pod
 * outside of the mesh is the external authoriser, too: the header `x-ask` says what it answers.
 */
const SERVER = `
const http = require('http');
const https = require('https');
const seen = {};
const answer = (request, response) => {
  const path = request.url.split('?')[0];
  const [, verb, value] = path.split('/');
  if (verb === 'seen') { response.end(JSON.stringify(seen)); return; }
  seen[path] = (seen[path] || 0) + 1;
  if (request.headers['x-ask'] === 'deny' && process.env.APP === 'plain') { response.statusCode = 403; response.end('refused by the authoriser'); return; }
  response.statusCode = verb === 'status' ? Number(value) : 200;
  response.setHeader('content-type', 'application/json');
  const body = JSON.stringify({ version: process.env.VERSION, app: process.env.APP, path: request.url, method: request.method, headers: request.headers });
  setTimeout(() => response.end(body), verb === 'wait' ? Number(value) : 0);
};
http.createServer(answer).listen(${HTTP_PORT});
https.createServer({ cert: process.env.TLS_CERTIFICATE, key: process.env.TLS_KEY }, answer).listen(${TLS_PORT});
`;

interface Pod {
  readonly app: string;
  readonly version: string;
  readonly namespace?: string;
  readonly sidecar?: false;
}

/** A caller with a sidecar and one without, three versions of what is called, one outside of the mesh, and callers and services elsewhere. */
const PODS: readonly Pod[] = [
  { app: 'client', version: 'v1' },
  { app: 'plain', version: 'v1', sidecar: false },
  { app: 'api', version: 'v1' },
  { app: 'api', version: 'v2' },
  { app: 'api', version: 'v3' },
  { app: 'guarded', version: 'v1' },
  { app: 'client', version: 'v1', namespace: FAR },
  { app: 'api', version: 'v1', namespace: FAR },
];

/** Everything that all parts share. */
export function stageObjects(image: string, injectionLabels: Readonly<Record<string, string>>, server: KeyPair): AnyObject[] {
  const spaces = [EDGE, FAR];
  return [
    ...spaces.map((name) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels: { ...injectionLabels, stage: name } } })),
    ...PODS.map((pod) => deployment(pod, image, server)),
    ...gatewayPods('edge-gateway'),
    service('api', { app: 'api' }),
    service('api', { app: 'api' }, FAR),
    service('plain', { app: 'plain' }),
    service('guarded', { app: 'guarded' }),
    ...['v1', 'v2', 'v3'].map((version) => service(`api-${version}`, { app: 'api', version })),
  ];
}

/** A Service of pods of the stage: HTTP on port 80, TLS on 443. */
export function service(name: string, selector: Readonly<Record<string, string>>, namespace = EDGE, ports?: readonly object[]): AnyObject {
  const usual = [
    { name: 'http', port: 80, targetPort: HTTP_PORT },
    { name: 'tls', port: 443, targetPort: TLS_PORT },
  ];
  return { apiVersion: 'v1', kind: 'Service', metadata: { name, namespace }, spec: { selector, ports: ports ?? usual } };
}

/** An object of Istio's networking API. */
export function networking(kind: string, name: string, spec: object, namespace = EDGE): AnyObject {
  return { apiVersion: 'networking.istio.io/v1', kind, metadata: { name, namespace }, spec };
}

/** An object of Istio's security API. */
export function security(kind: string, name: string, spec: object, namespace = EDGE, annotations: Readonly<Record<string, string>> = {}): AnyObject {
  return { apiVersion: 'security.istio.io/v1', kind, metadata: { name, namespace, annotations }, spec };
}

/** An object of the Gateway API. */
export function gatewayApi(kind: string, name: string, spec: object, namespace = EDGE): AnyObject {
  const version: Readonly<Record<string, string>> = { TCPRoute: 'v1alpha2', TLSRoute: 'v1alpha2', ReferenceGrant: 'v1beta1' };
  return { apiVersion: `gateway.networking.k8s.io/${version[kind] ?? 'v1'}`, kind, metadata: { name, namespace }, spec };
}

const RESOURCES = {
  'sidecar.istio.io/proxyCPU': '1m',
  'sidecar.istio.io/proxyMemory': '32Mi',
  'proxy.istio.io/config': 'concurrency: 1',
};

function deployment({ app, version, namespace = EDGE, sidecar }: Pod, image: string, server: KeyPair): AnyObject {
  const labels = { app, version };
  const env = { VERSION: version, APP: app, TLS_CERTIFICATE: server.certificate, TLS_KEY: server.key };
  const container = {
    name: 'app',
    image,
    imagePullPolicy: 'IfNotPresent',
    command: ['node', '-e', SERVER],
    env: Object.entries(env).map(([name, value]) => ({ name, value })),
    resources: { requests: { cpu: '1m', memory: '32Mi' } },
  };
  const injected = sidecar === false ? { 'sidecar.istio.io/inject': 'false' } : {};
  return workload(`${app}-${version}`, namespace, { ...labels, ...injected }, labels, RESOURCES, [container]);
}

/** Pods of a gateway of the suite's own: nobody else's servers and policies are theirs. */
export function gatewayPods(name: string, namespace = EDGE): AnyObject[] {
  const labels = { istio: name, 'sidecar.istio.io/inject': 'true' };
  const annotations = { ...RESOURCES, 'inject.istio.io/templates': 'gateway' };
  const container = { name: 'istio-proxy', image: 'auto', imagePullPolicy: 'IfNotPresent', resources: { requests: { cpu: '1m', memory: '32Mi' } } };
  const ports = [
    { name: 'http2', port: 80, targetPort: 8080 },
    { name: 'http-more', port: 81, targetPort: 8081 },
    { name: 'https', port: 443, targetPort: 8443 },
    { name: 'tls', port: 15443, targetPort: 15443 },
    { name: 'tcp', port: 9000, targetPort: 9000 },
    { name: 'mixed', port: 9443, targetPort: 9443 },
  ];
  return [
    workload(name, namespace, labels, { istio: name }, annotations, [container]),
    { apiVersion: 'v1', kind: 'Service', metadata: { name, namespace }, spec: { selector: { istio: name }, ports } },
    ...mayReadSecrets(name, namespace),
  ];
}

/** istiod hands certificates to gateways whose service account may read them. */
function mayReadSecrets(name: string, namespace: string): AnyObject[] {
  const group = 'rbac.authorization.k8s.io';
  const rules = [{ apiGroups: [''], resources: ['secrets'], verbs: ['get', 'watch', 'list'] }];
  const binding = { roleRef: { apiGroup: group, kind: 'Role', name }, subjects: [{ kind: 'ServiceAccount', name: 'default', namespace }] };
  const metadata = { name, namespace };
  return [
    { apiVersion: `${group}/v1`, kind: 'Role', metadata, rules } as AnyObject,
    { apiVersion: `${group}/v1`, kind: 'RoleBinding', metadata, ...binding } as AnyObject,
  ];
}

function workload(name: string, namespace: string, labels: object, selector: object, annotations: object, containers: readonly object[]): AnyObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace },
    spec: {
      selector: { matchLabels: selector },
      template: { metadata: { labels, annotations }, spec: { terminationGracePeriodSeconds: 1, containers } },
    },
  };
}
