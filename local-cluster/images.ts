import * as fs from 'node:fs';
import * as path from 'node:path';
import { istioFolder } from './istio-files';
import { BOOKINFO_TAG, CLIENT_IMAGE, ISTIO_VERSION } from './paths';
import { COREDNS_IMAGE, PAUSE_IMAGE } from './pins';
import { TRUST_FILE, trustBundle } from './outside-certificates';
import { envoyFile, partsEntry } from './parts';
import { programsEntry } from './programs';
import { rootfsEntry, rootfsFolder } from './rootfs';
import { run } from './run';
import type { StepContext } from './step';
import { assetFolder, buildEntry, digest, storePath } from './store';

/** A file or folder of this machine that goes into a layer; see node/cmd/aks-istio-images. */
interface Source {
  from: string;
  to: string;
  exclude?: string[];
  mode?: number;
}

interface Image {
  names: string[];
  layers: string[];
  config: Readonly<Record<string, unknown>>;
}

/** Layers and images, as the packer reads them. */
export interface ImagePlan {
  layers: Record<string, Source[]>;
  images: Image[];
}

const APP = 'opt/microservices';
const PATH = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** What the node needs and no image does. */
const NODE_ONLY = [
  'usr/bin/containerd*', 'usr/bin/ctr', 'usr/sbin/runc', 'usr/lib/cni', 'usr/lib/python3/dist-packages/*', 'usr/share/python-wheels',
  'var/lib/dpkg', 'var/lib/apt', 'var/cache/*', 'var/log/*', 'usr/share/bash-completion', 'build', 'dev/*', 'proc/*', 'sys/*', 'run/*', 'tmp/*',
  'etc/kubernetes', 'etc/containerd', 'opt/*', 'usr/share/zoneinfo', 'usr/lib/x86_64-linux-gnu/perl*', 'usr/share/perl*', 'usr/lib/udev',
  TRUST_FILE,
];

/** Names of every image that the node holds. */
export function imageNames(): string[] {
  return imagePlan().images.flatMap((image) => image.names);
}

