/** The parts of a URL that rules ask for. */
export interface ParsedUrl {
  readonly scheme: string;
  readonly host: string;
}

// eslint-disable-next-line no-control-regex
const CONTROL = /[\x00-\x1f\x7f]/;
const HOST = /^(?:\[[0-9A-Za-z:.%]*\]|(?:[A-Za-z0-9\-._~!$&'()*+,;=:<>"\x80-\uffff]|%[0-9a-fA-F]{2})*)$/;
const USER = /^[A-Za-z0-9\-._:~!$&'()*+,;=%@]*$/;
const BAD_ESCAPE = /%(?![0-9a-fA-F]{2})/;

/**
 * A URL as Go's `url.ParseRequestURI` reads it, which is what the API server's CEL and istiod use: absolute, or a path from the root.
 * @returns nothing where Go finds an error
 * @see https://pkg.go.dev/net/url#ParseRequestURI
 */
export function parseRequestUri(text: string): ParsedUrl | undefined {
  if (text === '' || CONTROL.test(text)) {
    return undefined;
  }
  if (text === '*') {
    return { scheme: '', host: '' };
  }
  const split = splitScheme(text);
  if (!split) {
    return undefined;
  }
  const [scheme, after] = split;
  const rest = after.split('?')[0]!;
  if (!rest.startsWith('/')) {
    return scheme === '' ? undefined : { scheme, host: '' };
  }
  if (scheme === '' || !rest.startsWith('//')) {
    return BAD_ESCAPE.test(rest) ? undefined : { scheme, host: '' };
  }
  const slash = rest.indexOf('/', 2);
  const authority = slash < 0 ? rest.slice(2) : rest.slice(2, slash);
  const host = hostOf(authority);
  return host === undefined || (slash >= 0 && BAD_ESCAPE.test(rest.slice(slash))) ? undefined : { scheme, host };
}

function splitScheme(text: string): readonly [string, string] | undefined {
  const [, name = '', colon] = /^([A-Za-z][A-Za-z0-9+.-]*)?(:)?/.exec(text) ?? [];
  if (!colon) {
    return ['', text];
  }
  return name === '' ? undefined : [name.toLowerCase(), text.slice(name.length + 1)];
}

function hostOf(authority: string): string | undefined {
  const at = authority.lastIndexOf('@');
  if (at >= 0 && !USER.test(authority.slice(0, at))) {
    return undefined;
  }
  const [, host = '', port] = /^(\[[^\]]*\]|[^:]*)(.*)$/s.exec(authority.slice(at + 1)) ?? [];
  return (port === '' || /^:\d*$/.test(port!)) && HOST.test(host) ? host : undefined;
}
