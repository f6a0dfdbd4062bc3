import { isUnknown } from './unknown';
import { type Problem, throwOnProblems } from '../validation';
import { problemsOf, type Report } from '../validation/istio/finding';

/**
 * What the rules of Istio's admission say of a value, where the value is written. What is known only when it is applied passes.
 * @param at such as `Redirect.to`
 */
export function refusals(at: string, check: (report: Report) => void): Problem[] {
  return problemsOf(at, check).filter(({ value }) => !isUnknown(value));
}

/**
 * Throws what the rules say.
 * @throws ProblemError naming every broken one
 */
export function refuse(summary: string, at: string, check: (report: Report) => void): void {
  throwOnProblems(summary, refusals(at, check));
}
