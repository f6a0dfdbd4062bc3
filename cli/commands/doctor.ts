import { Command, Option } from 'commander';
import { lazy } from '../lazy';
import { CommonOptions, ENGINE_CHOICES } from '../options';
import { RunAction, runPlainly } from './run-action';

/** `aks-istio doctor <environment>`: exit code 1 where something stands in the way. */
export function doctorCommand(run: RunAction = runPlainly): Command {
  return new Command('doctor')
    .description('look at tools, login, region and cluster, and say how to mend what is wrong; changes nothing')
    .argument('<environment>', 'environment to look at')
    .addOption(new Option('--mesh <flavor>', 'who installs Istio, for this run').choices(['helm', 'addon']))
    .addOption(new Option('--engine <engine>', 'how stacks will be applied').choices([...ENGINE_CHOICES]).default('auto'))
    .option('--kubeconfig <file>', 'another cluster in place of the local one, by its kubeconfig')
    .option('--context <name>', "context of that kubeconfig (default: the file's current one)")
    .option('--json', 'print the findings as JSON, and nothing else')
    .option('--verbose', 'show stack traces of errors')
    .action((name: string, options: CommonOptions) => run((signal) => lazy.doctor().doctor(name, options, signal), options));
}
