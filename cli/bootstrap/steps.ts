import { CliError } from '../errors';
import type { Answer, Ask } from '../doctor/ask';
import { reasonOf } from '../doctor/ask';
import { shellLine, Step } from './storage';

/** What became of a step. */
export interface StepResult {
  readonly title: string;
  /** `there` was done already, `set` is repeated every time, `made` was missing. */
  readonly outcome: 'there' | 'set' | 'made';
}

/**
 * Takes one step: looks first, and acts only where something is missing.
 * @throws CliError with az's own reason, and the command that failed
 */
export async function takeStep(step: Step, ask: Ask, resume: string): Promise<StepResult> {
  if (step.look && isDone(step, await ask('az', quiet(step.look)))) {
    return { title: step.title, outcome: 'there' };
  }
  const answer = await ask('az', quiet(step.apply));
  if (answer.kind !== 'output') {
    throw new CliError(`${step.title}: not done`, reasonOf(answer), [`By hand: ${shellLine(step.apply)}`, resume]);
  }
  return { title: step.title, outcome: step.look ? 'made' : 'set' };
}

/** How often, and how many seconds apart, the container is asked for: Azure takes up to some minutes to let a new role in. */
const ATTEMPTS = 20;
const PAUSE_SECONDS = 15;

/**
 * Waits until the caller's new role works.
 * @throws CliError where it does not within five minutes
 */
export async function waitForAccess(
  look: readonly string[],
  ask: () => Ask,
  resume: string,
  report: (line: string) => void,
  pauseSeconds = PAUSE_SECONDS,
): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    // A new one each time: an asker puts the same question once.
    const answer = await ask()('az', quiet(look));
    if (answer.kind === 'output') {
      return;
    }
    if (attempt === ATTEMPTS) {
      throw new CliError('the container does not let you in', reasonOf(answer), [`Roles take up to ten minutes to work; then: ${resume}`]);
    }
    report(`waiting for the role to work (${attempt} of ${ATTEMPTS})`);
    await new Promise((resolve) => setTimeout(resolve, pauseSeconds * 1000));
  }
}

function isDone(step: Step, answer: Answer): boolean {
  if (answer.kind !== 'output') {
    return false;
  }
  try {
    const value = JSON.parse(answer.stdout.trim() || 'null') as unknown;
    return step.isDone ? step.isDone(value) : value !== null;
  } catch {
    return false;
  }
}

function quiet(args: readonly string[]): string[] {
  return [...args, '--output', 'json', '--only-show-errors'];
}
