import type { ClusterAccess } from '../../constructs/cluster/cluster';
import { CliError } from '../errors';
import type { ClusterTools } from '../tools/cluster-access';
import { checkAccount, judgeLocalState, readAccount } from './account';
import { judgeAks, readAks } from './aks';
import { checkCluster } from './cluster';
import { judgeClock } from './clock';
import { AREAS, Finding, findings } from './finding';
import { checkQuota } from './quota';
import { checkRegion } from './region';
import { aksPlace, Subject } from './subject';
import { checkTools } from './tools';

/** How the doctor gets into a cluster that exists. */
export type OpenCluster = (access: ClusterAccess) => Promise<Pick<ClusterTools, 'kubectl' | 'context'>>;

/** Looks at everything that an environment needs, at the same time where nothing depends on another; changes nothing. */
export async function examine(subject: Subject, open: OpenCluster): Promise<Finding[]> {
  const { cluster } = subject.environment;
  const found = await Promise.all([checkTools(subject), cluster.kind === 'kubeconfig' ? examineKubeconfig(subject, open) : examineAzure(subject, open)]);
  const list = found.flat();
  return AREAS.flatMap((area) => list.filter((finding) => finding.area === area));
}

async function examineKubeconfig(subject: Subject, open: OpenCluster): Promise<Finding[]> {
  const { environment, env, now } = subject;
  const { cluster } = environment;
  if (cluster.kind !== 'kubeconfig') {
    return [];
  }
  const state = { ...judgeLocalState(environment.name, env.CI !== undefined && env.CI !== 'false'), area: 'Cluster' as const };
  const inside = await examineCluster(environment, { kind: 'kubeconfig', path: cluster.path, context: cluster.context }, open, now);
  // A cluster entered by a kubeconfig may live no longer than the runner does.
  return [...inside, state.verdict === 'failure' ? { ...state, verdict: 'warning' as const } : state];
}

async function examineAzure(subject: Subject, open: OpenCluster): Promise<Finding[]> {
  const { environment } = subject;
  const { cluster } = environment;
  const [account, there] = await Promise.all([readAccount(subject), subject.serverTime()]);
  const clock = judgeClock(subject.now(), there, "Azure's login service");
  const judged = checkAccount(subject, account);
  if ('problem' in account) {
    const reason = account.problem.kind === 'missing' ? 'needs az' : 'needs a login';
    const unseen = cluster.kind === 'aks' ? [findings('Region', 'quota, versions, DNS label').skipped(reason)] : [];
    return [...(await judged), clock, ...unseen, findings('Cluster', 'AKS').skipped(reason)];
  }
  const aks = await readAks(subject);
  const exists = 'value' in aks && aks.value !== null;
  const isRunning = exists && aks.value?.powerState === 'Running';
  const rest = await Promise.all([
    judged,
    cluster.kind === 'aks' ? checkQuota(subject, cluster, exists) : [],
    cluster.kind === 'aks' ? checkRegion(subject, cluster, account.value) : [],
    isRunning ? examineAks(subject, open) : [],
  ]);
  return [clock, ...judgeAks(aks, subject), ...rest.flat()];
}

function examineAks(subject: Subject, open: OpenCluster): Promise<Finding[]> {
  const { environment, now } = subject;
  const { cluster } = environment;
  const place = aksPlace(environment);
  if (!place || cluster.kind === 'kubeconfig') {
    return Promise.resolve([]);
  }
  return examineCluster(environment, { kind: 'aks', ...place, subscriptionId: cluster.subscriptionId, login: cluster.login }, open, now);
}

async function examineCluster(environment: Subject['environment'], access: ClusterAccess, open: OpenCluster, now: () => Date): Promise<Finding[]> {
  try {
    return await checkCluster(await open(access), environment, now);
  } catch (error) {
    if (!(error instanceof CliError)) {
      throw error;
    }
    return [findings('Cluster', 'API server').failure(`${error.what}: ${error.why.split('\n')[0]}`, { mend: error.next })];
  }
}
