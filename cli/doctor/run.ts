import { checkMachine, status } from '../../local-cluster';
import { lazy } from '../lazy';
import { commandLine, CommonOptions } from '../options';
import { Session } from '../session';
import { cleanEnvironment } from '../tools/cluster-access';
import { asker } from './ask';
import { azureTime } from './clock';
import { examine } from './doctor';
import { hasColors } from '../ui/colors';
import { countVerdict, Finding, isHealthy } from './finding';
import { renderFindings } from './render';
import type { AksSettings, GlobalName } from './subject';

/** Looks at an environment and prints what was found. @returns the exit code: 1 where something stands in the way */
export async function doctor(name: string, options: CommonOptions, signal: AbortSignal): Promise<number> {
  const session = new Session(name, options, signal);
  const { cluster } = session.environment;
  const found = await examine(
    {
      environment: session.environment,
      engine: options.engine ?? 'auto',
      ask: asker({ known: session.programs, env: cleanEnvironment(), signal }),
      env: process.env,
      now: () => new Date(),
      serverTime: azureTime,
      resourceProviders: cluster.kind === 'aks' ? resourceProviders(cluster) : [],
      globalNames: cluster.kind === 'aks' ? globalNames(cluster) : [],
      isBuiltHere: session.isBuiltHere,
      machine: async () => ((await status()).state === 'running' ? { isRunning: true, problems: [] } : { isRunning: false, problems: await checkMachine() }),
    },
    () => session.tools(),
  );
  const list = found.map((finding) => withOptions(finding, name, options));
  const text = options.json ? JSON.stringify(report(name, list), undefined, 2) : renderFindings(session.environment, list, hasColors());
  process.stdout.write(`${text}\n`);
  return isHealthy(list) ? 0 : 1;
}

/** A finding whose commands go on with what this run was told: `aks-istio up dev` would switch the flavour back that `--mesh` chose. */
export function withOptions(finding: Finding, environment: string, options: CommonOptions): Finding {
  const complete = (text: string): string =>
    text.replace(/aks-istio (up|plan|bootstrap) ([a-z0-9-]+)/g, (all, command: string, name: string) =>
      name === environment ? commandLine(command, name, options) : all,
    );
  return { ...finding, detail: complete(finding.detail), mend: finding.mend?.map(complete) };
}

function resourceProviders(settings: AksSettings): string[] {
  const { clusterPartsOf, resourceProvidersOf } = lazy.clusterParts();
  return resourceProvidersOf(settings, clusterPartsOf(settings));
}

function globalNames(settings: AksSettings): GlobalName[] {
  const { registry, keyVault, backup } = lazy.clusterParts().clusterPartsOf(settings);
  return [
    ...(registry ? [{ kind: 'registry' as const, name: registry.name }] : []),
    ...(keyVault ? [{ kind: 'vault' as const, name: keyVault.name }] : []),
    ...(backup ? [{ kind: 'storageAccount' as const, name: backup.storageAccountName }] : []),
  ];
}

/** The findings as `--json` prints them. */
function report(environment: string, list: readonly Finding[]): object {
  return { environment, ok: isHealthy(list), failures: countVerdict(list, 'failure'), warnings: countVerdict(list, 'warning'), findings: list };
}
