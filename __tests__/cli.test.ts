import { spawn, spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { gzipSync } from 'node:zlib';
import { parse } from 'yaml';
import { checkSources, readSources } from '../cli/check/check-files';
import { down, DownOptions } from '../cli/commands/down';
import { plan } from '../cli/commands/plan';
import { status } from '../cli/commands/status';
import { withOptions } from '../cli/doctor/run';
import { DirectEngine } from '../cli/engine/direct';
import { Stack } from '../cli/engine/engine';
import { TerraformEngine } from '../cli/engine/terraform';
import { CliError, formatError, Interrupted } from '../cli/errors';
import { progress, stepTasks } from '../cli/local-steps';
import { buildProgram, main } from '../cli/main';
import { commandLine, repeatCommand } from '../cli/options';
import { neededPrograms, requireAzureSettings } from '../cli/prerequisites';
import { waitForAddon } from '../cli/addon-ready';
import { waitForRights } from '../cli/rights';
import { acquireRunLock, runFile } from '../cli/run-lock';
import { Session } from '../cli/session';
import { requestOf } from '../cli/simulate/request';
import { cleanEnvironment, ClusterTools, openCluster } from '../cli/tools/cluster-access';
import { CommandError, run, RunOptions, RunResult } from '../cli/tools/process';
import { hasColors } from '../cli/ui/colors';
import { duration } from '../cli/ui/tasks';
import { loadEnvironment } from '../environments';
import { dev } from '../environments/dev';
import { MeshModel } from '../constructs/model';
import { FakePrograms, Reply } from './fakes';

const GUID = '3f2504e0-4f89-41d3-9a0c-0305e82c3301';

// Programs are started in earnest: on a busy machine that takes a while.
jest.setTimeout(30_000);

const bin = path.resolve('bin/aks-istio.js');
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'aks-istio-cli-'));
const before = process.cwd();
beforeAll(() => process.chdir(folder));
afterAll(() => {
  process.chdir(before);
  fs.rmSync(folder, { recursive: true, force: true });
});

/** Writes a stack's JSON as a synth would. */
function stackOf(name: string, resource: object): Stack {
  const dir = path.join(folder, 'stacks', name);
  fs.mkdirSync(dir, { recursive: true });
  fs.writeFileSync(path.join(dir, 'cdk.tf.json'), JSON.stringify({ resource, terraform: { backend: { local: { path: path.join(dir, 'state') } } } }));
  return { name, layer: 'mesh', dir };
}

