import { Expectation, lackOf, MirrorExpectation, SplitExpectation, TimeoutExpectation } from '../../scenarios';
import { callCheck } from './call-check';
import { deniedCheck, ingressCheck, plaintextAllowedCheck } from './access-checks';
import { bookinfoPods, Check, describeHeaders, headersOf, originOf, reviewsVersions, serviceUrl, VerifyContext } from './context';
import { ejectionCheck } from './ejection';
import { abortCheck, delayCheck, delayOf, directAbortCheck, FAULT_CALLS, overflowCheck, PATIENCE_SECONDS, suffix } from './fault-checks';
import { judgeTimeout, servedBy } from './faults';
import { callFrom, describeAnswer, MeshAnswer } from './mesh-call';
import { describeMirror, InboundCount, judgeMirror, parseInboundCount, STATS_FILTER } from './mirror';
import { hasLabels, MeshPod, PROXY_CONTAINER } from './pods';
import { pastProxyCheck } from './past-proxy';
import { exitCheck, logCheck, metricCheck, samplingCheck } from './telemetry-checks';
import { describeShares, judgeShares, sampleSize } from './shares';

const MIRRORED_CALLS = 100;
/** Copies are sent on their own time: they may arrive after the answer. */
const MIRROR_SECONDS = 4;

/** The check of one thing that a scenario promises; where the environment cannot show it, one that says why. */
export function scenarioCheck(context: VerifyContext, expectation: Expectation): Check {
  const check = checkOf(context, expectation);
  const lack = lackOf(expectation.needs, context.cluster, context.mesh);
  return lack === undefined ? check : { ...check, attempt: () => Promise.resolve({ verdict: 'skipped', observation: lack }) };
}

function checkOf(context: VerifyContext, expectation: Expectation): Check {
  switch (expectation.kind) {
    case 'split':
      return splitCheck(context, expectation);
    case 'delay':
      return delayCheck(context, expectation);
    case 'abort':
      return expectation.service === 'ratings' ? abortCheck(context, expectation) : directAbortCheck(context, expectation);
    case 'mirror':
      return mirrorCheck(context, expectation);
    case 'timeout':
      return timeoutCheck(context, expectation);
    case 'overflow':
      return overflowCheck(context, expectation);
    case 'ingress':
      return ingressCheck(context, expectation);
    case 'denied':
      return deniedCheck(context, expectation);
    case 'plaintext':
      return plaintextAllowedCheck(context, expectation);
    case 'ejection':
      return ejectionCheck(context, expectation);
    case 'call':
      return callCheck(context, expectation);
    case 'past-proxy':
      return pastProxyCheck(context, expectation);
    case 'exit':
      return exitCheck(context, expectation);
    case 'log':
      return logCheck(context, expectation);
    case 'sampling':
      return samplingCheck(context, expectation);
    case 'metric':
      return metricCheck(context, expectation);
  }
}

function splitCheck(context: VerifyContext, expectation: SplitExpectation): Check {
  const size = sampleSize(expectation.shares);
  const url = serviceUrl(context, 'reviews');
  const delay = delayOf(context, expectation.user);
  return {
    name: `split reviews${suffix(expectation)}`,
    expectation: describeShares(expectation.shares, size),
    sent: `${size} x GET ${url}${describeHeaders(expectation)} from productpage`,
    async attempt() {
      const pods = await bookinfoPods(context);
      const answers = await callFrom(
        context.tools,
        originOf(context, pods, 'productpage'),
        [{ url, headers: headersOf(expectation), count: size }],
        { timeoutSeconds: delay + PATIENCE_SECONDS, concurrency: delay > 0 ? size : undefined },
      );
      return judgeShares(expectation.shares, countVersions(answers, reviewsVersions(context, pods)), size);
    },
  };
}

/** Answers by the version that gave them; whatever is no answer of reviews counts under what it was. */
export function countVersions(answers: readonly MeshAnswer[], versions: ReadonlyMap<string, string>): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const answer of answers) {
    const pod = servedBy(answer);
    const version = pod === undefined ? describeAnswer(answer) : (versions.get(pod) ?? `pod ${pod}`);
    counts[version] = (counts[version] ?? 0) + 1;
  }
  return counts;
}

