import { Duration } from '../traffic/duration';
import type { Retries } from '../traffic/http-route';
import { Problem, throwOnProblems } from '../validation';
import type { HTTPRouteRulesRetry, HTTPRouteRulesTimeouts } from './generated/http-route';

/** How often a failed request is sent again: where no connection came about or the stream was refused, and for the statuses named here. */
export interface RouteRetries extends Pick<Retries, 'attempts' | 'backoff'> {
  /** Statuses of answers that are tried again, 400 to 599. @default none */
  readonly codes?: readonly number[];
}

/** How long a request may take. */
export interface RouteTimeouts {
  /** Longest time for the whole request, retries included. @default none */
  readonly request?: Duration;
  /** Longest time for one try; without `retries` Istio takes it for the whole request. @default none */
  readonly backendRequest?: Duration;
}

/** @throws ProblemError where one try may take longer than the whole request */
export function timeoutsOf(timeout: Duration | RouteTimeouts | undefined, at: string): HTTPRouteRulesTimeouts | undefined {
  if (timeout === undefined || timeout instanceof Duration) {
    return timeout && { request: timeout.toString() };
  }
  const { request, backendRequest } = timeout;
  throwOnProblems('Not a timeout:', [
    ...(request && backendRequest && backendRequest.toMillis() > request.toMillis()
      ? [
          {
            at: `${at}.timeout.backendRequest`,
            value: backendRequest.toString(),
            rule: `one try takes no longer than the whole request, ${request.toString()}`,
            mend: 'Give a shorter `backendRequest`, or a longer `request`',
          },
        ]
      : []),
  ]);
  return { request: request?.toString(), backendRequest: backendRequest?.toString() };
}

/**
 * Retries in the Gateway API's words.
 * @throws ProblemError where the attempts or a status are none
 */
export function retryOf(retries: RouteRetries | HTTPRouteRulesRetry, at: string): HTTPRouteRulesRetry {
  const { attempts, codes, backoff } = retries;
  const isWhole = (value: number, least: number, most: number): boolean => Number.isInteger(value) && value >= least && value <= most;
  throwOnProblems('Not retries:', [
    ...(attempts === undefined || isWhole(attempts, 0, Infinity)
      ? []
      : [{ at: `${at}.retries.attempts`, value: attempts, rule: 'attempts are a whole number, 0 or more', mend: 'Give another number' }]),
    ...(codes ?? []).flatMap((value): Problem[] =>
      isWhole(value, 400, 599) ? [] : [{ at: `${at}.retries.codes`, value, rule: 'a request is tried again for statuses from 400 to 599', mend: 'Leave it out' }],
    ),
  ]);
  return { attempts, codes, backoff: backoff?.toString() };
}
