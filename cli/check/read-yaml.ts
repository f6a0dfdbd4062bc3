import { Document, isAlias, isMap, isScalar, isSeq, LineCounter, Node, parseAllDocuments, ScalarTag, SchemaOptions, visit } from 'yaml';
import type { ModelObject } from '../../constructs/model/object';
import { stepsOf } from '../../constructs/validation/istio/well-typed';
import { isRecord, Namelessness, whyUnnamed } from './unnamed';

/** A place in a file, counted from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** A Kubernetes object, and where in the file its fields are. */
export interface ReadObject {
  readonly object: ModelObject;
  /** Place of a field, or of the nearest one above it that is there. */
  locate(field: string): Position;
}

/** What of a file cannot be read. */
export interface Unreadable extends Partial<Position> {
  readonly file: string;
  readonly why: string;
}

/** What has the shape of an object, and does not say which one it is. */
export type Unnamed = ReadObject & Namelessness;

export interface ReadFile {
  readonly objects: readonly ReadObject[];
  /** What has the shape of an object, and does not say which. */
  readonly unnamed: readonly Unnamed[];
  readonly unreadable: readonly Unreadable[];
}

type Tag = Parameters<Extract<SchemaOptions['customTags'], (tags: never) => unknown>>[0][number];

/** Types of YAML 1.1 that the API's tools do not know: their values stay text. */
const LEFT_OUT = ['timestamp', 'binary', 'omap', 'pairs', 'set'];
/** Values that a document has once its aliases are followed; more are a trap rather than a configuration. */
const MOST_VALUES = 1_000_000;
const DEEPEST = 500;
const FLOAT = /^[-+]?(?:\d[\d_]*\.[\d_]*|\.\d[\d_]*)$/;

/**
 * Reads the Kubernetes objects of a YAML or JSON text: several documents, and lists of objects, too. What has not the shape of an object is
 * passed over.
 * @param file as messages name it
 */
export function readYaml(text: string, file: string): ReadFile {
  if (text.includes('\0')) {
    return { objects: [], unnamed: [], unreadable: [{ file, why: 'this is no text in UTF-8: a binary file, or UTF-16' }] };
  }
  // Files that were joined may each have had a mark of their byte order.
  const plain = text.replace(/^\uFEFF/gm, '');
  const lines = new LineCounter();
  // The API's tools read YAML 1.1, where `yes` and `on` are true; its dates and times stay text.
  const documents = parseAllDocuments(plain, {
    version: '1.1',
    logLevel: 'error',
    lineCounter: lines,
    customTags: (tags) => tags.flatMap(asTheApiReads),
  });
  const into: Collected = { file, lines, objects: [], unnamed: [] };
  const unreadable: Unreadable[] = [];
  for (const document of Array.isArray(documents) ? documents : []) {
    const [error] = document.errors;
    const alias = error?.code === 'BAD_ALIAS' ? error.pos[0] : error ? undefined : unknownAlias(document as Document);
    if (alias !== undefined) {
      const [word] = /^[^\s,\]}]*/.exec(plain.slice(alias))!;
      unreadable.push({ file, why: `${word} stands for another place of the file to YAML, and no such place is there; if the text is meant, put it in quotes: "${word}"`, ...positionAt(lines, alias) });
      continue;
    }
    if (error) {
      unreadable.push({ file, why: error.message.split('\n')[0]!.replace(/ at line \d+, column \d+:?$/, ''), ...positionAt(lines, error.pos[0]) });
      continue;
    }
    mendColons(document as Document, plain);
    try {
      const value = document.toJS({ maxAliasCount: -1 }) as unknown;
      if (countOf(value, MOST_VALUES) <= 0) {
        throw new Error(`with its aliases followed, this has more than ${MOST_VALUES} values, or no end`);
      }
      collect(document as Document, value, [], into);
    } catch (caught) {
      unreadable.push({ file, why: (caught as Error).message.split('\n')[0]!, ...positionOf(document as Document, [], lines) });
    }
  }
  return { objects: into.objects, unnamed: into.unnamed, unreadable };
}

/** Where an alias is that no anchor before it has the name of: `*.example.com` without quotes is one. */
function unknownAlias(document: Document): number | undefined {
  let found: number | undefined;
  const anchors = new Set<string>();
  visit(document, {
    Node: (_key, node) => {
      if (isAlias(node) && !anchors.has(node.source)) {
        found = node.range?.[0];
        return visit.BREAK;
      }
      if (!isAlias(node) && node.anchor !== undefined) {
        anchors.add(node.anchor);
      }
      return undefined;
    },
  });
  return found;
}

