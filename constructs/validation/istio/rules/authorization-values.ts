import { child, Report } from '../finding';
import { checkSubnet, DOCS } from './common';

type Parts = Readonly<Record<string, readonly string[] | undefined>>;
type Kind = 'text' | 'ips' | 'ports' | 'paths' | 'accounts';

const SEE = `${DOCS}/security/authorization-policy/`;
/** Members of `source` and what they hold; each has a twin with `not`. */
export const SOURCE: Readonly<Record<string, Kind>> = {
  principals: 'text',
  requestPrincipals: 'text',
  namespaces: 'text',
  ipBlocks: 'ips',
  remoteIpBlocks: 'ips',
  serviceAccounts: 'accounts',
};
/** Members of `operation` and what they hold. */
export const OPERATION: Readonly<Record<string, Kind>> = { hosts: 'text', methods: 'text', ports: 'ports', paths: 'paths' };

const SEGMENT = /^[a-zA-Z0-9\-._~%!$&'()+,;:@=]+$/;
const MOST_ACCOUNTS = 16;
const LONGEST_ACCOUNT = 320;

/** Lists of values in `source` or `operation`. */
export function checkPolicyValues(parts: Parts, at: string, kinds: Readonly<Record<string, Kind>>, report: Report): void {
  for (const [name, values] of Object.entries(parts)) {
    const positive = name.replace(/^not([A-Z])/, (_match, first: string) => first.toLowerCase());
    checkValues(values ?? [], child(at, name), kinds[positive] ?? 'text', report);
  }
}

export function checkValues(values: readonly string[], at: string, kind: Kind, report: Report): void {
  if (kind === 'accounts' && values.length > MOST_ACCOUNTS) {
    bad(report, at, undefined, `a rule takes ${MOST_ACCOUNTS} service accounts at most`, 'Split the rule');
  }
  values.forEach((value, index) => {
    const field = child(at, index);
    if (value === '') {
      bad(report, field, value, 'an empty value matches nothing', 'Drop it, or write `*` for any');
    } else if (kind === 'ips') {
      checkSubnet(report, field, value);
    } else if (kind === 'ports' && (!/^\d+$/.test(value) || Number(value) > 65535)) {
      bad(report, field, value, 'a port is a number up to 65535, in quotes', 'Give such as "9080"');
    } else if (kind === 'paths') {
      checkPath(value, field, report);
    } else if (kind === 'accounts') {
      checkAccount(value, field, report);
    }
  });
}

function checkAccount(account: string, field: string, report: Report): void {
  const parts = account.split('/');
  if (account.includes('*') || parts.length > 2 || parts.includes('') || account.length > LONGEST_ACCOUNT) {
    bad(report, field, account, 'a service account is named in full, with its namespace before a slash', 'Write such as bookinfo/bookinfo-productpage');
  }
}

/** Path templates: `{*}` stands for a segment, `{**}` for the rest. */
function checkPath(path: string, field: string, report: Report): void {
  const isTemplate = path.includes('{*}') || path.includes('{**}');
  let restSeen = false;
  for (const segment of path.replace(/^\/+|\/+$/g, '').split('/')) {
    if (segment === '{*}' || segment === '{**}') {
      if (restSeen) {
        bad(report, field, path, '`{**}` stands for the rest of the path, so it comes last', 'Drop what follows it');
        return;
      }
      restSeen = segment === '{**}';
    } else if (/[{}]/.test(segment)) {
      bad(report, field, path, 'braces are for `{*}` and `{**}`, each a whole segment', 'Write such as /users/{*}/reviews');
      return;
    } else if (isTemplate && !SEGMENT.test(segment)) {
      bad(report, field, path, 'beside `{*}` and `{**}` only plain segments are allowed', 'Drop wildcards and odd characters from the other segments');
      return;
    }
  }
}

function bad(report: Report, field: string, value: unknown, rule: string, mend: string): void {
  report.error('AI0806', field, { value, rule, mend, see: SEE });
}
