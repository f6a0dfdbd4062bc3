import type { Account } from '../../cli/doctor/account';
import { judgeAccount, judgeAdminGroup, judgeLocalState, judgeProviders, judgeRanges, judgeRights } from '../../cli/doctor/account';
import { judgeAks, AksState, judgeUpgrade } from '../../cli/doctor/aks';
import { asker, lineThatMatters } from '../../cli/doctor/ask';
import { judgeClock } from '../../cli/doctor/clock';
import { checkCluster, judgeNodes, judgeRights as judgeClusterRights } from '../../cli/doctor/cluster';
import { examine } from '../../cli/doctor/doctor';
import { Finding, isHealthy } from '../../cli/doctor/finding';
import { judgeName } from '../../cli/doctor/names';
import { judgeRemains } from '../../cli/doctor/mesh-remains';
import { judgeHostEncryption } from '../../cli/doctor/features';
import { judgeAddresses, judgeCores, judgeDisks, judgeSpot, Usage } from '../../cli/doctor/quota';
import { judgeDnsLabel, judgeIstioSupport, judgeKubernetesVersion, judgeRevisions, judgeSupport } from '../../cli/doctor/region';
import { renderFindings } from '../../cli/doctor/render';
import { judgeSizes, usableSizes, VmSku } from '../../cli/doctor/sizes';
import { AksSettings, aksPlace, Subject } from '../../cli/doctor/subject';
import { judgeNode, judgeTool } from '../../cli/doctor/tools';
import { compareVersions, kubernetesRange, versionIn } from '../../cli/doctor/versions';
import { CliError } from '../../cli/errors';
import { run } from '../../cli/tools/process';
import { checkEnvironment } from '../../environments';
import { handlesOf } from '../../stacks/handles';
import { FakePrograms, Reply } from '../fakes';

const SUBSCRIPTION = '3f2504e0-4f89-41d3-9a0c-0305e82c3301';
const GROUP = '9b2c1f0a-5d0c-4d1e-8a55-6f3a0b3f6f0e';

function environmentOf(mesh: object = {}, cluster: object = {}) {
  return checkEnvironment(
    {
      name: 'dev',
      cluster: { kind: 'aks', location: 'westeurope', dnsLabel: 'shop-dev', adminGroupObjectIds: [GROUP], subscriptionId: SUBSCRIPTION, ...cluster },
      mesh: { flavor: 'helm', helm: { version: '1.29.1' }, addon: { revisions: ['asm-1-30'] }, ...mesh },
    },
    'environments/dev.ts',
  );
}

const settings = environmentOf().cluster as AksSettings;
const noAnswer = { problem: { kind: 'failed', program: 'az', reason: 'AuthorizationFailed' } } as const;

/** `verdict: detail`, and the first thing that mends it. */
function said(finding: Finding | undefined): string {
  return finding === undefined ? 'nothing' : `${finding.verdict}: ${finding.detail}${finding.mend ? ` -> ${finding.mend[0]}` : ''}`;
}

describe('versions', () => {
  test.each([
    ['1.11.4', '1.9.0', 1],
    ['1.11', '1.11.0', 0],
    ['2.0.0', '10.0.0', -1],
  ])('%s against %s', (one, other, sign) => {
    expect(Math.sign(compareVersions(one, other))).toBe(sign);
  });

  test('are found in whatever a program prints', () => {
    expect([versionIn('Terraform v1.11.4\non linux_amd64'), versionIn('v3.19.5+g4a19a5b'), versionIn('none')]).toEqual(['1.11.4', '3.19.5', undefined]);
  });

  test('the chosen Istio knows the chosen Kubernetes', () => {
    expect(kubernetesRange('1.29.1')).toEqual(['1.31', '1.35']);
    expect(kubernetesRange('1.12.0')).toBeUndefined();
  });
});

describe('tools', () => {
  const terraform = { program: 'terraform', args: [], least: '1.11.0', without: 'nothing is applied' } as const;

  test.each([
    ['{"terraform_version":"1.11.4"}', undefined, 'ok: 1.11.4'],
    ['{"terraform_version":"1.5.5"}', undefined, 'failure: 1.5.5 is older than 1.11.0 -> Install terraform'],
    [undefined, undefined, 'failure: not found on PATH: nothing is applied -> Install terraform'],
    [undefined, 'exec format error', 'failure: does not start: exec format error'],
    ['gibberish', undefined, 'warning: found, but its version cannot be read: gibberish'],
  ])('terraform that prints %s', (output, failure, expected) => {
    expect(said(judgeTool(terraform, 'required', output, failure))).toContain(expected);
  });

  test('one that is only useful does not stand in the way', () => {
    expect(judgeTool(terraform, 'useful', undefined).verdict).toBe('warning');
  });

  test('each says its version in a way of its own', () => {
    const version = (program: 'az' | 'kubectl' | 'kubelogin' | 'helm', output: string) => judgeTool({ program, args: [], without: '' }, 'required', output).detail;
    expect(version('az', '{"azure-cli":"2.75.0","extensions":{}}')).toBe('2.75.0');
    expect(version('kubectl', '{"clientVersion":{"gitVersion":"v1.35.4"}}')).toBe('1.35.4');
    expect(version('kubelogin', 'kubelogin version \ngit hash: v0.2.13/8b1c\nGo version: go1.24.9')).toBe('0.2.13');
    expect(version('helm', 'v3.19.5')).toBe('3.19.5');
  });

  test.each([
    ['20.18.1', 'failure'],
    ['20.20.2', 'ok'],
    ['22.19.0', 'ok'],
    ['24.1.0', 'failure'],
  ])('Node.js %s', (version, verdict) => {
    expect(judgeNode(version).verdict).toBe(verdict);
  });
});