function executable(name: string, script: string): string {
  const file = path.join(folder, name);
  fs.writeFileSync(file, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return file;
}

const ok = (stdout = ''): Promise<RunResult> => Promise.resolve({ code: 0, stdout, stderr: '' });

/** A cluster that knows as much of Helm and kubectl as the engines ask. */
class FakeCluster {
  readonly calls: string[] = [];
  readonly releases = new Map<string, { revision: number; status: string; labels: Record<string, string>; values: unknown; chart: string }>();
  readonly objects: object[] = [];
  missing = 0;
  failing?: { release: string; stderr: string };

  get tools(): ClusterTools {
    const never = (): Promise<RunResult> => Promise.reject(new Error('not expected'));
    return {
      ...{ kubeconfig: '/k', context: 'c', env: {}, hasIstioctl: false, kubectlPath: 'kubectl', istioctl: never },
      helm: (args, options) => this.helm(args, options),
      kubectl: (args, options) => this.kubectl(args, options),
    };
  }

  private helm(args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
    const isUpgrade = args[0] === 'upgrade';
    const name = isUpgrade ? args[2] : args[1];
    const namespace = args[args.indexOf(isUpgrade ? '--namespace' : '-n') + 1];
    this.calls.push(`${args[0]} ${namespace}/${name}`);
    if (this.failing?.release === name) {
      return Promise.reject(new CommandError('helm upgrade', 1, '', this.failing.stderr));
    }
    const key = `${namespace}/${name}`;
    if (args[0] === 'uninstall') {
      this.releases.delete(key);
    } else if (args[0] === 'rollback') {
      this.releases.get(key)!.status = 'deployed';
    } else {
      const labels = Object.fromEntries(args[args.indexOf('--labels') + 1].split(',').map((pair) => pair.split('=')));
      const chart = (parse(fs.readFileSync(path.join(args[3], 'Chart.yaml'), 'utf8')) as { name: string }).name;
      this.releases.set(key, { revision: (this.releases.get(key)?.revision ?? 0) + 1, status: 'deployed', labels, values: parse(options.input ?? ''), chart });
    }
    return ok();
  }

  private kubectl(args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
    if (args.includes('secrets')) {
      const items = [...this.releases].map(([key, { revision, status, labels, values, chart }]) => {
        const [namespace, name] = key.split('/');
        const objects = ((values as { objects?: unknown[] } | undefined)?.objects ?? []).map((object) => `---\n${JSON.stringify(object)}`).join('\n');
        const stored = { name, namespace, version: revision, info: { status }, chart: { metadata: { name: chart, version: '1.0.0' } }, config: values, manifest: objects };
        return { metadata: { name, namespace, labels }, data: { release: Buffer.from(gzipSync(JSON.stringify(stored)).toString('base64')).toString('base64') } };
      });
      return ok(JSON.stringify({ items }));
    }
    const asked = options.input ? (JSON.parse(options.input) as { items: { metadata: { namespace?: string } }[] }).items : [];
    // So does kubectl.
    if (args.includes('-n') && asked.some((item) => item.metadata.namespace && item.metadata.namespace !== args[args.indexOf('-n') + 1])) {
      return Promise.resolve({ code: 1, stdout: '', stderr: 'the namespace from the provided object does not match' });
    }
    if (args.includes('--show-managed-fields')) {
      return ok(JSON.stringify({ items: this.objects }));
    }
    return ok(args.includes('name') ? asked.slice(this.missing).map((_item, index) => `thing/${index}\n`).join('') : '{"items":[]}');
  }
}

describe('the direct engine', () => {
  const chart = path.join(folder, 'chart');
  fs.mkdirSync(chart, { recursive: true });
  fs.writeFileSync(path.join(chart, 'Chart.yaml'), 'name: istiod\nversion: 1.29.1\n');
  const stack = (): Stack =>
    stackOf('local-mesh', {
      kubernetes_namespace_v1: { ns: { metadata: { name: 'istio-system' } } },
      kubernetes_config_map_v1: { map: { metadata: { name: 'map', namespace: 'istio-system' } } },
      helm_release: {
        istiod: { name: 'istiod', namespace: 'istio-system', chart, values: ['pilot:\n  cpu: 1'], depends_on: ['helm_release.base'], timeout: 100 },
        base: { name: 'istio-base', namespace: 'istio-system', chart, depends_on: ['kubernetes_namespace_v1.ns'] },
      },
    });
  const report = (): void => undefined;
  const engine = (cluster: FakeCluster, crashed = true) => new DirectEngine(cluster.tools, 'aks-istio up local', crashed);

  test('applies releases in order, then finds nothing to change, then mends what is gone', async () => {
    const cluster = new FakeCluster();
    const first = await engine(cluster).apply(stack(), report);
    expect(first).toEqual({ changed: true, summary: '3 releases: 3 installed' });
    expect(cluster.calls).toEqual(['upgrade default/local-mesh-objects', 'upgrade istio-system/istio-base', 'upgrade istio-system/istiod']);
    expect(cluster.releases.get('default/local-mesh-objects')!.values).toMatchObject({ objects: [{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'istio-system' } }, { kind: 'ConfigMap' }] });

    cluster.calls.length = 0;
    expect(await engine(cluster).apply(stack(), report)).toEqual({ changed: false, summary: '3 releases: 3 unchanged' });
    expect((await engine(cluster).plan(stack())).changes).toEqual([]);
    expect(cluster.calls).toEqual([]);

    cluster.missing = 1;
    expect(await engine(cluster).apply(stack(), report)).toEqual({ changed: true, summary: '3 releases: 1 upgraded, 2 unchanged' });
    expect(cluster.calls).toEqual(['upgrade default/local-mesh-objects']);
  });

  test('a changed chart is a change', async () => {
    const cluster = new FakeCluster();
    await engine(cluster).apply(stack(), report);
    cluster.calls.length = 0;
    fs.writeFileSync(path.join(chart, 'values.yaml'), 'new: true\n');
    await engine(cluster).apply(stack(), report);
    expect(cluster.calls).toEqual(['upgrade istio-system/istio-base', 'upgrade istio-system/istiod']);
  });

  test('mends a pending release first', async () => {
    const cluster = new FakeCluster();
    await engine(cluster).apply(stack(), report);
    cluster.calls.length = 0;
    cluster.releases.get('istio-system/istiod')!.status = 'pending-install';
    await engine(cluster).apply(stack(), report);
    expect(cluster.calls).toEqual(['uninstall istio-system/istiod', 'upgrade istio-system/istiod']);
  });

  test("leaves somebody else's release alone, and says whose", async () => {
    const cluster = new FakeCluster();
    cluster.releases.set('istio-system/istiod', { revision: 1, status: 'deployed', labels: {}, values: {}, chart: 'other' });
    await expect(engine(cluster).apply(stack(), report)).rejects.toThrow('istio-system/istiod: it was installed from the chart other');
    expect(cluster.calls).toEqual([]);
  });

  test('a failed release says what, why, and how to go on', async () => {
    const cluster = new FakeCluster();
    cluster.failing = { release: 'istiod', stderr: 'WARNING: old\nError: UPGRADE FAILED: admission webhook "validation.istio.io" denied the request' };
    const error = await engine(cluster)
      .apply(stack(), report)
      .catch((caught: unknown) => caught);
    expect(formatError(error, false)).toBe(
      'release istiod of local-mesh failed and was rolled back\n  admission webhook "validation.istio.io" denied the request\nTo go on:\n  aks-istio up local',
    );
  });

  test('takes away in reverse order, and only what is there', async () => {
    const cluster = new FakeCluster();
    await engine(cluster).apply(stack(), report);
    cluster.releases.delete('istio-system/istiod');
    cluster.calls.length = 0;
    await engine(cluster).destroy(stack(), report);
    expect(cluster.calls).toEqual(['uninstall istio-system/istio-base', 'uninstall default/local-mesh-objects']);
  });
});

