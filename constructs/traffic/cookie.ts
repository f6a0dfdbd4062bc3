import { Token } from 'cdktf';
import { Problem, throwOnProblems } from '../validation';
import { checkRegex } from '../validation/istio/rules/common';
import { refusals, refuse } from '../istio/refuse';

/** One cookie that the `cookie` header must have. */
export interface CookieCondition {
  /** Name of the cookie. */
  readonly name: string;
  /** RE2 expression of `name=value`. */
  readonly pair: string;
}

/** Characters that mean something in a regular expression. */
const SPECIAL = /[.*+?^${}()|[\]\\]/g;
/** With more, the orders in which they may stand make an expression that is too long. */
const MOST_COOKIES = 3;

/** The text itself, within a regular expression. */
export function literal(text: string): string {
  // What is known only when it is applied cannot be changed, but quoted.
  return Token.isUnresolved(text) ? `\\Q${text}\\E` : text.replace(SPECIAL, '\\$&');
}

/**
 * A cookie by its name.
 * @param value RE2 expression
 * @throws ProblemError where the cookie has no name, or RE2 does not take the value
 */
export function cookieCondition(name: string, value: string): CookieCondition {
  throwOnProblems('Not a match:', name === '' ? [{ at: 'Match.cookie', value: name, rule: 'a cookie has a name', mend: 'Give its name' }] : []);
  const condition = { name, pair: `${literal(name)}=${value}` };
  refuse('Not a match:', 'Match.cookie', (report) => checkRegex(report, '', cookieHeader([condition])));
  return condition;
}

/** What the whole header looks like with all of these cookies, in whatever order a client sends them. */
export function cookieHeader(cookies: readonly CookieCondition[]): string {
  const orders = ordersOf(cookies.map(({ pair }) => pair)).map((order) => order.join(';(.*;)?\\s*'));
  return `^(.*;\\s*)?${orders.length === 1 ? orders[0] : `(${orders.join('|')})`}(;.*)?$`;
}

/** Says why cookies of two conditions cannot be asked for together. */
export function cookieProblems(cookies: readonly CookieCondition[]): Problem[] {
  const names = cookies.map(({ name }) => name);
  const twice = names.filter((name, index) => names.indexOf(name) !== index);
  const mend = 'Give the route two matches where either may hold, or one regex where both must';
  if (twice.length > 0) {
    return [{ at: 'match.headers.cookie', value: cookies.map(({ pair }) => pair), rule: 'a match states each cookie once', mend }];
  }
  if (cookies.length > MOST_COOKIES) {
    return [{ at: 'match.headers.cookie', value: names, rule: `a match has up to ${MOST_COOKIES} cookies`, mend: 'Ask for fewer, or compare the header by a regex of your own' }];
  }
  return refusals('match.headers.cookie', (report) => checkRegex(report, '', cookieHeader(cookies)));
}

/** Every order; sorted first, so that it does not matter which was asked for first. */
function ordersOf(pairs: readonly string[]): string[][] {
  if (pairs.length < 2) {
    return [[...pairs]];
  }
  return [...pairs].sort().flatMap((first) => ordersOf(pairs.filter((pair) => pair !== first)).map((rest) => [first, ...rest]));
}
