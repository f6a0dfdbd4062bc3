import Table from 'cli-table3';
import { createColors } from 'picocolors';
import { hasColors } from '../ui/colors';
import { countVerdict, Verdict, VerifyResult, VerifyRow } from './result';

/** How the table is drawn. */
export interface TableOptions {
  /** @default colours on a terminal, or as NO_COLOR and FORCE_COLOR say */
  readonly color?: boolean;
  /** Columns to fill. @default the terminal's, else 140 */
  readonly width?: number;
}

const BORDERLESS = {
  ...{ top: '', 'top-mid': '', 'top-left': '', 'top-right': '', bottom: '', 'bottom-mid': '', 'bottom-left': '', 'bottom-right': '' },
  ...{ left: '', 'left-mid': '', mid: '', 'mid-mid': '', right: '', 'right-mid': '', middle: '  ' },
};
const MARK: Readonly<Record<Verdict, string>> = { pass: 'pass', fail: 'FAIL', skipped: 'skip' };
const VERDICT_WIDTH = 4;
const SECONDS_WIDTH = 6;
const GAPS = 8;

/** Expectation, observation and verdict of each check, one a row; below it what each failure sent and got, and the sum. */
export function printVerifyTable(result: VerifyResult, options: TableOptions = {}): string {
  const colors = createColors(options.color ?? hasColors());
  const paint: Readonly<Record<Verdict, (text: string) => string>> = { pass: colors.green, fail: colors.red, skipped: colors.yellow };
  const width = Math.max(80, options.width ?? process.stdout.columns ?? 140);
  const checkWidth = Math.min(32, Math.max(...result.rows.map(({ check }) => check.length), 5));
  const rest = width - VERDICT_WIDTH - checkWidth - SECONDS_WIDTH - GAPS;
  const expectationWidth = Math.ceil(rest / 2);
  const table = new Table({
    chars: BORDERLESS,
    style: { head: [], border: [], compact: true, 'padding-left': 0, 'padding-right': 0 },
    colWidths: [VERDICT_WIDTH, checkWidth, expectationWidth, rest - expectationWidth, SECONDS_WIDTH],
    colAligns: ['left', 'left', 'left', 'left', 'right'],
    wordWrap: true,
    head: ['', 'CHECK', 'EXPECTED', 'OBSERVED', 'TIME'].map((title) => colors.dim(title)),
  });
  for (const row of result.rows) {
    table.push([paint[row.verdict](MARK[row.verdict]), row.check, row.expectation, row.observation, `${row.seconds.toFixed(1)} s`]);
  }
  const failures = result.rows.filter(({ verdict }) => verdict === 'fail').flatMap((row) => ['', ...explain(row)]);
  return [...tidy(table.toString()), ...failures, '', summary(result)].join('\n');
}

function explain(row: VerifyRow): string[] {
  return [
    `FAIL ${row.check}`,
    `  sent      ${row.sent}`,
    `  expected  ${row.expectation}`,
    `  observed  ${row.observation}${row.attempts > 1 ? ` (the last of ${row.attempts} attempts)` : ''}`,
  ];
}

function summary(result: VerifyResult): string {
  const failed = countVerdict(result, 'fail');
  const skipped = countVerdict(result, 'skipped');
  const counts = [
    `${countVerdict(result, 'pass')} as expected`,
    ...(failed > 0 ? [`${failed} not`] : []),
    ...(skipped > 0 ? [`${skipped} not checked`] : []),
  ].join(', ');
  return `${result.environment}, scenario ${result.scenario}, ${result.url}: ${counts} (${result.seconds.toFixed(1)} s)`;
}

function tidy(text: string): string[] {
  return text.split('\n').map((line) => line.trimEnd());
}
