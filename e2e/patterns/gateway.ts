import { existingService } from '../../constructs/kubernetes/service';
import type { MeshGateway } from '../../constructs/mesh';
import { Compression, LuaFilter } from '../../constructs/patterns';
import { corsPolicy, Destination, Duration, Gateway, Match, VirtualService } from '../../constructs/traffic';
import { must } from '../runner';
import { until } from '../simulator/cluster';
import { Certificate, certificate } from './certificates';
import type { ReceivedAnswer } from './sender';
import { MESH, Proof, Stage, WEB } from './stage';
import { NAMESPACE, secureObjects, WEB_PORTS } from './workloads';

const PLAIN_HOST = 'plain.patterns.example';
const MUTUAL_HOST = 'mutual.patterns.example';
const PASSED_HOST = 'passed.patterns.example';
/** Secret with the gateway's certificate, in the namespace of its pods. */
const CREDENTIAL = 'patterns-mutual';
const GATEWAY = MESH.ingressGateway!;
const ADDRESS = `${GATEWAY.serviceName}.${GATEWAY.namespace}`;

/** A request from outside the mesh to the gateway. */
function ask(stage: Stage, path: string, method = 'GET', headers: Readonly<Record<string, string>> = {}, host = PLAIN_HOST): Promise<ReceivedAnswer> {
  return stage.sendFromOutside({ dial: ADDRESS, port: 80, method, path, headers: { host, ...headers } });
}

/** The same by HTTPS. */
function https(stage: Stage, host: string, server: Certificate, client?: Certificate): Promise<ReceivedAnswer> {
  return stage.sendFromOutside({ dial: ADDRESS, port: 443, method: 'GET', path: '/', headers: { host }, tls: { servername: host, ca: server.cert, ...client } });
}

const SHOP = 'https://shop.example.com';

const routes: Proof = {
  name: 'Gateway: CORS and delegation',
  build(stack) {
    const gateway = new Gateway(stack, 'Plain', { namespace: NAMESPACE, hosts: [PLAIN_HOST] });
    const team = new VirtualService(stack, 'Team', {
      ...{ namespace: NAMESPACE, hosts: [] },
      routes: [{ match: Match.path().prefix('/team/web'), to: Destination.of(WEB, { port: WEB_PORTS.plain }), headers: { response: { set: { 'x-route': 'team' } } } }],
    });
    new VirtualService(stack, 'Root', {
      ...{ namespace: NAMESPACE, hosts: [PLAIN_HOST], gateways: [gateway] },
      routes: [
        { match: Match.path().prefix('/team'), delegate: team },
        {
          match: Match.path().prefix('/cors'),
          to: Destination.of(WEB, { port: WEB_PORTS.plain }),
          cors: corsPolicy({ origins: [SHOP], methods: ['GET', 'PUT'], headers: ['x-token'], maxAge: Duration.hours(1) }),
        },
      ],
    });
  },
  async prove(stage) {
    await until('the delegated route', 40, async () => (await ask(stage, '/team/web')).status === 200);
    const [mine, theirs] = [await ask(stage, '/team/web'), await ask(stage, '/team/other')];
    must(mine.headers['x-route'] === 'team' && theirs.status === 404, `delegated: ${mine.status} ${mine.headers['x-route']}, a path that the delegate lacks: ${theirs.status}`);
    const preflight = (origin: string) => ask(stage, '/cors', 'OPTIONS', { origin, 'access-control-request-method': 'PUT' });
    const [allowed, foreign] = [await preflight(SHOP), await preflight('https://evil.example')];
    const answer = (name: string): string | undefined => allowed.headers[`access-control-${name}`];
    must(
      answer('allow-origin') === SHOP && answer('allow-methods') === 'GET,PUT' && answer('allow-headers') === 'x-token' && answer('max-age') === '3600',
      `preflight of ${SHOP}: ${JSON.stringify(allowed.headers)}`,
    );
    must(foreign.headers['access-control-allow-origin'] === undefined, `preflight of a foreign origin: ${JSON.stringify(foreign.headers)}`);
    const real = await ask(stage, '/cors', 'GET', { origin: SHOP });
    must(real.status === 200 && real.headers['access-control-allow-origin'] === SHOP, `GET: ${real.status} ${JSON.stringify(real.headers)}`);
    return `/team/web by the delegate, /team/other 404; preflight of ${SHOP} ${allowed.status} with its leave, of evil.example without any`;
  },
};

