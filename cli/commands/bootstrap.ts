import { Command } from 'commander';
import type { BootstrapOptions } from '../bootstrap/run';
import { lazy } from '../lazy';
import { DEFAULTS, examples, meshOption } from '../options';
import { RunAction, runPlainly } from './run-action';

/** `aks-istio bootstrap <environment>`: makes the storage that the environment's state goes to; safe to repeat. */
export function bootstrapCommand(run: RunAction = runPlainly): Command {
  return new Command('bootstrap')
    .description("create the storage account for an environment's Terraform state, and print what to write into its file; safe to repeat")
    .argument('<environment>', 'name of an environment on AKS, such as dev or prod')
    .option('--dry-run', 'print the commands, and change nothing')
    .option('--account <name>', 'storage account, unique in all of Azure (default: derived from environment and subscription)')
    .option('--resource-group <name>', 'resource group, which `down` does not delete (default: <environment>-tfstate)')
    .option('--container <name>', 'blob container (default: tfstate)')
    .option('--location <region>', "Azure region (default: the environment's)")
    .option('--sku <name>', 'replication of the storage account', DEFAULTS.sku)
    .option('--github <owner/repository>', 'also print the commands that let this GitHub repository deploy, without any secret')
    .option('--azure-devops <organisation/project>', 'also print the commands that let this Azure DevOps project deploy, without any secret')
    .addOption(meshOption())
    .addHelpText('after', examples('bootstrap dev --dry-run', 'bootstrap dev --github acme/mesh'))
    .action((name: string, options: BootstrapOptions) => run((signal) => lazy.bootstrap().bootstrap(name, options, signal), options));
}
