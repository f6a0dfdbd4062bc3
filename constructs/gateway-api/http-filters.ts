import type { HeaderOperations, Headers } from '../istio/generated/common';
import { istioAtLeast } from '../istio/version';
import type { IService } from '../kubernetes/service';
import { minorOf } from '../mesh/gateway-api';
import type { IMesh } from '../mesh/mesh';
import type { Percent } from '../traffic/percent';
import { Redirect, RedirectStatus } from '../traffic/redirect';
import { Rewrite } from '../traffic/rewrite';
import { Problem, throwOnProblems } from '../validation';
import type {
  HTTPRouteRulesFiltersRequestHeaderModifier,
  HTTPRouteRulesFiltersRequestMirror,
  HTTPRouteRulesFiltersRequestRedirect,
  HTTPRouteRulesFiltersUrlRewrite,
  HTTPRouteRulesMatches,
} from './generated/http-route';
import { Backend, BackendRef, backendOf, backendRefs, BackendService } from './parents';

/** A Service that requests are sent to, how many of them, and what is changed on the way there. */
export interface HTTPBackend extends Backend {
  /** Headers to set, add and remove for this one. @default none */
  readonly headers?: Headers;
}

/** A copy of each request, whose answer is thrown away. */
export interface RouteMirror {
  /** The Service that receives the copies. */
  readonly to: Backend | IService;
  /** Share of the requests that are copied. @default all requests */
  readonly percent?: Percent;
}

/** Filters that routes of HTTP and of gRPC have alike. */
export type CommonFilter =
  | { readonly type: 'RequestHeaderModifier'; readonly requestHeaderModifier: HTTPRouteRulesFiltersRequestHeaderModifier }
  | { readonly type: 'ResponseHeaderModifier'; readonly responseHeaderModifier: HTTPRouteRulesFiltersRequestHeaderModifier }
  | { readonly type: 'RequestMirror'; readonly requestMirror: HTTPRouteRulesFiltersRequestMirror };

/** Statuses that every release of the Gateway API takes, and those since 1.5. */
const STATUSES: readonly number[] = [301, 302];
const LATER_STATUSES: readonly number[] = [303, 307, 308];
/** The finest share of mirrored requests: Percent has four digits. */
const FINEST = 10_000;

/** Headers that are set, added and removed on the way. */
export function headerFilters(headers: Headers | undefined): CommonFilter[] {
  const { request, response } = headers ?? {};
  return [
    ...(request ? [{ type: 'RequestHeaderModifier', requestHeaderModifier: modifier(request) } as const] : []),
    ...(response ? [{ type: 'ResponseHeaderModifier', responseHeaderModifier: modifier(response) } as const] : []),
  ];
}

/** Backends, with the headers of each, as a route of this namespace names them. */
export function filteredBackends(
  targets: HTTPBackend | BackendService | readonly (HTTPBackend | BackendService)[],
  namespace: string,
): (BackendRef & { readonly filters?: readonly CommonFilter[] })[] {
  return [targets].flat().map((target) => {
    const { headers }: HTTPBackend = backendOf(target);
    const filters = headerFilters(headers);
    return { ...backendRefs(target, namespace)[0], filters: filters.length > 0 ? filters : undefined };
  });
}

/** Copies, as a route of this namespace sends them. */
export function mirrorFilters(mirrors: readonly RouteMirror[], namespace: string): CommonFilter[] {
  return mirrors.map(({ to, percent }) => {
    const [{ name, namespace: elsewhere, port }] = backendRefs(to, namespace);
    return { type: 'RequestMirror', requestMirror: { backendRef: { name, namespace: elsewhere, port }, ...share(percent) } };
  });
}

/**
 * A redirect in the Gateway API's words.
 * @throws ProblemError where the API cannot say it
 */