test('the direct engine takes away what a stack no longer declares, and nothing of another stack', async () => {
  const cluster = new FakeCluster();
  const engine = new DirectEngine(cluster.tools, 'aks-istio up local', false);
  const report = (): void => undefined;
  const map = (name: string) => ({ kubernetes_config_map_v1: { map: { metadata: { name, namespace: 'bookinfo' } } } });
  await engine.apply(stackOf('local-mesh', map('mesh')), report);
  await engine.apply(stackOf('local-traffic', map('redis')), report);
  cluster.calls.length = 0;
  const without = stackOf('local-traffic', {});
  expect((await engine.plan(without)).changes).toEqual([{ action: 'delete', title: 'ConfigMap redis', namespace: 'bookinfo', details: [] }]);
  expect(await engine.apply(without, report)).toEqual({ changed: true, summary: '1 release: 1 uninstalled' });
  expect(cluster.calls).toEqual(['uninstall default/local-traffic-objects']);
  expect(await engine.apply(without, report)).toMatchObject({ changed: false });
  await engine.apply(stackOf('local-traffic', map('redis')), report);
  cluster.calls.length = 0;
  await engine.destroy(without, report);
  expect(cluster.calls).toEqual(['uninstall default/local-traffic-objects']);
});

describe('the terraform engine', () => {
  const log = path.join(folder, 'terraform.log');
  const report = (): void => undefined;
  /** Answers as Terraform does; `plan` is a script of its own for each test. */
  const terraform = (plan: string, more = ''): string =>
    executable(
      'terraform',
      `echo "$1 \${2#-auto}" | sed 's/ -input.*//' >> ${log}
${more}
case "$1" in
  state) [ -f known ] && cat known; exit 0 ;;
  plan) ${plan} ;;
  apply) echo 'Apply complete! Resources: 2 added, 1 changed, 0 destroyed.' ;;
  destroy) echo 'Destroy complete! Resources: 3 destroyed.' ;;
esac`,
    );
  const calls = (): string[] => fs.readFileSync(log, 'utf8').trim().split('\n').map((line) => line.split(' ')[0]);
  const engine = (program: string, cluster = new FakeCluster(), previousCrashed = false) =>
    new TerraformEngine({ environment: 'local', tools: () => Promise.resolve(cluster.tools), programs: { terraform: program }, resume: 'aks-istio up local', previousCrashed });
  const stack = () => stackOf('tf-mesh', { kubernetes_config_map_v1: { map: { metadata: { name: 'map', namespace: 'shop' } } } });
  const imports = (): string => path.join(stack().dir, 'import.tf.json');
  beforeEach(() => {
    fs.rmSync(log, { force: true });
    fs.rmSync(path.join(stack().dir, 'known'), { force: true });
  });

  test('init, look, plan, apply of the plan; nothing to apply where the plan is empty', async () => {
    expect(await engine(terraform('exit 2')).apply(stack(), report)).toEqual({ changed: true, summary: '2 added, 1 changed, 0 destroyed' });
    expect(calls()).toEqual(['init', 'state', 'plan', 'apply']);
    fs.rmSync(log);
    expect(await engine(terraform('exit 0')).apply(stack(), report)).toEqual({ changed: false, summary: 'no changes' });
    expect(calls()).toEqual(['init', 'state', 'plan']);
  });

  test('adopts what is ours and the state lacks, by import blocks that last for one apply', async () => {
    const cluster = new FakeCluster();
    cluster.objects.push({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'map', namespace: 'shop', labels: { 'app.kubernetes.io/managed-by': 'aks-istio' } } });
    const seen = path.join(folder, 'seen.json');
    const applied = await engine(terraform(`cp import.tf.json ${seen}; exit 2`), cluster).apply(stack(), report);
    expect(applied.summary).toContain('1 adopted');
    expect(JSON.parse(fs.readFileSync(seen, 'utf8'))).toEqual({ import: [{ to: 'kubernetes_config_map_v1.map', id: 'shop/map' }] });
    expect(fs.existsSync(imports())).toBe(false);
  });

  test('what the state knows is not looked for; what is not ours is refused by name before any plan', async () => {
    const cluster = new FakeCluster();
    cluster.objects.push({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'map', namespace: 'shop' } });
    await expect(engine(terraform('exit 2'), cluster).apply(stack(), report)).rejects.toThrow('ConfigMap shop/map: it exists and does not carry our field manager');
    expect(calls()).toEqual(['init', 'state']);
    fs.writeFileSync(path.join(stack().dir, 'known'), 'kubernetes_config_map_v1.map\n');
    expect((await engine(terraform('exit 0'), cluster).apply(stack(), report)).changed).toBe(false);
  });

  test('a lock of a run that died here is taken away once; anybody else keeps theirs', async () => {
    const me = `${os.userInfo().username}@${os.hostname()}`;
    const locked = `if [ ! -f ${folder}/unlocked ]; then printf 'Error: Error acquiring the state lock\\nLock Info:\\n  ID: 11-22\\n  Operation: OperationTypeApply\\n  Who: %s\\n' "$WHO" >&2; exit 1; fi; exit 0`;
    const unlock = `[ "$1" = force-unlock ] && touch ${folder}/unlocked`;
    process.env.WHO = 'colleague@host';
    const error = await engine(terraform(locked, unlock), undefined, true)
      .apply(stack(), report)
      .catch((caught: unknown) => caught);
    expect((error as CliError).next).toContain(`terraform -chdir=${stack().dir} force-unlock -force 11-22`);
    process.env.WHO = me;
    await expect(engine(terraform(locked, unlock), undefined, false).apply(stack(), report)).rejects.toThrow('is locked');
    fs.rmSync(log);
    expect((await engine(terraform(locked, unlock), undefined, true).apply(stack(), report)).changed).toBe(false);
    expect(calls()).toEqual(['init', 'state', 'plan', 'force-unlock', 'plan']);
  });

  test("a failing step tells the provider's error, where all of it is, and how to go on", async () => {
    const error = (await engine(terraform("printf '╷\\n│ Error: no such host\\n│ \\n│   with helm_release.x\\n╵\\n' >&2; exit 1"))
      .apply(stack(), report)
      .catch((caught: unknown) => caught)) as CliError;
    expect(error.what).toBe('terraform plan of tf-mesh failed');
    expect(error.why).toMatch(/^Error: no such host\n {2}with helm_release\.x\nAll of its output: .*tf-mesh-plan\.log$/);
    expect(error.next).toEqual(['aks-istio up local']);
  });

  test('destroys only what a state holds', async () => {
    expect(await engine(terraform('exit 0')).destroy(stack(), report)).toEqual({ changed: false, summary: 'nothing there' });
    fs.writeFileSync(path.join(stack().dir, 'known'), 'kubernetes_config_map_v1.map\n');
    expect(await engine(terraform('exit 0')).destroy(stack(), report)).toEqual({ changed: true, summary: '3 destroyed' });
  });
});

