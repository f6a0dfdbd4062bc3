import { celWords, DURATION_RULE } from '../cel-words';
import { MILLISECOND, parseDuration } from '../duration';
import { child, Report } from '../finding';
import { isDnsLabel, isIpAddress, isSubnet, whyNotFqdn, whyNotHost } from './names';

export const DOCS = 'https://istio.io/latest/docs/reference/config';

// Loaded with the first expression: many meshes have none.
// eslint-disable-next-line @typescript-eslint/no-require-imports
const re2 = () => require('re2js') as typeof import('re2js');

const LABEL_PREFIX = /^[a-zA-Z0-9](?:[-a-zA-Z0-9]*[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[-a-zA-Z0-9]*[a-zA-Z0-9])?)*$/;
const LABEL_VALUE = /^(?:(?:[A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/;
const LONGEST_REGEX = 1024;
const LONGEST_LABEL = 63;
const PROTOCOLS = ['tcp', 'udp', 'grpc', 'grpc-web', 'http', 'http_proxy', 'http2', 'https', 'tls', 'mongo', 'redis', 'mysql'];
const HTTP = ['http', 'http2', 'http_proxy', 'grpc', 'grpc-web'];

export function isHttp(protocol: string | undefined): boolean {
  return HTTP.includes((protocol ?? '').toLowerCase());
}

export function isTls(protocol: string | undefined): boolean {
  return ['https', 'tls'].includes((protocol ?? '').toLowerCase());
}

export function isProtocol(protocol: string): boolean {
  return PROTOCOLS.includes(protocol.toLowerCase());
}

export function checkProtocol(report: Report, field: string, protocol: string | undefined): void {
  if (protocol !== undefined && protocol !== '' && !isProtocol(protocol)) {
    report.error('AI0030', field, { value: protocol, rule: 'Istio does not know this protocol', mend: `Write one of ${PROTOCOLS.join(', ').toUpperCase()}` });
  }
}

export function checkHost(report: Report, field: string, host: string | undefined): void {
  const why = whyNotHost(host ?? '');
  if (why) {
    report.error('AI0031', field, { value: host, rule: why, mend: 'Write the name of a Service, or a DNS name; a wildcard only at the beginning' });
  }
}

export function checkFqdn(report: Report, field: string, host: string | undefined): void {
  const why = whyNotFqdn(host ?? '');
  if (why) {
    report.error('AI0031', field, { value: host, rule: why, mend: 'Write a whole DNS name, without wildcards' });
  }
}

export function checkPort(report: Report, field: string, port: number | undefined): void {
  if (port === undefined || port < 1 || port > 65535) {
    report.error('AI0032', field, { value: port, rule: 'a port is a number from 1 to 65535', mend: 'Give a port in that range' });
  }
}

export function checkPortName(report: Report, field: string, name: string | undefined): void {
  if (!isDnsLabel(name ?? '')) {
    report.error('AI0033', field, { value: name, rule: 'a port name has up to 63 letters, digits and inner dashes', mend: 'Rename the port' });
  }
}

/** What the schema leaves open of a duration: that it has no parts of a millisecond. */
export function checkDuration(report: Report, field: string, text: string | undefined): void {
  const nanoseconds = text === undefined ? undefined : parseDuration(text);
  if (nanoseconds !== undefined && nanoseconds >= MILLISECOND && nanoseconds % MILLISECOND !== 0) {
    report.error('AI0034', field, { value: text, rule: 'durations are exact to the millisecond', mend: 'Round it to whole milliseconds' });
  }
}

/** A duration that no schema has seen yet: what the CEL rule of the CRDs says of it, and the rest. */
export function checkWholeDuration(report: Report, field: string, text: string): void {
  const nanoseconds = parseDuration(text);
  if (nanoseconds === undefined || nanoseconds < MILLISECOND) {
    report.error('AI0007', field, { value: text, ...celWords(DURATION_RULE) });
  } else {
    checkDuration(report, field, text);
  }
}

export function checkPercentage(report: Report, field: string, percentage: { readonly value?: number } | undefined): void {
  const value = percentage?.value;
  // Written so that NaN fails too.
  if (value !== undefined && value !== 0 && !(value >= 0.0001 && value <= 100)) {
    report.error('AI0035', child(field, 'value'), { value, rule: 'a percentage is 0, or from 0.0001 to 100', mend: 'Give a percentage in that range' });
  }
}

/** @param max such as 100, for integers that count per cent */
export function checkRange(report: Report, field: string, value: number | undefined, min: number, max = Infinity): void {
  if (value !== undefined && (value < min || value > max)) {
    const rule = max === Infinity ? `the number is at least ${min}` : `the number is from ${min} to ${max}`;
    report.error('AI0036', field, { value, rule, mend: 'Give a number in that range' });
  }
}

export function checkRegex(report: Report, field: string, regex: string): void {
  if (regex.length > LONGEST_REGEX) {
    report.error('AI0037', field, { value: regex, rule: `a regular expression has at most ${LONGEST_REGEX} characters`, mend: 'Shorten it, or split the match' });
    return;
  }
  const why = whyNoRegex(regex);
  if (why) {
    report.error('AI0037', field, {
      value: regex,
      rule: `the proxies read regular expressions as RE2 does: ${why}`,
      mend: 'Write it in the syntax of RE2, which has no look-around and no back-references',
      see: 'https://github.com/google/re2/wiki/Syntax',
    });
  }
}

/** Why RE2 does not take an expression; nothing where it does. */
export function whyNoRegex(regex: string): string | undefined {
  try {
    re2().RE2JS.compile(regex);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

export function checkSubnet(report: Report, field: string, text: string): void {
  if (!isSubnet(text)) {
    report.error('AI0038', field, { value: text, rule: 'this is an IP address or a range of them', mend: 'Write such as 10.0.0.0/8 or 192.0.2.7' });
  }
}

export function checkIp(report: Report, field: string, text: string | undefined): void {
  if (text && !isIpAddress(text)) {
    report.error('AI0038', field, { value: text, rule: 'this is an IP address', mend: 'Write such as 192.0.2.7 or 2001:db8::7' });
  }
}

export function checkLabels(report: Report, field: string, labels: Readonly<Record<string, string>> | undefined): void {
  for (const [key, value] of Object.entries(labels ?? {})) {
    const slash = key.lastIndexOf('/');
    const name = key.slice(slash + 1);
    if ((slash >= 0 && !LABEL_PREFIX.test(key.slice(0, slash))) || name === '' || !LABEL_VALUE.test(name) || name.length > LONGEST_LABEL) {
      report.error('AI0039', child(field, key), { value: key, rule: 'a label key has letters, digits and inner dashes, dots or underscores, with a DNS name and a slash before it', mend: 'Rename the label' });
    }
    if (!LABEL_VALUE.test(value) || value.length > LONGEST_LABEL) {
      report.error('AI0039', child(field, key), { value, rule: 'a label value has up to 63 letters, digits and inner dashes, dots or underscores', mend: 'Change the value' });
    }
  }
}

/** Warns of a selector that is there but chooses everything. */
export function checkSelector(report: Report, field: string, labels: Readonly<Record<string, string>> | undefined, given: boolean): void {
  if (given && Object.keys(labels ?? {}).length === 0) {
    report.warning('AI0040', field, {
      rule: 'a selector without labels chooses every workload of the namespace',
      mend: 'Give labels, or drop the selector to say the same openly',
    });
  }
}

const SOCKET = 'unix://';

export function isSocket(text: string | undefined): text is string {
  return text !== undefined && text.startsWith(SOCKET);
}

export function checkSocket(report: Report, field: string, text: string): void {
  const name = text.slice(SOCKET.length);
  if (!name.startsWith('@') && (!name.startsWith('/') || name.endsWith('/'))) {
    report.error('AI0041', field, { value: text, rule: 'a Unix socket is an absolute path to a file, or `@` and a name', mend: 'Write such as unix:///var/run/app.sock' });
  }
}
