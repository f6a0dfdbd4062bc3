import type { CommonOptions } from '../options';

/** Runs what a command does, and sets the exit code to what it returns; `signal` fires when somebody asks it to end. */
export type RunAction = (action: (signal: AbortSignal) => Promise<number>, options: CommonOptions) => Promise<void>;

/** Runs an action where nobody else does: without a way to end it early. */
export const runPlainly: RunAction = async (action) => {
  process.exitCode = await action(new AbortController().signal);
};
