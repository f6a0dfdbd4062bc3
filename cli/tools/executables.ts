import { accessSync, constants } from 'node:fs';
import * as path from 'node:path';
import { CliError } from '../errors';

/** Programs that the command may need, with what they are for and where they come from. */
const PROGRAMS = {
  terraform: { purpose: 'applies the stacks', install: 'https://developer.hashicorp.com/terraform/install (1.11 or later)' },
  helm: { purpose: 'applies and lists releases', install: 'https://helm.sh/docs/intro/install/ (3.14 or later)' },
  kubectl: { purpose: 'reads the cluster', install: 'https://kubernetes.io/docs/tasks/tools/' },
  istioctl: { purpose: 'asks the proxies what they serve', install: 'https://istio.io/latest/docs/ops/diagnostic-tools/istioctl/' },
  az: { purpose: 'finds the AKS cluster', install: 'https://learn.microsoft.com/cli/azure/install-azure-cli' },
  kubelogin: { purpose: 'logs in to the AKS cluster', install: 'https://azure.github.io/kubelogin/install.html' },
} as const;

export type Program = keyof typeof PROGRAMS;

/** Paths that come before PATH, such as those of programs that the local cluster built. */
export type KnownPaths = Partial<Record<Program, string>>;

/** Where a program is, or nothing. */
export function findProgram(name: Program, known: KnownPaths = {}): string | undefined {
  const preferred = known[name];
  if (preferred && isExecutable(preferred)) {
    return preferred;
  }
  return (process.env.PATH ?? '')
    .split(path.delimiter)
    .map((folder) => path.join(folder, name))
    .find(isExecutable);
}

/**
 * Where a program is.
 * @throws CliError that says what it is for and where to get it
 */
export function requireProgram(name: Program, known: KnownPaths = {}): string {
  const found = findProgram(name, known);
  if (!found) {
    throw missingPrograms([name]);
  }
  return found;
}

/** Where a program comes from. */
export function installHint(name: Program): string {
  return PROGRAMS[name].install;
}

/** One error for all programs that are missing. */
export function missingPrograms(names: readonly Program[]): CliError {
  return new CliError(
    `${names.join(', ')} not found on PATH`,
    names.map((name) => `${name} ${PROGRAMS[name].purpose}`).join('\n'),
    names.map((name) => `Install ${name}: ${PROGRAMS[name].install}`),
  );
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
