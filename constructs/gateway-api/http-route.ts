import { Construct } from 'constructs';
import type { Headers } from '../istio/generated/common';
import type { Duration } from '../traffic/duration';
import type { Redirect } from '../traffic/redirect';
import type { Rewrite } from '../traffic/rewrite';
import { Problem, throwOnProblems } from '../validation';
import {
  HTTP_ROUTE,
  HTTPRouteRules,
  HTTPRouteRulesFilters,
  HTTPRouteRulesFiltersCors,
  HTTPRouteRulesFiltersRequestRedirect,
  HTTPRouteRulesFiltersUrlRewrite,
  HTTPRouteRulesMatches,
  HTTPRouteRulesRetry,
  HTTPRouteSpec,
} from './generated/http-route';
import { corsOf, RouteCors } from './http-cors';
import { filteredBackends, headerFilters, HTTPBackend, mirrorFilters, redirectOf, rewriteOf, RouteMirror } from './http-filters';
import { HTTPMatch, httpMatches } from './http-match';
import { retryOf, RouteRetries, RouteTimeouts, timeoutsOf } from './http-timing';
import { BackendService, RouteProps } from './parents';
import { RouteObject } from './route-object';

/** Filters that istiod does not know: it would drop the route. */
const UNKNOWN_FILTERS: Readonly<Record<string, Pick<Problem, 'rule' | 'mend'>>> = {
  ExtensionRef: { rule: 'Istio implements no filter by reference', mend: 'Use an EnvoyFilter or a WasmPlugin' },
  ExternalAuth: { rule: 'Istio asks no authoriser that a route names', mend: 'Write an AuthorizationPolicy with action CUSTOM' },
};

/** A rule: what it applies to, and where it goes. */
export interface HTTPRule {
  /** Name that access logs show. @default `<namespace>.<route>.<position>` */
  readonly name?: string;
  /** One match, or several of which one must hold. Prefixes of paths are of whole segments. @default every request */
  readonly match?: HTTPMatch | readonly HTTPMatch[];
  /** Services, with weights where they are several. @default none: right with a redirect */
  readonly to?: HTTPBackend | BackendService | readonly (HTTPBackend | BackendService)[];
  /** An answer that sends the client elsewhere, in place of `to`. @default none */
  readonly redirect?: Redirect | HTTPRouteRulesFiltersRequestRedirect;
  /** What changes in the path and the host before the request is sent on. @default none */
  readonly rewrite?: Rewrite | HTTPRouteRulesFiltersUrlRewrite;
  /** Who receives copies of the requests. @default none */
  readonly mirror?: RouteMirror | readonly RouteMirror[];
  /** Headers to set, add and remove. @default none */
  readonly headers?: Headers;
  /** Which other origins' scripts may call. Before release 1.5 only the experimental channel has it. @default none: nobody is given leave */
  readonly cors?: RouteCors | HTTPRouteRulesFiltersCors;
  /** How often a failed request is sent again. Only the experimental channel has it. @default two tries more, where no connection came about */
  readonly retries?: RouteRetries | HTTPRouteRulesRetry;
  /** Filters in the Gateway API's own words, after those that the other members make. @default none */
  readonly filters?: readonly HTTPRouteRulesFilters[];
  /** Longest time for the whole request, or for it and for one try. @default none */
  readonly timeout?: Duration | RouteTimeouts;
}

/** Settings of {@link HTTPRoute}. */
export interface HTTPRouteProps extends RouteProps {
  /** Host names, for gateways. @default those of the gateway's listeners */
  readonly hosts?: readonly string[];
  /** Rules before those that addRule brings, or what gives them when everything has been added. @default none */
  readonly rules?: readonly HTTPRule[] | (() => readonly HTTPRule[]);
  /** Members of the spec in the Gateway API's own words; each replaces the one rendered. @default none */
  readonly spec?: Partial<HTTPRouteSpec>;
}

/**
 * Routes HTTP by the Kubernetes Gateway API. What it cannot say (faults, direct responses, delegation) a VirtualService can.
 * Where the mesh's cluster has the standard channel, what only the experimental one has is refused at synth.
 * @see https://gateway-api.sigs.k8s.io/api-types/httproute/
 */
