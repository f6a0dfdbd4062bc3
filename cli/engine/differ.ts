import { isDeepStrictEqual } from 'node:util';
import { isRecord, KubernetesObjectData, objectKey, objectTitle } from '../../constructs/kubernetes/conversion/object-data';

/** One thing that applying would change. */
export interface Change {
  readonly action: 'create' | 'update' | 'delete' | 'replace';
  /** `VirtualService reviews` */
  readonly title: string;
  readonly namespace?: string;
  /** What changes in it, in the words of its API: `http[1].route weights v1 90 -> 50, v3 10 -> 50`. */
  readonly details: readonly string[];
}

const SIGNS: Readonly<Record<Change['action'], string>> = { create: '+', update: '~', delete: '-', replace: '-/+' };

/** A change as lines of text. */
export function formatChange(change: Change): string[] {
  const head = `${SIGNS[change.action]} ${change.title}`;
  if (change.details.length <= 1) {
    return [change.details.length === 0 ? head : `${head}: ${change.details[0]}`];
  }
  return [`${head}:`, ...change.details.map((detail) => `    ${detail}`)];
}

/** Compares two sets of objects. */
export function diffObjects(before: readonly KubernetesObjectData[], after: readonly KubernetesObjectData[]): Change[] {
  const old = new Map(before.map((object) => [objectKey(object), object]));
  const wanted = new Map(after.map((object) => [objectKey(object), object]));
  const changes: Change[] = [];
  for (const [key, object] of wanted) {
    const previous = old.get(key);
    if (!previous) {
      changes.push(changeOf('create', object, []));
      continue;
    }
    const details = diffFields(previous, object);
    if (details.length > 0) {
      changes.push(changeOf('update', object, details));
    }
  }
  const gone = [...old].filter(([key]) => !wanted.has(key)).map(([, object]) => changeOf('delete', object, []));
  return [...changes, ...gone];
}

/**
 * Lists what differs between two values, each as `path before -> after`. The path leaves out `spec`, which every reader expects.
 */
export function diffFields(before: unknown, after: unknown): string[] {
  return diffAt('', before, after);
}

function diffAt(path: string, before: unknown, after: unknown): string[] {
  if (isDeepStrictEqual(before, after)) {
    return [];
  }
  if (Array.isArray(before) && Array.isArray(after)) {
    return diffLists(path, before as unknown[], after as unknown[]);
  }
  if (isRecord(before) && isRecord(after)) {
    return [...new Set([...Object.keys(before), ...Object.keys(after)])].flatMap((key) => diffAt(join(path, key), before[key], after[key]));
  }
  if (before === undefined) {
    return [`${path} + ${show(after)}`];
  }
  return after === undefined ? [`${path} - ${show(before)}`] : [`${path} ${show(before)} -> ${show(after)}`];
}

function diffLists(path: string, before: readonly unknown[], after: readonly unknown[]): string[] {
  const weights = diffWeights(path, before, after);
  if (weights) {
    return weights;
  }
  const naming = (item: unknown): string | undefined => (isRecord(item) && typeof item.name === 'string' ? item.name : undefined);
  const names = [...before, ...after].map(naming);
  const isNamed = names.length > 0 && names.every((name) => name !== undefined) && new Set(before.map(naming)).size === before.length;
  if (isNamed) {
    const byName = (items: readonly unknown[]): Map<string | undefined, unknown> => new Map(items.map((item) => [naming(item), item]));
    const [old, wanted] = [byName(before), byName(after)];
    const details = [...new Set(names)].flatMap((name) => diffAt(`${path}[${name}]`, old.get(name), wanted.get(name)));
    return details.length > 0 ? details : [`${path} order ${before.map(naming).join(', ')} -> ${after.map(naming).join(', ')}`];
  }
  const aligned = align(before, after);
  return aligned.flatMap(({ index, old, wanted }) => diffAt(`${path}[${index}]`, old, wanted));
}

interface Pair {
  readonly index: number;
  readonly old: unknown;
  readonly wanted: unknown;
}

/** Pairs items of two lists so that one put in front or taken away does not make all that follow look changed. */
function align(before: readonly unknown[], after: readonly unknown[]): Pair[] {
  const byMatch = before.length === after.length ? undefined : alignByMatch(before, after);
  if (byMatch) {
    return byMatch;
  }
  let head = 0;
  while (head < before.length && head < after.length && isDeepStrictEqual(before[head], after[head])) {
    head++;
  }
  let tail = 0;
  const most = Math.min(before.length, after.length) - head;
  while (tail < most && isDeepStrictEqual(before[before.length - 1 - tail], after[after.length - 1 - tail])) {
    tail++;
  }
  const [old, wanted] = [before.slice(head, before.length - tail), after.slice(head, after.length - tail)];
  const longer = old.length > wanted.length ? old : wanted;
  return longer.map((_item, offset) => ({ index: head + offset, old: old[offset], wanted: wanted[offset] }));
}

