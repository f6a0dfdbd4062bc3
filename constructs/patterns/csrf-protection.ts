import { Construct } from 'constructs';
import { EnvoyFilter } from '../istio/envoy-filter';
import type { StringMatch } from '../istio/generated/common';
import { addFilter, FilterPatternProps, fraction } from './target';

/** Settings of {@link CsrfProtection}. */
export interface CsrfProtectionProps extends FilterPatternProps {
  /** Origins beside the one that is asked, as host and port, exactly or by how they are compared. @default none */
  readonly allowedOrigins?: readonly (string | StringMatch)[];
  /** Only counts what it would refuse. @default false */
  readonly shadow?: boolean;
}

/**
 * Rejects cross-site POST, PUT, PATCH and DELETE with 403.
 *
 * Proof: `curl -X POST -H 'origin: http://evil.example'`; the answer is 403.
 * @see https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_filters/csrf_filter
 */
export class CsrfProtection extends Construct {
  /** The object that it is written as. */
  readonly filter: EnvoyFilter;

  constructor(scope: Construct, id: string, props: CsrfProtectionProps) {
    super(scope, id);
    const origins = (props.allowedOrigins ?? []).map((origin) => (typeof origin === 'string' ? { exact: origin } : origin));
    this.filter = addFilter(this, 'csrf', props, {
      name: 'envoy.filters.http.csrf',
      type: 'envoy.extensions.filters.http.csrf.v3.CsrfPolicy',
      config: {
        filter_enabled: { default_value: fraction(props.shadow ? 0 : 100) },
        ...(props.shadow && { shadow_enabled: { default_value: fraction(100) } }),
        ...(origins.length > 0 && { additional_origins: origins.map(envoyMatch) }),
      },
    });
  }
}

function envoyMatch(match: StringMatch): Record<string, unknown> {
  return match.regex === undefined ? { ...match } : { safe_regex: { regex: match.regex } };
}
