/** What a task may say while it runs. */
export interface TaskHandle {
  /** Says what is happening now, one plain line. */
  report(line: string): void;
}

/** One part of a command, as people see it. */
export interface Task {
  readonly title: string;
  /** @returns what it came to, shown behind the title where it is a text */
  run(handle: TaskHandle): Promise<unknown>;
}

/** How progress is shown: redrawn at a terminal, as plain lines elsewhere, or not at all. */
export type ProgressMode = 'terminal' | 'plain' | 'silent';

/** Seconds between two plain lines of one task, so that a log of a long build stays readable. */
const PLAIN_PAUSE_SECONDS = 5;

/** What fits the place that output goes to. */
export function progressMode(json: boolean): ProgressMode {
  if (json) {
    return 'silent';
  }
  const isPlain = !process.stdout.isTTY || (process.env.CI !== undefined && process.env.CI !== 'false') || process.env.TERM === 'dumb';
  return isPlain ? 'plain' : 'terminal';
}

/**
 * Runs tasks one after the other and shows their progress.
 * @throws what the first failing task throws
 */
export async function runTasks(tasks: readonly Task[], mode: ProgressMode): Promise<void> {
  if (mode !== 'terminal') {
    for (const task of tasks) {
      await runPlain(task, mode === 'plain' ? (line) => process.stdout.write(`${line}\n`) : () => undefined);
    }
    return;
  }
  const { Listr } = await import('listr2');
  const list = new Listr([], {
    // Signals are ours to handle: children have to end in good order first. Errors are printed once, by the command.
    registerSignalListeners: false,
    rendererOptions: { showErrorMessage: false, collapseErrors: false },
  });
  for (const task of tasks) {
    list.add({
      title: task.title,
      task: async (_context, wrapper) => {
        const begin = Date.now();
        const result = await task.run({
          report: (line) => {
            wrapper.output = line;
          },
        });
        wrapper.title = `${task.title}: ${typeof result === 'string' ? `${result} ` : ''}(${seconds(begin)})`;
      },
    });
  }
  await list.run();
}

async function runPlain(task: Task, print: (line: string) => void): Promise<void> {
  const begin = Date.now();
  let [lastTime, lastLine] = [0, ''];
  print(`> ${task.title}`);
  const result = await task.run({
    report: (line) => {
      if (line !== lastLine && Date.now() - lastTime >= PLAIN_PAUSE_SECONDS * 1000) {
        [lastTime, lastLine] = [Date.now(), line];
        print(`  ${line}`);
      }
    },
  });
  print(`  done: ${typeof result === 'string' ? `${result} ` : ''}(${seconds(begin)})`);
}

function seconds(begin: number): string {
  return duration((Date.now() - begin) / 1000);
}

/** `4.2 s`, `3 min 20 s` */
export function duration(totalSeconds: number): string {
  if (totalSeconds < 10) {
    return `${totalSeconds.toFixed(1)} s`;
  }
  const whole = Math.round(totalSeconds);
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}
