import { Construct } from 'constructs';
import type { Problem } from '../validation';
import { GatewayApiObject } from './gateway-api-object';
import { GRPC_ROUTE, GRPCRouteRules, GRPCRouteRulesFilters, GRPCRouteRulesMatches, GRPCRouteSpec } from './generated/grpc-route';
import { Backend, backendRefs, parentRefs, RouteProps } from './parents';

/** A rule: what it applies to, and where it goes. */
export interface GRPCRule {
  /** Service, method and headers; one match, or several of which one must hold. @default every call */
  readonly match?: GRPCRouteRulesMatches | readonly GRPCRouteRulesMatches[];
  readonly to: Backend | readonly Backend[];
  /** What happens on the way: headers, mirrors. @default nothing */
  readonly filters?: readonly GRPCRouteRulesFilters[];
}

export interface GRPCRouteProps extends RouteProps {
  /** Host names, for gateways. @default those of the gateway's listeners */
  readonly hosts?: readonly string[];
  /** @default none: add them with addRule */
  readonly rules?: readonly GRPCRule[];
  /** Members of the spec in the Gateway API's own words; each replaces the one rendered. @default none */
  readonly spec?: Partial<GRPCRouteSpec>;
}

/**
 * Routes gRPC by service and method.
 * @see https://gateway-api.sigs.k8s.io/api-types/grpcroute/
 */
export class GRPCRoute extends GatewayApiObject<GRPCRouteSpec> {
  private readonly settings: GRPCRouteProps;
  private readonly rules: GRPCRouteRules[] = [];

  constructor(scope: Construct, id: string, props: GRPCRouteProps) {
    super(scope, id, GRPC_ROUTE, props);
    this.settings = props;
    (props.rules ?? []).forEach((rule) => this.addRule(rule));
  }

  /** @throws ProblemError where a backend has several ports and none is given */
  addRule(rule: GRPCRule): this {
    this.rules.push({ matches: rule.match && [rule.match].flat(), filters: rule.filters, backendRefs: backendRefs(rule.to, this.namespace) });
    return this;
  }

  protected render(): GRPCRouteSpec {
    const { hosts, parents } = this.settings;
    return { hostnames: hosts, parentRefs: parentRefs(parents, this.namespace), rules: this.rules };
  }

  protected override problems(): Problem[] {
    return (this.spec.rules ?? []).length > 0 ? [] : [{ at: this.at('rules'), rule: 'a route has a rule', mend: 'Call addRule' }];
  }
}
