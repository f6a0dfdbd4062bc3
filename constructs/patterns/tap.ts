import { Construct } from 'constructs';
import { EnvoyFilter } from '../istio/envoy-filter';
import { throwOnProblems } from '../validation';
import { addFilter, FilterPatternProps } from './target';

/** Settings of {@link Tap}. */
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
  /** Name by which a tap is asked for. */
  readonly configId: string;
  /** The object that it is written as. */
  readonly filter: EnvoyFilter;

  /** @throws ProblemError where the name is empty or the port is none */
  constructor(scope: Construct, id: string, props: TapProps) {
    super(scope, id);
    this.configId = props.configId ?? 'tap';
    throwOnProblems(
      `${this.node.path} cannot be created:`,
      this.configId === '' ? [{ at: `${this.node.path}: configId`, value: '', rule: 'a tap is asked for by its name', mend: 'Give one, or leave it out' }] : [],
    );
    this.filter = addFilter(this, 'tap', props, {
      name: 'envoy.filters.http.tap',
      type: 'envoy.extensions.filters.http.tap.v3.Tap',
      config: { common_config: { admin_config: { config_id: this.configId } } },
    });
  }
}
