import { createInterface } from 'node:readline/promises';
import { Layer, LAYERS } from '../../environments/environment';
import type { SynthesizedStack } from '../../stacks/synth';
import { chooseEngine, hasState } from '../apply';
import type { TerraformEngine } from '../engine/terraform';
import { CliError, Interrupted, UsageError } from '../errors';
import { lazy } from '../lazy';
import { CommonOptions, repeatCommand } from '../options';
import { requireAzureSettings } from '../prerequisites';
import { Session } from '../session';
import { aksPresence } from '../tools/aks-presence';
import { unreachable } from '../tools/cluster-access';
import { duration, runTasks, Task } from '../ui/tasks';
import { azureDownTasks } from './down-azure';
import { leftInAzure, requireUnprotected } from './down-left';

export interface DownOptions extends CommonOptions {
  /** Asks nothing. */
  readonly yes?: boolean;
  /** Last layer to take away; those below it stay. @default all of them */
  readonly until?: Layer;
  /** Destroys the cluster first, with everything in it, without entering it. */
  readonly clusterOnly?: boolean;
}

/** The command line that goes on, with everything that this run was told but for what is to change. */
export type Again = (changes?: DownOptions) => string;

/** Takes an environment away in reverse order, and says what it leaves. @returns the exit code */
export async function down(name: string, options: DownOptions, signal: AbortSignal): Promise<number> {
  const begin = Date.now();
  const session = new Session(name, options, signal);
  const again: Again = (changes) => repeatCommand('down', name, { ...options, ...changes });
  const resume = again();
  requireClusterOfOurs(session, again, options);
  requireAzureSettings(session.environment, resume);
  if (options.until === undefined || options.until === 'cluster') {
    requireUnprotected(session, again);
  }
  await confirm(session, again, options);
  const notes: string[] = [];
  return session.exclusively(resume, async (crashed) => {
    await runTasks(await tasksOf(session, again, crashed, options, notes), session.mode);
    if (options.until) {
      notes.push(`The layers below ${options.until} stay. To take them away: ${again({ until: undefined })}`);
    } else if (session.isBuiltHere) {
      await runTasks([{ title: 'local cluster', run: async ({ report }) => void notes.push(...(await lazy.localCluster().stop({ report }))) }], session.mode);
    } else if (session.environment.cluster.kind === 'aks') {
      notes.push(...(await leftInAzure(session)));
    } else if ((await silence(session)) === undefined) {
      notes.push(...(await leftInCluster(session)));
    }
    const seconds = (Date.now() - begin) / 1000;
    if (options.json) {
      process.stdout.write(`${JSON.stringify({ environment: name, notes, seconds }, null, 2)}\n`);
    } else {
      process.stdout.write(`\n${[...notes, `${name} is down${options.until ? `, from traffic to ${options.until}` : ''}. Took ${duration(seconds)}.`].join('\n')}\n`);
    }
    return 0;
  });
}

/** The layers of an environment as tasks, the last one first. */
async function tasksOf(session: Session, again: Again, crashed: boolean, options: DownOptions, notes: string[]): Promise<Task[]> {
  if (session.environment.cluster.kind === 'kubeconfig') {
    const reason = await silence(session);
    if (reason !== undefined) {
      if (!session.isBuiltHere) {
        throw new CliError(`the cluster of ${session.name} does not answer`, reason, [again()]);
      }
      return [];
    }
  }
  const all = session.synthesize();
  const isGone = await isForeignAndGone(session);
  if (isGone && (options.engine === 'direct' || (session.environment.state.kind === 'local' && !all.some(hasState)))) {
    notes.push('Its cluster is gone, and no state on this machine knows of anything that was in it.');
    return [];
  }
  const stacks = options.until ? all.filter((stack) => LAYERS.indexOf(stack.layer) >= LAYERS.indexOf(options.until as Layer)) : all;
  const { engine, why } = await chooseEngine(session, all, again(), { crashed, isGone, report: () => undefined });
  session.say(`engine ${engine.name}: ${why}`);
  if (session.environment.cluster.kind !== 'kubeconfig' && engine.name === 'terraform') {
    return azureDownTasks({ session, engine: engine as TerraformEngine, stacks, clusterOnly: options.clusterOnly === true, again });
  }
  return [...stacks].reverse().map((stack: SynthesizedStack) => ({
    title: stack.layer,
    run: async ({ report }) => {
      try {
        return (await engine.destroy(stack, report)).summary;
      } catch (error) {
        // The node ends anyway and takes with it what could not be taken away in good order.
        if (!session.isBuiltHere || error instanceof Interrupted) {
          throw error;
        }
        notes.push(`${stack.name} could not be taken away in good order, and went with the local cluster: ${error instanceof Error ? error.message.split('\n')[0] : String(error)}`);
        return 'goes with the cluster';
      }
    },
  }));
}

