import { buildSteps, checkMachine, extraImages, extraSteps, localClusterPaths, startSteps, status, stop } from './index';
import { Interrupted } from './run';
import type { Step } from './step';

const USAGE = 'usage: node --require tsx/cjs local-cluster/main.ts start|stop|status|build|images [NAME...]';

/** Longest silence of a running step before its line is said again, milliseconds. */
const HEARTBEAT = 15_000;

function clock(seconds: number): string {
  const whole = Math.round(seconds);
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, '0')} s`;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Runs steps with plain lines: number, title, elapsed, rough remainder. */
async function runSteps(steps: Step[], signal: AbortSignal): Promise<void> {
  const began = Date.now();
  let left = 0;
  const open: Step[] = [];
  for (const step of steps) {
    if (await step.isDone()) continue;
    open.push(step);
    left += step.estimateSeconds;
  }
  for (const [number, step] of open.entries()) {
    // A step may have become done by those before it.
    if (await step.isDone()) continue;
    const started = Date.now();
    let last = step.title;
    const line = (text: string): void => say(`  ${clock((Date.now() - started) / 1000).padStart(6)}  ${text}`);
    say(`[${number + 1}/${open.length}] ${step.title} (about ${clock(left)} left in all)`);
    const heartbeat = setInterval(() => line(`still: ${last}`), HEARTBEAT);
    const report = (text: string): void => {
      last = text;
      heartbeat.refresh();
      line(text);
    };
    try {
      await step.run({ report, signal });
    } finally {
      clearInterval(heartbeat);
    }
    left -= step.estimateSeconds;
    line(`done: ${step.title}`);
  }
  say(`${open.length === 0 ? 'nothing to do' : 'done'} in ${clock((Date.now() - began) / 1000)}`);
}

async function refuseUnfit(purpose: 'start' | 'build'): Promise<void> {
  const problems = await checkMachine(purpose);
  if (problems.length === 0) return;
  for (const problem of problems) process.stderr.write(`The local cluster cannot run here: ${problem.what} (${problem.why}).\n  Mend: ${problem.mend}\n`);
  process.exit(1);
}

/** Loads images that are not loaded by a start; without names, says which there are. */
async function loadImages(names: readonly string[], signal: AbortSignal): Promise<void> {
  const known = extraImages();
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length > 0) throw new Error(`${unknown.join(', ')}: not among the images that can be loaded:\n${known.join('\n')}`);
  if (names.length > 0) return runSteps(extraSteps((image) => names.includes(image)), signal);
  for (const name of known) say(name);
}

async function main(command: string | undefined, ...names: string[]): Promise<void> {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => controller.abort());
  switch (command) {
    case 'start': {
      await refuseUnfit('start');
      await runSteps(startSteps(), controller.signal);
      const paths = localClusterPaths();
      say(`kubeconfig ${paths.kubeconfig}\ncontext    ${paths.context}`);
      return;
    }
    case 'build':
      await refuseUnfit('build');
      return runSteps(buildSteps(), controller.signal);
    case 'images':
      return loadImages(names, controller.signal);
    case 'stop':
      for (const line of await stop()) say(line);
      return;
    case 'status': {
      const found = await status();
      say(`${found.state}: ${found.detail}${found.since ? ` (since ${found.since})` : ''}`);
      return;
    }
    default:
      process.stderr.write(`${USAGE}\n`);
      process.exitCode = 2;
  }
}

main(process.argv[2], ...process.argv.slice(3)).catch((error: unknown) => {
  process.stderr.write(`${error instanceof Interrupted ? 'Interrupted. Starting again goes on from here.' : error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = error instanceof Interrupted ? 130 : 1;
});
