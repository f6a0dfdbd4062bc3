import { Construct } from 'constructs';
import type { Duration } from '../traffic/duration';
import { Problem, throwOnProblems } from '../validation';
import { GatewayApiObject } from './gateway-api-object';
import { HTTP_ROUTE, HTTPRouteRules, HTTPRouteRulesFilters, HTTPRouteRulesMatches, HTTPRouteSpec } from './generated/http-route';
import { Backend, backendRefs, parentRefs, RouteProps } from './parents';

/** A rule: what it applies to, and where it goes. */
export interface HTTPRule {
  /** One match, or several of which one must hold. @default every request */
  readonly match?: HTTPRouteRulesMatches | readonly HTTPRouteRulesMatches[];
  /** @default none: right with a redirect */
  readonly to?: Backend | readonly Backend[];
  /** What happens on the way: headers, rewrites, redirects, mirrors. @default nothing */
  readonly filters?: readonly HTTPRouteRulesFilters[];
  /** Longest time for the whole request. @default none */
  readonly timeout?: Duration;
}

export interface HTTPRouteProps extends RouteProps {
  /** Host names, for gateways. @default those of the gateway's listeners */
  readonly hosts?: readonly string[];
  /** @default none: add them with addRule */
  readonly rules?: readonly HTTPRule[];
  /** Members of the spec in the Gateway API's own words; each replaces the one rendered. @default none */
  readonly spec?: Partial<HTTPRouteSpec>;
}

/**
 * Routes HTTP by the Kubernetes Gateway API.
 * @see https://gateway-api.sigs.k8s.io/api-types/httproute/
 */
export class HTTPRoute extends GatewayApiObject<HTTPRouteSpec> {
  private readonly settings: HTTPRouteProps;
  private readonly rules: HTTPRouteRules[] = [];

  constructor(scope: Construct, id: string, props: HTTPRouteProps) {
    super(scope, id, HTTP_ROUTE, props);
    this.settings = props;
    (props.rules ?? []).forEach((rule) => this.addRule(rule));
  }

  /**
   * Adds a rule. Which one applies is decided by how exact its match is, then by order.
   * @throws ProblemError where a backend has several ports and none is given, or it goes nowhere
   */
  addRule(rule: HTTPRule): this {
    const answers = rule.filters?.some(({ type }) => type === 'RequestRedirect' || type === 'ExtensionRef') ?? false;
    throwOnProblems(
      `${this.node.path} cannot take the rule:`,
      rule.to !== undefined || answers ? [] : [{ at: this.at(`rules[${this.rules.length}]`), rule: 'a rule goes somewhere', mend: 'Give `to`, or a redirect among the filters' }],
    );
    this.rules.push({
      matches: rule.match && [rule.match].flat(),
      filters: rule.filters,
      backendRefs: rule.to && backendRefs(rule.to, this.namespace),
      timeouts: rule.timeout && { request: rule.timeout.toString() },
    });
    return this;
  }

  protected render(): HTTPRouteSpec {
    const { hosts, parents } = this.settings;
    return { hostnames: hosts, parentRefs: parentRefs(parents, this.namespace), rules: this.rules };
  }

  protected override problems(): Problem[] {
    return (this.spec.rules ?? []).length > 0 ? [] : [{ at: this.at('rules'), rule: 'a route has a rule', mend: 'Call addRule' }];
  }
}
