import { chartOf, desiredReleases } from '../engine/desired-release';
import { readStack } from '../engine/stack-file';
import { waitingReason } from '../engine/waiting';
import { CliError } from '../errors';
import { commandLine, CommonOptions } from '../options';
import { activeScenario } from '../scenario-state';
import { Session } from '../session';
import { ClusterTools, kubectlJson, unreachable } from '../tools/cluster-access';
import { latestRecord, readReleases, ReleaseRecord } from '../tools/releases';
import { gatewayUrl } from '../verify/gateway';

interface ReleaseState {
  readonly name: string;
  readonly namespace: string;
  readonly status: string;
  readonly revision: number;
  readonly version: string;
}

interface LayerStatus {
  readonly stack: string;
  readonly releases: readonly ReleaseState[];
}

interface PodStatus {
  readonly namespace: string;
  readonly ready: number;
  readonly all: number;
  readonly waiting: readonly string[];
}

/** What `status --json` prints. */
interface EnvironmentStatus {
  readonly environment: string;
  readonly cluster: { readonly kubeconfig: string; readonly context: string };
  readonly layers: readonly LayerStatus[];
  readonly pods: readonly PodStatus[];
  readonly scenario?: string;
  readonly url?: string;
  readonly ready: boolean;
}

interface Pods { readonly items: readonly Parameters<typeof waitingReason>[0][] }

/** Says what is there: layers with their releases, pods, address, scenario. @returns the exit code: 1 where something is missing or not ready */
export async function status(name: string, options: CommonOptions, signal: AbortSignal): Promise<number> {
  const session = new Session(name, options, signal);
  const tools = await reach(session);
  const records = await readReleases(tools);
  const layers = layersOf(session, records);
  const [pods, url] = await Promise.all([podsOf(session, tools), addressOf(session, tools)]);
  const result: EnvironmentStatus = {
    environment: name,
    cluster: { kubeconfig: tools.kubeconfig, context: tools.context },
    layers,
    pods,
    scenario: activeScenario(session, records),
    url,
    ready: layers.every((layer) => layer.releases.every((release) => release.status === 'deployed')) && pods.every((entry) => entry.all > 0 && entry.ready === entry.all),
  };
  process.stdout.write(options.json ? `${JSON.stringify(result, null, 2)}\n` : `${render(result, commandLine('up', name, options))}\n`);
  return result.ready ? 0 : 1;
}

async function reach(session: Session): Promise<ClusterTools> {
  const next = [commandLine('up', session.name, session.options)];
  let reason: string | undefined;
  try {
    const tools = await session.tools();
    reason = await unreachable(tools);
    if (reason === undefined) {
      return tools;
    }
  } catch (error) {
    if (!(error instanceof CliError) || !session.isBuiltHere) {
      throw error;
    }
  }
  throw new CliError(session.isBuiltHere ? 'the local cluster is not running' : `the cluster of ${session.name} does not answer`, reason ?? 'it was stopped, or never started', next);
}

function layersOf(session: Session, records: readonly ReleaseRecord[]): LayerStatus[] {
  return session
    .synthesize(session.environment, 'status')
    .filter((stack) => stack.layer !== 'cluster')
    .map((stack) => ({
      stack: stack.name,
      releases: desiredReleases(readStack(stack.name, stack.dir))
        // Terraform keeps loose objects in its state, not in a release.
        .filter((release) => !release.name.startsWith(`${stack.name}-`) || latestRecord(records, release.name, release.namespace))
        .map((release) => {
          const latest = latestRecord(records, release.name, release.namespace);
          const { name, version } = latest?.chart ?? chartOf(release);
          return { name: release.name, namespace: release.namespace, status: latest?.status ?? 'absent', revision: latest?.revision ?? 0, version: `${name} ${version ?? ''}`.trim() };
        }),
    }));
}

async function podsOf(session: Session, tools: ClusterTools): Promise<PodStatus[]> {
  const { mesh } = session.handles;
  const gateways = mesh.ingressGateway ? [mesh.ingressGateway.namespace] : [];
  const namespaces = [...new Set([mesh.rootNamespace, ...gateways, session.environment.bookinfo.namespace])];
  return Promise.all(
    namespaces.map(async (namespace) => {
      const { items } = await kubectlJson<Pods>(tools, ['get', 'pods', '-n', namespace], { timeoutSeconds: 30 });
      const waiting = items.flatMap((pod) => {
        const reason = waitingReason(pod);
        return reason === undefined ? [] : [`${pod.metadata.name}: ${reason}`];
      });
      return { namespace, ready: items.length - waiting.length, all: items.length, waiting };
    }),
  );
}

async function addressOf(session: Session, tools: ClusterTools): Promise<string | undefined> {
  try {
    return `${await gatewayUrl(tools, session.handles.cluster, session.handles.mesh)}/productpage`;
  } catch {
    // No gateway, no address: its absence is told with the layers.
    return undefined;
  }
}

function render(result: EnvironmentStatus, mend: string): string {
  return [
    `${result.environment}  context ${result.cluster.context} of ${result.cluster.kubeconfig}`,
    ...result.layers.flatMap((layer) => [
      '',
      layer.stack,
      ...layer.releases.map((release) => `  ${release.status.padEnd(9)} ${release.name.padEnd(24)} ${release.version.padEnd(18)} revision ${release.revision}, namespace ${release.namespace}`),
    ]),
    '',
    ...result.pods.flatMap((pods) => [`pods      ${pods.namespace}: ${pods.ready} of ${pods.all} ready`, ...pods.waiting.map((line) => `            ${line}`)]),
    `scenario  ${result.scenario ?? 'none of those known here'}`,
    `Bookinfo  ${result.url ?? 'no address yet'}`,
    ...(result.ready ? [] : ['', `Not all of it is there and ready. To bring up what is missing: ${mend}`]),
  ].join('\n');
}
