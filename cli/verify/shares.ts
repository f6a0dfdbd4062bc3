import type { Outcome } from './result';

/** How often a split that is as it should be may fail by chance: once in ten thousand samples. */
export const FALSE_ALARM = 1e-4;

/** Widest tolerance that still says something, in percentage points: it tells 90/10 from 80/20. */
const MEANINGFUL_POINTS = 7;
const SAMPLE_STEP = 50;
const LARGEST_SAMPLE = 1000;

/** Where every share is all or nothing, one stray answer is a failure, and few requests suffice. */
const CERTAIN_SAMPLE = 40;

/** Counts that a sample may show, both included. */
export interface CountRange {
  readonly low: number;
  readonly high: number;
}

/**
 * The counts of one version among `size` independent requests that chance explains: outside it, the share is not the wanted one.
 * The bounds are those of the binomial distribution itself, as its normal approximation is poor for the small shares of a canary.
 * @param percent wanted share, 0 to 100
 */
export function acceptedCounts(size: number, percent: number): CountRange {
  if (percent <= 0) {
    return { low: 0, high: 0 };
  }
  if (percent >= 100) {
    return { low: size, high: size };
  }
  const probabilities = binomial(size, percent / 100);
  return { low: tail(probabilities), high: size - tail([...probabilities].reverse()) };
}

/** The farthest that an accepted share may be from the wanted one, in percentage points. */
export function tolerancePoints(size: number, percent: number): number {
  const { low, high } = acceptedCounts(size, percent);
  return Math.max(percent - (low / size) * 100, (high / size) * 100 - percent);
}

/** Requests that a split needs so that its tolerance is at most 7 percentage points: 40 for all-or-nothing, 350 for 90/10, 800 for 50/50. */
export function sampleSize(shares: Readonly<Record<string, number>>): number {
  const open = Object.values(shares).filter((percent) => percent > 0 && percent < 100);
  if (open.length === 0) {
    return CERTAIN_SAMPLE;
  }
  let size = 2 * SAMPLE_STEP;
  while (size < LARGEST_SAMPLE && open.some((percent) => tolerancePoints(size, percent) > MEANINGFUL_POINTS)) {
    size += SAMPLE_STEP;
  }
  return size;
}

/** The wanted shares with what is tolerated, in words. */
export function describeShares(shares: Readonly<Record<string, number>>, size = sampleSize(shares)): string {
  const parts = Object.entries(shares).map(([version, percent]) => {
    const points = tolerancePoints(size, percent);
    return points === 0 ? `${version} ${percent} %` : `${version} ${percent} % ± ${points.toFixed(1)}`;
  });
  return `${parts.join(', ')} of ${size} requests`;
}

/**
 * Judges a sample: every wanted version within its tolerance, and no answer from anybody else.
 * @param counts answers by version; an answer that was none counts under its error
 * @param size requests that were sent
 */
export function judgeShares(shares: Readonly<Record<string, number>>, counts: Readonly<Record<string, number>>, size: number): Outcome {
  const versions = [...new Set([...Object.keys(shares), ...Object.keys(counts)])];
  const within = versions.every((version) => {
    const { low, high } = acceptedCounts(size, shares[version] ?? 0);
    const count = counts[version] ?? 0;
    return count >= low && count <= high;
  });
  const answered = Object.values(counts).reduce((sum, count) => sum + count, 0);
  const shown = versions
    .filter((version) => (counts[version] ?? 0) > 0 || (shares[version] ?? 0) > 0)
    .map((version) => `${version} ${percentText(counts[version] ?? 0, size)}`)
    .join(', ');
  if (size === 0 || answered < size) {
    return { verdict: 'fail', observation: `only ${answered} of ${size} requests were answered in time${shown ? `: ${shown}` : ''}` };
  }
  return { verdict: within ? 'pass' : 'fail', observation: shown };
}

function percentText(count: number, size: number): string {
  return size === 0 ? '-' : `${Number(((count / size) * 100).toFixed(1))} % (${count})`;
}

/** Probabilities of 0 to `size` successes, computed as logarithms: the factorials exceed what a number can hold. */
function binomial(size: number, probability: number): number[] {
  const logFactorials = [0];
  for (let count = 1; count <= size; count++) {
    logFactorials.push(logFactorials[count - 1] + Math.log(count));
  }
  return logFactorials.map((logFactorial, count) => {
    const ways = logFactorials[size] - logFactorial - logFactorials[size - count];
    return Math.exp(ways + count * Math.log(probability) + (size - count) * Math.log1p(-probability));
  });
}

/** The largest count below which less than half of the false alarms lie. */
function tail(probabilities: readonly number[]): number {
  let sum = 0;
  for (let count = 0; count < probabilities.length; count++) {
    sum += probabilities[count];
    if (sum > FALSE_ALARM / 2) {
      return count;
    }
  }
  return probabilities.length - 1;
}
