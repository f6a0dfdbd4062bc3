import { Compression, CsrfProtection, GlobalRateLimit, LocalRateLimit, LuaFilter, Tap } from '../../constructs/patterns';
import { Duration } from '../../constructs/traffic';
import { must } from '../runner';
import { until } from '../simulator/cluster';
import { existingService } from '../../constructs/kubernetes/service';
import { get, objectsOf, Proof, Stage, tally, WEB } from './stage';
import { COUNTED_BACKEND_PORT, NAMESPACE, WEB_PORTS } from './workloads';

const lua: Proof = {
  name: 'LuaFilter',
  build: (stack) =>
    void new LuaFilter(stack, 'Lua', {
      on: WEB,
      port: WEB_PORTS.lua,
      code: "function envoy_on_response(handle)\n  handle:headers():add('x-served-by', 'mesh')\nend",
    }),
  async prove(stage) {
    const answer = await stage.once('a header by Lua', get('web', WEB_PORTS.lua, '/'), ({ headers }) => headers['x-served-by'] === 'mesh');
    const [other] = await stage.send([get('web', WEB_PORTS.plain, '/')]);
    must(other!.headers['x-served-by'] === undefined, 'the filter works on a port that it is not for');
    return `${answer.status} with x-served-by: mesh; on another port without`;
  },
};

const compression: Proof = {
  name: 'Compression',
  build: (stack) => void new Compression(stack, 'Compression', { on: WEB, port: WEB_PORTS.compressed }),
  async prove(stage) {
    const ask = (headers = {}) => get('web', WEB_PORTS.compressed, '/text/20000', headers);
    const answer = await stage.once('a compressed answer', ask({ 'accept-encoding': 'gzip' }), ({ headers }) => headers['content-encoding'] === 'gzip');
    const [plain] = await stage.send([ask()]);
    must(plain!.headers['content-encoding'] === undefined && plain!.body.length === 20_000, `without accept-encoding: ${JSON.stringify(plain!.headers)}`);
    must(answer.body.length < 1000, `${answer.body.length} characters are no compressed answer`);
    return 'content-encoding: gzip where it is accepted, 20000 plain bytes elsewhere';
  },
};

const csrf: Proof = {
  name: 'CsrfProtection',
  build: (stack) => void new CsrfProtection(stack, 'Csrf', { on: WEB, port: WEB_PORTS.csrf, allowedOrigins: ['shop.example.com', { regex: '.*[.]trusted[.]example' }] }),
  async prove(stage) {
    const from = (origin: string, method = 'POST') => ({ ...get('web', WEB_PORTS.csrf, '/', { origin }), method });
    await stage.once('a refused origin', from('http://evil.example'), ({ status }) => status === 403);
    const own = `http://web:${WEB_PORTS.csrf}`;
    const requests = [from('http://evil.example'), from('http://evil.example', 'GET'), from(own), from('https://shop.example.com'), from('https://a.trusted.example')];
    const statuses = (await stage.send(requests)).map(({ status }) => status);
    must(statuses.join() === '403,200,200,200,200', `foreign, foreign GET, own, allowed, allowed by expression: ${statuses.join()}`);
    return 'POST from evil.example 403; its GET, and POST from the own and allowed origins 200';
  },
};

const tap: Proof = {
  name: 'Tap',
  build: (stack) => void new Tap(stack, 'Tap', { on: WEB, port: WEB_PORTS.tapped }),
  async prove(stage) {
    const match = { http_request_headers_match: { headers: [{ name: 'x-watch', string_match: { exact: 'me' } }] } };
    const wanted = JSON.stringify({ config_id: 'tap', tap_config: { match, output_config: { sinks: [{ streaming_admin: {} }] } } });
    const pods = JSON.parse(await stage.cluster.kubectl(['get', 'pods', '-n', NAMESPACE, '-l', 'app=web', '-o', 'json'])) as { items: { metadata: { name: string } }[] };
    const { name } = pods.items[0]!.metadata;
    const listening = stage.exec(name, 'istio-proxy', ['sh', '-c', "curl -sS -N --max-time 6 -X POST localhost:15000/tap -d @- || [ $? = 28 ]"], wanted);
    await new Promise((resolve) => setTimeout(resolve, 2000));
    await stage.many(16, get('web', WEB_PORTS.tapped, '/', { 'x-watch': 'me' }));
    await stage.many(4, get('web', WEB_PORTS.tapped, '/', { 'x-watch': 'no' }));
    const seen = await listening;
    const watched = seen.split('"http_buffered_trace"').length - 1;
    must(watched > 0 && seen.includes('"x-watch"') && !/"value": ?"no"/.test(seen), `the tap saw: ${seen.slice(0, 300)}`);
    return `${watched} of 16 watched requests went through the pod that was tapped, each shown with its headers; none of the others`;
  },
};

const localLimit: Proof = {
  name: 'LocalRateLimit',
  build: (stack) => void new LocalRateLimit(stack, 'Limit', { on: WEB, port: WEB_PORTS.limited, requests: 5, per: Duration.minutes(10) }),
  async prove(stage) {
    const answers = await stage.many(40, get('web', WEB_PORTS.limited, '/'));
    const passed = answers.filter(({ status }) => status === 200).length;
    const refused = answers.filter(({ status, headers }) => status === 429 && headers['x-local-rate-limit'] === 'true').length;
    must(passed === 10 && refused === 30, `of 40: ${tally(answers)}`);
    return `of 40 requests to two pods with 5 each: ${tally(answers)}, with x-local-rate-limit`;
  },
};

