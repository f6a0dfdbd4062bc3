import { Op, Token, Tokenization } from 'cdktf';
import { checkWholeDuration } from '../validation/istio/rules/common';
import { refuse } from '../istio/refuse';

/** Milliseconds of each unit. */
const UNITS = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const;

/** A length of time; Istio counts in whole milliseconds. */
export class Duration {
  /** A number of milliseconds. @throws ProblemError where it is not in whole milliseconds, at least one */
  static millis(amount: number): Duration {
    return Duration.of('Duration.millis', amount, 'ms');
  }

  /** A number of seconds. @throws ProblemError where it is not in whole milliseconds, at least one */
  static seconds(amount: number): Duration {
    return Duration.of('Duration.seconds', amount, 's');
  }

  /** A number of minutes. @throws ProblemError where it is not in whole milliseconds, at least one */
  static minutes(amount: number): Duration {
    return Duration.of('Duration.minutes', amount, 'm');
  }

  /** A number of hours. @throws ProblemError where it is not in whole milliseconds, at least one */
  static hours(amount: number): Duration {
    return Duration.of('Duration.hours', amount, 'h');
  }

  private static of(at: string, amount: number, unit: keyof typeof UNITS): Duration {
    if (Token.isUnresolved(amount)) {
      // The number stands for another one: only Terraform can reckon with it.
      return new Duration(Token.asNumber(Op.mul(amount, UNITS[unit])), `${Tokenization.stringifyNumber(amount)}${unit}`);
    }
    const millis = amount * UNITS[unit];
    const duration = new Duration(millis, millis % 1000 === 0 ? `${millis / 1000}s` : `${millis}ms`);
    refuse('Not a duration:', at, (report) => checkWholeDuration(report, '', duration.text));
    return duration;
  }

  private constructor(
    private readonly millis: number,
    private readonly text: string,
  ) {}

  /** Its length in milliseconds. */
  toMillis(): number {
    return this.millis;
  }

  /** As Istio writes it: `7s`, `250ms`. */
  toString(): string {
    return this.text;
  }

  /** So that messages show it as Istio writes it. */
  toJSON(): string {
    return this.text;
  }
}
