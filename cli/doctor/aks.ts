import { reasonOf, Read } from './ask';
import { Finding, findings } from './finding';
import { aksPlace, askAz, Subject } from './subject';
import { minorVersion } from './versions';

/** What `az aks show` says that matters here. */
export interface AksState {
  readonly provisioningState: string;
  readonly powerState: string;
  readonly version: string;
  readonly localAccountsDisabled?: boolean | null;
  readonly pools?: readonly { readonly name: string; readonly version?: string | null }[] | null;
  /** `Istio`, `Disabled` or nothing. */
  readonly meshMode?: string | null;
  readonly meshRevisions?: readonly string[] | null;
}

const QUERY =
  '{provisioningState:provisioningState,powerState:powerState.code,version:currentKubernetesVersion,localAccountsDisabled:disableLocalAccounts,' +
  'pools:agentPoolProfiles[].{name:name,version:currentOrchestratorVersion},' +
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
      : [finding.failure(`there is no ${where}`, { mend: ['Correct cluster.name or cluster.resourceGroupName: az aks list --output table'] })];
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
  const upgrade = environment.cluster.kind === 'aks' ? judgeUpgrade(state, environment.cluster.kubernetesVersion, environment.name) : [];
  return [...list, ...upgrade, ...judgeAddon(state, subject, where)];
}

/** What is to say of the way from the version that runs to the one that the environment names. */
export function judgeUpgrade({ version, pools }: AksState, wanted: string, environment: string): Finding[] {
  const finding = findings('Cluster', 'Kubernetes upgrade');
  const see = 'https://learn.microsoft.com/azure/aks/upgrade-aks-cluster';
  const [from, to] = [minorOf(version), minorOf(wanted)];
  if (Number.isNaN(from) || Number.isNaN(to)) {
    return [];
  }
  if (to < from) {
    return [finding.failure(`it runs 1.${from}, the environment names ${wanted}: AKS goes up only`, { mend: [`Set cluster.kubernetesVersion to '1.${from}'`], see })];
  }
  if (to > from + 1) {
    const mend = [`Set cluster.kubernetesVersion to '1.${from + 1}', apply it, then go on`];
    return [finding.failure(`it runs 1.${from}, the environment names ${wanted}: AKS goes up one minor version at a time`, { mend, see })];
  }
  const behind = (pools ?? []).filter((pool) => minorOf(pool.version ?? '') < from);
  if (behind.length > 0) {
    const names = behind.map((pool) => `${pool.name} (${minorVersion(pool.version ?? '')})`).join(', ');
    return to > from
      ? [finding.failure(`pools are behind the control plane's 1.${from}: ${names}`, { mend: [`Set cluster.kubernetesVersion to '1.${from}' and \`aks-istio up ${environment}\` first: it brings them there`], see })]
      : [finding.warning(`pools are behind the control plane's 1.${from}: ${names}`, { mend: [`\`aks-istio up ${environment}\` brings them there, a tenth of the nodes at a time`], see })];
  }
  return to > from ? [finding.ok(`from 1.${from} to ${wanted}: the control plane first, then the pools`)] : [];
}

function minorOf(version: string): number {
  return Number(minorVersion(version)?.split('.')[1] ?? NaN);
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
