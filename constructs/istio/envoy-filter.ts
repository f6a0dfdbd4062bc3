import { Construct } from 'constructs';
import { ENVOY_FILTER, EnvoyFilterConfigPatches, EnvoyFilterConfigPatchesMatch, EnvoyFilterSpec } from './generated/envoy-filter';
import { labelSelector } from './selector';
import { podsOf, referencesTo } from './target';
import { TargetedObject, TargetedProps } from './targeted-object';
import type { Problem } from '../validation';

/** Which proxies, and which side of them, a patch is for. */
export type EnvoyContext = NonNullable<EnvoyFilterConfigPatchesMatch['context']>;

/** A filter of Envoy's HTTP connection manager. */
export interface EnvoyHttpFilter {
  /** Envoy's name for it, such as `envoy.filters.http.lua`. */
  readonly name: string;
  /** Type of the settings, such as `envoy.extensions.filters.http.lua.v3.Lua`. */
  readonly type: string;
  /** Its settings, in Envoy's own words, without `@type`. @default none */
  readonly config?: Readonly<Record<string, unknown>>;
}

/** Where an HTTP filter is put. */
export interface HttpFilterOptions {
  /** Side of the proxy that it stands on: of what pods are asked, of what they ask, or of a gateway. @default 'SIDECAR_INBOUND' */
  readonly context?: EnvoyContext;
  /** Port of the listener: the pods' own for sidecars, the gateway pods' for gateways. @default every one */
  readonly port?: number;
}

/** Settings of {@link EnvoyFilter}. */
export interface EnvoyFilterProps extends TargetedProps<EnvoyFilterSpec> {
  /** Filters are applied from the lowest to the highest. @default Istio's own, 0 */
  readonly priority?: number;
  /** What to change, in Istio's own words. @default none: add them with addPatch or addHttpFilter */
  readonly patches?: readonly EnvoyFilterConfigPatches[];
}

const ROUTER = 'envoy.filters.http.router';
const CONNECTION_MANAGER = 'envoy.filters.network.http_connection_manager';

/**
 * Changes what istiod tells the proxies, in Envoy's own words. These change between releases of Istio: prefer any other kind.
 * @see https://istio.io/latest/docs/reference/config/networking/envoy-filter/
 */
export class EnvoyFilter extends TargetedObject<EnvoyFilterSpec> {
  private readonly priority?: number;
  private readonly patches: EnvoyFilterConfigPatches[];

  constructor(scope: Construct, id: string, props: EnvoyFilterProps) {
    super(scope, id, ENVOY_FILTER, props, props.target);
    this.priority = props.priority;
    this.patches = [...(props.patches ?? [])];
  }

  /** Adds a change in Istio's own words, applied after those that are there. @see https://istio.io/latest/docs/reference/config/networking/envoy-filter/#EnvoyFilter-EnvoyConfigObjectPatch */
  addPatch(patch: EnvoyFilterConfigPatches): this {
    this.patches.push(patch);
    return this;
  }

  /** Puts a filter right before the router, behind Istio's own. */
  addHttpFilter(filter: EnvoyHttpFilter, options: HttpFilterOptions = {}): this {
    return this.addPatch({
      applyTo: 'HTTP_FILTER',
      match: {
        context: options.context ?? 'SIDECAR_INBOUND',
        listener: { portNumber: options.port, filterChain: { filter: { name: CONNECTION_MANAGER, subFilter: { name: ROUTER } } } },
      },
      patch: { operation: 'INSERT_BEFORE', value: { name: filter.name, typed_config: typedConfig(filter.type, filter.config) } },
    });
  }

  protected render(): EnvoyFilterSpec {
    const { target, priority, patches } = this;
    return { workloadSelector: labelSelector(podsOf(target)), targetRefs: referencesTo(target), priority, configPatches: patches };
  }

  protected override problems(): Problem[] {
    return (this.spec.configPatches ?? []).length > 0
      ? []
      : [{ at: this.at('configPatches'), rule: 'an EnvoyFilter without patches does nothing', mend: 'Call addPatch or addHttpFilter' }];
  }
}

/** Settings as Envoy wants them in an `Any`. */
export function typedConfig(type: string, config: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return { '@type': `type.googleapis.com/${type}`, ...config };
}
