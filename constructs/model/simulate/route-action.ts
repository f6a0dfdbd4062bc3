import type { HeaderOperations, Headers, Percentage, VirtualServiceHttp, VirtualServiceHttpMatch } from '../../istio/generated';
import { PREFIX_MARK } from '../gateway-api/http-rules';
import { split } from './path';
import { HeaderChanges, NO_CHANGES, ResolvedCall, SimulatedFault, SimulatedRetries } from './simulation';
import { seconds, substitute } from './string-match';

/** Retries of a route that says nothing, as proxies of the mesh do them. */
export const DEFAULT_RETRIES: SimulatedRetries = {
  attempts: 2,
  on: 'connect-failure,refused-stream,unavailable,cancelled,retriable-status-codes',
  statuses: [],
};

/** Faults of a route. A fault whose percentage is left out never happens. */
export function faultOf(route: VirtualServiceHttp): SimulatedFault | undefined {
  const { delay, abort } = route.fault ?? {};
  const delaySeconds = seconds(delay?.fixedDelay);
  const delayPercent = percentOf(delay?.percentage, delay?.percent ?? 0);
  const abortPercent = percentOf(abort?.percentage, 0);
  const aborts = abort && (abort.httpStatus !== undefined || abort.grpcStatus !== undefined) && abortPercent > 0;
  const delays = delaySeconds !== undefined && delayPercent > 0;
  if (!aborts && !delays) {
    return undefined;
  }
  return {
    ...(delays ? { delay: { seconds: delaySeconds, percent: delayPercent } } : {}),
    ...(aborts ? { abort: { status: abort.httpStatus, grpcStatus: abort.grpcStatus, percent: abortPercent } } : {}),
  };
}

/** Proxies count in millionths. */
export function percentOf(percentage: Percentage | undefined, otherwise: number): number {
  return percentage === undefined ? otherwise : Math.trunc((percentage.value ?? 0) * 10000) / 10000;
}

export function retriesOf(route: VirtualServiceHttp): SimulatedRetries | undefined {
  const { retries } = route;
  if (!retries) {
    return DEFAULT_RETRIES;
  }
  const attempts = retries.attempts ?? 0;
  if (attempts <= 0) {
    return undefined;
  }
  return {
    attempts,
    on: retries.retryOn || DEFAULT_RETRIES.on,
    statuses: statusesOf(retries.retryOn ?? ''),
    perTryTimeoutSeconds: seconds(retries.perTryTimeout),
    backoffSeconds: seconds(retries.backoff),
  };
}

/** Numbers among the conditions are statuses. */
function statusesOf(retryOn: string): number[] {
  return retryOn
    .split(',')
    .map((part) => Number(part.trim()))
    .filter((status) => status >= 100 && status < 600);
}

/** How often a workload sees a request that it answers with a status, where nobody's patience ends before. */
export function triesOf(retries: SimulatedRetries | undefined, status: number): number {
  if (!retries) {
    return 1;
  }
  const conditions = retries.on.split(',').map((part) => part.trim());
  const named: Readonly<Record<string, boolean>> = {
    '5xx': status >= 500,
    'gateway-error': status >= 502 && status <= 504,
    'retriable-4xx': status === 409,
  };
  const again = retries.statuses.includes(status) || conditions.some((condition) => named[condition] ?? false);
  return again ? retries.attempts + 1 : 1;
}

/** Seconds after which the caller's proxy has given up for good where nobody answers, waits between tries aside; nothing means never. */
export function longestWait(timeoutSeconds: number | undefined, retries: SimulatedRetries | undefined): number | undefined {
  const each = retries?.perTryTimeoutSeconds;
  // A try that runs out of time counts as a connection that broke, not as a status.
  const again = retries?.on.split(',').some((condition) => ['5xx', 'gateway-error', 'reset'].includes(condition.trim()));
  const tries = retries && each ? each * (again ? retries.attempts + 1 : 1) : undefined;
  return tries === undefined || (timeoutSeconds !== undefined && timeoutSeconds < tries) ? timeoutSeconds : tries;
}

export function timeoutOf(route: VirtualServiceHttp): number | undefined {
  return seconds(route.timeout) || undefined;
}

/** Changes of headers, without those that proxies do not let be changed. */
export function headerChanges(headers: Headers | undefined): { request: HeaderChanges; response: HeaderChanges } {
  return { request: changesOf(headers?.request), response: changesOf(headers?.response) };
}

