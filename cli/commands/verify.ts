import { writeFileSync } from 'node:fs';
import { Command, Option } from 'commander';
import type { CommonOptions } from '../options';
import { Session } from '../session';
import { printVerifyTable, toJUnit, verify } from '../verify';

export interface VerifyOptions extends CommonOptions {
  /** Address of the gateway. @default the environment's own */
  readonly url?: string;
  /** File that receives the result as JUnit XML. @default none */
  readonly junit?: string;
}

/**
 * Verifies an environment and prints what it found.
 * @returns the exit code: 0 where everything is as expected, 1 where it is not
 */
export async function verifyEnvironment(name: string, options: VerifyOptions, signal: AbortSignal): Promise<number> {
  const session = new Session(name, options, signal);
  const result = await verify({
    environment: session.environment,
    tools: await session.tools(),
    handles: session.handles,
    url: options.url,
    signal,
    // What is to be read by a program stays alone on standard output.
    report: (line) => process.stderr.write(`${line}\n`),
  });
  if (options.junit) {
    writeFileSync(options.junit, toJUnit(result));
  }
  process.stdout.write(options.json ? `${JSON.stringify(result, undefined, 2)}\n` : `\n${printVerifyTable(result)}\n`);
  return result.ok ? 0 : 1;
}

/** `aks-istio verify <environment>` as a command of its own; Ctrl-C ends it in good order. */
export function verifyCommand(): Command {
  return new Command('verify')
    .description('send real requests and compare what comes back with what the scenario promises')
    .argument('<environment>', 'environment to verify')
    .option('--scenario <name>', "scenario whose promises to check (default: the environment file's)")
    .addOption(new Option('--mesh <flavor>', 'who installs Istio: the Helm charts or the AKS add-on').choices(['helm', 'addon']))
    .option('--kubeconfig <file>', 'another cluster in place of the local one, by its kubeconfig')
    .option('--context <name>', "context of that kubeconfig (default: the file's current one)")
    .option('--url <url>', 'address of the gateway, such as that of a forwarded port')
    .option('--json', 'print the result as JSON, and nothing else on standard output')
    .option('--junit <file>', 'also write the result as JUnit XML')
    .option('--verbose', 'show stack traces of errors')
    .action(async (name: string, options: VerifyOptions) => {
      const controller = new AbortController();
      const abort = (): void => controller.abort();
      process.once('SIGINT', abort).once('SIGTERM', abort);
      try {
        process.exitCode = await verifyEnvironment(name, options, controller.signal);
      } finally {
        process.off('SIGINT', abort).off('SIGTERM', abort);
      }
    });
}
