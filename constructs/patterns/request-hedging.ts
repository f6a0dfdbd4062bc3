import { Construct } from 'constructs';
import { EnvoyFilter } from '../istio/envoy-filter';
import { serviceHost } from '../kubernetes/service';
import { IMesh, meshOf } from '../mesh/mesh';
import type { Duration } from '../traffic/duration';
import type { MeshService } from '../traffic/mesh-service';
import { throwOnProblems } from '../validation';
import { numberProblems } from './checks';
import { PATTERN_PRIORITY } from './target';

/** Settings of {@link RequestHedging}. */
export interface RequestHedgingProps {
  /** Asked twice rather than waited for; its calls must bear being made twice. */
  readonly service: MeshService;
  /** Time after which a second request is sent, with the first still under way. */
  readonly after: Duration;
  /** Requests beside the first one, 1 or more. @default 1 */
  readonly attempts?: number;
  /** Namespace of the callers. @default the service's */
  readonly callers?: string;
  /** Mesh of the callers. @default the mesh that the nearest scope above provides */
  readonly mesh?: IMesh;
}

/**
 * Sends a second request where the first is slow, and takes whichever answers first. Routes with retries of their own keep these, and are hedged only
 * where they have a time for each try.
 *
 * Proof: with a pod that waits now and then, the slowest of a hundred calls takes `after` and a normal answer's time.
 * @see https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/http/http_routing#arch-overview-http-routing-hedging
 */
export class RequestHedging extends Construct {
  /** The object for the callers' proxies. */
  readonly filter: EnvoyFilter;

  /** @throws ProblemError where there is no second request, or the service has retries of its own */
  constructor(scope: Construct, id: string, props: RequestHedgingProps) {
    super(scope, id);
    const { service, after } = props;
    const attempts = props.attempts ?? 1;
    throwOnProblems(`${this.node.path} cannot be created:`, [
      ...numberProblems(`${this.node.path}: attempts`, attempts, { min: 1 }, 'hedging sends at least one request more, a whole number', 'Give 1 or more'),
    ]);
    service.retry({ attempts, perTryTimeout: after, on: ['5xx', 'reset'] });
    const mesh = props.mesh ?? meshOf(this);
    const host = serviceHost(service, mesh?.clusterDomain);
    this.filter = new EnvoyFilter(this, 'Filter', {
      name: `${service.name}-hedging`,
      namespace: props.callers ?? service.namespace,
      mesh,
      priority: PATTERN_PRIORITY,
      patches: service.ports.map(({ port }) => ({
        applyTo: 'VIRTUAL_HOST',
        match: { context: 'SIDECAR_OUTBOUND', routeConfiguration: { vhost: { name: `${host}:${port}` } } },
        patch: { operation: 'MERGE', value: { hedge_policy: { hedge_on_per_try_timeout: true } } },
      })),
    });
  }
}
