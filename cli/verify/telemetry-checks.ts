import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { ExitExpectation, LogExpectation, MetricExpectation, SamplingExpectation } from '../../scenarios';
import { realHost } from './call-check';
import { bookinfoPods, Check, originOf, VerifyContext } from './context';
import { CallOrigin, callFrom, describeAnswer, MeshAnswer } from './mesh-call';
import { listPods, PROXY_CONTAINER } from './pods';
import type { Outcome } from './result';
import { describeShares, judgeShares, sampleSize } from './shares';

const CALLS = 5;
/** Envoy writes its access log every ten seconds, or when 64 KB have gathered. */
const LOG_SECONDS = 14;
const LOG_PAUSE_MS = 1000;

/** Which requests stand in the log of productpage's proxy. */
export function logCheck(context: VerifyContext, { host, logged, passedOver }: LogExpectation): Check {
  const { port } = context.bookinfo[host].ports[0];
  const urlOf = (path: string): string => `http://${host}:${port}${path}`;
  return {
    name: `log of what ${host} answer`,
    expectation: `the requests answered with ${logged.status}, and none with ${passedOver.status}`,
    sent: `${CALLS} x GET ${urlOf(logged.path)} and ${CALLS} x GET ${urlOf(passedOver.path)} from productpage; its proxy's log is read`,
    async attempt() {
      const origin = originOf(context, await bookinfoPods(context), 'productpage');
      const word = randomBytes(4).toString('hex');
      const calls = [passedOver, logged].map(({ path }) => ({ url: `${urlOf(path)}?${word}`, headers: { connection: 'close' }, count: CALLS }));
      const answers = await callFrom(context.tools, origin, calls, { concurrency: 1 });
      const strange = answers.find(({ call, status }) => status !== [passedOver, logged][call].status);
      if (strange || answers.length < 2 * CALLS) {
        return { verdict: 'fail', observation: strange ? describeAnswer(strange) : `only ${answers.length} of ${2 * CALLS} requests were answered` };
      }
      const seen = async (): Promise<Record<'logged' | 'passedOver', number>> => {
        const lines = (await proxyLog(context, origin)).filter((line) => line.includes(word));
        const count = ({ path }: { readonly path: string }): number => lines.filter((line) => line.includes(`${path}?${word}`)).length;
        return { logged: count(logged), passedOver: count(passedOver) };
      };
      let found = await seen();
      const until = Date.now() + LOG_SECONDS * 1000;
      for (; found.logged < CALLS && found.passedOver === 0 && Date.now() < until; found = await seen()) {
        await pause(LOG_PAUSE_MS, undefined, { signal: context.signal });
      }
      return judgeLog({ ...found, sent: CALLS });
    },
  };
}

/** @param counts lines of each kind in the log, and how many requests of each were sent */
export function judgeLog(counts: Readonly<Record<'logged' | 'passedOver' | 'sent', number>>): Outcome {
  const { logged, passedOver, sent } = counts;
  return {
    verdict: logged === sent && passedOver === 0 ? 'pass' : 'fail',
    observation: `${logged} of ${sent} errors logged, ${passedOver} of ${sent} others`,
  };
}

/** Whether calls pass the egress gateway. */
export function exitCheck(context: VerifyContext, expectation: ExitExpectation): Check {
  const host = realHost(context, expectation.host);
  return {
    name: `exit to ${host}`,
    expectation: '200, each by the egress gateway',
    sent: `${CALLS} x GET http://${host}/ from productpage; the log of the egress gateway is read`,
    async attempt() {
      const gateway = context.mesh.egressGateway;
      const pods = gateway ? await listPods(context.tools, gateway.namespace, gateway.selector) : [];
      const origin = originOf(context, await bookinfoPods(context), 'productpage');
      const word = randomBytes(4).toString('hex');
      const answers = await callFrom(context.tools, origin, [{ url: `http://${host}/?${word}`, headers: { connection: 'close' }, count: CALLS }]);
      const strange = answers.find(({ status }) => status !== 200);
      if (strange || answers.length < CALLS) {
        return { verdict: 'fail', observation: strange ? describeAnswer(strange) : `only ${answers.length} of ${CALLS} requests were answered` };
      }
      const seen = async (): Promise<number> => {
        const logs = await Promise.all(pods.map(({ namespace, name }) => proxyLog(context, { namespace, pod: name })));
        return logs.flat().filter((line) => line.includes(`/?${word}`)).length;
      };
      let passed = await seen();
      for (const until = Date.now() + LOG_SECONDS * 1000; passed < CALLS && Date.now() < until; passed = await seen()) {
        await pause(LOG_PAUSE_MS, undefined, { signal: context.signal });
      }
      return { verdict: passed === CALLS ? 'pass' : 'fail', observation: `${CALLS} x 200, ${passed} of them by the egress gateway` };
    },
  };
}

