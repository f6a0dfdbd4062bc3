import { existsSync } from 'node:fs';
import { Layer, LAYERS } from '../../environments/environment';
import type { SynthesizedStack } from '../../stacks/synth';
import { waitForAddon } from '../addon-ready';
import { chooseEngine, ChosenEngine, requireReachable } from '../apply';
import { ensureScenarioCertificates } from '../demo-certificates';
import { CliError } from '../errors';
import { lazy } from '../lazy';
import { imageSteps, stepTasks } from '../local-steps';
import { commandLine, CommonOptions, repeatCommand } from '../options';
import { requireAzureSettings } from '../prerequisites';
import { waitForRights } from '../rights';
import { Session } from '../session';
import { findProgram } from '../tools/executables';
import { duration, runTasks, Task } from '../ui/tasks';
import type { VerifyResult } from '../verify';

export interface UpOptions extends CommonOptions {
  /** Last layer to apply; nothing is verified then. @default all of them */
  readonly until?: Layer;
}

/** What `up` came to, as `--json` prints it. */
interface UpResult extends AppliedLayers {
  readonly url: string;
  readonly verify: VerifyResult;
}

/** What applying came to, before anything is verified. */
interface AppliedLayers {
  readonly environment: string;
  readonly engine: string;
  readonly changed: boolean;
  readonly layers: readonly { readonly stack: string; readonly changed: boolean; readonly summary: string }[];
  readonly seconds: number;
}

/** The command line that goes on, with everything that this run was told but for what is to change. */
type Again = (changes?: UpOptions) => string;

/** Brings an environment up: cluster, synth, every layer in order, verification. @returns the exit code */
export async function up(name: string, options: UpOptions, signal: AbortSignal): Promise<number> {
  const begin = Date.now();
  const session = new Session(name, options, signal);
  const again: Again = (changes) => repeatCommand('up', name, { ...options, ...changes });
  const resume = again();
  requireAzureSettings(session.environment, resume);
  return session.exclusively(resume, (crashed) => bringUp(session, options.until, again, crashed, begin));
}

async function bringUp(session: Session, until: Layer | undefined, again: Again, crashed: boolean, begin: number): Promise<number> {
  const resume = again();
  await runTasks(await clusterTasks(session, resume), session.mode);
  const layers: { stack: string; changed: boolean; summary: string }[] = [];
  let stacks: SynthesizedStack[] = [];
  let chosen: ChosenEngine | undefined;
  await runTasks(
    [
      {
        title: 'synth',
        run: () => {
          stacks = session.synthesize();
          return Promise.resolve(stacks.map((stack) => stack.layer).join(', '));
        },
      },
      {
        title: 'engine',
        run: async ({ report }) => {
          if (session.environment.cluster.kind !== 'aks') {
            await requireReachable(session, [resume]);
          }
          chosen = await chooseEngine(session, stacks, resume, { crashed, report });
          return `${chosen.engine.name}: ${chosen.why}`;
        },
      },
    ],
    session.mode,
  );
  await runTasks(await stepTasks(imageSteps(session, upTo(stacks, until)), session.signal), session.mode);
  const { engine } = chosen as unknown as ChosenEngine;
  await runTasks(
    upTo(stacks, until).flatMap((stack): Task[] => {
      const task: Task = {
        title: stack.layer,
        run: async ({ report }) => {
          if (stack.layer === 'traffic') {
            await ensureScenarioCertificates(session, report);
          }
          const applied = await engine.apply(stack, report);
          layers.push({ stack: stack.name, ...applied });
          return applied.summary;
        },
      };
      // The cluster layer hands out the right to enter the cluster, which takes effect some time after it was given.
      const rights: Task = { title: 'rights', run: ({ report }) => waitForRights(session, resume, report) };
      const addon: Task = { title: 'Istio add-on', run: ({ report }) => waitForAddon(session, resume, report) };
      const after = session.environment.mesh.flavor === 'addon' ? [rights, addon] : [rights];
      return stack.layer === 'cluster' && until !== 'cluster' ? [task, ...after] : [task];
    }),
    session.mode,
  );
  const changed = layers.some((layer) => layer.changed);
  if (until !== undefined && until !== LAYERS.at(-1)) {
    const applied: AppliedLayers = { environment: session.name, engine: engine.name, changed, layers, seconds: seconds(begin) };
    const rest = `Stopped after the layer ${until}, as asked. To go on: ${again({ until: undefined })}`;
    process.stdout.write(`${session.options.json ? JSON.stringify(applied, null, 2) : `\n${rest}`}\n`);
    return 0;
  }
  const verified = await verifyTask(session);
  const result: UpResult = { environment: session.name, engine: engine.name, changed, layers, url: `${verified.url}/productpage`, verify: verified, seconds: seconds(begin) };
  await printResult(session, result, begin);
  return verified.ok ? 0 : 1;
}

