import { expectCode, killAfter } from './command';
import { must, Trial } from './runner';

/** Where `up` is killed: the line that begins a layer, and how long after it, so that the layer is half applied. */
export interface Kill {
  readonly layer: string;
  readonly line: RegExp;
  readonly delayMs: number;
  /** The programs that the command started die with it. */
  readonly whole: boolean;
}

export const KILLS: readonly Kill[] = [
  { layer: 'mesh', line: /^> mesh$/m, delayMs: 3000, whole: false },
  { layer: 'bookinfo', line: /^> bookinfo$/m, delayMs: 2000, whole: true },
  { layer: 'traffic', line: /^> traffic$/m, delayMs: 350, whole: false },
];

/** Only where the cluster is started too. */
export const KILL_NODE: Kill = { layer: 'the local cluster', line: /^> /m, delayMs: 4000, whole: true };

/**
 * Takes everything away, kills `up` in the middle of a layer, and wants the next one to get there by itself.
 * @param options given to each `up`
 */
export function killTrial(kill: Kill, environment: string, options: readonly string[] = []): Trial {
  const victims = kill.whole ? 'the command and all it started' : 'the command alone';
  return {
    name: `kill -9 of ${victims} during ${['up', ...options].join(' ')}, at ${kill.layer}: the next up converges`,
    async run() {
      await expectCode(0, 'down', environment);
      const killed = await killAfter(kill.line, kill.delayMs, kill.whole, 'up', environment, ...options);
      must(!killed.tooLate, 'it had ended before it was killed');
      const again = await expectCode(0, 'up', environment, ...options);
      return `killed at "${killed.lastLine}"; then up in ${again.seconds.toFixed(0)} s`;
    },
  };
}
