import { spawn } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import { Interrupted } from '../errors';

/** How a program is run. */
export interface RunOptions {
  readonly cwd?: string;
  /** The whole environment. @default this process's */
  readonly env?: NodeJS.ProcessEnv;
  /** Text for its standard input. @default none */
  readonly input?: string;
  /** Seconds after which it is ended. @default 600 */
  readonly timeoutSeconds?: number;
  /** Ends it in good order: its process group receives SIGINT once. */
  readonly signal?: AbortSignal;
  /** Receives each line of its output as it arrives. */
  readonly onLine?: (line: string) => void;
  /** File that its output is appended to. */
  readonly logFile?: string;
  /** Exit codes that are not failures. @default [0] */
  readonly okCodes?: readonly number[];
}

export interface RunResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a tool with its first arguments already given. */
export type Runner = (args: readonly string[], options?: RunOptions) => Promise<RunResult>;

/** A program that ended with a code that means failure, or did not end in time. */
export class CommandError extends Error {
  constructor(
    readonly command: string,
    readonly code: number,
    readonly stdout: string,
    readonly stderr: string,
    readonly timedOutAfterSeconds?: number,
  ) {
    const cause = lastLines(stderr || stdout, 12);
    super(timedOutAfterSeconds === undefined ? `${command} ended with code ${code}\n${cause}` : `${command} did not end within ${timedOutAfterSeconds} s\n${cause}`);
    this.name = 'CommandError';
  }
}

/** Seconds that an interrupted program has to put its things in order. */
const GRACE_SECONDS = 60;

type ChildObserver = (pid: number, command: string, running: boolean) => void;
let observer: ChildObserver | undefined;

/** Tells the run lock which programs are running, so that a later run can find those that a crash left. */
export function observeChildren(callback: ChildObserver | undefined): void {
  observer = callback;
}

/**
 * Runs a program to its end and returns its output.
 * It gets a process group of its own: a Ctrl-C at the terminal reaches it once, through `signal`, and not twice.
 * @throws CommandError where its exit code means failure
 * @throws Interrupted where `signal` ended it
 */
export async function run(program: string, args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  if (options.signal?.aborted) {
    throw new Interrupted();
  }
  const timeoutSeconds = options.timeoutSeconds ?? 600;
  const command = [program, ...args].join(' ');
  const child = spawn(program, args, { cwd: options.cwd, env: options.env ?? process.env, detached: true, stdio: ['pipe', 'pipe', 'pipe'] });
  const stdout = collect(child.stdout, options);
  const stderr = collect(child.stderr, options);
  let timedOut = false;
  const timers: NodeJS.Timeout[] = [];
  const end = (): void => {
    killGroup(child.pid, 'SIGINT');
    timers.push(setTimeout(() => killGroup(child.pid, 'SIGKILL'), GRACE_SECONDS * 1000));
  };
  timers.push(
    setTimeout(() => {
      timedOut = true;
      end();
    }, timeoutSeconds * 1000),
  );
  options.signal?.addEventListener('abort', end, { once: true });
  if (child.pid !== undefined) {
    observer?.(child.pid, command, true);
  }
  // A program that does not read its input is no failure.
  child.stdin.on('error', () => undefined);
  child.stdin.end(options.input ?? '');
  try {
    const code = await new Promise<number>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (status, killedBy) => resolve(status ?? (killedBy ? 128 : 1)));
    });
    const result = { code, stdout: stdout(), stderr: stderr() };
    if (options.signal?.aborted) {
      throw new Interrupted();
    }
    if (timedOut || !(options.okCodes ?? [0]).includes(code)) {
      throw new CommandError(command, code, result.stdout, result.stderr, timedOut ? timeoutSeconds : undefined);
    }
    return result;
  } finally {
    timers.forEach(clearTimeout);
    options.signal?.removeEventListener('abort', end);
    if (child.pid !== undefined) {
      observer?.(child.pid, command, false);
    }
  }
}

/** The last lines of a text, without blank ones. */
export function lastLines(text: string, count: number): string {
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .slice(-count)
    .join('\n');
}

function collect(stream: NodeJS.ReadableStream, options: RunOptions): () => string {
  const chunks: Buffer[] = [];
  let rest = '';
  stream.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    if (options.logFile) {
      appendFileSync(options.logFile, chunk);
    }
    if (options.onLine) {
      const lines = (rest + chunk.toString('utf8')).split('\n');
      rest = lines.pop() ?? '';
      lines.forEach((line) => options.onLine?.(line));
    }
  });
  return () => Buffer.concat(chunks).toString('utf8');
}

function killGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) {
    return;
  }
  try {
    process.kill(-pid, signal);
  } catch {
    // It ended by itself in the meantime.
  }
}
