import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { App, TerraformStack } from 'cdktf';

/** A synthesised stack without what changes from version to version or from machine to machine. */
export type StackJson = Record<string, Record<string, unknown> | undefined> & {
  resource?: Record<string, Record<string, Record<string, unknown>>>;
};

/** Synthesises what `build` puts into an app, and returns each stack's JSON by its name. */
export function synthApp(build: (app: App) => void): Record<string, StackJson> {
  const outdir = fs.mkdtempSync(path.join(os.tmpdir(), 'aks-istio-test-'));
  try {
    const app = new App({ outdir, stackTraces: false });
    build(app);
    app.synth();
    const stacks = path.join(outdir, 'stacks');
    return Object.fromEntries(
      fs.readdirSync(stacks).map((name) => {
        const json = normalize(JSON.parse(fs.readFileSync(path.join(stacks, name, 'cdk.tf.json'), 'utf8'))) as StackJson;
        checkDependencies(name, json);
        return [name, json];
      }),
    );
  } finally {
    fs.rmSync(outdir, { recursive: true, force: true });
  }
}

/** Synthesises one stack that `build` fills. */
export function synthStack(build: (stack: TerraformStack) => void): StackJson {
  return synthApp((app) => build(new TerraformStack(app, 'stack'))).stack!;
}

/** All resources of a type, by their logical id. */
export function resources(stack: StackJson, type: string): Record<string, Record<string, unknown>> {
  return stack.resource?.[type] ?? {};
}

/** The only resource of a type. */
export function onlyResource(stack: StackJson, type: string): Record<string, unknown> {
  const found = Object.values(resources(stack, type));
  if (found.length !== 1) {
    throw new Error(`Expected one ${type}, found ${found.length}`);
  }
  return found[0]!;
}

/** Terraform takes nothing but addresses of the stack's own resources here: no expressions. */
function checkDependencies(name: string, { resource = {}, data = {} }: StackJson): void {
  const addresses = (types: object, prefix: string): string[] =>
    Object.entries(types).flatMap(([type, byId]) => Object.keys(byId as object).map((id) => `${prefix}${type}.${id}`));
  const known = new Set([...addresses(resource, ''), ...addresses(data, 'data.')]);
  for (const [type, byId] of Object.entries(resource)) {
    for (const [id, { depends_on = [] }] of Object.entries(byId)) {
      const strange = (depends_on as string[]).filter((address) => !known.has(address));
      if (strange.length > 0) {
        throw new Error(`${name}: ${type}.${id} depends on what is no address in its stack: ${strange.join(', ')}`);
      }
    }
  }
}

function normalize(value: unknown, key = ''): unknown {
  if (Array.isArray(value)) {
    return value.map((item) => normalize(item));
  }
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(
      Object.entries(value)
        .filter(([name]) => name !== '//')
        .map(([name, member]) => [name, key === 'required_providers' ? { version: 'normalized' } : normalize(member, name)]),
    );
  }
  if (typeof value !== 'string') {
    return value;
  }
  return value
    .replaceAll(process.cwd(), '<project>')
    .replaceAll(os.homedir(), '<home>')
    .replace(/(state\/local)-[0-9a-f]{8}\//, '$1-<cluster>/')
    .replace(/^(assets\/[^/]+)\/[0-9A-F]{32}/, '$1/<hash>');
}
