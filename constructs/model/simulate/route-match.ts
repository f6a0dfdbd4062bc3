import type { StringMatch, VirtualServiceHttpMatch } from '../../istio/generated';
import { asksPresence, matchesString, showMatch } from './string-match';

/** What a route's conditions look at. */
export interface MatchInput {
  /** Without its query. */
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly method: string;
  readonly authority: string;
  readonly scheme: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Claims that the proxy itself has verified; nothing without a token. */
  readonly claims?: Readonly<Record<string, unknown>>;
}

const CLAIMS = '@request.auth.claims';

/**
 * Why a request does not satisfy the conditions of a match, all of which must hold.
 * @param bySegments whether a prefix covers whole segments of the path, as in the Gateway API
 * @returns nothing where it does
 */
export function mismatch(match: VirtualServiceHttpMatch, input: MatchInput, bySegments = false): string | undefined {
  if (match.uri && !asksPresence(match.uri) && !pathMatches(match.uri, input.path, match.ignoreUriCase ?? false, bySegments)) {
    return `path ${input.path} is not ${showMatch(match.uri)}`;
  }
  const plain: readonly [string, StringMatch | undefined, string][] = [
    ['method', match.method, input.method],
    ['authority', match.authority, input.authority],
    ['scheme', match.scheme, input.scheme],
  ];
  for (const [name, wanted, value] of plain) {
    if (wanted && !matchesString(wanted, value)) {
      return `${name} ${value} is not ${showMatch(wanted)}`;
    }
  }
  for (const [name, wanted] of Object.entries(match.headers ?? {})) {
    if (!headerMatches(name, wanted, input)) {
      return `header ${name} ${shown(valueOf(name, input))} is not ${showMatch(wanted)}`;
    }
  }
  for (const [name, wanted] of Object.entries(match.withoutHeaders ?? {})) {
    if (forbiddenHeader(name, wanted, input)) {
      return `header ${name} ${shown(valueOf(name, input))} is ${showMatch(wanted)}, which is excluded`;
    }
  }
  for (const [name, wanted] of Object.entries(match.queryParams ?? {})) {
    if (!matchesString(wanted, input.query[name])) {
      return `query parameter ${name} ${shown(input.query[name])} is not ${showMatch(wanted)}`;
    }
  }
  return undefined;
}

function pathMatches(uri: StringMatch, path: string, ignoreCase: boolean, bySegments: boolean): boolean {
  if (!bySegments || uri.prefix === undefined || uri.prefix === '/') {
    return matchesString(uri, path, ignoreCase);
  }
  const prefix = uri.prefix.replace(/\/$/, '');
  return path === prefix || path.startsWith(`${prefix}/`);
}

/** Whether a match takes whatever comes: no conditions beyond the prefix `/`. */
export function isCatchAll(match: VirtualServiceHttpMatch | undefined): boolean {
  if (!match) {
    return true;
  }
  const conditions = [match.headers, match.withoutHeaders, match.queryParams].some((members) => Object.keys(members ?? {}).length > 0);
  const anyPath = !match.uri || asksNothing(match.uri) || match.uri.prefix === '/' || match.uri.regex === '.*';
  return anyPath && !conditions && !match.method && !match.authority && !match.scheme;
}

function asksNothing(match: StringMatch): boolean {
  return match.exact === undefined && match.prefix === undefined && match.regex === undefined;
}

function headerMatches(name: string, wanted: StringMatch, input: MatchInput): boolean {
  const claim = claimPath(name);
  return claim ? claimMatches(claim, wanted, input) : matchesString(wanted, input.headers[name.toLowerCase()]);
}

function forbiddenHeader(name: string, wanted: StringMatch, input: MatchInput): boolean {
  const claim = claimPath(name);
  if (claim) {
    return claimMatches(claim, wanted, input);
  }
  const value = input.headers[name.toLowerCase()];
  // Proxies read a missing header as an empty one here, so that a regex which takes empty text excludes those without it too.
  return asksPresence(wanted) ? value !== undefined : matchesString(wanted, value ?? '');
}

function valueOf(name: string, input: MatchInput): unknown {
  const claim = claimPath(name);
  return claim ? readClaim(input.claims, claim) : input.headers[name.toLowerCase()];
}

function shown(value: unknown): string {
  return value === undefined ? '(absent)' : JSON.stringify(value);
}

/** `@request.auth.claims.group.id` and `@request.auth.claims[group][id]`. */
function claimPath(name: string): string[] | undefined {
  if (!name.toLowerCase().startsWith(CLAIMS)) {
    return undefined;
  }
  const rest = name.slice(CLAIMS.length);
  if (rest.startsWith('.') && rest.length > 1) {
    return rest.slice(1).split('.');
  }
  return rest.startsWith('[') && rest.endsWith(']') && rest.length > 2 ? rest.slice(1, -1).split('][') : undefined;
}

function claimMatches(claim: readonly string[], wanted: StringMatch, input: MatchInput): boolean {
  const value = readClaim(input.claims, claim);
  const values: unknown[] = Array.isArray(value) ? value : [value];
  return values.some((item) => typeof item === 'string' && matchesString(wanted, item));
}

/** A claim, nested ones by their path. */
export function readClaim(claims: Readonly<Record<string, unknown>> | undefined, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (current, key) => (typeof current === 'object' && current !== null ? (current as Record<string, unknown>)[key] : undefined),
    claims,
  );
}
