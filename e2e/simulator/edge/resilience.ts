import { longestWait, simulate, triesOf } from '../../../constructs/model';
import type { AnyObject, MeshModel } from '../../../constructs/model';
import type { Cluster } from '../cluster';
import { echoOf, tolerance } from '../compare';
import { fromOf, Part, sendFrom, wire } from './question';
import { EDGE, gatewayApi, networking, service } from './stage';

const COPIES = 60;

interface Retried {
  readonly name: string;
  readonly path: string;
  readonly objects: readonly AnyObject[];
}

/** A Service whose route has retries, and the path that its pod answers badly. */
function retried(name: string, path: string, route: object): Retried {
  const http = [{ ...route, route: [{ destination: { host: name } }] }];
  return { name, path, objects: [service(name, { app: 'api', version: 'v1' }), networking('VirtualService', name, { hosts: [name], http })] };
}

const RETRIES: readonly Retried[] = [
  retried('t0', '/status/503', {}),
  retried('t1', '/status/503', { retries: { attempts: 3, retryOn: '5xx' } }),
  retried('t2', '/status/500', { retries: { attempts: 2, retryOn: 'gateway-error' } }),
  retried('t3', '/status/502', { retries: { attempts: 2, retryOn: 'gateway-error' } }),
  retried('t4', '/status/418', { retries: { attempts: 2, retryOn: 'connect-failure,418' } }),
  retried('t5', '/status/503', { retries: { attempts: 0 } }),
  retried('t6', '/status/503', { retries: { attempts: 2 } }),
  retried('t7', '/status/409', { retries: { attempts: 1, retryOn: 'retriable-4xx' } }),
  retried('t8', '/status/429', { retries: { attempts: 4, retryOn: '5xx' } }),
];

const TIMEOUTS: readonly Retried[] = [
  retried('w0', '/wait/1500', { timeout: '0.5s' }),
  retried('w1', '/wait/1500', { timeout: '3s', retries: { attempts: 2, perTryTimeout: '0.3s', retryOn: '5xx', backoff: '0.025s' } }),
  retried('w2', '/wait/1500', { timeout: '0.7s', retries: { attempts: 5, perTryTimeout: '0.3s', retryOn: '5xx', backoff: '0.025s' } }),
  retried('w3', '/wait/1500', { retries: { attempts: 3, perTryTimeout: '0.3s', retryOn: 'connect-failure' } }),
  retried('w4', '/wait/400', { timeout: '1s' }),
  {
    name: 'w5',
    path: '/wait/1500',
    objects: [
      service('w5', { app: 'api', version: 'v1' }),
      gatewayApi('HTTPRoute', 'w5', {
        parentRefs: [{ group: '', kind: 'Service', name: 'w5' }],
        rules: [{ timeouts: { request: '1s', backendRequest: '400ms' }, backendRefs: [{ name: 'w5', port: 80 }] }],
      }),
    ],
  },
];

const to = (host: string): object => ({ destination: { host, port: { number: 80 } } });
const MIRRORS: Readonly<Record<string, readonly object[]>> = {
  c0: [{ route: [to('api-v1')], mirror: { host: 'api-v2', port: { number: 80 } } }],
  c1: [{ route: [to('api-v1')], mirror: { host: 'api-v2', port: { number: 80 } }, mirrorPercentage: { value: 50 } }],
  c2: [{ route: [to('api-v1')], mirrors: [{ ...to('api-v2'), percentage: { value: 100 } }, { ...to('api-v3'), percentage: { value: 25 } }] }],
  c3: [{ route: [to('api-v1')], mirror: { host: 'api-v2', port: { number: 80 } }, mirrorPercentage: { value: 0 } }],
};

/** Tries counted at a backend that fails, patience measured at one that waits, and copies counted where they arrive. */
export function resilience(seed: number): Part {
  const mirrored = Object.entries(MIRRORS).flatMap(([name, http]) => [service(name, { app: 'api' }), networking('VirtualService', name, { hosts: [name], http })]);
  const copied = gatewayApi('HTTPRoute', 'c4', {
    parentRefs: [{ group: '', kind: 'Service', name: 'c4' }],
    rules: [{ filters: [{ type: 'RequestMirror', requestMirror: { backendRef: { name: 'api-v3', port: 80 }, fraction: { numerator: 1, denominator: 2 } } }], backendRefs: [{ name: 'api-v1', port: 80 }] }],
  });
  return {
    name: 'retries, timeouts and mirrors, counted at the backends',
    objects: [...RETRIES, ...TIMEOUTS].flatMap(({ objects }) => objects).concat(mirrored, service('c4', { app: 'api' }), copied),
    questions: [],
    async measure(cluster, model) {
      const found: Found[] = [];
      for (const measured of [copies, tries, waits]) {
        const first = await measured(cluster, model, seed);
        // A copy that a proxy loses is sent by nobody again, and a machine that halts for a second is no proxy's patience: once more, then.
        found.push(first.disagreements.length > 0 ? await measured(cluster, model, seed) : first);
      }
      return { compared: found.reduce((sum, { compared }) => sum + compared, 0), disagreements: found.flatMap(({ disagreements }) => disagreements) };
    },
  };
}

