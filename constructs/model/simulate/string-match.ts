import { RE2JS } from 're2js';
import type { StringMatch } from '../../istio/generated';

const compiled = new Map<string, RE2JS | undefined>();

/** Whether an expression covers all of a text, as the proxies' RE2 reads it; an expression that RE2 refuses matches nothing. */
export function fullMatch(expression: string, text: string): boolean {
  return regularExpression(expression)?.matches(text) ?? false;
}

/** Replaces every match; `\1` in the substitution stands for the first group. */
export function substitute(expression: string, substitution: string, text: string): string {
  const matcher = regularExpression(expression)?.matcher(text);
  if (!matcher) {
    return text;
  }
  let result = '';
  let end = 0;
  while (matcher.find()) {
    result += text.slice(end, matcher.start());
    result += substitution.replace(/\\(\d)/g, (_, group: string) => matcher.group(Number(group)) ?? '');
    end = matcher.end();
  }
  return result + text.slice(end);
}

function regularExpression(expression: string): RE2JS | undefined {
  if (!compiled.has(expression)) {
    let value: RE2JS | undefined;
    try {
      value = RE2JS.compile(expression);
    } catch {
      value = undefined;
    }
    compiled.set(expression, value);
  }
  return compiled.get(expression);
}

/** Whether a matcher only asks that the value is there: an empty matcher, or the regex `*`. */
export function asksPresence(match: StringMatch): boolean {
  return (match.exact === undefined && match.prefix === undefined && match.regex === undefined) || match.regex === '*';
}

/**
 * Whether a value satisfies a matcher of Istio's API.
 * @param ignoreCase for exact and prefix matchers; regular expressions keep their own rules
 */
export function matchesString(match: StringMatch, value: string | undefined, ignoreCase = false): boolean {
  if (value === undefined) {
    return false;
  }
  if (asksPresence(match)) {
    return true;
  }
  const fold = (text: string): string => (ignoreCase ? text.toLowerCase() : text);
  if (match.exact !== undefined) {
    return fold(value) === fold(match.exact);
  }
  if (match.prefix !== undefined) {
    return fold(value).startsWith(fold(match.prefix));
  }
  return fullMatch(match.regex ?? '', value);
}

/** How a message shows a matcher. */
export function showMatch(match: StringMatch): string {
  const [kind, value] = Object.entries(match)[0] ?? [];
  return kind === undefined || asksPresence(match) ? 'present' : `${kind} ${JSON.stringify(value)}`;
}

/** Seconds of a duration such as `1m30.5s`. */
export function seconds(duration: string | undefined): number | undefined {
  if (duration === undefined) {
    return undefined;
  }
  const units: Record<string, number> = { h: 3600, m: 60, s: 1, ms: 0.001, us: 1e-6, µs: 1e-6, ns: 1e-9 };
  return [...duration.matchAll(/(\d+(?:\.\d+)?)(ms|us|µs|ns|h|m|s)/g)].reduce((sum, [, value, unit]) => sum + Number(value) * units[unit], 0);
}