describe('an environment in Azure', () => {
  const CLUSTER = `/subscriptions/${GUID}/resourceGroups/dev-aks/providers/Microsoft.ContainerService/managedClusters/dev-aks`;
  const saved = { ...process.env };
  const settings = dev.cluster as { adminGroupObjectIds: readonly string[] };
  const { adminGroupObjectIds } = settings;
  const states = path.join(folder, 'states');
  const held = (stack: string, ...resources: object[]): void => {
    fs.mkdirSync(states, { recursive: true });
    fs.writeFileSync(path.join(states, `${stack}.json`), JSON.stringify({ version: 4, resources }));
  };
  const resource = (type: string, id = 'x', mode = 'managed') => ({ mode, type, name: 'one', instances: [{ attributes: { id } }] });
  let fakes: FakePrograms;

  /** A cloud that answers for the cluster as it is told to. */
  function cloud(show: Reply, kubectl: readonly Reply[] = [{ when: '*', stdout: 'yes' }]): void {
    fakes = new FakePrograms({
      terraform: [
        { when: 'init*' },
        { when: 'state pull*', also: `cat ${states}/$(basename "$PWD").json 2>/dev/null` },
        { when: 'state list*', also: `grep -q '"type"' ${states}/$(basename "$PWD").json && echo helm_release.one` },
        { when: 'plan*', code: 2 },
        { when: '*', also: 'echo "in $(basename "$PWD")" >>calls-here', stdout: 'Destroy complete! Resources: 3 destroyed.' },
      ],
      az: [show, { when: 'group exists*dev-aks --*', stdout: 'true' }, { when: 'group exists*', stdout: 'false' }, { when: 'aks get-credentials*', also: `printf 'current-context: a\ncontexts: [{name: a}]\n' >.aks-istio/dev/kubeconfig` }],
      kubelogin: [{ when: '*' }],
      kubectl,
      helm: [{ when: '*' }],
    });
    Object.assign(process.env, { ARM_SUBSCRIPTION_ID: '9b2c1f0a-5d0c-4d1e-8a55-6f3a0b3f6f0e', PATH: `${fakes.folder}:/usr/bin:/bin` });
  }
  const takeDown = (options: Partial<DownOptions> = {}): Promise<number> => down('dev', { yes: true, json: true, ...options }, new AbortController().signal);
  const changing = (): string[] => fakes.calls.filter((call) => /^terraform (destroy|apply|state rm)/.test(call)).map((call) => call.replace(/ -.*/, ''));
  const is = (powerState: string): Reply => ({ when: 'aks show*', stdout: powerState });
  const fails = (stderr: string): Reply => ({ when: 'aks show*', stderr, code: 3 });

  beforeEach(() => {
    jest.spyOn(process.stdout, 'write').mockReturnValue(true);
    settings.adminGroupObjectIds = [GUID];
    fs.rmSync(states, { recursive: true, force: true });
    held('dev-cluster', resource('azurerm_kubernetes_cluster', CLUSTER));
    held('dev-mesh', resource('azurerm_kubernetes_cluster', CLUSTER, 'data'), resource('helm_release'));
    held('dev-traffic', resource('helm_release'));
  });
  afterEach(() => {
    jest.restoreAllMocks();
    process.env = { ...saved };
    settings.adminGroupObjectIds = adminGroupObjectIds;
    fakes.remove();
  });

  test('goes down in reverse order through a cluster that answers', async () => {
    cloud(is('Running'), [{ when: '*get secrets*', stdout: { items: [] } }, { when: '*', stdout: '{"items":[]}' }]);
    expect(await takeDown()).toBe(0);
    expect(changing()).toEqual(['terraform destroy', 'terraform destroy', 'terraform destroy']);
    fakes.remove();
    cloud(is('Running'), [{ when: '*get secrets*', stdout: { items: [] } }, { when: '*', stdout: '{"items":[]}' }]);
    expect(await takeDown({ until: 'traffic' })).toBe(0);
    expect(changing()).toEqual(['terraform destroy']);
  });

  test('whose cluster is gone: the rest of its layer is destroyed, then the states above are emptied, a copy of each is kept', async () => {
    cloud(fails("ERROR: (ResourceGroupNotFound) Resource group 'dev-aks' could not be found.\nCode: ResourceGroupNotFound"));
    expect(await takeDown()).toBe(0);
    expect(changing()).toEqual(['terraform destroy', 'terraform state rm helm_release.one', 'terraform state rm data.azurerm_kubernetes_cluster.one helm_release.one']);
    // Asked where its own state says that the cluster is, not where today's settings would look.
    expect(fakes.calls.find((call) => call.startsWith('az aks show'))).toContain(`--subscription ${GUID}`);
    expect(fakes.calls.some((call) => /^(kubectl|kubelogin)/.test(call))).toBe(false);
    expect(fs.readdirSync('.aks-istio/dev/forgotten').map((name) => name.slice(0, 8))).toEqual(['dev-mesh', 'dev-traf']);
  });

  test.each<[string, () => void, string]>([
    ['nobody can tell', () => cloud(fails('ERROR: Please run az login to setup account.')), 'nobody can tell whether AKS cluster dev-aks in resource group dev-aks is there: nothing was destroyed'],
    ['it is stopped', () => cloud(is('Stopped')), 'is stopped: nothing was destroyed'],
    ['it lets nobody in', () => cloud(is('Running'), [{ when: '*', stderr: 'error: You must be logged in to the server (Unauthorized)', code: 1 }]), 'cannot be entered: nothing was destroyed'],
  ])('is left alone where %s', async (_case, given, message) => {
    given();
    const error = (await takeDown({ engine: 'terraform' }).catch((caught: unknown) => caught)) as CliError;
    expect(error.message).toContain(message);
    expect(error.next).toContain('aks-istio down dev --yes --json --engine terraform');
    expect(changing()).toEqual([]);
  });

  test('may lose its cluster without anybody entering it, where asked', async () => {
    cloud(is('Stopped'));
    expect(await takeDown({ clusterOnly: true })).toBe(0);
    expect(changing()[0]).toBe('terraform destroy');
    expect(changing().slice(1).every((call) => call.startsWith('terraform state rm'))).toBe(true);
    await expect(takeDown({ clusterOnly: true, until: 'mesh' })).rejects.toThrow('with --until mesh the cluster stays');
  });

  test('that is protected is not even begun, and what stays in Azure is named', async () => {
    cloud(is('Running'));
    (dev.cluster as { preventDestroy?: boolean }).preventDestroy = true;
    try {
      await expect(takeDown()).rejects.toThrow('dev protects its cluster, network and address: nothing was destroyed');
      expect(fakes.calls).toEqual([]);
    } finally {
      delete (dev.cluster as { preventDestroy?: boolean }).preventDestroy;
    }
    expect(await takeDown({ clusterOnly: true })).toBe(0);
    const printed = (process.stdout.write as unknown as jest.Mock<boolean, [string]>).mock.calls.map(([text]) => text).join('');
    expect(JSON.parse(printed)).toMatchObject({ notes: ['Left in Azure: resource group dev-aks. To remove it with all in it: az group delete --name dev-aks'] });
  });

  test('with nothing in the cluster asks nobody about it', async () => {
    ['dev-mesh', 'dev-traffic'].forEach((name) => held(name));
    cloud(fails('ERROR: Please run az login to setup account.'));
    expect(await takeDown()).toBe(0);
    expect(changing()).toEqual(['terraform destroy']);
  });

  test('waits for what the Istio add-on makes by itself, for a while', async () => {
    const tries = path.join(folder, 'tries-addon');
    const late = `echo x >>${tries}; [ $(wc -l <${tries}) -gt 2 ] && exit 0`;
    cloud(is('Running'), [
      { when: '*get service aks-istio-ingressgateway-external --namespace aks-istio-ingress*', also: late, stderr: 'Error from server (NotFound): services not found', code: 1 },
      { when: '*get namespace aks-istio-system*', stdout: 'aks-istio-system' },
    ]);
    const session = new Session('dev', { mesh: 'addon' }, new AbortController().signal);
    const lines: string[] = [];
    expect(await waitForAddon(session, 'aks-istio up dev', (line) => lines.push(line), { pauseSeconds: 0.01 })).toMatch(/^there/);
    expect(lines).toEqual(Array(2).fill('waiting for the Istio add-on, 0 s: service aks-istio-ingressgateway-external missing'));
    fs.rmSync(tries);
    const never = waitForAddon(session, 'aks-istio up dev', () => undefined, { longestSeconds: 0, pauseSeconds: 0.01 });
    await expect(never).rejects.toThrow('aks-istio-ingressgateway-external missing: Error from server (NotFound)');
  });

  test('waits for the roles that its cluster layer has just given, for a while', async () => {
    const tries = path.join(folder, 'tries');
    const late = `echo x >>${tries}; [ $(wc -l <${tries}) -gt 2 ] && { echo yes; exit 0; }`;
    const refused: Reply = { when: '*auth can-i*', also: late, stderr: 'Error from server (Forbidden): the user does not have authorization', code: 1 };
    cloud(is('Running'), [refused]);
    const session = new Session('dev', {}, new AbortController().signal);
    const lines: string[] = [];
    expect(await waitForRights(session, 'aks-istio up dev', (line) => lines.push(line), { pauseSeconds: 0.01 })).toMatch(/^given/);
    expect(lines).toHaveLength(2);
    expect(lines[0]).toContain('waiting for the roles to take effect');
    fs.rmSync(tries);
    await expect(waitForRights(session, 'aks-istio up dev', () => undefined, { longestSeconds: 0, pauseSeconds: 0.01 })).rejects.toThrow('did not let you in within 0 s');
    fakes.remove();
    cloud(is('Running'), [{ when: '*', stderr: 'Unable to connect to the server: dial tcp 20.1.2.3:443: i/o timeout', code: 1 }]);
    const other = new Session('dev', {}, new AbortController().signal);
    await expect(waitForRights(other, 'aks-istio up dev', () => undefined)).rejects.toThrow('does not answer');
    // The name of a private API server does not come, however long anybody waits outside its network.
    fakes.remove();
    cloud(is('Running'), [{ when: '*', stderr: 'dial tcp: lookup dev.privatelink.westeurope.azmk8s.io: no such host', code: 1 }]);
    (dev.cluster as { privateApiServer?: boolean }).privateApiServer = true;
    const inside = new Session('dev', {}, new AbortController().signal);
    delete (dev.cluster as { privateApiServer?: boolean }).privateApiServer;
    await expect(waitForRights(inside, 'aks-istio up dev', () => undefined)).rejects.toThrow('no such host');
  });
});

