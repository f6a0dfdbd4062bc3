import type { Headers } from '../istio/generated/common';
import type { VirtualServiceHttp, VirtualServiceHttpCorsPolicy } from '../istio/generated/virtual-service';
import type { IMesh } from '../mesh/mesh';
import type { Destination } from './destination';
import type { DirectResponse } from './direct-response';
import type { Duration } from './duration';
import type { Fault } from './fault';
import type { Match } from './match';
import type { Percent } from './percent';
import type { Redirect } from './redirect';
import type { Rewrite } from './rewrite';

/** How often a failed request is sent again. @see https://istio.io/latest/docs/reference/config/networking/virtual-service/#HTTPRetry */
export interface Retries {
  /** Tries after the first one; 0 turns off the two that Istio makes by itself. */
  readonly attempts: number;
  /** Longest time for each try. @default the route's timeout */
  readonly perTryTimeout?: Duration;
  /** Conditions as Envoy names them, such as `5xx` and `reset`. @default Istio's own */
  readonly on?: readonly string[];
  /** Shortest wait between tries, doubled with each. @default 25 ms */
  readonly backoff?: Duration;
  /** Whether pods of other localities are tried. @default false */
  readonly otherLocalities?: boolean;
}

/** A copy of each request, whose answer is thrown away. */
export interface Mirror {
  /** Where the copies go. */
  readonly to: Destination;
  /** Share of the requests that are copied. @default all requests */
  readonly percent?: Percent;
}

/** A VirtualService without hosts that goes on deciding. */
export interface Delegate {
  /** Name of the object. */
  readonly name: string;
  /** Namespace of the object. */
  readonly namespace: string;
}

/** A route: what it applies to, and one of `to`, `redirect`, `directResponse`, `delegate`. */
export interface HttpRouteProps {
  /** Name that access logs show. @default none */
  readonly name?: string;
  /** One match, or several of which one must hold. @default every request */
  readonly match?: Match | readonly Match[];
  /** One destination, or several with weights. @default none */
  readonly to?: Destination | readonly Destination[];
  /** An answer that sends the client elsewhere. @default none */
  readonly redirect?: Redirect;
  /** An answer that the proxy gives by itself. @default none */
  readonly directResponse?: DirectResponse;
  /** The VirtualService that decides further, as construct or by name. Only routes of gateways delegate. @default none */
  readonly delegate?: Delegate;
  /** How path and host are changed on the way. @default none */
  readonly rewrite?: Rewrite;
  /** A delay or an error that the caller's proxy makes up. @default none */
  readonly fault?: Fault;
  /** Longest time for the whole request, retries included. @default none */
  readonly timeout?: Duration;
  /** How often a failed request is sent again. @default two, for failures to connect */
  readonly retries?: Retries;
  /** Where copies of the requests go, whose answers are thrown away. @default none */
  readonly mirror?: Mirror | readonly Mirror[];
  /** Headers of requests and answers to set, add and remove. @default none */
  readonly headers?: Headers;
  /** Which other origins' scripts may call, as corsPolicy() makes it. @default none */
  readonly cors?: VirtualServiceHttpCorsPolicy;
  /** Members of the route in Istio's own words; each replaces the one rendered. @default none */
  readonly spec?: Partial<VirtualServiceHttp>;
}

/** Renders a route for a mesh. */
export function renderHttpRoute(route: HttpRouteProps, mesh: IMesh): VirtualServiceHttp {
  const mirrors = list(route.mirror);
  return {
    name: route.name,
    match: route.match && list(route.match).map((match) => match.toSpec()),
    redirect: route.redirect?.toSpec(),
    directResponse: route.directResponse?.toSpec(),
    delegate: route.delegate && { name: route.delegate.name, namespace: route.delegate.namespace },
    rewrite: route.rewrite?.toSpec(),
    fault: route.fault?.toSpec(),
    route: route.to && list(route.to).map((destination) => destination.toRouteSpec(mesh)),
    timeout: route.timeout?.toString(),
    retries: route.retries && {
      attempts: route.retries.attempts,
      perTryTimeout: route.retries.perTryTimeout?.toString(),
      retryOn: route.retries.on?.join(','),
      backoff: route.retries.backoff?.toString(),
      retryRemoteLocalities: route.retries.otherLocalities,
    },
    mirrors:
      mirrors.length > 0
        ? mirrors.map((mirror) => ({ destination: mirror.to.toSpec(mesh), percentage: mirror.percent?.toSpec() }))
        : undefined,
    headers: route.headers,
    corsPolicy: route.cors,
    ...route.spec,
  };
}

/** One, several or none as a list. */
export function list<T>(value: T | readonly T[] | undefined): readonly T[] {
  return value === undefined ? [] : Array.isArray(value) ? (value as readonly T[]) : [value as T];
}
