import { Command, CommanderError, Option } from 'commander';
import { bootstrapCommand } from './commands/bootstrap';
import { checkCommand } from './commands/check';
import { doctorCommand } from './commands/doctor';
import { graphCommand } from './commands/graph';
import { planCommentCommand } from './commands/plan-comment';
import { simulateCommand } from './commands/simulate';
import type { DownOptions } from './commands/down';
import type { UpOptions } from './commands/up';
import type { VerifyOptions } from './commands/verify';
import type { RunAction } from './commands/run-action';
import { LAYERS } from '../environments/environment';
import { formatError, Interrupted } from './errors';
import { lazy } from './lazy';
import { CommonOptions, ENGINE_CHOICES, PROGRAM } from './options';
import { colorsFor } from './ui/colors';

/** Exit code of a usage error, as of sysexits.h. */
const USAGE = 64;
const INTERRUPTED = 130;

const HINT = '(aks-istio --help lists the commands, aks-istio COMMAND --help their options)';
const EXIT_CODES = `
Exit codes: 0 done, as expected; 1 failed, or verify found what the scenario does not promise; 2 plan found changes; 64 usage; 130 interrupted.
Environments are files in environments/: local (a cluster on this machine), dev and prod (AKS).`;

let given: CommonOptions = {};

/** The command line of the program. Commands are loaded when they run: help must be quick. */
export function buildProgram(run: RunAction): Command {
  const program = new Command('aks-istio')
    .description('Istio on AKS, or on this machine, with Bookinfo and its traffic: from one environment file')
    .addHelpText('after', EXIT_CODES)
    .showHelpAfterError(HINT)
    .exitOverride()
    .enablePositionalOptions();

  cluster(program.command('up <environment>').description('bring an environment up, layer by layer, and verify it; safe to repeat'))
    .addOption(scenario())
    .addOption(new Option('--until <layer>', 'stop after this layer, without verifying: where the rest needs a fresh login').choices([...LAYERS]))
    .action((name: string, options: UpOptions) => run((signal) => lazy.up().up(name, options, signal), options));
  cluster(program.command('plan <environment>').description('say what up would change; exit code 2 where it would change something'))
    .addOption(scenario())
    .option('--full', "print the engine's own rendering as well")
    .action((name: string, options: CommonOptions & { full?: boolean }) => run((signal) => lazy.plan().plan(name, options, signal), options));
  cluster(program.command('verify <environment>').description('send real requests and compare what comes back with what the scenario promises'))
    .addOption(scenario())
    .option('--url <url>', 'address of the gateway, such as that of a forwarded port')
    .option('--junit <file>', 'also write the result as JUnit XML')
    .action((name: string, options: VerifyOptions) => run((signal) => lazy.verifyCommand().verifyEnvironment(name, options, signal), options));
  cluster(program.command('scenario <environment> [name]').description('list the traffic scenarios, or switch to one and verify it')).action(
    (name: string, wanted: string | undefined, options: CommonOptions) =>
      run((signal) => lazy.scenario().scenario(name, wanted, options, signal), options),
  );
  cluster(program.command('status <environment>').description('say what is there: layers, releases, pods, address, scenario')).action(
    (name: string, options: CommonOptions) => run((signal) => lazy.status().status(name, options, signal), options),
  );
  cluster(program.command('down <environment>').description('take an environment away in reverse order, and say what is left'))
    .option('--yes', 'ask nothing')
    .addOption(new Option('--until <layer>', 'stop after this layer and leave those below it').choices([...LAYERS]))
    .option('--cluster-only', 'on AKS: destroy the cluster with everything in it, without entering it')
    .action((name: string, options: DownOptions) => run((signal) => lazy.down().down(name, options, signal), options));
  program.addCommand(simulateCommand(run)).addCommand(graphCommand(run)).addCommand(checkCommand(run));
  program.addCommand(doctorCommand(run)).addCommand(bootstrapCommand(run)).addCommand(planCommentCommand(run));
  // Commands that were added whole do not inherit it.
  program.commands.forEach((command) => command.exitOverride().showHelpAfterError(HINT));
  return program;
}

/** Options of every command that reaches a cluster. */
export function cluster(command: Command): Command {
  return command
    .addOption(new Option('--mesh <flavor>', 'who installs Istio: the Helm charts or the AKS add-on').choices(['helm', 'addon']))
    .addOption(new Option('--engine <engine>', 'how stacks are applied: Terraform, Helm alone (direct), or whichever works here').choices([...ENGINE_CHOICES]).default('auto'))
    .option('--kubeconfig <file>', 'another cluster in place of the local one, by its kubeconfig')
    .option('--context <name>', "context of that kubeconfig (default: the file's current one)")
    .option('--json', 'print the result as JSON, and nothing else')
    .option('--verbose', 'show stack traces of errors');
}

function scenario(): Option {
  return new Option('--scenario <name>', "traffic scenario (default: the environment file's)");
}

const runAction: RunAction = async (action, options) => {
  given = options;
  const controller = new AbortController();
  const interrupt = (): void => {
    if (controller.signal.aborted) {
      process.exit(INTERRUPTED);
    }
    process.stderr.write('\nInterrupted: ending what is under way in good order (once more to end at once)\n');
    controller.abort(new Interrupted());
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  try {
    process.exitCode = await action(controller.signal);
  } catch (error) {
    if (controller.signal.aborted) {
      process.stderr.write(`Interrupted. What was begun is kept; to go on: ${PROGRAM} ${process.argv.slice(2).join(' ')}\n`);
      process.exitCode = INTERRUPTED;
      return;
    }
    throw error;
  } finally {
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
  }
};

/** Runs the command line. */
export async function main(argv: readonly string[] = process.argv): Promise<void> {
  const program = buildProgram(runAction);
  try {
    await program.parseAsync([...argv]);
  } catch (error) {
    if (error instanceof CommanderError) {
      process.exitCode = error.exitCode === 0 ? 0 : USAGE;
      return;
    }
    const { red } = colorsFor(process.stderr);
    process.stderr.write(`\n${red('Failed:')} ${formatError(error, given.verbose === true)}\n`);
    process.exitCode = 1;
  }
}
