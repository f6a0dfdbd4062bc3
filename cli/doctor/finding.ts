/** What was found: as it should be, worth knowing, in the way, or not looked at. */
export type Verdict = 'ok' | 'warning' | 'failure' | 'skipped';

/** Where a finding belongs, in the order of the list. */
export const AREAS = ['Tools', 'Azure', 'Region', 'Cluster'] as const;
export type Area = (typeof AREAS)[number];

/** One line of the doctor's list. */
export interface Finding {
  readonly area: Area;
  /** What was looked at, in a few words. */
  readonly subject: string;
  readonly verdict: Verdict;
  /** What was seen. */
  readonly detail: string;
  /** Commands or sentences that mend it. */
  readonly mend?: readonly string[];
  /** The page that the rule rests on. */
  readonly see?: string;
}

/** What a failure or a warning says beyond its detail. */
export interface Remedy {
  readonly mend: readonly string[];
  readonly see?: string;
}

/** Makes findings about one subject. */
export interface Findings {
  ok(detail: string): Finding;
  warning(detail: string, remedy: Remedy): Finding;
  failure(detail: string, remedy: Remedy): Finding;
  skipped(detail: string): Finding;
}

/** Findings about one subject. */
export function findings(area: Area, subject: string): Findings {
  return {
    ok: (detail) => ({ area, subject, verdict: 'ok', detail }),
    warning: (detail, remedy) => ({ area, subject, verdict: 'warning', detail, ...remedy }),
    failure: (detail, remedy) => ({ area, subject, verdict: 'failure', detail, ...remedy }),
    skipped: (detail) => ({ area, subject, verdict: 'skipped', detail }),
  };
}

/** How many findings have a verdict. */
export function countVerdict(list: readonly Finding[], verdict: Verdict): number {
  return list.filter((finding) => finding.verdict === verdict).length;
}

/** Whether nothing stands in the way. */
export function isHealthy(list: readonly Finding[]): boolean {
  return countVerdict(list, 'failure') === 0;
}
