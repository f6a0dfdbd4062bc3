import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import type { Environment } from '../../environments';
import { synthesize } from '../../stacks/synth';

interface StackJson {
  readonly resource?: { readonly azurerm_role_assignment?: Readonly<Record<string, { readonly role_definition_name?: string }>> };
}

/** Names of the roles that the layers of an environment assign. */
export function assignedRoles(environment: Environment): string[] {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'aks-istio-roles-'));
  try {
    const stacks = synthesize(environment, folder).map(({ dir }) => JSON.parse(readFileSync(path.join(dir, 'cdk.tf.json'), 'utf8')) as StackJson);
    const roles = stacks.flatMap(({ resource }) => Object.values(resource?.azurerm_role_assignment ?? {}));
    return [...new Set(roles.flatMap(({ role_definition_name: name }) => name ?? []))].sort();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