const certificates: { mutual?: Certificate; client?: Certificate; stranger?: Certificate; passed?: Certificate } = {};

const tls: Proof = {
  name: 'Gateway: mutual TLS and passthrough',
  async prepare(stage) {
    certificates.mutual = certificate(MUTUAL_HOST);
    certificates.client = certificate('partner');
    certificates.stranger = certificate('stranger');
    certificates.passed = certificate(PASSED_HOST);
    const { cert, key } = certificates.mutual;
    const data = { 'tls.crt': cert, 'tls.key': key, 'ca.crt': certificates.client.cert };
    await stage.cluster.apply([
      { apiVersion: 'v1', kind: 'Secret', metadata: { name: CREDENTIAL, namespace: GATEWAY.namespace }, stringData: data },
      ...secureObjects(certificates.passed),
    ]);
    await stage.cluster.kubectl(['rollout', 'status', '-n', NAMESPACE, 'deploy/secure', '--timeout=100s']);
  },
  build(stack) {
    const gateway = new Gateway(stack, 'Encrypted', { namespace: NAMESPACE, hosts: [MUTUAL_HOST], tls: { mode: 'MUTUAL', credentialName: CREDENTIAL } });
    gateway.addHosts([PASSED_HOST], { mode: 'PASSTHROUGH', redirectHttp: false });
    const secure = existingService({ name: 'secure', namespace: NAMESPACE, ports: [{ name: 'tls', port: 443 }] });
    new VirtualService(stack, 'Mutual', { namespace: NAMESPACE, hosts: [MUTUAL_HOST], gateways: [gateway], routes: [{ to: Destination.of(WEB, { port: WEB_PORTS.plain }) }] });
    new VirtualService(stack, 'Passed', { namespace: NAMESPACE, hosts: [PASSED_HOST], gateways: [gateway] }).addTlsRoute({ sniHosts: [PASSED_HOST], to: Destination.of(secure) });
  },
  async prove(stage) {
    const { mutual, client, stranger, passed } = certificates as Required<typeof certificates>;
    await until('mutual TLS', 40, async () => (await https(stage, MUTUAL_HOST, mutual, client)).status === 200);
    const { certificate: shown } = await https(stage, MUTUAL_HOST, mutual, client);
    const none = await https(stage, MUTUAL_HOST, mutual);
    const wrong = await https(stage, MUTUAL_HOST, mutual, stranger);
    must(shown === MUTUAL_HOST && none.error !== undefined && wrong.error !== undefined, `certificate of ${shown}; without one ${none.status ?? none.error}, with another ${wrong.status ?? wrong.error}`);
    const redirected = await ask(stage, '/', 'GET', {}, MUTUAL_HOST);
    must(redirected.status === 301 && redirected.headers.location === `https://${MUTUAL_HOST}/`, `plain HTTP: ${redirected.status} ${redirected.headers.location}`);
    await until('passthrough', 40, async () => (await https(stage, PASSED_HOST, passed)).status === 200);
    const { certificate: own } = await https(stage, PASSED_HOST, passed);
    must(own === PASSED_HOST, `the service showed the certificate of ${own}`);
    return `mutual: with the partner's certificate 200, with none ${none.error}, with another ${wrong.error}; plain HTTP 301; passthrough: 200, with the service's own certificate`;
  },
};

const filters: Proof = {
  name: 'Gateway: LuaFilter and Compression',
  build(stack, mesh) {
    const on = mesh.ingressGateway as MeshGateway;
    new LuaFilter(stack, 'Lua', { on, port: 80, code: "function envoy_on_response(handle)\n  handle:headers():add('x-served-by', 'gateway')\nend" });
    new Compression(stack, 'Compression', { on, port: 80 });
  },
  async prove(stage) {
    await until('a header by Lua', 40, async () => (await ask(stage, '/team/web')).headers['x-served-by'] === 'gateway');
    const text = await ask(stage, '/cors', 'GET', { 'accept-encoding': 'gzip' });
    must(text.headers['content-encoding'] === 'gzip', `${text.status} ${JSON.stringify(text.headers)}`);
    return 'x-served-by: gateway, and content-encoding: gzip where it is accepted';
  },
};

export const GATEWAYS: readonly Proof[] = [routes, filters, tls];
