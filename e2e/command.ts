import { ChildProcess, spawn } from 'node:child_process';
import { appendFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { must } from './runner';

const BIN = path.resolve(__dirname, '..', 'bin', 'aks-istio.js');
const LOG = path.resolve('.aks-istio', 'e2e.log');
const TIMEOUT_MS = 30 * 60_000;

/** What a run of the command left. */
export interface Ran {
  readonly args: readonly string[];
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly seconds: number;
}

/** Options that lead every command to the cluster under test. @default none: the local cluster */
export function clusterOptions(env: NodeJS.ProcessEnv = process.env): string[] {
  return [
    ...(env.E2E_KUBECONFIG ? ['--kubeconfig', path.resolve(env.E2E_KUBECONFIG)] : []),
    ...(env.E2E_CONTEXT ? ['--context', env.E2E_CONTEXT] : []),
  ];
}

/** Begins the log of all that the commands print. */
export function beginLog(): string {
  mkdirSync(path.dirname(LOG), { recursive: true });
  writeFileSync(LOG, '');
  return LOG;
}

/** Runs the command as users do, through its bin, to its end. */
export async function aksIstio(...args: string[]): Promise<Ran> {
  const begin = Date.now();
  const [child, output] = start(args);
  const timer = setTimeout(() => child.kill('SIGKILL'), TIMEOUT_MS);
  const code = await new Promise<number>((resolve) => child.on('close', (status) => resolve(status ?? 128)));
  clearTimeout(timer);
  return { args, code, ...output, seconds: (Date.now() - begin) / 1000 };
}

/** Runs the command; anything but the wanted exit code is a failure that shows the end of its output. */
export async function expectCode(code: number, ...args: string[]): Promise<Ran> {
  const ran = await aksIstio(...args);
  must(ran.code === code, `aks-istio ${args.join(' ')} ended with code ${ran.code}, not ${code}:\n${tail(`${ran.stdout}\n${ran.stderr}`)}`);
  return ran;
}

/** What a killed run was doing. */
export interface Killed {
  /** It ended by itself before its time had come. */
  readonly tooLate: boolean;
  readonly lastLine: string;
}

/**
 * Starts the command and kills it with SIGKILL some time after a line of its output.
 * @param whole also kills the programs that it started, as a crash of the machine would; otherwise they live on
 */
export async function killAfter(line: RegExp, delayMs: number, whole: boolean, ...args: string[]): Promise<Killed> {
  const [child, output] = start(args);
  let timer: NodeJS.Timeout | undefined;
  let killed = false;
  child.stdout?.on('data', () => {
    if (!timer && line.test(output.stdout)) {
      timer = setTimeout(() => {
        killed = child.exitCode === null;
        for (const pid of [child.pid as number, ...(whole ? descendants(child.pid as number) : [])]) {
          kill(pid);
        }
      }, delayMs);
    }
  });
  await new Promise((resolve) => child.on('close', resolve));
  clearTimeout(timer);
  must(timer !== undefined, `aks-istio ${args.join(' ')} never printed ${String(line)}:\n${tail(output.stdout + output.stderr)}`);
  return { tooLate: !killed, lastLine: tail(output.stdout, 1).trim() };
}

function start(args: readonly string[]): [ChildProcess, { stdout: string; stderr: string }] {
  const all = [...args, ...clusterOptions()];
  appendFileSync(LOG, `\n$ aks-istio ${all.join(' ')}\n`);
  const child = spawn(process.execPath, [BIN, ...all], { stdio: ['ignore', 'pipe', 'pipe'] });
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      output[name] += text;
      appendFileSync(LOG, text);
    });
  }
  return [child, output];
}

/** Processes that a process started, and those that these started. Those that live on with another parent are not among them. */
function descendants(pid: number): number[] {
  const parents = new Map<number, number>();
  for (const entry of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const stat = readFileSync(`/proc/${entry}/stat`, 'utf8');
      parents.set(Number(entry), Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]));
    } catch {
      // It ended while we looked.
    }
  }
  const children = (parent: number): number[] => [...parents].flatMap(([child, of]) => (of === parent ? [child, ...children(child)] : []));
  return children(pid);
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It had ended.
  }
}

/** The last lines of a text. */
export function tail(text: string, lines = 25): string {
  return text.trimEnd().split('\n').slice(-lines).join('\n');
}
