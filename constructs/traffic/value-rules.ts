import { Token } from 'cdktf';
import type { Problem } from '../validation';

const UNITS: Readonly<Record<string, number>> = { ns: 1e-6, us: 1e-3, 'µs': 1e-3, ms: 1, s: 1e3, m: 6e4, h: 3.6e6 };
const DURATION = /^(\d+(\.\d+)?(ns|us|µs|ms|s|m|h))+$/;
const PART = /(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)/g;

/** Says where a text is no duration of a millisecond or more. */
export function durationProblems(value: string | undefined, at: string): Problem[] {
  if (value === undefined || Token.isUnresolved(value)) {
    return [];
  }
  const millis = DURATION.test(value) ? [...value.matchAll(PART)].reduce((sum, [, amount, unit]) => sum + Number(amount) * UNITS[unit], 0) : 0;
  return millis >= 1 ? [] : [{ at, value, rule: 'Istio takes durations of 1 ms and more', mend: 'Write it like 7s, 250ms or 1m30s' }];
}

/** Says where a percentage is out of range. */
export function percentageProblems(value: number | undefined, at: string): Problem[] {
  if (value === undefined || Token.isUnresolved(value) || value === 0 || (value >= 0.0001 && value <= 100)) {
    return [];
  }
  return [{ at, value, rule: 'a percentage is 0, or between 0.0001 and 100', mend: 'Give it in percent: 10 is ten of a hundred' }];
}
