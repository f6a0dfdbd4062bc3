import { findProgram, KnownPaths, Program } from '../tools/executables';
import { CommandError, run, RunOptions } from '../tools/process';

/** What became of a question put to a program. */
export type Answer =
  | { readonly kind: 'output'; readonly stdout: string }
  | { readonly kind: 'missing'; readonly program: Program }
  | { readonly kind: 'failed'; readonly program: Program; readonly reason: string };

/** Puts a question to a program; the same question is put once. */
export type Ask = (program: Program, args: readonly string[]) => Promise<Answer>;

/** A program's answer as a value, or why there is none. */
export type Read<T> = { readonly value: T } | { readonly problem: Exclude<Answer, { kind: 'output' }> };

/** Seconds that a program has for an answer: `az vm list-skus` takes half a minute. */
const TIMEOUT_SECONDS = 120;

/** Puts questions to the programs on PATH. */
export function asker(options: { readonly known?: KnownPaths; readonly env?: NodeJS.ProcessEnv; readonly signal?: AbortSignal } = {}): Ask {
  const asked = new Map<string, Promise<Answer>>();
  const runOptions: RunOptions = { env: options.env, signal: options.signal, timeoutSeconds: TIMEOUT_SECONDS };
  return (program, args) => {
    const key = [program, ...args].join('\0');
    const answer = asked.get(key) ?? put(program, args, options.known, runOptions);
    asked.set(key, answer);
    return answer;
  };
}

/** Reads an answer as JSON. */
export async function readJson<T>(answer: Promise<Answer>): Promise<Read<T>> {
  const read = await readText(answer);
  if ('problem' in read) {
    return read;
  }
  try {
    // Some commands of az print nothing where there is nothing.
    return { value: JSON.parse(read.value === '' ? 'null' : read.value) as T };
  } catch {
    return { problem: { kind: 'failed', program: 'az', reason: `no JSON: ${read.value.slice(0, 80)}` } };
  }
}

/** Reads an answer as text without its line break. */
export async function readText(answer: Promise<Answer>): Promise<Read<string>> {
  const result = await answer;
  return result.kind === 'output' ? { value: result.stdout.trim() } : { problem: result };
}

/** Says in a few words why there is no answer. */
export function reasonOf(problem: Exclude<Answer, { kind: 'output' }>): string {
  return problem.kind === 'missing' ? `needs ${problem.program}` : problem.reason;
}

async function put(program: Program, args: readonly string[], known: KnownPaths | undefined, options: RunOptions): Promise<Answer> {
  const path = findProgram(program, known);
  if (!path) {
    return { kind: 'missing', program };
  }
  try {
    return { kind: 'output', stdout: (await run(path, args, options)).stdout };
  } catch (error) {
    if (error instanceof CommandError) {
      const late = error.timedOutAfterSeconds;
      return { kind: 'failed', program, reason: late === undefined ? lineThatMatters(error.stderr || error.stdout) : `no answer within ${late} s` };
    }
    return { kind: 'failed', program, reason: error instanceof Error ? error.message : String(error) };
  }
}

/** The line of an error's output that says what is wrong: az and kubectl put warnings and advice around it. */
export function lineThatMatters(output: string): string {
  const lines = output.split('\n').map((line) => line.trim()).filter((line) => line !== '');
  const marked = lines.find((line) => /^(ERROR|error|Error|Unable)\b/.test(line));
  return (marked ?? lines.at(-1) ?? 'no message').replace(/^ERROR:\s*/, '').slice(0, 300);
}
