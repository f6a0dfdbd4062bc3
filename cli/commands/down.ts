import { createInterface } from 'node:readline/promises';
import type { SynthesizedStack } from '../../stacks/synth';
import { chooseEngine } from '../apply';
import { CliError, Interrupted } from '../errors';
import { lazy } from '../lazy';
import { commandLine, CommonOptions } from '../options';
import { requireAzureSettings } from '../prerequisites';
import { Session } from '../session';
import { unreachable } from '../tools/cluster-access';
import { duration, runTasks, Task } from '../ui/tasks';

export interface DownOptions extends CommonOptions {
  /** Asks nothing. */
  readonly yes?: boolean;
}

/** Takes an environment away in reverse order, and says what it leaves. @returns the exit code */
export async function down(name: string, options: DownOptions, signal: AbortSignal): Promise<number> {
  const begin = Date.now();
  const session = new Session(name, options, signal);
  const resume = `${commandLine('down', name, options)}${options.yes ? ' --yes' : ''}`;
  requireAzureSettings(session.environment, resume);
  await confirm(session, resume, options);
  const notes: string[] = [];
  return session.exclusively(resume, async (crashed) => {
    const reason = await silence(session);
    if (reason !== undefined && !session.isBuiltHere && session.environment.cluster.kind !== 'aks') {
      throw new CliError(`the cluster of ${name} does not answer`, reason, [resume]);
    }
    const tasks = reason === undefined || session.environment.cluster.kind === 'aks' ? await layerTasks(session, resume, crashed, notes) : [];
    await runTasks(tasks, session.mode);
    if (session.isBuiltHere) {
      await runTasks([{ title: 'local cluster', run: async ({ report }) => void notes.push(...(await lazy.localCluster().stop({ report }))) }], session.mode);
    } else if (session.environment.cluster.kind !== 'aks') {
      notes.push(...(await leftInCluster(session)));
    }
    const seconds = (Date.now() - begin) / 1000;
    if (options.json) {
      process.stdout.write(`${JSON.stringify({ environment: name, notes, seconds }, null, 2)}\n`);
    } else {
      process.stdout.write(`\n${[...notes, `${name} is down. Took ${duration(seconds)}.`].join('\n')}\n`);
    }
    return 0;
  });
}

async function layerTasks(session: Session, resume: string, crashed: boolean, notes: string[]): Promise<Task[]> {
  const stacks = session.synthesize();
  const { engine, why } = await chooseEngine(session, stacks, resume, { crashed, report: () => undefined });
  session.say(`engine ${engine.name}: ${why}`);
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
async function confirm(session: Session, resume: string, options: DownOptions): Promise<void> {
  if (options.yes || session.environment.cluster.kind === 'kubeconfig') {
    return;
  }
  if (!process.stdin.isTTY || options.json) {
    throw new CliError(`${session.name} would be destroyed`, 'It lives in Azure, and nobody can be asked here', [`${resume} --yes`]);
  }
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  try {
    const answer = await terminal.question(`Destroy ${session.name} with its cluster, address and everything in it? Type its name to go on: `, { signal: session.signal });
    if (answer.trim() !== session.name) {
      throw new CliError(`${session.name} was left as it is`, 'The name was not confirmed', [resume]);
    }
  } finally {
    terminal.close();
  }
}
