import { CliError } from '../errors';
import type { ClusterTools } from '../tools/cluster-access';
import { CommandError } from '../tools/process';
import type { Report } from './engine';
import type { ReleaseMend } from './recovery';

type Helm = Pick<ClusterTools, 'helm'>;

interface ReleaseName {
  readonly name: string;
  readonly namespace: string;
}

/** Seconds that rolling back or uninstalling what a killed run left may take. */
const MEND_SECONDS = 300;

/** @throws CliError naming every release that is not ours to mend */
export function refuseMends(mends: readonly ReleaseMend[], resume: string): void {
  const refused = mends.filter((mend) => mend.kind === 'refuse');
  if (refused.length > 0) {
    throw new CliError('the cluster holds releases that this run must not touch', refused.map((mend) => `${mend.namespace}/${mend.name}: ${mend.why}`).join('\n'), [
      ...refused.map((mend) => `helm status ${mend.name} -n ${mend.namespace}   (to see whose it is)`),
      resume,
    ]);
  }
}

/** Mends what a killed run left in the middle of something. */
export async function applyMends(tools: Helm, mends: readonly ReleaseMend[], resume: string, report: Report): Promise<void> {
  for (const mend of mends) {
    report(`${mend.name}: ${mend.why}: ${mend.kind}`);
    if (mend.kind === 'rollback') {
      const args = ['rollback', mend.name, String(mend.revision), '-n', mend.namespace, '--wait', '--cleanup-on-fail', '--timeout', `${MEND_SECONDS}s`];
      await withMessage(`Helm could not roll ${mend.namespace}/${mend.name} back`, resume, () => tools.helm(args, { timeoutSeconds: MEND_SECONDS + 30 }));
    } else if (mend.kind === 'uninstall') {
      await uninstallRelease(tools, mend, MEND_SECONDS, resume);
    }
  }
}

/** Uninstalls a release and waits until its objects are gone. */
export async function uninstallRelease(tools: Helm, release: ReleaseName, seconds: number, resume: string): Promise<void> {
  const args = ['uninstall', release.name, '-n', release.namespace, '--wait', '--ignore-not-found', '--timeout', `${seconds}s`];
  await withMessage(`Helm could not uninstall ${release.namespace}/${release.name}`, resume, () => tools.helm(args, { timeoutSeconds: seconds + 30 }));
}

/** What Helm says, without its warnings and headings. */
export function helmMessage(error: CommandError): string {
  const lines = (error.stderr || error.stdout).trim().split('\n');
  const told = lines.filter((line) => !/^(WARNING|Release ".*" does not exist|[IWE]\d{4} )/.test(line));
  const message = told.join('\n').replace(/^Error: (UPGRADE|INSTALLATION) FAILED: /m, '');
  if (error.timedOutAfterSeconds !== undefined) {
    return `Helm did not end within ${error.timedOutAfterSeconds} s\n${message}`;
  }
  return message === '' ? `Helm was ended from outside (code ${error.code})` : message;
}

async function withMessage(what: string, resume: string, action: () => Promise<unknown>): Promise<void> {
  try {
    await action();
  } catch (error) {
    throw error instanceof CommandError ? new CliError(what, helmMessage(error), [resume]) : error;
  }
}
