import { Construct } from 'constructs';
import { EnvoyFilter } from '../istio/envoy-filter';
import { serviceHost } from '../kubernetes/service';
import { meshOf } from '../mesh/mesh';
import { throwOnProblems } from '../validation';
import { RateLimitService } from './rate-limit-service';
import { contextOf, filterFor, FilterPatternProps } from './target';

/** What requests are counted by, each value for itself. A path is what clients ask for, query and all: `/a?x=1` is not `/a`. */
export type LimitKey = 'path' | 'client-ip' | { readonly header: string };

/** A limit for all pods together. */
export interface Limit {
  readonly by: LimitKey;
  /** Only requests with this value. @default each value has its own count */
  readonly value?: string;
  readonly requests: number;
  readonly per: 'second' | 'minute' | 'hour' | 'day';
}

export interface GlobalRateLimitProps extends FilterPatternProps {
  readonly limits: readonly Limit[];
  /** Namespace of the rate limit service and its Redis; it exists, and belongs to the mesh. */
  readonly namespace: string;
  /** Lets requests pass while the service cannot be asked. @default false: they are answered 500 */
  readonly failOpen?: boolean;
  /** @default 'docker.io/envoyproxy/ratelimit:3fb70258' */
  readonly image?: string;
  /** @default 'docker.io/library/redis:7.4-alpine' */
  readonly redisImage?: string;
}

const IMAGE = 'docker.io/envoyproxy/ratelimit:3fb70258';
const REDIS_IMAGE = 'docker.io/library/redis:7.4-alpine';

/**
 * Refuses with 429 what is asked beyond a rate, counted in one place for all pods: per path, per client or per user.
 *
 * Proof: more requests than the limit within one period, to any of the pods; those beyond are answered 429 with x-envoy-ratelimited.
 * @see https://istio.io/latest/docs/tasks/policy-enforcement/rate-limit/#global-rate-limit
 */
export class GlobalRateLimit extends Construct {
  readonly filter: EnvoyFilter;
  readonly rateLimitService: RateLimitService;

  /** @throws ProblemError where there is no limit, or one is no whole number */
  constructor(scope: Construct, id: string, props: GlobalRateLimitProps) {
    super(scope, id);
    const { limits, on, namespace } = props;
    throwOnProblems(`${this.node.path} cannot be created:`, [
      ...(limits.length > 0 ? [] : [{ at: `${this.node.path}: limits`, value: [], rule: 'there is something to limit', mend: 'Give a limit' }]),
      ...limits.flatMap(({ requests }, index) =>
        Number.isInteger(requests) && requests >= 0
          ? []
          : [{ at: `${this.node.path}: limits[${index}].requests`, value: requests, rule: 'a limit is a whole number, 0 or more', mend: 'Lengthen `per` for fewer' }],
      ),
    ]);
    const mesh = props.mesh ?? meshOf(this);
    this.filter = filterFor(this, 'global-rate-limit', props);
    const domain = this.filter.name;
    this.rateLimitService = new RateLimitService(this, 'Service', {
      namespace,
      mesh,
      config: { domain, descriptors: limits.map(descriptorOf) },
      callers: [on],
      image: props.image ?? IMAGE,
      redisImage: props.redisImage ?? REDIS_IMAGE,
    });
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
}

function keyOf(by: LimitKey): string {
  return by === 'path' ? 'PATH' : by === 'client-ip' ? 'remote_address' : by.header.toLowerCase();
}

function descriptorOf({ by, value, requests, per }: Limit): Record<string, unknown> {
  return { key: keyOf(by), ...(value !== undefined && { value }), rate_limit: { unit: per, requests_per_unit: requests } };
}

/** One action a key, however many limits there are for it. */
function actionsOf(limits: readonly Limit[]): unknown[] {
  const keys = new Map(limits.map(({ by }) => [keyOf(by), by]));
  return [...keys].map(([key, by]) => ({
    actions: [by === 'client-ip' ? { remote_address: {} } : { request_headers: { header_name: by === 'path' ? ':path' : key, descriptor_key: key } }],
  }));
}
