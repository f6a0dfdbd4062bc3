// How long a large mesh takes to synthesise and to be checked, against the same synth without the checks between objects.
// Usage: node --require tsx/cjs bench/mesh.ts [services] [rounds]
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import '../stacks/token-traces';
import { App, TerraformStack } from 'cdktf';
import { kubeconfigCluster } from '../constructs/cluster/existing-cluster';
import { MeshChecks } from '../constructs/istio/mesh-checks';
import { ClusterProviders, existingService, ObjectRelease } from '../constructs/kubernetes';
import { existingMesh, provideMesh } from '../constructs/mesh';
import { MeshService } from '../constructs/traffic/mesh-service';

const services = Number(process.argv[2] ?? 200);
const rounds = Number(process.argv[3] ?? 5);

/** Synthesises a mesh in which each service is split, and called by the one before it. @returns seconds */
function synth(withChecks: boolean): number {
  const outdir = mkdtempSync(path.join(tmpdir(), 'bench-mesh-'));
  const began = process.hrtime.bigint();
  const app = new App({ outdir, stackTraces: false });
  const stack = new TerraformStack(app, 'mesh');
  new ClusterProviders(stack, 'Providers', { cluster: kubeconfigCluster({ path: '/kubeconfig' }), helm: true });
  provideMesh(stack, existingMesh({ version: '1.29.1' }));
  new ObjectRelease(stack, 'Objects', { name: 'mesh', namespace: 'shop' });
  if (withChecks) {
    new MeshChecks(stack, 'Checks');
  }
  let caller: MeshService | undefined;
  for (let index = 0; index < services; index += 1) {
    const name = `service-${index}`;
    const service = existingService({
      name,
      namespace: 'shop',
      ports: [{ name: 'http', port: 80 }],
      serviceAccountName: name,
      versions: ['v1', 'v2'],
    });
    const next = new MeshService(stack, `Service${index}`, { service }).split({ v1: 90, v2: 10 });
    next.allowFrom(caller ?? { namespace: 'shop', serviceAccountName: 'web' });
    caller = next;
  }
  app.synth();
  rmSync(outdir, { recursive: true, force: true });
  return Number(process.hrtime.bigint() - began) / 1e9;
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
const seconds: Record<'without' | 'with', number[]> = { without: [], with: [] };
// One round to warm up, then both in turn, so that a drift of the machine's speed meets both.
for (let round = 0; round <= rounds; round += 1) {
  const measured = { without: synth(false), with: synth(true) };
  if (round > 0) {
    seconds.without.push(measured.without);
    seconds.with.push(measured.with);
  }
}
const baseline = median(seconds.without);
const checked = median(seconds.with);
process.stdout.write(
  `baseline: synth of ${services} services, ${services * 3} objects   median ${baseline.toFixed(3)} s\n` +
    `synth and checks between them                    median ${checked.toFixed(3)} s   ${(checked / baseline).toFixed(2)} x the baseline   (${rounds} rounds)\n`,
);
