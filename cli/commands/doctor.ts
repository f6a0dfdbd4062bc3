import { Command, Option } from 'commander';
import { loadEnvironment } from '../../environments';
import { asker } from '../doctor/ask';
import { azureTime } from '../doctor/clock';
import { examine } from '../doctor/doctor';
import { countVerdict, isHealthy } from '../doctor/finding';
import { renderFindings } from '../doctor/render';
import { ENGINE_CHOICES, EngineChoice } from '../options';
import { cleanEnvironment, openCluster } from '../tools/cluster-access';
import { findProgram, KnownPaths } from '../tools/executables';
import { localClusterPaths } from '../../local-cluster/paths';

interface DoctorOptions {
  readonly mesh?: string;
  readonly engine: EngineChoice;
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly json?: boolean;
}

/** `aks-istio doctor <environment>`: exit code 1 where something stands in the way. */
export function doctorCommand(): Command {
  return new Command('doctor')
    .description('look at tools, login, region and cluster before anything is applied, and say how to mend what is wrong')
    .argument('<environment>', 'environment to look at')
    .option('--mesh <flavor>', 'helm or addon, for this run')
    .addOption(new Option('--engine <name>', 'how stacks will be applied').choices(ENGINE_CHOICES).default('auto'))
    .option('--kubeconfig <file>', 'another cluster than the one that `local` starts')
    .option('--context <name>', "context of that kubeconfig (default: the file's current one)")
    .option('--json', 'print the findings as JSON, and nothing else on standard output')
    .action(async (name: string, options: DoctorOptions) => {
      const { mesh: flavor, engine, kubeconfig, context } = options;
      const environment = loadEnvironment(name, { flavor, kubeconfig, context });
      const programs = programsOf();
      const subject = {
        environment,
        engine,
        ask: asker({ known: programs, env: cleanEnvironment() }),
        env: process.env,
        now: () => new Date(),
        serverTime: azureTime,
      };
      const list = await examine(subject, (access) => openCluster({ environment: name, access, programs }));
      const text = options.json ? JSON.stringify(report(name, list), undefined, 2) : renderFindings(environment, list);
      process.stdout.write(`${text}\n`);
      process.exitCode = isHealthy(list) ? 0 : 1;
    });
}

function report(environment: string, list: Awaited<ReturnType<typeof examine>>) {
  return { environment, ok: isHealthy(list), failures: countVerdict(list, 'failure'), warnings: countVerdict(list, 'warning'), findings: list };
}

/** Programs that were built for the local cluster, where PATH has none. */
function programsOf(): KnownPaths {
  const { kubectl, helm, istioctl } = localClusterPaths();
  return Object.fromEntries(Object.entries({ kubectl, helm, istioctl }).filter(([name]) => !findProgram(name as keyof KnownPaths)));
}
