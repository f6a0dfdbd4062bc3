/** `skipped` says that a check could not be made here, and why; it fails nothing. */
export type Verdict = 'pass' | 'fail' | 'skipped';

/** What one check found. */
export interface Outcome {
  readonly verdict: Verdict;
  /** What came back, in a few words. */
  readonly observation: string;
}

/** One expectation, what was sent to test it, what was observed, and whether the two agree. */
export interface VerifyRow extends Outcome {
  /** What is checked, unique within a result: `split reviews, jason`. */
  readonly check: string;
  readonly expectation: string;
  /** The requests that were sent. */
  readonly sent: string;
  /** How long it took, with its repetitions. */
  readonly seconds: number;
  /** Times that it was tried; more than once where the proxies had not yet caught up. */
  readonly attempts: number;
}

/** All that one verification found. */
export interface VerifyResult {
  readonly environment: string;
  readonly scenario: string;
  /** Address of the ingress gateway. */
  readonly url: string;
  /** Command that forwards the gateway's port; only where this machine does not reach the gateway by itself. */
  readonly forward?: string;
  readonly rows: readonly VerifyRow[];
  /** No row failed. */
  readonly ok: boolean;
  readonly seconds: number;
}

/** How many rows have a verdict. */
export function countVerdict(result: Pick<VerifyResult, 'rows'>, verdict: Verdict): number {
  return result.rows.filter((row) => row.verdict === verdict).length;
}
