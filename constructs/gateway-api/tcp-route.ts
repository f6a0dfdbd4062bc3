import { Construct } from 'constructs';
import { istioAtLeast } from '../istio/version';
import { minorOf } from '../mesh/gateway-api';
import { IMesh, meshOf } from '../mesh/mesh';
import { TCP_ROUTE, TCPRouteSpec } from './generated/tcp-route';
import { backendRefs, RouteProps, Target } from './parents';
import { RouteObject } from './route-object';

/** Settings of {@link TCPRoute}. */
export interface TCPRouteProps extends RouteProps {
  /** Services, with weights where they are several. */
  readonly to: Target | readonly Target[];
  /** Members of the spec in the Gateway API's own words; each replaces the one rendered. @default none */
  readonly spec?: Partial<TCPRouteSpec>;
}

/**
 * Routes connections of a protocol that Istio does not read, by the port that they come in at.
 * @see https://gateway-api.sigs.k8s.io/reference/spec/#tcproute
 */
export class TCPRoute extends RouteObject<TCPRouteSpec> {
  private readonly settings: TCPRouteProps;

  /** @throws ProblemError where a Service has several ports and none is given */
  constructor(scope: Construct, id: string, props: TCPRouteProps) {
    super(scope, id, kindFor(props.mesh ?? meshOf(scope)), props, 'connections');
    this.settings = props;
  }

  protected render(): TCPRouteSpec {
    const { to } = this.settings;
    return { parentRefs: this.parentRefs(), rules: [{ backendRefs: backendRefs(to, this.namespace) }] };
  }
}

/** v1 came with the standard channel; where nobody says what the cluster has, it is what Istio reads. */
function kindFor(mesh: IMesh | undefined): typeof TCP_ROUTE | { readonly apiVersion: string; readonly kind: string } {
  const { gatewayApi } = mesh ?? {};
  const stable = mesh && (gatewayApi ? minorOf(gatewayApi) >= 6 : istioAtLeast(mesh, '1.31'));
  return stable ? { ...TCP_ROUTE, apiVersion: 'gateway.networking.k8s.io/v1' } : TCP_ROUTE;
}