describe('the account', () => {
  const account: Account = { id: SUBSCRIPTION, name: 'Pay', state: 'Enabled', tenantId: 't', user: { name: 'ada@acme.example', type: 'user' } };

  test('that is not logged in says how', () => {
    const [login] = judgeAccount({ problem: { kind: 'failed', program: 'az', reason: "Please run 'az login' to setup account." } }, SUBSCRIPTION);
    expect(said(login)).toBe("failure: Please run 'az login' to setup account. -> az login");
  });

  test('that does not know the subscription is another fault', () => {
    const reason = `The subscription of '${SUBSCRIPTION}' doesn't exist in cloud 'AzureCloud'.`;
    expect(judgeAccount({ problem: { kind: 'failed', program: 'az', reason } }, SUBSCRIPTION)[0]).toMatchObject({ subject: 'subscription', verdict: 'failure' });
  });

  test('whose subscription nobody named, or that is disabled', () => {
    expect(said(judgeAccount({ value: account }, undefined)[1])).toContain('failure: Terraform is told no subscription -> export ARM_SUBSCRIPTION_ID=');
    expect(said(judgeAccount({ value: { ...account, state: 'Disabled' } }, SUBSCRIPTION)[1])).toContain('is Disabled');
  });

  test.each([
    [['Owner'], 'ok: Owner'],
    [['Contributor', 'Role Based Access Control Administrator'], 'ok'],
    [['Contributor'], "warning: roles on the subscription: Contributor; the cluster layer creates resources and role assignments -> az role assignment create --role 'Role Based Access Control"],
    [[], 'warning: roles on the subscription: none'],
  ])('with the roles %j', (roles, expected) => {
    expect(said(judgeRights({ value: roles.map((roleDefinitionName) => ({ roleDefinitionName })) }, account))).toContain(expected);
  });

  test('whose admin group is missing, or has not got them as a member', () => {
    const group = { value: { displayName: 'admins' } };
    expect(said(judgeAdminGroup(GROUP, group, { value: { value: true } }))).toBe(`ok: admins (${GROUP})`);
    expect(said(judgeAdminGroup(GROUP, group, { value: { value: false } }))).toContain('warning: you are not a member of admins');
    const absent = { problem: { kind: 'failed', program: 'az', reason: `Resource '${GROUP}' does not exist` } } as const;
    expect(judgeAdminGroup(GROUP, absent).verdict).toBe('failure');
    expect(judgeAdminGroup(GROUP, noAnswer).verdict).toBe('warning');
  });

  test('whose providers are not registered, whatever the case of their names', () => {
    const list = [{ namespace: 'microsoft.compute', state: 'Registered' }, { namespace: 'Microsoft.ContainerService', state: 'NotRegistered' }];
    expect(said(judgeProviders({ value: list }, ['Microsoft.Compute', 'Microsoft.ContainerService']))).toContain(
      'not registered: Microsoft.ContainerService; Terraform registers them where you may -> az provider register --namespace Microsoft.ContainerService --wait',
    );
  });

  test('an API server that answers a placeholder alone is a fault', () => {
    const ranges = (authorizedIpRanges?: string[]) => judgeRanges({ environment: environmentOf({}, { authorizedIpRanges }) }).map(said);
    expect(ranges()).toEqual([]);
    expect(ranges(['203.0.113.7/32'])).toEqual(['ok: 203.0.113.7/32']);
    expect(ranges(['192.0.2.0/24'])[0]).toContain('failure: are still the placeholder: the API server would answer nobody -> export API_AUTHORIZED_RANGES=');
  });

  test('state on a runner is lost', () => {
    expect(judgeLocalState('dev', false).verdict).toBe('ok');
    expect(said(judgeLocalState('dev', true))).toContain('it is lost with the runner -> aks-istio bootstrap dev');
  });
});

