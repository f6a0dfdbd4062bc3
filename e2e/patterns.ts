import { extraSteps } from '../local-cluster';
import { localClusterPaths } from '../local-cluster/paths';
import { AUTHORIZATION, setProviders } from './patterns/authorization';
import { DELIVERY, flaggerObjects, removeDefinitions } from './patterns/delivery';
import { EXITS } from './patterns/exits';
import { EXTENSIONS } from './patterns/extensions';
import { GATEWAYS } from './patterns/gateway';
import { INBOUND } from './patterns/inbound';
import { OUTBOUND } from './patterns/outbound';
import { ROUTES } from './patterns/routes';
import { select } from './patterns/selection';
import { MESH, objectsOf, Proof, Stage } from './patterns/stage';
import { FAR, NAMESPACE, workloadObjects } from './patterns/workloads';
import { must } from './runner';
import type { ClusterAccess } from './simulator/cluster';

const PROOFS: readonly Proof[] = [...INBOUND, ...OUTBOUND, ...AUTHORIZATION, ...EXTENSIONS, ...DELIVERY, ...GATEWAYS, ...ROUTES, ...EXITS];

export interface PatternSuiteOptions {
  /** @default the local cluster */
  readonly access?: ClusterAccess;
  /** Parts of names of the patterns to prove. @default all of them */
  readonly only?: readonly string[];
  /** @default true */
  readonly cleanUp?: boolean;
  /** Called with each line of the report. @default standard output */
  readonly report?: (line: string) => void;
}

/**
 * Uses every pattern construct in a mesh, and sends the requests that prove it.
 * @returns the number proved, and those that failed
 * @throws Error where `only` names what is not there
 */
export async function patternSuite(options: PatternSuiteOptions = {}): Promise<{ readonly proved: number; readonly failed: readonly string[] }> {
  const proofs = select(PROOFS, options.only);
  const paths = localClusterPaths();
  const stage = new Stage(options.access ?? { kubectl: paths.kubectl ?? 'kubectl', kubeconfig: paths.kubeconfig, context: paths.context });
  const { cluster } = stage;
  const report = options.report ?? ((line: string): void => void process.stdout.write(`${line}\n`));
  const failed: string[] = [];
  try {
    const { namespace, others } = workloadObjects(MESH.injectionLabels);
    if (!options.access) {
      await loadImages([...others, ...flaggerObjects(), ...proofs.filter(({ prepare }) => !prepare).flatMap(objectsOf)], report);
    }
    await cluster.apply([namespace]);
    await setProviders(cluster, true);
    await cluster.apply(others);
    const allReady = (): Promise<string> => cluster.kubectl(['wait', '-n', NAMESPACE, '--for=condition=Available', 'deployment', '--all', '--timeout=170s']);
    const owners = new Map<string, string>();
    const applied = proofs.map((proof) => applyProof(stage, proof, owners));
    const everything = Promise.all(applied).then(allReady);
    await Promise.all(
      proofs.map(async (proof, index) => {
        let begin = Date.now();
        const took = (): string => `${((Date.now() - begin) / 1000).toFixed(1)} s`;
        try {
          await (proof.isLong ? applied[index] : everything);
          begin = Date.now();
          const observed = await proof.prove(stage);
          report(`ok    ${proof.name} (${took()}): ${observed}`);
        } catch (error) {
          const why = `${proof.name} (${took()}): ${error instanceof Error ? error.message : String(error)}`;
          failed.push(why);
          report(`FAIL  ${why}`);
        }
      }),
    );
  } finally {
    stage.close();
    if (options.cleanUp ?? true) {
      await setProviders(cluster, false);
      await removeDefinitions(stage);
      await cluster.kubectl(['delete', 'namespace', NAMESPACE, FAR, '--ignore-not-found', '--wait=false']);
    }
  }
  return { proved: proofs.length - failed.length, failed };
}

/** @throws Error where the proof would overwrite an object of another one */
async function applyProof(stage: Stage, proof: Proof, owners: Map<string, string>): Promise<void> {
  await proof.prepare?.(stage);
  const objects = objectsOf(proof);
  for (const { kind, metadata } of objects) {
    const key = `${kind} ${metadata.namespace}/${metadata.name}`;
    must(!owners.has(key), `${key} belongs to the proof of ${owners.get(key)}`);
    owners.set(key, proof.name);
  }
  await stage.cluster.apply(objects);
}

/** The node on this machine pulls nothing. */
async function loadImages(objects: readonly object[], report: (line: string) => void): Promise<void> {
  const text = JSON.stringify(objects);
  for (const step of extraSteps((image) => text.includes(image))) {
    if (!(await step.isDone())) {
      report(step.title);
      await step.run({ report: () => undefined, signal: new AbortController().signal });
    }
  }
}

if (require.main === module) {
  const words = process.argv.slice(2);
  patternSuite({ only: words.filter((word) => word !== 'keep'), cleanUp: !words.includes('keep') }).then(
    ({ failed }) => {
      process.exitCode = failed.length > 0 ? 1 : 0;
    },
    (error: unknown) => {
      process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
      process.exitCode = 2;
    },
  );
}
