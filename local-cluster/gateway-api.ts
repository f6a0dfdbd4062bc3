import * as fs from 'node:fs';
import * as path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { kubectl } from './dns';
import { GATEWAY_API, NODE_ADDRESS, localClusterPaths } from './paths';
import { findGo } from './programs';
import { run } from './run';
import { askApi, nodeProcess } from './status';
import type { StepContext } from './step';
import { assetFolder, buildEntry, digest, storePath } from './store';

/** Go module with the definitions; go.mod has its version and go.sum its checksum, as Istio itself is built with it. */
const MODULE = 'sigs.k8s.io/gateway-api';
/** Served once TLSRoute is: one of the last to be applied. */
const LAST = '/apis/gateway.networking.k8s.io/v1alpha3';
const SERVED_MS = 30_000;
const PAUSE_MS = 100;

/** Cache entry with `crds.yaml`: the custom resource definitions of the Gateway API, all in one file. */
export function gatewayApiEntry(): string {
  return storePath('gateway-api', digest([GATEWAY_API.version, GATEWAY_API.channel], ['node/go.sum']));
}

/** Copies the definitions out of their Go module. */
export async function copyGatewayApi(ctx: StepContext): Promise<void> {
  await buildEntry(gatewayApiEntry(), ctx.signal, async (folder) => {
    const go = await findGo(ctx);
    ctx.report(`reading the Gateway API ${GATEWAY_API.version} from its Go module`);
    const answer = await run(go.program, ['mod', 'download', '-json', MODULE], { cwd: path.join(assetFolder(), 'node'), env: go.env, signal: ctx.signal });
    const { Dir, Version } = JSON.parse(answer) as { Dir?: unknown; Version?: unknown };
    if (typeof Dir !== 'string' || Version !== `v${GATEWAY_API.version}`) {
      throw new Error(`go mod download gave ${MODULE} ${String(Version)} in ${String(Dir)}, and the local cluster is said to have ${GATEWAY_API.version}`);
    }
    const source = path.join(Dir, 'config', 'crd', GATEWAY_API.channel);
    const files = fs.readdirSync(source).filter((name) => /^gateway\..*\.yaml$/.test(name)).sort();
    fs.writeFileSync(path.join(folder, 'crds.yaml'), files.map((name) => fs.readFileSync(path.join(source, name), 'utf8')).join('\n---\n'));
  });
}

/** True where the running node serves the Gateway API. */
export async function gatewayApiIsServed(): Promise<boolean> {
  return nodeProcess() !== undefined && (await askApi(NODE_ADDRESS, LAST)).status === 200;
}

/** Applies the definitions and waits until they are served. istiod finds them whenever they come. */
export async function applyGatewayApi(ctx: StepContext): Promise<void> {
  await kubectl(ctx, ['apply', '--server-side', '--force-conflicts', '-f', path.join(gatewayApiEntry(), 'crds.yaml')]);
  for (const deadline = Date.now() + SERVED_MS; !(await gatewayApiIsServed()); await pause(PAUSE_MS, undefined, { signal: ctx.signal })) {
    if (Date.now() > deadline) {
      throw new Error(`the node does not serve the Gateway API ${SERVED_MS / 1000} s after its definitions were applied: look into ${localClusterPaths().logs}`);
    }
  }
}