describe('the region', () => {
  const versions = {
    value: {
      values: [
        { version: '1.36', isPreview: true, capabilities: { supportPlan: ['KubernetesOfficial'] } },
        { version: '1.35', isPreview: null, capabilities: { supportPlan: ['KubernetesOfficial', 'AKSLongTermSupport'] } },
        { version: '1.30', isPreview: null, capabilities: { supportPlan: ['AKSLongTermSupport'] } },
      ],
    },
  };

  test.each([
    ['1.35', 'Free', 'ok: 1.35 is offered in westeurope'],
    ['1.36', 'Free', 'warning: 1.36 is a preview in westeurope -> Set cluster.kubernetesVersion to one of 1.35'],
    ['1.30', 'Free', 'failure: 1.30 is under long-term support only'],
    ['1.30', 'Premium', 'ok'],
    ['1.29', 'Free', 'failure: westeurope does not offer 1.29 -> Set cluster.kubernetesVersion to one of 1.35'],
  ] as const)('Kubernetes %s on the tier %s', (kubernetesVersion, skuTier, expected) => {
    expect(said(judgeKubernetesVersion(versions, { ...settings, kubernetesVersion, skuTier }))).toContain(expected);
  });

  const offered = [
    { revision: 'asm-1-29', upgrades: ['asm-1-30'], compatibleWith: [{ name: 'kubernetes', versions: ['1.31', '1.32', '1.33', '1.34', '1.35', '1.36'] }] },
    { revision: 'asm-1-30', upgrades: null, compatibleWith: [{ name: 'kubernetes', versions: ['1.32', '1.33', '1.34', '1.35', '1.36'] }] },
  ];

  test.each([
    [['asm-1-30'], '1.35', ['ok: asm-1-30 is offered in westeurope']],
    [['asm-1-29', 'asm-1-30'], '1.35', ['ok', 'ok']],
    [['asm-1-29', 'asm-1-31'], '1.35', ['failure: asm-1-29 cannot be upgraded to asm-1-31', 'failure: westeurope does not offer asm-1-31']],
    [['asm-1-27'], '1.35', ['failure: westeurope does not offer asm-1-27 (it expires there some eight months after its release) -> Set mesh.addon.revisions to one of asm-1-29, asm-1-30']],
    [['asm-1-30'], '1.31', ['failure: asm-1-30 does not run on Kubernetes 1.31 -> Set cluster.kubernetesVersion to one of 1.32']],
  ])('revisions %j on Kubernetes %s', (wanted, kubernetesVersion, expected) => {
    const judged = judgeRevisions({ value: { meshRevisions: offered } }, wanted, { kubernetesVersion, location: 'westeurope' }).map(said);
    expect(judged).toHaveLength(expected.length);
    expected.forEach((part, index) => expect(judged[index]).toContain(part));
  });

  test.each([
    ['2026-11-30T00:00:00Z', []],
    ['2026-12-01T00:00:00Z', ['warning: support of asm-1-30 is to end this month']],
    ['2027-01-01T00:00:00Z', ['warning: support of asm-1-30 was to end in 2026-12']],
  ])('the support calendar, on %s', (now, expected) => {
    const judged = judgeSupport(['asm-1-30', 'asm-1-99'], new Date(now)).map(said);
    expect(judged).toHaveLength(expected.length);
    expected.forEach((part, index) => expect(judged[index]).toContain(part));
  });

  test('both shapes of the list of revisions are read', () => {
    const wrapped = [{ properties: { meshRevisions: offered } }];
    expect(judgeRevisions({ value: wrapped }, ['asm-1-29'], { kubernetesVersion: '1.35', location: 'westeurope' })[0]?.verdict).toBe('ok');
  });

  test('Istio by Helm has to support the version of Kubernetes', () => {
    expect(said(judgeIstioSupport('1.29.1', '1.35'))).toContain('ok: Istio 1.29.1 supports Kubernetes 1.31 to 1.35; this is 1.35');
    expect(said(judgeIstioSupport('1.29.1', '1.36'))).toContain('failure: Istio 1.29.1 supports Kubernetes 1.31 to 1.35, not 1.36');
    expect(judgeIstioSupport('1.40.0', '1.36').verdict).toBe('warning');
  });

  test('a DNS label is free, ours, taken, or unknown', () => {
    expect(judgeDnsLabel({ value: { available: true } }, false, settings).verdict).toBe('ok');
    expect(judgeDnsLabel({ value: { available: false } }, true, settings).verdict).toBe('ok');
    expect(said(judgeDnsLabel({ value: { available: false } }, false, settings))).toContain('failure: shop-dev.westeurope.cloudapp.azure.com is taken -> export DNS_LABEL_PREFIX=');
    expect(judgeDnsLabel(noAnswer, false, settings).verdict).toBe('warning');
  });
});