export class HTTPRoute extends RouteObject<HTTPRouteSpec> {
  private readonly settings: HTTPRouteProps;
  private readonly rules: HTTPRouteRules[] = [];

  /** @throws ProblemError as addRule, and where a parent is a Service with several ports and none is given */
  constructor(scope: Construct, id: string, props: HTTPRouteProps) {
    super(scope, id, HTTP_ROUTE, props, 'http');
    this.settings = props;
    if (Array.isArray(props.rules)) {
      (props.rules as readonly HTTPRule[]).forEach((rule) => this.addRule(rule));
    }
  }

  /**
   * Adds a rule. Which one applies is decided by how exact its match is, then by order.
   * @throws ProblemError where it goes nowhere, a backend has several ports and none is given, or the Gateway API cannot say it
   */
  addRule(rule: HTTPRule): this {
    this.rules.push(this.renderRule(rule, this.rules.length));
    return this;
  }

  protected render(): HTTPRouteSpec {
    const { hosts, rules } = this.settings;
    const late = typeof rules === 'function' ? rules().map((rule, index) => this.renderRule(rule, index)) : [];
    return { hostnames: hosts, parentRefs: this.parentRefs(), rules: [...late, ...this.rules] };
  }

  protected override problems(): Problem[] {
    return (this.spec.rules ?? []).length > 0 ? [] : [{ at: this.at('rules'), rule: 'a route has a rule', mend: 'Call addRule' }];
  }

  private renderRule(rule: HTTPRule, index: number): HTTPRouteRules {
    const at = this.at(`rules[${index}]`);
    throwOnProblems(`${this.node.path} cannot take the rule:`, ruleProblems(rule, at));
    const matches = rule.match && [rule.match].flat().flatMap((match) => httpMatches(match, at));
    const filters = [
      ...headerFilters(rule.headers),
      ...(rule.rewrite ? [{ type: 'URLRewrite', urlRewrite: rewriteOf(rule.rewrite, matches ?? [], at) } as const] : []),
      ...mirrorFilters(rule.mirror ? [rule.mirror].flat() : [], this.namespace),
      ...(rule.redirect ? [{ type: 'RequestRedirect', requestRedirect: redirectOf(rule.redirect, this.mesh, at) } as const] : []),
      ...(rule.cors ? [{ type: 'CORS', cors: corsOf(rule.cors, at) } as const] : []),
      ...(rule.filters ?? []),
    ];
    return {
      name: rule.name,
      matches: matches ?? openMatch(filters),
      filters: filters.length > 0 ? filters : undefined,
      backendRefs: rule.to && filteredBackends(rule.to, this.namespace),
      timeouts: timeoutsOf(rule.timeout, at),
      retry: rule.retries && retryOf(rule.retries, at),
    };
  }
}

/** The API wants the prefix written that is replaced, even where it is the whole path. */
function openMatch(filters: readonly HTTPRouteRulesFilters[]): HTTPRouteRulesMatches[] | undefined {
  const replaces = filters.some(({ urlRewrite, requestRedirect }) => [urlRewrite, requestRedirect].some((filter) => filter?.path?.type === 'ReplacePrefixMatch'));
  return replaces ? [{ path: { type: 'PathPrefix', value: '/' } }] : undefined;
}

function ruleProblems({ to, redirect, rewrite, filters = [] }: HTTPRule, at: string): Problem[] {
  const redirects = redirect !== undefined || filters.some(({ type }) => type === 'RequestRedirect');
  return [
    ...(to !== undefined || redirects ? [] : [{ at, rule: 'a rule goes somewhere', mend: 'Give `to` or `redirect`' }]),
    ...(to !== undefined && redirects ? [{ at, rule: 'a redirect is answered at the gateway, so nothing is sent on', mend: 'Give `to` or `redirect`' }] : []),
    ...(redirects && rewrite !== undefined ? [{ at, rule: 'a redirect says itself what changes', mend: 'Leave `rewrite` out' }] : []),
    ...filters.flatMap(({ type }): Problem[] => (type in UNKNOWN_FILTERS ? [{ at: `${at}.filters`, value: type, ...UNKNOWN_FILTERS[type]! }] : [])),
  ];
}
