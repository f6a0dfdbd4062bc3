import { child, Report } from '../finding';
import { isDnsLabel } from './names';

interface ExportOptions {
  /** A ServiceEntry may be exported to nobody. */
  readonly nobody?: boolean;
  /** The object has a `workloadSelector`, which ties it to its namespace. */
  readonly selected?: boolean;
}

/** Who may see an object: `.` its namespace, `*` everybody, else names of namespaces. */
export function checkExportTo(report: Report, namespace: string, exportTo: readonly string[] | undefined, options: ExportOptions = {}): void {
  const seen = new Set<string>();
  const own = (entry: string): string => (entry === '.' ? namespace : entry);
  (exportTo ?? []).forEach((entry, index) => {
    const field = child('spec.exportTo', index);
    if (seen.has(own(entry))) {
      report.error('AI0042', field, { value: entry, rule: 'each namespace is named once; `.` is the object’s own', mend: 'Drop the repeated entry' });
    }
    seen.add(own(entry));
    if (entry === '~' && options.nobody) {
      return;
    }
    if (entry !== '.' && entry !== '*' && !isDnsLabel(entry)) {
      const rule = entry === '~' ? 'only a ServiceEntry may be exported to nobody' : 'this is `.`, `*` or the name of a namespace';
      report.error('AI0042', field, { value: entry, rule, mend: 'Write `.`, `*` or a namespace' });
    }
  });
  for (const alone of ['*', '~']) {
    if (seen.has(alone) && (exportTo ?? []).length > 1) {
      report.error('AI0042', 'spec.exportTo', { value: exportTo, rule: `\`${alone}\` stands alone`, mend: `Keep \`${alone}\`, or name the namespaces` });
    }
  }
  if (options.selected && seen.size > 0 && (seen.size > 1 || !seen.has(namespace))) {
    report.error('AI0043', 'spec.exportTo', {
      value: exportTo,
      rule: 'a rule for chosen workloads is seen in its own namespace only',
      mend: 'Drop `exportTo`, or write `.`',
    });
  }
}
