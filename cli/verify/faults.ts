import type { AbortExpectation, DelayExpectation, TimeoutExpectation } from '../../scenarios';
import { describeAnswer, MeshAnswer } from './mesh-call';
import type { Outcome } from './result';

/** Beyond the injected delay, an answer may take this long itself; without it, this is all it may take. */
const OWN_SECONDS = 2;
/** Clocks and timers differ by this much. */
const EARLY_SECONDS = 0.05;

/** Whether the mesh's authorization refused a request, and not the program behind it. */
export function isDenied(answer: MeshAnswer): boolean {
  return answer.status === 403 && (answer.body ?? '').includes('RBAC');
}

/** Judges calls that nobody allowed: every one of them has to be refused by the mesh. */
export function judgeDenied(answers: readonly MeshAnswer[], sent: number): Outcome {
  const others = answers.filter((answer) => !isDenied(answer));
  if (sent === 0 || answers.length < sent) {
    return { verdict: 'fail', observation: `only ${answers.length} of ${sent} requests were answered` };
  }
  return others.length > 0
    ? { verdict: 'fail', observation: `${others.length} of ${sent} not denied: ${describeAnswer(others[0])}` }
    : { verdict: 'pass', observation: `${sent} x ${describeAnswer(answers[0])}` };
}

/**
 * Judges an injected delay.
 * @param slow answers on behalf of whom the delay is for
 * @param quick answers on behalf of somebody else; empty where the delay is for everybody
 */
export function judgeDelay(expectation: DelayExpectation, slow: readonly MeshAnswer[], quick: readonly MeshAnswer[]): Outcome {
  const delayed = (answer: MeshAnswer): boolean =>
    answer.status === 200 && answer.seconds >= expectation.seconds - EARLY_SECONDS && answer.seconds <= expectation.seconds + OWN_SECONDS;
  const prompt = (answer: MeshAnswer): boolean => answer.status === 200 && answer.seconds < Math.min(OWN_SECONDS, expectation.seconds / 2);
  const fine = slow.length > 0 && slow.every(delayed) && quick.every(prompt);
  const others = quick.length > 0 ? `; others ${quick.map(timing).join(', ')}` : '';
  return { verdict: fine ? 'pass' : 'fail', observation: `${slow.map(timing).join(', ') || 'no answer'}${others}` };
}

function timing(answer: MeshAnswer): string {
  return answer.status === 200 ? `${answer.seconds.toFixed(2)} s` : describeAnswer(answer);
}

/** What reviews makes of ratings' answer. */
export type RatingsSeen = 'shown' | 'unavailable' | 'not asked' | 'no answer';

/** Reads the JSON that reviews answers. */
export function ratingsSeen(answer: MeshAnswer): RatingsSeen {
  const reviews = reviewsOf(answer);
  if (!reviews) {
    return 'no answer';
  }
  const ratings = reviews.map((review) => review.rating);
  if (ratings.every((rating) => rating === undefined)) {
    return 'not asked';
  }
  return ratings.some((rating) => rating?.error !== undefined) ? 'unavailable' : 'shown';
}

interface Review {
  readonly rating?: { readonly stars?: number; readonly error?: string };
}

function reviewsOf(answer: MeshAnswer): readonly Review[] | undefined {
  if (answer.status !== 200) {
    return undefined;
  }
  try {
    const reviews = (JSON.parse(answer.body ?? '') as { reviews?: readonly Review[] }).reviews;
    return reviews && reviews.length > 0 ? reviews : undefined;
  } catch {
    return undefined;
  }
}

/** Pod that answered, as reviews names it. */
export function servedBy(answer: MeshAnswer): string | undefined {
  try {
    return answer.status === 200 ? (JSON.parse(answer.body ?? '') as { podname?: string }).podname : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Judges an injected failure, twice: reviews does without the ratings, and a call to ratings gets the very status. productpage may make that
 * call although it may not reach ratings, as its own proxy injects the fault before anything leaves the pod.
 */
export function judgeAbort(
  expectation: AbortExpectation,
  answers: { readonly reviews: readonly MeshAnswer[]; readonly direct: MeshAnswer; readonly others: readonly MeshAnswer[] },
): Outcome {
  const seen = answers.reviews.map(ratingsSeen);
  const others = answers.others.map(ratingsSeen);
  const fine =
    seen.length > 0 &&
    seen.every((ratings) => ratings === 'unavailable') &&
    others.every((ratings) => ratings === 'shown' || ratings === 'not asked') &&
    answers.direct.status === expectation.status &&
    !isDenied(answers.direct);
  const rest = others.length > 0 ? `; for others: ${unique(others)}` : '';
  return { verdict: fine ? 'pass' : 'fail', observation: `ratings ${unique(seen)}, status ${describeAnswer(answers.direct)}${rest}` };
}

/** Judges a failure that the caller meets itself: each answer has the status, and is the proxy's own. */
export function judgeDirectAbort(expectation: AbortExpectation, answers: readonly MeshAnswer[]): Outcome {
  const aborted = (answer: MeshAnswer): boolean => answer.status === expectation.status && (answer.body ?? '').includes('fault filter abort');
  const fine = answers.length > 0 && answers.every(aborted);
  return { verdict: fine ? 'pass' : 'fail', observation: unique(answers.map(describeAnswer)) };
}

/**
 * Judges requests that are given up.
 * @param sample.seen requests that the service's proxies let in meanwhile; unknown where they keep no counter
 */
export function judgeTimeout(
  expectation: TimeoutExpectation,
  sample: { readonly late: readonly MeshAnswer[]; readonly others: readonly MeshAnswer[]; readonly seen?: number },
): Outcome {
  const { seconds, tries } = expectation;
  const { late, others, seen } = sample;
  const givenUp = (answer: MeshAnswer): boolean =>
    answer.status === 504 && answer.seconds >= seconds - EARLY_SECONDS && answer.seconds <= seconds + OWN_SECONDS / 2;
  const fine =
    late.length > 0 &&
    late.every(givenUp) &&
    others.length > 0 &&
    others.every((answer) => answer.status === 200) &&
    seen === tries * late.length;
  const what = (answer: MeshAnswer): string => `${answer.seconds.toFixed(2)} s ${describeAnswer(answer).slice(0, 20)}`;
  return {
    verdict: fine ? 'pass' : 'fail',
    observation: `${late.map(what).join(', ') || 'no answer'}; seen ${seen ?? 'by no counter'}; others ${unique(others.map(({ status, error }) => String(status ?? error)))}`,
  };
}

/** Judges connections that are limited: nothing is refused one at a time, something is at once, and nothing fails otherwise. */
export function judgeOverflow(single: readonly MeshAnswer[], atOnce: readonly MeshAnswer[], sent: number): Outcome {
  const answered = (answers: readonly MeshAnswer[]): number => answers.filter(({ status }) => status === 200).length;
  const refused = atOnce.filter((answer) => answer.status === 503 && (answer.body ?? '').includes('overflow')).length;
  const fine = sent > 0 && answered(single) === sent && refused > 0 && answered(atOnce) > 0 && answered(atOnce) + refused === sent;
  const strange = [...single, ...atOnce].find((answer) => answer.status !== 200 && !(answer.body ?? '').includes('overflow'));
  return {
    verdict: fine ? 'pass' : 'fail',
    observation: `${answered(single)} of ${sent} answered, at once ${answered(atOnce)}, ${refused} refused${strange ? `; ${describeAnswer(strange)}` : ''}`,
  };
}

function unique(values: readonly string[]): string {
  return [...new Set(values)].join(', ') || 'no answer';
}
