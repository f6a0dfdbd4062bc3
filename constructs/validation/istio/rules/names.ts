import { isIP, isIPv4 } from 'node:net';

const LABEL = /^[a-zA-Z0-9](?:[-a-zA-Z0-9]*[a-zA-Z0-9])?$/;
const WILDCARD_LABEL = /^(?:\*|(?:\*|\*-)?[a-zA-Z0-9](?:[-a-zA-Z0-9]*[a-zA-Z0-9])?)$/;
const LONGEST_LABEL = 63;
const LONGEST_NAME = 255;

/** Whether this is one part of a DNS name, as Istio reads it: capitals are allowed. */
export function isDnsLabel(text: string): boolean {
  return text.length <= LONGEST_LABEL && LABEL.test(text);
}

/** Why a text is no full DNS name; nothing where it is one. */
export function whyNotFqdn(name: string): string | undefined {
  return whyTooOdd(name) ?? whyBadLabels(name);
}

/** Why a text is no DNS name whose first part may be a wildcard; nothing where it is one. */
export function whyNotHost(name: string): string | undefined {
  const odd = whyTooOdd(name);
  if (odd) {
    return odd;
  }
  const dot = name.indexOf('.');
  const first = dot < 0 ? name : name.slice(0, dot);
  if (first.length > LONGEST_LABEL || !WILDCARD_LABEL.test(first)) {
    return `a host is a DNS name, and ${JSON.stringify(first)} cannot be part of one`;
  }
  return dot < 0 ? undefined : whyBadLabels(name.slice(dot + 1));
}

export function isWildcard(host: string): boolean {
  return host.startsWith('*');
}

export function isIpAddress(text: string): boolean {
  return isIP(text) !== 0;
}

/** Whether this is an address, or a range such as `10.0.0.0/8`. */
export function isSubnet(text: string): boolean {
  const [address = '', bits, rest] = text.split('/');
  if (bits === undefined) {
    return isIpAddress(text);
  }
  return rest === undefined && isIpAddress(address) && !address.includes('%') && /^(?:0|[1-9]\d{0,2})$/.test(bits) && Number(bits) <= (isIPv4(address) ? 32 : 128);
}

/** Whether two hosts have names in common, either of them with a wildcard. */
export function hostsOverlap(a: string, b: string): boolean {
  if (isWildcard(a) && isWildcard(b)) {
    return a.length < b.length ? b.slice(1).endsWith(a.slice(1)) : a.slice(1).endsWith(b.slice(1));
  }
  if (isWildcard(a)) {
    return b.endsWith(a.slice(1));
  }
  return isWildcard(b) ? a.endsWith(b.slice(1)) : a === b;
}

/** Whether every name that one host means is meant by the other too. */
export function hostWithin(inner: string, outer: string): boolean {
  if (isWildcard(inner)) {
    return isWildcard(outer) && inner.length >= outer.length && inner.slice(1).endsWith(outer.slice(1));
  }
  return isWildcard(outer) ? inner.endsWith(outer.slice(1)) : inner === outer;
}

function whyTooOdd(name: string): string | undefined {
  if (name === '') {
    return 'a host is not empty';
  }
  return name.length > LONGEST_NAME ? `a host has at most ${LONGEST_NAME} characters` : undefined;
}

function whyBadLabels(name: string): string | undefined {
  const parts = name.split('.');
  if (/^[-+]?\d+$/.test(parts.at(-1)!)) {
    return 'the last part of a host is not a number';
  }
  // A final dot says that the name is complete.
  const bad = parts.find((part, index) => !isDnsLabel(part) && !(part === '' && index === parts.length - 1));
  return bad === undefined ? undefined : `a host is a DNS name, and ${JSON.stringify(bad)} cannot be part of one`;
}
