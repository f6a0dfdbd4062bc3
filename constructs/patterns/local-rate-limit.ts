import { Token } from 'cdktf';
import { Construct } from 'constructs';
import { EnvoyFilter, typedConfig } from '../istio/envoy-filter';
import type { Duration } from '../traffic/duration';
import { throwOnProblems } from '../validation';
import { numberProblems, UINT32 } from './checks';
import { addFilter, FilterPatternProps, fraction } from './target';

/** Settings of {@link LocalRateLimit}. */
export interface LocalRateLimitProps extends FilterPatternProps {
  /** Requests that a pod takes in each period. */
  readonly requests: number;
  /** The period: 50 ms or more. */
  readonly per: Duration;
  /** Requests that a pod takes at once after a quiet time. @default `requests` */
  readonly burst?: number;
  /** Percent of the requests beyond that are refused, 0 to 100 to four places; the rest are only counted. @default 100 */
  readonly enforced?: number;
}

const LIMIT = 'envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit';
/** Envoy refuses shorter periods. */
const SHORTEST = 50;
/** Says on a refused request who refused it. */
const HEADER = 'x-local-rate-limit';

/**
 * Answers 429 above a rate that each pod counts by itself: a Service with three pods takes three times as much.
 *
 * Proof: more requests than the burst within one period; those beyond are answered 429 with the header x-local-rate-limit.
 * @see https://istio.io/latest/docs/tasks/policy-enforcement/rate-limit/#local-rate-limit
 */
export class LocalRateLimit extends Construct {
  /** The object that it is written as. */
  readonly filter: EnvoyFilter;

  /** @throws ProblemError where the rate, the period, the share or the port is none */
  constructor(scope: Construct, id: string, props: LocalRateLimitProps) {
    super(scope, id);
    const { requests, per, enforced = 100 } = props;
    const burst = props.burst ?? requests;
    const least = Token.isUnresolved(requests) ? 1 : requests;
    const at = (field: string): string => `${this.node.path}: ${field}`;
    throwOnProblems(`${this.node.path} cannot be created:`, [
      ...numberProblems(at('requests'), requests, { min: 1, max: UINT32 }, 'a rate is a whole number of requests, 1 or more', 'Lengthen `per` for fewer'),
      ...numberProblems(at('burst'), props.burst, { min: least, max: UINT32 }, 'a burst is a whole number, no smaller than the rate', 'Give at least `requests`'),
      ...numberProblems(at('enforced'), enforced, { min: 0, max: 100, fractions: true }, 'a share is 0 to 100 percent', 'Give it in percent'),
      ...(Token.isUnresolved(per.toMillis()) || per.toMillis() >= SHORTEST ? [] : [{ at: at('per'), value: String(per), rule: 'Envoy fills its bucket every 50 ms at most', mend: 'Lengthen it' }]),
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