/** What shares the service that counts, by a name of its own. */
const COUNTED = { name: 'counted', namespace: NAMESPACE, ports: [{ name: 'http', port: COUNTED_BACKEND_PORT }] };

function countedWeb(failOpen: boolean): Pick<Proof, 'name' | 'build'> {
  return {
    name: 'GlobalRateLimit',
    build(stack) {
      const { rateLimitService: service } = new GlobalRateLimit(stack, 'Limit', {
        ...{ on: WEB, port: WEB_PORTS.counted, namespace: NAMESPACE, failOpen },
        limits: [
          { by: 'path', value: '/counted', requests: 5, per: 'day' },
          { by: { header: 'x-user' }, requests: 3, per: 'day' },
          { by: ['path', { header: 'x-tenant' }], requests: 2, per: 'day' },
        ],
      });
      const on = existingService({ ...COUNTED, labels: { app: 'backend' }, serviceAccountName: 'backend' });
      new GlobalRateLimit(stack, 'Shared', { on, service, port: COUNTED_BACKEND_PORT, limits: [{ by: 'path', value: '/counted', requests: 7, per: 'day' }] });
    },
  };
}

const globalLimit: Proof = {
  ...countedWeb(false),
  async prove(stage) {
    const ask = (path: string, headers = {}) => get('web', WEB_PORTS.counted, path, headers);
    // A request that no limit is about passes before the service has reached Redis, which only counted ones need.
    let round = 0;
    await until('answers of the rate limit service that were counted', 40, async () => {
      round += 1;
      const crowd = Array.from({ length: 16 }, (_, index) => ask('/', { 'x-user': `early-${round}-${index}` }));
      return (await stage.send(crowd)).every(({ status }) => status === 200);
    });
    const byPath = await stage.many(12, ask('/counted'));
    must(tally(byPath) === '200 x 5, 429 x 7', `12 requests for one path: ${tally(byPath)}`);
    must(byPath.every(({ status, headers }) => status === 200 || headers['x-envoy-ratelimited'] === 'true'), 'a refused request lacks x-envoy-ratelimited');
    const users = await Promise.all(['ann', 'bob'].map((user) => stage.many(5, ask('/', { 'x-user': user }))));
    must(users.every((answers) => tally(answers) === '200 x 3, 429 x 2'), `5 requests of each user: ${users.map(tally).join(' and ')}`);
    const other = await stage.many(6, ask('/free'));
    must(tally(other) === '200 x 6', `another path: ${tally(other)}`);
    const tenant = { 'x-tenant': 'north' };
    const both = [await stage.many(4, ask('/free', tenant)), await stage.many(2, ask('/other', tenant))].map(tally);
    must(both[0] === '200 x 2, 429 x 2' && both[1] === '200 x 2', `of a tenant, 4 for one path and 2 for another: ${both.join(' and ')}`);
    const shared = tally(await stage.many(12, get('counted', COUNTED_BACKEND_PORT, '/counted')));
    must(shared === '200 x 7, 429 x 5', `12 for the same path to the three pods that share the service: ${shared}`);
    const strangers = await strangerAsks(stage);
    const gone = await withoutService(stage);
    return `12 for one path to two pods: ${tally(byPath)}; 5 of each of two users: ${tally(users[0]!)}; another path ${tally(other)}; of a tenant 4 for one path ${both[0]}, 2 for another ${both[1]}; of another target that shares the service ${shared}; ${strangers}; ${gone}`;
  },
};

/** Takes the service away: requests fail, or pass where they may. */
async function withoutService(stage: Stage): Promise<string> {
  const ask = get('web', WEB_PORTS.counted, '/counted');
  const becomes = (status: number) =>
    until(`${status} by both pods`, 40, async () => (await stage.many(8, ask)).every((answer) => answer.status === status));
  await stage.cluster.kubectl(['scale', '-n', NAMESPACE, 'deploy/ratelimit', '--replicas=0']);
  await becomes(500);
  await stage.cluster.apply(objectsOf(countedWeb(true)).filter(({ kind }) => kind === 'EnvoyFilter'));
  await becomes(200);
  return 'without the service 500, with failOpen 200';
}

/** Only the limited pods may ask the service, and only it may ask Redis. */
async function strangerAsks(stage: Stage): Promise<string> {
  const script = "const s=require('net').connect(6379,'ratelimit-redis');s.on('connect',()=>s.write('PING\\r\\n'));" +
    "s.on('data',(d)=>{console.log('answered '+d);process.exit()});s.on('close',()=>console.log('closed'));s.on('error',(e)=>console.log(e.code));";
  const said = (await stage.exec('deploy/client', 'app', ['node', '-e', script])).trim();
  must(!said.startsWith('answered'), `Redis answered a stranger: ${said}`);
  return 'Redis answers no stranger';
}

export const INBOUND: readonly Proof[] = [lua, compression, csrf, tap, localLimit, globalLimit];
