import { namesOf } from '../../constructs/cluster/aks-names';
import { lazy } from '../lazy';
import { CliError } from '../errors';
import { commandLine } from '../options';
import type { Session } from '../session';
import { cleanEnvironment } from '../tools/cluster-access';
import { findProgram } from '../tools/executables';
import { CommandError, run } from '../tools/process';
import type { Again } from './down';

/**
 * Refuses to begin what Terraform would refuse at its end, with everything above already gone.
 * @throws CliError where the environment protects its cluster
 */
export function requireUnprotected({ environment, options }: Session, again: Again): void {
  if (environment.cluster.kind === 'aks' && environment.cluster.preventDestroy) {
    throw new CliError(`${environment.name} protects its cluster, network and address: nothing was destroyed`, 'cluster.preventDestroy is true', [
      `Set it to false in environments/${environment.name}.ts, then: ${commandLine('up', environment.name, options)} --until cluster`,
      again(),
      `To take away what is in the cluster, and leave the cluster: ${again({ until: 'mesh', clusterOnly: undefined })}`,
    ]);
  }
}

/** What an environment with a cluster of its own leaves in Azure, as far as Azure answers. */
export async function leftInAzure(session: Session): Promise<string[]> {
  const { cluster, name, state } = session.environment;
  const az = findProgram('az', session.programs);
  if (cluster.kind !== 'aks' || !az) {
    return [];
  }
  const { resourceGroup, nodeResourceGroup } = namesOf(`${name}-aks`);
  const groups = [resourceGroup, nodeResourceGroup, ...(cluster.backup ? [`${name}-aks-snapshots`] : [])];
  const subscription = cluster.subscriptionId ?? process.env.ARM_SUBSCRIPTION_ID;
  const there = await Promise.all(groups.map((group) => exists(session, az, group, subscription)));
  const { keyVault } = lazy.clusterParts().clusterPartsOf(cluster);
  const isGuarded = cluster.profile === 'production' && keyVault?.allowedIpRanges === undefined;
  return [
    ...groups.filter((_group, index) => there[index]).map((group) => `Left in Azure: resource group ${group}. To remove it with all in it: az group delete --name ${group}`),
    ...(keyVault && isGuarded ? [`The vault ${keyVault.name} is deleted and keeps its name for 90 days: purge protection is on.`] : []),
    ...(state.kind === 'azurerm' ? [`The storage of the state stays: ${state.storageAccountName} in ${state.resourceGroupName}.`] : []),
  ];
}

async function exists(session: Session, az: string, group: string, subscription: string | undefined): Promise<boolean> {
  const within = subscription ? ['--subscription', subscription] : [];
  try {
    const options = { env: cleanEnvironment(), signal: session.signal, timeoutSeconds: 60 };
    return (await run(az, ['group', 'exists', '--name', group, ...within, '--only-show-errors'], options)).stdout.trim() === 'true';
  } catch (error) {
    if (error instanceof CommandError) {
      return false;
    }
    throw error;
  }
}
