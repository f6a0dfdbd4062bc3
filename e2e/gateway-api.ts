import { localClusterPaths, NODE_ADDRESS } from '../local-cluster/paths';
import { DEMO_FORGED, DEMO_GUEST } from '../scenarios/demo-tokens';
import { GATEWAY, grantObjects, HOSTS, ORIGIN, routeObjects, tlsPolicyObjects } from './gateway-api/routes';
import { Address, call, exchange, get, HttpAnswer, preflight, Trust, whoEndsTls } from './gateway-api/wire';
import { FAR, NAMESPACE, PORTS, SERVER_NAME, workloadObjects } from './gateway-api/workloads';
import { must } from './runner';
import { Cluster, until } from './simulator/cluster';
import { keyPair } from './simulator/edge/stage';

const IMAGE = 'docker.io/istio/examples-bookinfo-ratings-v1:1.20.3';
const SAMPLE = 400;
/** Four standard deviations of a quarter of the sample, in percent. */
const TOLERANCE = 8.7;
const PATIENCE_SECONDS = 40;
/** Requests at once: more would wait for each other. */
const PARALLEL = 10;

export interface GatewayApiSuiteOptions {
  /** @default true */
  readonly cleanUp?: boolean;
  /** Called with each line of the report. @default standard output */
  readonly report?: (line: string) => void;
}

export interface GatewayApiSuiteResult {
  readonly proved: number;
  /** Names of what failed, and why. */
  readonly failed: readonly string[];
}

interface Echo {
  readonly version: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly servername?: string;
  readonly seen: Readonly<Record<string, number>>;
}

/** Uses every kind of the Gateway API by its construct, on a gateway that istiod makes, and sends the requests that prove it. */
export async function gatewayApiSuite(options: GatewayApiSuiteOptions = {}): Promise<GatewayApiSuiteResult> {
  const report = options.report ?? ((line: string): void => void process.stdout.write(`${line}\n`));
  const paths = localClusterPaths();
  const cluster = new Cluster({ kubectl: paths.kubectl ?? 'kubectl', kubeconfig: paths.kubeconfig, context: paths.context });
  const [front, client] = [keyPair(HOSTS.front), keyPair('client.example.com')];
  const failed: string[] = [];
  let proved = 0;
  const prove = async (name: string, proof: () => Promise<string>): Promise<void> => {
    const begin = Date.now();
    const took = (): string => `${((Date.now() - begin) / 1000).toFixed(1)} s`;
    try {
      const observed = await retried(proof);
      report(`ok    ${name} (${took()}): ${observed}`);
      proved += 1;
    } catch (error) {
      failed.push(`${name}: ${error instanceof Error ? error.message : String(error)}`);
      report(`FAIL  ${failed.at(-1)} (${took()})`);
    }
  };
  try {
    await cluster.apply(workloadObjects(IMAGE, keyPair(SERVER_NAME), front, client));
    await cluster.apply(routeObjects());
    await cluster.kubectl(['wait', '-n', NAMESPACE, `gateways.gateway.networking.k8s.io/${GATEWAY}`, '--for=condition=Programmed', '--timeout=90s']);
    // Programmed tells of the Service; its pods may still be starting.
    const available = ['--for=condition=Available', 'deployment', '--all', '--timeout=90s'];
    await Promise.all([NAMESPACE, FAR].map((namespace) => cluster.kubectl(['wait', '-n', namespace, ...available])));
    const at = await listeners(cluster);
    for (const [name, proof] of Object.entries(proofs(cluster, at, { ca: front.certificate, cert: client.certificate, key: client.key }))) {
      await prove(name, proof);
    }
  } finally {
    if (options.cleanUp ?? true) {
      await cluster.kubectl(['delete', 'namespace', NAMESPACE, FAR, '--ignore-not-found', '--wait=false']);
    }
  }
  return { proved, failed };
}

