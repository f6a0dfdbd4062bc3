import type { ReleaseRecord } from '../tools/releases';
import type { EngineChoice } from '../options';
import { STACK_LABEL } from './markers';

/** What is known about a machine and an environment when an engine is chosen. */
export interface EngineFacts {
  /** The environment creates its cluster, or reads it through a provider of Azure. */
  readonly needsTerraform: boolean;
  /** Releases in the cluster; nothing where it cannot be asked. */
  readonly records?: readonly ReleaseRecord[];
  /** Names of the environment's stacks. */
  readonly stacks: readonly string[];
  /** A state of Terraform holds resources of the environment. */
  readonly hasState: boolean;
}

/** An engine and one line that says why. */
export interface EngineDecision {
  readonly engine: 'terraform' | 'direct';
  readonly why: string;
}

/**
 * Chooses an engine from what is there already, so that one cluster is never applied to by two.
 * @returns nothing where only a try of Terraform's init can tell
 */
export function chooseByFacts(choice: EngineChoice, facts: EngineFacts): EngineDecision | undefined {
  if (choice !== 'auto') {
    return { engine: choice, why: 'as asked' };
  }
  if (facts.needsTerraform) {
    return { engine: 'terraform', why: 'the environment has resources in Azure' };
  }
  const direct = facts.records?.find((record) => facts.stacks.includes(record.labels[STACK_LABEL]));
  if (direct) {
    return { engine: 'direct', why: `it made what is in the cluster (${direct.name})` };
  }
  return facts.hasState ? { engine: 'terraform', why: 'its state holds this environment' } : undefined;
}
