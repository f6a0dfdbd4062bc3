import * as fs from 'node:fs';
import * as path from 'node:path';
import { packImages } from './images';
import { inNode, stateFolder } from './node';
import { BOOKINFO_TAG, ISTIO_VERSION } from './paths';
import { nodeProcess } from './status';
import { findGo } from './programs';
import { rootfsEntry, runInside } from './rootfs';
import { run } from './run';
import type { Step, StepContext } from './step';
import { assetFolder, buildEntry, digest, storePath } from './store';

/** An image that only some environments need: it is built and loaded when one does, so that a first start takes no longer for it. */
interface Extra {
  /** The name that it has in its public registry. */
  readonly image: string;
  /** Folder below `extras/` with what pins its content. */
  readonly folder: string;
  /** Go packages of that folder's module, each with its place in the image. @default none: the folder's script fills the image */
  readonly programs?: Readonly<Record<string, string>>;
  /** Build tags. @default none */
  readonly tags?: string;
  /** Seconds that two idle cores need with nothing cached. */
  readonly estimateSeconds: number;
  /** OCI run configuration. */
  readonly config: Readonly<Record<string, unknown>>;
}

const BIN = 'usr/local/bin';
/** As in node/go.mod: Istio's packages are compiled the same way, once. */
const ISTIO_TAGS = 'vtprotobuf,disable_pgv';

const EXTRAS: readonly Extra[] = [
  {
    image: 'docker.io/envoyproxy/ratelimit:3fb70258',
    folder: 'ratelimit',
    programs: { 'github.com/envoyproxy/ratelimit/src/service_cmd': 'bin/ratelimit' },
    estimateSeconds: 45,
    config: { User: '65532', Cmd: ['/bin/ratelimit'] },
  },
  {
    // Debian's Redis 7.0 under the name of the image that the constructs ask for.
    image: 'docker.io/library/redis:7.4-alpine',
    folder: 'redis',
    estimateSeconds: 10,
    // As in the public image, whoever reaches the port may ask: the mesh decides who does.
    config: { User: '999', WorkingDir: '/', Entrypoint: ['/usr/bin/redis-server', '--protected-mode', 'no'] },
  },
  {
    // Debian's MariaDB 10.11 in the stead of MySQL, with upstream's two ratings.
    image: `docker.io/istio/examples-bookinfo-mysqldb:${BOOKINFO_TAG}`,
    folder: 'mysqldb',
    estimateSeconds: 30,
    config: { User: '999:999', Entrypoint: ['/usr/local/bin/entrypoint.sh'] },
  },
  {
    // FerretDB in the stead of MongoDB: the same protocol, on SQLite.
    image: `docker.io/istio/examples-bookinfo-mongodb:${BOOKINFO_TAG}`,
    folder: 'mongodb',
    programs: { 'aks-istio.local/extras/mongodb': 'usr/bin/mongodb' },
    estimateSeconds: 60,
    config: { User: '999:999', Entrypoint: ['/usr/bin/mongodb'] },
  },
  {
    image: `docker.io/istio/ext-authz:${ISTIO_VERSION}`,
    folder: 'istio',
    programs: { 'istio.io/istio/samples/extauthz/cmd/extauthz': `${BIN}/extauthz` },
    tags: ISTIO_TAGS,
    estimateSeconds: 30,
    config: { User: '65532', Entrypoint: [`/${BIN}/extauthz`] },
  },
  {
    image: 'docker.io/mccutchen/go-httpbin:2.25.0',
    folder: 'httpbin',
    programs: { 'github.com/mccutchen/go-httpbin/v2/cmd/go-httpbin': 'bin/go-httpbin' },
    estimateSeconds: 15,
    config: { User: '65532', Cmd: ['/bin/go-httpbin'] },
  },
  {
    // Without the certificate that upstream's image has at /cert.crt: a pod that serves TLS mounts its own.
    image: `docker.io/istio/app:${ISTIO_VERSION}`,
    folder: 'istio',
    programs: { 'istio.io/istio/pkg/test/echo/cmd/server': `${BIN}/server`, 'istio.io/istio/pkg/test/echo/cmd/client': `${BIN}/client` },
    tags: ISTIO_TAGS,
    estimateSeconds: 40,
    config: { User: '1338', Entrypoint: [`/${BIN}/server`] },
  },
  {
    image: 'ghcr.io/fluxcd/flagger:1.36.1',
    folder: 'flagger',
    programs: { 'github.com/fluxcd/flagger/cmd/flagger': 'home/flagger/flagger' },
    estimateSeconds: 90,
    config: { User: '65532', WorkingDir: '/home/flagger', Entrypoint: ['/home/flagger/flagger'] },
  },
];

