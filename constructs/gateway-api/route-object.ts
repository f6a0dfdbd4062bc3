import type { Construct } from 'constructs';
import type { IstioKind } from '../istio/istio-object';
import { GatewayApiObject } from './gateway-api-object';
import type { HTTPRouteParentRefs, HTTPRouteRulesBackendRefs, HTTPRouteRulesFilters } from './generated/http-route';
import type { ForeignReference } from './grants';
import { isOfGateways, parentRefs, RouteParent, RouteProps } from './parents';

interface RouteSpec {
  readonly rules?: readonly {
    readonly backendRefs?: readonly HTTPRouteRulesBackendRefs[];
    readonly filters?: readonly Pick<HTTPRouteRulesFilters, 'requestMirror'>[];
  }[];
}

/** What routes of every protocol have in common: parents, and backends that may be in other namespaces. */
export abstract class RouteObject<Spec extends RouteSpec> extends GatewayApiObject<Spec> {
  private readonly parents: readonly RouteParent[];

  /** @throws ProblemError where a parent is a Service with several ports and none is given */
  protected constructor(scope: Construct, id: string, kind: IstioKind, props: RouteProps & { readonly spec?: Partial<Spec> }, private readonly protocol: 'http' | 'connections') {
    super(scope, id, kind, props);
    this.parents = props.parents;
    this.parentRefs();
  }

  /** The parents as they are now: a gateway may get more listeners. */
  protected parentRefs(): HTTPRouteParentRefs[] {
    return parentRefs(this.parents, this.namespace, this.protocol);
  }

  /** Routes of the mesh need no leave. */
  protected override references(): ForeignReference[] {
    return isOfGateways(this.parents)
      ? (this.spec.rules ?? []).flatMap(({ backendRefs = [], filters = [] }, index) =>
          [...backendRefs, ...filters.flatMap(({ requestMirror }) => requestMirror?.backendRef ?? [])].flatMap(({ kind = 'Service', name, namespace }) =>
            kind === 'Service' && namespace !== undefined ? [{ at: this.at(`rules[${index}]`), kind, name, namespace }] : [],
          ),
        )
      : [];
  }
}
