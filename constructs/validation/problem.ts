/** One broken rule, in the words that its reader needs to mend it. */
export interface Problem {
  /** Where: a construct path, a field path or both (`dev-traffic/Reviews: http[0].timeout`). */
  readonly at: string;
  /** The offending value; left out where there is none. */
  readonly value?: unknown;
  /** The rule that the value breaks, as a sentence without its full stop. */
  readonly rule: string;
  /** What to do about it, as a sentence without its full stop. */
  readonly mend: string;
  /** The Istio, Azure or Kubernetes page that the rule rests on. */
  readonly see?: string;
}

/** Renders a problem as one line: place, value, rule, mend. */
export function formatProblem(problem: Problem): string {
  const value = problem.value === undefined ? '' : ` ${show(problem.value)}:`;
  const see = problem.see ? ` (${problem.see})` : '';
  return `${problem.at}:${value} ${problem.rule}. ${problem.mend}.${see}`;
}

/** Thrown with every problem found, never with the first alone. */
export class ProblemError extends Error {
  constructor(
    summary: string,
    readonly problems: readonly Problem[],
  ) {
    super([summary, ...problems.map((problem) => `  - ${formatProblem(problem)}`)].join('\n'));
    this.name = 'ProblemError';
  }
}

/**
 * Throws where there are problems, and does nothing where there are none.
 * @throws ProblemError naming all of them
 */
export function throwOnProblems(summary: string, problems: readonly Problem[]): void {
  if (problems.length > 0) {
    throw new ProblemError(summary, problems);
  }
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 120 ? `${text.slice(0, 117)}...` : text;
}
