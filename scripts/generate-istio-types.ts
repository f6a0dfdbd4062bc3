/**
 * Writes the `generated/` folders from CRDs of pinned versions: a file of TypeScript types a kind.
 *
 *     npm run generate               write
 *     npm run generate -- --check    fail where the files in the repository are out of date
 */
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { parseAllDocuments } from 'yaml';
import { Api, emitKinds, Schema, SourcedKind } from './istio-types/emit';

/** CRDs in a file of a Go module. */
interface Source {
  /** As the headers of the files name it. */
  readonly title: string;
  readonly module: string;
  readonly files: readonly string[];
  /** Kinds to take. @default all */
  readonly kinds?: readonly string[];
}

interface Library extends Api {
  readonly folder: string;
  readonly sources: readonly Source[];
}

/** The Go module serves no tags: this pseudo-version is the commit of the tag. */
const ISTIO = { version: '1.29.1', module: 'istio.io/istio@v0.0.0-20260306174214-6991a379e1fc' };
/** The first release with kinds that the pinned one lacks. */
const LATER = { version: '1.30.3', module: 'istio.io/api@v1.30.3' };
/** The one in the module graph of the pinned Istio. */
const GATEWAY_API = { version: '1.4.0', module: 'sigs.k8s.io/gateway-api@v1.4.0' };

const gatewayApi = (channel: string, kinds: readonly string[]): Source => ({
  title: `the Gateway API ${GATEWAY_API.version}, ${channel} channel (${GATEWAY_API.module})`,
  module: GATEWAY_API.module,
  files: kinds.map((kind) => `config/crd/${channel}/gateway.networking.k8s.io_${kind}.yaml`),
});

const LIBRARIES: readonly Library[] = [
  {
    folder: 'constructs/istio/generated',
    title: `Istio ${ISTIO.version} (${ISTIO.module})`,
    version: ISTIO.version,
    constant: 'ISTIO_VERSION',
    // Istio's own message names.
    shared: {
      'exact,prefix,regex': 'StringMatch',
      value: 'Percentage',
      'host,port,subset': 'Destination',
      number: 'PortSelector',
      matchLabels: 'WorkloadSelector',
      'group,kind,name,namespace': 'PolicyTargetReference',
      'add,remove,set': 'HeaderOperations',
      'request,response': 'Headers',
    },
    sources: [
      { title: `Istio ${ISTIO.version} (${ISTIO.module})`, module: ISTIO.module, files: ['manifests/charts/base/files/crd-all.gen.yaml'] },
      {
        title: `Istio ${LATER.version} (${LATER.module})`,
        module: LATER.module,
        files: ['kubernetes/customresourcedefinitions.gen.yaml'],
        kinds: ['TrafficExtension'],
      },
    ],
  },
  {
    folder: 'constructs/gateway-api/generated',
    title: `the Gateway API ${GATEWAY_API.version} (${GATEWAY_API.module})`,
    version: GATEWAY_API.version,
    constant: 'GATEWAY_API_VERSION',
    shared: {},
    sources: [
      gatewayApi('standard', ['gateways', 'httproutes', 'grpcroutes', 'referencegrants', 'backendtlspolicies']),
      gatewayApi('experimental', ['tcproutes', 'tlsroutes']),
    ],
  },
];
const ROOT = path.join(__dirname, '..');

interface Crd {
  readonly spec: {
    readonly group: string;
    readonly names: { readonly kind: string; readonly plural: string };
    readonly versions: readonly { readonly name: string; readonly served: boolean; readonly schema: { readonly openAPIV3Schema: Schema } }[];
  };
}

function main(): void {
  for (const library of LIBRARIES) {
    const files = emitKinds(library, library.sources.flatMap(readKinds).sort((a, b) => (a.kind < b.kind ? -1 : 1)));
    const out = path.join(ROOT, library.folder);
    if (process.argv.includes('--check')) {
      check(files, out);
      continue;
    }
    fs.rmSync(out, { recursive: true, force: true });
    fs.mkdirSync(out, { recursive: true });
    for (const [name, text] of files) {
      fs.writeFileSync(path.join(out, name), text);
    }
    console.log(`${files.size} files in ${library.folder} from ${library.title}`);
  }
}

function check(files: ReadonlyMap<string, string>, out: string): void {
  const present = fs.existsSync(out) ? fs.readdirSync(out) : [];
  const stale = [
    ...[...files].filter(([name, text]) => !present.includes(name) || fs.readFileSync(path.join(out, name), 'utf8') !== text).map(([name]) => name),
    ...present.filter((name) => !files.has(name)),
  ];
  if (stale.length > 0) {
    console.error(`Out of date in ${path.relative(ROOT, out)}: ${stale.sort().join(', ')}. Run: npm run generate`);
    process.exitCode = 1;
  }
}

function readKinds(source: Source): SourcedKind[] {
  const folder = moduleFolder(source.module);
  return source.files
    .flatMap((file) => parseAllDocuments(fs.readFileSync(path.join(folder, file), 'utf8')))
    .map((document) => document.toJS() as Crd | null)
    .filter((crd): crd is Crd => crd !== null && (source.kinds?.includes(crd.spec.names.kind) ?? true))
    .map(({ spec }) => {
      const newest = spec.versions.filter((version) => version.served).sort((a, b) => byMaturity(b.name) - byMaturity(a.name))[0];
      return {
        apiVersion: `${spec.group}/${newest.name}`,
        kind: spec.names.kind,
        plural: spec.names.plural,
        spec: newest.schema.openAPIV3Schema.properties?.spec ?? {},
        source: source.title,
      };
    });
}

function moduleFolder(module: string): string {
  // Outside any Go module of ours, so that no go.mod has a say in it.
  const json = execFileSync('go', ['mod', 'download', '-json', module], { cwd: '/', encoding: 'utf8' });
  return (JSON.parse(json) as { Dir: string }).Dir;
}

/** Orders Kubernetes API versions: v1 above v1beta1 above v1alpha3 above v1alpha1. */
function byMaturity(version: string): number {
  const [, major, stage, minor] = /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(version) ?? [];
  const rank = stage === undefined ? 2 : stage === 'beta' ? 1 : 0;
  return rank * 10_000 + Number(major) * 100 + Number(minor ?? 0);
}

main();
