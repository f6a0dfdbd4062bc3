import { spawnSync } from 'node:child_process';
import type { Finding } from './exceptions';

/** What one run of a scanner said. */
export interface Report {
  readonly tool: string;
  readonly passed: number;
  readonly findings: readonly Finding[];
}

interface CheckovFailure {
  readonly check_id: string;
  readonly check_name: string;
  readonly resource: string;
}

interface CheckovResult {
  readonly summary?: { readonly passed: number };
  readonly results?: { readonly failed_checks: readonly CheckovFailure[] };
}

/**
 * Runs checkov over a folder.
 * @param framework `terraform` or `kubernetes`
 */
export function runCheckov(program: string, framework: 'terraform' | 'kubernetes', folder: string): Report {
  const tool = `checkov ${framework}`;
  const options = ['--skip-download', '--compact', '--quiet', '--output', 'json'];
  const output = run(program, ['--directory', folder, '--framework', framework, ...options]);
  const result = JSON.parse(output) as CheckovResult;
  if (!result.results || !result.summary) {
    throw new Error(`${tool} found nothing to check in ${folder}`);
  }
  const findings = result.results.failed_checks.map(({ check_id, check_name, resource }) => ({ tool, check: check_id, title: check_name, resource }));
  return { tool, passed: result.summary.passed, findings };
}

interface ScoreCheck {
  readonly check: { readonly id: string; readonly name: string };
  readonly grade: number;
  readonly skipped: boolean;
}

interface ScoreObject {
  readonly object_name: string;
  readonly checks: readonly ScoreCheck[];
}

/** Grade of a check that passed. */
const ALL_OK = 10;

/** Runs kube-score over a file of objects. */
export function runKubeScore(program: string, file: string): Report {
  const objects = JSON.parse(run(program, ['score', '--output-format', 'json', file])) as readonly ScoreObject[];
  const checks = objects.flatMap(({ object_name, checks }) => checks.filter(({ skipped }) => !skipped).map((check) => ({ ...check, object_name })));
  return {
    tool: 'kube-score',
    passed: checks.filter(({ grade }) => grade >= ALL_OK).length,
    findings: checks
      .filter(({ grade }) => grade < ALL_OK)
      .map(({ check, object_name }) => ({ tool: 'kube-score', check: check.id, title: check.name, resource: object_name })),
  };
}

interface LintResult {
  readonly Checks: readonly unknown[];
  readonly Reports: readonly LintFinding[] | null;
}

interface LintFinding {
  readonly Check: string;
  readonly Diagnostic: { readonly Message: string };
  readonly Object: { readonly K8sObject: { readonly Name: string } };
}

/** Runs kube-linter over a file of objects. */
export function runKubeLinter(program: string, file: string): Report {
  const result = JSON.parse(run(program, ['lint', '--format', 'json', file])) as LintResult;
  const findings = (result.Reports ?? []).map((report) => ({
    tool: 'kube-linter',
    check: report.Check,
    title: report.Diagnostic.Message,
    resource: report.Object.K8sObject.Name,
  }));
  return { tool: 'kube-linter', passed: result.Checks.length - new Set(findings.map(({ check }) => check)).size, findings };
}

function run(program: string, args: readonly string[]): string {
  const { stdout, stderr, error } = spawnSync(program, args, { encoding: 'utf8', maxBuffer: 2 ** 28, env: { ...process.env, LOG_LEVEL: 'ERROR' } });
  if (error || stdout.trim() === '') {
    throw new Error(`${program} ${args.join(' ')}: ${error?.message ?? stderr}`);
  }
  return stdout;
}
