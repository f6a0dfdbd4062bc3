import { reasonOf, Read } from './ask';
import { Finding, findings } from './finding';
import { aksPlace, askAz, Subject } from './subject';

/** What `az aks show` says that matters here. */
export interface AksState {
  readonly provisioningState: string;
  readonly powerState: string;
  readonly version: string;
  readonly localAccountsDisabled?: boolean | null;
  /** `Istio`, `Disabled` or nothing. */
  readonly meshMode?: string | null;
  readonly meshRevisions?: readonly string[] | null;
}

const QUERY =
  '{provisioningState:provisioningState,powerState:powerState.code,version:currentKubernetesVersion,localAccountsDisabled:disableLocalAccounts,' +
  'meshMode:serviceMeshProfile.mode,meshRevisions:serviceMeshProfile.istio.revisions}';

/** Reads the environment's AKS cluster; null where it does not exist. */
export async function readAks(subject: Subject): Promise<Read<AksState | null>> {
  const place = aksPlace(subject.environment);
  if (!place) {
    return { value: null };
  }
  const read = await askAz<AksState>(subject, 'aks', 'show', '--name', place.name, '--resource-group', place.resourceGroupName, '--query', QUERY);
  const isAbsent = 'problem' in read && /ResourceGroupNotFound|ResourceNotFound|was not found|could not be found/i.test(reasonOf(read.problem));
  return isAbsent ? { value: null } : read;
}

/** What is to say of the AKS cluster of an environment. */
export function judgeAks(read: Read<AksState | null>, subject: Subject): Finding[] {
  const finding = findings('Cluster', 'AKS');
  const { environment } = subject;
  const { name, resourceGroupName } = aksPlace(environment) ?? { name: '', resourceGroupName: '' };
  const where = `${name} in ${resourceGroupName}`;
  if ('problem' in read) {
    return [finding.warning(`${where} could not be read: ${reasonOf(read.problem)}`, { mend: [`az aks show --name ${name} --resource-group ${resourceGroupName}`] })];
  }
  if (read.value === null) {
    return environment.cluster.kind === 'aks'
      ? [finding.ok(`${where} is created by the first \`aks-istio up ${environment.name}\``)]
      : [finding.failure(`there is no ${where}`, { mend: ['Mend cluster.name or cluster.resourceGroupName: az aks list --output table'] })];
  }
  const state = read.value;
  const list: Finding[] = [];
  if (state.powerState !== 'Running') {
    list.push(finding.failure(`${where} is ${state.powerState.toLowerCase()}`, { mend: [`az aks start --name ${name} --resource-group ${resourceGroupName}`] }));
  } else if (state.provisioningState !== 'Succeeded') {
    const mend = [`Wait for it: az aks wait --updated --name ${name} --resource-group ${resourceGroupName}`, 'Where it failed: az aks update with no change reconciles it'];
    list.push(finding.warning(`${where} is in state ${state.provisioningState}`, { mend }));
  } else {
    list.push(finding.ok(`${where}, Kubernetes ${state.version}, running`));
  }
  return [...list, ...judgeAddon(state, subject, where)];
}

function judgeAddon(state: AksState, { environment }: Subject, where: string): Finding[] {
  const finding = findings('Cluster', 'Istio add-on');
  const isOn = state.meshMode === 'Istio';
  const running = state.meshRevisions ?? [];
  if (environment.mesh.flavor === 'helm') {
    return isOn
      ? [
          finding.failure(`is on in ${where} (${running.join(', ')}), and does not run beside Istio by Helm`, {
            mend: ["Use it: mesh.flavor 'addon', or --mesh addon", 'Or turn it off: az aks mesh disable'],
            see: 'https://learn.microsoft.com/azure/aks/istio-about#limitations',
          }),
        ]
      : [];
  }
  const wanted = environment.mesh.addon?.revisions ?? [];
  if (!isOn) {
    return environment.cluster.kind === 'existing-aks' ? [finding.failure(`is off in ${where}`, { mend: [`az aks mesh enable --revision ${wanted[0]}`] })] : [];
  }
  return wanted.every((revision) => running.includes(revision))
    ? [finding.ok(running.join(', '))]
    : [finding.warning(`runs ${running.join(', ')}, the environment names ${wanted.join(', ')}`, { mend: [`\`aks-istio plan ${environment.name}\` shows the upgrade that would start`] })];
}
