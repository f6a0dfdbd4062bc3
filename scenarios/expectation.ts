/**
 * What a traffic situation promises, as data: the verifier sends the requests, the simulator can answer them.
 * Every expectation is observed by real requests; none is a statement about configuration.
 */
export type Expectation =
  | SplitExpectation
  | DelayExpectation
  | AbortExpectation
  | MirrorExpectation;

/** Fields that every expectation has. */
interface Expected {
  /** Signed-in user, sent as the header `end-user` that productpage adds. @default nobody is signed in */
  readonly user?: string;
}

/** Requests for `service` reach its versions in these shares, in percent. */
export interface SplitExpectation extends Expected {
  readonly kind: 'split';
  readonly service: 'reviews';
  readonly shares: Readonly<Record<string, number>>;
}

/** A call to `service` on behalf of the user takes this much longer. */
export interface DelayExpectation extends Expected {
  readonly kind: 'delay';
  readonly service: 'ratings';
  readonly seconds: number;
}

/** A call to `service` on behalf of the user is answered with this HTTP status by the mesh. */
export interface AbortExpectation extends Expected {
  readonly kind: 'abort';
  readonly service: 'ratings';
  readonly status: number;
}

/** Each request for `service` is also seen, as a copy, by this version. */
export interface MirrorExpectation extends Expected {
  readonly kind: 'mirror';
  readonly service: 'reviews';
  readonly version: string;
  /** Share of requests that are copied, in percent. */
  readonly percent: number;
}