/** A proxy may have a change later than another: a second time counts. */
async function retried(proof: () => Promise<string>): Promise<string> {
  for (const end = Date.now() + PATIENCE_SECONDS * 1000; ; ) {
    try {
      return await proof();
    } catch (error) {
      if (Date.now() > end) {
        throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
  }
}

type Listeners = Readonly<Record<'http' | 'https' | 'tcp' | 'tls', Address>>;

/** The node's ports of the gateway's Service. */
async function listeners(cluster: Cluster): Promise<Listeners> {
  const service = await cluster.kubectl(['get', 'service', `${GATEWAY}-istio`, '-n', NAMESPACE, '-o', 'json']);
  const { ports } = (JSON.parse(service) as { spec: { ports: { port: number; nodePort: number }[] } }).spec;
  const at = (wanted: number): Address => ({ host: NODE_ADDRESS, port: ports.find(({ port }) => port === wanted)?.nodePort ?? 0 });
  return { http: at(80), https: at(443), tcp: at(PORTS.tcp), tls: at(PORTS.tls) };
}

function proofs(cluster: Cluster, at: Listeners, trust: Trust): Readonly<Record<string, () => Promise<string>>> {
  const shop = (path: string, headers?: Readonly<Record<string, string>>): Promise<HttpAnswer> => get(at.http, HOSTS.shop, path, headers);
  const becomes = (what: string, ask: () => Promise<boolean>): Promise<void> => until(what, PATIENCE_SECONDS, () => ask().catch(() => false));
  const status = async (host: string): Promise<number> => (await get(at.http, host, '/')).status;
  return {
    'HTTPRoute: a header, else the rest': async () => {
      await becomes('the route', async () => (await shop('/')).status === 200);
      const [jason, others] = [echo(await shop('/', { 'end-user': 'jason' })), echo(await shop('/'))];
      must(jason.version === 'v2' && others.version === 'v1', `jason ${jason.version}, others ${others.version}`);
      return `jason ${jason.version}, others ${others.version}`;
    },
    'HTTPRoute: weights': async () => {
      await becomes('the route', async () => (await get(at.http, HOSTS.split, '/')).status === 200);
      const answers: HttpAnswer[] = [];
      while (answers.length < SAMPLE) {
        answers.push(...(await Promise.all(Array.from({ length: PARALLEL }, () => get(at.http, HOSTS.split, '/')))));
      }
      const share = (100 * answers.filter((answer) => echo(answer).version === 'v2').length) / SAMPLE;
      must(Math.abs(share - 25) <= TOLERANCE, `v2 had ${share} % of ${SAMPLE}`);
      return `v2 had ${share} % of ${SAMPLE}, 25 wanted`;
    },
    'HTTPRoute: redirect': async () => {
      const { status: code, headers } = await shop('/old');
      must(code === 301 && headers.location === 'https://new.example.com/home', `${code} ${headers.location}`);
      return `${code} ${headers.location}`;
    },
    'HTTPRoute: rewrite, by whole segments': async () => {
      const [inside, exact, beside] = [echo(await shop('/api/books')), echo(await shop('/api')), echo(await shop('/apis'))];
      must([inside.path, exact.path, beside.path].join() === '/v2/books,/v2,/apis', [inside.path, exact.path, beside.path].join());
      must(inside.headers.host === 'inner', `host ${inside.headers.host}`);
      return `/api/books -> ${inside.path} for ${inside.headers.host}, /api -> ${exact.path}, /apis stays`;
    },
    'HTTPRoute: mirror': async () => {
      const path = `/copied/${Date.now()}`;
      must(echo(await shop(path)).version === 'v1', 'v1 does not answer');
      await becomes('the copy', async () => echo(await shop('/seen', { 'end-user': 'jason' })).seen[path] === 1);
      return 'v1 answered, v2 saw a copy';
    },
    'HTTPRoute: timeout': async () => {
      const [late, soon] = [await shop('/wait/6000'), await shop('/wait/10')];
      must(late.status === 504 && soon.status === 200, `${late.status}, ${soon.status}`);
      return `${late.status} after 2 s, ${soon.status} before`;
    },
    'HTTPRoute: headers': async () => {
      const answer = await shop('/headers', { cookie: 'a=b' });
      const { headers } = echo(answer);
      must(headers.lane === 'fast' && headers.cookie === undefined && answer.headers.served === 'yes', JSON.stringify(headers));
      return 'one set, one removed, one added to the answer';
    },
    'HTTPRoute: CORS': async () => {
      const [allowed, foreign] = [await preflight(at.http, HOSTS.shop, '/shared', ORIGIN), await preflight(at.http, HOSTS.shop, '/shared', 'https://evil.example.com')];
      const leave = ['origin', 'methods', 'headers'].map((what) => allowed.headers[`access-control-allow-${what}`]).join(' ');
      must(leave === `${ORIGIN} GET,PUT x-token` && allowed.headers['access-control-max-age'] === '60', JSON.stringify(allowed.headers));
      must(foreign.headers['access-control-allow-origin'] === undefined, `a foreign origin: ${JSON.stringify(foreign.headers)}`);
      const real = await shop('/shared', { origin: ORIGIN });
      must(real.status === 200 && real.headers['access-control-allow-origin'] === ORIGIN, `GET: ${real.status} ${JSON.stringify(real.headers)}`);
      return `${allowed.status} ${leave}; another origin without leave`;
    },
    'HTTPRoute: retries': async () => {
      const [path, always] = [`/fails/3/${Date.now()}`, `/fails/9/${Date.now()}`];
      const [mended, failed] = [echo(await shop(path)).seen[path], (await shop(always)).status];
      const tries = echo(await shop('/seen')).seen[always];
      must(mended === 4 && failed === 503 && tries === 4, `${mended} tries; one that always fails ${failed} after ${tries}`);
      return `the fourth try answered; one that always fails ${failed} after ${tries}`;
    },
    'RequestAuthentication: a token for a path of the gateway': async () => {
      const ask = async (path: string, token?: string): Promise<number> => (await shop(path, token ? { authorization: `Bearer ${token}` } : {})).status;
      const seen = [await ask('/token'), await ask('/token', DEMO_GUEST), await ask('/token', DEMO_FORGED), await ask('/')];
      must(seen.join() === '403,200,401,200', seen.join());
      return 'none 403, a good one 200, a forged one 401; another path 200 without';
    },
    'LuaFilter: on one port of the gateway': async () => {
      const [plain, secure] = [await shop('/'), await get(at.https, HOSTS.front, '/', {}, trust)].map(({ headers }) => String(headers['x-served-by']));
      must(plain === 'gateway' && secure === 'undefined', `${plain}; on port 443 ${secure}`);
      return `x-served-by: ${plain}; on port 443 without`;
    },
    'Gateway: TLS ended for clients with a certificate, HTTP redirected': async () => {
      await becomes('the certificate', async () => (await get(at.https, HOSTS.front, '/', {}, trust)).status === 200);
      const secure = echo(await get(at.https, HOSTS.front, '/', {}, trust));
      const nameless = await get(at.https, HOSTS.front, '/', {}, { ca: trust.ca }).then(({ status: code }) => String(code), (error: NodeJS.ErrnoException) => String(error.code));
      must(/CERTIFICATE_REQUIRED|HANDSHAKE_FAILURE|ECONNRESET/.test(nameless), `a client without a certificate: ${nameless}`);
      const open = await get(at.http, HOSTS.front, '/a?b=c');
      must(secure.version === 'v2' && open.status === 301, `${secure.version}, ${open.status}`);
      must(open.headers.location === `https://${HOSTS.front}/a?b=c`, String(open.headers.location));
      return `${secure.version} by HTTPS, ${nameless} without a certificate; by HTTP ${open.status} ${open.headers.location}`;
    },
    'GRPCRoute: method, service, metadata': async () => {
      await becomes('the route', async () => (await call(at.http, HOSTS.grpc, 'shop.Cart/Add')).startsWith('v1'));
      const answers = [
        await call(at.http, HOSTS.grpc, 'shop.Cart/Add'),
        await call(at.http, HOSTS.grpc, 'shop.Cart/Empty'),
        await call(at.http, HOSTS.grpc, 'shop.Stock/Count', { lane: 'v2' }),
        await call(at.http, HOSTS.grpc, 'shop.Stock/Count'),
      ].join(', ');
      must(answers === 'v1 /shop.Cart/Add, v2 /shop.Cart/Empty, v2 /shop.Stock/Count, grpc-status 12', answers);
      return answers;
    },
    'TCPRoute': async () => {
      const answer = await exchange(at.tcp, 'hello');
      must(answer === 'v2 got hello', answer);
      return answer;
    },
    'TLSRoute: TLS passes through, by name': async () => {
      const [ours, another] = [await whoEndsTls(at.tls, HOSTS.through), await whoEndsTls(at.tls, 'other.example.com')];
      must(ours === SERVER_NAME && another === 'ECONNRESET', `${ours}, ${another}`);
      return `${ours} ended it; for another name ${another}`;
    },
    'ReferenceGrant: without, with, without': async () => {
      const seen = [await status(HOSTS.far)];
      await cluster.apply(grantObjects());
      await becomes('the grant', async () => (await status(HOSTS.far)) === 200);
      seen.push(await status(HOSTS.far));
      await cluster.remove(grantObjects());
      await becomes('the end of the grant', async () => (await status(HOSTS.far)) === 500);
      seen.push(await status(HOSTS.far));
      must(seen.join() === '500,200,500', seen.join());
      return seen.join(', ');
    },
    'BackendTLSPolicy: none, the right name, another': async () => {
      await cluster.remove(tlsPolicyObjects());
      await becomes('no policy', async () => (await status(HOSTS.secure)) >= 400);
      const seen = [await status(HOSTS.secure)];
      await cluster.apply(tlsPolicyObjects());
      await becomes('the policy', async () => (await status(HOSTS.secure)) === 200);
      const { servername } = echo(await get(at.http, HOSTS.secure, '/'));
      seen.push(await status(HOSTS.secure));
      await cluster.apply(tlsPolicyObjects('other.example.com'));
      await becomes('the other policy', async () => (await status(HOSTS.secure)) === 503);
      seen.push(await status(HOSTS.secure));
      must(seen[0]! >= 400 && seen[1] === 200 && seen[2] === 503 && servername === SERVER_NAME, `${seen.join()}, asked for ${String(servername)}`);
      return `${seen.join(', ')}; the gateway asked for ${servername}`;
    },
  };
}

/** @throws Error where the answer is not from a server of the suite */
function echo({ status, body }: HttpAnswer): Echo {
  must(status === 200, `expected 200, got ${status}: ${body.slice(0, 100)}`);
  return JSON.parse(body) as Echo;
}

if (require.main === module) {
  gatewayApiSuite({ cleanUp: !process.argv.includes('keep') }).then(
    ({ failed }) => {
      process.exitCode = failed.length > 0 ? 1 : 0;
    },
    (error: unknown) => {
      process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
      process.exitCode = 2;
    },
  );
}
