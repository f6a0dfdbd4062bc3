import { localClusterPaths } from '../local-cluster/paths';
import { Cluster, ClusterAccess } from './simulator/cluster';
import type { Comparison } from './simulator/compare';
import { NAMESPACE, startPods } from './simulator/pods';
import { compareCornerCases } from './simulator/corner-cases';
import { compareEdge, removeEdge } from './simulator/edge';
import { compareGateway } from './simulator/gateway';
import { compareMutualTls } from './simulator/mutual-tls';
import { comparePolicies } from './simulator/policies';
import { compareRouting } from './simulator/routing';
import { compareScenarios, removeScenarios } from './simulator/scenarios';
import { compareUpstreamRoutes } from './simulator/upstream-routes';

/** Parts of the suite that run side by side. */
export type Strand = 'services' | 'edge' | 'scenarios' | 'upstream';

export interface SimulatorSuiteOptions {
  /** @default the local cluster */
  readonly access?: ClusterAccess;
  /** Image with Node.js that the pods run. @default Bookinfo's ratings, which every cluster with Bookinfo has */
  readonly image?: string;
  /** @default { 'istio-injection': 'enabled' } */
  readonly injectionLabels?: Readonly<Record<string, string>>;
  /** Where the generated cases start; the same number gives the same cases. @default 1 */
  readonly seed?: number;
  /** No part of the services strand is begun after this time. @default 480 */
  readonly seconds?: number;
  /** Parts to compare. @default all of them, side by side */
  readonly only?: readonly Strand[];
  /** @default true */
  readonly cleanUp?: boolean;
  /** Called with each line of the report. @default standard output */
  readonly report?: (line: string) => void;
}

export interface SimulatorSuiteResult {
  readonly ok: boolean;
  readonly compared: number;
  readonly parts: readonly Comparison[];
}

/** Holds the simulator's answers against what the proxies of a real mesh do, for generated configurations and requests and for every scenario. */
export async function simulatorSuite(options: SimulatorSuiteOptions = {}): Promise<SimulatorSuiteResult> {
  const paths = localClusterPaths();
  const cluster = new Cluster(options.access ?? { kubectl: paths.kubectl ?? 'kubectl', kubeconfig: paths.kubeconfig, context: paths.context });
  const report = options.report ?? ((line: string): void => void process.stdout.write(`${line}\n`));
  const seed = options.seed ?? 1;
  const parts: Comparison[] = [];
  let late = false;
  const deadline = Date.now() + (options.seconds ?? 480) * 1000;
  const image = options.image ?? 'docker.io/istio/examples-bookinfo-ratings-v1:1.20.3';
  const labels = options.injectionLabels ?? { 'istio-injection': 'enabled' };
  const tell = (comparison: Comparison): void => {
    parts.push(comparison);
    report(`${comparison.part}: ${comparison.compared} compared, ${comparison.disagreements.length} disagree`);
    comparison.disagreements.forEach((line) => report(`  ${line}`));
  };
  // Each has namespaces of its own: what takes long in one is waiting for proxies to learn, which the others do not notice.
  const strands: Readonly<Record<Strand, () => Promise<void>>> = {
    services: async () => {
      await startPods(cluster, image, labels);
      for (const part of [
        () => compareRouting(cluster, seed, 40, 8),
        () => comparePolicies(cluster, seed, 30, 8),
        () => compareGateway(cluster, seed),
        () => compareMutualTls(cluster),
        () => compareCornerCases(cluster),
      ]) {
        if (Date.now() > deadline) {
          report('time is up: the remaining parts were left out');
          late = true;
          return;
        }
        tell(await part());
      }
    },
    edge: async () => (await compareEdge(cluster, image, labels, seed)).forEach(tell),
    scenarios: async () => tell(await compareScenarios(cluster, image, labels)),
    upstream: async () => Promise.resolve(tell(compareUpstreamRoutes())),
  };
  try {
    await Promise.all(
      (options.only ?? (Object.keys(strands) as Strand[])).map(async (strand) => {
        try {
          await strands[strand]();
        } catch (error) {
          // The others go on: what they see is worth knowing.
          tell({ part: strand, compared: 0, disagreements: [error instanceof Error ? error.message : String(error)] });
        }
      }),
    );
  } finally {
    cluster.close();
    if (options.cleanUp ?? true) {
      await cluster.kubectl(['delete', 'namespace', NAMESPACE, '--ignore-not-found', '--wait=false']);
      await removeEdge(cluster);
      await removeScenarios(cluster);
    }
  }
  const compared = total(parts);
  const disagreements = parts.reduce((sum, part) => sum + part.disagreements.length, 0);
  report(`simulator: ${compared} compared, ${disagreements} disagree`);
  return { ok: disagreements === 0 && !late, compared, parts };
}

function total(parts: readonly Comparison[]): number {
  return parts.reduce((sum, part) => sum + part.compared, 0);
}

if (require.main === module) {
  const [, , seed = '1', keep, ...only] = process.argv;
  simulatorSuite({ seed: Number(seed), cleanUp: keep !== 'keep', ...(only.length > 0 && { only: only as Strand[] }) }).then(
    (result) => {
      process.exitCode = result.ok ? 0 : 1;
    },
    (error: unknown) => {
      process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
      process.exitCode = 2;
    },
  );
}
