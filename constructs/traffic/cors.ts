import type { StringMatch } from '../istio/generated/common';
import type { VirtualServiceHttpCorsPolicy } from '../istio/generated/virtual-service';
import { throwOnProblems } from '../validation';
import { checkCors } from '../validation/istio/rules/cors';
import type { Duration } from './duration';
import { refusals } from '../istio/refuse';

/** Which scripts of other origins may call, and how. */
export interface CorsOptions {
  /** Origins, exactly, or how they are compared. */
  readonly origins: readonly (string | StringMatch)[];
  /** HTTP methods that scripts may use. @default none beyond those that need no leave: GET, HEAD, POST */
  readonly methods?: readonly string[];
  /** Request headers that scripts may set. @default none */
  readonly headers?: readonly string[];
  /** Response headers that scripts may read. @default none */
  readonly exposeHeaders?: readonly string[];
  /** Whether cookies may come along. @default false */
  readonly credentials?: boolean;
  /** Time that browsers may remember the answer, in whole seconds. @default theirs */
  readonly maxAge?: Duration;
  /** What happens to preflights of other origins. @default 'FORWARD': the service answers them */
  readonly unmatchedPreflights?: 'FORWARD' | 'IGNORE';
}

/**
 * Which other origins' scripts may call, in Istio's words for a route.
 * @throws ProblemError where there is no origin, a method or header is none, or maxAge is not in whole seconds
 * @see https://istio.io/latest/docs/reference/config/networking/virtual-service/#CorsPolicy
 */
export function corsPolicy(options: CorsOptions): VirtualServiceHttpCorsPolicy {
  const policy: VirtualServiceHttpCorsPolicy = {
    allowOrigins: options.origins.map((origin) => (typeof origin === 'string' ? { exact: origin } : origin)),
    allowMethods: options.methods,
    allowHeaders: options.headers,
    exposeHeaders: options.exposeHeaders,
    allowCredentials: options.credentials,
    maxAge: options.maxAge?.toString(),
    unmatchedPreflights: options.unmatchedPreflights,
  };
  throwOnProblems('Not a CORS policy:', [
    ...(options.origins.length > 0 ? [] : [{ at: 'corsPolicy', value: [], rule: 'a CORS policy allows some origin', mend: 'Name one, or leave `cors` out' }]),
    ...refusals('corsPolicy', (report) => checkCors(policy, '', report)),
  ]);
  return policy;
}
