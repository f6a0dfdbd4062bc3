import { execFileSync } from 'node:child_process';
import * as path from 'node:path';
import { existingService } from '../../constructs/kubernetes/service';
import { ProgressiveDelivery } from '../../constructs/patterns';
import type { AnyObject } from '../../constructs/model';
import { Duration } from '../../constructs/traffic';
import { findGo } from '../../local-cluster/programs';
import { assetFolder } from '../../local-cluster/store';
import { must } from '../runner';
import { until } from '../simulator/cluster';
import { echo, get, objectsOf, Proof, Stage } from './stage';
import { NAMESPACE, shopDeployment } from './workloads';

const MODULE = 'github.com/fluxcd/flagger';
const IMAGE = 'ghcr.io/fluxcd/flagger:1.36.1';
const PORT = 80;

interface Canary {
  readonly metadata: { readonly generation: number };
  readonly status?: { readonly phase?: string; readonly canaryWeight?: number };
}

/** File with Flagger's own definitions, in the module that its image is compiled from. */
async function definitionsFile(): Promise<string> {
  const go = await findGo({ report: () => undefined, signal: new AbortController().signal });
  const answer = execFileSync(go.program, ['mod', 'download', '-json', MODULE], { cwd: path.join(assetFolder(), 'extras', 'flagger'), env: go.env, encoding: 'utf8' });
  const { Dir: folder } = JSON.parse(answer) as { Dir: string };
  return path.join(folder, 'artifacts', 'flagger', 'crd.yaml');
}

/** Flagger, with rights in the suite's namespace alone, and no Prometheus to ask. */
export function flaggerObjects(): object[] {
  const labels = { app: 'flagger' };
  const metadata = { name: 'flagger', namespace: NAMESPACE };
  const all = ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete'];
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'Role',
      metadata,
      rules: [
        { apiGroups: [''], resources: ['events', 'configmaps', 'secrets', 'services'], verbs: all },
        { apiGroups: ['apps'], resources: ['deployments', 'daemonsets'], verbs: all },
        { apiGroups: ['autoscaling'], resources: ['horizontalpodautoscalers'], verbs: all },
        { apiGroups: ['flagger.app'], resources: ['*'], verbs: all },
        { apiGroups: ['networking.istio.io'], resources: ['virtualservices', 'destinationrules'], verbs: all },
      ],
    },
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata,
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'flagger' },
      subjects: [{ kind: 'ServiceAccount', ...metadata }],
    },
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata,
      spec: {
        selector: { matchLabels: labels },
        template: {
          metadata: { labels: { ...labels, 'sidecar.istio.io/inject': 'false' } },
          spec: {
            serviceAccountName: 'flagger',
            terminationGracePeriodSeconds: 1,
            containers: [{ name: 'flagger', image: IMAGE, args: ['-mesh-provider=istio', `-namespace=${NAMESPACE}`, '-log-level=info'] }],
          },
        },
      },
    },
  ];
}

/** Removes what the suite made outside its namespace. */
export async function removeDefinitions(stage: Stage): Promise<void> {
  await stage.cluster.kubectl(['delete', '--ignore-not-found', '--wait=false', '-f', await definitionsFile()]);
}

