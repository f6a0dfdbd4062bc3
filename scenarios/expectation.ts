import type { MeshFeature } from '../constructs/mesh/mesh';

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
  | PlaintextExpectation
  | EjectionExpectation
  | CallExpectation
  | PastProxyExpectation
  | ExitExpectation
  | LogExpectation
  | SamplingExpectation
  | MetricExpectation;

/** What only some environments can show: a feature of the mesh, images and hosts of the internet, or network policies that are enforced. */
export type Capability = MeshFeature | 'Internet' | 'NetworkPolicies';

/** Fields that every expectation has. */
interface Expected {
  /** Signed-in user, sent as the header `end-user` that productpage adds. @default nobody is signed in */
  readonly user?: string;
  /** Further headers of the request, in lower case. @default none */
  readonly headers?: Readonly<Record<string, string>>;
  /** What the environment must have for it to be observed; where it has not, the row is skipped with the reason. @default nothing */
  readonly needs?: readonly Capability[];
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

/** A version of `service` fails, and the proxies of those who ask it send it nothing for a while. */
export interface EjectionExpectation extends Expected {
  readonly kind: 'ejection';
  readonly service: 'ratings';
  readonly version: string;
}

/** Who sends a `call`: a service of Bookinfo, a client outside the cluster through the ingress gateway, or a pod that belongs to no mesh. */
export type CallOrigin = 'productpage' | 'details' | 'ratings' | 'gateway' | 'outside';

/** How often an answer may come; without `max` as often as it likes, without `min` never as well. */
export interface AnswerCount {
  readonly min?: number;
  readonly max?: number;
}

/**
 * What becomes of a request: its status, `refused` where the connection is closed without an answer, or how often each of several happens.
 * Any other answer is wrong.
 */
export type CallResult = number | 'refused' | Readonly<Partial<Record<number | 'refused', number | AnswerCount>>>;

/**
 * Requests that are the same, sent one after the other, are answered like this.
 *
 * `{external}` in the host stands for the host outside of the cluster that the environment names (`traffic.externalHost`).
 * `{attempt}` in the host, the path or a header stands for a word that is new each time that the verifier tries: a client that no quota knows yet.
 * Each request has a connection of its own. Refusals (403, 429, `refused`) are asked for last, as proxies finish old connections by old rules.
 */
export interface CallExpectation extends Expected {
  readonly kind: 'call';
  /** What the row is called, unique within the scenario: `a good token`. */
  readonly name: string;
  readonly from: CallOrigin;
  /** From `gateway`: the Gateway of the Gateway API, by its name in Bookinfo's namespace. @default the mesh's ingress gateway */
  readonly gateway?: string;
  /** @default 'http' */
  readonly scheme?: 'http' | 'https';
  /**
   * Who is asked: a service of Bookinfo by its short name, or any other host. From `gateway` it is the Host header, and by HTTPS the name in the
   * TLS handshake too, whatever address the gateway has.
   * @default from the gateway its address; from elsewhere productpage
   */
  readonly host?: string;
  /** @default a service of Bookinfo's own; else 80, or 443 with https. From `gateway` the gateway's port of that number is found */
  readonly port?: number;
  /** @default '/' */
  readonly path?: string;
  /** @default 'GET' */
  readonly method?: string;
  /** How many requests. @default 3 */
  readonly count?: number;
  readonly result: CallResult;
  /** What the body of each answer that has status 200 contains, or the only status that is expected. @default anything */
  readonly contains?: string;
  /** Headers of those answers, in lower case: the value, or `null` for a header that must not be there. @default any */
  readonly answerHeaders?: Readonly<Record<string, string | null>>;
  /** Seconds that each of those answers may take. @default 5 */
  readonly withinSeconds?: number;
  /** Name that the certificate of the answer is for, with https. It is not checked against any root. @default any */
  readonly certificateFor?: string;
  /** Runs while no other check does, as it counts what others would too. @default false */
  readonly alone?: boolean;
}

/** A process that goes past its proxy finds no way to this host: the network itself refuses it. */
export interface PastProxyExpectation extends Expected {
  readonly kind: 'past-proxy';
  /** As in a `call`. */
  readonly host: string;
}

/** A call to a host outside of the cluster is answered, and stands in the access log of the mesh's egress gateway. */
export interface ExitExpectation extends Expected {
  readonly kind: 'exit';
  readonly from: 'productpage';
  /** As in a `call`. */
  readonly host: string;
}

/** A request that is answered like this. */
export interface AnsweredRequest {
  readonly path: string;
  readonly status: number;
}

/** The proxy of who asks logs one kind of request, and passes over another. */
export interface LogExpectation extends Expected {
  readonly kind: 'log';
  readonly from: 'productpage';
  readonly host: 'details';
  readonly logged: AnsweredRequest;
  readonly passedOver: AnsweredRequest;
}

/** Of requests without a trace, this share arrives with the decision that they are traced. */
export interface SamplingExpectation extends Expected {
  readonly kind: 'sampling';
  readonly from: 'productpage';
  /** A service that answers with the headers of the request. */
  readonly host: string;
  readonly port: number;
  readonly path: string;
  readonly percent: number;
}

/** The proxy of who asks counts its requests under these tags. */
export interface MetricExpectation extends Expected {
  readonly kind: 'metric';
  readonly from: 'productpage';
  readonly host: 'details';
  readonly path: string;
  /** Name in Prometheus. */
  readonly metric: string;
  /** Value of a tag, or `null` for one that must not be there. */
  readonly tags: Readonly<Record<string, string | null>>;
}
