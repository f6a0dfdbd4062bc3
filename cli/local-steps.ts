import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import type { Step } from '../local-cluster/step';
import type { SynthesizedStack } from '../stacks/synth';
import { lazy } from './lazy';
import type { Session } from './session';
import { duration, Task } from './ui/tasks';

/**
 * Turns the steps of getting a cluster or its tools into tasks that tell the time passed and roughly the time left.
 * Steps that are done are not shown.
 */
export async function stepTasks(steps: readonly Step[], signal: AbortSignal): Promise<Task[]> {
  const done = await Promise.all(steps.map((step) => step.isDone()));
  const firstOpen = done.indexOf(false);
  // A step relies on those before it: once one is open, those that follow are looked at again when it is their turn.
  const open = firstOpen < 0 ? [] : steps.filter((_step, index) => index >= firstOpen && (!done[index] || index > firstOpen));
  return open.map((step, index) => ({
    title: `${step.title}${done[steps.indexOf(step)] ? '' : ` (about ${duration(step.estimateSeconds)})`}`,
    run: async ({ report }) => {
      if (await step.isDone()) {
        return 'there already';
      }
      const begin = Date.now();
      const later = open.slice(index + 1).filter((other) => !done[steps.indexOf(other)]);
      let line = 'starting';
      const tell = (): void => report(`${line} - ${progress((Date.now() - begin) / 1000, step.estimateSeconds, later)}`);
      const timer = setInterval(tell, 1000);
      try {
        await step.run({
          signal,
          report: (text) => {
            line = text;
            tell();
          },
        });
      } finally {
        clearInterval(timer);
      }
      return undefined;
    },
  }));
}

/**
 * Steps that build the images that stacks name and the node on this machine lacks, and load them into it, and that start the machine outside of
 * the cluster that they name. Any other cluster pulls its own.
 */
export function imageSteps(session: Pick<Session, 'isBuiltHere'>, stacks: readonly Pick<SynthesizedStack, 'dir'>[]): Step[] {
  if (!session.isBuiltHere) {
    return [];
  }
  const texts = stacks.map(({ dir }) => readFileSync(path.join(dir, 'cdk.tf.json'), 'utf8'));
  const isNamed = (name: string): boolean => texts.some((text) => text.includes(name));
  const { extraSteps, machineSteps, OUTSIDE_DATABASE } = lazy.localCluster();
  return [...extraSteps(isNamed), ...machineSteps(isNamed(OUTSIDE_DATABASE))];
}

/** `35 s, about 7 min 30 s left` */
export function progress(elapsedSeconds: number, estimateSeconds: number, later: readonly Pick<Step, 'estimateSeconds'>[]): string {
  const rest = Math.max(estimateSeconds - elapsedSeconds, 1) + later.reduce((sum, step) => sum + step.estimateSeconds, 0);
  return `${duration(Math.round(elapsedSeconds))}, about ${duration(Math.max(10, Math.round(rest / 10) * 10))} left`;
}
