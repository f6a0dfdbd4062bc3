import * as fs from 'node:fs';
import * as path from 'node:path';
import { moduleFolder } from './crds';

/** A message in the list that each generated Go file has of its types. */
const TYPE = /\/\/ \d+: (envoy\.[a-z0-9_.]+\.v[0-9a-z]+)\.([A-Z][A-Za-z0-9]+)$/gm;

/** The messages of Envoy's API in Go modules, by package, as JSON; those of its second version left out. */
export function envoyTypes(modules: readonly string[]): string {
  const packages = new Map<string, Set<string>>();
  for (const file of modules.flatMap((module) => goFiles(moduleFolder(module)))) {
    for (const [, name, type] of fs.readFileSync(file, 'utf8').matchAll(TYPE)) {
      if (!/\.v2(?:alpha)?$/.test(name!)) {
        packages.set(name!, (packages.get(name!) ?? new Set()).add(type!));
      }
    }
  }
  const sorted = [...packages].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, types]) => [name, [...types].sort()]);
  return `${JSON.stringify(Object.fromEntries(sorted))}\n`;
}

function goFiles(folder: string): string[] {
  return fs.readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const file = path.join(folder, entry.name);
    return entry.isDirectory() ? goFiles(file) : entry.name.endsWith('.pb.go') ? [file] : [];
  });
}
