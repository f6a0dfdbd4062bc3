import { isIPv4, isIPv6 } from 'node:net';
import type { CelRule } from './cel-runtime';
import { child } from './finding';
import type { Schema } from './schema';

export type Broken =
  | { readonly kind: 'unknown'; readonly field: string; readonly value: unknown; readonly name: string; readonly known: readonly string[] }
  | { readonly kind: 'type'; readonly field: string; readonly value: unknown; readonly expected: string }
  | { readonly kind: 'enum'; readonly field: string; readonly value: unknown; readonly allowed: readonly unknown[] }
  | { readonly kind: 'required'; readonly field: string; readonly name: string }
  | { readonly kind: 'limit'; readonly field: string; readonly value: unknown; readonly limit: string }
  | { readonly kind: 'alternatives'; readonly field: string; readonly value: unknown; readonly names: readonly string[]; readonly given: readonly string[]; readonly needed: boolean }
  | { readonly kind: 'cel'; readonly field: string; readonly value: unknown; readonly rule: string };

type Members = Readonly<Record<string, unknown>>;

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/**
 * Holds a value against the schema of a CRD: what the API server's structural schemas can say, unknown fields, and CEL.
 * An interpreter, because compiling these schemas takes longer than checking with them: bench/check.ts has the figures.
 * @param rules the CEL rules that the schema names by number
 */
export function holdAgainst(schema: Schema, value: unknown, at: string, rules: readonly CelRule[]): Broken[] {
  const out = new Walk(rules);
  walk(schema, value, at, out);
  return out.broken;
}

/** What is found, and the CEL rules that schemas name by number. */
class Walk {
  readonly broken: Broken[] = [];

  constructor(readonly rules: readonly CelRule[]) {}

  push(broken: Broken): void {
    this.broken.push(broken);
  }
}

function walk(schema: Schema, value: unknown, at: string, out: Walk): void {
  if (value === null && schema.nullable) {
    return;
  }
  if (schema.type !== undefined && !isOfType(schema.type, value)) {
    out.push({ kind: 'type', field: at, value, expected: schema.type });
    return;
  }
  const before = out.broken.length;
  if (schema.enum && !schema.enum.includes(value)) {
    out.push({ kind: 'enum', field: at, value, allowed: schema.enum });
  }
  if (typeof value === 'string' || typeof value === 'number') {
    limits(schema, value, at, out);
  } else if (Array.isArray(value)) {
    walkList(schema, value, at, out);
  } else if (typeof value === 'object' && value !== null) {
    walkMap(schema, value as Members, at, out);
  }
  alternatives(schema, value, at, out);
  if (schema.cel && !out.broken.slice(before).some(({ kind }) => kind === 'type')) {
    schema.cel.forEach((number) => celRule(number, value, at, out));
  }
}

function walkMap(schema: Schema, value: Members, at: string, out: Walk): void {
  const { properties, additionalProperties } = schema;
  for (const name of schema.required ?? []) {
    if (value[name] === undefined) {
      out.push({ kind: 'required', field: at, name });
    }
  }
  const count = Object.keys(value).length;
  bound(count >= (schema.minProperties ?? 0), at, value, `at least ${schema.minProperties} members`, out);
  bound(count <= (schema.maxProperties ?? Infinity), at, value, `at most ${schema.maxProperties} members`, out);
  const open = additionalProperties === true || schema['x-kubernetes-preserve-unknown-fields'] || (!properties && !additionalProperties && schema.type === undefined);
  for (const [name, member] of Object.entries(value)) {
    if (member === undefined) {
      continue;
    }
    const inner = properties && Object.hasOwn(properties, name) ? properties[name] : additionalProperties;
    if (typeof inner === 'object') {
      walk(inner, member, child(at, name), out);
    } else if (!open) {
      out.push({ kind: 'unknown', field: child(at, name), value: member, name, known: Object.keys(properties ?? {}) });
    }
  }
}

function walkList(schema: Schema, value: readonly unknown[], at: string, out: Walk): void {
  bound(value.length >= (schema.minItems ?? 0), at, value, `at least ${schema.minItems} items`, out);
  bound(value.length <= (schema.maxItems ?? Infinity), at, value, `at most ${schema.maxItems} items`, out);
  value.forEach((item, index) => walk(schema.items ?? {}, item, child(at, index), out));
  const keys = schema['x-kubernetes-list-map-keys'];
  if (keys ?? schema['x-kubernetes-list-type'] === 'set') {
    const seen = new Set<string>();
    value.forEach((item, index) => {
      const key = JSON.stringify(keys ? keys.map((name) => (item as Members | null)?.[name]) : item);
      bound(!seen.has(key), child(at, index), item, keys ? `no second item with the same ${keys.join(' and ')}` : 'not there twice', out);
      seen.add(key);
    });
  }
}