/** Whether the environment's cluster is somebody else's, and gone: then there is nothing to ask which engine was at work. */
async function isForeignAndGone({ environment, handles, programs, signal }: Session): Promise<boolean> {
  const { access } = handles.cluster;
  return environment.cluster.kind === 'existing-aks' && access.kind === 'aks' && (await aksPresence(access, { programs, signal })).kind === 'gone';
}

/** @throws CliError where the cluster would have to go first, and is not ours to destroy, or shall stay */
function requireClusterOfOurs({ name, environment }: Session, again: Again, { clusterOnly, until }: DownOptions): void {
  if (!clusterOnly) {
    return;
  }
  const inCluster = (last: Layer | undefined): string => `To take away ${last ? `the layers from traffic to ${last}` : 'what is in the cluster'}, and leave the cluster: ${again({ clusterOnly: undefined })}`;
  if (environment.cluster.kind !== 'aks') {
    throw new UsageError('--cluster-only destroys the cluster', `${name} does not create its cluster`, [inCluster(until)]);
  }
  if (until !== undefined) {
    throw new UsageError('--cluster-only destroys the cluster', `with --until ${until} the cluster stays`, [
      inCluster(until),
      `To destroy the cluster with everything in it: ${again({ until: undefined })}`,
    ]);
  }
}

/** Why the cluster cannot be asked; nothing where it answers. */
async function silence(session: Session): Promise<string | undefined> {
  try {
    return await unreachable(await session.tools());
  } catch (error) {
    if (error instanceof CliError) {
      return error.message;
    }
    throw error;
  }
}

async function leftInCluster(session: Session): Promise<string[]> {
  const tools = await session.tools();
  const found = await tools.kubectl(['get', 'crd', '-o', 'name'], { timeoutSeconds: 30 });
  const crds = found.stdout.split('\n').filter((line) => line.endsWith('.istio.io'));
  return crds.length === 0
    ? []
    : [
        `Left in the cluster: ${crds.length} custom resource definitions of Istio, because removing them removes every Istio object of anybody. To remove them too:`,
        `  kubectl --kubeconfig ${tools.kubeconfig} --context ${tools.context} get crd -o name | grep 'istio.io$' | xargs kubectl --kubeconfig ${tools.kubeconfig} --context ${tools.context} delete`,
      ];
}

/** Asks before anything in Azure is destroyed; the local cluster is nobody's loss. */
async function confirm(session: Session, again: Again, options: DownOptions): Promise<void> {
  if (options.yes || session.environment.cluster.kind === 'kubeconfig') {
    return;
  }
  if (!process.stdin.isTTY || options.json) {
    throw new CliError(`${session.name} would be destroyed`, 'It lives in Azure, and nobody can be asked here', [again({ yes: true })]);
  }
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  try {
    const answer = await terminal.question(`Destroy ${session.name} with its cluster, address and everything in it? Type its name to go on: `, { signal: session.signal });
    if (answer.trim() !== session.name) {
      throw new CliError(`${session.name} was left as it is`, 'The name was not confirmed', [again()]);
    }
  } finally {
    terminal.close();
  }
}
