import { isIP } from 'node:net';
import { parseDuration } from './duration';
import { parseRequestUri } from './go-url';

/** A rule of a CRD: its text in CEL, and the same compiled. A test that throws counts as not held, as in the API server. */
export interface CelRule {
  readonly rule: string;
  /** The value has the type that the schema says when a rule is asked; `never` lets any operator of the rule take it. */
  readonly test: (self: never) => boolean;
}

type Members = Readonly<Record<string, unknown>>;

/** A field; reading one that is absent is an error in CEL. */
export function field(target: unknown, name: string): unknown {
  const value = (target as Members)[name];
  if (value === undefined) {
    throw new Error(`no such field: ${name}`);
  }
  return value;
}

export function has(target: unknown, name: string): boolean {
  return (target as Members)[name] !== undefined;
}

/** @throws Error where neither operand decides alone, and one of them cannot be evaluated */
export function or(left: () => boolean, right: () => boolean): boolean {
  try {
    return left() || right();
  } catch (error) {
    if (right()) {
      return true;
    }
    throw error;
  }
}

/** @throws Error where neither operand decides alone, and one of them cannot be evaluated */
export function and(left: () => boolean, right: () => boolean): boolean {
  return !or(() => !left(), () => !right());
}

export function number(value: unknown): number {
  return value as number;
}

export function isIn(value: unknown, list: readonly unknown[]): boolean {
  return list.includes(value);
}

export function all(range: unknown, test: (item: never) => boolean): boolean {
  return items(range).every(test);
}

export function exists(range: unknown, test: (item: never) => boolean): boolean {
  return items(range).some(test);
}

export function filter(range: unknown, test: (item: never) => boolean): unknown[] {
  return items(range).filter(test);
}

/** @throws Error where the list is shorter */
export function at(list: unknown, index: number): unknown {
  const value = (list as readonly unknown[])[index];
  if (value === undefined) {
    throw new Error(`index out of range: ${index}`);
  }
  return value;
}

export function existsOne(range: unknown, test: (item: never) => boolean): boolean {
  return items(range).filter(test).length === 1;
}

/** Length of a string in code points, of a list, or of a map. */
export function size(value: unknown): number {
  return typeof value === 'string' ? [...value].length : items(value).length;
}

export function contains(text: unknown, part: string): boolean {
  return (text as string).includes(part);
}

export function startsWith(text: unknown, part: string): boolean {
  return (text as string).startsWith(part);
}

export function endsWith(text: unknown, part: string): boolean {
  return (text as string).endsWith(part);
}

export function matches(text: unknown, pattern: string): boolean {
  return new RegExp(pattern.replace('(?i)', ''), pattern.includes('(?i)') ? 'iu' : 'u').test(text as string);
}

/** @throws Error where the range lies outside the text */
export function substring(text: unknown, from: number, end?: number): string {
  const points = [...(text as string)];
  const to = end ?? points.length;
  if (from < 0 || to > points.length || from > to) {
    throw new Error('index out of range');
  }
  return points.slice(from, to).join('');
}

/** @throws Error for what is no decimal number */
export function int(text: string): number {
  if (!/^[-+]?\d+$/.test(text)) {
    throw new Error(`no integer: ${text}`);
  }
  return Number(text);
}

/** Nanoseconds. @throws Error for what is no duration */
export function duration(text: unknown): number {
  const nanoseconds = parseDuration(text as string);
  if (nanoseconds === undefined) {
    throw new Error(`no duration: ${String(text)}`);
  }
  return nanoseconds;
}

export function isIp(text: string): boolean {
  return isIP(text) !== 0;
}

export function split(text: unknown, separator: string): string[] {
  return (text as string).split(separator);
}

export function isUrl(text: string): boolean {
  return parseRequestUri(text) !== undefined;
}

/** @throws Error for what is no absolute URL */
export function url(text: string): { readonly scheme: string } {
  const parsed = parseRequestUri(text);
  if (!parsed) {
    throw new Error(`no URL: ${text}`);
  }
  return parsed;
}

export function getScheme(parsed: { readonly scheme: string }): string {
  return parsed.scheme;
}

/** Items of a list, or keys of a map. */
function items(range: unknown): never[] {
  return (Array.isArray(range) ? range : Object.keys(range as Members)) as never[];
}
