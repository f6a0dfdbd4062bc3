import { Construct } from 'constructs';
import { EnvoyFilter } from '../istio/envoy-filter';
import { addFilter, FilterPatternProps } from './target';

export interface TapProps extends FilterPatternProps {
  /** Name by which a tap is asked for. @default 'tap' */
  readonly configId?: string;
}

/**
 * Lets an operator watch whole requests and answers of a proxy, headers and bodies, through its administration port. Nothing is sent until asked for.
 *
 * Proof: `kubectl exec <pod> -c istio-proxy -- curl -X POST localhost:15000/tap -d <match>`, then a request; it appears.
 * @see https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_filters/tap_filter
 */
export class Tap extends Construct {
  readonly configId: string;
  readonly filter: EnvoyFilter;

  constructor(scope: Construct, id: string, props: TapProps) {
    super(scope, id);
    this.configId = props.configId ?? 'tap';
    this.filter = addFilter(this, 'tap', props, {
      name: 'envoy.filters.http.tap',
      type: 'envoy.extensions.filters.http.tap.v3.Tap',
      config: { common_config: { admin_config: { config_id: this.configId } } },
    });
  }
}