describe('machines and quotas', () => {
  const capabilities = (values: Readonly<Record<string, string>> = {}) => Object.entries({ vCPUs: '2', PremiumIO: 'True', ...values }).map(([name, value]) => ({ name, value }));
  const sku: VmSku = { name: 'Standard_D2ds_v5', family: 'standardDDSv5Family', capabilities: capabilities(), locationInfo: [{ zones: ['2', '1', '3'] }], restrictions: [] };
  const skus = (entry: VmSku | undefined) => new Map([['Standard_D2ds_v5', { value: entry ? [entry] : [] }]]);
  const usable = usableSizes(skus(sku));
  // Azure prints these numbers as text.
  const usage = (free: number, name = 'StandardDDSv5Family'): { value: Usage[] } => ({
    value: [{ name: { value: 'cores' }, currentValue: '0', limit: '100' }, { name: { value: name }, currentValue: '6', limit: String(6 + free) }],
  });
  const withPools = (nodePools: object, rest: object = {}) => environmentOf({}, { nodePools, ...rest }).cluster as AksSettings;

  // Two pools of 1 to 2 and 1 to 3 nodes of 2 cores: 4 to start, 10 at most, 14 with one to spare in each while they are upgraded.
  test.each([
    [3, 'failure: standardDDSv5Family: 3 of 9 cores free, the pools need 4 to start -> Ask for more'],
    [4, 'warning: standardDDSv5Family: 4 of 10 cores free, the pools may grow to 14'],
    [13, 'warning'],
    [14, 'ok: standardDDSv5Family: 14 of 20 cores free, 14 at most are needed'],
  ])('with %i cores free', (free, expected) => {
    const cores = judgeCores(usage(free), usable, settings, false);
    expect(said(cores[0])).toContain(expected);
    expect(cores[1]?.detail).toContain('all families together');
  });

  test('further pools count, spot pools against a quota of their own', () => {
    const pools = (kind: string) => withPools({ batch: { kind, min: 2, max: 4 } });
    expect(judgeCores(usage(14), usable, pools('spot'), false).map(({ verdict }) => verdict)).toEqual(['ok', 'ok']);
    expect(judgeCores(usage(14), usable, pools('user'), false).map(({ verdict }) => verdict)).toEqual(['warning', 'ok']);
    expect(judgeSpot(usage(0, 'lowPriorityCores'), usable, pools('user'), false)).toEqual([]);
    expect(said(judgeSpot(usage(3, 'lowPriorityCores'), usable, pools('spot'), false)[0])).toContain('failure: 3 of 9 cores free, the pools need 4 to start -> Ask for more: https://aka.ms/AzureQuota (spot cores');
    expect(judgeSpot(usage(8, 'lowPriorityCores'), usable, pools('spot'), false)[0]?.verdict).toBe('ok');
  });

  test('what a cluster that exists uses is no shortage', () => {
    expect(judgeCores(usage(0), usable, settings, true).map(({ verdict }) => verdict)).toEqual(['ok', 'ok']);
    expect(judgeAddresses(usage(0, 'PublicIPAddresses'), settings, true)[0]?.verdict).toBe('ok');
  });

  test('disks count where they are managed, addresses of both kinds always', () => {
    // 2 nodes to start, 5 at most, 7 with those to spare.
    expect(said(judgeDisks(usage(1, 'PremiumDiskCount'), usable, settings, false)[0])).toContain('failure: 1 of 7 premium disks free, needed are 2 to start');
    expect(judgeDisks(usage(7, 'PremiumDiskCount'), usable, settings, false)[0]?.verdict).toBe('ok');
    expect(judgeDisks(usage(0, 'PremiumDiskCount'), usable, { ...settings, profile: 'production' }, false)).toEqual([]);
    expect(said(judgeAddresses(usage(1, 'IPv4StandardSkuPublicIpAddresses'), settings, false)[0])).toContain(
      'failure: 1 of 7 public addresses of the standard kind free, needed are 2 to start -> Ask for more',
    );
    expect(judgeAddresses(usage(2, 'PublicIPAddresses'), settings, false)[0]?.verdict).toBe('ok');
  });

  test('a size that the region or the subscription does not have', () => {
    expect(said(judgeSizes(skus(sku), settings)[0])).toBe('ok: Standard_D2ds_v5 in westeurope');
    expect(said(judgeSizes(skus(undefined), settings)[0])).toContain('failure: westeurope has no size Standard_D2ds_v5');
    const restricted = { ...sku, restrictions: [{ type: 'Location', reasonCode: 'NotAvailableForSubscription' }] };
    expect(said(judgeSizes(skus(restricted), settings)[0])).toContain('not open to this subscription in westeurope (NotAvailableForSubscription)');
  });

  test('a zone matters to the pools that name it', () => {
    const zonal = { ...sku, restrictions: [{ type: 'Zone', reasonCode: 'NotAvailableForSubscription', restrictionInfo: { zones: ['2'] } }] };
    expect(judgeSizes(skus(zonal), settings)[0]?.verdict).toBe('ok');
    const pools = withPools({}, { userPool: { vmSize: 'Standard_D2ds_v5', min: 1, max: 3, zones: ['1', '2'] } });
    expect(said(judgeSizes(skus(zonal), pools)[0])).toContain("failure: Standard_D2ds_v5 is not open to this subscription in zone 2 of westeurope, and pool user wants it there -> Give the pool zones: ['1', '3']");
    expect(said(judgeSizes(skus({ ...sku, locationInfo: [{ zones: [] }] }), pools)[0])).toContain('in zone 1 and 2 of westeurope, and pool user wants it there -> Give the pool zones: []');
  });

  test('production asks of a size that it encrypts on the host and has room for a system', () => {
    const judged = (entry: VmSku) => judgeSizes(skus(entry), { ...settings, profile: 'production' }).map(said);
    const does = { EncryptionAtHostSupported: 'True', EphemeralOSDiskSupported: 'True', CachedDiskBytes: '53687091200', MaxResourceVolumeMB: '76800' };
    const able = { ...sku, capabilities: capabilities(does) };
    expect(judged(able)).toEqual(['ok: Standard_D2ds_v5 in westeurope']);
    const small = capabilities({ EncryptionAtHostSupported: 'False', EphemeralOSDiskSupported: 'True', CachedDiskBytes: '0', MaxResourceVolumeMB: '51200' });
    expect(judged({ ...sku, capabilities: small })).toEqual([
      expect.stringContaining('failure: Standard_D2ds_v5 cannot encrypt on the host, and pool system asks for it'),
      expect.stringContaining('failure: pool system keeps the system of a node on the machine itself: 64 GB, and Standard_D2ds_v5 has room for 50 -> Take a size'),
      expect.stringContaining('pool user'),
      expect.stringContaining('pool user'),
    ]);
  });

  test.each([
    ['Registered', 'ok: is registered in the subscription'],
    ['NotRegistered', 'failure: is not registered in the subscription, and the nodes ask for it -> az feature register --namespace Microsoft.Compute --name EncryptionAtHost'],
    ['Registering', 'failure: is being registered'],
  ])('encryption at host that is %s', (state, expected) => {
    expect(said(judgeHostEncryption({ value: { state } }))).toContain(expected);
  });
});