/** The Host header that `headers` sets. */
export function authorityOf(headers: Headers | undefined): string | undefined {
  const find = (members: Readonly<Record<string, string>> | undefined): string | undefined =>
    Object.entries(members ?? {}).find(([name]) => /^(:authority|host)$/i.test(name))?.[1];
  return find(headers?.request?.set) ?? find(headers?.request?.add);
}

function changesOf(operations: HeaderOperations | undefined): HeaderChanges {
  const allowed = (name: string): boolean => !name.startsWith(':') && name.toLowerCase() !== 'host';
  const members = (record: Readonly<Record<string, string>> | undefined): Record<string, string> =>
    Object.fromEntries(
      Object.entries(record ?? {})
        .filter(([name]) => allowed(name))
        .map(([name, value]) => [name.toLowerCase(), value]),
    );
  const remove = (operations?.remove ?? []).filter(allowed).map((name) => name.toLowerCase());
  return operations ? { set: members(operations.set), add: members(operations.add), remove } : NO_CHANGES;
}

/** Headers after a change: removed, then set, then added to what is there. */
export function applyChanges(headers: Readonly<Record<string, string>>, changes: HeaderChanges): Record<string, string> {
  const result = Object.fromEntries(Object.entries(headers).filter(([name]) => !changes.remove.includes(name)));
  Object.assign(result, changes.set);
  for (const [name, value] of Object.entries(changes.add)) {
    result[name] = result[name] === undefined ? value : `${result[name]},${value}`;
  }
  return result;
}

/** Path after a rewrite: a matched prefix or the whole matched path is replaced. */
export function rewrittenPath(
  route: VirtualServiceHttp,
  match: VirtualServiceHttpMatch | undefined,
  path: string,
  gatewayApi: boolean,
): string | undefined {
  const [plain, query] = split(path);
  const withQuery = (rewritten: string): string => (query === undefined ? rewritten : `${rewritten}?${query}`);
  const regex = route.rewrite?.uriRegexRewrite;
  if (regex?.match) {
    return withQuery(substitute(regex.match, regex.rewrite ?? '', plain));
  }
  if (!route.rewrite?.uri) {
    return undefined;
  }
  if (gatewayApi && route.rewrite.uri === '/') {
    // The prefix is taken away, and one slash stays.
    const prefix = match?.uri?.prefix === '/' ? '' : (match?.uri?.prefix ?? '');
    return withQuery(plain.startsWith(prefix) ? `/${plain.slice(prefix.length).replace(/^\//, '')}` : plain);
  }
  const matched = match?.uri?.prefix ?? (match?.uri && (match.uri.exact !== undefined || match.uri.regex !== undefined) ? plain : '/');
  return withQuery(route.rewrite.uri + plain.slice(matched.length));
}

/** Where a redirect sends the client. */
export function redirectOf(
  redirect: NonNullable<VirtualServiceHttp['redirect']>,
  call: ResolvedCall,
  listenPort: number,
  match?: VirtualServiceHttpMatch,
): { readonly status: number; readonly location: string } {
  const scheme = redirect.scheme || call.scheme;
  const standard = scheme === 'https' ? 443 : 80;
  const derived = redirect.port ?? (redirect.derivePort === 'FROM_REQUEST_PORT' ? listenPort : undefined);
  // A scheme's own port is not written, and then the port of the request stays.
  const wanted = derived === standard ? undefined : derived;
  const [host, ownPort] = (redirect.authority || call.authority).split(':');
  const isDefault = redirect.scheme !== undefined && redirect.scheme !== call.scheme && Number(ownPort) === (call.scheme === 'https' ? 443 : 80);
  const kept = wanted ?? (isDefault ? undefined : ownPort);
  const port = kept === undefined ? '' : `:${kept}`;
  return { status: redirect.redirectCode || 301, location: `${scheme}://${host}${port}${redirectedPath(redirect.uri, call.path, match)}` };
}

function redirectedPath(uri: string | undefined, path: string, match: VirtualServiceHttpMatch | undefined): string {
  const [plain, query] = split(path);
  const replacement = uri?.startsWith(PREFIX_MARK) ? uri.slice(PREFIX_MARK.length) : undefined;
  if (!uri || replacement === '') {
    return path;
  }
  const moved = replacement === undefined ? uri : replacement + plain.slice((match?.uri?.prefix ?? plain).length);
  return `${moved}${query === undefined || moved.includes('?') ? '' : `?${query}`}`;
}
