import type { Environment } from '../environments';
import { PLACEHOLDER_GROUP, PLACEHOLDER_RANGE } from '../environments/settings';
import { CliError } from './errors';
import { findProgram, KnownPaths, missingPrograms, Program } from './tools/executables';

/** Programs that an engine needs for an environment's cluster. */
export function neededPrograms(environment: Environment, engine: 'terraform' | 'direct'): Program[] {
  return [
    ...(engine === 'terraform' ? (['terraform', 'kubectl'] as const) : (['helm', 'kubectl'] as const)),
    // Releases that a killed run left are mended by helm, whoever applies.
    ...(engine === 'terraform' && environment.mesh.flavor === 'helm' ? (['helm'] as const) : []),
    ...(environment.cluster.kind === 'kubeconfig' ? [] : (['az', 'kubelogin'] as const)),
  ];
}

/** @throws CliError naming all programs that are missing */
export function requirePrograms(environment: Environment, engine: 'terraform' | 'direct', known: KnownPaths): void {
  const missing = neededPrograms(environment, engine).filter((name) => !findProgram(name, known));
  if (missing.length > 0) {
    throw missingPrograms(missing);
  }
}

/**
 * Refuses what can only fail in Azure, or lock its owner out.
 * @throws CliError naming all of it
 */
export function requireAzureSettings(environment: Environment, resume: string, env: NodeJS.ProcessEnv = process.env): void {
  const { cluster } = environment;
  if (cluster.kind === 'kubeconfig') {
    return;
  }
  const why: string[] = [];
  const next: string[] = [];
  if (cluster.subscriptionId === undefined && !env.ARM_SUBSCRIPTION_ID) {
    why.push('ARM_SUBSCRIPTION_ID is not set: Terraform does not choose a subscription by itself');
    next.push('export ARM_SUBSCRIPTION_ID=$(az account show --query id -o tsv)');
  }
  if (cluster.kind === 'aks' && cluster.adminGroupObjectIds.includes(PLACEHOLDER_GROUP)) {
    why.push('AKS_ADMIN_GROUP_ID is not set: local accounts are off, so with a placeholder as admin group nobody could log in');
    next.push('export AKS_ADMIN_GROUP_ID=$(az ad group show --group YOUR-GROUP --query id -o tsv)');
  }
  if (cluster.kind === 'aks' && cluster.authorizedIpRanges?.includes(PLACEHOLDER_RANGE)) {
    why.push('API_AUTHORIZED_RANGES is not set: the API server would answer a placeholder alone, and not you');
    next.push('export API_AUTHORIZED_RANGES=$(curl -s https://api.ipify.org)/32');
  }
  if (why.length > 0) {
    throw new CliError(`${environment.name} is not ready for Azure`, why.join('\n'), [...next, resume]);
  }
}