/** Routes are the same where they match the same requests, wherever in the list they stand. */
function alignByMatch(before: readonly unknown[], after: readonly unknown[]): Pair[] | undefined {
  const matches = (items: readonly unknown[]): string[] => items.map((item) => (isRecord(item) ? (JSON.stringify(item.match) ?? '') : ''));
  const [old, wanted] = [matches(before), matches(after)];
  const areRoutes = [...before, ...after].every(isRecord) && [...old, ...wanted].some((match) => match !== '');
  if (!areRoutes || new Set(old).size < old.length || new Set(wanted).size < wanted.length) {
    return undefined;
  }
  const gone = old.flatMap((match, index) => (wanted.includes(match) ? [] : [{ index, old: before[index], wanted: undefined }]));
  const pairs = wanted.map((match, index) => ({ index, old: old.includes(match) ? before[old.indexOf(match)] : undefined, wanted: after[index] }));
  return [...pairs, ...gone];
}

/** What people look at in a list of weighted destinations: each one's share, not its place in the list. */
function diffWeights(path: string, before: readonly unknown[], after: readonly unknown[]): string[] | undefined {
  const [old, wanted] = [shares(before), shares(after)];
  if (!old || !wanted) {
    return undefined;
  }
  const others = (items: readonly unknown[]): unknown => items.map((item) => ({ ...(item as object), weight: undefined, destination: undefined }));
  if (!isDeepStrictEqual(unique(others(before)), unique(others(after)))) {
    return undefined;
  }
  const changed = [...new Set([...old.keys(), ...wanted.keys()])].filter((name) => old.get(name) !== wanted.get(name));
  return [`${path} weights ${changed.map((name) => `${name} ${old.get(name) ?? 0} -> ${wanted.get(name) ?? 0}`).join(', ')}`];
}

function shares(items: readonly unknown[]): Map<string, number> | undefined {
  const found = new Map<string, number>();
  for (const item of items) {
    const destination = isRecord(item) ? item.destination : undefined;
    if (!isRecord(item) || !isRecord(destination) || typeof destination.host !== 'string') {
      return undefined;
    }
    const weight = typeof item.weight === 'number' ? item.weight : items.length === 1 ? 100 : 0;
    const name = typeof destination.subset === 'string' ? destination.subset : destination.host;
    if (found.has(name)) {
      return undefined;
    }
    found.set(name, weight);
  }
  return found.size > 0 ? found : undefined;
}

function unique(value: unknown): unknown[] {
  return [...new Set((value as unknown[]).map((item) => JSON.stringify(item)))].sort();
}

function join(path: string, key: string): string {
  if (path === '' && key === 'spec') {
    return '';
  }
  const step = /^[A-Za-z0-9_-]+$/.test(key) ? key : `["${key}"]`;
  return path === '' || step.startsWith('[') ? `${path}${step}` : `${path}.${step}`;
}

/** A value in one short line: text as it is, structures as their leaves, so that nobody has to read JSON. */
function show(value: unknown): string {
  const text = isRecord(value) && Object.keys(value).length > 0 ? leaves(value, '').join(', ') : showLeaf(value);
  return text.length > 200 ? `${text.slice(0, 197)}...` : text;
}

function showLeaf(value: unknown): string {
  if (typeof value !== 'string') {
    return JSON.stringify(value);
  }
  return value.includes('\n') ? `(${value.split('\n').length} lines)` : value;
}

function leaves(value: unknown, path: string): string[] {
  const list = Array.isArray(value) ? (value as unknown[]) : [];
  const destinations = shares(list);
  if (destinations) {
    return [`${path} ${[...destinations].map(([name, weight]) => (destinations.size === 1 ? name : `${name} ${weight}`)).join(', ')}`];
  }
  if (list.length > 0) {
    return list.flatMap((item, index) => leaves(item, list.length === 1 ? path : `${path}[${index}]`));
  }
  if (isRecord(value) && Object.keys(value).length > 0) {
    return Object.entries(value).flatMap(([key, member]) => leaves(member, join(path, key)));
  }
  return [`${path} ${showLeaf(value)}`];
}

function changeOf(action: Change['action'], object: KubernetesObjectData, details: readonly string[]): Change {
  return { action, title: objectTitle(object), namespace: object.metadata.namespace, details };
}
