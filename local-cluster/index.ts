import * as fs from 'node:fs';
import * as path from 'node:path';
import { deployDns, dnsIsReady } from './dns';
import { applyGatewayApi, copyGatewayApi, gatewayApiEntry, gatewayApiIsServed } from './gateway-api';
import { buildImages, imagesEntry } from './images';
import { copyIstioFiles, istioFolder } from './istio-files';
import { imagesAreLoaded, loadImages, startNode, stateFolder, takeDown } from './node';
import { localClusterPaths } from './paths';
import { outsideAnswers, startOutside } from './outside';
import { buildOutside, outsideEntry } from './outside-certificates';
import { fetchParts, partsEntry } from './parts';
import { buildPrograms, goEntry, hasPrograms, programsEntry } from './programs';
import { buildRootfs, rootfsEntry } from './rootfs';
import { status } from './status';
import type { Step } from './step';
import { prune, removeAbandoned } from './store';

export * from './paths';
export { checkMachine } from './check';
export { extraImages, extraSteps } from './extras';
export { machineSteps } from './machine';
export { status } from './status';
export type { NodeStatus } from './status';
export type { Problem, Step, StepContext } from './step';

function entryStep(id: string, title: string, estimateSeconds: number, entry: () => string, run: Step['run']): Step {
  return { id, title, estimateSeconds, isDone: () => Promise.resolve(fs.existsSync(entry())), run };
}

const istioStep = (): Step => entryStep('istio', "Istio's charts and samples", 10, istioFolder, copyIstioFiles);

/** Steps that build everything, starting nothing. Their results stay in the cache. */
export function buildSteps(): Step[] {
  return [
    entryStep('rootfs', "the node's root file system (Debian)", 45, rootfsEntry, buildRootfs),
    {
      id: 'programs',
      title: 'Kubernetes, Istio, Helm and CoreDNS, compiled from source',
      estimateSeconds: 400,
      isDone: () => Promise.resolve(hasPrograms('programs')),
      run: (ctx) => buildPrograms(ctx, 'programs'),
    },
    istioStep(),
    entryStep('gateway-api', 'the definitions of the Gateway API', 3, gatewayApiEntry, copyGatewayApi),
    entryStep('parts', "etcd, Envoy and Bookinfo's dependencies", 30, partsEntry, fetchParts),
    entryStep('certificates', 'certificates of the outside world', 2, outsideEntry, buildOutside),
    entryStep('images', 'container images', 20, imagesEntry, buildImages),
  ];
}

/** Every step from nothing to a node with its images and DNS. All answer isDone where the node runs and is well. */
export function startSteps(): Step[] {
  return [
    ...buildSteps(),
    {
      id: 'node',
      title: 'the node',
      estimateSeconds: 6,
      isDone: async () => (await status()).state === 'running',
      run: async (ctx) => {
        await startNode(ctx);
        const entries = [rootfsEntry(), programsEntry('programs'), programsEntry('tools'), partsEntry(), outsideEntry(), imagesEntry(), gatewayApiEntry(), goEntry()];
        for (const name of prune(entries.map((entry) => path.basename(entry)))) ctx.report(`removed ${name} from the cache: not used for 30 days`);
      },
    },
    { id: 'load', title: 'loading the images into the node', estimateSeconds: 15, isDone: () => Promise.resolve(imagesAreLoaded()), run: loadImages },
    { id: 'outside', title: 'the outside world', estimateSeconds: 1, isDone: outsideAnswers, run: startOutside },
    { id: 'gateway-api-served', title: 'the Gateway API', estimateSeconds: 3, isDone: gatewayApiIsServed, run: applyGatewayApi },
    { id: 'dns', title: 'cluster DNS', estimateSeconds: 5, isDone: dnsIsReady, run: deployDns },
  ];
}

/** Steps that get helm, istioctl and Istio's charts, to drive a cluster that is somebody else's. Run anywhere Go or Python does; need no root. */
export function toolSteps(): Step[] {
  return [
    {
      id: 'tools',
      title: 'helm and istioctl, compiled from source',
      estimateSeconds: 240,
      isDone: () => Promise.resolve(hasPrograms('tools')),
      run: (ctx) => buildPrograms(ctx, 'tools'),
    },
    istioStep(),
  ];
}

/**
 * Ends the node and removes everything that remains of it on this machine. What was built stays in the cache.
 * @returns lines that say what was removed and what was left; nothing to do is one line saying so
 * @throws RunError where something of the node cannot be removed
 */
export async function stop(ctx: { report(line: string): void } = { report: () => undefined }): Promise<string[]> {
  const { root } = localClusterPaths();
  const lines = await takeDown(ctx);
  if (fs.existsSync(stateFolder())) throw new Error(`${stateFolder()} is there, but not the program that removes it: run \`build\`, then stop again`);
  const abandoned = [...removeAbandoned(path.join(root, 'store')), ...removeAbandoned(path.join(root, 'istio'))];
  lines.push(...abandoned.map((name) => `removed ${name}, left by an interrupted build`));
  if (lines.length === 0) lines.push('no local node: nothing to stop');
  if (fs.existsSync(path.join(root, 'store'))) lines.push(`left the build cache in ${root}; remove that folder to get its space back`);
  return lines;
}
