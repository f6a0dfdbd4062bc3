import { nearest } from '../../constructs/validation/istio/nearest';

/** Why something with the shape of an object is none: a field that says wrongly, or not at all, which one it is. */
export interface Namelessness {
  readonly field: 'apiVersion' | 'kind';
  readonly value?: unknown;
  readonly rule: string;
  readonly mend: string;
}

/** Why nobody can tell what an object is; nothing where it is no object at all, such as the values of a chart. */
export function whyUnnamed(value: Readonly<Record<string, unknown>>): Namelessness | undefined {
  if (!isRecord(value.metadata) && typeof value.kind !== 'string') {
    return undefined;
  }
  for (const field of ['apiVersion', 'kind'] as const) {
    if (typeof value[field] !== 'string' || value[field] === '') {
      const isObject = isRecord(value.metadata) && ['spec', 'apiVersion', 'kind'].some((name) => value[name] !== undefined);
      const near = nearest(field, Object.keys(value).filter((name) => name !== 'kind' && name !== 'apiVersion'), 1);
      const mend = near ? `Perhaps \`${near}\` is meant to be \`${field}\`` : `Give \`${field}\``;
      return isObject ? { field, value: value[field], rule: `an object says its \`${field}\`; without it nobody knows what this is`, mend } : undefined;
    }
  }
  const group = String(value.apiVersion);
  return /^[^/]+\.[^/]+$/.test(group)
    ? { field: 'apiVersion', value: group, rule: 'this is a group without a version', mend: `Write such as ${group}/v1` }
    : undefined;
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
