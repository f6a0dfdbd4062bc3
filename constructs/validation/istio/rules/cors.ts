import { parseDuration, SECOND } from '../duration';
import { child, Report } from '../finding';
import { checkRegex, DOCS } from './common';
import type { HttpRoute } from './http-route';

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE', '*'];
const HEADER = /^[!#$%&'*+\-.^_`|~A-Za-z0-9]+$/;

/** Which pages of other origins may call. */
export function checkCors(policy: HttpRoute['corsPolicy'], at: string, report: Report): void {
  const bad = (field: string, value: unknown, rule: string, mend: string): void =>
    report.error('AI0145', field, { value, rule, mend, see: `${DOCS}/networking/virtual-service/#CorsPolicy` });
  (policy?.allowOrigins ?? []).forEach((origin, index) => {
    const field = child(child(at, 'allowOrigins'), index);
    if (!(origin.exact ?? origin.prefix ?? origin.regex)) {
      bad(field, origin, 'an origin is matched by something', 'Give one of `exact`, `prefix` and `regex`');
    } else if (origin.regex) {
      checkRegex(report, child(field, 'regex'), origin.regex);
    }
  });
  (policy?.allowMethods ?? []).forEach((method, index) => {
    if (!METHODS.includes(method)) {
      bad(child(child(at, 'allowMethods'), index), method, 'this is a method of HTTP, in capitals', `Write one of ${METHODS.join(', ')}`);
    }
  });
  for (const list of ['allowHeaders', 'exposeHeaders'] as const) {
    (policy?.[list] ?? []).forEach((name, index) => {
      if (!HEADER.test(name)) {
        bad(child(child(at, list), index), name, 'a header is named by letters, digits and dashes', 'Correct the name of the header');
      }
    });
  }
  const age = policy?.maxAge === undefined ? undefined : parseDuration(policy.maxAge);
  if (age !== undefined && age > 0 && age % SECOND !== 0) {
    bad(child(at, 'maxAge'), policy?.maxAge, 'browsers take the age in whole seconds', 'Round it to seconds');
  }
}
