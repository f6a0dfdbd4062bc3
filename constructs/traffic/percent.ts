import { Token } from 'cdktf';
import type { Percentage } from '../istio/generated/common';
import { throwOnProblems } from '../validation';

/** Envoy counts in millionths. */
const SMALLEST = 0.0001;

/** A share of requests. */
export class Percent {
  static readonly NONE = new Percent(0);
  static readonly ALL = new Percent(100);

  /**
   * @param value 0, or 0.0001 to 100
   * @throws ProblemError outside that range
   */
  static of(value: number): Percent {
    const fits = value === 0 || (value >= SMALLEST && value <= 100);
    if (!Token.isUnresolved(value) && !fits) {
      throwOnProblems('Not a percentage:', [
        { at: 'Percent.of', value, rule: `a percentage is 0, or between ${SMALLEST} and 100`, mend: 'Percent.of(10) is ten of a hundred' },
      ]);
    }
    return new Percent(value);
  }

  private constructor(readonly value: number) {}

  toSpec(): Percentage {
    return { value: this.value };
  }
}
