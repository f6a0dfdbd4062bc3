import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as readline from 'node:readline';
import type { Readable } from 'node:stream';

/** How to run a program. */
export interface RunOptions {
  /** @default the current folder */
  cwd?: string;
  /** Whole environment of the program. @default process.env */
  env?: NodeJS.ProcessEnv;
  /** Ends the program (SIGTERM, after 5 s SIGKILL) when aborted. */
  signal?: AbortSignal;
  /** Called with each line of standard output and standard error as it comes. */
  onLine?(line: string): void;
  /** File to read standard input from. @default none */
  input?: string;
}

/** Thrown by {@link run} for a program that could not be started or did not exit with 0. */
export class RunError extends Error {
  constructor(
    readonly command: string,
    readonly code: number | string,
    /** The last lines that the program wrote, at most 30. */
    readonly tail: string,
  ) {
    super(`${command} failed (${code})${tail ? `:\n${tail}` : ''}`);
    this.name = 'RunError';
  }
}

/** Thrown where work ended because its signal was aborted. */
export class Interrupted extends Error {
  constructor() {
    super('interrupted');
    this.name = 'Interrupted';
  }
}

/** Throws {@link Interrupted} if `signal` is aborted. */
export function checkSignal(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new Interrupted();
}

/**
 * Runs a program and returns its standard output.
 * @throws RunError when it cannot be started or exits with anything but 0
 * @throws Interrupted when `options.signal` is aborted
 */
export async function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  checkSignal(options.signal);
  const input = options.input === undefined ? 'ignore' : fs.openSync(options.input, 'r');
  try {
    return await wait(command, args, options, input);
  } finally {
    if (typeof input === 'number') fs.closeSync(input);
  }
}

function wait(command: string, args: readonly string[], options: RunOptions, input: 'ignore' | number): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: options.cwd, env: options.env ?? process.env, stdio: [input, 'pipe', 'pipe'] });
    const { stdout, stderr } = child as typeof child & { stdout: Readable; stderr: Readable };
    const output: string[] = [];
    const tail: string[] = [];
    const take = (line: string, isOutput: boolean): void => {
      if (isOutput) output.push(line);
      if (tail.push(line) > 30) tail.shift();
      options.onLine?.(line);
    };
    readline.createInterface({ input: stdout }).on('line', (line) => take(line, true));
    readline.createInterface({ input: stderr }).on('line', (line) => take(line, false));
    let timer: NodeJS.Timeout | undefined;
    const abort = (): void => {
      child.kill('SIGTERM');
      timer = setTimeout(() => child.kill('SIGKILL'), 5000);
    };
    options.signal?.addEventListener('abort', abort, { once: true });
    const settle = (): void => {
      clearTimeout(timer);
      options.signal?.removeEventListener('abort', abort);
    };
    child.on('error', (error: NodeJS.ErrnoException) => {
      settle();
      reject(new RunError(command, error.code ?? error.message, ''));
    });
    child.on('close', (code, signal) => {
      settle();
      if (options.signal?.aborted) reject(new Interrupted());
      else if (code === 0) resolve(output.join('\n'));
      else reject(new RunError([command, ...args].join(' ').slice(0, 200), code ?? signal ?? 'unknown', tail.join('\n')));
    });
  });
}

/** Tells whether a program is found on the PATH. */
export function isInstalled(program: string, env: NodeJS.ProcessEnv = process.env): boolean {
  const folders = [...(env.PATH ?? '').split(':'), '/usr/sbin', '/sbin'].filter((folder) => folder !== '');
  return folders.some((folder) => {
    try {
      fs.accessSync(`${folder}/${program}`, fs.constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
