import type { AnyObject } from '../../constructs/model';
import { Cluster } from './cluster';

export const NAMESPACE = 'sim';

/** Ports that the pods listen on; each is a port of its own for policies. */
export const POD_PORTS = [8080, 8081, 8082, 8083] as const;

/** Bookinfo's own port, which the Services that scenarios make lead to. */
const BOOKINFO_PORT = 9080;

/** Runs in the pods: answers with what arrived, and who answers. */
const SERVER = `
const http = require('http');
const seen = [];
for (const port of [${[...POD_PORTS, BOOKINFO_PORT].join(',')}]) {
  http.createServer((request, response) => {
    seen.push(request.headers.host);
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ version: process.env.VERSION, app: process.env.APP, path: request.url, method: request.method, headers: request.headers }));
  }).listen(port);
}
`;

interface Pod {
  readonly app: string;
  readonly version: string;
  readonly serviceAccount: string;
  readonly sidecar?: false;
}

/** Small stand-ins for Bookinfo's services, one to be guarded, and one outside the mesh. */
const PODS: readonly Pod[] = [
  { app: 'productpage', version: 'v1', serviceAccount: 'bookinfo-productpage' },
  { app: 'details', version: 'v1', serviceAccount: 'bookinfo-details' },
  { app: 'reviews', version: 'v1', serviceAccount: 'bookinfo-reviews' },
  { app: 'reviews', version: 'v2', serviceAccount: 'bookinfo-reviews' },
  { app: 'reviews', version: 'v3', serviceAccount: 'bookinfo-reviews' },
  { app: 'ratings', version: 'v1', serviceAccount: 'bookinfo-ratings' },
  { app: 'guard', version: 'v1', serviceAccount: 'guard' },
  { app: 'outside', version: 'v1', serviceAccount: 'outside', sidecar: false },
];

/** Everything that all parts of the suite share. */
export function podObjects(image: string, injectionLabels: Readonly<Record<string, string>>, namespace = NAMESPACE): AnyObject[] {
  const accounts = [...new Set(PODS.map((pod) => pod.serviceAccount))];
  return [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace, labels: injectionLabels } },
    ...accounts.map((name) => ({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name, namespace } })),
    ...['productpage', 'details', 'reviews', 'ratings', 'guard'].map((app) =>
      serviceObject(app, { app }, [{ name: 'http', port: 9080, targetPort: 8080 }], namespace),
    ),
    ...PODS.map((pod) => deployment(pod, image, namespace)),
  ];
}

/** A Service of the suite's namespace. */
export function serviceObject(name: string, selector: Readonly<Record<string, string>>, ports: readonly object[], namespace = NAMESPACE): AnyObject {
  return { apiVersion: 'v1', kind: 'Service', metadata: { name, namespace }, spec: { selector, ports } };
}

/** Creates the pods and waits until they are ready. */
export async function startPods(
  cluster: Cluster,
  image: string,
  injectionLabels: Readonly<Record<string, string>>,
  namespace = NAMESPACE,
  more: readonly AnyObject[] = [],
): Promise<void> {
  const objects = [...podObjects(image, injectionLabels, namespace), ...more];
  await cluster.apply(objects.slice(0, 1));
  await cluster.apply(objects.slice(1));
  await cluster.kubectl(['rollout', 'status', 'deployment', '-n', namespace, '--timeout=170s']);
}

function deployment(pod: Pod, image: string, namespace: string): AnyObject {
  const name = `${pod.app}-${pod.version}`;
  const labels = { app: pod.app, version: pod.version };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace },
    spec: {
      selector: { matchLabels: labels },
      template: {
        metadata: {
          labels: { ...labels, ...(pod.sidecar === false ? { 'sidecar.istio.io/inject': 'false' } : {}) },
          annotations: { 'sidecar.istio.io/proxyCPU': '1m', 'sidecar.istio.io/proxyMemory': '32Mi', 'proxy.istio.io/config': 'concurrency: 1' },
        },
        spec: {
          serviceAccountName: pod.serviceAccount,
          terminationGracePeriodSeconds: 1,
          containers: [
            {
              name: 'app',
              image,
              imagePullPolicy: 'IfNotPresent',
              command: ['node', '-e', SERVER],
              env: [
                { name: 'VERSION', value: pod.version },
                { name: 'APP', value: pod.app },
              ],
              resources: { requests: { cpu: '1m', memory: '32Mi' } },
            },
          ],
        },
      },
    },
  };
}
