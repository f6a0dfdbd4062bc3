import { Construct } from 'constructs';
import type { Headers } from '../istio/generated/common';
import { Match } from '../traffic/match';
import { Problem, throwOnProblems } from '../validation';
import { GRPC_ROUTE, GRPCRouteRules, GRPCRouteRulesFilters, GRPCRouteRulesMatches, GRPCRouteSpec } from './generated/grpc-route';
import { filteredBackends, headerFilters, HTTPBackend, mirrorFilters, RouteMirror } from './http-filters';
import { headerMatches } from './http-match';
import { BackendService, RouteProps } from './parents';
import { RouteObject } from './route-object';

/** What a call must look like: headers by value, or service, method and headers in the Gateway API's own words. */
export type GRPCMatch = Match | GRPCRouteRulesMatches;

/** A rule: what it applies to, and where it goes. */
export interface GRPCRule {
  /** Name that access logs show. @default `<namespace>.<route>.<position>` */
  readonly name?: string;
  /** One match, or several of which one must hold. @default every call */
  readonly match?: GRPCMatch | readonly GRPCMatch[];
  /** Services, with weights where they are several. */
  readonly to: HTTPBackend | BackendService | readonly (HTTPBackend | BackendService)[];
  /** Who receives copies of the calls. @default none */
  readonly mirror?: RouteMirror | readonly RouteMirror[];
  /** Headers to set, add and remove. @default none */
  readonly headers?: Headers;
  /** Filters in the Gateway API's own words, after those that the other members make. @default none */
  readonly filters?: readonly GRPCRouteRulesFilters[];
}

/** Settings of {@link GRPCRoute}. */
export interface GRPCRouteProps extends RouteProps {
  /** Host names, for gateways. @default those of the gateway's listeners */
  readonly hosts?: readonly string[];
  /** Rules before those that addRule brings. @default none */
  readonly rules?: readonly GRPCRule[];
  /** Members of the spec in the Gateway API's own words; each replaces the one rendered. @default none */
  readonly spec?: Partial<GRPCRouteSpec>;
}

/**
 * Routes gRPC by service and method.
 * @see https://gateway-api.sigs.k8s.io/api-types/grpcroute/
 */
export class GRPCRoute extends RouteObject<GRPCRouteSpec> {
  private readonly settings: GRPCRouteProps;
  private readonly rules: GRPCRouteRules[] = [];

  /** @throws ProblemError as addRule, and where a parent is a Service with several ports and none is given */
  constructor(scope: Construct, id: string, props: GRPCRouteProps) {
    super(scope, id, GRPC_ROUTE, props, 'http');
    this.settings = props;
    (props.rules ?? []).forEach((rule) => this.addRule(rule));
  }

  /**
   * Adds a rule. Which one applies is decided by how exact its match is, then by order.
   * @throws ProblemError where a backend has several ports and none is given, or the Gateway API cannot say it
   */
  addRule(rule: GRPCRule): this {
    const at = this.at(`rules[${this.rules.length}]`);
    throwOnProblems(
      `${this.node.path} cannot take the rule:`,
      rule.filters?.some(({ type }) => type === 'ExtensionRef')
        ? [{ at: `${at}.filters`, value: 'ExtensionRef', rule: 'Istio implements no filter by reference', mend: 'Use an EnvoyFilter or a WasmPlugin' }]
        : [],
    );
    const filters = [
      ...headerFilters(rule.headers),
      ...mirrorFilters(rule.mirror ? [rule.mirror].flat() : [], this.namespace),
      ...(rule.filters ?? []),
    ];
    this.rules.push({
      name: rule.name,
      matches: rule.match && [rule.match].flat().map((match) => (match instanceof Match ? { headers: headerMatches(match, at) } : match)),
      filters: filters.length > 0 ? filters : undefined,
      backendRefs: filteredBackends(rule.to, this.namespace),
    });
    return this;
  }

  protected render(): GRPCRouteSpec {
    const { hosts } = this.settings;
    return { hostnames: hosts, parentRefs: this.parentRefs(), rules: this.rules };
  }

  protected override problems(): Problem[] {
    return (this.spec.rules ?? []).length > 0 ? [] : [{ at: this.at('rules'), rule: 'a route has a rule', mend: 'Call addRule' }];
  }
}
