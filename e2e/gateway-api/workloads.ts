import type { AnyObject } from '../../constructs/model';
import type { KeyPair } from '../simulator/edge/stage';

/** Where the gateway, its routes and most of what they lead to are, and another namespace. */
export const NAMESPACE = 'gateway-api';
export const FAR = 'gateway-api-far';
/** What the servers' certificate is for. */
export const SERVER_NAME = 'web.example.com';
export const PORTS = { http: 8080, grpc: 9000, tcp: 7000, tls: 8443 } as const;

/**
 * Speaks everything that the routes lead to; `/fails/2/...` fails twice. Of gRPC it has what goes over the wire: HTTP/2, length-prefixed messages,
 * the status in a trailer.
 */
const SERVER = `
const http = require('http');
const http2 = require('http2');
const { VERSION, CERTIFICATE, KEY } = process.env;
const seen = {};
const answer = (request, response) => {
  const path = request.url.split('?')[0];
  const [, verb, value] = path.split('/');
  if (verb !== 'seen') { seen[path] = (seen[path] || 0) + 1; }
  if (verb === 'fails' && seen[path] <= Number(value)) { response.statusCode = 503; }
  const { servername } = request.socket;
  const body = JSON.stringify({ version: VERSION, path: request.url, headers: request.headers, servername, seen });
  setTimeout(() => response.end(body), verb === 'wait' ? Number(value) : 0);
};
const servers = [http.createServer(answer).listen(${PORTS.http}), require('https').createServer({ cert: CERTIFICATE, key: KEY }, answer).listen(${PORTS.tls})];
servers.forEach((server) => { server.keepAliveTimeout = 120000; });
require('net').createServer((socket) => socket.on('error', () => {}).on('data', (data) => socket.end(VERSION + ' got ' + data))).listen(${PORTS.tcp});
http2.createServer().on('stream', (stream, headers) => {
  stream.on('error', () => {});
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
  const message = Buffer.from(VERSION + ' ' + headers[':path']);
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(message.length, 1);
  stream.end(Buffer.concat([prefix, message]));
}).listen(${PORTS.grpc});
`;

/** Namespaces that take nothing but what Pod Security calls restricted, the pods, and the Secret and ConfigMap with the certificate. */
export function workloadObjects(image: string, server: KeyPair, front: KeyPair, client: KeyPair): AnyObject[] {
  const restricted = { 'pod-security.kubernetes.io/enforce': 'restricted' };
  const { certificate, key } = front;
  return [
    ...[NAMESPACE, FAR].map((name) => ({ apiVersion: 'v1', kind: 'Namespace', metadata: { name, labels: restricted } })),
    ...['v1', 'v2'].map((version) => deployment('web', version, NAMESPACE, image, server)),
    deployment('far', 'v1', FAR, image, server),
    object('Service', 'far', FAR, { spec: { selector: { app: 'far' }, ports: [{ name: 'http', port: 80, targetPort: PORTS.http }] } }),
    object('Secret', 'front', NAMESPACE, { type: 'kubernetes.io/tls', stringData: { 'tls.crt': certificate, 'tls.key': key, 'ca.crt': client.certificate } }),
    object('ConfigMap', 'web-ca', NAMESPACE, { data: { 'ca.crt': server.certificate } }),
  ];
}

function object(kind: string, name: string, namespace: string, fields: object): AnyObject {
  return { apiVersion: 'v1', kind, metadata: { name, namespace }, ...fields };
}

function deployment(app: string, version: string, namespace: string, image: string, server: KeyPair): AnyObject {
  const labels = { app, version };
  const env = { VERSION: app === 'far' ? 'far' : version, CERTIFICATE: server.certificate, KEY: server.key };
  const container = {
    name: 'app',
    image,
    imagePullPolicy: 'IfNotPresent',
    command: ['node', '-e', SERVER],
    env: Object.entries(env).map(([name, value]) => ({ name, value })),
    resources: { requests: { cpu: '1m', memory: '32Mi' } },
    readinessProbe: { httpGet: { path: '/ready', port: PORTS.http }, periodSeconds: 1 },
    securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
  };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: `${app}-${version}`, namespace },
    spec: {
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          automountServiceAccountToken: false,
          terminationGracePeriodSeconds: 1,
          securityContext: { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: 'RuntimeDefault' } },
          containers: [container],
        },
      },
    },
  };
}
