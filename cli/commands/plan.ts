import { chooseEngine } from '../apply';
import { Change, formatChange } from '../engine/differ';
import type { StackPlan } from '../engine/engine';
import { CliError } from '../errors';
import { commandLine, CommonOptions, repeatCommand } from '../options';
import { requireAzureSettings } from '../prerequisites';
import { Session } from '../session';
import { ClusterTools, unreachable } from '../tools/cluster-access';
import { runTasks, Task } from '../ui/tasks';

export interface PlanOptions extends CommonOptions {
  /** Also prints the engine's own rendering. */
  readonly full?: boolean;
}

/** Exit code where applying would change something. */
const CHANGES = 2;

/** Says what `up` would change. @returns the exit code: 0 nothing, 2 something */
export async function plan(name: string, options: PlanOptions, signal: AbortSignal): Promise<number> {
  const session = new Session(name, options, signal);
  const resume = repeatCommand('plan', name, options);
  requireAzureSettings(session.environment, resume);
  const stacks = session.synthesize(session.environment, 'plan');
  const absent = await absentCluster(session, resume);
  const plans: StackPlan[] = [];
  const full: string[] = [];
  const plannable = absent === undefined ? stacks : stacks.filter((stack) => stack.layer === 'cluster');
  const silent = (): void => undefined;
  const chosen = plannable.length > 0 ? await chooseEngine(session, stacks, resume, { crashed: false, report: silent }) : undefined;
  await runTasks(
    stacks.map(
      (stack): Task => ({
        title: stack.layer,
        run: async ({ report }) => {
          if (!chosen || !plannable.includes(stack)) {
            plans.push({ stack: stack.name, layer: stack.layer, changes: [], unknown: absent ?? 'not planned' });
            return 'its cluster does not exist yet';
          }
          const result = await chosen.engine.plan(stack, report);
          plans.push(result);
          if (options.full) {
            full.push(await chosen.engine.fullPlan(stack));
          }
          return summary(result.changes);
        },
      }),
    ),
    session.mode,
  );
  const changed = plans.some((result) => result.changes.length > 0 || result.unknown !== undefined);
  if (options.json) {
    process.stdout.write(`${JSON.stringify({ environment: name, engine: chosen?.engine.name ?? null, changed, layers: plans }, null, 2)}\n`);
  } else {
    process.stdout.write(`\n${options.full && full.length > 0 ? `${full.join('\n')}\n` : ''}${renderPlans(plans)}\n`);
    process.stdout.write(changed ? `\nTo apply it: ${commandLine('up', name, options)}\n` : '');
  }
  return changed ? CHANGES : 0;
}

/** Plans as people read them. */
export function renderPlans(plans: readonly StackPlan[]): string {
  if (plans.every((result) => result.changes.length === 0 && result.unknown === undefined)) {
    return 'No changes: everything is as the environment file says.';
  }
  return plans
    .flatMap((result) => {
      const lines = result.unknown === undefined ? result.changes.flatMap(formatChange) : [`all of it is new: its cluster does not exist yet (${result.unknown.split('\n')[0]})`];
      return lines.length > 0 ? [`${result.stack}:`, ...lines.map((line) => `  ${line}`)] : [];
    })
    .join('\n');
}

function summary(changes: readonly Change[]): string {
  if (changes.length === 0) {
    return 'no changes';
  }
  const counts = (['create', 'update', 'replace', 'delete'] as const).map((action) => [changes.filter((change) => change.action === action).length, action] as const);
  return counts
    .filter(([count]) => count > 0)
    .map(([count, action]) => `${count} to ${action}`)
    .join(', ');
}

/** Why the layers above the cluster cannot be planned; nothing where their cluster answers. */
async function absentCluster(session: Session, resume: string): Promise<string | undefined> {
  let tools: ClusterTools;
  try {
    tools = await session.tools();
  } catch (error) {
    if (error instanceof CliError && isToCome(session, error)) {
      return error.what;
    }
    throw error;
  }
  const reason = await unreachable(tools);
  // A cluster that exists and does not answer is a failure, not a layer to come.
  if (reason !== undefined && !session.isBuiltHere) {
    throw new CliError(`the cluster of ${session.name} does not answer`, reason, [resume]);
  }
  return reason;
}

/** Whether the cluster cannot be entered because nobody made it yet: no right, or no login, is another matter. */
function isToCome(session: Session, { what, why }: CliError): boolean {
  if (session.isBuiltHere) {
    return !/not found on PATH/.test(what);
  }
  return session.environment.cluster.kind === 'aks' && /ResourceGroupNotFound|ResourceNotFound|(was|could) not (be )?found/.test(why);
}
