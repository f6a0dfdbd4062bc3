import { readFileSync } from 'node:fs';
import { CliError } from '../errors';
import { CommonOptions, PROGRAM } from '../options';
import { AzureDevOpsHost, CommentHost, GitHubHost } from './host';
import { commentMarker, CommentOrigin, parsePlan, PlanReport, renderPlanComment, summary } from './plan-comment';

export const TARGETS = ['stdout', 'pull-request', 'issue'] as const;

export interface PlanCommentOptions extends Pick<CommonOptions, 'verbose'> {
  readonly to: (typeof TARGETS)[number];
}

/** Renders a plan in Markdown and writes it where it belongs. @returns the exit code */
export async function planComment(file: string, { to }: PlanCommentOptions, env: NodeJS.ProcessEnv = process.env): Promise<number> {
  const report = read(file);
  const body = renderPlanComment(report, originOf(env));
  if (to === 'stdout') {
    process.stdout.write(body);
  } else {
    process.stdout.write(`${to === 'pull-request' ? await hostOf(env).upsertComment(commentMarker(report.environment), body) : await reportDrift(report, body, env)}\n`);
  }
  return 0;
}

function read(file: string): PlanReport {
  try {
    return parsePlan(readFileSync(file === '-' ? 0 : file, 'utf8'));
  } catch (error) {
    throw new CliError(`${file} holds no plan`, error instanceof Error ? error.message : String(error), [`${PROGRAM} plan <environment> --json >plan.json`]);
  }
}

function hostOf(env: NodeJS.ProcessEnv): CommentHost {
  if (env.TF_BUILD) {
    return AzureDevOpsHost.fromEnvironment(env);
  }
  return GitHubHost.fromEnvironment(env);
}

async function reportDrift(report: PlanReport, body: string, env: NodeJS.ProcessEnv): Promise<string> {
  const host = GitHubHost.fromEnvironment(env);
  const marker = commentMarker(report.environment);
  if (report.changed) {
    return host.openIssue(marker, `Drift in ${report.environment}: ${summary(report)}`, body);
  }
  const runUrl = originOf(env).runUrl;
  return (await host.closeIssue(marker, `No drift any more.${runUrl ? ` ([log](${runUrl}))` : ''}`)) ?? 'no drift, and no open issue about it';
}

function originOf(env: NodeJS.ProcessEnv): CommentOrigin {
  if (env.TF_BUILD) {
    const { SYSTEM_COLLECTIONURI, SYSTEM_TEAMPROJECT, BUILD_BUILDID, SYSTEM_PULLREQUEST_SOURCECOMMITID, BUILD_SOURCEVERSION } = env;
    const runUrl = `${SYSTEM_COLLECTIONURI}${encodeURIComponent(SYSTEM_TEAMPROJECT ?? '')}/_build/results?buildId=${BUILD_BUILDID}`;
    return { revision: SYSTEM_PULLREQUEST_SOURCECOMMITID ?? BUILD_SOURCEVERSION, runUrl: SYSTEM_COLLECTIONURI && BUILD_BUILDID ? runUrl : undefined };
  }
  const { PLAN_REVISION, GITHUB_SHA, GITHUB_SERVER_URL, GITHUB_REPOSITORY, GITHUB_RUN_ID } = env;
  return { revision: PLAN_REVISION ?? GITHUB_SHA, runUrl: GITHUB_RUN_ID ? `${GITHUB_SERVER_URL}/${GITHUB_REPOSITORY}/actions/runs/${GITHUB_RUN_ID}` : undefined };
}
