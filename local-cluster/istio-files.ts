import * as fs from 'node:fs';
import * as path from 'node:path';
import { ISTIO_VERSION, localClusterPaths } from './paths';
import { ISTIO_MODULE } from './pins';
import { findGo } from './programs';
import { run } from './run';
import type { StepContext } from './step';
import { assetFolder, buildEntry } from './store';

/** Chart folders of the module, by the flat name that they get here. */
const CHARTS: Readonly<Record<string, string>> = {
  base: 'base',
  istiod: 'istio-control/istio-discovery',
  gateway: 'gateway',
  cni: 'istio-cni',
  ztunnel: 'ztunnel',
};

/** `<root>/istio/<version>`: Istio's charts and samples. */
export function istioFolder(): string {
  return path.dirname(localClusterPaths().charts);
}

/** Copies Istio's charts and samples out of its Go module, whose checksum go.sum holds. */
export async function copyIstioFiles(ctx: StepContext): Promise<void> {
  await buildEntry(istioFolder(), ctx.signal, async (folder) => {
    const go = await findGo(ctx);
    ctx.report(`reading Istio ${ISTIO_VERSION} from its Go module`);
    const answer = await run(go.program, ['mod', 'download', '-json', ISTIO_MODULE], {
      cwd: path.join(assetFolder(), 'node'),
      env: go.env,
      signal: ctx.signal,
    });
    const module: unknown = JSON.parse(answer);
    const source = (module as { Dir?: unknown }).Dir;
    if (typeof source !== 'string') throw new Error(`go mod download did not say where ${ISTIO_MODULE} lies`);
    for (const [name, from] of Object.entries(CHARTS)) {
      const target = path.join(folder, 'charts', name);
      copyWritable(path.join(source, 'manifests', 'charts', from), target);
      stampChart(target);
    }
    copyWritable(path.join(source, 'samples'), path.join(folder, 'samples'));
    copyWritable(path.join(source, 'tools', 'packaging', 'common', 'envoy_bootstrap.json'), path.join(folder, 'envoy_bootstrap.json'));
  });
}

/** The module cache is read-only; a copy of it has to be removable by its owner. */
function copyWritable(source: string, target: string): void {
  if (fs.statSync(source).isDirectory()) {
    fs.mkdirSync(target, { recursive: true });
    for (const name of fs.readdirSync(source)) copyWritable(path.join(source, name), path.join(target, name));
    return;
  }
  const executable = fs.statSync(source).mode & 0o111;
  fs.writeFileSync(target, fs.readFileSync(source));
  fs.chmodSync(target, executable ? 0o755 : 0o644);
}

/** Does what Istio's release does to a chart: gives it the version, and its images their registry and tag. */
function stampChart(folder: string): void {
  replaceIn(path.join(folder, 'Chart.yaml'), [
    [/^version: .*$/m, `version: ${ISTIO_VERSION}`],
    [/^appVersion: .*$/m, `appVersion: ${ISTIO_VERSION}`],
  ]);
  replaceIn(path.join(folder, 'values.yaml'), [
    [/^(\s*)hub: gcr\.io\/istio-testing$/m, '$1hub: docker.io/istio'],
    [/^(\s*)tag: latest$/m, `$1tag: ${ISTIO_VERSION}`],
  ]);
}

function replaceIn(file: string, changes: readonly (readonly [RegExp, string])[]): void {
  let text = fs.readFileSync(file, 'utf8');
  for (const [pattern, replacement] of changes) text = text.replace(pattern, replacement);
  fs.writeFileSync(file, text);
}
