import type { PathNormalization } from '../mesh-model';
import type { SimulatedRequest } from './request';

/**
 * Path with its query, as proxies have it after MeshConfig's `pathNormalization`.
 * @see https://istio.io/latest/docs/ops/best-practices/security/#customize-your-system-on-path-normalization
 */
export function pathOf(request: SimulatedRequest, normalization: PathNormalization = 'BASE'): string {
  const [rawPath, rawQuery] = split(request.path ?? '/');
  const path = normalized(rawPath, normalization);
  const added = Object.entries(request.query ?? {}).map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`);
  const query = [...(rawQuery === undefined ? [] : [rawQuery]), ...added].join('&');
  return query === '' ? path : `${path}?${query}`;
}

function normalized(path: string, normalization: PathNormalization): string {
  if (normalization === 'NONE') {
    return path;
  }
  const decoded = normalization === 'DECODE_AND_MERGE_SLASHES' ? path.replace(/%2f/gi, '/').replace(/%5c/gi, '\\') : path;
  const resolved = withoutDots(decoded);
  return normalization === 'BASE' || normalization === 'DEFAULT' ? resolved : resolved.replace(/\/{2,}/g, '/');
}

/** As RFC 3986 has it: escapes of plain characters and of dots are undone first, so that they cannot hide a segment. */
function withoutDots(path: string): string {
  const plain = path.replaceAll('\\', '/').replace(/%([0-9a-f]{2})/gi, (escape, digits: string) => {
    const character = String.fromCharCode(parseInt(digits, 16));
    return /[\w.~-]/.test(character) ? character : escape;
  });
  const segments: string[] = [];
  for (const segment of plain.split('/').slice(1)) {
    if (segment === '..') {
      segments.pop();
    } else if (segment !== '.') {
      segments.push(segment);
    }
  }
  const isFolder = /\/\.\.?$/.test(plain) && segments.length > 0;
  return `/${segments.join('/')}${isFolder ? '/' : ''}`.replace(/[\s"<>^`{|}]/g, (character) => encodeURIComponent(character));
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