describe('programs', () => {
  test('end in time, and say how they ended', async () => {
    await expect(run('sh', ['-c', 'echo why >&2; exit 3'])).rejects.toMatchObject({ code: 3, stderr: 'why\n' });
    expect((await run('sh', ['-c', 'cat; exit 3'], { input: 'in', okCodes: [3] })).stdout).toBe('in');
    await expect(run('sh', ['-c', 'sleep 20'], { timeoutSeconds: 0.1 })).rejects.toThrow('did not end within 0.1 s');
  });

  test('receive one SIGINT when the command is interrupted, and may put their things in order', async () => {
    const controller = new AbortController();
    const file = path.join(folder, 'tidy');
    const running = run('sh', ['-c', `trap 'echo tidy >> ${file}; exit 1' INT; echo ready; while :; do sleep 0.02; done`], {
      signal: controller.signal,
      onLine: () => controller.abort(),
    });
    await expect(running).rejects.toThrow(Interrupted);
    expect(fs.readFileSync(file, 'utf8')).toBe('tidy\n');
    await expect(run('true', [], { signal: controller.signal })).rejects.toThrow(Interrupted);
  });

  test('reach the cluster of the environment and no other', async () => {
    const kubeconfig = path.join(folder, 'kubeconfig');
    fs.writeFileSync(kubeconfig, 'current-context: one\ncontexts: [{ name: one }, { name: two }]\n');
    const kubectl = executable('kubectl', 'echo "$@ | $KUBECONFIG | $KUBE_HOST"');
    process.env.KUBE_HOST = 'https://elsewhere';
    const access = { kind: 'kubeconfig', path: kubeconfig } as const;
    const tools = await openCluster({ environment: 'local', access, programs: { kubectl } });
    expect((await tools.kubectl(['get', 'pods'])).stdout).toBe(`--kubeconfig ${kubeconfig} --context one get pods | ${kubeconfig} | \n`);
    expect(cleanEnvironment()).toMatchObject({ KUBECONFIG: '/dev/null' });
    delete process.env.KUBE_HOST;
    await expect(openCluster({ environment: 'local', access: { ...access, context: 'three' }, programs: { kubectl } })).rejects.toThrow('The file knows: one, two');
    await expect(openCluster({ environment: 'local', access: { kind: 'kubeconfig', path: '/nowhere' }, programs: { kubectl } })).rejects.toThrow('kubeconfig /nowhere not found');
  });
});

