const NANOSECONDS: Readonly<Record<string, number>> = { ns: 1, us: 1e3, 'µs': 1e3, 'μs': 1e3, ms: 1e6, s: 1e9, m: 6e10, h: 3.6e12 };
const DURATION = /^[-+]?(?:0|(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+)$/;
const PART = /(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)/g;
/** About 292 years: what 64 bits of nanoseconds hold. */
const LONGEST = 2 ** 63;

export const MILLISECOND = 1e6;
export const SECOND = 1e9;

/**
 * Nanoseconds of a duration as Go writes them: `1h30m`, `1.5s`, `200ms`.
 * @returns nothing for what is no duration
 * @see https://pkg.go.dev/time#ParseDuration
 */
export function parseDuration(text: string): number | undefined {
  if (!DURATION.test(text)) {
    return undefined;
  }
  let sum = 0;
  for (const [, number, unit] of text.matchAll(PART)) {
    sum += Math.round(Number(number) * NANOSECONDS[unit!]!);
  }
  if (sum >= LONGEST) {
    return undefined;
  }
  return text.startsWith('-') ? -sum : sum;
}

/** A duration of nanoseconds for people: `7s`, `1m30s`, `250ms`. */
export function showDuration(nanoseconds: number): string {
  if (nanoseconds > 0 && nanoseconds < SECOND) {
    return `${nanoseconds / MILLISECOND}ms`;
  }
  const seconds = nanoseconds / SECOND;
  const minutes = Math.floor(seconds / 60);
  const rest = Number((seconds - minutes * 60).toFixed(3));
  return minutes === 0 ? `${rest}s` : `${minutes}m${rest === 0 ? '' : `${rest}s`}`;
}
