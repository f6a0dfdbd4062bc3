import type { AbortExpectation, DelayExpectation, Expectation, OverflowExpectation } from '../../scenarios';
import { bookinfoPods, Check, describeHeaders, headersOf, originOf, serviceUrl, VerifyContext } from './context';
import { judgeAbort, judgeDelay, judgeDirectAbort, judgeOverflow } from './faults';
import { callFrom, MeshAnswer } from './mesh-call';

export const FAULT_CALLS = 3;
const OVERFLOW_CALLS = 60;
const OVERFLOW_AT_ONCE = 20;
/** Seconds that an answer may take beyond what is injected. */
export const PATIENCE_SECONDS = 5;

export function delayCheck(context: VerifyContext, expectation: DelayExpectation): Check {
  const url = serviceUrl(context, 'reviews');
  const { user, seconds } = expectation;
  return {
    name: `delay ratings${suffix(expectation)}`,
    expectation: `reviews, which asks ratings, takes ${seconds} s longer${user === undefined ? '' : '; not for others'}`,
    sent: `${FAULT_CALLS} x GET ${url}${describeHeaders(expectation)} from productpage${user === undefined ? '' : `; ${FAULT_CALLS} without the header`}`,
    async attempt() {
      const origin = originOf(context, await bookinfoPods(context), 'productpage');
      const calls = [{ url, headers: headersOf(expectation), count: FAULT_CALLS }, ...(user === undefined ? [] : [{ url, count: FAULT_CALLS }])];
      const answers = await callFrom(context.tools, origin, calls, { timeoutSeconds: seconds + PATIENCE_SECONDS });
      return judgeDelay(expectation, answersTo(answers, 0), answersTo(answers, 1));
    },
  };
}

export function abortCheck(context: VerifyContext, expectation: AbortExpectation): Check {
  const url = serviceUrl(context, 'reviews');
  const direct = serviceUrl(context, 'ratings');
  const { user, status } = expectation;
  return {
    name: `abort ratings${suffix(expectation)}`,
    expectation: `status ${status} for ratings: reviews come without their stars${user === undefined ? '' : '; not for others'}`,
    sent: `${FAULT_CALLS} x GET ${url}${describeHeaders(expectation)} and GET ${direct}${describeHeaders(expectation)} from productpage`,
    async attempt() {
      const origin = originOf(context, await bookinfoPods(context), 'productpage');
      const headers = headersOf(expectation);
      const calls = [{ url, headers, count: FAULT_CALLS }, { url: direct, headers }, ...(user === undefined ? [] : [{ url, count: FAULT_CALLS }])];
      const answers = await callFrom(context.tools, origin, calls, { timeoutSeconds: delayOf(context, user) + PATIENCE_SECONDS });
      const directAnswer = answersTo(answers, 1)[0] ?? { call: 1, seconds: 0, error: 'NoAnswer: the request was not sent' };
      return judgeAbort(expectation, { reviews: answersTo(answers, 0), direct: directAnswer, others: answersTo(answers, 2) });
    },
  };
}

/** A failure that productpage itself meets. Its own proxy makes it up, whoever may call the service. */
export function directAbortCheck(context: VerifyContext, expectation: AbortExpectation): Check {
  const { service, status } = expectation;
  const url = serviceUrl(context, service);
  return {
    name: `abort ${service}${suffix(expectation)}`,
    expectation: `status ${status} for ${service}, made up by the mesh`,
    sent: `${FAULT_CALLS} x GET ${url}${describeHeaders(expectation)} from productpage`,
    async attempt() {
      const origin = originOf(context, await bookinfoPods(context), 'productpage');
      return judgeDirectAbort(expectation, await callFrom(context.tools, origin, [{ url, headers: headersOf(expectation), count: FAULT_CALLS }]));
    },
  };
}

export function overflowCheck(context: VerifyContext, expectation: OverflowExpectation): Check {
  const url = serviceUrl(context, 'reviews');
  const call = { url, headers: headersOf(expectation), count: OVERFLOW_CALLS };
  return {
    name: `overflow reviews${suffix(expectation)}`,
    expectation: 'one after the other: all answered; at once: some 503, refused by the caller\'s proxy',
    sent: `${OVERFLOW_CALLS} x GET ${url}${describeHeaders(expectation)} from productpage, one after the other, then as many by ${OVERFLOW_AT_ONCE} at once`,
    phase: 'alone',
    async attempt() {
      const origin = originOf(context, await bookinfoPods(context), 'productpage');
      const single = await callFrom(context.tools, origin, [call], { concurrency: 1 });
      const atOnce = await callFrom(context.tools, origin, [call], { concurrency: OVERFLOW_AT_ONCE });
      return judgeOverflow(single, atOnce, OVERFLOW_CALLS);
    },
  };
}

/** Answers to one of several calls. */
export function answersTo(answers: readonly MeshAnswer[], call: number): MeshAnswer[] {
  return answers.filter((answer) => answer.call === call);
}

/** Seconds that a delay of the scenario adds for a user. */
export function delayOf(context: VerifyContext, user: string | undefined): number {
  return Math.max(0, ...context.expectations.flatMap((other) => (other.kind === 'delay' && (other.user ?? user) === user ? [other.seconds] : [])));
}

/** Whom a row is about, to tell it from its neighbours. */
export function suffix(expectation: Expectation): string {
  const { user, headers = {} } = expectation;
  return [...(user === undefined ? [] : [user]), ...Object.entries(headers).map(([name, value]) => `${name} ${value}`)].map((part) => `, ${part}`).join('');
}
