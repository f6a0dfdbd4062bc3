/**
 * Writes `constructs/istio/generated/` from the CRDs of the pinned Istio: a file of TypeScript types a kind, and its JSON schema beside it.
 *
 *     npm run generate               write
 *     npm run generate -- --check    fail where the files in the repository are out of date
 */
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { parseAllDocuments } from 'yaml';
import { emitKinds, Kind, Schema } from './istio-types/emit';

/** The Go module serves no tags: this pseudo-version is the commit of the tag. */
const ISTIO = { version: '1.29.1', module: 'istio.io/istio@v0.0.0-20260306174214-6991a379e1fc' };
const CRDS = 'manifests/charts/base/files/crd-all.gen.yaml';
const OUT = path.join(__dirname, '..', 'constructs', 'istio', 'generated');

interface Crd {
  readonly spec: {
    readonly group: string;
    readonly names: { readonly kind: string; readonly plural: string };
    readonly versions: readonly { readonly name: string; readonly served: boolean; readonly schema: { readonly openAPIV3Schema: Schema } }[];
  };
}

function main(): void {
  const files = emitKinds(ISTIO, readCrds());
  if (process.argv.includes('--check')) {
    check(files);
    return;
  }
  fs.rmSync(OUT, { recursive: true, force: true });
  fs.mkdirSync(OUT, { recursive: true });
  for (const [name, text] of files) {
    fs.writeFileSync(path.join(OUT, name), text);
  }
  console.log(`${files.size} files in ${path.relative(process.cwd(), OUT)} from Istio ${ISTIO.version}`);
}

function check(files: ReadonlyMap<string, string>): void {
  const present = fs.existsSync(OUT) ? fs.readdirSync(OUT) : [];
  const stale = [
    ...[...files].filter(([name, text]) => !present.includes(name) || fs.readFileSync(path.join(OUT, name), 'utf8') !== text).map(([name]) => name),
    ...present.filter((name) => !files.has(name)),
  ];
  if (stale.length > 0) {
    console.error(`Out of date in constructs/istio/generated: ${stale.sort().join(', ')}. Run: npm run generate`);
    process.exitCode = 1;
  }
}

function readCrds(): Kind[] {
  const text = fs.readFileSync(path.join(moduleFolder(), CRDS), 'utf8');
  return parseAllDocuments(text)
    .map((document) => document.toJS() as Crd | null)
    .filter((crd): crd is Crd => crd !== null)
    .map(({ spec }) => {
      const newest = spec.versions.filter((version) => version.served).sort((a, b) => byMaturity(b.name) - byMaturity(a.name))[0];
      return {
        apiVersion: `${spec.group}/${newest.name}`,
        kind: spec.names.kind,
        plural: spec.names.plural,
        spec: newest.schema.openAPIV3Schema.properties?.spec ?? {},
      };
    })
    .sort((a, b) => (a.kind < b.kind ? -1 : 1));
}

function moduleFolder(): string {
  // Outside any Go module of ours, so that no go.mod has a say in it.
  const json = execFileSync('go', ['mod', 'download', '-json', ISTIO.module], { cwd: '/', encoding: 'utf8' });
  return (JSON.parse(json) as { Dir: string }).Dir;
}

/** Orders Kubernetes API versions: v1 above v1beta1 above v1alpha3 above v1alpha1. */
function byMaturity(version: string): number {
  const [, major, stage, minor] = /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(version) ?? [];
  const rank = stage === undefined ? 2 : stage === 'beta' ? 1 : 0;
  return rank * 10_000 + Number(major) * 100 + Number(minor ?? 0);
}

main();