const delivery: Proof = {
  name: 'ProgressiveDelivery',
  isLong: true,
  async prepare(stage) {
    const file = await definitionsFile();
    await stage.cluster.kubectl(['apply', '--server-side', '-f', file]);
    await stage.cluster.kubectl(['wait', '--for=condition=Established', '-f', file, '--timeout=30s']);
    await stage.cluster.apply(flaggerObjects());
  },
  build: (stack) =>
    void new ProgressiveDelivery(stack, 'Shop', {
      service: existingService({ name: 'shop', namespace: NAMESPACE, ports: [{ name: 'http', port: PORT, targetPort: 8080 }] }),
      interval: Duration.seconds(10),
      step: 50,
      max: 50,
      failures: 3,
      successRate: false,
      latency: false,
      webhooks: [{ name: 'canary answers', url: `http://outside.${NAMESPACE}:8080/judge/shop-canary.${NAMESPACE}` }],
    }),
  async prove(stage) {
    // How long pods take to start says nothing of Flagger.
    await stage.cluster.kubectl(['wait', '-n', NAMESPACE, '--for=condition=Available', 'deploy/flagger', 'deploy/client', 'deploy/outside', '--timeout=170s']);
    await phase(stage, 'Initialized', 150);
    await stage.once('the first version', get('shop', PORT, '/'), ({ status, body }) => status === 200 && body.includes('"version":"v1"'));
    const owned = await ownedByFlagger(stage);
    await stage.cluster.apply([shopDeployment('v2')]);
    const seen = await watch(stage);
    must(seen.weights.includes(50) && seen.versions.has('v1+v2'), `weights ${seen.weights.join()}, versions ${[...seen.versions].join(' then ')}`);
    await stage.once('the new version everywhere', get('shop', PORT, '/'), ({ body }) => body.includes('"version":"v2"'));
    const last = new Set((await stage.many(24, get('shop', PORT, '/'))).map((answer) => echo(answer).version));
    must([...last].join() === 'v2', `after Succeeded: ${[...last].join()}`);
    return `${owned}; weights ${seen.weights.join(', ')}; versions ${[...seen.versions].join(', then ')}; Succeeded, and all on v2`;
  },
};

/** Flagger's objects are not ours: applied once more, ours change nothing that it wrote. */
async function ownedByFlagger(stage: Stage): Promise<string> {
  const read = async (): Promise<string> => {
    const kinds = 'virtualservices.networking.istio.io,destinationrules.networking.istio.io,services';
    const list = JSON.parse(await stage.cluster.kubectl(['get', kinds, '-n', NAMESPACE, '-o', 'json'])) as { items: (AnyObject & { metadata: { ownerReferences?: { name: string }[]; resourceVersion: string } })[] };
    const owned = list.items.filter(({ metadata }) => metadata.ownerReferences?.some(({ name }) => name === 'shop'));
    return owned.map(({ kind, metadata }) => `${kind} ${metadata.name} ${metadata.resourceVersion}`).sort().join(', ');
  };
  const before = await read();
  must(/VirtualService shop /.test(before) && /DestinationRule shop-canary /.test(before), `Flagger made: ${before}`);
  await stage.cluster.apply(objectsOf(delivery));
  await new Promise((resolve) => setTimeout(resolve, 3000));
  const after = await read();
  must(before === after, `applying once more changed ${before} to ${after}`);
  return `${before.split(', ').length} objects of Flagger, unchanged by a second apply`;
}

/** The weights that Flagger goes through, and the versions that answer at each of them. */
async function watch(stage: Stage): Promise<{ weights: number[]; versions: Set<string> }> {
  const weights: number[] = [];
  const versions = new Set<string>();
  await until('the promotion', 200, async () => {
    const { status } = await canary(stage);
    const weight = status?.canaryWeight ?? 0;
    if (weights.at(-1) !== weight) {
      weights.push(weight);
    }
    const answers = await stage.many(16, get('shop', PORT, '/'));
    versions.add([...new Set(answers.map((answer) => echo(answer).version))].sort().join('+'));
    must(status?.phase !== 'Failed', 'the canary failed');
    return status?.phase === 'Succeeded';
  });
  return { weights, versions };
}

async function canary(stage: Stage): Promise<Canary> {
  return JSON.parse(await stage.cluster.kubectl(['get', 'canary', 'shop', '-n', NAMESPACE, '-o', 'json'])) as Canary;
}

async function phase(stage: Stage, wanted: string, seconds: number): Promise<void> {
  await until(`phase ${wanted} of the Canary`, seconds, async () => (await canary(stage)).status?.phase === wanted);
}

export const DELIVERY: readonly Proof[] = [delivery];
