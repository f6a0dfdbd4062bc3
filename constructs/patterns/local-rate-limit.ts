import { Construct } from 'constructs';
import { EnvoyFilter, typedConfig } from '../istio/envoy-filter';
import type { Duration } from '../traffic/duration';
import { throwOnProblems } from '../validation';
import { addFilter, FilterPatternProps, fraction } from './target';

export interface LocalRateLimitProps extends FilterPatternProps {
  /** Requests that a pod takes in each period. */
  readonly requests: number;
  /** 50 ms or more. */
  readonly per: Duration;
  /** Requests that a pod takes at once after a quiet time. @default `requests` */
  readonly burst?: number;
  /** Percent of the requests beyond that are refused; the rest are only counted. @default 100 */
  readonly enforced?: number;
}

const LIMIT = 'envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit';
/** Envoy refuses shorter periods. */
const SHORTEST = 50;
/** Says on a refused request who refused it. */
const HEADER = 'x-local-rate-limit';

/**
 * Refuses with 429 what each pod is asked beyond a rate. Every pod counts for itself: a Service with three pods takes three times as much.
 *
 * Proof: more requests than the burst within one period; those beyond are answered 429 with the header x-local-rate-limit.
 * @see https://istio.io/latest/docs/tasks/policy-enforcement/rate-limit/#local-rate-limit
 */
export class LocalRateLimit extends Construct {
  readonly filter: EnvoyFilter;

  /** @throws ProblemError where the rate or the period is none */
  constructor(scope: Construct, id: string, props: LocalRateLimitProps) {
    super(scope, id);
    const { requests, per, enforced = 100 } = props;
    const burst = props.burst ?? requests;
    const at = (field: string): string => `${this.node.path}: ${field}`;
    throwOnProblems(`${this.node.path} cannot be created:`, [
      ...(Number.isInteger(requests) && requests >= 1
        ? []
        : [{ at: at('requests'), value: requests, rule: 'a rate is a whole number of requests, 1 or more', mend: 'Lengthen `per` for fewer' }]),
      ...(Number.isInteger(burst) && burst >= requests
        ? []
        : [{ at: at('burst'), value: burst, rule: 'a burst is no smaller than the rate', mend: 'Give at least `requests`' }]),
      ...(per.toMillis() >= SHORTEST ? [] : [{ at: at('per'), value: String(per), rule: 'Envoy fills its bucket every 50 ms at most', mend: 'Lengthen it' }]),
    ]);
    this.filter = addFilter(this, 'local-rate-limit', props, {
      name: 'envoy.filters.http.local_ratelimit',
      type: 'udpa.type.v1.TypedStruct',
      config: {
        type_url: typedConfig(LIMIT)['@type'],
        value: {
          stat_prefix: 'http_local_rate_limiter',
          token_bucket: { max_tokens: burst, tokens_per_fill: requests, fill_interval: per.toString() },
          filter_enabled: { runtime_key: 'local_rate_limit_enabled', default_value: fraction(100) },
          filter_enforced: { runtime_key: 'local_rate_limit_enforced', default_value: fraction(enforced) },
          response_headers_to_add: [{ append_action: 'OVERWRITE_IF_EXISTS_OR_ADD', header: { key: HEADER, value: 'true' } }],
        },
      },
    });
  }
}
