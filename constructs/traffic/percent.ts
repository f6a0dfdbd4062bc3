import type { Percentage } from '../istio/generated/common';
import { checkPercentage } from '../validation/istio/rules/common';
import { refuse } from '../istio/refuse';

/** A share of requests. */
export class Percent {
  /** No request. */
  static readonly NONE = new Percent(0);
  /** Every request. */
  static readonly ALL = new Percent(100);

  /**
   * A share in percent.
   * @param value 0, or 0.0001 to 100
   * @throws ProblemError outside that range
   */
  static of(value: number): Percent {
    refuse('Not a percentage:', 'Percent.of', (report) => checkPercentage(report, '', { value }));
    return new Percent(value);
  }

  private constructor(readonly value: number) {}

  /** In Istio's own words. */
  toSpec(): Percentage {
    return { value: this.value };
  }
}
