import { setTimeout as sleep } from 'node:timers/promises';
import { RunError, run } from './run';
import type { StepContext } from './step';

/** What apt says while another program, such as unattended-upgrades, holds one of its locks (code 100). */
const LOCKED = /Could not get lock|Unable to (acquire|lock)/;

/**
 * Runs apt-get; while somebody else runs it, waits.
 * @param patience how long, and how often it is tried, in seconds; `@default` five minutes, every five seconds
 * @throws RunError when it fails for another reason, or the lock is still held at the end
 */
export async function aptGet(ctx: StepContext, args: readonly string[], env: NodeJS.ProcessEnv, patience = { total: 300, step: 5 }): Promise<void> {
  const end = Date.now() + patience.total * 1000;
  for (;;) {
    try {
      await run('apt-get', args, { env: { ...env, DEBIAN_FRONTEND: 'noninteractive' }, signal: ctx.signal });
      return;
    } catch (error) {
      if (!(error instanceof RunError && LOCKED.test(error.tail)) || Date.now() >= end) throw error;
      ctx.report('waiting for another apt-get on this machine to end');
      await sleep(patience.step * 1000, undefined, { signal: ctx.signal }).catch(() => undefined);
    }
  }
}
