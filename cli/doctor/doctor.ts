import { CliError } from '../errors';
import type { ClusterTools } from '../tools/cluster-access';
import { checkAccount, judgeSettings, readAccount } from './account';
import { judgeAks, readAks } from './aks';
import { checkCluster } from './cluster';
import { judgeClock } from './clock';
import { checkFeatures } from './features';
import { AREAS, Finding, findings } from './finding';
import { checkNames } from './names';
import { checkQuota } from './quota';
import { checkRegion, judgeIstioSupport } from './region';
import type { MachineProblem, Subject } from './subject';
import { checkTools } from './tools';

/** How the doctor gets into a cluster that exists. */
export type OpenCluster = () => Promise<Pick<ClusterTools, 'kubectl' | 'context'>>;

/** Looks at everything that an environment needs, at the same time where nothing depends on another; changes nothing. */
export async function examine(subject: Subject, open: OpenCluster): Promise<Finding[]> {
  const { cluster } = subject.environment;
  const found = await Promise.all([checkTools(subject), cluster.kind === 'kubeconfig' ? examineKubeconfig(subject, open) : examineAzure(subject, open)]);
  const list = found.flat();
  return AREAS.flatMap((area) => list.filter((finding) => finding.area === area));
}

async function examineKubeconfig(subject: Subject, open: OpenCluster): Promise<Finding[]> {
  const { environment, now, isBuiltHere } = subject;
  const { cluster } = environment;
  if (cluster.kind !== 'kubeconfig') {
    return [];
  }
  if (isBuiltHere) {
    const { isRunning, problems } = await subject.machine();
    if (!isRunning) {
      return judgeMachine(environment.name, problems);
    }
  }
  return examineCluster(environment, open, now);
}

/** What is to say of this machine before the local cluster was started. */
function judgeMachine(environment: string, problems: readonly MachineProblem[]): Finding[] {
  const subject = findings('Cluster', 'local cluster');
  return problems.length === 0
    ? [subject.ok(`not started yet: \`aks-istio up ${environment}\` builds and starts it`)]
    : problems.map(({ what, why, mend }) => subject.failure(`${what}: ${why}`, { mend: [mend] }));
}

async function examineAzure(subject: Subject, open: OpenCluster): Promise<Finding[]> {
  const { environment } = subject;
  const { cluster } = environment;
  const [account, there] = await Promise.all([readAccount(subject), subject.serverTime()]);
  const clock = judgeClock(subject.now(), there, "Azure's login service");
  const judged = checkAccount(subject, account);
  const { mesh } = environment;
  const support = cluster.kind === 'aks' && mesh.flavor === 'helm' && mesh.helm ? [judgeIstioSupport(mesh.helm.version, cluster.kubernetesVersion)] : [];
  if ('problem' in account) {
    const reason = account.problem.kind === 'missing' ? 'needs az' : 'needs a login';
    const unseen = cluster.kind === 'aks' ? [findings('Region', 'quota, versions, DNS label').skipped(reason)] : [];
    return [...(await judged), ...judgeSettings(subject), clock, ...support, ...unseen, findings('Cluster', 'AKS').skipped(reason)];
  }
  const aks = await readAks(subject);
  const exists = 'value' in aks && aks.value !== null;
  const isRunning = exists && aks.value?.powerState === 'Running';
  const rest = await Promise.all([
    judged,
    cluster.kind === 'aks' ? checkFeatures(subject, cluster) : [],
    cluster.kind === 'aks' ? checkNames(subject, account.value) : [],
    cluster.kind === 'aks' ? checkQuota(subject, cluster, exists) : [],
    cluster.kind === 'aks' ? checkRegion(subject, cluster, account.value) : [],
    isRunning ? examineCluster(environment, open, subject.now) : [],
  ]);
  return [clock, ...support, ...judgeAks(aks, subject), ...rest.flat()];
}

async function examineCluster(environment: Subject['environment'], open: OpenCluster, now: () => Date): Promise<Finding[]> {
  try {
    return await checkCluster(await open(), environment, now);
  } catch (error) {
    if (!(error instanceof CliError)) {
      throw error;
    }
    return [findings('Cluster', 'API server').failure(`${error.what}: ${error.why.split('\n')[0]}`, { mend: error.next })];
  }
}
