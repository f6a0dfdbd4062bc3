import { Environment } from '@marcbachmann/cel-js';
import type { ModelObject } from '../../constructs/model/object';
import { CEL_RULES } from '../../constructs/validation/istio/generated/cel-rules';
import { parseRequestUri } from '../../constructs/validation/istio/go-url';
import { IstioApi, Schema } from '../../constructs/validation/istio/schema';

class Url {
  constructor(readonly scheme: string) {}
}

/** Evaluates the CEL rules at every place of these objects, compiled and by the library, and gives the places where the two differ. */
export function compareCel(api: IstioApi, objects: readonly ModelObject[]): { compared: number; rules: number; differences: string[] } {
  const environment = new Environment({ unlistedVariablesAreDyn: true, homogeneousAggregateLiterals: false })
    .registerType('Url', { ctor: Url, fields: {} })
    .registerFunction('url(string): Url', (text: string) => {
      const parsed = parseRequestUri(text);
      if (!parsed) {
        throw new Error('no URL');
      }
      return new Url(parsed.scheme);
    })
    .registerFunction('isURL(string): bool', (text: string) => parseRequestUri(text) !== undefined)
    .registerFunction('Url.getScheme(): string', (parsed: Url) => parsed.scheme);
  const library = CEL_RULES.map(({ rule }) => environment.parse(rule));
  const differences: string[] = [];
  const rules = new Set<number>();
  let compared = 0;
  for (const { kind, spec } of objects) {
    const schema = api.kinds[kind]?.spec;
    visit(schema ?? {}, spec, (number, value) => {
      compared += 1;
      rules.add(number);
      const ours = held(() => CEL_RULES[number]!.test(value as never));
      const theirs = held(() => library[number]!({ self: withIntegers(value) }) as boolean);
      if (ours !== theirs) {
        differences.push(`${CEL_RULES[number]!.rule} of ${JSON.stringify(value)}: ${ours} here, ${theirs} by the library`);
      }
    });
  }
  return { compared, rules: rules.size, differences: [...new Set(differences)] };
}

function held(test: () => boolean): boolean {
  try {
    return test();
  } catch {
    return false;
  }
}

function visit(schema: Schema, value: unknown, found: (rule: number, value: unknown) => void): void {
  if (value === undefined || value === null) {
    return;
  }
  schema.cel?.forEach((number) => found(number, value));
  if (Array.isArray(value)) {
    value.forEach((item) => visit(schema.items ?? {}, item, found));
  } else if (typeof value === 'object') {
    for (const [name, member] of Object.entries(value)) {
      const inner = schema.properties?.[name] ?? schema.additionalProperties;
      if (typeof inner === 'object') {
        visit(inner, member, found);
      }
    }
  }
}

function withIntegers(value: unknown): unknown {
  if (typeof value === 'number') {
    return Number.isInteger(value) ? BigInt(value) : value;
  }
  if (Array.isArray(value)) {
    return value.map(withIntegers);
  }
  return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value).map(([key, member]) => [key, withIntegers(member)])) : value;
}
