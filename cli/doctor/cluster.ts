import { CommandError, Runner } from '../tools/process';
import { ClusterTools, kubectlJson } from '../tools/cluster-access';
import type { Environment } from '../../environments/environment';
import { lineThatMatters } from './ask';
import { judgeClock } from './clock';
import { Finding, findings } from './finding';
import { ControlPlane, IstioPart, judgeRemains } from './mesh-remains';
import { judgeIstioSupport } from './region';
import { minorVersion } from './versions';

/** What the checks in a cluster need of the tools. */
export interface ClusterReader {
  readonly kubectl: Runner;
}

/** Rights without which the layers above the cluster cannot be applied, each as verb and resource. */
const NEEDED_RIGHTS = [
  ['create', 'namespaces'],
  ['create', 'customresourcedefinitions.apiextensions.k8s.io'],
  ['create', 'clusterroles.rbac.authorization.k8s.io'],
  ['create', 'mutatingwebhookconfigurations.admissionregistration.k8s.io'],
  ['create', 'deployments.apps'],
  ['create', 'secrets'],
] as const;

/** Cores and bytes of memory that istiod, the gateway and Bookinfo ask for, sidecars included. */
const NEEDED_CORES = 2;
const NEEDED_MEMORY = 4 * 1024 ** 3;

interface NodeList {
  readonly items: readonly {
    readonly metadata: { readonly name: string };
    readonly status: {
      readonly allocatable: Readonly<Record<string, string>>;
      readonly conditions: readonly { readonly type: string; readonly status: string }[];
    };
  }[];
}

/** Looks into a cluster that exists. */
export async function checkCluster(tools: Pick<ClusterTools, 'kubectl' | 'context'>, environment: Environment, now: () => Date): Promise<Finding[]> {
  const reach = findings('Cluster', 'API server');
  let serverVersion: string;
  try {
    const version = await kubectlJson<{ serverVersion?: { gitVersion: string } }>(tools, ['version', '--request-timeout=10s'], { timeoutSeconds: 20 });
    serverVersion = version.serverVersion?.gitVersion ?? '';
  } catch (error) {
    return [reach.failure(messageOf(error), { mend: ['Is the cluster running, and may this machine reach its address? For AKS: az aks show --query powerState, and the authorised ranges'] })];
  }
  const answers = await Promise.all([
    guarded('rights', () => checkRights(tools)),
    guarded('nodes', async () => [judgeNodes(await kubectlJson<NodeList>(tools, ['get', 'nodes']))]),
    guarded('Istio', async () => judgeRemains(environment.mesh.flavor, await readDefinitions(tools), await readControlPlanes(tools))),
    guarded('clock', async () => [judgeClock(now(), await lastHeartbeat(tools), "the cluster's nodes", 'Cluster')]),
  ]);
  const { mesh } = environment;
  const support = mesh.flavor === 'helm' && mesh.helm ? [{ ...judgeIstioSupport(mesh.helm.version, minorVersion(serverVersion) ?? ''), area: 'Cluster' as const }] : [];
  return [reach.ok(`${tools.context}, Kubernetes ${serverVersion}`), ...support, ...answers.flat()];
}

async function guarded(subject: string, work: () => Promise<Finding[]>): Promise<Finding[]> {
  try {
    return await work();
  } catch (error) {
    return [findings('Cluster', subject).warning(`could not be read: ${messageOf(error)}`, { mend: ['Ask an administrator of the cluster for the rights to read it'] })];
  }
}

async function checkRights({ kubectl }: ClusterReader): Promise<Finding[]> {
  const answers = await Promise.all(
    NEEDED_RIGHTS.map(async ([verb, resource]) => {
      const { stdout } = await kubectl(['auth', 'can-i', verb, resource, '--all-namespaces'], { okCodes: [0, 1], timeoutSeconds: 30 });
      return { right: `${verb} ${resource}`, allowed: stdout.trim().startsWith('yes') };
    }),
  );
  return [judgeRights(answers)];
}

/** What is to say of what the cluster lets us do. */
export function judgeRights(answers: readonly { readonly right: string; readonly allowed: boolean }[]): Finding {
  const subject = findings('Cluster', 'rights');
  const denied = answers.filter(({ allowed }) => !allowed).map(({ right }) => right);
  return denied.length === 0
    ? subject.ok('may create all that the layers hold')
    : subject.failure(`may not ${denied.join(', ')}`, {
        mend: [
          'On AKS: the role "Azure Kubernetes Service RBAC Cluster Admin", or membership of its admin group',
          'Elsewhere: kubectl create clusterrolebinding deployer --clusterrole cluster-admin --user <you>   # by an administrator',
        ],
      });
}

