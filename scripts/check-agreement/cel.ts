import { isIP } from 'node:net';
import { Environment } from '@marcbachmann/cel-js';
import type { ModelObject } from '../../constructs/model/object';
import { withDefaults } from '../../constructs/validation/gateway-api/defaults';
import { GATEWAY_CEL_RULES } from '../../constructs/validation/gateway-api/generated/cel-rules';
import { gatewayApiRelease } from '../../constructs/validation/gateway-api/schema';
import { CEL_RULES } from '../../constructs/validation/istio/generated/cel-rules';
import { parseRequestUri } from '../../constructs/validation/istio/go-url';
import { IstioApi, Schema } from '../../constructs/validation/istio/schema';

class Url {
  constructor(readonly scheme: string) {}
}

/** Evaluates the CEL rules at every place of these objects, compiled and by the library, and gives the places where the two differ. */
export function compareCel(api: IstioApi, objects: readonly ModelObject[]): { compared: number; rules: number; differences: string[] } {
  const gatewayApi = gatewayApiRelease(api.version);
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
    .registerFunction('Url.getScheme(): string', (parsed: Url) => parsed.scheme)
    .registerFunction('isIP(string): bool', (text: string) => isIP(text) !== 0);
  const library = new Map([...CEL_RULES, ...GATEWAY_CEL_RULES].map(({ rule }) => [rule, environment.parse(forLibrary(rule))]));
  const differences: string[] = [];
  const rules = new Set<string>();
  let compared = 0;
  for (const { apiVersion, kind, spec } of objects) {
    const ofGateway = apiVersion.startsWith('gateway.');
    const known = gatewayApi.experimental[kind];
    const schema = (ofGateway ? known?.specs[known.versions[apiVersion.split('/')[1]!] ?? 0] : api.kinds[kind]?.spec) ?? {};
    visit(schema, ofGateway ? withDefaults(schema, spec) : spec, (number, value) => {
      const { rule, test } = (ofGateway ? GATEWAY_CEL_RULES : CEL_RULES)[number]!;
      compared += 1;
      rules.add(rule);
      const ours = held(() => test(value as never));
      const theirs = held(() => library.get(rule)!({ self: withIntegers(value) }) as boolean);
      if (ours !== theirs) {
        differences.push(`${rule} of ${JSON.stringify(value)}: ${ours} here, ${theirs} by the library`);
      }
    });
  }
  return { compared, rules: rules.size, differences: [...new Set(differences)] };
}

/** A rule in words that the library takes: it knows no escaped names, no `has` of an item of a list and no flags. */
function forLibrary(rule: string): string {
  const caseless = rule.includes('(?i)') ? rule.replace('(?i)', '').replaceAll('a-z', 'A-Za-z') : rule;
  return caseless.replace(/__(\w+)__/g, '$1').replace(/has\((self(?:\.\w+)*\[\d+\])\.(\w+)\)/g, '("$2" in $1)');
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
