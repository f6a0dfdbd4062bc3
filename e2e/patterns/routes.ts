import { MtlsMigration, RequestAuthentication } from '../../constructs/security';
import { Destination, Gateway, Match, MeshService, VirtualService } from '../../constructs/traffic';
import { DEMO_FORGED, DEMO_GUEST, DEMO_ISSUER, DEMO_JWKS, DEMO_READER } from '../../scenarios/demo-tokens';
import { must } from '../runner';
import { until, WireAnswer } from '../simulator/cluster';
import type { SentRequest } from './sender';
import { backend, echo, get, MESH, Proof, WEB } from './stage';
import { BACKEND_PORT, NAMESPACE, WEB_PORTS } from './workloads';

const PUBLIC_HOST = 'public.patterns.example';
const CLAIMS_HOST = 'claims.patterns.example';
const GATEWAY = MESH.ingressGateway!;
const SAMPLE = 200;
/** Four standard deviations of a quarter of the sample, in percent. */
const TOLERANCE = 12.3;

/** A request to the suite's gateway. */
function ingress(host: string, path: string, headers: Readonly<Record<string, string>> = {}): SentRequest {
  return { dial: `${GATEWAY.serviceName}.${GATEWAY.namespace}`, port: 80, method: 'GET', path, headers: { host, ...headers } };
}

const split: Proof = {
  name: 'MeshService: sidecars and a gateway, two cookies',
  build(stack) {
    const gateways = [new Gateway(stack, 'Public', { namespace: NAMESPACE, hosts: [PUBLIC_HOST] })];
    new MeshService(stack, 'Service', { service: backend('public'), gateways })
      .split({ v1: 75, v2: 25 })
      .route({ match: Match.cookie('lane').exact('b').and(Match.cookie('beta').exact('yes')), to: 'v3' });
  },
  async prove(stage) {
    const inside = (headers = {}) => get('public', BACKEND_PORT, '/', headers);
    const outside = (headers = {}) => ingress(PUBLIC_HOST, '/', headers);
    const both = { cookie: 'lane=b; beta=yes' };
    await stage.once('the route of the sidecars', inside(both), ({ status, body }) => status === 200 && body.includes('"version":"v3"'));
    await until('the route of the gateway', 40, async () => (await stage.sendFromOutside(outside())).status === 200);
    const share = (answers: readonly WireAnswer[]): number => (100 * answers.filter((answer) => echo(answer).version === 'v2').length) / SAMPLE;
    const many = (request: SentRequest): SentRequest[] => Array.from({ length: SAMPLE }, () => request);
    const shares = [share(await stage.send(many(inside()))), share(await stage.sendAllFromOutside(many(outside())))];
    must(shares.every((percent) => Math.abs(percent - 25) <= TOLERANCE), `v2 had ${shares.join(' and ')} % of ${SAMPLE}`);
    const jars = ['lane=b; beta=yes', 'beta=yes; other=1; lane=b', 'lane=b', 'lane=b; beta=yes2', 'xlane=b; beta=yes'];
    const asked = [inside, outside].map((ask) => jars.map((cookie) => ask({ cookie })));
    const found = [await stage.send(asked[0]!), await stage.sendAllFromOutside(asked[1]!)];
    const third = found.map((answers) => answers.map((answer) => echo(answer).version === 'v3').join());
    must(third.every((line) => line === 'true,true,false,false,false'), `v3 for ${jars.join(' | ')}: ${third.join(' and ')}`);
    return `v2 had ${shares.join(' and ')} % of ${SAMPLE} by the sidecar and by the gateway, 25 wanted; both cookies in either order go to v3, one or others do not`;
  },
};

const aborted: Proof = {
  name: 'MeshService: an abort without a match, beside routes',
  build: (stack) =>
    void new MeshService(stack, 'Service', { service: backend('faulty') })
      .route({ match: Match.path().prefix('/two'), to: 'v2' })
      .abort(418, { match: Match.path().prefix('/tea') })
      .abort(503),
  async prove(stage) {
    const ask = (path: string) => get('faulty', BACKEND_PORT, path);
    await stage.once('an abort', ask('/'), ({ status }) => status === 503);
    const answers = await stage.send(['/', '/two', '/tea'].map(ask));
    const seen = answers.map(({ status, body }) => `${status} ${body}`).join(', ');
    must(seen === '503 fault filter abort, 503 fault filter abort, 418 fault filter abort', seen);
    return '503 on the route of others and on the one to v2; 418 where the abort has a match of its own';
  },
};

const claims: Proof = {
  name: 'Match.claim at a gateway',
  build(stack) {
    const gateway = new Gateway(stack, 'Claims', { namespace: NAMESPACE, hosts: [CLAIMS_HOST] });
    new RequestAuthentication(stack, 'Tokens', { target: GATEWAY, jwt: [{ issuer: DEMO_ISSUER, jwks: DEMO_JWKS }] });
    const marked = (name: string) => ({ to: Destination.of(WEB, { port: WEB_PORTS.plain }), headers: { response: { set: { 'x-route': name } } } });
    new VirtualService(stack, 'ByClaims', {
      ...{ namespace: NAMESPACE, hosts: [CLAIMS_HOST], gateways: [gateway] },
      routes: [{ match: Match.claim('groups').exact('readers'), ...marked('readers') }, marked('others')],
    });
  },
  async prove(stage) {
    const ask = async (token?: string): Promise<string> => {
      const { status, headers } = await stage.sendFromOutside(ingress(CLAIMS_HOST, '/', token ? { authorization: `Bearer ${token}` } : {}));
      return status === 200 ? String(headers['x-route']) : String(status);
    };
    await until('the route of readers', 40, async () => (await ask(DEMO_READER)) === 'readers');
    const seen = [await ask(DEMO_GUEST), await ask(), await ask(DEMO_FORGED)].join(', ');
    must(seen === 'others, others, 401', `of a guest, without a token, with a forged one: ${seen}`);
    return 'a token of the group goes its way; a guest, and who has none, the other way; a forged one 401';
  },
};

const migration: Proof = {
  name: 'MtlsMigration: a port that is done',
  build: (stack) => void new MtlsMigration(stack, 'Migration', { namespace: NAMESPACE, step: 'permissive', except: [{ workload: WEB, ports: [WEB_PORTS.sealed] }] }),
  async prove(stage) {
    const ask = (port: number) => get('web', port, '/');
    await until('a refusal of plaintext', 40, async () => (await stage.sendFromOutside(ask(WEB_PORTS.sealed))).error !== undefined);
    // Two pods hear of it one after the other.
    await new Promise((resolve) => setTimeout(resolve, 1000));
    const sealed = await stage.sendAllFromOutside(Array.from({ length: 6 }, () => ask(WEB_PORTS.sealed)));
    const open = await stage.sendAllFromOutside(Array.from({ length: 6 }, () => ask(WEB_PORTS.plain)));
    const inside = await stage.many(6, ask(WEB_PORTS.sealed));
    must(sealed.every(({ error }) => error !== undefined), `plaintext to the port that is done: ${sealed.map(({ status, error }) => status ?? error).join()}`);
    must([...open, ...inside].every(({ status }) => status === 200), `another port, and a sidecar: ${[...open, ...inside].map(({ status, error }) => status ?? error).join()}`);
    return `plaintext: ${sealed[0]!.error} on the port that is done, 200 on another; a sidecar 200 on both`;
  },
};

export const ROUTES: readonly Proof[] = [split, aborted, claims, migration];
