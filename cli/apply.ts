import { existsSync, readFileSync } from 'node:fs';
import { chooseByFacts, EngineDecision } from './engine/choose';
import type { Engine } from './engine/engine';
import { readStack } from './engine/stack-file';
import { providersReason } from './engine/terraform-command';
import { CliError, UsageError } from './errors';
import { lazy } from './lazy';
import { requirePrograms } from './prerequisites';
import type { Session } from './session';
import { unreachable } from './tools/cluster-access';
import { readReleases } from './tools/releases';
import type { SynthesizedStack } from '../stacks/synth';

/** An engine, and one line that says why it was chosen. */
export interface ChosenEngine {
  readonly engine: Engine;
  readonly why: string;
}

/**
 * Chooses the engine of a command.
 * @param resume command that goes on after a failure
 */
export async function chooseEngine(
  session: Session,
  stacks: readonly SynthesizedStack[],
  resume: string,
  facts: { readonly crashed: boolean; readonly report: (line: string) => void; readonly isGone?: boolean },
): Promise<ChosenEngine> {
  const { environment, options } = session;
  const isExisting = environment.cluster.kind !== 'aks';
  if (options.engine === 'direct' && !isExisting) {
    throw new UsageError('the direct engine is for clusters that exist already', `${session.name} creates its cluster`, [resume.replace(' --engine direct', ' --engine terraform')]);
  }
  const asksCluster = (options.engine ?? 'auto') === 'auto' && isExisting && facts.isGone !== true;
  const decision =
    chooseByFacts(options.engine ?? 'auto', {
      needsTerraform: !isExisting,
      records: asksCluster ? await readReleases(await session.tools()) : undefined,
      stacks: stacks.map((stack) => stack.name),
      hasState: stacks.some(hasState),
    }) ?? (await tryTerraform(session, stacks[0], facts.report));
  requirePrograms(environment, decision.engine, session.programs);
  return { engine: await createEngine(session, decision.engine, resume, facts.crashed), why: decision.why };
}

/** @throws CliError where the cluster of an environment does not answer */
export async function requireReachable(session: Session, next: readonly string[]): Promise<void> {
  const reason = await unreachable(await session.tools());
  if (reason !== undefined) {
    throw new CliError(`the cluster of ${session.name} does not answer`, reason, next);
  }
}

async function createEngine(session: Session, name: 'terraform' | 'direct', resume: string, crashed: boolean): Promise<Engine> {
  if (name === 'direct') {
    const { DirectEngine } = lazy.direct();
    return new DirectEngine(await session.tools(), resume, crashed);
  }
  const { TerraformEngine } = lazy.terraform();
  return new TerraformEngine({
    environment: session.name,
    tools: () => session.tools(),
    programs: session.programs,
    signal: session.signal,
    resume,
    previousCrashed: crashed,
  });
}

async function tryTerraform(session: Session, first: SynthesizedStack, report: (line: string) => void): Promise<EngineDecision> {
  report("trying terraform's init");
  const reason = await providersReason(first, session.signal, session.programs);
  return reason === undefined
    ? { engine: 'terraform', why: 'its providers can be installed here' }
    : { engine: 'direct', why: `terraform cannot be used here: ${reason}` };
}

/** Whether a state on this machine holds anything of a stack. */
export function hasState(stack: SynthesizedStack): boolean {
  const { stateFile } = readStack(stack.name, stack.dir);
  if (stateFile === undefined || !existsSync(stateFile)) {
    return false;
  }
  const state = JSON.parse(readFileSync(stateFile, 'utf8')) as { resources?: unknown[] };
  return (state.resources ?? []).length > 0;
}