describe('an upgrade of Kubernetes', () => {
  const runs = (version: string, ...pools: string[]): AksState => ({
    ...{ provisioningState: 'Succeeded', powerState: 'Running', version },
    pools: pools.map((pool, index) => ({ name: `p${index}`, version: pool })),
  });

  test.each([
    [runs('1.35.4', '1.35.4'), '1.35', 'nothing'],
    [runs('1.34.9', '1.34.9'), '1.35', 'ok: from 1.34 to 1.35: the control plane first, then the pools'],
    [runs('1.33.9', '1.33.9'), '1.35', "failure: it runs 1.33, the environment names 1.35: AKS goes up one minor version at a time -> Set cluster.kubernetesVersion to '1.34'"],
    [runs('1.36.0', '1.36.0'), '1.35', "failure: it runs 1.36, the environment names 1.35: AKS goes up only -> Set cluster.kubernetesVersion to '1.36'"],
    [runs('1.35.4', '1.35.4', '1.34.9'), '1.35', "warning: pools are behind the control plane's 1.35: p1 (1.34) -> `aks-istio up dev` brings them there"],
    [runs('1.35.4', '1.34.9'), '1.36', "failure: pools are behind the control plane's 1.35: p0 (1.34) -> Set cluster.kubernetesVersion to '1.35'"],
  ])('%#', (state, wanted, expected) => {
    expect(said(judgeUpgrade(state, wanted, 'dev')[0])).toContain(expected);
  });
});

describe('the clock', () => {
  const here = new Date('2026-11-21T10:00:00Z');

  test.each([
    ['2026-11-21T10:00:08Z', "ok: agrees with Azure's login service"],
    ['2026-11-21T10:01:40Z', "warning: 100 s behind Azure's login service"],
    ['2026-11-21T09:50:00Z', "failure: 600 s ahead of Azure's login service: tokens are refused -> Set the clock by NTP"],
  ])('against %s', (there, expected) => {
    expect(said(judgeClock(here, new Date(there), "Azure's login service"))).toContain(expected);
  });

  test('that nobody answers for is not judged', () => {
    expect(judgeClock(here, undefined, 'x').verdict).toBe('skipped');
  });
});

describe('an AKS cluster', () => {
  const running: AksState = { provisioningState: 'Succeeded', powerState: 'Running', version: '1.35.2', meshMode: null };

  test.each([
    [running, 'helm', ['ok: dev-aks in dev-aks, Kubernetes 1.35.2, running']],
    [null, 'helm', ['ok: dev-aks in dev-aks is created by the first `aks-istio up dev`']],
    [{ ...running, powerState: 'Stopped' }, 'helm', ['failure: dev-aks in dev-aks is stopped -> az aks start']],
    [{ ...running, provisioningState: 'Upgrading' }, 'helm', ['warning: dev-aks in dev-aks is in state Upgrading']],
    [{ ...running, meshMode: 'Istio', meshRevisions: ['asm-1-30'] }, 'helm', ['ok', 'failure: is on in dev-aks in dev-aks (asm-1-30), and does not run beside Istio by Helm']],
    [{ ...running, meshMode: 'Istio', meshRevisions: ['asm-1-30'] }, 'addon', ['ok', 'ok: asm-1-30']],
    [{ ...running, meshMode: 'Istio', meshRevisions: ['asm-1-29'] }, 'addon', ['ok', 'warning: runs asm-1-29, the environment names asm-1-30']],
  ])('%j for %s', (state, flavor, expected) => {
    const judged = judgeAks({ value: state }, { environment: environmentOf({ flavor }) } as Subject).map(said);
    expect(judged).toHaveLength(expected.length);
    expected.forEach((part, index) => expect(judged[index]).toContain(part));
  });

  test('that exists by name only must be there', () => {
    const environment = checkEnvironment(
      { name: 'dev', cluster: { kind: 'existing-aks', name: 'c', resourceGroupName: 'g' }, mesh: { flavor: 'addon', addon: { revisions: ['asm-1-30'] } } },
      'environments/dev.ts',
    );
    expect(said(judgeAks({ value: null }, { environment } as Subject)[0])).toContain('failure: there is no c in g');
    expect(said(judgeAks({ value: running }, { environment } as Subject)[1])).toContain('failure: is off in c in g -> az aks mesh enable --revision asm-1-30');
  });
});