/** The stacks up to a layer; all of them where none is named. */
function upTo(stacks: readonly SynthesizedStack[], until: Layer | undefined): readonly SynthesizedStack[] {
  return until === undefined ? stacks : stacks.filter((stack) => LAYERS.indexOf(stack.layer) <= LAYERS.indexOf(until));
}

/** Runs the verification as a task. */
export async function verifyTask(session: Session): Promise<VerifyResult> {
  let result: VerifyResult | undefined;
  await runTasks(
    [
      {
        title: `verify scenario ${session.environment.traffic.scenario}`,
        run: async ({ report }) => {
          const { verify } = lazy.verify();
          const tools = await session.tools();
          result = await verify({ environment: session.environment, tools, signal: session.signal, report, up: commandLine('up', session.name, session.options) });
          return result.ok ? 'all as expected' : 'not as expected';
        },
      },
    ],
    session.mode,
  );
  return result as unknown as VerifyResult;
}

/** What has to happen before anything can be applied: the local node, or the tools for another cluster. */
async function clusterTasks(session: Session, resume: string): Promise<Task[]> {
  const { cluster } = session.environment;
  if (cluster.kind !== 'kubeconfig') {
    return [];
  }
  const local = lazy.localCluster();
  if (!session.isBuiltHere) {
    return findProgram('helm', session.programs) && needsNoCharts(session) ? [] : stepTasks(local.toolSteps(), session.signal);
  }
  const isRunning = (await local.status()).state === 'running';
  const problems = isRunning ? [] : await local.checkMachine();
  if (problems.length > 0) {
    throw new CliError(
      'this machine cannot run the local cluster',
      problems.map((problem) => `${problem.what}: ${problem.why}`).join('\n'),
      [...problems.map((problem) => problem.mend), `Or use any other cluster, for example of kind: ${resume} --kubeconfig FILE --context NAME`],
    );
  }
  const tasks = await stepTasks(local.startSteps(), session.signal);
  return tasks.length > 0 ? tasks : [{ title: 'local cluster', run: async () => (await local.status()).detail }];
}

/** Charts that the environment names by folder have to be there; those of a repository are Helm's affair. */
function needsNoCharts(session: Session): boolean {
  const charts = session.environment.mesh.helm?.charts;
  return charts?.kind !== 'folder' || existsSync(charts.path);
}

async function printResult(session: Session, result: UpResult, begin: number): Promise<void> {
  if (session.options.json) {
    process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
    return;
  }
  const { printVerifyTable } = lazy.verify();
  const { options, name } = session;
  const other = session.environment.traffic.scenario === 'ratings-delay' ? 'reviews-90-10' : 'ratings-delay';
  const lines = [
    '',
    printVerifyTable(result.verify),
    '',
    result.changed ? `Applied with the ${result.engine} engine.` : 'Nothing changed: everything was there already.',
    ...(options.scenario ? [] : [`Scenario ${session.environment.traffic.scenario}, as the environment file says; --scenario NAME takes another.`]),
    '',
    ...bookinfoLines(result),
    '',
    'Try next:',
    `  ${commandLine('scenario', name, options, [other])}`,
    `  ${commandLine('plan', name, { ...options, scenario: other })}`,
    `  ${commandLine('status', name, options)}`,
    `  ${commandLine('down', name, options)}`,
    '',
    `Took ${duration((Date.now() - begin) / 1000)}.`,
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
  if (!result.verify.ok) {
    process.stderr.write(`\nThe verification found what the scenario does not promise. To look again: ${commandLine('verify', name, options)}\n`);
  }
}

/** Where a browser finds the application: at an address of its own, or through a forwarded port that somebody has to keep open. */
function bookinfoLines({ url, verify }: UpResult): string[] {
  return verify.forward
    ? ['Bookinfo  http://127.0.0.1:8080/productpage, while this runs:', `  ${verify.forward}`]
    : [`Bookinfo  ${url}`];
}

function seconds(begin: number): number {
  return Math.round((Date.now() - begin) / 100) / 10;
}
