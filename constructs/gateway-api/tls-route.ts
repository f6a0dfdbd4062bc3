import { Construct } from 'constructs';
import { istioAtLeast } from '../istio/version';
import { minorOf } from '../mesh/gateway-api';
import { IMesh, MeshFeature, meshOf } from '../mesh/mesh';
import { TLS_ROUTE, TLSRouteSpec } from './generated/tls-route';
import { backendRefs, RouteProps, Target } from './parents';
import { RouteObject } from './route-object';

/** Settings of {@link TLSRoute}. */
export interface TLSRouteProps extends RouteProps {
  /** Names that clients ask for in TLS. */
  readonly hosts: readonly string[];
  /** Services, with weights where they are several. */
  readonly to: Target | readonly Target[];
  /** Members of the spec in the Gateway API's own words; each replaces the one rendered. @default none */
  readonly spec?: Partial<TLSRouteSpec>;
}

/**
 * Routes TLS that passes through, by the name that the client asks for.
 * @see https://gateway-api.sigs.k8s.io/reference/spec/#tlsroute
 */
export class TLSRoute extends RouteObject<TLSRouteSpec> {
  private readonly settings: TLSRouteProps;

  /** @throws ProblemError where a Service has several ports and none is given */
  constructor(scope: Construct, id: string, props: TLSRouteProps) {
    super(scope, id, kindFor(props.mesh ?? meshOf(scope)), props, 'connections');
    this.settings = props;
  }

  protected render(): TLSRouteSpec {
    const { hosts, to } = this.settings;
    return { hostnames: hosts, parentRefs: this.parentRefs(), rules: [{ backendRefs: backendRefs(to, this.namespace) }] };
  }

  protected override features(): readonly MeshFeature[] {
    return [...super.features(), 'TLSRoute'];
  }
}

/** v1 came with the standard channel; where nobody says what the cluster has, it is what Istio and AKS read. */
function kindFor(mesh: IMesh | undefined): typeof TLS_ROUTE | { readonly apiVersion: string; readonly kind: string } {
  const { gatewayApi } = mesh ?? {};
  const stable = mesh && (gatewayApi ? minorOf(gatewayApi) >= 5 : mesh.flavor === 'addon' || istioAtLeast(mesh, '1.31'));
  return stable ? { ...TLS_ROUTE, apiVersion: 'gateway.networking.k8s.io/v1' } : TLS_ROUTE;
}
