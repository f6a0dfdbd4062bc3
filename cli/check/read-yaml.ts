import { Document, isAlias, isMap, isScalar, isSeq, LineCounter, Node, parseAllDocuments, ScalarTag, SchemaOptions, visit } from 'yaml';
import type { ModelObject } from '../../constructs/model/object';
import { stepsOf } from '../../constructs/validation/istio/check-object';

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

export interface ReadFile {
  readonly objects: readonly ReadObject[];
  readonly unreadable: readonly Unreadable[];
}

type Tag = Parameters<Extract<SchemaOptions['customTags'], (tags: never) => unknown>>[0][number];

/** Types of YAML 1.1 that the API's tools do not know: their values stay text. */
const LEFT_OUT = ['timestamp', 'binary', 'omap', 'pairs', 'set'];
const FLOAT = /^[-+]?(?:\d[\d_]*\.[\d_]*|\.\d[\d_]*)$/;

/**
 * Reads the Kubernetes objects of a YAML or JSON text: several documents, and lists of objects, too. What is no object is passed over.
 * @param file as messages name it
 */
export function readYaml(text: string, file: string): ReadFile {
  const lines = new LineCounter();
  // The API's tools read YAML 1.1, where `yes` and `on` are true; its dates and times stay text.
  const documents = parseAllDocuments(text, {
    version: '1.1',
    logLevel: 'error',
    lineCounter: lines,
    customTags: (tags) => tags.flatMap(asTheApiReads),
  });
  const objects: ReadObject[] = [];
  const unreadable: Unreadable[] = [];
  for (const document of Array.isArray(documents) ? documents : []) {
    if (document.errors.length > 0) {
      unreadable.push(...document.errors.slice(0, 1).map((error) => ({ file, why: error.message.split('\n')[0]!.replace(/ at line \d+, column \d+:?$/, ''), ...positionAt(lines, error.pos[0]) })));
      continue;
    }
    mendColons(document as Document, text);
    collect(document as Document, document.toJS() as unknown, [], { file, lines, objects });
  }
  return { objects, unreadable };
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
}

function collect(document: Document, value: unknown, path: readonly (string | number)[], into: Collected): void {
  if (typeof value !== 'object' || value === null) {
    return;
  }
  const { apiVersion, kind, items, metadata } = value as { apiVersion?: unknown; kind?: unknown; items?: unknown; metadata?: unknown };
  if (typeof apiVersion !== 'string' || typeof kind !== 'string') {
    return;
  }
  if (Array.isArray(items) && kind.endsWith('List')) {
    items.forEach((item, index) => collect(document, item, [...path, 'items', index], into));
    return;
  }
  const start = positionOf(document, path, into.lines);
  const given = typeof metadata === 'object' && metadata !== null ? metadata : {};
  into.objects.push({
    object: { ...(value as ModelObject), metadata: given as ModelObject['metadata'], origin: { file: into.file, line: start.line } },
    locate: (field) => positionOf(document, [...path, ...stepsOf(field)], into.lines),
  });
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
