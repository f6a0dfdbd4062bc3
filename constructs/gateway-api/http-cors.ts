import type { CorsOptions } from '../traffic/cors';
import { Problem, throwOnProblems } from '../validation';
import type { HTTPRouteRulesFiltersCors } from './generated/http-route';
import { isMethod, METHODS } from './http-match';

/** Which other origins' scripts may call, as the Gateway API can say it: preflights of any other origin are answered without leave. */
export interface RouteCors extends Omit<CorsOptions, 'origins' | 'unmatchedPreflights'> {
  /** Origins such as `https://shop.example.com`; a star stands for any text in a host, and alone for every origin. */
  readonly origins: readonly string[];
}

type Methods = HTTPRouteRulesFiltersCors['allowMethods'];

const ORIGIN = /^\*$|^[a-zA-Z][a-zA-Z0-9+\-.]+:\/\/[^:/?#]+(:\d{1,5})?$/;

/**
 * A CORS policy in the Gateway API's words.
 * @throws ProblemError naming every origin and method that is none, and where every origin could send cookies
 */
export function corsOf(cors: RouteCors | HTTPRouteRulesFiltersCors, at: string): HTTPRouteRulesFiltersCors {
  if (!('origins' in cors)) {
    return cors;
  }
  const { origins, methods, headers, exposeHeaders, credentials, maxAge } = cors;
  throwOnProblems('Not a CORS policy:', [
    ...(origins.length > 0 ? [] : [{ at: `${at}.cors.origins`, value: [], rule: 'a CORS policy allows some origin', mend: 'Name one, or leave `cors` out' }]),
    ...origins.flatMap((value): Problem[] =>
      ORIGIN.test(value) || value.includes('${')
        ? []
        : [{ at: `${at}.cors.origins`, value, rule: 'an origin is a scheme, a host and a port where it is not the usual one', mend: 'Write such as https://shop.example.com' }],
    ),
    ...(credentials && origins.includes('*')
      ? [{ at: `${at}.cors.credentials`, value: true, rule: 'every site could call as the signed-in user', mend: 'Name the origins, or leave `credentials` out' }]
      : []),
    ...(methods ?? []).flatMap((value): Problem[] =>
      value === '*' || isMethod(value) ? [] : [{ at: `${at}.cors.methods`, value, rule: `a method is one of ${METHODS.join(', ')}, or a star`, mend: 'Correct it' }],
    ),
    ...(maxAge && maxAge.toMillis() % 1000 !== 0
      ? [{ at: `${at}.cors.maxAge`, value: maxAge.toString(), rule: 'browsers remember for whole seconds', mend: 'Give whole seconds' }]
      : []),
  ]);
  return {
    allowOrigins: origins,
    allowMethods: methods as Methods,
    allowHeaders: headers,
    exposeHeaders,
    allowCredentials: credentials,
    maxAge: maxAge && maxAge.toMillis() / 1000,
  };
}
