import type { AksAccess } from '../../constructs/cluster/cluster';
import { cleanEnvironment } from './cluster-access';
import { KnownPaths, requireProgram } from './executables';
import { CommandError, run } from './process';

/** Whether Azure has a cluster, or why that cannot be told. */
export type AksPresence =
  | { readonly kind: 'there'; readonly powerState: string }
  | { readonly kind: 'gone' }
  | { readonly kind: 'unknown'; readonly reason: string };

/** Which cluster is meant. */
export type AksPlace = Pick<AksAccess, 'name' | 'resourceGroupName' | 'subscriptionId'>;

/** What Azure says of a cluster, or of the resource group around it, that does not exist. */
const GONE = /\((ResourceGroupNotFound|ResourceNotFound)\)|Code: (ResourceGroupNotFound|ResourceNotFound)\b/;

/**
 * Asks Azure whether a cluster exists. Only Azure's own word that it does not is taken for that: a login that has ended, a missing right or
 * no network leave it unknown.
 */
export async function aksPresence(place: AksPlace, options: { readonly programs?: KnownPaths; readonly signal?: AbortSignal }): Promise<AksPresence> {
  const subscription = place.subscriptionId ?? process.env.ARM_SUBSCRIPTION_ID;
  const within = subscription ? ['--subscription', subscription] : [];
  const args = ['aks', 'show', '--name', place.name, '--resource-group', place.resourceGroupName, ...within];
  try {
    const { stdout } = await run(requireProgram('az', options.programs), [...args, '--query', 'powerState.code', '--output', 'tsv', '--only-show-errors'], {
      env: cleanEnvironment(),
      signal: options.signal,
      timeoutSeconds: 120,
    });
    return { kind: 'there', powerState: stdout.trim() };
  } catch (error) {
    if (!(error instanceof CommandError)) {
      throw error;
    }
    return GONE.test(error.stderr) ? { kind: 'gone' } : { kind: 'unknown', reason: error.stderr.trim() || error.message };
  }
}

const CLUSTER_ID = /^\/subscriptions\/([^/]+)\/resourceGroups\/([^/]+)\/providers\/Microsoft\.ContainerService\/managedClusters\/([^/]+)$/i;

/** The cluster that Azure's id names. */
export function aksPlaceOf(id: string): AksPlace | undefined {
  const [, subscriptionId = '', resourceGroupName = '', name = ''] = CLUSTER_ID.exec(id) ?? [];
  return name === '' ? undefined : { subscriptionId, resourceGroupName, name };
}
