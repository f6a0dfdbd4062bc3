import { ChoiceError } from '../environments/choice-error';

/** Exit code of a mistake in the command itself, as of sysexits.h. */
export const USAGE = 64;

/** A failure in the words that its reader needs: what failed, why, and the exact command to go on. */
export class CliError extends Error {
  constructor(
    /** What failed, as a phrase without its full stop. */
    readonly what: string,
    /** Why, as far as it is known; may have several lines. */
    readonly why: string,
    /** Commands or sentences that lead on, each on a line of its own. */
    readonly next: readonly string[] = [],
    /** Exit code of the process. */
    readonly exitCode = 1,
  ) {
    super(`${what}: ${why}`);
    this.name = 'CliError';
  }
}

/** A mistake in the command: nothing was begun. */
export class UsageError extends CliError {
  constructor(what: string, why: string, next: readonly string[] = []) {
    super(what, why, next, USAGE);
    this.name = 'UsageError';
  }
}

/** The exit code that an error ends the program with. */
export function exitCodeOf(error: unknown): number {
  return error instanceof CliError ? error.exitCode : error instanceof ChoiceError ? USAGE : 1;
}

/** The person at the keyboard, or whoever sent the signal, asked to stop. */
export class Interrupted extends Error {
  constructor() {
    super('interrupted');
    this.name = 'Interrupted';
  }
}

/** Renders any error for people; the stack trace only where it was asked for. */
export function formatError(error: unknown, verbose: boolean): string {
  const lines: string[] = [];
  if (error instanceof CliError) {
    lines.push(error.what, ...indent(error.why));
    if (error.next.length > 0) {
      lines.push('To go on:', ...error.next.flatMap(indent));
    }
  } else {
    lines.push(error instanceof Error ? error.message : String(error));
  }
  if (verbose && error instanceof Error && error.stack) {
    lines.push(error.stack);
  }
  return lines.join('\n');
}

function indent(text: string): string[] {
  return text.split('\n').map((line) => `  ${line}`);
}
