import { BlockList, isIP } from 'node:net';
import { fullMatch } from './string-match';

/**
 * A value of an AuthorizationPolicy: exact, `prefix*`, `*suffix`, or `*` for anything that is there.
 * @param ignoreCase as for hosts
 */
export function matchesValue(pattern: string, value: string | undefined, ignoreCase = false): boolean {
  if (value === undefined) {
    return false;
  }
  if (pattern === '*') {
    return value !== '';
  }
  const [wanted, given] = ignoreCase ? [pattern.toLowerCase(), value.toLowerCase()] : [pattern, value];
  if (wanted.startsWith('*')) {
    return given.endsWith(wanted.slice(1));
  }
  return wanted.endsWith('*') ? given.startsWith(wanted.slice(0, -1)) : given === wanted;
}

// Characters of a path segment that the proxies' templates take.
const SEGMENT = "a-zA-Z0-9\\-._~%!$&'()+,;:@=";

/** A path of a policy, which may be a template: `{*}` is one segment, `{**}` any number of characters. */
export function matchesPath(pattern: string, path: string): boolean {
  if (!pattern.includes('{*}') && !pattern.includes('{**}')) {
    return matchesValue(pattern, path);
  }
  const expression = pattern
    .split(/(\{\*\*?\})/)
    .map((part) => (part === '{*}' ? `[${SEGMENT}]+` : part === '{**}' ? `[${SEGMENT}/]*` : part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')))
    .join('');
  return fullMatch(expression, path);
}

/** An address and a range such as `10.1.0.0/16`, or a single address. */
export function matchesRange(range: string, address: string | undefined): boolean {
  const [network, bits] = range.split('/');
  const family = isIP(address ?? '');
  if (address === undefined || family === 0 || isIP(network) !== family) {
    return false;
  }
  const list = new BlockList();
  const type = family === 4 ? 'ipv4' : 'ipv6';
  list.addSubnet(network, bits === undefined ? (family === 4 ? 32 : 128) : Number(bits), type);
  return list.check(address, type);
}

/** Principals: SPIFFE identities without `spiffe://`. The trust domain `cluster.local` stands for the mesh's own. */
export function matchesPrincipal(pattern: string, identity: string | undefined, trustDomain: string): boolean {
  if (identity === undefined) {
    return false;
  }
  if (pattern === '*') {
    return true;
  }
  const own = pattern.startsWith('cluster.local/') ? `${trustDomain}/${pattern.slice('cluster.local/'.length)}` : pattern;
  return matchesValue(own, identity);
}

/** Namespaces, in which every `*` stands for any text. */
export function matchesNamespace(pattern: string, identity: string | undefined): boolean {
  return identity !== undefined && fullMatch(`.*/ns/${pattern.replaceAll('*', '.*')}/.*`, `spiffe://${identity}`);
}

/** Service accounts, `name` of the policy's namespace or `namespace/name`. */
export function matchesServiceAccount(pattern: string, identity: string | undefined, policyNamespace: string): boolean {
  const [first, second] = pattern.split('/');
  const [namespace, name] = second === undefined ? [policyNamespace, first] : [first, second];
  return identity !== undefined && fullMatch(`spiffe://.+/ns/${namespace}/(.+/|)sa/${name}(/.+)?`, `spiffe://${identity}`);
}

/** Request principals, `issuer/subject` of a verified token. */
export function matchesRequestPrincipal(pattern: string, claims: Readonly<Record<string, unknown>> | undefined): boolean {
  const [issuer, subject] = [claims?.iss, claims?.sub];
  if (typeof issuer !== 'string' || typeof subject !== 'string') {
    return false;
  }
  const slash = pattern.lastIndexOf('/');
  const [issuerPart, subjectPart] = slash < 0 ? [pattern, ''] : [pattern.slice(0, slash), pattern.slice(slash + 1)];
  if (pattern === '*') {
    return issuer !== '' && subject !== '';
  }
  if (pattern.startsWith('*')) {
    return slash < 0
      ? issuer !== '' && subject.endsWith(pattern.slice(1))
      : (issuerPart === '*' ? issuer !== '' : issuer.endsWith(issuerPart.slice(1))) && subject === subjectPart;
  }
  if (pattern.endsWith('*')) {
    return slash < 0
      ? issuer.startsWith(pattern.slice(0, -1)) && subject !== ''
      : issuer === issuerPart && (subjectPart === '*' ? subject !== '' : subject.startsWith(subjectPart.slice(0, -1)));
  }
  return issuer === issuerPart && subject === subjectPart;
}
