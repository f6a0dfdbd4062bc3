/**
 * Writes the `generated/` folders: a file of TypeScript types a kind, from the newest CRDs that are known, with a note at what older releases
 * lack or have on trial.
 *
 *     npm run generate               write
 *     npm run generate -- --check    fail where the files in the repository are out of date
 */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { Crd, readCrds, schemaOf } from './check-data/crds';
import { GATEWAY_API, gatewayApiModule, ISTIO, readGatewayApi } from './check-data/sources';
import { Api, emitKinds, Schema, SourcedKind } from './istio-types/emit';
import { annotated } from './istio-types/history';

/** A release with its CRDs, by kind. */
interface Release {
  /** As tags name it: `Istio 1.31`. */
  readonly name: string;
  readonly whole: ReadonlyMap<string, Crd>;
  readonly standard: ReadonlyMap<string, Crd>;
}

interface Library extends Api {
  readonly folder: string;
  /** Oldest first. */
  readonly releases: readonly Release[];
  /** Place of the release whose API versions are written: the one that is installed. */
  readonly installed: number;
  /** @default all */
  readonly kinds?: readonly string[];
}

const ROOT = path.join(__dirname, '..');
/** The release that the charts of this package install. */
const INSTALLED = { istio: '1.29', gatewayApi: '1.4.0' };
/** Kinds of the Gateway API that Istio implements. */
const GATEWAY_KINDS = ['BackendTLSPolicy', 'GRPCRoute', 'Gateway', 'HTTPRoute', 'ReferenceGrant', 'TCPRoute', 'TLSRoute'];

function libraries(): Library[] {
  const istio = ISTIO.at(-1)!;
  const gatewayApi = GATEWAY_API.at(-1)!;
  return [
    {
      folder: 'constructs/istio/generated',
      title: `Istio ${istio.version} (${istio.module})`,
      version: istio.version,
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
      releases: ISTIO.map(({ minor, module, file }) => {
        const crds = byKind(readCrds(module, file));
        return { name: `Istio ${minor}`, whole: crds, standard: crds };
      }),
      installed: ISTIO.findIndex(({ minor }) => minor === INSTALLED.istio),
    },
    {
      folder: 'constructs/gateway-api/generated',
      title: `the Gateway API ${gatewayApi}, experimental channel (${gatewayApiModule(gatewayApi)})`,
      version: gatewayApi,
      constant: 'GATEWAY_API_VERSION',
      shared: {},
      releases: GATEWAY_API.map((version) => ({
        name: `Gateway API ${version.split('.').slice(0, 2).join('.')}`,
        whole: byKind(readGatewayApi(version, 'experimental')),
        standard: byKind(readGatewayApi(version, 'standard')),
      })),
      installed: GATEWAY_API.indexOf(INSTALLED.gatewayApi),
      kinds: GATEWAY_KINDS,
    },
  ];
}

function main(): void {
  for (const library of libraries()) {
    const files = emitKinds(library, kindsOf(library));
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

/** The kinds of the newest release, each with the API version that the installed one serves; a later kind with that of its first release. */
function kindsOf({ releases, installed, kinds, title }: Library): SourcedKind[] {
  return [...releases.at(-1)!.whole]
    .filter(([kind]) => kinds?.includes(kind) ?? true)
    .map(([kind, { spec }]) => {
      const written = releases.slice(installed).find(({ whole }) => whole.has(kind))!.whole.get(kind)!;
      const history = releases.map(({ name, whole, standard }) => ({ name, whole: specOf(whole.get(kind)), standard: specOf(standard.get(kind)) }));
      return {
        apiVersion: `${spec.group}/${newestOf(written).name}`,
        kind,
        plural: spec.names.plural,
        spec: annotated(history.at(-1)!.whole ?? {}, history),
        source: title,
      };
    });
}

function byKind(crds: readonly Crd[]): Map<string, Crd> {
  return new Map(crds.map((crd) => [crd.spec.names.kind, crd]));
}

function specOf(crd: Crd | undefined): Schema | undefined {
  return crd && (schemaOf(newestOf(crd)) as Schema).properties?.spec;
}

function newestOf({ spec }: Crd): Crd['spec']['versions'][number] {
  return spec.versions.filter((version) => version.served).sort((a, b) => byMaturity(b.name) - byMaturity(a.name))[0]!;
}

/** Orders Kubernetes API versions: v1 above v1beta1 above v1alpha3 above v1alpha1. */
function byMaturity(version: string): number {
  const [, major, stage, minor] = /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(version) ?? [];
  const rank = stage === undefined ? 2 : stage === 'beta' ? 1 : 0;
  return rank * 10_000 + Number(major) * 100 + Number(minor ?? 0);
}

main();