function limits(schema: Schema, value: string | number, at: string, out: Walk): void {
  if (typeof value === 'number') {
    bound(value >= (schema.minimum ?? -Infinity), at, value, `at least ${schema.minimum}`, out);
    bound(value <= (schema.maximum ?? Infinity), at, value, `at most ${schema.maximum}`, out);
    bound(schema.format !== 'int32' || Math.abs(value + 0.5) < 2 ** 31, at, value, 'an integer of 32 bits', out);
    return;
  }
  if (schema.minLength !== undefined || schema.maxLength !== undefined) {
    const length = [...value].length;
    bound(length >= (schema.minLength ?? 0), at, value, schema.minLength === 1 ? 'not empty' : `at least ${schema.minLength} characters`, out);
    bound(length <= (schema.maxLength ?? Infinity), at, value, `at most ${schema.maxLength} characters`, out);
  }
  bound(schema.pattern === undefined || new RegExp(schema.pattern, 'u').test(value), at, value, `of the form ${schema.pattern}`, out);
  bound(schema.format !== 'byte' || BASE64.test(value), at, value, 'bytes in base64', out);
  bound(isOfFormat(schema.format, value), at, value, 'an IP address', out);
}

function alternatives(schema: Schema, value: unknown, at: string, out: Walk): void {
  for (const inner of schema.allOf ?? []) {
    alternatives(inner, value, at, out);
    if (!isLogical(inner) && !holds(inner, value)) {
      out.push(alternativeOf([inner], value, at));
    }
  }
  if (schema.oneOf && schema.oneOf.filter((inner) => holds(inner, value)).length !== 1) {
    out.push(alternativeOf(schema.oneOf, value, at));
  }
  if (schema.anyOf && !schema.anyOf.some((inner) => holds(inner, value))) {
    out.push(alternativeOf(schema.anyOf, value, at));
  }
  if (schema.not && holds(schema.not, value)) {
    out.push(alternativeOf([schema.not], value, at));
  }
}

function isLogical(schema: Schema): boolean {
  return schema.oneOf !== undefined || schema.anyOf !== undefined || schema.allOf !== undefined || schema.not !== undefined;
}

/** Whether a value fits a schema of a `oneOf` and the like, which constrain but do not declare fields. */
function holds(schema: Schema, value: unknown): boolean {
  const given = typeof value === 'object' && value !== null ? (value as Members) : {};
  return (
    (schema.required ?? []).every((name) => given[name] !== undefined) &&
    (schema.oneOf === undefined || schema.oneOf.filter((inner) => holds(inner, value)).length === 1) &&
    (schema.anyOf === undefined || schema.anyOf.some((inner) => holds(inner, value))) &&
    (schema.allOf ?? []).every((inner) => holds(inner, value)) &&
    (schema.not === undefined || !holds(schema.not, value)) &&
    (schema.enum === undefined || schema.enum.includes(value)) &&
    (typeof value !== 'string' || isOfFormat(schema.format, value)) &&
    Object.entries(schema.properties ?? {}).every(([name, inner]) => given[name] === undefined || holds(inner, given[name]))
  );
}

function alternativeOf(schemas: readonly Schema[], value: unknown, field: string): Broken {
  const names = [...new Set(schemas.flatMap(namesIn))];
  const given = names.filter((name) => (value as Members | null)?.[name] !== undefined);
  return { kind: 'alternatives', field, value, names, given, needed: given.length === 0 };
}

function namesIn(schema: Schema): string[] {
  const inner = [...(schema.oneOf ?? []), ...(schema.anyOf ?? []), ...(schema.allOf ?? []), ...(schema.not ? [schema.not] : [])];
  return [...(schema.required ?? []), ...inner.flatMap(namesIn)];
}

function isOfFormat(format: string | undefined, value: string): boolean {
  return format === 'ipv4' ? isIPv4(value) : format === 'ipv6' ? isIPv6(value) : true;
}

function bound(kept: boolean, field: string, value: unknown, limit: string, out: Walk): void {
  if (!kept) {
    out.push({ kind: 'limit', field, value, limit });
  }
}

function celRule(number: number, value: unknown, field: string, out: Walk): void {
  const { rule, test } = out.rules[number]!;
  let kept = false;
  try {
    kept = test(value as never);
  } catch {
    // The API server refuses an object whose rule cannot be evaluated.
  }
  if (!kept) {
    out.push({ kind: 'cel', field, value, rule });
  }
}

function isOfType(type: string, value: unknown): boolean {
  switch (type) {
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value);
    case 'array':
      return Array.isArray(value);
    case 'integer':
      return Number.isInteger(value);
    default:
      return typeof value === type;
  }
}
