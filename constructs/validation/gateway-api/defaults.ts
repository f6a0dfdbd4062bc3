import type { Schema } from '../istio/schema';

type Members = Readonly<Record<string, unknown>>;

/** A value with what the API server fills in before it judges: the defaults of the schema. The value itself where there is nothing to fill in. */
export function withDefaults(schema: Schema, value: unknown): unknown {
  if (Array.isArray(value)) {
    const items = value.map((item) => withDefaults(schema.items ?? {}, item));
    return items.some((item, index) => item !== value[index]) ? items : value;
  }
  if (typeof value !== 'object' || value === null) {
    return value;
  }
  const filled: Record<string, unknown> = { ...(value as Members) };
  let changed = false;
  for (const [name, inner] of Object.entries(schema.properties ?? {})) {
    const given = filled[name] ?? inner.default;
    const whole = given === undefined ? undefined : withDefaults(inner, given);
    if (whole !== filled[name]) {
      filled[name] = whole;
      changed = true;
    }
  }
  return changed ? filled : value;
}