type Found = Awaited<ReturnType<NonNullable<Part['measure']>>>;

/** How often each path came to each version, once no more of them come: copies are late on a machine that is busy. */
async function settled(cluster: Cluster): Promise<Record<string, Record<string, number>>> {
  for (let last = await seen(cluster), end = Date.now() + 10_000; ; ) {
    await new Promise((resolve) => setTimeout(resolve, 500));
    const now = await seen(cluster);
    if (JSON.stringify(now) === JSON.stringify(last) || Date.now() > end) {
      return now;
    }
    last = now;
  }
}

/** How often each path came to each version. */
async function seen(cluster: Cluster): Promise<Record<string, Record<string, number>>> {
  const versions = ['v1', 'v2', 'v3'];
  const answers = await sendFrom(cluster, 'client', versions.map((version) => wire(`api-${version}`, { path: '/seen' })));
  return Object.fromEntries(versions.map((version, index) => [version, JSON.parse(answers[index]!.body) as Record<string, number>]));
}

async function tries(cluster: Cluster, model: MeshModel, seed: number): Promise<Found> {
  const marked = ({ name, path }: Retried): string => `${path}/${name}/${seed}/${Date.now()}`;
  const paths = RETRIES.map(marked);
  await sendFrom(cluster, 'client', RETRIES.map(({ name }, index) => wire(name, { path: paths[index] })));
  const { v1 } = await seen(cluster);
  const disagreements = RETRIES.flatMap(({ name, path }, index) => {
    const { retries } = simulate(model, { from: fromOf('client'), to: `${name}.${EDGE}`, path: paths[index] });
    const expected = triesOf(retries, Number(path.split('/')[2]));
    const counted = v1![paths[index]!] ?? 0;
    return counted === expected ? [] : [`${name} ${path}: expected ${expected} tries, the backend saw ${counted}`];
  });
  return { compared: RETRIES.length, disagreements };
}

/** Retries wait a little between tries, which nobody can foretell to the millisecond. */
async function waits(cluster: Cluster, model: MeshModel, seed: number): Promise<Found> {
  const answers = await sendFrom(cluster, 'client', TIMEOUTS.map(({ name, path }) => wire(name, { path: `${path}/${seed}` })));
  const disagreements = TIMEOUTS.flatMap(({ name, path }, index) => {
    const { timeoutSeconds, retries } = simulate(model, { from: fromOf('client'), to: `${name}.${EDGE}`, path });
    const wait = longestWait(timeoutSeconds, retries);
    const needed = Number(path.split('/')[2]) / 1000;
    const late = wait !== undefined && needed > wait;
    const { status, milliseconds } = answers[index]!;
    const between = late && retries?.perTryTimeoutSeconds ? 0.1 * retries.attempts + 0.2 : 0.2;
    const spent = milliseconds / 1000;
    const expected = late ? wait : needed;
    const inTime = spent > expected - 0.05 && spent < expected + between + 0.3;
    return status === (late ? 504 : 200) && inTime ? [] : [`${name}: expected ${late ? 504 : 200} after ${expected} s, got ${status} after ${spent} s`];
  });
  return { compared: TIMEOUTS.length, disagreements };
}

async function copies(cluster: Cluster, model: MeshModel, seed: number): Promise<Found> {
  const names = [...Object.keys(MIRRORS), 'c4'];
  const disagreements: string[] = [];
  let compared = 0;
  const paths = names.map((name) => `/copied/${name}/${seed}/${Date.now()}`);
  const answers = await sendFrom(cluster, 'client', names.flatMap((name, index) => Array.from({ length: COPIES }, () => wire(name, { path: paths[index] }))));
  const counted = await settled(cluster);
  for (const [index, name] of names.entries()) {
    const simulation = simulate(model, { from: fromOf('client'), to: `${name}.${EDGE}`, path: paths[index] });
    for (const version of ['v2', 'v3']) {
      const percent = simulation.mirrors.filter((mirror) => mirror.versions.includes(version)).reduce((sum, mirror) => sum + mirror.percent, 0);
      const saw = (100 * (counted[version]![paths[index]!] ?? 0)) / COPIES;
      compared += 1;
      if (Math.abs(saw - percent) > (percent === 0 || percent === 100 ? 0.01 : tolerance(percent, COPIES))) {
        disagreements.push(`${name}: expected copies of ${percent} % at ${version}, it saw ${saw.toFixed(1)} %`);
      }
    }
    const own = answers.slice(index * COPIES, (index + 1) * COPIES);
    if (own.some((answer) => echoOf(answer)?.version !== 'v1')) {
      disagreements.push(`${name}: expected every answer from v1`);
    }
  }
  return { compared, disagreements };
}
