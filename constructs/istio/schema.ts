import * as fs from 'node:fs';
import * as path from 'node:path';

const read = new Map<string, object>();

/**
 * The schema that a kind's CRD has for `spec`, CEL rules included. Read from disk when first asked for, so that synth does not pay for it.
 * @param kind such as `VirtualService`
 * @returns nothing where the kind is none of Istio's
 */
export function istioSchema(kind: string): object | undefined {
  return readSchema(path.join(__dirname, 'generated'), kind);
}

/** Reads a kind's schema from a folder of generated files, where there is one. */
export function readSchema(folder: string, kind: string): object | undefined {
  const name = kind.replace(/(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])/g, '-').toLowerCase();
  const file = path.join(folder, `${name}.schema.json`);
  const known = read.get(file);
  if (known || !/^[a-z-]+$/.test(name) || !fs.existsSync(file)) {
    return known;
  }
  const schema = JSON.parse(fs.readFileSync(file, 'utf8')) as object;
  read.set(file, schema);
  return schema;
}