function timeoutCheck(context: VerifyContext, expectation: TimeoutExpectation): Check {
  const url = serviceUrl(context, 'reviews');
  const { seconds, tries } = expectation;
  return {
    name: `timeout reviews${suffix(expectation)}`,
    expectation: `504 after ${seconds} s, seen ${tries} x each by reviews; an answer for others`,
    sent: `${FAULT_CALLS} x GET ${url}${describeHeaders(expectation)} from productpage, ${FAULT_CALLS} without the header; the proxies of reviews count`,
    phase: 'alone',
    async attempt() {
      const pods = await bookinfoPods(context);
      const origin = originOf(context, pods, 'productpage');
      const targets = pods.filter((pod) => pod.ready && hasLabels(pod, context.bookinfo.reviews.labels));
      const before = await countInbound(context, targets);
      const late = await callFrom(context.tools, origin, [{ url, headers: headersOf(expectation), count: FAULT_CALLS }]);
      const after = await countInbound(context, targets);
      const others = await callFrom(context.tools, origin, [{ url, count: FAULT_CALLS }]);
      return judgeTimeout(expectation, { late, others, seen: before && after && after.requests - before.requests });
    },
  };
}

function mirrorCheck(context: VerifyContext, expectation: MirrorExpectation): Check {
  const url = serviceUrl(context, 'reviews');
  const { reviews } = context.bookinfo;
  const labels = { ...reviews.labels, ...reviews.versions.find(({ name }) => name === expectation.version)?.labels };
  return {
    name: `mirror reviews to ${expectation.version}${suffix(expectation)}`,
    expectation: describeMirror(expectation.version, expectation.percent, MIRRORED_CALLS),
    sent: `${MIRRORED_CALLS} x GET ${url}${describeHeaders(expectation)} from productpage; the proxy of ${expectation.version} counts`,
    phase: 'alone',
    async attempt() {
      const pods = await bookinfoPods(context);
      const targets = pods.filter((pod) => pod.ready && hasLabels(pod, labels));
      const before = await countInbound(context, targets);
      if (targets.length === 0 || !before) {
        return { verdict: 'fail', observation: targets.length === 0 ? `no pod of ${expectation.version} is ready` : 'its proxy keeps no counter of inbound requests' };
      }
      const calls = [{ url, headers: headersOf(expectation), count: MIRRORED_CALLS }];
      const answers = await callFrom(context.tools, originOf(context, pods, 'productpage'), calls);
      const direct = countVersions(answers, reviewsVersions(context, pods))[expectation.version] ?? 0;
      const until = Date.now() + MIRROR_SECONDS * 1000;
      for (;;) {
        const after = await countInbound(context, targets);
        const seen = (after?.requests ?? 0) - before.requests;
        const outcome = judgeMirror(expectation.percent, { version: expectation.version, sent: answers.length, direct, seen });
        if (outcome.verdict === 'pass' || Date.now() > until) {
          return { ...outcome, observation: `${outcome.observation} (${before.counter})` };
        }
      }
    },
  };
}

/** Requests that the proxies of these pods have let in so far, together. */
async function countInbound(context: VerifyContext, pods: readonly MeshPod[]): Promise<InboundCount | undefined> {
  const counts = await Promise.all(
    pods.map(async (pod) => {
      const command = ['exec', '-n', pod.namespace, pod.name, '-c', PROXY_CONTAINER, '--', 'pilot-agent', 'request', 'GET', `stats?filter=${STATS_FILTER}`];
      return parseInboundCount((await context.tools.kubectl(command, { timeoutSeconds: 20 })).stdout);
    }),
  );
  const known = counts.filter((count) => count !== undefined);
  return known.length === 0 ? undefined : { counter: known[0].counter, requests: known.reduce((sum, { requests }) => sum + requests, 0) };
}
