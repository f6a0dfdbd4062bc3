import { parse, stringify } from 'yaml';
import { existingService } from '../../constructs/kubernetes/service';
import type { MeshGateway } from '../../constructs/mesh';
import { ExternalAuthorization } from '../../constructs/patterns';
import { Destination, Gateway, VirtualService } from '../../constructs/traffic';
import { must } from '../runner';
import { Cluster, until } from '../simulator/cluster';
import { echo, get, MESH, Proof, WEB } from './stage';
import { FORSAKEN_PORT, GUARDED_BACKEND_PORT, NAMESPACE, WEB_PORTS } from './workloads';

const AUTHORISER = { name: 'authoriser', namespace: NAMESPACE };
const HTTP_PROVIDER = ExternalAuthorization.provider({
  name: 'patterns-http',
  service: AUTHORISER,
  port: 8000,
  protocol: 'http',
  requestHeaders: ['x-ext-authz'],
  upstreamHeaders: ['x-ext-authz-check-result'],
});
const GRPC_PROVIDER = ExternalAuthorization.provider({ name: 'patterns-grpc', service: AUTHORISER, port: 9000 });
/** Nobody answers for it; what is too long for it is refused before it is asked. */
const AWAY_PROVIDER = ExternalAuthorization.provider({
  ...{ name: 'patterns-away', service: { name: 'nobody', namespace: NAMESPACE }, port: 8000, protocol: 'http', statusOnError: 402, requestBody: { maxBytes: 20 } },
});
const PROVIDERS = [HTTP_PROVIDER, GRPC_PROVIDER, AWAY_PROVIDER];
const NAMES = PROVIDERS.map(({ name }) => name);

interface MeshConfig {
  extensionProviders?: { readonly name: string }[];
}

/** Writes the authorisers into the MeshConfig, or takes them out of it; whatever else it says stays. */
export async function setProviders(cluster: Cluster, wanted: boolean): Promise<void> {
  const place = ['configmap', 'istio', '-n', MESH.rootNamespace];
  const { data } = JSON.parse(await cluster.kubectl(['get', ...place, '-o', 'json'])) as { data: { mesh: string } };
  const { extensionProviders = [], ...config } = parse(data.mesh) as MeshConfig;
  const providers = [...extensionProviders.filter(({ name }) => !NAMES.includes(name)), ...(wanted ? PROVIDERS : [])];
  const mesh = stringify({ ...config, ...(providers.length > 0 && { extensionProviders: providers }) });
  await cluster.kubectl(['patch', ...place, '--type=merge', '-p', JSON.stringify({ data: { mesh } })]);
  // The kubelet brings a changed ConfigMap into a pod within a minute; at once where the pod changes too.
  await cluster.kubectl(['annotate', 'pods', '-n', MESH.rootNamespace, '-l', 'app=istiod', `aks-istio/mesh-config=${Date.now()}`, '--overwrite']);
}

const http: Proof = {
  name: 'ExternalAuthorization by HTTP',
  build: (stack) =>
    void new ExternalAuthorization(stack, 'Ask', { on: WEB, provider: 'patterns-http', to: [{ ports: [WEB_PORTS.guarded], notPaths: ['/free'] }] }),
  async prove(stage) {
    const ask = (path: string, headers = {}) => get('web', WEB_PORTS.guarded, path, headers);
    await stage.once('a refusal', ask('/'), ({ status }) => status === 403);
    const refused = (await stage.send([ask('/')]))[0]!;
    must(refused.body.includes('denied by ext_authz'), `refused with ${refused.body}`);
    const allowed = await stage.once('an allowed request', ask('/', { 'x-ext-authz': 'allow' }), ({ status }) => status === 200);
    must(echo(allowed).headers['x-ext-authz-check-result'] === 'allowed', `the pod saw ${JSON.stringify(echo(allowed).headers)}`);
    const [free, elsewhere] = await stage.send([ask('/free'), get('web', WEB_PORTS.plain, '/')]);
    must(free!.status === 200 && elsewhere!.status === 200, `a path that is excepted ${free!.status}, another port ${elsewhere!.status}`);
    return '403 "denied by ext_authz"; with x-ext-authz: allow 200, and the pod sees x-ext-authz-check-result: allowed; /free 200 unasked';
  },
};

