import { Construct } from 'constructs';
import { EnvoyFilter } from '../istio/envoy-filter';
import { serviceHost } from '../kubernetes/service';
import { IMesh, meshOf } from '../mesh/mesh';
import { Problem, throwOnProblems } from '../validation';
import { listenerProblems } from './checks';
import { RateLimitService } from './rate-limit-service';
import { actionsOf, combinationsOf, descriptorsOf, Limit, limitProblems } from './rate-limits';
import { contextOf, filterFor, FilterPatternProps } from './target';

/** Settings of {@link GlobalRateLimit}. */
export interface GlobalRateLimitProps extends FilterPatternProps {
  /** What passes; every one of them holds for itself. */
  readonly limits: readonly Limit[];
  /** Namespace for a rate limit service and a Redis of its own; it exists, and belongs to the mesh. @default none: give `service` */
  readonly namespace?: string;
  /** Rate limit service that is shared with other targets. @default its own, in `namespace` */
  readonly service?: RateLimitService;
  /** Lets requests pass while the service cannot be asked. @default false: they are answered 500 */
  readonly failOpen?: boolean;
  /** Image of its own service. @default 'docker.io/envoyproxy/ratelimit:3fb70258' */
  readonly image?: string;
  /** Image of its own service's Redis. @default 'docker.io/library/redis:7.4-alpine' */
  readonly redisImage?: string;
}

/**
 * Answers 429 above a rate that all pods share: per path, per client or per user.
 *
 * Proof: more requests than the limit within one period, to any of the pods; those beyond are answered 429 with x-envoy-ratelimited.
 * @see https://istio.io/latest/docs/tasks/policy-enforcement/rate-limit/#global-rate-limit
 */
export class GlobalRateLimit extends Construct {
  /** The object for the target's proxies. */
  readonly filter: EnvoyFilter;
  /** The service that counts; other targets may share it. */
  readonly rateLimitService: RateLimitService;
  private readonly mesh?: IMesh;
  private readonly target?: string;
  private readonly keys: readonly string[];

  /** @throws ProblemError where there is no limit, one is no whole number, two are for the same requests, or nobody counts */
  constructor(scope: Construct, id: string, props: GlobalRateLimitProps) {
    super(scope, id);
    const { limits, on } = props;
    const mesh = props.mesh ?? meshOf(this);
    this.mesh = mesh;
    this.keys = [...combinationsOf(limits).keys()];
    throwOnProblems(`${this.node.path} cannot be created:`, [
      ...limitProblems(`${this.node.path}: limits`, limits),
      ...this.serviceProblems(props),
      ...listenerProblems(`${this.node.path}: port`, props.port, on),
    ]);
    this.filter = filterFor(this, 'global-rate-limit', props);
    this.target = targetIn(this.filter);
    throwOnProblems(`${this.node.path} cannot be created:`, this.doubleProblems());
    const domain = this.filter.name;
    const { namespace = '', image, redisImage } = props;
    this.rateLimitService = props.service ?? new RateLimitService(this, 'Service', { namespace, mesh, image, redisImage });
    this.rateLimitService.addDomain({ name: domain, descriptors: descriptorsOf(limits), caller: on });
    const { service, port } = this.rateLimitService;
    const host = serviceHost(service, mesh?.clusterDomain);
    this.filter
      .addHttpFilter(
        {
          name: 'envoy.filters.http.ratelimit',
          type: 'envoy.extensions.filters.http.ratelimit.v3.RateLimit',
          config: {
            domain,
            failure_mode_deny: !(props.failOpen ?? false),
            timeout: '10s',
            rate_limit_service: {
              // The mesh's own cluster, so that the question goes by mutual TLS.
              grpc_service: { envoy_grpc: { cluster_name: `outbound|${port}||${host}`, authority: host } },
              transport_api_version: 'V3',
            },
          },
        },
        { context: contextOf(on), port: props.port },
      )
      .addPatch({
        applyTo: 'VIRTUAL_HOST',
        match: { context: contextOf(on) },
        patch: { operation: 'MERGE', value: { rate_limits: actionsOf(limits) } },
      });
  }

  /** Envoy hands the keys of all limits of a proxy to each of them: a key of two would be counted twice. */
  private doubleProblems(): Problem[] {
    const others = this.node.root.node.findAll().filter((child): child is GlobalRateLimit => child instanceof GlobalRateLimit && child !== this);
    return others
      .filter(({ target, mesh }) => target === this.target && mesh === this.mesh)
      .flatMap((other) =>
        this.keys
          .filter((key) => other.keys.includes(key))
          .map((key) => ({
            at: `${this.node.path}: limits`,
            value: key,
            rule: `${other.node.path} counts requests of the same pods by it`,
            mend: 'Put the limits into one GlobalRateLimit',
          })),
      );
  }

  private serviceProblems({ namespace, service, image, redisImage }: GlobalRateLimitProps): Problem[] {
    const at = (field: string): string => `${this.node.path}: ${field}`;
    if (!service) {
      return namespace === undefined
        ? [{ at: at('service'), rule: 'somebody counts the requests', mend: 'Give `namespace` for a service of its own, or `service` to share one' }]
        : [];
    }
    return Object.entries({ namespace, image, redisImage })
      .filter(([, value]) => value !== undefined)
      .map(([field, value]) => ({ at: at(field), value, rule: 'a shared service has its own', mend: `Leave \`${field}\` out, or \`service\`` }));
  }
}

/** Whose proxies a filter is for, to be compared. */
function targetIn({ namespace, spec }: EnvoyFilter): string {
  return JSON.stringify([namespace, spec.workloadSelector, spec.targetRefs]);
}
