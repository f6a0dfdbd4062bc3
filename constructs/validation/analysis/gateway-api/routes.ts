import type { GatewaySpec } from '../../../gateway-api/generated/gateway';
import { isServed } from '../../../model/gateway-api/listeners';
import { BackendReference, GATEWAY_API, RouteKind } from '../../../model/gateway-api/references';
import { ModelObject, namespaceOf } from '../../../model/object';
import { fullName, NETWORKING, Scope } from '../scope';

export interface ParentRef {
  readonly group?: string;
  readonly kind?: string;
  readonly name: string;
  readonly namespace?: string;
  readonly port?: number;
  readonly sectionName?: string;
}

export interface RouteFilter {
  readonly type?: string;
  readonly requestMirror?: { readonly backendRef?: BackendReference };
}

export interface RouteBackend extends BackendReference {
  readonly filters?: readonly RouteFilter[];
}

/** What the routes of all protocols have in common. */
export interface RouteSpec {
  readonly parentRefs?: readonly ParentRef[];
  readonly hostnames?: readonly string[];
  readonly rules?: readonly {
    readonly matches?: readonly object[];
    readonly filters?: readonly RouteFilter[];
    readonly backendRefs?: readonly RouteBackend[];
    readonly sessionPersistence?: object;
  }[];
}

export type Route = ModelObject<RouteSpec>;
export type Gateway = ModelObject<GatewaySpec>;

/** What a route is attached to, as far as it is known. */
export type Parent = 'mesh' | 'gateway' | 'foreign' | 'unknown';

export const SEE = 'https://gateway-api.sigs.k8s.io/';
const KINDS: readonly RouteKind[] = ['HTTPRoute', 'GRPCRoute', 'TLSRoute', 'TCPRoute'];

/** The objects of the Gateway API in a mesh. */
export class GatewayObjects {
  readonly routes: readonly Route[];
  readonly gateways: readonly Gateway[];
  private readonly byName: ReadonlyMap<string, Gateway>;

  constructor(readonly scope: Scope) {
    const { model } = scope;
    this.routes = KINDS.flatMap((kind) => model.ofKind<RouteSpec>(GATEWAY_API, kind));
    this.gateways = model.ofKind<GatewaySpec>(GATEWAY_API, 'Gateway');
    this.byName = new Map(this.gateways.map((gateway) => [fullName(gateway), gateway]));
  }

  /** The Gateway that a reference means, if it is among the objects. */
  gatewayOf(ref: ParentRef, route: Route): Gateway | undefined {
    return this.byName.get(`${ref.namespace ?? namespaceOf(route)}/${ref.name}`);
  }

  /** Whether istiod reads routes for a Gateway. */
  serves(gateway: Gateway): boolean {
    return isServed(this.scope.model, gateway.spec?.gatewayClassName ?? '');
  }

  parentOf(ref: ParentRef, route: Route): Parent {
    const kind = kindOf(ref);
    if (kind === '/Service' || kind === `${NETWORKING}/ServiceEntry`) {
      return 'mesh';
    }
    const gateway = kind === `${GATEWAY_API}/Gateway` ? this.gatewayOf(ref, route) : undefined;
    return gateway ? (this.serves(gateway) ? 'gateway' : 'foreign') : 'unknown';
  }

  parentsOf(route: Route): ReadonlySet<Parent> {
    return new Set((route.spec?.parentRefs ?? []).map((ref) => this.parentOf(ref, route)));
  }
}

export function kindOf({ group = GATEWAY_API, kind = 'Gateway' }: ParentRef): string {
  return `${group}/${kind}`;
}
