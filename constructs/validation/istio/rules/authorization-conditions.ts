import type { AuthorizationPolicySpec } from '../../../istio/generated/authorization-policy';
import { child, Report } from '../finding';
import { checkValues } from './authorization-values';
import { DOCS } from './common';

type Conditions = NonNullable<AuthorizationPolicySpec['rules']>[number]['when'];

const SEE = `${DOCS}/security/conditions/`;
const PLAIN = ['source.namespace', 'source.principal', 'request.auth.principal', 'request.auth.audiences', 'request.auth.presenter', 'connection.sni'];
const IPS = ['source.ip', 'remote.ip', 'destination.ip'];
const KEYED = ['request.headers', 'request.auth.claims', 'experimental.envoy.filters.'];
/** Attributes of the first version of the API, and what does their work. */
const GONE: readonly (readonly [string, string])[] = [
  ['destination.namespace', 'Put the policy into that namespace'],
  ['destination.labels', 'Use `selector`'],
  ['destination.name', 'Use `selector`'],
  ['destination.user', 'Use `selector`'],
];

/** Conditions of a rule on attributes of the request. */
export function checkConditions(when: Conditions, at: string, report: Report): void {
  (when ?? []).forEach(({ key, values, notValues }, index) => {
    const field = child(at, index);
    if (!key) {
      bad(report, child(field, 'key'), key, 'a condition names what it looks at', 'Give `key`');
      return;
    }
    if ((values ?? []).length + (notValues ?? []).length === 0) {
      bad(report, field, key, 'a condition has values to compare with', 'Give `values` or `notValues`');
      return;
    }
    checkKey(key, child(field, 'key'), report);
    const kind = IPS.includes(key) ? 'ips' : key === 'destination.port' ? 'ports' : key === 'source.serviceAccount' ? 'accounts' : 'text';
    checkValues(values ?? [], child(field, 'values'), kind, report);
    checkValues(notValues ?? [], child(field, 'notValues'), kind, report);
  });
}

function checkKey(key: string, field: string, report: Report): void {
  if (KEYED.some((beginning) => key.startsWith(beginning))) {
    const open = key.indexOf('[');
    if (!key.endsWith(']') || open <= 0 || open >= key.length - 2) {
      bad(report, field, key, 'this attribute is asked for by name, in brackets', 'Write such as request.headers[x-user] or request.auth.claims[sub]');
    }
    return;
  }
  if (PLAIN.includes(key) || IPS.includes(key) || key === 'destination.port' || key === 'source.serviceAccount') {
    return;
  }
  const gone = GONE.find(([name]) => key === name || (name === 'destination.labels' && key.startsWith(name)));
  bad(report, field, key, gone ? 'this attribute is no more' : 'Istio does not know this attribute', gone?.[1] ?? `Write one of ${[...IPS, ...PLAIN].join(', ')}, request.headers[...], request.auth.claims[...]`);
}

function bad(report: Report, field: string, value: unknown, rule: string, mend: string): void {
  report.error('AI0807', field, { value, rule, mend, see: SEE });
}