export function redirectOf(redirect: Redirect | HTTPRouteRulesFiltersRequestRedirect, mesh: IMesh, at: string): HTTPRouteRulesFiltersRequestRedirect {
  if (!(redirect instanceof Redirect)) {
    return redirect;
  }
  const { uri, authority, port, derivePort, scheme, redirectCode = 301 } = redirect.toSpec();
  // The port that the API takes where none is given.
  const derived = scheme === undefined ? 'FROM_REQUEST_PORT' : 'FROM_PROTOCOL_DEFAULT';
  const usual = scheme === undefined ? 'port of the request' : 'usual port of the scheme';
  const statuses = (mesh.gatewayApi ? minorOf(mesh.gatewayApi) >= 5 : istioAtLeast(mesh, '1.30')) ? [...STATUSES, ...LATER_STATUSES] : STATUSES;
  const release = mesh.gatewayApi ? `1.${minorOf(mesh.gatewayApi)}` : `of Istio ${mesh.version}`;
  throwOnProblems('The Gateway API cannot redirect like this:', [
    ...(statuses.includes(redirectCode)
      ? []
      : [
          {
            at: `${at}.redirect.status`,
            value: redirectCode,
            rule: `redirects of the Gateway API ${release} have status ${statuses.join(' or ')}`,
            mend: 'Give one of these, or write a VirtualService; 303, 307 and 308 came with 1.5',
          },
        ]),
    ...(derivePort === undefined || derivePort === derived
      ? []
      : [{ at: `${at}.redirect.port`, value: derivePort, rule: `without a number the port is the ${usual}`, mend: 'Leave `port` out, or give the number' }]),
  ]);
  return {
    scheme: scheme as 'http' | 'https' | undefined,
    hostname: authority,
    path: uri === undefined ? undefined : { type: 'ReplaceFullPath', replaceFullPath: uri },
    port,
    statusCode: redirectCode as RedirectStatus,
  };
}

/**
 * A rewrite in the Gateway API's words. What `Rewrite.prefix` replaces depends on the match, as it does in a VirtualService.
 * @throws ProblemError where the API cannot say it
 */
export function rewriteOf(
  rewrite: Rewrite | HTTPRouteRulesFiltersUrlRewrite,
  matches: readonly HTTPRouteRulesMatches[],
  at: string,
): HTTPRouteRulesFiltersUrlRewrite {
  if (!(rewrite instanceof Rewrite)) {
    return rewrite;
  }
  const { uri, uriRegexRewrite, authority } = rewrite.toSpec();
  const replacesPrefix = matches.length === 0 || matches.some(({ path }) => (path?.type ?? 'PathPrefix') === 'PathPrefix');
  const problems: Problem[] = [
    ...(uriRegexRewrite
      ? [{ at: `${at}.rewrite`, value: uriRegexRewrite, rule: 'the Gateway API rewrites no path by expression', mend: 'Use Rewrite.prefix, or write a VirtualService' }]
      : []),
    ...(uri !== undefined && replacesPrefix && matches.length > 1
      ? [{ at: `${at}.rewrite`, value: uri, rule: 'a prefix is replaced where the rule has one match, by that prefix', mend: 'Give each prefix a rule of its own' }]
      : []),
  ];
  throwOnProblems('The Gateway API cannot rewrite like this:', problems);
  return {
    hostname: authority,
    path:
      uri === undefined
        ? undefined
        : replacesPrefix
          ? { type: 'ReplacePrefixMatch', replacePrefixMatch: uri }
          : { type: 'ReplaceFullPath', replaceFullPath: uri },
  };
}

function modifier({ set, add, remove }: HeaderOperations): HTTPRouteRulesFiltersRequestHeaderModifier {
  const pairs = (headers: HeaderOperations['set']) => headers && Object.entries(headers).map(([name, value]) => ({ name, value }));
  return { set: pairs(set), add: pairs(add), remove };
}

/** Whole percents are written as such, finer shares as a fraction. */
function share(percent: Percent | undefined): Pick<HTTPRouteRulesFiltersRequestMirror, 'percent' | 'fraction'> {
  if (!percent || percent.value === 100) {
    return {};
  }
  return Number.isInteger(percent.value)
    ? { percent: percent.value }
    : { fraction: { numerator: Math.round(percent.value * FINEST), denominator: 100 * FINEST } };
}
