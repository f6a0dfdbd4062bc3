import { Token } from 'cdktf';
import { checkWholeDuration } from '../validation/istio/rules/common';
import { refuse } from '../istio/refuse';

/** A length of time; Istio counts in whole milliseconds. */
export class Duration {
  /** @throws ProblemError where it is not in whole milliseconds, at least one */
  static millis(amount: number): Duration {
    return Duration.of('Duration.millis', amount, 1);
  }

  /** @throws ProblemError where it is not in whole milliseconds, at least one */
  static seconds(amount: number): Duration {
    return Duration.of('Duration.seconds', amount, 1000);
  }

  /** @throws ProblemError where it is not in whole milliseconds, at least one */
  static minutes(amount: number): Duration {
    return Duration.of('Duration.minutes', amount, 60_000);
  }

  /** @throws ProblemError where it is not in whole milliseconds, at least one */
  static hours(amount: number): Duration {
    return Duration.of('Duration.hours', amount, 3_600_000);
  }

  private static of(at: string, amount: number, millis: number): Duration {
    const duration = new Duration(amount * millis);
    if (!Token.isUnresolved(amount)) {
      refuse('Not a duration:', at, (report) => checkWholeDuration(report, '', duration.toString()));
    }
    return duration;
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
