import { namespaceOf } from '../../constructs/model/object';
import type { Severity } from '../../constructs/validation/istio/finding';
import { colorsFor } from '../ui/colors';
import type { CheckResult, Located } from './check-files';
import type { Unreadable } from './read-yaml';

const LONGEST = 100;
const pc = colorsFor();
const PAINT: Readonly<Record<Severity, (text: string) => string>> = { error: pc.red, warning: pc.yellow, info: pc.cyan };

/** What a check found, for people. */
export function renderFindings(result: CheckResult, unreadable: readonly Unreadable[]): string {
  const blocks = [
    ...unreadable.map(({ file, line, column, why }) => `${pc.bold(place(file, line, column))}  ${pc.red('unreadable')}\n  ${why}`),
    ...result.findings.map(render),
    ...result.notes.map((note) => `${pc.cyan('note')}  ${note}`),
  ];
  return [...blocks, summary(result, unreadable)].join('\n\n');
}

function render({ finding, file, line, column }: Located): string {
  const { code, severity, object, field, value, rule, mend, see } = finding;
  const { name: own, generateName } = object.metadata as { readonly name?: string; readonly generateName?: string };
  const name = `${object.kind || 'an object'} ${namespaceOf(object)}/${own ?? generateName ?? '(no name)'}`;
  return [
    `${pc.bold(place(file, line, column))}  ${PAINT[severity](severity)}  ${code}  ${pc.dim(name)}`,
    `  ${field === '' ? '' : `${field}${value === undefined ? '' : ` = ${show(value)}`}: `}${rule}.`,
    `  ${pc.green('→')} ${mend}.`,
    ...(see ? [`  ${pc.dim(see)}`] : []),
  ].join('\n');
}

function summary({ findings, objects, istioObjects, istioVersion }: CheckResult, unreadable: readonly Unreadable[]): string {
  const count = (severity: Severity): number => findings.filter(({ finding }) => finding.severity === severity).length;
  const [errors, warnings, infos] = [count('error'), count('warning'), count('info')];
  const found = [
    ...(unreadable.length > 0 ? [pc.red(plural(unreadable.length, 'unreadable input'))] : []),
    errors > 0 ? pc.red(plural(errors, 'error')) : pc.green('no errors'),
    warnings > 0 ? pc.yellow(plural(warnings, 'warning')) : 'no warnings',
    ...(infos > 0 ? [plural(infos, 'remark')] : []),
  ];
  return `${plural(objects, 'object')}, ${istioObjects} of them Istio's or the Gateway API's, checked by the rules of Istio ${istioVersion}: ${found.join(', ')}.`;
}

/** What a check found, for programs. */
export function toJson(result: CheckResult, unreadable: readonly Unreadable[]): string {
  const { istioVersion, objects, notes } = result;
  const findings = result.findings.map(({ finding, file, line, column }) => ({
    code: finding.code,
    severity: finding.severity,
    file,
    line,
    column,
    object: {
      apiVersion: finding.object.apiVersion,
      kind: finding.object.kind,
      namespace: finding.object.metadata.namespace,
      name: finding.object.metadata.name,
    },
    field: finding.field,
    value: finding.value,
    rule: finding.rule,
    mend: finding.mend,
    see: finding.see,
  }));
  return JSON.stringify({ istioVersion, objects, findings, unreadable, notes }, undefined, 2);
}

function place(file: string, line?: number, column?: number): string {
  return line === undefined ? file : `${file}:${line}:${column ?? 1}`;
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text;
}

function plural(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`;
}
