import type { AnyObject } from '../../model/object';
import { placeOf } from '../../model/object';
import type { Problem } from '../problem';

/** Code that says that only the experimental channel of the Gateway API has something. */
export const ON_TRIAL = 'AI1200';

/** How much a finding matters: an error is refused or breaks traffic, a warning is likely a mistake, an info is worth knowing. */
export type Severity = 'error' | 'warning' | 'info';

/** A broken rule of one object, or between several, with a code that stays the same from release to release. */
export interface Finding extends Problem {
  /** `IST...` is Istio's own message code, `AI...` is ours. */
  readonly code: string;
  readonly severity: Severity;
  readonly object: AnyObject;
  /** Path of the field from the object's root: `spec.http[0].timeout`; empty where it is the object as a whole. */
  readonly field: string;
}

/** What a rule says of a field; the object is known already. */
export interface Verdict {
  readonly value?: unknown;
  readonly rule: string;
  readonly mend: string;
  readonly see?: string;
}

/** Collects what rules find in an object. */
export class Report {
  readonly findings: Finding[] = [];

  constructor(readonly object: AnyObject) {}

  error(code: string, field: string, verdict: Verdict): void {
    this.add(code, 'error', field, verdict);
  }

  warning(code: string, field: string, verdict: Verdict): void {
    this.add(code, 'warning', field, verdict);
  }

  add(code: string, severity: Severity, field: string, verdict: Verdict): void {
    this.findings.push(findingOf(code, severity, this.object, field, verdict));
  }
}

/** Stands for the object that a value will be part of. */
const NO_OBJECT: AnyObject = { apiVersion: '', kind: '', metadata: { name: '' } };

/**
 * What the rules of admission say of a value before any object holds it, warnings too: whoever writes the value can mend it on the spot.
 * @param at such as `Redirect.to`
 */
export function problemsOf(at: string, check: (report: Report) => void): Problem[] {
  const report = new Report(NO_OBJECT);
  check(report);
  return report.findings.map(({ value, rule, mend, see }) => ({ at, value, rule, mend, see }));
}

export function findingOf(code: string, severity: Severity, object: AnyObject, field: string, verdict: Verdict): Finding {
  const place = placeOf(object);
  return { code, severity, object, field, at: field === '' ? place : `${place}: ${field}`, ...verdict };
}

/** A field below another: `child('spec.hosts', 0)` is `spec.hosts[0]`; names with odd characters are quoted. */
export function child(parent: string, key: string | number): string {
  if (typeof key === 'number') {
    return `${parent}[${key}]`;
  }
  if (!/^[\w-]+$/.test(key)) {
    return `${parent}[${JSON.stringify(key)}]`;
  }
  return parent === '' ? key : `${parent}.${key}`;
}
