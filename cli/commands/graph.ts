import { Command, Option } from 'commander';
import { ENVIRONMENT, examples, meshOption } from '../options';
import type { GraphOptions } from '../simulate/run';
import { RunAction, runPlainly } from './run-action';

/** `aks-istio graph <environment>`: a picture of its mesh, without asking any cluster. */
export function graphCommand(run: RunAction = runPlainly): Command {
  return new Command('graph')
    .description('draw gateways, services, shares of versions, faults, policies and external hosts; needs no cluster')
    .argument('<environment>', ENVIRONMENT)
    .addOption(
      new Option('--format <format>', 'SVG, or Mermaid for a Markdown page (default: mermaid if --out ends with .mmd, else svg)').choices(['svg', 'mermaid']),
    )
    .option('--out <file>', 'file to write: NAME.svg, or .md, .mmd and .mermaid for Mermaid (default: standard output)')
    .option('--scenario <name>', "traffic scenario (default: the environment file's)")
    .addOption(meshOption())
    .addHelpText('after', examples('graph local --out mesh.svg', 'graph dev --scenario ext-authz-grpc --format mermaid'))
    .action((name: string, options: GraphOptions) => run(() => lazyRun().drawEnvironment(name, options), options));
}

// Loaded when it runs: help must not wait for the framework.
// eslint-disable-next-line @typescript-eslint/no-require-imports
const lazyRun = () => require('../simulate/run') as typeof import('../simulate/run');
