import { Token } from 'cdktf';
import { throwOnProblems } from '../validation';

/** A length of time; Istio takes nothing shorter than a millisecond. */
export class Duration {
  /** @throws ProblemError where it is shorter than a millisecond */
  static millis(amount: number): Duration {
    return Duration.of('Duration.millis', amount, 1);
  }

  /** @throws ProblemError where it is shorter than a millisecond */
  static seconds(amount: number): Duration {
    return Duration.of('Duration.seconds', amount, 1000);
  }

  /** @throws ProblemError where it is shorter than a millisecond */
  static minutes(amount: number): Duration {
    return Duration.of('Duration.minutes', amount, 60_000);
  }

  /** @throws ProblemError where it is shorter than a millisecond */
  static hours(amount: number): Duration {
    return Duration.of('Duration.hours', amount, 3_600_000);
  }

  private static of(at: string, amount: number, millis: number): Duration {
    const total = amount * millis;
    // Written so that NaN fails too.
    if (!Token.isUnresolved(amount) && !(total >= 1 && Number.isFinite(total))) {
      throwOnProblems('Not a duration:', [{ at, value: amount, rule: 'Istio takes durations of 1 ms and more', mend: 'Duration.seconds(7) is seven seconds' }]);
    }
    return new Duration(total);
  }

  private constructor(private readonly millis: number) {}

  toMillis(): number {
    return this.millis;
  }

  /** As Istio writes it: `7s`, `250ms`. */
  toString(): string {
    return this.millis % 1000 === 0 ? `${this.millis / 1000}s` : `${this.millis}ms`;
  }
}
