import { Construct } from 'constructs';
import { EnvoyFilter } from '../istio/envoy-filter';
import { luaProblems } from '../istio/lua';
import { throwOnProblems } from '../validation';
import { addFilter, FilterPatternProps } from './target';

/** Settings of {@link LuaFilter}. */
export interface LuaFilterProps extends FilterPatternProps {
  /** Lua that defines `envoy_on_request(handle)`, `envoy_on_response(handle)` or both, as global functions. */
  readonly code: string;
}

/**
 * Runs a few lines of Lua on every request, on every flavour and version. From Istio 1.30 on, TrafficExtension does the same under Istio's own API.
 *
 * Proof: a request, and the header that the script sets in its answer.
 * @see https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_filters/lua_filter
 */
export class LuaFilter extends Construct {
  /** The filter, for further patches. */
  readonly filter: EnvoyFilter;

  /** @throws ProblemError where Envoy would find no function to call */
  constructor(scope: Construct, id: string, props: LuaFilterProps) {
    super(scope, id);
    throwOnProblems(`${this.node.path} cannot be created:`, luaProblems(props.code, `${this.node.path}: code`));
    this.filter = addFilter(this, 'lua', props, {
      name: 'envoy.filters.http.lua',
      type: 'envoy.extensions.filters.http.lua.v3.Lua',
      config: { default_source_code: { inline_string: props.code } },
    });
  }
}
