import { readFileSync } from 'node:fs';
import { Command, InvalidArgumentError, Option } from 'commander';
import { isIstioVersion } from '../../constructs/validation/istio/schema';
import { CommonOptions, DEFAULTS, examples, meshOption, PROGRAM } from '../options';
import { RunAction, runPlainly } from './run-action';

interface CheckCommandOptions extends Pick<CommonOptions, 'verbose'> {
  readonly istio?: string;
  readonly rootNamespace?: string;
  readonly mesh?: 'addon' | 'helm';
  readonly failOn: 'error' | 'warning';
  readonly json?: boolean;
}

/** `aks-istio check FILE...`: exit code 0 where nothing is wrong, 1 where something is, 2 where the input, or a part of it, was not checked. */
export function checkCommand(run: RunAction = runPlainly): Command {
  return new Command('check')
    .description('check Istio and Gateway API objects in YAML like the API server, istiod and `istioctl analyze`, and more; needs no cluster')
    .argument('<file...>', 'files or folders, or - for standard input')
    .option('--istio <version>', 'Istio version to check against, such as 1.29 or asm-1-29 (default: the one that this package installs)', version)
    .addOption(meshOption('also report what this kind of installation cannot do: the AKS add-on, or the official Helm charts (default: neither)'))
    .option('--root-namespace <name>', 'namespace whose policies hold for the whole mesh (default: istio-system; with --mesh addon: aks-istio-system)')
    .addOption(new Option('--fail-on <severity>', 'lowest severity that makes the exit code 1').choices(['error', 'warning']).default(DEFAULTS.failOn))
    .option('--json', 'print the findings as JSON, and nothing else on standard output')
    .addHelpText('after', `\nMore can be checked where Services and workloads stand beside the Istio objects.\n\nExit codes: 0 nothing wrong, 1 errors (or warnings, with --fail-on warning), 2 some input was not checked, 64 mistake in the command\n${examples('check mesh/ app.yaml', 'check mesh/ --mesh addon')}\n  helm template . | ${PROGRAM} check -`)
    .action((files: readonly string[], options: CheckCommandOptions) => run(() => Promise.resolve(guarded(files, options)), options));
}

function version(text: string): string {
  if (!isIstioVersion(text)) {
    throw new InvalidArgumentError('A version looks like 1.29, 1.29.1 or asm-1-29.');
  }
  return text;
}

// Loaded when asked for: the other commands need none of it.
/* eslint-disable @typescript-eslint/no-require-imports */
const lazy = {
  checkFiles: () => require('../check/check-files') as typeof import('../check/check-files'),
  render: () => require('../check/render') as typeof import('../check/render'),
};
/* eslint-enable @typescript-eslint/no-require-imports */

/** A pipeline can tell an error of this program from one of its input: by the exit code, and by the same JSON. */
function guarded(files: readonly string[], options: CheckCommandOptions): number {
  try {
    return check(files, options);
  } catch (error) {
    const why = `nothing was checked, by an error of this program: ${(error as Error).message}`;
    process.stdout.write(options.json ? `${JSON.stringify({ findings: [], unreadable: [{ file: files.join(' '), why }], notes: [] }, undefined, 2)}\n` : '');
    process.stderr.write(`${why}\n`);
    return 2;
  }
}

function check(files: readonly string[], options: CheckCommandOptions): number {
  const { checkSources, readSources } = lazy.checkFiles();
  const { renderFindings, toJson } = lazy.render();
  const { sources, unreadable: missing } = readSources(files, () => readFileSync(0, 'utf8'));
  const result = checkSources(sources, { istioVersion: options.istio, rootNamespace: options.rootNamespace, flavor: options.mesh });
  const unreadable = [...missing, ...result.unreadable];
  process.stdout.write(`${options.json ? toJson(result, unreadable) : renderFindings(result, unreadable)}\n`);
  if (unreadable.length > 0) {
    return 2;
  }
  const failing = options.failOn === 'warning' ? ['error', 'warning'] : ['error'];
  return result.findings.some(({ finding }) => failing.includes(finding.severity)) ? 1 : 0;
}