describe('runs', () => {
  const file = path.join(folder, 'runs', 'local.json');
  const say: string[] = [];
  const acquire = () => acquireRunLock('local', file, 'aks-istio up local', (line) => say.push(line));

  test('one that ended well leaves nothing, one that failed leaves a trace', async () => {
    const first = await acquire();
    expect(first.previousCrashed).toBe(false);
    first.release();
    const failed = await acquire();
    expect(failed.previousCrashed).toBe(false);
    const next = await acquire();
    expect(next.previousCrashed).toBe(true);
    next.release();
  });

  test('a living one keeps others out; the programs of a dead one are ended', async () => {
    const other = spawn('sleep', ['30'], { detached: true });
    const record = (pid: number, children: object[]) => fs.writeFileSync(file, JSON.stringify({ pid, command: 'aks-istio up local', since: 'then', children }));
    record(other.pid!, []);
    await expect(acquire()).rejects.toThrow(`process ${other.pid} (aks-istio up local) since then`);
    const ended = new Promise((resolve) => other.on('exit', (_code, signal) => resolve(signal)));
    record(2 ** 22 + 1, [{ pid: other.pid, command: 'helm upgrade --install istiod' }]);
    (await acquire()).release();
    expect(await ended).toBe('SIGINT');
    expect(say.join()).toContain('ending helm upgrade --install');
  });

  test('are recorded by cluster, not by folder', () => {
    const access = { kind: 'kubeconfig', path: '/a' } as const;
    expect(runFile('local', access)).not.toBe(runFile('local', { ...access, path: '/b' }));
    expect(path.isAbsolute(runFile('local', access))).toBe(true);
  });
});

describe('steps of the local cluster', () => {
  test('those that are done are not shown; time left is of all that follow', async () => {
    const ran: string[] = [];
    const step = (id: string, done: boolean, estimateSeconds: number) => ({
      ...{ id, title: id, estimateSeconds, isDone: () => Promise.resolve(done) },
      run: () => Promise.resolve(void ran.push(id)),
    });
    const tasks = await stepTasks([step('a', true, 10), step('b', false, 20), step('c', true, 5), step('d', false, 60)], new AbortController().signal);
    expect(tasks.map((task) => task.title)).toEqual(['b (about 20 s)', 'c', 'd (about 1 min 0 s)']);
    for (const task of tasks) {
      await task.run({ report: () => undefined });
    }
    expect(ran).toEqual(['b', 'd']);
    expect(await stepTasks([step('a', true, 10)], new AbortController().signal)).toEqual([]);
    expect(progress(5, 20, [{ estimateSeconds: 60 }])).toBe('5.0 s, about 1 min 20 s left');
    expect(duration(200)).toBe('3 min 20 s');
  });
});