async function proxyLog(context: VerifyContext, { namespace, pod }: Pick<CallOrigin, 'namespace' | 'pod'>): Promise<string[]> {
  const { stdout } = await context.tools.kubectl(['logs', '-n', namespace, pod, '-c', PROXY_CONTAINER, '--since=60s'], { timeoutSeconds: 20 });
  return stdout.split('\n');
}

/** How many requests the proxy of productpage decides to trace. */
export function samplingCheck(context: VerifyContext, { host, port, path, percent }: SamplingExpectation): Check {
  const shares = { traced: percent, 'not traced': 100 - percent };
  const size = sampleSize(shares);
  const url = `http://${host}:${port}${path}`;
  return {
    name: 'sampling of traces',
    expectation: describeShares(shares, size),
    sent: `${size} x GET ${url} from productpage, without a trace of its own; the answer has the headers that arrived`,
    async attempt() {
      const origin = originOf(context, await bookinfoPods(context), 'productpage');
      const answers = await callFrom(context.tools, origin, [{ url, count: size }]);
      return judgeShares(shares, countSampled(answers), size);
    },
  };
}

/** Answers by the decision in the header `traceparent` that they echo; what has none counts under what it was. @see https://www.w3.org/TR/trace-context/ */
export function countSampled(answers: readonly MeshAnswer[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const answer of answers) {
    const flags = /"traceparent":\s*\[?\s*"00-[0-9a-f]{32}-[0-9a-f]{16}-([0-9a-f]{2})"/i.exec(answer.body ?? '')?.[1];
    const decision = flags === undefined ? undefined : parseInt(flags, 16) & 1 ? 'traced' : 'not traced';
    const what = decision ?? (answer.status === 200 ? 'no traceparent' : describeAnswer(answer));
    counts[what] = (counts[what] ?? 0) + 1;
  }
  return counts;
}

/** Under which tags the proxy of productpage counts. */
export function metricCheck(context: VerifyContext, expectation: MetricExpectation): Check {
  const { host, path, metric, tags } = expectation;
  const url = `http://${host}:${context.bookinfo[host].ports[0].port}${path}`;
  const shown = Object.entries(tags).map(([tag, value]) => (value === null ? `no ${tag}` : `${tag}="${value}"`)).join(', ');
  return {
    name: `metric ${metric} with tags`,
    expectation: `${shown}; counts up by ${CALLS}`,
    sent: `${CALLS} x GET ${url} from productpage; its proxy's metrics are read before and after`,
    phase: 'alone',
    async attempt() {
      const origin = originOf(context, await bookinfoPods(context), 'productpage');
      const read = async (): Promise<number> => countTagged(await proxyMetrics(context, origin), metric, tags);
      const before = await read();
      await callFrom(context.tools, origin, [{ url, count: CALLS }]);
      const added = (await read()) - before;
      return { verdict: added >= CALLS ? 'pass' : 'fail', observation: `${added} more with these tags` };
    },
  };
}

async function proxyMetrics(context: VerifyContext, { namespace, pod }: CallOrigin): Promise<string> {
  const command = ['exec', '-n', namespace, pod, '-c', PROXY_CONTAINER, '--', 'pilot-agent', 'request', 'GET', 'stats/prometheus'];
  return (await context.tools.kubectl(command, { timeoutSeconds: 20 })).stdout;
}

/** Sum of those time series of a metric, in Prometheus' text format, that have the tags. */
export function countTagged(text: string, metric: string, tags: MetricExpectation['tags']): number {
  let sum = 0;
  for (const line of text.split('\n')) {
    const [, labels, value] = new RegExp(`^${metric}\\{(.*)\\} (\\S+)$`).exec(line.trim()) ?? [];
    const found = new Map([...(labels ?? '').matchAll(/([a-zA-Z_][a-zA-Z0-9_]*)="([^"]*)"/g)].map(([, name, content]) => [name, content]));
    const fits = Object.entries(tags).every(([tag, wanted]) => (wanted === null ? !found.has(tag) : found.get(tag) === wanted));
    sum += value !== undefined && fits ? Number(value) : 0;
  }
  return sum;
}
