import { writeFileSync } from 'node:fs';
import { Command } from 'commander';
import { loadEnvironment } from '../../environments';
import { localClusterPaths } from '../../local-cluster/paths';
import { handlesOf } from '../../stacks/handles';
import { openCluster } from '../tools/cluster-access';
import { printVerifyTable, toJUnit, verify, VerifyResult } from '../verify';

interface VerifyOptions {
  readonly scenario?: string;
  readonly mesh?: string;
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly url?: string;
  readonly json?: boolean;
  readonly junit?: string;
}

/** `aks-istio verify <environment>`: exit code 0 where everything is as expected, 1 where it is not. */
export function verifyCommand(): Command {
  return new Command('verify')
    .description('send real requests and compare what comes back with what the scenario promises')
    .argument('<environment>', 'environment to verify')
    .option('--scenario <name>', "scenario whose promises to check (default: the environment's)")
    .option('--mesh <flavor>', 'helm or addon, for this run')
    .option('--kubeconfig <file>', 'another cluster than the one that `local` starts')
    .option('--context <name>', "context of that kubeconfig (default: the file's current one)")
    .option('--url <url>', 'address of the gateway, such as a forwarded port')
    .option('--json', 'print the result as JSON, and nothing else on standard output')
    .option('--junit <file>', 'also write the result as JUnit XML')
    .action(async (name: string, options: VerifyOptions) => {
      const result = await interruptible((signal) => run(name, options, signal));
      if (options.junit) {
        writeFileSync(options.junit, toJUnit(result));
      }
      process.stdout.write(`${options.json ? JSON.stringify(result, undefined, 2) : printVerifyTable(result)}\n`);
      process.exitCode = result.ok ? 0 : 1;
    });
}

async function run(name: string, options: VerifyOptions, signal: AbortSignal): Promise<VerifyResult> {
  const { scenario, mesh: flavor, kubeconfig, context, url } = options;
  const environment = loadEnvironment(name, { scenario, flavor, kubeconfig, context });
  const handles = handlesOf(environment);
  const { kubectl, helm, istioctl } = localClusterPaths();
  const tools = await openCluster({ environment: name, access: handles.cluster.access, programs: { kubectl, helm, istioctl }, signal });
  return verify({ environment, tools, handles, url, signal, report: (line) => process.stderr.write(`${line}\n`) });
}

/** Lets Ctrl-C end the work in good order: what a verification made for a moment is removed. */
async function interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const abort = (): void => controller.abort();
  process.once('SIGINT', abort).once('SIGTERM', abort);
  try {
    return await work(controller.signal);
  } finally {
    process.off('SIGINT', abort).off('SIGTERM', abort);
  }
}
