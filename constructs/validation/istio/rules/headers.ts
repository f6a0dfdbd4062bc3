import { child, Report } from '../finding';

interface Operations {
  readonly add?: Readonly<Record<string, string>>;
  readonly set?: Readonly<Record<string, string>>;
  readonly remove?: readonly string[];
}

export interface HeaderChanges {
  readonly request?: Operations;
  readonly response?: Operations;
}

// Control characters apart from the tab.
// eslint-disable-next-line no-control-regex
const CONTROL = /[\x00-\x08\x0a-\x1f\x7f]/;

export function isAuthority(name: string): boolean {
  return ['host', ':authority'].includes(name.toLowerCase());
}

/** Headers that a route adds, sets and removes. */
export function checkHeaders(report: Report, field: string, headers: HeaderChanges | undefined): void {
  for (const direction of ['request', 'response'] as const) {
    const operations = headers?.[direction];
    const at = child(field, direction);
    for (const operation of ['add', 'set'] as const) {
      for (const [name, value] of Object.entries(operations?.[operation] ?? {})) {
        checkName(report, child(child(at, operation), name), name, direction === 'request');
        checkValue(report, child(child(at, operation), name), value);
      }
    }
    (operations?.remove ?? []).forEach((name, index) => checkName(report, child(child(at, 'remove'), index), name, false));
  }
}

function checkName(report: Report, field: string, name: string, authorityAllowed: boolean): void {
  if (name === '') {
    report.error('AI0045', field, { value: name, rule: 'a header has a name', mend: 'Name the header' });
  } else if ((name.startsWith(':') || name.toLowerCase() === 'host') && !(authorityAllowed && isAuthority(name))) {
    report.error('AI0045', field, {
      value: name,
      rule: 'headers that begin with a colon, and Host, are the proxy’s own',
      mend: 'Use `rewrite.authority` to change the host, or another header',
    });
  }
}

function checkValue(report: Report, field: string, value: string): void {
  const why = CONTROL.test(value) ? 'control characters are not allowed in headers' : whyBadFormat(value);
  if (why) {
    report.error('AI0046', field, {
      value,
      rule: why,
      mend: 'Write %% for a per cent sign, and %NAME% or %NAME(argument)% for what the proxy fills in',
      see: 'https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_conn_man/headers#custom-request-response-headers',
    });
  }
}

type State = 'literal' | 'name' | 'argument' | 'list' | 'string' | 'separator' | 'close' | 'end';

/** Reads the variables of a header value as the proxy does; says why it could not. */
function whyBadFormat(text: string): string | undefined {
  let state: State = 'literal';
  for (let at = 0; at < text.length; at += 1) {
    const letter = text[at]!;
    const last = at + 1 === text.length;
    if (state === 'literal' && letter === '%') {
      if (last) {
        return 'a per cent sign stands alone';
      }
      if (text[at + 1] === '%') {
        at += 1;
      } else {
        state = 'name';
      }
    } else if (state === 'name') {
      state = letter === '%' ? 'literal' : letter === '(' ? 'argument' : 'name';
    } else if (state === 'argument' && letter !== ' ') {
      state = letter === '[' ? 'list' : 'string';
    } else if (state === 'list' && letter !== ' ') {
      if (letter !== '"') {
        return 'a list of arguments has strings in quotes';
      }
      state = 'string';
    } else if (state === 'string') {
      if (letter === '\\') {
        if (last) {
          return 'a backslash stands alone';
        }
        at += 1;
      } else {
        state = letter === ')' ? 'end' : letter === '"' ? 'separator' : 'string';
      }
    } else if (state === 'separator' && letter !== ' ') {
      if (letter !== ',' && letter !== ']') {
        return 'strings of a list are parted by commas';
      }
      state = letter === ',' ? 'list' : 'close';
    } else if ((state === 'close' || state === 'end') && letter !== ' ') {
      const wanted = state === 'close' ? ')' : '%';
      if (letter !== wanted) {
        return `a variable lacks its closing ${wanted}`;
      }
      state = state === 'close' ? 'end' : 'literal';
    }
  }
  return state === 'literal' ? undefined : 'a variable is not closed';
}
