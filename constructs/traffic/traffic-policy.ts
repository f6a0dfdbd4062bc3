import type {
  DestinationRuleTrafficPolicy,
  DestinationRuleTrafficPolicyConnectionPool,
  DestinationRuleTrafficPolicyOutlierDetection,
} from '../istio/generated/destination-rule';
import type { Duration } from './duration';
import type { LoadBalancing } from './load-balancing';
import type { UpstreamTls } from './upstream-tls';

/** Probes of connections without traffic, which keep firewalls and load balancers from forgetting them. What is left out is the kernel's. */
export interface TcpKeepalive {
  /** Time without traffic after which probes are sent. @default 2 h */
  readonly time?: Duration;
  /** Time between probes. @default 75 s */
  readonly interval?: Duration;
  /** Probes without an answer after which the connection is dead. @default 9 */
  readonly probes?: number;
}

/** Retries that may be under way, by how much else is. */
export interface RetryBudget {
  /** Percent of the requests that are under way or waiting. @default 20 */
  readonly percent?: number;
  /** Retries that are always allowed. @default 3 */
  readonly minConcurrency?: number;
}

/** How much at once; what is beyond is refused with 503. */
export interface ConnectionLimits {
  /** Connections to all pods together, for HTTP/1.1 and TCP. @default no limit */
  readonly connections?: number;
  /** Requests that wait for a connection. @default no limit */
  readonly pendingRequests?: number;
  /** Requests under way. @default no limit */
  readonly requests?: number;
  /** Requests on one connection before it is closed; 1 turns keep-alive off. @default no limit */
  readonly requestsPerConnection?: number;
  /** Retries under way. @default no limit */
  readonly retries?: number;
  /** Time that a connection may take to be made. @default 10 s */
  readonly connectTimeout?: Duration;
  /** Time without a request after which a connection is closed. @default 1 h */
  readonly idleTimeout?: Duration;
  /** Probes of connections without traffic. @default none */
  readonly tcpKeepalive?: TcpKeepalive;
}

/** When a pod gets no requests for a while. */
export interface Ejection {
  /** Answers with a 5xx status in a row. @default 5 */
  readonly consecutiveErrors?: number;
  /** Counts only 502, 503, 504 and failures to connect. @default false */
  readonly gatewayErrorsOnly?: boolean;
  /** How often is looked. @default 10 s */
  readonly interval?: Duration;
  /** Time without requests, longer with every ejection. @default 30 s */
  readonly ejectionTime?: Duration;
  /** Percent of the pods that may be out at once. @default 10 */
  readonly maxPercent?: number;
  /** Percent of healthy pods under which nobody is ejected. @default 0 */
  readonly minHealthPercent?: number;
}

/** How a host, or a version of it, is reached. */
export interface TrafficPolicyOptions {
  /** How a pod is chosen. @default Istio's own: least requests */
  readonly loadBalancing?: LoadBalancing;
  /** How much is sent at once. @default no limits but the proxies' own */
  readonly limits?: ConnectionLimits;
  /** When a pod gets no requests for a while. @default no pod is ejected */
  readonly ejection?: Ejection;
  /** How the proxies encrypt. @default mutual TLS within the mesh, plaintext to others */
  readonly tls?: UpstreamTls;
  /** Retries that may be under way, instead of a fixed number. @default none: `limits.retries` */
  readonly retryBudget?: RetryBudget;
  /** Settings of single Service ports; each replaces those of the whole. @default none */
  readonly ports?: Readonly<Record<number, Omit<TrafficPolicyOptions, 'ports' | 'retryBudget'>>>;
}

/** A traffic policy in Istio's words, for a DestinationRule, a subset or a MeshService. */
export function trafficPolicy(options: TrafficPolicyOptions): DestinationRuleTrafficPolicy {
  const { loadBalancing, limits, ejection, tls, retryBudget } = options;
  const ports = Object.entries(options.ports ?? {}).map(([number, settings]) => ({ port: { number: Number(number) }, ...trafficPolicy(settings) }));
  return withoutUndefined({
    loadBalancer: loadBalancing?.toSpec(),
    connectionPool: limits && connectionPool(limits),
    outlierDetection: ejection && outlierDetection(ejection),
    tls: tls?.toSpec(),
    retryBudget: retryBudget && withoutUndefined({ percent: retryBudget.percent, minRetryConcurrency: retryBudget.minConcurrency }),
    portLevelSettings: ports.length > 0 ? ports : undefined,
  });
}

function connectionPool(limits: ConnectionLimits): DestinationRuleTrafficPolicyConnectionPool {
  const { tcpKeepalive: keepalive } = limits;
  const tcp = withoutUndefined({
    maxConnections: limits.connections,
    connectTimeout: limits.connectTimeout?.toString(),
    tcpKeepalive:
      keepalive && withoutUndefined({ probes: keepalive.probes, time: keepalive.time?.toString(), interval: keepalive.interval?.toString() }),
  });
  const http = withoutUndefined({
    http1MaxPendingRequests: limits.pendingRequests,
    http2MaxRequests: limits.requests,
    maxRequestsPerConnection: limits.requestsPerConnection,
    maxRetries: limits.retries,
    idleTimeout: limits.idleTimeout?.toString(),
  });
  return { ...(Object.keys(tcp).length > 0 && { tcp }), ...(Object.keys(http).length > 0 && { http }) };
}

function outlierDetection(ejection: Ejection): DestinationRuleTrafficPolicyOutlierDetection {
  const errors = ejection.gatewayErrorsOnly ? 'consecutiveGatewayErrors' : 'consecutive5xxErrors';
  return withoutUndefined({
    [errors]: ejection.consecutiveErrors ?? 5,
    // Left alone, Envoy would still count every 5xx.
    ...(ejection.gatewayErrorsOnly && { consecutive5xxErrors: 0 }),
    interval: ejection.interval?.toString(),
    baseEjectionTime: ejection.ejectionTime?.toString(),
    maxEjectionPercent: ejection.maxPercent,
    minHealthPercent: ejection.minHealthPercent,
  });
}

function withoutUndefined<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as T;
}