/** What the images are made of. Pure: names paths, reads none. */
export function imagePlan(): ImagePlan {
  const program = (name: string): string => path.join(programsEntry('programs'), name);
  const local = (name: string): Source => ({ from: program(name), to: `usr/local/bin/${name}`, mode: 0o755 });
  const bookinfo = path.join(istioFolder(), 'samples', 'bookinfo', 'src');
  const own = (name: string): string => path.join(assetFolder(), 'images', name);
  const page = path.join(bookinfo, 'productpage');
  const app = (name: string, layer: string, command: string[], env: string[] = []): Image => ({
    names: [`docker.io/istio/examples-bookinfo-${name}:${BOOKINFO_TAG}`],
    layers: ['base', layer],
    config: { User: '1000', WorkingDir: `/${APP}`, Env: [PATH, ...env], Cmd: command },
  });
  const reviews = (version: string, env: string[]): Image =>
    app(`reviews-${version}`, 'reviews', ['node', `/${APP}/reviews.js`, '9080'], [`SERVICE_VERSION=${version}`, ...env]);
  return {
    layers: {
      base: [
        { from: rootfsFolder(), to: '', exclude: NODE_ONLY },
        { from: trustBundle(), to: TRUST_FILE, mode: 0o644 },
      ],
      pause: [{ from: program('pause'), to: 'pause', mode: 0o755 }],
      coredns: [{ from: program('coredns'), to: 'coredns', mode: 0o755 }],
      pilot: [local('pilot-discovery')],
      proxy: [
        { from: envoyFile(), to: 'usr/local/bin/envoy', mode: 0o755 },
        local('pilot-agent'),
        { from: path.join(istioFolder(), 'envoy_bootstrap.json'), to: 'var/lib/istio/envoy/envoy_bootstrap_tmpl.json', mode: 0o644 },
      ],
      cni: [local('install-cni'), { from: program('istio-cni'), to: 'opt/cni/bin/istio-cni', mode: 0o755 }],
      productpage: [
        { from: path.join(partsEntry(), 'productpage'), to: 'usr/local/lib/python3.11/dist-packages', exclude: ['bin'] },
        { from: path.join(page, 'productpage.py'), to: `${APP}/productpage.py`, mode: 0o644 },
        { from: path.join(page, 'templates'), to: `${APP}/templates` },
        { from: path.join(page, 'static'), to: `${APP}/static` },
        { from: path.join(page, 'requirements.txt'), to: `${APP}/requirements.txt`, mode: 0o644 },
      ],
      details: [{ from: path.join(bookinfo, 'details', 'details.rb'), to: `${APP}/details.rb`, mode: 0o644 }],
      ratings: [
        { from: path.join(bookinfo, 'ratings', 'ratings.js'), to: `${APP}/ratings.js`, mode: 0o644 },
        { from: path.join(partsEntry(), 'ratings'), to: APP },
      ],
      reviews: [{ from: own('reviews.js'), to: `${APP}/reviews.js`, mode: 0o644 }],
    },
    images: [
      { names: [PAUSE_IMAGE], layers: ['pause'], config: { User: '65535:65535', Entrypoint: ['/pause'] } },
      { names: [COREDNS_IMAGE], layers: ['coredns'], config: { User: '65532:65532', Entrypoint: ['/coredns'] } },
      { names: [`docker.io/istio/pilot:${ISTIO_VERSION}`], layers: ['base', 'pilot'], config: { User: '1337:1337', Env: [PATH], Entrypoint: ['/usr/local/bin/pilot-discovery'] } },
      {
        names: [`docker.io/istio/proxyv2:${ISTIO_VERSION}`],
        layers: ['base', 'proxy'],
        config: { Env: [PATH, `ISTIO_META_ISTIO_VERSION=${ISTIO_VERSION}`], Entrypoint: ['/usr/local/bin/pilot-agent'] },
      },
      {
        names: [`docker.io/istio/install-cni:${ISTIO_VERSION}`],
        layers: ['base', 'cni'],
        config: { Env: [`${PATH}:/opt/cni/bin`], WorkingDir: '/opt/cni/bin', Cmd: ['/usr/local/bin/install-cni'] },
      },
      { names: [CLIENT_IMAGE], layers: ['base'], config: { User: '1000', Env: [PATH], Cmd: ['sleep', 'infinity'] } },
      // Two workers and IPv4 where upstream has eight and [::]: the same pages, on machines with two cores or without IPv6.
      app('productpage-v1', 'productpage', [
        'python3', '-m', 'gunicorn', '-b', '0.0.0.0:9080', 'productpage:app', '-w', '2', '--keep-alive', '2', '-k', 'gevent', '--worker-tmp-dir', '/dev/shm',
      ], ['FLOOD_FACTOR=0', 'PYTHONDONTWRITEBYTECODE=1', 'PYTHONUNBUFFERED=1']),
      app('details-v1', 'details', ['ruby', 'details.rb', '9080'], ['SERVICE_VERSION=v1', 'ENABLE_EXTERNAL_BOOK_SERVICE=false']),
      app('details-v2', 'details', ['ruby', 'details.rb', '9080'], [
        ...['SERVICE_VERSION=v2', 'ENABLE_EXTERNAL_BOOK_SERVICE=true', `SSL_CERT_FILE=/${TRUST_FILE}`],
      ]),
      app('ratings-v1', 'ratings', ['node', `/${APP}/ratings.js`, '9080'], ['SERVICE_VERSION=v1']),
      app('ratings-v2', 'ratings', ['node', `/${APP}/ratings.js`, '9080'], ['SERVICE_VERSION=v2']),
      reviews('v1', ['ENABLE_RATINGS=false']),
      reviews('v2', ['ENABLE_RATINGS=true']),
      reviews('v3', ['ENABLE_RATINGS=true', 'STAR_COLOR=red']),
    ],
  };
}

/** Cache entry with `images.tar`. */
export function imagesEntry(): string {
  const inputs = [rootfsEntry(), programsEntry('programs'), partsEntry()].map((entry) => path.basename(entry));
  const plan = JSON.stringify(imagePlan()).replaceAll(istioFolder(), '').replaceAll(path.dirname(rootfsEntry()), '').replaceAll(assetFolder(), '');
  return storePath('images', digest([...inputs, ISTIO_VERSION, plan], ['images/reviews.js']));
}

/** The archive with every image. */
export function imagesArchive(): string {
  return path.join(imagesEntry(), 'images.tar');
}

/** Packs the images into one archive; layers that several images share are in it once. */
export async function buildImages(ctx: StepContext): Promise<void> {
  await buildEntry(imagesEntry(), ctx.signal, (folder) => packImages(imagePlan(), path.join(folder, 'images.tar'), ctx));
}

/** Packs images into an archive that containerd imports. Beside it lies the plan. */
export async function packImages(plan: ImagePlan, archive: string, ctx: StepContext): Promise<void> {
  const file = path.join(path.dirname(archive), 'plan.json');
  fs.writeFileSync(file, JSON.stringify(plan, null, 2));
  await run(path.join(programsEntry('programs'), 'aks-istio-images'), [file, archive], { signal: ctx.signal, onLine: (line) => ctx.report(line) });
}