describe('inside a cluster', () => {
  const crd = (release?: string) => ({ name: 'virtualservices.networking.istio.io', release });
  const istiod = (namespace: string, release?: string) => ({ namespace, name: 'istiod', version: '1.29.1', release });

  test.each([
    ['helm', [], [], 'ok: none yet'],
    ['helm', [crd('istio-system/istio-base')], [istiod('istio-system', 'istio-system/istiod')], 'ok: istiod 1.29.1, ours'],
    ['helm', [crd()], [istiod('istio-system')], 'failure: another Istio runs here: istiod 1.29.1 in istio-system -> Remove it first: istioctl uninstall --purge'],
    ['helm', [crd()], [istiod('mesh', 'mesh/istiod')], 'failure: another Istio runs here: istiod 1.29.1 in mesh -> Remove it first: helm uninstall istiod --namespace mesh'],
    ['helm', [crd()], [istiod('aks-istio-system')], "failure: another Istio runs here: istiod 1.29.1 in aks-istio-system -> Use it: mesh.flavor 'addon'"],
    ['helm', [crd('mesh/istio-base')], [], 'failure: 1 definition is left of another Istio (virtualservices.networking.istio.io, release mesh/istio-base); Helm refuses them'],
    ['addon', [crd('istio-system/istio-base')], [], 'release istio-system/istio-base); the add-on refuses them -> helm uninstall istio-base --namespace istio-system'],
    ['addon', [crd()], [istiod('aks-istio-system')], 'ok: istiod 1.29.1, ours'],
  ] as const)('%s finds %j and %j', (flavor, definitions, planes, expected) => {
    expect(said(judgeRemains(flavor, definitions, planes)[0])).toContain(expected);
  });

  test('rights that are missing are named', () => {
    expect(said(judgeClusterRights([{ right: 'create namespaces', allowed: true }, { right: 'create secrets', allowed: false }]))).toContain('failure: may not create secrets');
  });

  const node = (cpu: string, memory: string, ready = 'True') => ({
    metadata: { name: 'n' },
    status: { allocatable: { cpu, memory }, conditions: [{ type: 'Ready', status: ready }] },
  });

  test.each([
    [[node('1900m', '5368709120'), node('2', '4Gi')], 'ok: 2 of 2 ready, 3.9 cores and 9 GiB for pods'],
    [[node('1', '2000000Ki')], 'warning: 1 of 1 ready, 1 cores and 1.9 GiB for pods: 2 cores and 4 GiB are comfortable'],
    [[node('4', '16Gi', 'False')], 'failure: none of 1 is ready'],
    [[], 'failure: there is none'],
    [[node('4', '16Gi'), node('4', '16Gi', 'Unknown')], 'warning: 1 of 2 ready'],
  ])('nodes %#', (items, expected) => {
    expect(said(judgeNodes({ items }))).toContain(expected);
  });
});

test('of what az prints, the line that matters is shown', () => {
  expect(lineThatMatters('WARNING: noise\nERROR: (AuthorizationFailed) no right\nCode: AuthorizationFailed')).toBe('(AuthorizationFailed) no right');
  expect(lineThatMatters('')).toBe('no message');
});

test('the doctor looks where the cluster layer puts its cluster', () => {
  const environment = environmentOf();
  expect(handlesOf(environment).cluster.access).toMatchObject(aksPlace(environment)!);
});

const RESOURCE_PROVIDERS = ['Microsoft.Compute', 'Microsoft.ContainerService', 'Microsoft.ManagedIdentity', 'Microsoft.Network'];

