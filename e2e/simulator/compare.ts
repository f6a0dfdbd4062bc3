import type { Simulation } from '../../constructs/model';
import type { Cluster, WireAnswer, WireRequest } from './cluster';
import { NAMESPACE } from './pods';

/** What became of the comparisons of one part. */
export interface Comparison {
  readonly part: string;
  readonly compared: number;
  readonly disagreements: readonly string[];
}

interface Echo {
  readonly version?: string;
  readonly app?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Where a real answer contradicts a simulated one; nothing where they agree. Shares need samples and are compared elsewhere. */
export function contradiction(first: Simulation, answer: WireAnswer): string | undefined {
  const simulation = first.onward && first.destinations.some((share) => share.reached) ? first.onward : first;
  const echo = echoOf(answer);
  if (answer.error !== undefined) {
    const silent =
      simulation.destinations.some((share) => !share.reached && share.status === undefined) ||
      (simulation.outcome === 'failed' && simulation.status === undefined);
    return silent ? undefined : `expected ${expectationOf(simulation)}, got no answer (${answer.error})`;
  }
  const reached = simulation.destinations.filter((share) => share.reached);
  const outside = reached.length > 0 && reached.every(isOutside);
  if (echo === undefined && outside && answer.status !== undefined && simulation.status === undefined) {
    return undefined;
  }
  if (echo === undefined) {
    const possible = new Set(
      [simulation.status, simulation.fault?.abort?.status, ...simulation.destinations.map((share) => share.status)].filter(
        (status) => status !== undefined,
      ),
    );
    if (answer.status === undefined || !possible.has(answer.status)) {
      return `expected ${expectationOf(simulation)}, got ${answer.status} ${answer.body.slice(0, 80)}`;
    }
    const location = simulation.redirect?.location;
    return location !== undefined && answer.headers.location !== location
      ? `expected a redirect to ${location}, got ${answer.headers.location}`
      : undefined;
  }
  if (simulation.status !== undefined || reached.length === 0) {
    return `expected ${expectationOf(simulation)}, but ${echo.app} ${echo.version} answered`;
  }
  if (!outside && !reached.some((share) => share.version === echo.version && (share.workload?.labels.app ?? echo.app) === echo.app)) {
    return `expected ${expectationOf(simulation)}, but ${echo.app} ${echo.version} answered`;
  }
  const route = simulation.headers.response.set['x-route'];
  if (route !== answer.headers['x-route']) {
    return `expected route ${route ?? 'default'}, got ${answer.headers['x-route'] ?? 'default'}`;
  }
  return seenByWorkload(simulation, echo);
}

/** Whoever answers under the name of a host outside has a version that the mesh does not know. */
function isOutside({ host, workload }: Simulation['destinations'][number]): boolean {
  return !host.endsWith('.cluster.local') && Object.keys(workload?.labels ?? {}).length === 0;
}

function seenByWorkload(simulation: Simulation, echo: Echo): string | undefined {
  const path = simulation.rewrite?.path ?? simulation.call.path;
  if (echo.path !== path) {
    return `expected path ${path}, the workload saw ${echo.path}`;
  }
  const authority = simulation.rewrite?.authority ?? simulation.call.authority;
  if (echo.headers?.host !== authority) {
    return `expected host ${authority}, the workload saw ${echo.headers?.host}`;
  }
  const { set, remove } = simulation.headers.request;
  for (const [name, value] of Object.entries(set)) {
    if (echo.headers?.[name] !== value) {
      return `expected header ${name}: ${value}, the workload saw ${echo.headers?.[name]}`;
    }
  }
  const left = remove.find((name) => echo.headers?.[name] !== undefined && set[name] === undefined);
  return left === undefined ? undefined : `expected header ${left} to be removed, the workload saw ${echo.headers?.[left]}`;
}

/** What a workload of the suite says it received. */
export function echoOf(answer: WireAnswer): Echo | undefined {
  try {
    const echo = JSON.parse(answer.body) as Echo;
    return typeof echo.app === 'string' ? echo : undefined;
  } catch {
    return undefined;
  }
}

/** A request in one line. */
export function showRequest(from: string, request: WireRequest): string {
  const headers = Object.entries(request.headers).map(([name, value]) => `${name}: ${value.length > 40 ? `${value.slice(0, 37)}...` : value}`);
  return `${from}: ${request.method} ${request.dial}:${request.port}${request.path} {${headers.join(', ')}}`;
}

function expectationOf(simulation: Simulation): string {
  return simulation.summary;
}

/** Widest difference, in percent points, that a sample of a share may show: five standard deviations, which chance exceeds once in two million. */
export function tolerance(percent: number, sample: number): number {
  const share = percent / 100;
  return 100 * 5 * Math.sqrt(Math.max(share * (1 - share), 0.0001) / sample);
}

/**
 * Sends requests and checks each answer. What contradicts is asked once more: proxies that have just been told something new drop
 * connections now and then, which says nothing about their configuration.
 * @param check says why an answer is wrong
 */
export async function disagreementsOf(
  cluster: Cluster,
  caller: string,
  requests: readonly WireRequest[],
  check: (index: number, answer: WireAnswer) => string | undefined,
  namespace = NAMESPACE,
): Promise<string[]> {
  const answers = await cluster.send(namespace, caller, requests);
  const doubtful = requests.map((_, index) => index).filter((index) => check(index, answers[index]!) !== undefined);
  if (doubtful.length === 0) {
    return [];
  }
  await new Promise((resolve) => setTimeout(resolve, 3000));
  const wrong: string[] = [];
  // One after the other: where connections are limited, a crowd is refused whatever the rules say of each.
  for (const index of doubtful) {
    const [again] = await cluster.send(namespace, caller, [requests[index]!]);
    const why = check(index, again!);
    if (why !== undefined) wrong.push(`${showRequest(caller, requests[index]!)}: ${why}`);
  }
  return wrong;
}