/** What is left of a budget when each value has taken one: aliases make a small text large, or endless. */
function countOf(value: unknown, budget: number, depth = 0): number {
  if (depth > DEEPEST) {
    return 0;
  }
  if (budget <= 0 || typeof value !== 'object' || value === null) {
    return budget - 1;
  }
  let left = budget - 1;
  for (const member of Object.values(value)) {
    left = countOf(member, left, depth + 1);
    if (left <= 0) {
      return left;
    }
  }
  return left;
}

function asTheApiReads(tag: Tag): Tag[] {
  if (typeof tag === 'string') {
    return [tag];
  }
  if (LEFT_OUT.some((name) => tag.tag.endsWith(`:${name}`)) || ('format' in tag && tag.format === 'TIME')) {
    return [];
  }
  // A lone dot, as in `exportTo: [.]`, is no number.
  return 'test' in tag && tag.test?.test('.') ? [{ ...tag, test: FLOAT } as ScalarTag] : [tag];
}

/** `[2001:db8::]` is an address to the API's tools, since no blank follows the last colon; by the letter of YAML it is a map. */
function mendColons(document: Document, text: string): void {
  visit(document, {
    Seq: (_key, list) => {
      list.items.forEach((item, index) => {
        const pair = isMap(item) && item.items.length === 1 ? item.items[0]! : undefined;
        const empty = pair && (pair.value === null || (isScalar(pair.value) && pair.value.value === null));
        const at = pair && isScalar(pair.key) ? pair.key.range?.[1] : undefined;
        if (list.flow && empty && at !== undefined && text[at] === ':' && /[,\]}]/.test(text[at + 1] ?? '')) {
          const scalar = document.createNode(`${text.slice((pair.key as Node).range![0], at)}:`) as Node;
          scalar.range = (item as Node).range;
          list.items[index] = scalar;
        }
      });
    },
  });
}

interface Collected {
  readonly file: string;
  readonly lines: LineCounter;
  readonly objects: ReadObject[];
  readonly unnamed: Unnamed[];
}

function collect(document: Document, value: unknown, path: readonly (string | number)[], into: Collected): void {
  if (typeof value !== 'object' || value === null) {
    return;
  }
  if (Array.isArray(value) && path.length === 0 && value.some((item) => isRecord(item) && 'kind' in item)) {
    throw new Error('a list of objects is no object: write `kind: List` with `items`, or a document for each');
  }
  const { apiVersion, kind, items, metadata } = value as { apiVersion?: unknown; kind?: unknown; items?: unknown; metadata?: unknown };
  const given = isRecord(metadata) ? metadata : {};
  const unnamed = whyUnnamed(value as Readonly<Record<string, unknown>>);
  if (unnamed || typeof apiVersion !== 'string' || typeof kind !== 'string') {
    if (unnamed) {
      const said = { apiVersion: String(apiVersion ?? ''), kind: String(kind ?? ''), metadata: given as unknown as ModelObject['metadata'] };
      into.unnamed.push({ ...readAs(document, said, path, into), ...unnamed });
    }
    return;
  }
  if (Array.isArray(items) && kind.endsWith('List')) {
    items.forEach((item, index) => collect(document, item, [...path, 'items', index], into));
    return;
  }
  into.objects.push(readAs(document, { ...(value as ModelObject), metadata: given as unknown as ModelObject['metadata'] }, path, into));
}

function readAs(document: Document, object: ModelObject, path: readonly (string | number)[], { file, lines }: Collected): ReadObject {
  return {
    object: { ...object, origin: { file, line: positionOf(document, path, lines).line } },
    locate: (field) => positionOf(document, [...path, ...stepsOf(field)], lines),
  };
}

function positionOf(document: Document, path: readonly (string | number)[], lines: LineCounter): Position {
  let node: unknown = document.contents;
  let found = offsetOf(node) ?? 0;
  for (const step of path) {
    if (isAlias(node)) {
      node = node.resolve(document);
    }
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(step));
      found = offsetOf(pair?.key) ?? found;
      node = pair?.value;
    } else if (isSeq(node)) {
      node = node.items[Number(step)];
      found = offsetOf(node) ?? found;
    } else {
      break;
    }
    if (node === undefined || node === null) {
      break;
    }
  }
  return positionAt(lines, found);
}

function offsetOf(node: unknown): number | undefined {
  return (node as Node | undefined)?.range?.[0];
}

function positionAt(lines: LineCounter, offset: number): Position {
  const { line, col } = lines.linePos(offset);
  return { line, column: col };
}
