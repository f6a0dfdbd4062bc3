import * as fs from 'node:fs';
import * as path from 'node:path';
import { DNS_ADDRESS } from './node';
import { LOCAL_CONTEXT, NODE_ADDRESS, OUTSIDE_ADDRESS, OUTSIDE_HOSTS, localClusterPaths } from './paths';
import { COREDNS_IMAGE } from './pins';
import { programsEntry } from './programs';
import { RunError, run } from './run';
import { askApi, nodeProcess } from './status';
import type { StepContext } from './step';
import { assetFolder } from './store';

/** True where the cluster DNS answers. */
export async function dnsIsReady(): Promise<boolean> {
  if (nodeProcess() === undefined) return false;
  const answer = await askApi(NODE_ADDRESS, '/apis/apps/v1/namespaces/kube-system/deployments/coredns');
  if (answer.status !== 200) return false;
  const deployment = JSON.parse(answer.body) as { status?: { availableReplicas?: number } };
  return (deployment.status?.availableReplicas ?? 0) > 0;
}

/** CoreDNS as it is applied. */
export function dnsManifest(): string {
  return fs
    .readFileSync(path.join(assetFolder(), 'dns.yaml'), 'utf8')
    .replaceAll('@IMAGE@', COREDNS_IMAGE)
    .replaceAll('@ADDRESS@', DNS_ADDRESS)
    .replaceAll('@OUTSIDE_ADDRESS@', OUTSIDE_ADDRESS)
    .replaceAll('@OUTSIDE_HOSTS@', OUTSIDE_HOSTS.join(' '));
}

/** Applies CoreDNS and waits until it answers. */
export async function deployDns(ctx: StepContext): Promise<void> {
  const file = path.join(localClusterPaths().root, 'node', 'dns.yaml');
  fs.writeFileSync(file, dnsManifest());
  await kubectl(ctx, ['apply', '--server-side', '--force-conflicts', '-f', file]);
  ctx.report('waiting for CoreDNS to answer');
  try {
    await kubectl(ctx, ['-n', 'kube-system', 'rollout', 'status', 'deployment/coredns', '--timeout=60s']);
  } catch (error) {
    if (!(error instanceof RunError)) throw error;
    const events = await kubectl(ctx, ['-n', 'kube-system', 'get', 'events', '--field-selector=type=Warning', '--output=custom-columns=:message']);
    throw new Error(`CoreDNS did not become ready. What the node says:\n${events}`);
  }
}

/** Runs kubectl on the local node. */
export function kubectl(ctx: StepContext, args: readonly string[]): Promise<string> {
  const reach = ['--kubeconfig', localClusterPaths().kubeconfig, '--context', LOCAL_CONTEXT];
  return run(path.join(programsEntry('programs'), 'kubectl'), [...reach, ...args], { signal: ctx.signal });
}
