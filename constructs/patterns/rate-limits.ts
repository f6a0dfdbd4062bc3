import { Token } from 'cdktf';
import type { Problem } from '../validation';
import { numberProblems, UINT32 } from './checks';

/** What requests are counted by, each value for itself. A path is what clients ask for, query and all: `/a?x=1` is not `/a`. */
export type LimitKey = 'path' | 'client-ip' | { readonly header: string };

/** A key of which one value is meant. */
export interface LimitValue {
  /** What is looked at. */
  readonly by: LimitKey;
  /** Only requests with this value. */
  readonly value: string;
}

/** A limit for all pods together. */
export interface Limit {
  /** What requests are counted by; several together count each combination for itself, such as a user on a path. */
  readonly by: LimitKey | readonly (LimitKey | LimitValue)[];
  /** Only requests with this value, which no other limit of the same key is then for. @default each value has its own count */
  readonly value?: string;
  /** Requests that pass in each period, 0 or more. */
  readonly requests: number;
  /** The period. */
  readonly per: 'second' | 'minute' | 'hour' | 'day';
}

/** One part of what a request is counted by. */
interface Entry {
  readonly by: LimitKey;
  readonly key: string;
  readonly value?: string;
}

/** As the rate limit service reads it. @see https://github.com/envoyproxy/ratelimit#configuration */
export interface LimitDescriptor {
  /** What is counted by. */
  readonly key: string;
  /** The only value that it is for. @default every value */
  readonly value?: string;
  /** How many requests pass in which period. @default no limit of its own */
  rate_limit?: { readonly unit: Limit['per']; readonly requests_per_unit: number | string };
  /** Keys that requests with this one are counted by too. @default none */
  descriptors?: LimitDescriptor[];
}

/** What stands against the limits of a target; the rate limit service stops where two have the same key. */
export function limitProblems(at: string, limits: readonly Limit[]): Problem[] {
  const keys = limits.map((limit) => entriesOf(limit).map(compositeKey).join('.'));
  return [
    ...(limits.length > 0 ? [] : [{ at, value: [], rule: 'there is something to limit', mend: 'Give a limit' }]),
    ...limits.flatMap((limit, index) => [
      ...numberProblems(`${at}[${index}].requests`, limit.requests, { min: 0, max: UINT32 }, 'a limit is a whole number, 0 or more', 'Lengthen `per` for fewer'),
      ...keyProblems(`${at}[${index}]`, limit),
      ...(keys.indexOf(keys[index]!) === index
        ? []
        : [
            {
              at: `${at}[${index}].by`,
              value: limit.by,
              rule: `limits[${keys.indexOf(keys[index]!)}] is for the same requests, and a key has one limit`,
              mend: 'Leave one out, or count by a second key too',
            },
          ]),
    ]),
  ];
}

/** The limits as the rate limit service reads them. */
export function descriptorsOf(limits: readonly Limit[]): LimitDescriptor[] {
  const roots: LimitDescriptor[] = [];
  for (const limit of limits) {
    let level = roots;
    let last: LimitDescriptor | undefined;
    for (const { key, value } of entriesOf(limit)) {
      if (last) {
        level = last.descriptors ??= [];
      }
      last = level.find((node) => node.key === key && node.value === value);
      if (!last) {
        last = { key, ...(value !== undefined && { value }) };
        level.push(last);
      }
    }
    const { requests, per } = limit;
    last!.rate_limit = { unit: per, requests_per_unit: Token.isUnresolved(requests) ? Token.asString(requests) : requests };
  }
  inherit(roots);
  return roots;
}

/** What Envoy tells the service of each request: one list of entries for each combination of keys, however many limits there are for it. */
export function actionsOf(limits: readonly Limit[]): unknown[] {
  return [...combinationsOf(limits).values()].map((entries) => ({
    actions: entries.map(({ by, key }) =>
      by === 'client-ip' ? { remote_address: {} } : { request_headers: { header_name: by === 'path' ? ':path' : key, descriptor_key: key } },
    ),
  }));
}

/** The combinations of keys that limits count by, by a name. */
export function combinationsOf(limits: readonly Limit[]): ReadonlyMap<string, readonly Entry[]> {
  return new Map(limits.map(entriesOf).map((entries) => [entries.map(({ key }) => key).join(' and '), entries]));
}

/** The service looks no further than the node of a value: what holds for every value has to stand below it too. */
function inherit(level: LimitDescriptor[]): void {
  for (const node of level) {
    const general = node.value === undefined ? undefined : level.find(({ key, value }) => key === node.key && value === undefined);
    for (const child of general?.descriptors ?? []) {
      adopt(node, child);
    }
  }
  level.forEach(({ descriptors }) => inherit(descriptors ?? []));
}

function adopt(parent: LimitDescriptor, child: LimitDescriptor): void {
  parent.descriptors ??= [];
  const own = parent.descriptors.find(({ key, value }) => key === child.key && value === child.value);
  if (!own) {
    parent.descriptors.push(structuredClone(child));
    return;
  }
  own.rate_limit ??= child.rate_limit;
  child.descriptors?.forEach((grandchild) => adopt(own, grandchild));
}

function entriesOf({ by, value }: Limit): Entry[] {
  const parts = isList(by) ? by : [value === undefined ? by : { by, value }];
  return parts.map((part) => (typeof part === 'object' && 'by' in part ? { ...part, key: keyOf(part.by) } : { by: part, key: keyOf(part) }));
}

function isList(by: Limit['by']): by is readonly (LimitKey | LimitValue)[] {
  return Array.isArray(by);
}

function keyOf(by: LimitKey): string {
  return by === 'path' ? 'PATH' : by === 'client-ip' ? 'remote_address' : by.header.toLowerCase();
}

/** As the service tells keys apart. */
function compositeKey({ key, value }: Entry): string {
  return value === undefined ? key : `${key}_${value}`;
}

function keyProblems(at: string, limit: Limit): Problem[] {
  const entries = entriesOf(limit);
  const keys = entries.map(({ key }) => key);
  return [
    ...(keys.length > 0 ? [] : [{ at: `${at}.by`, value: limit.by, rule: 'requests are counted by something', mend: 'Give a key' }]),
    ...(new Set(keys).size === keys.length ? [] : [{ at: `${at}.by`, value: limit.by, rule: 'the keys of a limit are different ones', mend: 'Leave one out' }]),
    ...(isList(limit.by) && limit.value !== undefined
      ? [{ at: `${at}.value`, value: limit.value, rule: 'of several keys each has its own value', mend: "Write it in `by`, as { by: 'path', value: '/login' }" }]
      : []),
    ...(entries.some(({ value }) => value === '')
      ? [{ at: `${at}.value`, value: '', rule: 'the service takes an empty value for every value', mend: 'Leave it out' }]
      : []),
  ];
}