describe('what an environment needs', () => {
  test('programs by engine and cluster', () => {
    expect(neededPrograms(loadEnvironment('local'), 'direct')).toEqual(['helm', 'kubectl']);
    expect(neededPrograms(loadEnvironment('dev', { flavor: 'addon' }), 'terraform')).toEqual(['terraform', 'kubectl', 'az', 'kubelogin']);
  });

  test('Azure settings, all at once', () => {
    const check = () => requireAzureSettings(loadEnvironment('dev'), 'aks-istio up dev', {});
    expect(check).toThrow(/ARM_SUBSCRIPTION_ID/);
    expect(check).toThrow(/AKS_ADMIN_GROUP_ID/);
    expect(() => requireAzureSettings(loadEnvironment('local'), '', {})).not.toThrow();
  });

  test('the command to go on keeps what was chosen, quoted', () => {
    const options = { engine: 'auto', scenario: 'all-v1', kubeconfig: '/my files/k', json: true } as const;
    expect(commandLine('up', 'local', options)).toBe("aks-istio up local --scenario all-v1 --kubeconfig '/my files/k'");
    expect(commandLine('scenario', 'local', { ...options, engine: 'direct', kubeconfig: undefined }, ['jason-v2'])).toBe('aks-istio scenario local jason-v2 --engine direct');
    expect(repeatCommand('down', 'dev', { until: undefined, clusterOnly: true, yes: false })).toBe('aks-istio down dev --cluster-only');
  });

  test.each<[string, readonly string[]]>([
    ['command.md', ['up', 'plan', 'verify', 'scenario', 'status', 'down']],
    ['doctor.md', ['doctor']],
    ['verify.md', ['verify']],
    ['state.md', ['bootstrap']],
    ['graph.md', ['graph']],
    ['simulate.md', ['simulate']],
    ['check.md', ['check']],
    ['pipelines.md', ['plan-comment']],
  ])('docs/%s names every option of %j', (page, names) => {
    const text = ['command.md', page].map((file) => fs.readFileSync(path.join(before, 'docs', file), 'utf8')).join('\n');
    const commands = buildProgram(() => Promise.resolve()).commands.filter((command) => names.includes(command.name()));
    const options = commands.flatMap((command) => command.options.map((option) => option.long!));
    expect(options.filter((option) => !text.includes(option))).toEqual([]);
    expect(names.filter((name) => !text.includes(`\`aks-istio ${name} <`))).toEqual([]);
  });

  describe('the command to go on takes every option', () => {
    /** Options as a command hands them to what it does. */
    const parsed = async (line: readonly string[]): Promise<object> => {
      let given: object = {};
      const program = buildProgram((_action, options) => Promise.resolve(void (given = options)));
      await program.parseAsync([...line], { from: 'user' });
      return given;
    };
    const VALUES: Readonly<Record<string, string>> = { url: 'http://127.0.0.1:8080', istio: '1.29', header: 'a=b', claim: 'a=b', fromLabel: 'a=b' };
    const commands = buildProgram(() => Promise.resolve()).commands;

    test.each(commands.map((command) => [command.name(), command] as const))('of %s', async (name, command) => {
      const values = command.options.flatMap((option) => [option.long!, ...(option.isBoolean() || option.negate ? [] : [option.argChoices?.at(-1) ?? VALUES[option.attributeName()] ?? 'some/value'])]);
      const options = await parsed([name, 'local', ...values]);
      expect(Object.keys(options).sort()).toEqual(command.options.map((option) => option.attributeName()).sort());
      const [, ...again] = repeatCommand(name, 'local', options).split(' ');
      expect(await parsed(again)).toEqual(options);
    });

    test('in what the doctor says, too', () => {
      const finding = { area: 'Cluster', subject: 'AKS', verdict: 'warning', detail: 'x', mend: ['`aks-istio up dev` brings them there'] } as const;
      expect(withOptions(finding, 'dev', { mesh: 'addon', engine: 'terraform' }).mend).toEqual(['`aks-istio up dev --mesh addon --engine terraform` brings them there']);
    });

    test.each(['up', 'plan', 'verify', 'scenario', 'status', 'down', 'doctor', 'graph', 'simulate', 'bootstrap'])('that %s shares with others', async (name) => {
      const [, ...line] = commandLine(name, 'local', { mesh: 'helm', scenario: 'x', engine: 'direct', kubeconfig: 'k', context: 'c' }).split(' ');
      expect(await parsed(line)).toMatchObject({ mesh: 'helm' });
    });
  });
});

