import { Command } from 'commander';
import type { BootstrapOptions } from '../bootstrap/run';
import { lazy } from '../lazy';
import { RunAction, runPlainly } from './run-action';

/** `aks-istio bootstrap <environment>`: makes the storage that the environment's state goes to; safe to repeat. */
export function bootstrapCommand(run: RunAction = runPlainly): Command {
  return new Command('bootstrap')
    .description("make the storage account for an environment's state, and print what to write into its file; safe to repeat")
    .argument('<environment>', 'environment on AKS')
    .option('--dry-run', 'print the commands, and run none that changes anything')
    .option('--account <name>', 'storage account, unique in the world (default: made from the environment and the subscription)')
    .option('--resource-group <name>', 'resource group of its own, so that `down` leaves it (default: <environment>-tfstate)')
    .option('--container <name>', 'container in the account (default: tfstate)')
    .option('--location <region>', "region (default: the environment's)")
    .option('--sku <name>', 'how often Azure copies the state, and where to', 'Standard_ZRS')
    .option('--github <owner/repository>', 'also print how to let this GitHub repository in, without any secret')
    .option('--azure-devops <organisation/project>', 'also print how to let this Azure DevOps project in, without any secret')
    .action((name: string, options: BootstrapOptions) => run((signal) => lazy.bootstrap().bootstrap(name, options, signal), {}));
}
