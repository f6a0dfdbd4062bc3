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

/** The command line that repeats a command with the options that matter to it. */
export function commandLine(command: string, environment: string, options: CommonOptions, extra: readonly string[] = []): string {
  const parts = [
    ...[PROGRAM, command, environment, ...extra],
    ...flag('--mesh', options.mesh),
    ...flag('--scenario', options.scenario),
    ...flag('--engine', options.engine === 'auto' ? undefined : options.engine),
    ...flag('--kubeconfig', options.kubeconfig),
    ...flag('--context', options.context),
  ];
  return parts.join(' ');
}

function flag(name: string, value: string | undefined): string[] {
  return value === undefined ? [] : [name, /^[\w@%+=:,./-]+$/.test(value) ? value : `'${value.replace(/'/g, `'\\''`)}'`];
}
