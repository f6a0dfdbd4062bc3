import * as fs from 'node:fs';
import * as path from 'node:path';
import { imagesArchive, imagesEntry } from './images';
import { raiseLimits, restoreLimits } from './kernel-limits';
import { KUBERNETES_VERSION, LINK_NAME, LOCAL_CONTEXT, NODE_ADDRESS, NODE_NAME, RANGES, localClusterPaths } from './paths';
import { etcdFolder } from './parts';
import { PAUSE_IMAGE } from './pins';
import { programsEntry } from './programs';
import { rootfsFolder } from './rootfs';
import { run } from './run';
import { nodeProcess } from './status';
import type { StepContext } from './step';

/** Address of the cluster DNS Service. */
export const DNS_ADDRESS = addressIn(RANGES.services, 10);

/** The address at `offset` in an IPv4 range such as `10.0.0.0/16`; offsets up to 255. */
export function addressIn(range: string, offset: number): string {
  return range.replace(/\d+\/\d+$/, String(offset));
}

/** Folder of the running node; `aks-istio-node down` removes it. */
export function stateFolder(): string {
  return path.join(localClusterPaths().root, 'node');
}

/** File that tells `aks-istio-node` about the node. It outlives the node, so that stop works after a crash. */
export function settingsFile(): string {
  return path.join(localClusterPaths().root, 'node.settings.json');
}

/** The supervisor program of the current build. */
export function nodeProgram(): string {
  return path.join(programsEntry('programs'), 'aks-istio-node');
}

function writeSettings(): void {
  const prefix = RANGES.link.split('/')[1];
  const settings = {
    name: NODE_NAME,
    state: stateFolder(),
    rootfs: rootfsFolder(),
    programs: programsEntry('programs'),
    etcd: etcdFolder(),
    kubeconfig: localClusterPaths().kubeconfig,
    context: LOCAL_CONTEXT,
    link: LINK_NAME,
    hostAddress: `${addressIn(RANGES.link, 1)}/${prefix}`,
    nodeAddress: `${NODE_ADDRESS}/${prefix}`,
    pods: RANGES.pods,
    services: RANGES.services,
    apiAddress: addressIn(RANGES.services, 1),
    dnsAddress: DNS_ADDRESS,
    sandbox: PAUSE_IMAGE,
    version: KUBERNETES_VERSION,
  };
  const file = settingsFile();
  fs.writeFileSync(`${file}.new`, `${JSON.stringify(settings, null, 2)}\n`);
  fs.renameSync(`${file}.new`, file);
}

/** Starts the node, ending a broken one first; a running one is left alone. Returns when it is Ready. */
export async function startNode(ctx: StepContext): Promise<void> {
  writeSettings();
  const raised = raiseLimits();
  if (raised !== undefined) ctx.report(raised);
  await run(nodeProgram(), ['up', settingsFile()], { signal: ctx.signal, onLine: (line) => ctx.report(line) });
}

/** Ends the node and removes what remains of it; says what. Nothing to do is no error. */
export async function takeDown(ctx: Pick<StepContext, 'report'>): Promise<string[]> {
  const program = [nodeProgram(), path.join(localClusterPaths().bin, 'aks-istio-node')].find((file) => fs.existsSync(file));
  if (program === undefined || !fs.existsSync(settingsFile())) return [];
  const lines: string[] = [];
  await run(program, ['down', settingsFile()], {
    onLine: (line) => {
      lines.push(line);
      ctx.report(line);
    },
  });
  const restored = restoreLimits();
  return restored === undefined ? lines : [...lines, restored];
}

function imagesMark(): string {
  return path.join(stateFolder(), 'images');
}

/** True where the running node holds the images of the current build. */
export function imagesAreLoaded(): boolean {
  try {
    return fs.readFileSync(imagesMark(), 'utf8') === path.basename(imagesEntry()) && nodeProcess() !== undefined;
  } catch {
    return false;
  }
}

/** Loads the images into the running node. */
export async function loadImages(ctx: StepContext): Promise<void> {
  await inNode(['ctr', '--namespace', 'k8s.io', 'images', 'import', '-'], { ...ctx, input: imagesArchive() });
  fs.writeFileSync(imagesMark(), path.basename(imagesEntry()));
}

/** Runs a command inside the node: its namespaces, its root. Lines go to `report`. */
export async function inNode(command: readonly string[], ctx: StepContext & { input?: string }): Promise<string> {
  const found = nodeProcess();
  if (found === undefined) throw new Error('the local node is not running');
  const args = ['--target', String(found.pid), '--mount', '--net', '--pid', '--ipc', '--uts', '--', ...command];
  return run('nsenter', args, { signal: ctx.signal, input: ctx.input, env: { PATH: '/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' } });
}