/** Names of the images that are built and loaded where something asks for them. */
export function extraImages(): string[] {
  return EXTRAS.map(({ image }) => image);
}

/**
 * Steps that build and load images into the running node, one each.
 * @param isWanted says of an image's name whether it is asked for
 */
export function extraSteps(isWanted: (image: string) => boolean): Step[] {
  return EXTRAS.filter(({ image }) => isWanted(image)).map((extra) => ({
    id: `image-${shortName(extra)}`,
    title: `image ${extra.image}`,
    estimateSeconds: fs.existsSync(extraEntry(extra)) ? 2 : extra.estimateSeconds,
    isDone: () => Promise.resolve(isLoaded(extra)),
    run: async (ctx) => {
      await buildExtra(extra, ctx);
      ctx.report('loading it into the node');
      await load(extra, ctx);
    },
  }));
}

/** `istio/app:1.29.1` is `app`. */
function shortName({ image }: Extra): string {
  return path.basename(image).replace(/:.*/, '');
}

/** Cache entry with `image.tar`. */
function extraEntry(extra: Extra): string {
  const { image, folder, programs, tags = '', config } = extra;
  const base = programs ? [] : [path.basename(rootfsEntry())];
  const texts = [process.platform, process.arch, image, tags, JSON.stringify(programs ?? {}), JSON.stringify(config), ...base];
  return storePath(`image-${shortName(extra)}`, digest(texts, [`extras/${folder}`]));
}

async function buildExtra(extra: Extra, ctx: StepContext): Promise<void> {
  await buildEntry(extraEntry(extra), ctx.signal, async (folder) => {
    const files = path.join(folder, 'files');
    fs.mkdirSync(files);
    await (extra.programs ? compile(extra, extra.programs, files, ctx) : fetchFiles(extra, files, ctx));
    const plan = {
      layers: { files: [{ from: files, to: '' }] },
      images: [{ names: [extra.image], layers: ['files'], config: extra.config }],
    };
    await packImages(plan, path.join(folder, 'image.tar'), ctx);
    fs.rmSync(files, { recursive: true });
  });
}

/** Programs without any library: they are all that their image holds. */
async function compile(extra: Extra, programs: Readonly<Record<string, string>>, files: string, ctx: StepContext): Promise<void> {
  const go = await findGo(ctx);
  const built = path.join(files, '.built');
  fs.mkdirSync(built);
  let count = 0;
  ctx.report('downloading modules, then compiling');
  const tags = extra.tags === undefined ? [] : ['-tags', extra.tags];
  await run(go.program, ['build', '-v', '-trimpath', '-buildvcs=false', ...tags, '-ldflags', '-s -w', '-o', `${built}/`, ...Object.keys(programs)], {
    cwd: path.join(assetFolder(), 'extras', extra.folder),
    env: go.env,
    signal: ctx.signal,
    onLine: (line) => {
      count += 1;
      if (count % 50 === 0) ctx.report(`compiling: ${line}`);
    },
  });
  for (const [name, place] of Object.entries(programs)) {
    const target = path.join(files, place);
    fs.mkdirSync(path.dirname(target), { recursive: true });
    fs.renameSync(path.join(built, path.basename(name)), target);
  }
  fs.rmdirSync(built);
}

async function fetchFiles(extra: Extra, files: string, ctx: StepContext): Promise<void> {
  ctx.report('fetching packages of Debian');
  await runInside(ctx, path.join(assetFolder(), 'extras', extra.folder), files, ['sh', `/build/in/${extra.folder}.sh`, '/build/out']);
}

/** Lies in the node's own folder, which ends with the node. */
function mark(extra: Extra): string {
  return path.join(stateFolder(), `image-${shortName(extra)}`);
}

function isLoaded(extra: Extra): boolean {
  try {
    return fs.readFileSync(mark(extra), 'utf8') === path.basename(extraEntry(extra)) && nodeProcess() !== undefined;
  } catch {
    return false;
  }
}

async function load(extra: Extra, ctx: StepContext): Promise<void> {
  const entry = extraEntry(extra);
  await inNode(['ctr', '--namespace', 'k8s.io', 'images', 'import', '-'], { ...ctx, input: path.join(entry, 'image.tar') });
  // An entry that is in use is not one to remove.
  fs.utimesSync(entry, new Date(), new Date());
  fs.writeFileSync(mark(extra), path.basename(entry));
}
