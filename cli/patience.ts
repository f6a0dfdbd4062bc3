import { setTimeout as sleep } from 'node:timers/promises';
import type { CliError } from './errors';

/** How patiently something is waited for. */
export interface Patience {
  /** @default 600 */
  readonly longestSeconds?: number;
  /** @default 10 */
  readonly pauseSeconds?: number;
}

export interface Wait {
  /** What is still missing; nothing once all is there. */
  missing(): Promise<string | undefined>;
  /** Says that it is waited for. */
  report(missing: string, seconds: number): void;
  /** What to throw when it did not come. */
  giveUp(missing: string, seconds: number): CliError;
}

/** Asks until nothing is missing. @returns ` after N s`, or nothing where that was at once */
export async function waitUntil(wait: Wait, signal: AbortSignal, { longestSeconds = 600, pauseSeconds = 10 }: Patience = {}): Promise<string> {
  const begin = Date.now();
  for (;;) {
    const missing = await wait.missing();
    const waited = Math.round((Date.now() - begin) / 1000);
    if (missing === undefined) {
      return waited < pauseSeconds ? '' : ` after ${waited} s`;
    }
    if (waited + pauseSeconds > longestSeconds) {
      throw wait.giveUp(missing, longestSeconds);
    }
    wait.report(missing, waited);
    await sleep(pauseSeconds * 1000, undefined, { signal });
  }
}
