import { Command, Option } from 'commander';
import { lazy } from '../lazy';
import type { PlanCommentOptions } from '../pipeline/run';
import { RunAction, runPlainly } from './run-action';

/** `aks-istio plan-comment <file>`: what pipelines use to show a plan to reviewers. */
export function planCommentCommand(run: RunAction = runPlainly): Command {
  return new Command('plan-comment')
    .description('render what `plan --json` printed as Markdown, and keep one comment or issue up to date with it')
    .argument('<file>', 'output of `plan --json`, or - for standard input')
    .addOption(
      new Option('--to <target>', 'standard output, the pull request of this run, or an issue about drift (opened, updated, closed)')
        .choices(['stdout', 'pull-request', 'issue'])
        .default('stdout'),
    )
    .action((file: string, options: PlanCommentOptions) => run(() => lazy.planComment().planComment(file, options), {}));
}
