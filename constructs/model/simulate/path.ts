import type { SimulatedRequest } from './request';

/** Path with its query; dot segments resolved and backslashes turned, as proxies do by default. */
export function pathOf(request: SimulatedRequest): string {
  const [rawPath, rawQuery] = split(request.path ?? '/');
  const segments: string[] = [];
  for (const segment of rawPath.replaceAll('\\', '/').split('/').slice(1)) {
    if (segment === '..') {
      segments.pop();
    } else if (segment !== '.') {
      segments.push(segment);
    }
  }
  const path = `/${segments.join('/')}${/\/\.\.?$/.test(rawPath) && segments.length > 0 ? '/' : ''}`;
  const added = Object.entries(request.query ?? {}).map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`);
  const query = [...(rawQuery === undefined ? [] : [rawQuery]), ...added].join('&');
  return query === '' ? path : `${path}?${query}`;
}

/** A path taken apart at its query. */
export function split(path: string): [string, string | undefined] {
  const clean = path.split('#')[0];
  const mark = clean.indexOf('?');
  return mark < 0 ? [clean, undefined] : [clean.slice(0, mark), clean.slice(mark + 1)];
}

/** Parameters of a query as proxies compare them: not decoded, the first of a name. */
export function queryOf(path: string): Record<string, string> {
  const parameters: Record<string, string> = {};
  for (const pair of (split(path)[1] ?? '').split('&').filter((part) => part !== '')) {
    const equals = pair.indexOf('=');
    const [name, value] = equals < 0 ? [pair, ''] : [pair.slice(0, equals), pair.slice(equals + 1)];
    parameters[name] ??= value;
  }
  return parameters;
}