// az as it answers for an environment that has nothing wrong.
const HEALTHY: Readonly<Record<string, readonly Reply[]>> = {
  terraform: [{ when: 'version*', stdout: { terraform_version: '1.11.4' } }],
  kubectl: [{ when: '*', stdout: { clientVersion: { gitVersion: 'v1.35.4' } } }],
  helm: [{ when: '*', stdout: 'v3.19.5' }],
  istioctl: [{ when: '*', stdout: '1.29.1' }],
  kubelogin: [{ when: '*', stdout: 'git hash: v0.2.13/8b1c' }],
  az: [
    { when: 'version*', stdout: { 'azure-cli': '2.75.0' } },
    { when: 'account show*', stdout: { id: SUBSCRIPTION, name: 'Pay', state: 'Enabled', tenantId: 'acme', user: { name: 'ada@acme.example', type: 'user' } } },
    { when: 'role assignment list*', stdout: [{ roleDefinitionName: 'Owner' }] },
    { when: 'provider list*', stdout: RESOURCE_PROVIDERS.map((namespace) => ({ namespace, state: 'Registered' })) },
    { when: 'ad signed-in-user show*', stdout: { id: 'me' } },
    { when: 'ad group show*', stdout: { displayName: 'aks-admins' } },
    { when: 'ad group member check*', stdout: { value: true } },
    { when: 'aks show*', stderr: "ERROR: (ResourceGroupNotFound) Resource group 'dev-aks' could not be found.", code: 3 },
    { when: 'aks get-versions*', stdout: { values: [{ version: '1.35', capabilities: { supportPlan: ['KubernetesOfficial'] } }] } },
    { when: 'aks mesh get-revisions*', stdout: { meshRevisions: [{ revision: 'asm-1-30', compatibleWith: [{ name: 'kubernetes', versions: ['1.35'] }] }] } },
    { when: 'rest *CheckDnsNameAvailability*', stdout: { available: true } },
    { when: 'network public-ip list*', stderr: 'ERROR: (ResourceGroupNotFound)', code: 3 },
    {
      when: 'vm list-usage*',
      stdout: ['cores', 'standardDDSv5Family', 'PremiumDiskCount'].map((value) => ({ name: { value }, currentValue: '0', limit: '100' })),
    },
    {
      when: 'network list-usages*',
      stdout: ['PublicIPAddresses', 'IPv4StandardSkuPublicIpAddresses'].map((value) => ({ name: { value }, currentValue: 0, limit: 1000 })),
    },
    { when: 'vm list-skus*', stdout: [{ name: 'Standard_D2ds_v5', family: 'standardDDSv5Family', capabilities: [{ name: 'vCPUs', value: '2' }], restrictions: [] }] },
  ],
};

