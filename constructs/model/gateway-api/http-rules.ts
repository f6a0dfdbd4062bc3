import type { Headers, StringMatch, VirtualServiceHttp, VirtualServiceHttpMatch } from '../../istio/generated';
import type { GRPCRouteRules, GRPCRouteRulesMatches } from '../../gateway-api/generated/grpc-route';
import type { HTTPRouteRules, HTTPRouteRulesFilters, HTTPRouteRulesMatches } from '../../gateway-api/generated/http-route';
import type { Backends } from './backends';

/** A rule of an HTTPRoute or GRPCRoute with one of its matches, as the route of a VirtualService that istiod makes of it. */
export type ConvertedRule = VirtualServiceHttp;

type Filter = HTTPRouteRulesFilters;

const ANY_PATH = { type: 'PathPrefix', value: '/' } as const;
// `%PREFIX()%` before a redirect's path: what the match covered is replaced, and nothing else.
export const PREFIX_MARK = '%PREFIX()%';

/** Matches of a rule: without any, whatever comes, which the API server writes as the path prefix `/`. */
export function httpMatches(rule: HTTPRouteRules): VirtualServiceHttpMatch[] {
  const matches: readonly HTTPRouteRulesMatches[] = rule.matches?.length ? rule.matches : [{}];
  return matches.map((match) => ({
    uri: pathMatch(match.path ?? ANY_PATH),
    ...(match.method ? { method: { exact: match.method } } : {}),
    ...(match.headers?.length ? { headers: valueMatches(match.headers) } : {}),
    ...(match.queryParams?.length ? { queryParams: valueMatches(match.queryParams) } : {}),
  }));
}

/** Matches of a rule for gRPC, whose paths are `/service/method`. */
export function grpcMatches(rule: Pick<GRPCRouteRules, 'matches'>): (VirtualServiceHttpMatch | undefined)[] {
  const matches: readonly (GRPCRouteRulesMatches | undefined)[] = rule.matches?.length ? rule.matches : [undefined];
  return matches.map(
    (match) =>
      match && {
        ...(match.method ? { uri: grpcPath(match.method) } : {}),
        ...(match.headers?.length ? { headers: valueMatches(match.headers) } : {}),
      },
  );
}

function pathMatch({ type = 'PathPrefix', value = '/' }: NonNullable<HTTPRouteRulesMatches['path']>): StringMatch {
  if (type === 'PathPrefix') {
    return { prefix: value === '/' ? value : value.replace(/\/$/, '') };
  }
  return type === 'Exact' ? { exact: value } : { regex: value };
}

function grpcPath({ type = 'Exact', service, method }: NonNullable<GRPCRouteRulesMatches['method']>): StringMatch {
  if (service === undefined) {
    return { regex: `/[^/]+/${method ?? ''}` };
  }
  if (type === 'Exact') {
    return method === undefined ? { prefix: `/${service}/` } : { exact: `/${service}/${method}` };
  }
  return { regex: `/${service}/${method ?? '.+'}` };
}

function valueMatches(
  wanted: readonly { readonly name: string; readonly type?: string; readonly value: string }[],
): Readonly<Record<string, StringMatch>> {
  return Object.fromEntries(wanted.map(({ name, type, value }) => [name, type === 'RegularExpression' ? { regex: value } : { exact: value }]));
}

/**
 * What a rule does with what it takes. Without a backend that has weight it answers 500.
 * @returns nothing for filters that Istio does not know, which make it drop the whole route
 */
export function convertRule(rule: HTTPRouteRules, name: string, backends: Backends): VirtualServiceHttp | undefined {
  const filters: readonly Filter[] = rule.filters ?? [];
  if (filters.some(({ type }) => type === 'ExtensionRef')) {
    return undefined;
  }
  const redirect = filters.find(({ type }) => type === 'RequestRedirect')?.requestRedirect;
  const rewrite = filters.find(({ type }) => type === 'URLRewrite')?.urlRewrite;
  const mirrors = filters.flatMap(({ requestMirror }) => (requestMirror ? backends.mirror(requestMirror) : []));
  const headers = headersOf(filters);
  const weights = (rule.backendRefs ?? []).reduce((sum, { weight = 1 }) => sum + weight, 0);
  const common: VirtualServiceHttp = {
    name: rule.name ?? name,
    ...(headers ? { headers } : {}),
    ...(mirrors.length > 0 ? { mirrors } : {}),
    ...timing(rule),
    ...(rewrite ? { rewrite: rewriteOf(rewrite) } : {}),
    ...(redirect ? { redirect: redirectOf(redirect) } : {}),
  };
  if (weights === 0 && !redirect) {
    return { ...common, directResponse: { status: 500 } };
  }
  const route = backends.weighted(rule.backendRefs ?? [], (own: readonly Filter[]) => headersOf(own));
  return route && { ...common, ...(route.length > 0 ? { route } : {}) };
}

