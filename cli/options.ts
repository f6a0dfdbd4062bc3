import { Command, Option } from 'commander';

/** Options that several commands share, as the argument parser hands them over. */
export interface CommonOptions {
  readonly mesh?: string;
  readonly scenario?: string;
  readonly engine?: EngineChoice;
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly json?: boolean;
  readonly verbose?: boolean;
}

export const ENGINE_CHOICES = ['auto', 'terraform', 'direct'] as const;
export type EngineChoice = (typeof ENGINE_CHOICES)[number];

/** How a person calls this program: npm finds it in a checkout, where it is not on PATH. */
export const PROGRAM = process.env.npm_command === undefined ? 'aks-istio' : 'npx aks-istio';

/** What options are where nobody gives them: a command that is repeated need not say so. */
export const DEFAULTS: Readonly<Record<string, string>> = { engine: 'auto', sku: 'Standard_ZRS', failOn: 'error', to: 'stdout' };

/** Options that are on until they are said with `no-`. */
const ON: ReadonlySet<string> = new Set(['sidecar']);

/** Commands that can be told another scenario than the environment file's. */
const WITH_SCENARIO: ReadonlySet<string> = new Set(['up', 'plan', 'verify', 'simulate', 'graph']);
/** Commands that reach no cluster, and so cannot be told which. */
const WITHOUT_CLUSTER: ReadonlySet<string> = new Set(['simulate', 'graph', 'bootstrap']);

/** The command line that repeats a command with every option that it was given, whatever its name: none can get lost on the way. */
export function repeatCommand(command: string, argument: string | readonly string[], options: object): string {
  const given = Object.entries(options).flatMap(([key, value]) => flags(key, value));
  return [PROGRAM, command, ...[argument].flat().map(quoted), ...given].join(' ');
}

/** The command line of another command for the same cluster in the same variant: what only the first command knows is left out. */
export function commandLine(command: string, environment: string, options: CommonOptions, extra: readonly string[] = []): string {
  const { mesh, scenario, engine, kubeconfig, context } = options;
  const variant = { mesh, scenario: WITH_SCENARIO.has(command) ? scenario : undefined };
  return repeatCommand(command, [environment, ...extra], WITHOUT_CLUSTER.has(command) ? variant : { ...variant, engine, kubeconfig, context });
}

/** An argument as a shell has to be given it. */
export function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replace(/'/g, `'\\''`)}'`;
}

/** What the argument of most commands is. */
export const ENVIRONMENT = 'name of an environment, such as local, dev or prod';

/** Options of every command that reaches a cluster, or asks what is needed to reach it. */
export function clusterOptions(command: Command): Command {
  return command
    .addOption(meshOption())
    .addOption(
      new Option('--engine <engine>', 'what applies the stacks: terraform, direct (Helm alone), or auto (keeps to the one used before)')
        .choices([...ENGINE_CHOICES])
        .default(DEFAULTS.engine),
    )
    .option('--kubeconfig <file>', 'kubeconfig of another cluster, to use in place of the local one')
    .option('--context <name>', 'context of that kubeconfig (default: its current one)');
}

/** The option by which all commands choose who installs Istio. */
export function meshOption(description = "how Istio is installed: by its Helm charts, or as the AKS add-on (default: the environment file's)"): Option {
  return new Option('--flavor, --mesh <flavor>', description).choices(['helm', 'addon']);
}

/** The option that all commands have. */
export function verboseOption(): Option {
  return new Option('--verbose', 'show the stack trace of an error');
}

/** Examples below the help of a command. */
export function examples(...lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  ${PROGRAM} ${line}`).join('\n')}`;
}

/** An option as it was written: the parser turns `--cluster-only` into `clusterOnly`. */
function flags(key: string, value: unknown): string[] {
  const name = `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
  if (ON.has(key)) {
    return value === false ? [`--no-${key}`] : [];
  }
  if (value === undefined || value === false || value === DEFAULTS[key]) {
    return [];
  }
  return value === true ? [name] : [value].flat().flatMap((each) => [name, quoted(String(each))]);
}