/** What is to say of the nodes. */
export function judgeNodes({ items }: NodeList): Finding {
  const subject = findings('Cluster', 'nodes');
  const ready = items.filter(({ status }) => status.conditions.some(({ type, status: value }) => type === 'Ready' && value === 'True'));
  if (ready.length === 0) {
    return subject.failure(items.length === 0 ? 'there is none' : `none of ${items.length} is ready`, { mend: ['kubectl describe nodes'] });
  }
  const cores = sum(ready.map(({ status }) => coresOf(status.allocatable.cpu ?? '0')));
  const memory = sum(ready.map(({ status }) => bytesOf(status.allocatable.memory ?? '0')));
  const detail = `${ready.length} of ${items.length} ready, ${round(cores)} cores and ${round(memory / 1024 ** 3)} GiB for pods`;
  if (cores < NEEDED_CORES || memory < NEEDED_MEMORY) {
    return subject.warning(`${detail}: ${NEEDED_CORES} cores and ${NEEDED_MEMORY / 1024 ** 3} GiB are comfortable`, { mend: ['Add a node, or lower the requests in mesh.helm.values'] });
  }
  const down = items.length - ready.length;
  return down > 0 ? subject.warning(detail, { mend: ['kubectl describe nodes'] }) : subject.ok(detail);
}

const FIELDS = '{.metadata.name}{"\\t"}{.metadata.annotations.meta\\.helm\\.sh/release-namespace}{"\\t"}{.metadata.annotations.meta\\.helm\\.sh/release-name}{"\\n"}';

async function readDefinitions({ kubectl }: ClusterReader): Promise<IstioPart[]> {
  // Whole definitions are megabytes of schema.
  const { stdout } = await kubectl(['get', 'crd', '--output', `jsonpath={range .items[*]}${FIELDS}{end}`], { timeoutSeconds: 60 });
  return rows(stdout)
    .filter(([name = '']) => name.endsWith('.istio.io'))
    .map(([name = '', namespace, release]) => ({ name, release: release ? `${namespace}/${release}` : undefined }));
}

async function readControlPlanes({ kubectl }: ClusterReader): Promise<ControlPlane[]> {
  const fields = `{.metadata.namespace}{"\\t"}{.spec.template.spec.containers[0].image}{"\\t"}${FIELDS}`;
  const args = ['get', 'deployments', '--all-namespaces', '--selector', 'app=istiod', '--output', `jsonpath={range .items[*]}${fields}{end}`];
  const { stdout } = await kubectl(args, { timeoutSeconds: 60 });
  return rows(stdout).map(([namespace = '', image = '', name = '', owner, release]) => ({
    namespace,
    name,
    version: /:([^:@/]+)(@|$)/.exec(image)?.[1] ?? image,
    release: release ? `${owner}/${release}` : undefined,
  }));
}

/** Nodes renew their lease every ten seconds: the newest is the cluster's clock. */
async function lastHeartbeat({ kubectl }: ClusterReader): Promise<Date | undefined> {
  const args = ['get', 'leases', '--namespace', 'kube-node-lease', '--output', 'jsonpath={range .items[*]}{.spec.renewTime}{"\\n"}{end}'];
  const { stdout } = await kubectl(args, { timeoutSeconds: 30 });
  const newest = stdout.split('\n').filter(Boolean).sort().at(-1);
  return newest ? new Date(newest) : undefined;
}

function rows(text: string): string[][] {
  return text.split('\n').filter((line) => line !== '').map((line) => line.split('\t'));
}

function coresOf(quantity: string): number {
  return quantity.endsWith('m') ? Number(quantity.slice(0, -1)) / 1000 : Number(quantity);
}

function bytesOf(quantity: string): number {
  const [, number = '0', unit = ''] = /^(\d+(?:\.\d+)?)([A-Za-z]*)$/.exec(quantity) ?? [];
  const powers: Readonly<Record<string, number>> = { '': 1, Ki: 1024, Mi: 1024 ** 2, Gi: 1024 ** 3, Ti: 1024 ** 4, k: 1e3, M: 1e6, G: 1e9 };
  return Number(number) * (powers[unit] ?? 1);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function messageOf(error: unknown): string {
  return error instanceof CommandError ? lineThatMatters(error.stderr || error.message) : error instanceof Error ? error.message : String(error);
}
