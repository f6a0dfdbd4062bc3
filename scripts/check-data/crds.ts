import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { parseAllDocuments } from 'yaml';

export type Json = Record<string, unknown>;

interface CrdVersion {
  readonly name: string;
  readonly served: boolean;
  readonly schema: { readonly openAPIV3Schema: Json };
}

export interface Crd {
  readonly kind: string;
  readonly spec: {
    readonly group: string;
    readonly scope: string;
    readonly names: { readonly kind: string; readonly plural: string };
    readonly versions: readonly CrdVersion[];
  };
}

/** Folder of a Go module on this machine, downloaded where it is missing. */
export function moduleFolder(module: string): string {
  // Some of these commits are missing from the public checksum database; the module's own hash is in its version.
  const env = { ...process.env, GONOSUMDB: 'istio.io/*', GOFLAGS: '-mod=mod' };
  return (JSON.parse(execFileSync('go', ['mod', 'download', '-json', module], { cwd: '/', encoding: 'utf8', env })) as { Dir: string }).Dir;
}

/** CRDs in a file, or in the files of a folder, of a Go module. */
export function readCrds(module: string, place: string): Crd[] {
  const found = path.join(moduleFolder(module), place);
  const files = fs.statSync(found).isDirectory() ? fs.readdirSync(found).map((name) => path.join(found, name)) : [found];
  return files
    .filter((file) => file.endsWith('.yaml'))
    .flatMap((file) => parseAllDocuments(fs.readFileSync(file, 'utf8')))
    .map((document) => document.toJS() as Crd | null)
    .filter((crd): crd is Crd => crd?.kind === 'CustomResourceDefinition')
    .sort((a, b) => (a.spec.names.kind < b.spec.names.kind ? -1 : 1));
}

export function schemaOf(version: CrdVersion): Json {
  return version.schema.openAPIV3Schema;
}

/** Drops prose, and writes CEL rules as their numbers; those that compare with an earlier state of the object are left out. */
export function compact(value: unknown, rules: string[], names = false): unknown {
  if (Array.isArray(value)) {
    return value.map((item) => compact(item, rules));
  }
  if (typeof value !== 'object' || value === null) {
    return value;
  }
  const out: Json = {};
  for (const [key, member] of Object.entries(value)) {
    if (!names && key === 'x-kubernetes-validations') {
      const texts = (member as { rule: string }[]).map(({ rule }) => rule).filter((rule) => !rule.includes('oldSelf'));
      if (texts.length > 0) {
        out.cel = texts.map((rule) => numberOf(rule, rules));
      }
    } else if (names || key !== 'description') {
      out[key] = compact(member, rules, key === 'properties' && !names);
    }
  }
  return out;
}

function numberOf(rule: string, rules: string[]): number {
  const known = rules.indexOf(rule);
  return known >= 0 ? known : rules.push(rule) - 1;
}
