import type { EjectionExpectation } from '../../scenarios';
import { bookinfoPods, Check, originOf, serviceUrl, VerifyContext } from './context';
import { ratingsSeen } from './faults';
import { callFrom, MeshAnswer } from './mesh-call';
import { hasLabels, MeshPod, PROXY_CONTAINER, readyPod } from './pods';
import type { Outcome } from './result';

const CALLS = 60;
/** Requests to the failing pod itself: it fails half of them. */
const OWN_CALLS = 20;
/** A proxy lets one request fail, and at most one more that was on its way already. */
const FAILURES_BY_PROXY = 2;

/** What one look at a failing pod and at those who ask it came to. */
export interface EjectionSample {
  /** Requests to reviews, which ask ratings each. */
  readonly sent: number;
  /** Those that came back with ratings. */
  readonly shown: number;
  /** Those that came back without. */
  readonly failed: number;
  /** Failures of the pod itself, asked without a proxy between. */
  readonly ownFailures: number;
  /** Proxies of reviews that had sent to it. */
  readonly proxies: number;
  /** Those of them that send it nothing now. */
  readonly ejecting: number;
}

/** A pod that fails, and nearly nobody notices. */
export function ejectionCheck(context: VerifyContext, expectation: EjectionExpectation): Check {
  const { version } = expectation;
  const url = serviceUrl(context, 'reviews');
  const { reviews, ratings } = context.bookinfo;
  return {
    name: `ejection of ratings ${version}`,
    phase: 'alone',
    expectation: `it fails by itself; at most ${FAILURES_BY_PROXY} of ${CALLS} reviews, for each of their proxies, come without ratings; the proxies say that it is out`,
    sent: `${OWN_CALLS} x GET http://127.0.0.1:9080/ratings/0 in the pod itself; ${CALLS} x GET ${url} from productpage; the proxies of reviews are asked`,
    async attempt() {
      const pods = await bookinfoPods(context);
      const faulty = readyPod(pods, { ...ratings.labels, version });
      if (!faulty?.ip) {
        return { verdict: 'fail', observation: `no pod of ratings ${version} is ready` };
      }
      const own = { namespace: faulty.namespace, pod: faulty.name, container: 'ratings', runtime: 'node' } as const;
      const itself = await callFrom(context.tools, own, [{ url: 'http://127.0.0.1:9080/ratings/0', count: OWN_CALLS }]);
      const answers = await callFrom(context.tools, originOf(context, pods, 'productpage'), [{ url, count: CALLS }], { concurrency: 1 });
      const callers = pods.filter((pod) => pod.ready && hasLabels(pod, reviews.labels));
      const looks = await Promise.all(callers.map((pod) => healthSeen(context, pod, `${faulty.ip}:${ratings.ports[0].port}`)));
      return judgeEjection({ ...countRatings(answers), ownFailures: itself.filter(({ status }) => status === 503).length, ...countEjections(looks) });
    },
  };
}

function countRatings(answers: readonly MeshAnswer[]): Pick<EjectionSample, 'sent' | 'shown' | 'failed'> {
  const seen = answers.map(ratingsSeen);
  return { sent: answers.length, shown: seen.filter((ratings) => ratings === 'shown').length, failed: seen.filter((ratings) => ratings === 'unavailable').length };
}

function countEjections(looks: readonly string[]): Pick<EjectionSample, 'proxies' | 'ejecting'> {
  const reports = looks.map(parseHealth);
  const asked = reports.filter(({ requests }) => requests > 0);
  return { proxies: asked.length, ejecting: asked.filter(({ isOut }) => isOut).length };
}

/** What a proxy says about one endpoint, in all the clusters that it is in. */
async function healthSeen({ tools }: VerifyContext, pod: MeshPod, endpoint: string): Promise<string> {
  const command = ['exec', '-n', pod.namespace, pod.name, '-c', PROXY_CONTAINER, '--', 'pilot-agent', 'request', 'GET', 'clusters'];
  const { stdout } = await tools.kubectl(command, { timeoutSeconds: 20 });
  return stdout
    .split('\n')
    .filter((line) => line.includes(`::${endpoint}::`))
    .join('\n');
}

/** Reads the lines of Envoy's `/clusters` that are about one endpoint. @see https://www.envoyproxy.io/docs/envoy/latest/operations/admin#get--clusters */
export function parseHealth(lines: string): { readonly requests: number; readonly isOut: boolean } {
  const totals = [...lines.matchAll(/::rq_total::(\d+)$/gm)].map(([, count]) => Number(count));
  return { requests: totals.reduce((sum, count) => sum + count, 0), isOut: /::health_flags::.*failed_outlier_check/.test(lines) };
}

/** Judges whether a failing pod was taken out: it fails, few noticed, and who had asked it asks it no more. */
export function judgeEjection(sample: EjectionSample): Outcome {
  const { sent, shown, failed, ownFailures, proxies, ejecting } = sample;
  const fine =
    sent === CALLS && shown + failed === sent && ownFailures > 0 && proxies > 0 && ejecting === proxies && failed <= FAILURES_BY_PROXY * proxies;
  return {
    verdict: fine ? 'pass' : 'fail',
    observation: `it failed ${ownFailures} of ${OWN_CALLS} by itself; ${failed} of ${sent} without ratings; out at ${ejecting} of ${proxies} proxies that asked it`,
  };
}
