/**
 * What a traffic situation promises, as data: the verifier sends the requests, the simulator can answer them.
 * Every expectation is observed by real requests; none is a statement about configuration.
 */
export type Expectation =
  | SplitExpectation
  | DelayExpectation
  | AbortExpectation
  | MirrorExpectation
  | TimeoutExpectation
  | OverflowExpectation
  | IngressExpectation
  | DeniedExpectation
  | PlaintextExpectation;

/** Fields that every expectation has. */
interface Expected {
  /** Signed-in user, sent as the header `end-user` that productpage adds. @default nobody is signed in */
  readonly user?: string;
  /** Further headers of the request, in lower case. @default none */
  readonly headers?: Readonly<Record<string, string>>;
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
  readonly service: 'ratings' | 'details';
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

/** A request for `service` on behalf of the user is given up with 504 after this time; nobody else's is. */
export interface TimeoutExpectation extends Expected {
  readonly kind: 'timeout';
  readonly service: 'reviews';
  readonly user: string;
  readonly seconds: number;
  /** How often `service` sees each request, the first time included. */
  readonly tries: number;
}

/** One request after the other is answered by `service`; of many at once, some are refused with 503. */
export interface OverflowExpectation extends Expected {
  readonly kind: 'overflow';
  readonly service: 'reviews';
}

/** A request to the gateway, from outside, is answered like this. */
export interface IngressExpectation extends Expected {
  readonly kind: 'ingress';
  /** Host that is asked for. @default the gateway's own address */
  readonly host?: string;
  readonly path: string;
  readonly status: number;
  /** What the answer contains. @default anything */
  readonly contains?: string;
}

/** Every call of productpage to `service` is refused by the mesh. */
export interface DeniedExpectation extends Expected {
  readonly kind: 'denied';
  readonly service: 'details';
}

/** A pod outside the mesh, which speaks plaintext, is answered by `service`. */
export interface PlaintextExpectation extends Expected {
  readonly kind: 'plaintext';
  readonly service: 'details';
}
