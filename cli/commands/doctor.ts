import { Command } from 'commander';
import { lazy } from '../lazy';
import { clusterOptions, CommonOptions, ENVIRONMENT, examples } from '../options';
import { RunAction, runPlainly } from './run-action';

/** `aks-istio doctor <environment>`: exit code 1 where something stands in the way. */
export function doctorCommand(run: RunAction = runPlainly): Command {
  return clusterOptions(new Command('doctor'))
    .description('check tools, login, region and cluster before anything is applied, and say how to fix what is wrong; changes nothing')
    .argument('<environment>', ENVIRONMENT)
    .option('--json', 'print the findings as JSON, and nothing else')
    .addHelpText('after', examples('doctor local', 'doctor dev --mesh addon'))
    .action((name: string, options: CommonOptions) => run((signal) => lazy.doctor().doctor(name, options, signal), options));
}
