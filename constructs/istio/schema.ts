import * as fs from 'node:fs';
import * as path from 'node:path';

const read = new Map<string, object>();

/**
 * The schema that a kind's CRD has for `spec`, CEL rules included. Read from disk when first asked for, so that synth does not pay for it.
 * @param kind such as `VirtualService`
 * @returns nothing where the kind is none of Istio's
 */
export function istioSchema(kind: string): object | undefined {
  const known = read.get(kind);
  if (known) {
    return known;
  }
  const name = kind.replace(/(?<=[a-z])(?=[A-Z])/g, '-').toLowerCase();
  const file = path.join(__dirname, 'generated', `${name}.schema.json`);
  if (!/^[a-z-]+$/.test(name) || !fs.existsSync(file)) {
    return undefined;
  }
  const schema = JSON.parse(fs.readFileSync(file, 'utf8')) as object;
  read.set(kind, schema);
  return schema;
}