const grpc: Proof = {
  name: 'ExternalAuthorization by gRPC',
  build: (stack) =>
    void new ExternalAuthorization(stack, 'Ask', {
      on: existingService({ name: 'guarded', namespace: NAMESPACE, labels: { app: 'backend' }, ports: [{ name: 'http', port: GUARDED_BACKEND_PORT }] }),
      provider: 'patterns-grpc',
      to: [{ ports: [GUARDED_BACKEND_PORT] }],
    }),
  async prove(stage) {
    const ask = (headers = {}) => get('guarded', GUARDED_BACKEND_PORT, '/', headers);
    // Three pods hear of it one after the other.
    await stage.once('a refusal', ask(), ({ status }) => status === 403);
    await new Promise((resolve) => setTimeout(resolve, 1000));
    const refused = await stage.many(6, ask());
    const allowed = await stage.many(6, ask({ 'x-ext-authz': 'allow' }));
    must(refused.every(({ status }) => status === 403) && allowed.every(({ status }) => status === 200), `${refused.map(({ status }) => status).join()} and ${allowed.map(({ status }) => status).join()}`);
    return '6 x 403; with x-ext-authz: allow 6 x 200';
  },
};

const PUBLIC_HOST = 'guarded.patterns.example';

const gateway: Proof = {
  name: 'ExternalAuthorization on a gateway',
  build(stack, mesh) {
    const opened = new Gateway(stack, 'Guarded', { namespace: NAMESPACE, hosts: [PUBLIC_HOST] });
    const to = Destination.of(WEB, { port: WEB_PORTS.plain });
    new VirtualService(stack, 'Routes', { namespace: NAMESPACE, hosts: [PUBLIC_HOST], gateways: [opened], routes: [{ to }] });
    new ExternalAuthorization(stack, 'Ask', { on: mesh.ingressGateway as MeshGateway, provider: 'patterns-grpc', to: [{ hosts: [PUBLIC_HOST], ports: [80] }] });
  },
  async prove(stage) {
    const ask = (headers: Readonly<Record<string, string>> = {}) =>
      stage.sendFromOutside({ dial: `gateway.${NAMESPACE}`, port: 80, method: 'GET', path: '/', headers: { host: PUBLIC_HOST, ...headers } });
    await until('a refusal', 40, async () => (await ask()).status === 403);
    await until('an allowed request', 10, async () => (await ask({ 'x-ext-authz': 'allow' })).status === 200);
    return '403; with x-ext-authz: allow 200';
  },
};

const away: Proof = {
  name: 'ExternalAuthorization, statusOnError and requestBody',
  build(stack) {
    const on = existingService({ name: 'forsaken', namespace: NAMESPACE, labels: { app: 'busy' }, ports: [{ name: 'http', port: FORSAKEN_PORT }] });
    new ExternalAuthorization(stack, 'Ask', { on, provider: 'patterns-away', to: [{ ports: [FORSAKEN_PORT], notPaths: ['/free'] }] });
  },
  async prove(stage) {
    const ask = (path: string, body?: string) => ({ ...get('forsaken', FORSAKEN_PORT, path), ...(body && { method: 'POST', body }) });
    await stage.once('the status for an authoriser who is away', ask('/'), ({ status }) => status === 402);
    const answers = await stage.send([ask('/'), ask('/', 'x'.repeat(20)), ask('/', 'x'.repeat(21)), ask('/free', 'x'.repeat(21))]);
    const statuses = answers.map(({ status }) => status).join();
    must(statuses === '402,402,413,200', `without a body, with 20 bytes, with 21, with 21 to a path that is excepted: ${statuses}`);
    return 'the authoriser is away: 402, with 20 bytes of body 402, with 21 413; a path that is excepted 200';
  },
};

export const AUTHORIZATION: readonly Proof[] = [http, grpc, gateway, away];