describe('the command line', () => {
  test.each([
    ['a pipe', {}, {}, false],
    ['a pipe in CI', {}, { CI: 'true' }, false],
    ['a pipe, asked for', {}, { FORCE_COLOR: '1' }, true],
    ['a terminal', { isTTY: true }, {}, true],
    ['a terminal, not wanted', { isTTY: true }, { NO_COLOR: '1', FORCE_COLOR: '1' }, false],
    ['a terminal, FORCE_COLOR=0', { isTTY: true }, { FORCE_COLOR: '0' }, false],
    ['a terminal that can do nothing', { isTTY: true }, { TERM: 'dumb' }, false],
  ])('colours for %s', (_name, stream, env, expected) => {
    expect(hasColors(stream, env)).toBe(expected);
  });

  const aksIstio = (args: string[], env: NodeJS.ProcessEnv = {}) => {
    const result = spawnSync(process.execPath, [bin, ...args], { cwd: folder, encoding: 'utf8', env: { PATH: process.env.PATH, HOME: folder, XDG_CACHE_HOME: folder, ...env } });
    return { code: result.status, stdout: result.stdout, stderr: result.stderr };
  };

  test('help lists the commands and the exit codes, quickly', () => {
    const { code, stdout } = aksIstio(['--help']);
    expect(code).toBe(0);
    expect(['up', 'plan', 'verify', 'scenario', 'status', 'down'].filter((name) => !new RegExp(`^ {2}${name} `, 'm').test(stdout))).toEqual([]);
    expect(stdout).toMatch(/^ {2}2 .*plan: there are changes; check: some input cannot be read$/m);
  });

  describe('a mistake in the command is code 64, and says what is meant', () => {
    let said: string;
    beforeEach(() => {
      said = '';
      jest.spyOn(process.stderr, 'write').mockImplementation((text) => (said += String(text)) !== '');
    });
    afterEach(() => {
      jest.restoreAllMocks();
      process.exitCode = 0;
    });

    test.each<[string, string]>([
      ['up local --engine magic', 'Allowed choices are auto, terraform, direct'],
      ['graph constructor', '"constructor": there is no environment of this name'],
      ['verify lcal', 'Perhaps `local` is meant'],
      ['plan local --scenario reviews-9010', 'Perhaps `reviews-90-10` is meant'],
      ['scenario local jason-v9', 'Perhaps `jason-v2` is meant'],
      ['up local --mesh addon', 'the Istio add-on exists only on AKS'],
      ['up dev --kubeconfig /k', 'environments/dev.ts brings its own cluster'],
      ['up local --context kind', 'Add --kubeconfig FILE'],
      ['verify local --url localhost', 'An address looks like http://127.0.0.1:8080'],
      ['down local --cluster-only', 'leave the cluster: aks-istio down local\n'],
      ['down dev --until mesh --cluster-only --yes', 'the layers from traffic to mesh, and leave the cluster: aks-istio down dev --until mesh --yes\n'],
      ['bootstrap local', 'has no use for state in Azure'],
      ['check x.yaml --flavor linkerd', 'Allowed choices are helm, addon'],
    ])('%s', async (line, message) => {
      await main(['node', 'aks-istio', ...line.split(' ')]);
      expect(said).toContain(message);
      expect(process.exitCode).toBe(64);
    });

    test('with a stack trace where that was asked for', async () => {
      await main(['node', 'aks-istio', 'up', 'nowhere', '--verbose']);
      expect(said).toMatch(/one of local, dev, prod[^]*\n {4}at /);
    });

    test.each([{ port: 'abc' }, { header: ['x'] }])('simulate: %j', (options) => {
      expect(() => requestOf(new MeshModel([]), options)).toThrow(expect.objectContaining({ exitCode: 64 }) as Error);
    });

    test('but a folder or a pipe with nothing to check is code 2, since a pipeline with a wrong path must not pass', async () => {
      const write = jest.spyOn(process.stdout, 'write').mockReturnValue(true);
      fs.mkdirSync('nothing', { recursive: true });
      await main(['node', 'aks-istio', 'check', 'nothing']);
      expect(write.mock.calls.join('')).toContain('no YAML or JSON file is in this folder');
      expect(process.exitCode).toBe(2);
      expect(checkSources(readSources(['-'], () => '\n').sources).unreadable).toEqual([{ file: 'stdin', why: 'no Kubernetes object is in it' }]);
    });

    test('but one in an environment that cdktf synthesises is a message without a stack trace, and code 1', () => {
      process.env.ENVIRONMENT = 'dve';
      try {
        require('../main');
      } finally {
        delete process.env.ENVIRONMENT;
      }
      expect(said).toMatch(/^There is no such environment:\n.*Perhaps `dev` is meant\.\n$/);
      expect(process.exitCode).toBe(1);
    });
  });

  test('a failure is code 1, what, why and how to go on, and a stack trace only when asked for', () => {
    const plain = aksIstio(['up', 'dev']);
    expect(plain.code).toBe(1);
    expect(plain.stderr).toContain('export ARM_SUBSCRIPTION_ID=');
    expect(plain.stderr).not.toContain('    at ');
  });

  test('plan names layers whose cluster does not exist yet, in code 2; status says that there is none', async () => {
    const saved = { ...process.env };
    Object.assign(process.env, { HOME: folder, XDG_CACHE_HOME: folder });
    const said: string[] = [];
    const write = jest.spyOn(process.stdout, 'write').mockImplementation((text) => said.push(String(text)) > 0);
    try {
      expect(await plan('local', { engine: 'auto', json: true }, new AbortController().signal)).toBe(2);
      const { layers } = JSON.parse(said.join('')) as { layers: { stack: string; unknown?: string }[] };
      expect(layers.map(({ stack, unknown }) => `${stack}: ${typeof unknown}`)).toEqual(['local-mesh: string', 'local-bookinfo: string', 'local-traffic: string']);
      await expect(status('local', { engine: 'auto' }, new AbortController().signal)).rejects.toThrow('the local cluster is not running');
    } finally {
      write.mockRestore();
      process.env = saved;
    }
  });
});