function headersOf(filters: readonly Filter[]): Headers | undefined {
  const operations = (type: Filter['type'], field: 'requestHeaderModifier' | 'responseHeaderModifier'): Headers['request'] => {
    const modifier = filters.find((filter) => filter.type === type)?.[field];
    return modifier && { set: firstOf(modifier.set), add: firstOf(modifier.add), remove: modifier.remove };
  };
  const request = operations('RequestHeaderModifier', 'requestHeaderModifier');
  const response = operations('ResponseHeaderModifier', 'responseHeaderModifier');
  return request || response ? { ...(request ? { request } : {}), ...(response ? { response } : {}) } : undefined;
}

/** Of headers whose names differ in case alone the first counts. */
function firstOf(list: readonly { readonly name: string; readonly value: string }[] | undefined): Record<string, string> | undefined {
  const found: Record<string, string> = {};
  for (const { name, value } of list ?? []) {
    found[name.toLowerCase()] ??= value;
  }
  return list && found;
}

function timing({ timeouts, retry }: HTTPRouteRules): Pick<VirtualServiceHttp, 'timeout' | 'retries'> {
  const isSet = (duration: string | undefined): duration is string => duration !== undefined && /[1-9]/.test(duration);
  const attempts = retry?.attempts ?? 2;
  const codes = ['connect-failure', 'refused-stream', 'unavailable', 'cancelled', ...(retry?.codes ?? []).map(String)];
  const each = isSet(timeouts?.backendRequest) ? timeouts.backendRequest : undefined;
  const request = isSet(timeouts?.request) ? timeouts.request : undefined;
  if (!retry) {
    const timeout = each ?? request;
    return timeout ? { timeout } : {};
  }
  return {
    ...(request ? { timeout: request } : {}),
    retries: {
      attempts,
      ...(attempts > 0 ? { retryOn: codes.join(',') } : {}),
      ...(each ? { perTryTimeout: each } : {}),
      ...(retry.backoff ? { backoff: retry.backoff } : {}),
    },
  };
}

function rewriteOf({ path, hostname }: NonNullable<Filter['urlRewrite']>): VirtualServiceHttp['rewrite'] {
  const uri = path?.type === 'ReplacePrefixMatch' ? (path.replacePrefixMatch ?? '').replace(/\/$/, '') || '/' : undefined;
  return {
    ...(uri === undefined ? {} : { uri }),
    ...(path?.type === 'ReplaceFullPath' ? { uriRegexRewrite: { match: '/.*', rewrite: path.replaceFullPath ?? '' } } : {}),
    ...(hostname === undefined ? {} : { authority: hostname }),
  };
}

function redirectOf({ statusCode = 302, hostname, scheme, port, path }: NonNullable<Filter['requestRedirect']>): VirtualServiceHttp['redirect'] {
  const uri = path?.type === 'ReplacePrefixMatch' ? `${PREFIX_MARK}${path.replacePrefixMatch ?? ''}` : path?.replaceFullPath;
  return {
    redirectCode: statusCode,
    ...(hostname === undefined ? {} : { authority: hostname }),
    ...(scheme === undefined ? {} : { scheme }),
    ...(port === undefined ? { derivePort: scheme === undefined ? 'FROM_REQUEST_PORT' : 'FROM_PROTOCOL_DEFAULT' } : { port }),
    ...(uri === undefined ? {} : { uri }),
  };
}

/** Order in which the Gateway API has rules tried: exact paths, then prefixes, then expressions; longer ones first; then method, headers, query. */
export function inOrder<Item extends { readonly route: VirtualServiceHttp }>(items: readonly Item[]): Item[] {
  return items
    .map((item, index) => ({ item, index, match: item.route.match?.[0] }))
    .sort((a, b) => compare(a.match, b.match) || a.index - b.index)
    .map(({ item }) => item);
}

function compare(a: VirtualServiceHttpMatch | undefined, b: VirtualServiceHttpMatch | undefined): number {
  if (!a || !b) {
    return Number(!a) - Number(!b);
  }
  const count = (members: object | undefined): number => Object.keys(members ?? {}).length;
  return (
    rank(b.uri) - rank(a.uri) ||
    length(b.uri) - length(a.uri) ||
    Number(b.method !== undefined) - Number(a.method !== undefined) ||
    count(b.headers) - count(a.headers) ||
    count(b.queryParams) - count(a.queryParams)
  );
}

function rank(uri: StringMatch | undefined): number {
  return uri?.exact !== undefined ? 3 : uri?.prefix !== undefined ? 2 : uri?.regex !== undefined ? 1 : -1;
}

function length(uri: StringMatch | undefined): number {
  return (uri?.exact ?? uri?.prefix ?? uri?.regex ?? '').length;
}
