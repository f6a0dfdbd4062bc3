/** Arguments that are maps of text, where every other object is a block. */
const MAPS = new Set(['tags', 'node_labels', 'labels', 'annotations', 'configuration_settings', 'data']);

type Json = null | boolean | number | string | readonly Json[] | JsonObject;
interface JsonObject {
  readonly [name: string]: Json;
}

/**
 * Writes a synthesised stack as HCL: the scanner reads no JSON, and HCL has blocks where JSON has objects.
 * @param stack what `cdk.tf.json` holds
 */
export function toHcl(stack: Readonly<Record<string, unknown>>): string {
  return (['resource', 'data'] as const)
    .flatMap((section) =>
      Object.entries((stack[section] ?? {}) as Record<string, Record<string, Record<string, Json>>>).flatMap(([type, byId]) =>
        Object.entries(byId).map(([id, body]) => `${section} "${type}" "${id}" {\n${members(body, '  ')}}\n`),
      ),
    )
    .join('\n');
}

function members(body: Readonly<Record<string, Json>>, indent: string): string {
  return Object.entries(body)
    .filter(([name]) => name !== '//' && name !== 'provider')
    .map(([name, value]) => member(name, value, indent))
    .join('');
}

function member(name: string, value: Json, indent: string): string {
  if (name === 'depends_on') {
    return `${indent}depends_on = [${(value as string[]).join(', ')}]\n`;
  }
  if (name === 'ignore_changes') {
    return `${indent}ignore_changes = [${(value as string[]).join(', ')}]\n`;
  }
  const blocks = Array.isArray(value) ? (value as readonly Json[]) : [value];
  if (!MAPS.has(name) && blocks.length > 0 && blocks.every(isObject)) {
    return blocks.map((block) => `${indent}${name} {\n${members(block, `${indent}  `)}${indent}}\n`).join('');
  }
  return `${indent}${name} = ${expression(value)}\n`;
}

function expression(value: Json): string {
  if (typeof value === 'string') {
    const reference = /^\$\{([^{}]+)\}$/.exec(value)?.[1];
    return reference ?? JSON.stringify(value);
  }
  if (Array.isArray(value)) {
    return `[${(value as readonly Json[]).map(expression).join(', ')}]`;
  }
  return isObject(value) ? `{ ${Object.entries(value).map(([name, item]) => `${JSON.stringify(name)} = ${expression(item)}`).join(', ')} }` : String(value);
}

function isObject(value: Json): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
