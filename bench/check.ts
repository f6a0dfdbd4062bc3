/**
 * What a check costs, against Ajv over the same schemas (which then has seen neither CEL nor istiod's rules).
 *
 *     node --require tsx/cjs bench/check.ts
 */
import Ajv from 'ajv';
import { MeshModel } from '../constructs/model/mesh-model';
import { ModelObject } from '../constructs/model/object';
import { analyze } from '../constructs/validation/analysis';
import { checkObject, istioApi } from '../constructs/validation/istio';

const SERVICES = 200;

interface Mesh {
  readonly istio: readonly ModelObject[];
  /** Services and Deployments. */
  readonly core: readonly ModelObject[];
}

/** A mesh of services with three versions: a VirtualService, a DestinationRule and an AuthorizationPolicy each. */
function meshOf(count: number): Mesh {
  const names = Array.from({ length: count }, (_, index) => `service-${index}`);
  const of = (apiVersion: string, kind: string, name: string, spec: Record<string, unknown>): ModelObject => {
    return { apiVersion, kind, metadata: { name, namespace: 'shop' }, spec };
  };
  const versions = ['v1', 'v2', 'v3'];
  return {
    istio: names.flatMap((name) => [
      of('networking.istio.io/v1', 'VirtualService', name, {
        hosts: [name],
        http: [
          { match: [{ headers: { 'end-user': { exact: 'jason' } }, uri: { prefix: '/api' } }], route: [{ destination: { host: name, subset: 'v2' } }], timeout: '5s' },
          {
            route: versions.map((version, index) => ({
              destination: { host: name, subset: version, port: { number: 9080 } },
              weight: [50, 30, 20][index],
            })),
            retries: { attempts: 3, perTryTimeout: '2s', retryOn: '5xx,reset' },
            timeout: '10s',
          },
        ],
      }),
      of('networking.istio.io/v1', 'DestinationRule', name, {
        host: name,
        trafficPolicy: { connectionPool: { tcp: { maxConnections: 100, connectTimeout: '1s' } }, outlierDetection: { consecutive5xxErrors: 5, interval: '10s', baseEjectionTime: '30s' } },
        subsets: versions.map((version) => ({ name: version, labels: { version } })),
      }),
      of('security.istio.io/v1', 'AuthorizationPolicy', name, {
        selector: { matchLabels: { app: name } },
        rules: [{ from: [{ source: { principals: ['cluster.local/ns/shop/sa/front'] } }], to: [{ operation: { methods: ['GET'], paths: ['/api/*'] } }] }],
      }),
    ]),
    core: names.flatMap((name) => [
      of('v1', 'Service', name, { selector: { app: name }, ports: [{ port: 9080, name: 'http' }] }),
      ...versions.map((version) => of('apps/v1', 'Deployment', `${name}-${version}`, { template: { metadata: { labels: { app: name, version } } } })),
    ]),
  };
}

/** The same mesh by the Gateway API: a Gateway, and for each service three routes. */
function routesOf(count: number): ModelObject[] {
  const of = (kind: string, name: string, spec: Record<string, unknown>): ModelObject => {
    return { apiVersion: 'gateway.networking.k8s.io/v1', kind, metadata: { name, namespace: 'shop' }, spec };
  };
  const backend = (name: string, weight: number): object => ({ name, port: 9080, weight });
  return Array.from({ length: count }, (_, index) => `service-${index}`).flatMap((name) => [
    of('Gateway', name, { gatewayClassName: 'istio', listeners: [{ name: 'http', port: 80, protocol: 'HTTP', hostname: `${name}.example.com` }] }),
    of('HTTPRoute', name, {
      parentRefs: [{ name }],
      rules: [{ matches: [{ path: { value: '/api' }, headers: [{ name: 'end-user', value: 'jason' }] }], backendRefs: [backend(name, 90), backend(name, 10)] }],
    }),
    of('HTTPRoute', `${name}-inside`, {
      parentRefs: [{ group: '', kind: 'Service', name, port: 9080 }],
      rules: [{ backendRefs: [backend(name, 1)], timeouts: { request: '5s' } }],
    }),
  ]);
}

function timed<T>(work: () => T): [number, T] {
  const start = performance.now();
  const result = work();
  return [performance.now() - start, result];
}

function main(): void {
  const { istio, core } = meshOf(SERVICES);
  const [first, findings] = timed(() => istio.flatMap((object) => checkObject(object)));
  const [warm] = timed(() => istio.flatMap((object) => checkObject(object)));
  const [across, between] = timed(() => analyze(new MeshModel([...istio, ...core])));
  const routes = routesOf(SERVICES);
  const [gatewayApi, said] = timed(() => routes.flatMap((object) => checkObject(object)));
  const [routed, more] = timed(() => analyze(new MeshModel([...routes, ...core])));
  const [compile, validators] = timed(() => {
    const ajv = new Ajv({ strict: false, allErrors: true, logger: false });
    return new Map(['VirtualService', 'DestinationRule', 'AuthorizationPolicy'].map((kind) => [kind, ajv.compile(istioApi().kinds[kind]!.spec)]));
  });
  const [baseline] = timed(() => istio.forEach((object) => validators.get(object.kind)!(object.spec)));
  const each = (milliseconds: number): string => `${(milliseconds / istio.length).toFixed(3)} ms an object`;
  console.log(`${istio.length} Istio objects of ${SERVICES} services, ${core.length} Services and Deployments, ${findings.length + between.length} findings`);
  console.log(`check, first run (schemas read): ${first.toFixed(0)} ms, ${each(first)}`);
  console.log(`check, again:                    ${warm.toFixed(0)} ms, ${each(warm)}`);
  console.log(`analysis across objects:         ${across.toFixed(0)} ms`);
  console.log(`Gateway API, ${routes.length} objects:        ${gatewayApi.toFixed(0)} ms, ${each(gatewayApi)}, then ${routed.toFixed(0)} ms across; ${said.length + more.length} findings`);
  console.log(`baseline, Ajv, schema only:      ${compile.toFixed(0)} ms to compile three kinds, then ${baseline.toFixed(0)} ms, ${each(compile + baseline)}`);
  process.exitCode = Math.max(first, gatewayApi) / istio.length > 1 ? 1 : 0;
}

main();
