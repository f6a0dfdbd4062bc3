import * as fs from 'node:fs';
import * as path from 'node:path';
import { App, TerraformStack } from 'cdktf';
import { parse, stringify } from 'yaml';
import { existingAksCluster } from '../../constructs/cluster';
import { ClusterProviders } from '../../constructs/kubernetes';
import { toKubernetesObject } from '../../constructs/kubernetes/conversion/conversion';
import { existingMesh } from '../../constructs/mesh';
import { RateLimitService } from '../../constructs/patterns';
import { loadEnvironment } from '../../environments';
import { synthesize } from '../../stacks/synth';
import { toHcl } from './hcl';

/** So that the workload behind a certificate is scanned too. */
const CERTIFICATE = {
  secretName: 'scanned',
  vaultName: 'scanned',
  certificateName: 'scanned',
  tenantId: '00000000-0000-0000-0000-000000000000',
  clientId: '00000000-0000-0000-0000-000000000000',
};

type Resources = Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, unknown>>>>>>;

/** What is scanned: the cluster's Terraform, and every Kubernetes object of the layers above it. */
export interface Subjects {
  /** Folder with the cluster layer as HCL. */
  readonly terraform: string;
  /** Folder with {@link objects} alone. */
  readonly kubernetes: string;
  /** File with every Kubernetes object that is ours. */
  readonly objects: string;
}

/** Writes what an environment's stacks hold in a form that scanners read. */
export function writeSubjects(environment: string, flavor: string, folder: string): Subjects {
  const loaded = loadEnvironment(environment, { flavor });
  const mesh = { ...loaded.mesh, certificates: [CERTIFICATE] };
  const stacks = synthesize({ ...loaded, mesh }, path.join(folder, 'synth'));
  const read = (dir: string) => JSON.parse(fs.readFileSync(path.join(dir, 'cdk.tf.json'), 'utf8')) as Record<string, unknown>;
  const terraform = path.join(folder, 'terraform');
  const kubernetes = path.join(folder, 'kubernetes');
  fs.mkdirSync(terraform, { recursive: true });
  fs.mkdirSync(kubernetes, { recursive: true });
  for (const { layer, dir } of stacks.filter((stack) => stack.layer === 'cluster')) {
    fs.writeFileSync(path.join(terraform, `${layer}.tf`), toHcl(read(dir)));
  }
  const objects = path.join(kubernetes, 'objects.yaml');
  // In the older YAML, so that scanners read a text such as no as one.
  const all = [...stacks.map(({ dir }) => dir), patterns(path.join(folder, 'patterns'))].flatMap((dir) => objectsOf(read(dir).resource as Resources | undefined));
  fs.writeFileSync(objects, all.map((object) => stringify(object, { lineWidth: 0, version: '1.1' })).join('---\n'));
  return { terraform, kubernetes, objects };
}

/** Workloads that only importers add, in a stack of their own: the service behind a global rate limit. */
function patterns(outdir: string): string {
  const app = new App({ outdir, stackTraces: false });
  const stack = new TerraformStack(app, 'patterns');
  new ClusterProviders(stack, 'Providers', { cluster: existingAksCluster({ name: 'scanned', resourceGroupName: 'scanned' }) });
  new RateLimitService(stack, 'RateLimit', { namespace: 'ratelimit', mesh: existingMesh({ version: '1.29.1' }) }).addDomain({
    name: 'scanned',
    descriptors: [],
    caller: { namespace: 'scanned', serviceAccountName: 'scanned' },
  });
  app.synth();
  return path.join(outdir, 'stacks', 'patterns');
}

function objectsOf(resources: Resources = {}): unknown[] {
  return Object.entries(resources).flatMap(([type, byId]) =>
    Object.values(byId).flatMap((body) => {
      if (type === 'helm_release') {
        return ((body.values ?? []) as string[]).flatMap((values) => ((parse(values) as { objects?: unknown[] } | null)?.objects ?? []));
      }
      const object = toKubernetesObject(type, body);
      return object ? [object] : [];
    }),
  );
}
