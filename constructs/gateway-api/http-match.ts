import type { StringMatch } from '../istio/generated/common';
import { Match } from '../traffic/match';
import { Problem, throwOnProblems } from '../validation';
import type { HTTPRouteRulesMatches, HTTPRouteRulesMatchesHeaders, HTTPRouteRulesMatchesPath } from './generated/http-route';

/** What a request must look like: a value, or the Gateway API's own words. */
export type HTTPMatch = Match | HTTPRouteRulesMatches;

type Method = NonNullable<HTTPRouteRulesMatches['method']>;

/** Methods that the Gateway API knows. */
export const METHODS: readonly string[] = ['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE', 'PATCH'] satisfies readonly Method[];
/** Characters that mean something in a regular expression. */
const SPECIAL = /[.*+?^${}()|[\]\\]/g;

/** What a Match may ask that the Gateway API cannot, and what to do instead. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  authority: "Give the host to the route's `hosts`",
  ignoreUriCase: 'Compare by Match.path().regex with (?i)',
  port: 'Attach the route to the listener of that port',
  scheme: 'Attach the route to a listener of that protocol',
  sourceLabels: 'Let an AuthorizationPolicy tell callers apart, or write a VirtualService',
  sourceNamespace: 'Put the route into the namespace of the callers, or write a VirtualService',
  withoutHeaders: 'Add a rule for requests that have the header: the rule with more conditions wins',
};

/**
 * A match in the Gateway API's words; one that names several methods becomes a match for each.
 * @param at place of the rule, for a problem
 * @throws ProblemError with everything that the Gateway API cannot ask
 */
export function httpMatches(match: HTTPMatch, at: string): HTTPRouteRulesMatches[] {
  if (!(match instanceof Match)) {
    return [match];
  }
  const { uri, headers, queryParams, method, ...rest } = match.toSpec();
  const methods = method && methodsOf(method);
  throwOnProblems('The Gateway API cannot match this:', [
    ...Object.entries(rest).flatMap(([name, value]): Problem[] =>
      value === undefined || value === false
        ? []
        : [{ at: `${at}.match.${name}`, value, rule: 'the Gateway API has no such condition', mend: ELSEWHERE[name] ?? 'Write a VirtualService' }],
    ),
    ...(method && !methods
      ? [{ at: `${at}.match.method`, value: method, rule: `a method is one of ${METHODS.join(', ')}`, mend: 'Name the methods by Match.method' }]
      : []),
  ]);
  const conditions: HTTPRouteRulesMatches = {
    path: uri && pathOf(uri),
    headers: headers && texts(headers),
    queryParams: queryParams && texts(queryParams),
  };
  return methods ? methods.map((one) => ({ ...conditions, method: one })) : [conditions];
}

/** Headers of a match, for protocols that have no other condition in common with HTTP. */
export function headerMatches(match: Match, at: string): HTTPRouteRulesMatchesHeaders[] {
  const [{ headers = [], ...rest }] = httpMatches(match, at);
  const others = Object.entries(rest).filter(([, value]) => value !== undefined);
  throwOnProblems(
    'The Gateway API cannot match this:',
    others.map(([name, value]) => ({ at: `${at}.match.${name}`, value, rule: 'of gRPC calls a Match compares headers', mend: 'Write { method: { service, method } }' })),
  );
  return [...headers];
}

/** Whether the Gateway API knows a method. */
export function isMethod(name: string): name is Method {
  return METHODS.includes(name);
}

function methodsOf({ exact, regex }: StringMatch): Method[] | undefined {
  const names = exact === undefined ? (regex ?? '').split('|') : [exact];
  return names.every(isMethod) ? names : undefined;
}

/** Prefixes are of whole segments here: `/static` is not `/statics`. */
function pathOf({ exact, prefix, regex }: StringMatch): HTTPRouteRulesMatchesPath {
  if (exact !== undefined) {
    return { type: 'Exact', value: exact };
  }
  return prefix === undefined ? { type: 'RegularExpression', value: regex } : { type: 'PathPrefix', value: prefix };
}

function texts(conditions: Readonly<Record<string, StringMatch>>): HTTPRouteRulesMatchesHeaders[] {
  return Object.entries(conditions).map(([name, { exact, prefix, regex }]) => {
    if (exact !== undefined) {
      return { name, value: exact };
    }
    // There is neither a comparison by prefix nor one for presence: expressions say both.
    return { name, type: 'RegularExpression', value: prefix === undefined ? (regex ?? '.*') : `${prefix.replace(SPECIAL, '\\$&')}.*` };
  });
}
