import type { Report, Verdict } from './finding';
import { nearest } from './nearest';
import type { Broken } from './structural';

/** Fields of earlier Istio versions, which old pages still show, by the end of their path; and what took their place. */
const GONE: readonly (readonly [RegExp, string])[] = [
  [/\.fault\.(abort|delay)\.percent$/, 'Write `percentage: {value: ...}`'],
  [/\.mirror_percent$/, 'Write `mirrorPercentage: {value: ...}`'],
  [/\.corsPolicy\.allowOrigin$/, 'Write `allowOrigins: [{exact: ...}]`'],
  [/\.websocketUpgrade$/, 'Drop it: connections are upgraded without it'],
  [/\.appendHeaders$/, 'Write `headers: {request: {add: ...}}`'],
  [/\.removeResponseHeaders$/, 'Write `headers: {response: {remove: ...}}`'],
  [/\.httpReqRetries$/, 'Write `retries`'],
  [/\.outlierDetection\.http$/, 'Write its members directly below `outlierDetection`'],
  [/\.googleRe2$|\.regexMatch$/, 'Write `regex: ...`'],
];
/** Fields whose text is a duration. */
const DURATION = /(?:timeout|interval|duration|delay|age|time|ttl)$/i;
const DISTANCE = 2;

const CODES: Readonly<Record<Broken['kind'], string>> = {
  unknown: 'AI0001',
  type: 'AI0002',
  enum: 'AI0003',
  required: 'AI0004',
  limit: 'AI0005',
  alternatives: 'AI0006',
  cel: 'AI0007',
};

/** The API that a schema is part of. */
export interface ApiWords {
  /** As in `VirtualService of Istio 1.29`. */
  readonly name: string;
  /** The reference page of the kind. */
  readonly see: string;
  /** What a CEL rule of its CRDs says, for people. */
  readonly words: (rule: string) => Omit<Verdict, 'value'>;
  /** Says that a later version has a field, or a value of an enumeration. @default nobody knows */
  readonly since?: (broken: Broken) => string | undefined;
}

/** Reports what does not fit the schema of a kind. */
export function reportBroken(report: Report, api: ApiWords, broken: readonly Broken[]): void {
  for (const one of broken) {
    const field = one.kind === 'required' ? `${one.field}.${one.name}` : one.field;
    report.error(CODES[one.kind], field, { ...verdictOf(one, report.object.kind, api), see: api.see });
  }
}

function verdictOf(broken: Broken, kind: string, api: ApiWords): Verdict {
  switch (broken.kind) {
    case 'unknown':
      return {
        value: broken.value,
        rule: `${kind} of ${api.name} has no field \`${broken.name}\` there`,
        mend: GONE.find(([path]) => path.test(broken.field))?.[1] ?? api.since?.(broken) ?? suggestion(broken.name, broken.known),
      };
    case 'type':
      return { value: broken.value, rule: `this is ${article(broken.expected)}`, mend: mendOfType(broken.expected, broken.value, broken.field) };
    case 'enum':
      return {
        value: broken.value,
        rule: `the value is one of ${broken.allowed.join(', ')}`,
        mend: api.since?.(broken) ?? (typeof broken.value === 'string' ? suggestion(broken.value, broken.allowed.map(String), 'Write one of these') : 'Write one of these'),
      };
    case 'required':
      return { rule: `\`${broken.name}\` is required there`, mend: `Give \`${broken.name}\`` };
    case 'limit':
      return { value: broken.value, rule: `this is ${broken.limit}`, mend: 'Change it so that it fits' };
    case 'alternatives':
      if (broken.names.length === 0) {
        return { value: broken.value, rule: 'its members do not go together', mend: 'Correct them: an address, say, is what its `type` says' };
      }
      return broken.needed
        ? { rule: `one of ${quoted(broken.names)} is required there`, mend: 'Give one of them' }
        : { value: broken.given, rule: `only one of ${quoted(broken.names)} may be given`, mend: `Keep one of ${quoted(broken.given)}` };
    case 'cel':
      return { value: broken.value, ...api.words(broken.rule) };
  }
}

function article(type: string): string {
  const named: Readonly<Record<string, string>> = { object: 'a map', array: 'a list', integer: 'an integer', number: 'a number', string: 'a string', boolean: 'true or false' };
  return named[type] ?? type;
}

function mendOfType(expected: string, value: unknown, field: string): string {
  if (value === null) {
    return 'Give a value, or drop the field; `{}` is the empty map';
  }
  if (expected === 'string' && typeof value === 'number' && DURATION.test(field)) {
    return `Write a number with its unit: ${value}s`;
  }
  if (expected === 'string' && (typeof value === 'number' || typeof value === 'boolean')) {
    return `Put it in quotes: ${JSON.stringify(String(value))}`;
  }
  if (expected === 'array') {
    return 'Write it as a list, also where it has one item';
  }
  return `Write ${article(expected)}`;
}

function suggestion(name: string, known: readonly string[], otherwise = 'Drop it, or look for its present name in the reference'): string {
  const near = nearest(name, known, Math.min(DISTANCE, name.length / 2));
  return near ? `Perhaps \`${near}\` is meant` : otherwise;
}

function quoted(names: readonly string[]): string {
  return names.map((name) => `\`${name}\``).join(', ');
}

const REFERENCE: Readonly<Record<string, string>> = {
  'networking.istio.io': 'networking',
  'security.istio.io': 'security',
  'extensions.istio.io': 'proxy_extensions',
};
const PAGES: Readonly<Record<string, string>> = {
  RequestAuthentication: 'security/request_authentication',
  PeerAuthentication: 'security/peer_authentication',
  ProxyConfig: 'networking/proxy-config',
  Telemetry: 'telemetry',
};

/** The reference page of a kind. */
export function see(group: string, kind: string): string {
  const page = PAGES[kind] ?? `${REFERENCE[group] ?? 'networking'}/${kind.replace(/(?<=[a-z])(?=[A-Z])/g, '-').toLowerCase()}`;
  return `https://istio.io/latest/docs/reference/config/${page}/`;
}
