import type { SynthesizedStack } from '../../stacks/synth';
import type { TerraformEngine } from '../engine/terraform';
import type { HeldState } from '../engine/terraform-state';
import { CliError } from '../errors';
import type { Session } from '../session';
import { AksPlace, aksPlaceOf, aksPresence } from '../tools/aks-presence';
import { unreachable } from '../tools/cluster-access';
import type { Task } from '../ui/tasks';
import type { Again } from './down';

export interface AzureDownProps {
  readonly session: Session;
  readonly engine: TerraformEngine;
  /** The layers to take away, in the order they are applied. */
  readonly stacks: readonly SynthesizedStack[];
  /** The cluster goes first, with everything in it, and is not entered. */
  readonly clusterOnly: boolean;
  readonly again: Again;
}

/**
 * How the layers of an environment in Azure go: in reverse order through the cluster where it answers; where it is gone, what was in it went with
 * it, and only the states are left to empty.
 * @throws CliError where the cluster is there and does not let anybody in, or nobody can tell; nothing is destroyed then
 */
export async function azureDownTasks(props: AzureDownProps): Promise<Task[]> {
  const { session, engine, stacks, clusterOnly } = props;
  const above = stacks.filter((stack) => stack.layer !== 'cluster');
  const below = stacks.filter((stack) => stack.layer === 'cluster');
  const by = (step: 'destroy' | 'forget') => (stack: SynthesizedStack): Task => ({
    title: stack.layer,
    run: async ({ report }) => (await engine[step](stack, report)).summary,
  });
  const [destroyed, forgotten] = [by('destroy'), by('forget')];
  const held: ({ readonly stack: SynthesizedStack } & HeldState)[] = [];
  // One after another: two that install the same provider at once get in each other's way.
  for (const stack of stacks) {
    held.push({ stack, ...(await engine.held(stack)) });
  }
  const inCluster = held.filter(({ stack, addresses }) => stack.layer !== 'cluster' && addresses.length > 0);
  if (inCluster.length === 0) {
    return [...stacks].reverse().map(destroyed);
  }
  // Objects in a cluster that is about to go need not be taken out of it: the states are emptied once it is gone, and not before.
  if (clusterOnly) {
    return [...below.map(destroyed), ...above.reverse().map(forgotten)];
  }
  const id = held.map(({ clusterId }) => clusterId).find((clusterId) => clusterId !== undefined);
  const isGone = await judge(props, (id === undefined ? undefined : aksPlaceOf(id)) ?? placeOf(session));
  return isGone ? [...below.map(destroyed), ...above.reverse().map(forgotten)] : [...stacks].reverse().map(destroyed);
}

/** The cluster by the names that the environment gives it: where no state knows its id. */
function placeOf(session: Session): AksPlace {
  const { access } = session.handles.cluster;
  if (access.kind !== 'aks') {
    throw new Error(`${session.name} is entered by a kubeconfig`);
  }
  return access;
}

/** Whether the cluster is gone. */
async function judge({ session, again }: AzureDownProps, place: AksPlace): Promise<boolean> {
  const where = `${place.name} in resource group ${place.resourceGroupName}`;
  const presence = await aksPresence(place, session);
  if (presence.kind === 'gone') {
    session.say(`AKS cluster ${where} is gone: what was in it went with it`);
    return true;
  }
  if (presence.kind === 'unknown') {
    throw new CliError(`nobody can tell whether AKS cluster ${where} is there: nothing was destroyed`, presence.reason, ['az login', again()]);
  }
  const without = session.environment.cluster.kind === 'aks' ? [`To destroy the cluster without entering it, with everything in it: ${again({ clusterOnly: true, until: undefined })}`] : [];
  if (presence.powerState !== 'Running') {
    const within = place.subscriptionId ? ` --subscription ${place.subscriptionId}` : '';
    throw new CliError(`AKS cluster ${where} is ${presence.powerState.toLowerCase()}: nothing was destroyed`, 'What is in it can be taken away only while it runs', [
      `az aks start --name ${place.name} --resource-group ${place.resourceGroupName}${within}`,
      again(),
      ...without,
    ]);
  }
  const reason = await refusal(session);
  if (reason !== undefined) {
    throw new CliError(`AKS cluster ${where} is there and cannot be entered: nothing was destroyed`, reason, [again(), ...without]);
  }
  return false;
}

/** Why the cluster does not let us in; nothing where it does. */
async function refusal(session: Session): Promise<string | undefined> {
  try {
    return await unreachable(await session.tools());
  } catch (error) {
    if (error instanceof CliError) {
      return `${error.what}: ${error.why}`;
    }
    throw error;
  }
}
