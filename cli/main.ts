import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
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
import { exitCodeOf, formatError, Interrupted, USAGE } from './errors';
import { lazy } from './lazy';
import { clusterOptions, CommonOptions, ENVIRONMENT, examples, PROGRAM, quoted, verboseOption } from './options';
import { colorsFor } from './ui/colors';

const INTERRUPTED = 130;

const HINT = '(aks-istio --help lists the commands, aks-istio COMMAND --help their options)';
const EPILOGUE = `
Environments are files in environments/: local (a cluster on this machine), dev and prod (AKS).

Exit codes:
  0    done, and as expected
  1    failed; or verify, check, doctor or status found something wrong
  2    plan: there are changes; check: some input cannot be read
  64   mistake in the command: an unknown option, environment or scenario
  130  interrupted
${examples('up local', 'plan local --scenario reviews-90-10', 'scenario local reviews-90-10', 'check mesh/ app.yaml')}`;

let given: CommonOptions = {};

/** The command line of the program. Commands are loaded when they run: help must be quick. */
export function buildProgram(run: RunAction): Command {
  const program = new Command('aks-istio')
    .description('Istio on AKS, or on this machine, with the Bookinfo application and its traffic, all from one environment file')
    .addHelpText('after', EPILOGUE)
    .showHelpAfterError(HINT)
    .exitOverride()
    .enablePositionalOptions();

  cluster(program.command('up'), 'bring an environment up layer by layer, and verify it with real requests; safe to repeat')
    .addOption(scenario())
    .addOption(new Option('--until <layer>', 'stop after this layer, without verifying (for pipelines that have to log in again)').choices([...LAYERS]))
    .addHelpText('after', examples('up local', 'up local --scenario reviews-90-10', 'up dev --mesh addon', 'up local --kubeconfig ~/.kube/config --context kind-kind'))
    .action((name: string, options: UpOptions) => run((signal) => lazy.up().up(name, options, signal), options));
  cluster(program.command('plan'), 'show what up would change; exit code 2 if there are changes')
    .addOption(scenario())
    .option('--full', "also print the plan in the engine's own words")
    .addHelpText('after', examples('plan dev', 'plan local --scenario reviews-90-10', 'plan dev --json >plan.json'))
    .action((name: string, options: CommonOptions & { full?: boolean }) => run((signal) => lazy.plan().plan(name, options, signal), options));
  cluster(program.command('verify'), 'send real requests, and compare the responses with what the scenario promises')
    .addOption(scenario('the one that is active'))
    .option('--url <url>', "address of the ingress gateway, for example of a forwarded port (default: the environment's)", url)
    .option('--junit <file>', 'also write the result to this file, as JUnit XML')
    .addHelpText('after', examples('verify local', 'verify dev --junit verify.xml', 'verify local --url http://127.0.0.1:8080'))
    .action((name: string, options: VerifyOptions) => run((signal) => lazy.verifyCommand().verifyEnvironment(name, options, signal), options));
  cluster(program.command('scenario'), 'list the traffic scenarios, or switch to one and verify it')
    .argument('[name]', 'scenario to switch to (default: list them)')
    .addHelpText('after', examples('scenario local', 'scenario local reviews-90-10'))
    .action((name: string, wanted: string | undefined, options: CommonOptions) =>
      run((signal) => lazy.scenario().scenario(name, wanted, options, signal), options),
    );
  cluster(program.command('status'), 'show layers, Helm releases, pods, address and active scenario; exit code 1 if something is not ready')
    .addHelpText('after', examples('status local', 'status dev --json'))
    .action((name: string, options: CommonOptions) => run((signal) => lazy.status().status(name, options, signal), options));
  cluster(program.command('down'), 'take an environment down in reverse order, and say what is left')
    .option('--yes', 'do not ask for confirmation')
    .addOption(new Option('--until <layer>', 'stop after this layer, and keep those below it').choices([...LAYERS]))
    .option('--cluster-only', 'AKS: destroy the cluster with everything in it, without connecting to it')
    .addHelpText('after', examples('down local', 'down dev --until mesh', 'down dev --yes'))
    .action((name: string, options: DownOptions) => run((signal) => lazy.down().down(name, options, signal), options));
  program.addCommand(simulateCommand(run)).addCommand(graphCommand(run)).addCommand(checkCommand(run));
  program.addCommand(doctorCommand(run)).addCommand(bootstrapCommand(run)).addCommand(planCommentCommand(run));
  // Commands that were added whole do not inherit it.
  program.commands.forEach((command) => command.addOption(verboseOption()).exitOverride().showHelpAfterError(HINT));
  return program;
}

/** Argument and options of every command that reaches a cluster. */
function cluster(command: Command, description: string): Command {
  return clusterOptions(command.description(description).argument('<environment>', ENVIRONMENT)).option('--json', 'print the result as JSON, and nothing else');
}

function scenario(otherwise = "the environment file's"): Option {
  return new Option('--scenario <name>', `traffic scenario (default: ${otherwise})`);
}

function url(text: string): string {
  if (!/^https?:/.test(text) || !URL.canParse(text)) {
    throw new InvalidArgumentError('An address looks like http://127.0.0.1:8080.');
  }
  return text;
}

const runAction: RunAction = async (action, options) => {
  given = options;
  const controller = new AbortController();
  const interrupt = (): void => {
    if (controller.signal.aborted) {
      process.exit(INTERRUPTED);
    }
    process.stderr.write('\nInterrupted: stopping in good order what is running (press Ctrl-C again to stop at once)\n');
    controller.abort(new Interrupted());
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  try {
    process.exitCode = await action(controller.signal);
  } catch (error) {
    if (controller.signal.aborted) {
      process.stderr.write(`Interrupted. What was applied so far stays; to go on: ${[PROGRAM, ...process.argv.slice(2).map(quoted)].join(' ')}\n`);
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
    process.exitCode = exitCodeOf(error);
  }
}
