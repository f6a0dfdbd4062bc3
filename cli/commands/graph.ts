import { Command, Option } from 'commander';
import type { GraphOptions } from '../simulate/run';
import { RunAction, runPlainly } from './run-action';

/** `aks-istio graph <environment>`: a picture of its mesh, without asking any cluster. */
export function graphCommand(run: RunAction = runPlainly): Command {
  return new Command('graph')
    .description('draw gateways, services, versions with their shares, faults, policies and outside hosts; asks no cluster')
    .argument('<environment>', 'environment to draw')
    .addOption(
      new Option('--format <format>', 'SVG, or Mermaid for a Markdown page (default: svg, or by the name of --out)').choices(['svg', 'mermaid']),
    )
    .option('--out <file>', 'file to write: NAME.svg, or .md, .mmd and .mermaid for Mermaid (default: standard output)')
    .option('--scenario <name>', "traffic scenario (default: the environment file's)")
    .addOption(new Option('--mesh <flavor>', 'who installs Istio').choices(['helm', 'addon']))
    .option('--verbose', 'show stack traces of errors')
    .action((name: string, options: GraphOptions) => run(() => lazyRun().drawEnvironment(name, options), options));
}

// Loaded when it runs: help must not wait for the framework.
// eslint-disable-next-line @typescript-eslint/no-require-imports
const lazyRun = () => require('../simulate/run') as typeof import('../simulate/run');
