import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { parse } from 'yaml';
import { run, RunResult } from '../cli/tools/process';
import type { FakePrograms } from './fakes';

export interface Step {
  readonly name?: string;
  readonly uses?: string;
  readonly run?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly with?: Readonly<Record<string, unknown>>;
}

export interface Job {
  readonly if?: string;
  readonly uses?: string;
  readonly needs?: string | readonly string[];
  readonly with?: Readonly<Record<string, unknown>>;
  readonly environment?: string;
  readonly permissions?: Readonly<Record<string, string>>;
  readonly concurrency?: { readonly group: string; readonly 'cancel-in-progress': boolean };
  readonly env?: Readonly<Record<string, string>>;
  readonly steps?: readonly Step[];
  readonly 'timeout-minutes'?: number;
}

export interface Workflow {
  readonly on: Readonly<Record<string, unknown>>;
  readonly permissions?: Readonly<Record<string, string>>;
  readonly concurrency?: Job['concurrency'];
  readonly jobs: Readonly<Record<string, Job>>;
}

export const ROOT = path.resolve(__dirname, '..');

export function readWorkflow(name: string): Workflow {
  return parse(fs.readFileSync(path.join(ROOT, '.github/workflows', name), 'utf8')) as Workflow;
}

/** What a finished job left. */
export interface JobRun {
  /** Exit code of the step that failed, else 0. */
  readonly code: number;
  readonly output: string;
  readonly summary: string;
  readonly outputs: string;
  readonly folder: string;
}

/**
 * Runs the steps of a job as GitHub does: its `run:` steps in order with bash, in a folder of their own, each with the environment of job and step,
 * with PATH grown by what earlier steps added. Steps that use an action are noted among the calls.
 */
export async function runJob(
  job: Job,
  fakes: FakePrograms,
  context: Readonly<Record<string, string>>,
  extra: NodeJS.ProcessEnv = {},
): Promise<JobRun> {
  const folder = workFolder();
  const file = (name: string): string => path.join(folder, `${name}.txt`);
  ['path', 'output', 'summary'].forEach((name) => fs.writeFileSync(file(name), ''));
  const runner = { GITHUB_PATH: file('path'), GITHUB_OUTPUT: file('output'), GITHUB_STEP_SUMMARY: file('summary'), RUNNER_TEMP: folder, CI: 'true' };
  let output = '';
  for (const step of job.steps ?? []) {
    if (step.uses) {
      fakes.note(`uses ${step.uses.replace(/@.*/, '')}`);
      continue;
    }
    const added = fs.readFileSync(file('path'), 'utf8').split('\n').filter(Boolean);
    const env = { ...baseEnvironment(fakes, added), ...extra, ...runner, ...fill(job.env, context), ...fill(step.env, context) };
    const result = await shell(['--noprofile', '--norc', '-eo', 'pipefail', '-c', fillText(step.run ?? '', context)], folder, env);
    output += `${result.stdout}${result.stderr}`;
    if (result.code !== 0) {
      return { code: result.code, output, summary: '', outputs: '', folder };
    }
  }
  return { code: 0, output, summary: fs.readFileSync(file('summary'), 'utf8'), outputs: fs.readFileSync(file('output'), 'utf8'), folder };
}

const folders: string[] = [];

/** Removes the folders of all jobs so far. */
export function removeWorkFolders(): void {
  folders.splice(0).forEach((folder) => fs.rmSync(folder, { recursive: true, force: true }));
}

/** A folder with what the steps find in a checkout. */
export function workFolder(): string {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'aks-istio-job-'));
  folders.push(folder);
  fs.cpSync(path.join(ROOT, 'pipelines'), path.join(folder, 'pipelines'), { recursive: true });
  return folder;
}

/** The environment of a runner: nothing of ours, and the fake programs before the system's. */
export function baseEnvironment(fakes: FakePrograms, added: readonly string[] = []): NodeJS.ProcessEnv {
  return { HOME: os.tmpdir(), PATH: [...added, fakes.folder, '/usr/bin', '/bin'].join(':') };
}

export function shell(args: readonly string[], cwd: string, env: NodeJS.ProcessEnv): Promise<RunResult> {
  return run('/bin/bash', args, { cwd, env, okCodes: [...Array(256).keys()], timeoutSeconds: 60 });
}

function fill(env: Readonly<Record<string, string>> = {}, context: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(env).map(([name, value]) => [name, fillText(value, context)]));
}

/** Answers GitHub's expressions; a variable that is not set is empty, anything else unknown is an error. */
function fillText(text: string, context: Readonly<Record<string, string>>): string {
  return text.replace(/\$\{\{ *([^}]+?) *\}\}/g, (_match, name: string) => {
    const value = context[name] ?? (name.startsWith('vars.') ? '' : undefined);
    if (value === undefined) {
      throw new Error(`the test knows no ${name}`);
    }
    return value;
  });
}