describe('with programs that answer', () => {
  let fakes: FakePrograms | undefined;
  const path = process.env.PATH;

  afterEach(() => {
    process.env.PATH = path;
    fakes?.remove();
  });

  async function look(programs: Readonly<Record<string, readonly Reply[]>>, given: Partial<Subject> = {}): Promise<Finding[]> {
    fakes = new FakePrograms(programs);
    process.env.PATH = `${fakes.folder}:/usr/bin:/bin`;
    const now = new Date('2026-11-21T10:00:00Z');
    const subject: Subject = {
      environment: environmentOf({ flavor: 'addon' }),
      ask: asker({ known: Object.fromEntries(Object.keys(HEALTHY).map((name) => [name, `${fakes?.folder}/${name}`])) }),
      env: {},
      now: () => now,
      serverTime: () => Promise.resolve(now),
      engine: 'auto',
      resourceProviders: RESOURCE_PROVIDERS,
      globalNames: [],
      isBuiltHere: false,
      machine: () => Promise.reject(new Error('not asked')),
      ...given,
    };
    return examine(subject, () => Promise.reject(new CliError('no cluster', 'there is none')));
  }

  test('everything is as it should be, and nothing was asked twice or changed', async () => {
    const list = await look(HEALTHY);
    expect(list.filter(({ verdict }) => verdict !== 'ok')).toEqual([]);
    expect(isHealthy(list)).toBe(true);
    const calls = fakes!.calls;
    expect(new Set(calls).size).toBe(calls.length);
    expect(calls.filter((call) => / (create|update|delete|register|set|enable|apply) /.test(call))).toEqual([]);
    expect(calls.filter((call) => call.startsWith('az ') && !/^az (ad|rest|version)/.test(call)).every((call) => call.includes(`--subscription ${SUBSCRIPTION}`))).toBe(true);
    expect(renderFindings(environmentOf({ flavor: 'addon' }), list).replaceAll(process.versions.node, '<node>')).toMatchSnapshot();
  });

  test('everything that can be wrong is found at once, each with its mend', async () => {
    const broken = HEALTHY.az!.map((reply): Reply => {
      const [, name = ''] = /^(\S+ \S+(?: \S+)?)/.exec(reply.when.replace('*', '')) ?? [];
      const other: Readonly<Record<string, Partial<Reply>>> = {
        'role assignment list': { stdout: [{ roleDefinitionName: 'Reader' }] },
        'provider list': { stdout: [] },
        'ad group show': { stderr: `ERROR: Resource '${GROUP}' does not exist or one of its queried reference-property objects are not present.`, code: 3 },
        'aks get-versions': { stdout: { values: [{ version: '1.36', capabilities: { supportPlan: ['KubernetesOfficial'] } }] } },
        'aks mesh get-revisions': { stdout: { meshRevisions: [{ revision: 'asm-1-31' }] } },
        'rest *CheckDnsNameAvailability*': { stdout: { available: false } },
        'network list-usages': { stdout: [{ name: { value: 'PublicIPAddresses' }, currentValue: 10, limit: 10 }] },
        'vm list-usage': { stdout: [{ name: { value: 'cores' }, currentValue: 98, limit: 100 }, { name: { value: 'standardDDSv5Family' }, currentValue: 98, limit: 100 }] },
      };
      return { ...reply, ...(other[name] ?? other[reply.when]) };
    });
    const list = await look({ ...HEALTHY, az: broken, terraform: [{ when: '*', stdout: { terraform_version: '1.5.5' } }] }, { serverTime: () => Promise.resolve(new Date('2026-11-21T11:00:00Z')) });
    expect(isHealthy(list)).toBe(false);
    expect(list.filter(({ verdict, mend }) => verdict === 'failure' && !mend?.length)).toEqual([]);
    expect(renderFindings(environmentOf({ flavor: 'addon' }), list).replaceAll(process.versions.node, '<node>')).toMatchSnapshot();
  });

  test('names that all of Azure shares are free, ours, or taken', async () => {
    const az = [
      ...HEALTHY.az!,
      { when: 'resource list*', stdout: ['ShopRegistry'] },
      { when: 'acr check-name*', stdout: { nameAvailable: false, message: 'The registry is already in use.' } },
      { when: 'rest *KeyVault/checkNameAvailability*', stdout: { nameAvailable: false, message: 'The vault name is already in use.' } },
      { when: 'storage account check-name*', stdout: { nameAvailable: true } },
    ];
    const globalNames = [
      { kind: 'registry', name: 'shopregistry' },
      { kind: 'vault', name: 'shop-vault' },
      { kind: 'storageAccount', name: 'shopbackup' },
    ] as const;
    const list = (await look({ ...HEALTHY, az }, { globalNames })).filter(({ subject }) => subject === 'names');
    expect(list.map(said)).toEqual([
      "ok: registry shopregistry is this environment's already",
      expect.stringContaining('failure: vault shop-vault is taken: The vault name is already in use. -> Set cluster.keyVault.name to another one') as string,
      'ok: storage account shopbackup is free',
    ]);
    expect(judgeName(globalNames[1], noAnswer, []).verdict).toBe('warning');
  });

  test('no az and no kubelogin is the finding, and what can be said without them is said', async () => {
    const rest = Object.fromEntries(Object.entries(HEALTHY).filter(([name]) => !['az', 'kubelogin'].includes(name)));
    const list = await look(rest, { environment: environmentOf({}, { subscriptionId: undefined, adminGroupObjectIds: ['00000000-0000-0000-0000-000000000000'] }) });
    const verdicts = Object.fromEntries(list.map(({ subject, verdict }) => [subject, verdict]));
    expect(verdicts).toMatchObject({ az: 'failure', kubelogin: 'failure', login: 'skipped', subscription: 'failure', 'admin group': 'failure', AKS: 'skipped' });
    expect(verdicts['Istio and Kubernetes']).toBe('ok');
  });

  test('a machine that cannot run the local cluster says why', async () => {
    const environment = checkEnvironment(
      { name: 'local', cluster: { kind: 'kubeconfig', path: '/nowhere' }, mesh: { flavor: 'helm', helm: { version: '1.29.1' } } },
      'environments/local.ts',
    );
    const problems = [{ what: 'not running as root', why: 'namespaces need it', mend: 'run it with sudo' }];
    const list = await look({}, { environment, isBuiltHere: true, machine: () => Promise.resolve({ isRunning: false, problems }) });
    expect(said(list.at(-1))).toBe('failure: not running as root: namespaces need it -> run it with sudo');
    const ready = await look({}, { environment, isBuiltHere: true, machine: () => Promise.resolve({ isRunning: false, problems: [] }) });
    expect(isHealthy(ready)).toBe(true);
  });

  test('a cluster that does not let us in', async () => {
    const environment = checkEnvironment(
      { name: 'local', cluster: { kind: 'kubeconfig', path: '/nowhere' }, mesh: { flavor: 'helm', helm: { version: '1.29.1' } } },
      'environments/local.ts',
    );
    expect(said((await look(HEALTHY, { environment })).at(-1))).toContain('failure: no cluster: there is none');
  });

  test('a cluster is read with few rights too: what cannot be read is said, the rest is judged', async () => {
    fakes = new FakePrograms({
      kubectl: [
        { when: 'version*', stdout: { serverVersion: { gitVersion: 'v1.36.0' } } },
        { when: 'auth can-i create secrets*', stdout: 'no', code: 1 },
        { when: 'auth can-i*', stdout: 'yes' },
        { when: 'get nodes*', stderr: 'Error from server (Forbidden): nodes is forbidden', code: 1 },
        { when: 'get crd*', stdout: 'gateways.networking.istio.io\tistio-system\tistio-base' },
        { when: 'get deployments*', stdout: 'istio-system\tdocker.io/istio/pilot:1.29.1\tistiod\tistio-system\tistiod' },
        { when: 'get leases*', stdout: '2026-11-21T09:59:40.000000Z\n2026-11-21T10:00:05.000000Z' },
      ],
    });
    const folder = fakes.folder;
    const environment = checkEnvironment(
      { name: 'local', cluster: { kind: 'kubeconfig', path: '/nowhere' }, mesh: { flavor: 'helm', helm: { version: '1.29.1' } } },
      'environments/local.ts',
    );
    const list = await checkCluster(
      { context: 'kind', kubectl: (args, options) => run(`${folder}/kubectl`, args, options) },
      environment,
      () => new Date('2026-11-21T10:00:00Z'),
    );
    expect(list.map(({ subject, verdict }) => [subject, verdict])).toEqual([
      ['API server', 'ok'],
      ['Istio and Kubernetes', 'failure'],
      ['rights', 'failure'],
      ['nodes', 'warning'],
      ['Istio', 'ok'],
      ['clock', 'ok'],
    ]);
  });
});
