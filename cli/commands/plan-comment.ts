import { Command, Option } from 'commander';
import { lazy } from '../lazy';
import { DEFAULTS, examples, PROGRAM } from '../options';
import type { PlanCommentOptions } from '../pipeline/run';
import { RunAction, runPlainly } from './run-action';

/** `aks-istio plan-comment <file>`: what pipelines use to show a plan to reviewers. */
export function planCommentCommand(run: RunAction = runPlainly): Command {
  return new Command('plan-comment')
    .description('turn the output of `plan --json` into Markdown, for a comment or an issue that is kept up to date')
    .argument('<file>', 'output of `plan --json`, or - for standard input')
    .addOption(
      new Option('--to <target>', 'where to write: standard output, a comment on the pull request of this run, or an issue about drift')
        .choices(['stdout', 'pull-request', 'issue'])
        .default(DEFAULTS.to),
    )
    .addHelpText('after', `${examples('plan-comment plan.json')}\n  ${PROGRAM} plan dev --json | ${PROGRAM} plan-comment -`)
    .action((file: string, options: PlanCommentOptions) => run(() => lazy.planComment().planComment(file, options), options));
}
