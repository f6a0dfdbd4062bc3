import type { Problem } from '../validation';

/** A value that can stand in a Kubernetes object. */
export type ObjectValue = string | number | boolean | null | undefined | readonly ObjectValue[] | { readonly [key: string]: ObjectValue };

// A template opener that is not one of the framework's own token markers.
const TEMPLATE = /([$%])\{(?!TfToken\[)/g;

/**
 * Escapes what Terraform would read as a template (`${`, `%{`), so that Lua, CEL and regular expressions arrive as written.
 * @see https://developer.hashicorp.com/terraform/language/syntax/json#expression-mapping
 */
export function escapeTemplate(text: string): string {
  return text.replace(TEMPLATE, (_match, sigil: string) => `${sigil}${sigil}{`);
}

/**
 * Makes a value safe to write: undefined members are dropped, templates escaped, `{}` and `[]` kept, since in Istio they
 * mean opposite things (`spec: {}` denies all, `rules: [{}]` allows all).
 * Null is left in place: {@link nullPaths} reports it.
 */
export function toLiteral(value: unknown): ObjectValue {
  if (typeof value === 'string') {
    return escapeTemplate(value);
  }
  if (Array.isArray(value)) {
    return value.filter((item) => item !== undefined).map(toLiteral);
  }
  if (isPlainObject(value)) {
    return Object.fromEntries(
      Object.entries(value)
        .filter(([, member]) => member !== undefined)
        .map(([key, member]) => [escapeTemplate(key), toLiteral(member)]),
    );
  }
  return value as ObjectValue;
}

/** Lists every null in a value, since Kubernetes and Terraform disagree for ever about what it means. */
export function nullPaths(value: unknown, at: string): Problem[] {
  if (value === null) {
    return [{ at, value, rule: 'null is not a value of a Kubernetes object', mend: 'Leave the field out, or write {} or []' }];
  }
  if (Array.isArray(value)) {
    return value.flatMap((item, index) => nullPaths(item, `${at}[${index}]`));
  }
  if (isPlainObject(value)) {
    return Object.entries(value).flatMap(([key, member]) => nullPaths(member, `${at}.${key}`));
  }
  return [];
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
