import { child, Report } from '../finding';
import { checkLabels, checkPort, checkRegex } from './common';
import type { HttpRoute } from './http-route';
import { isDnsLabel } from './names';
import { checkGatewayNames, isClaim } from './route-names';

type HttpMatch = NonNullable<HttpRoute['match']>[number];

interface StringMatch {
  readonly exact?: string;
  readonly prefix?: string;
  readonly regex?: string;
}

const HEADER = /^[!#$%&'*+\-.^_`|~A-Za-z0-9]+$/;
const PSEUDO = [':method', ':scheme', ':authority', ':path', ':status'];

/** Conditions of a route of `http`. */
export function checkHttpMatch(match: HttpMatch, at: string, report: Report): void {
  for (const part of ['headers', 'withoutHeaders'] as const) {
    for (const [name, value] of Object.entries(match[part] ?? {})) {
      const field = child(child(at, part), name);
      if (!isClaim(name) && !PSEUDO.includes(name) && !HEADER.test(name)) {
        report.error('AI0130', field, { value: name, rule: 'a header is named by letters, digits and dashes', mend: 'Correct the name of the header' });
      }
      // A lone star is no regular expression there: it asks whether the header is present.
      if (part === 'headers' || value.regex !== '*') {
        checkStringMatch(report, field, value);
      }
    }
  }
  if (match.uri?.regex !== undefined) {
    checkStringMatch(report, child(at, 'uri'), match.uri);
  }
  for (const part of ['scheme', 'method', 'authority'] as const) {
    checkStringMatch(report, child(at, part), match[part]);
  }
  Object.entries(match.queryParams ?? {}).forEach(([name, value]) => checkStringMatch(report, child(child(at, 'queryParams'), name), value));
  if (match.port) {
    checkPort(report, child(at, 'port'), match.port);
  }
  checkLabels(report, child(at, 'sourceLabels'), match.sourceLabels);
  checkGatewayNames(report, child(at, 'gateways'), match.gateways);
  if (match.sourceNamespace && !isDnsLabel(match.sourceNamespace)) {
    report.error('AI0131', child(at, 'sourceNamespace'), { value: match.sourceNamespace, rule: 'this is the name of a namespace', mend: 'Correct the name' });
  }
}

function checkStringMatch(report: Report, field: string, match: StringMatch | undefined): void {
  if (match?.prefix === '') {
    report.error('AI0132', child(field, 'prefix'), { value: '', rule: 'a prefix is not empty', mend: 'Give the prefix, or match `exact` or `regex`' });
  } else if (match?.regex === '') {
    report.error('AI0132', child(field, 'regex'), { value: '', rule: 'a regular expression is not empty', mend: 'Write `.*` for any value' });
  } else if (match?.regex !== undefined) {
    checkRegex(report, child(field, 'regex'), match.regex);
  }
}
