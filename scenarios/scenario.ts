import type { BookinfoTraffic } from '../constructs/bookinfo';
import type { Expectation } from './expectation';

/** A named traffic situation. */
export interface Scenario {
  /** Name that the environment file and the command line know it by. */
  readonly name: string;
  readonly title: string;
  /** What it does, in a sentence. */
  readonly summary: string;
  /** Adds the routes to a Bookinfo that has none. */
  apply(traffic: BookinfoTraffic): void;
  /** What requests must observe. */
  readonly expectations: readonly Expectation[];
}
