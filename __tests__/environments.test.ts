import * as fs from 'node:fs';
import * as path from 'node:path';
import { checkEnvironment, environmentNames, environmentSchema, loadEnvironment } from '../environments';
import { selectEnvironments } from '../environments';

const aks = { kind: 'aks', location: 'westeurope', dnsLabel: 'bookinfo-test', adminGroupObjectIds: ['3f2504e0-4f89-41d3-9a0c-0305e82c3301'] };
const valid = { name: 'test', cluster: aks, mesh: { flavor: 'helm', helm: { version: '1.29.1' }, addon: { revisions: ['asm-1-30'] } } };

function problemsOf(input: unknown): string {
  try {
    checkEnvironment(input, 'environments/test.ts');
  } catch (error) {
    return (error as Error).message;
  }
  return 'no problem';
}

describe('an environment file', () => {
  test('is filled with defaults', () => {
    expect(checkEnvironment(valid, 'environments/test.ts')).toMatchObject({
      bookinfo: { namespace: 'bookinfo', tag: '1.20.3' },
      traffic: { scenario: 'all-v1' },
      state: { kind: 'local' },
    });
  });

  test('reports every problem at once, each with its path and value', () => {
    const message = problemsOf({
      ...valid,
      name: 'Test',
      cluster: { ...aks, kubernetesVersion: '1.35.2', nodes: 3 },
      mesh: { flavor: 'linkerd', helm: { version: 'latest' } },
    });
    expect(message.split('\n')).toHaveLength(6);
    expect(message).toContain('environments/test.ts: name: "Test": must be 2 to 20 lower-case letters');
    expect(message).toContain('environments/test.ts: cluster.kubernetesVersion: "1.35.2": must be a minor version');
    expect(message).toContain('environments/test.ts: cluster.nodes: there is no such key. Remove it, or look its name up');
    expect(message).toContain('mesh.flavor: "linkerd": must be \'helm\' or \'addon\'. Choose one of helm, addon.');
    expect(message).toContain('environments/test.ts: mesh.helm.version: "latest": must be an Istio version such as 1.29.1');
  });

  test('names what is missing', () => {
    expect(problemsOf({ name: 'test', mesh: valid.mesh })).toContain('environments/test.ts: cluster: is required');
  });

  test('a mistake in one place does not hide those in others, nor between fields', () => {
    const message = problemsOf({
      ...valid,
      cluster: { ...aks, location: 'West Europe', userPool: { vmSize: 'Standard_D2ds_v5', min: 3, max: 1 } },
      mesh: { flavor: 'addon', helm: { version: 'latest' } },
      traffic: { externalHost: 'Bad_host', scenario: 'reviews-9010' },
    });
    expect(message.split('\n').slice(1).map((line) => line.split(': ')[1])).toEqual([
      ...['cluster.location', 'mesh.helm.version', 'traffic.externalHost', 'mesh.flavor', 'cluster.userPool', 'traffic.scenario'],
    ]);
  });

  test.each<[string, object, string]>([
    ['a word in place of a group', { state: 'local' }, "state: \"local\": must be a group of settings. Write { kind: 'local' }"],
    ['another word', { state: { kind: 'lokal' } }, "must be 'local' or 'azurerm'. Perhaps `local` is meant"],
    ['a number in place of a text', { cluster: { ...aks, kubernetesVersion: 1.35 } }, "must be a text. Write it in quotes: '1.35'"],
    ['a text in place of a number', { bookinfo: { replicas: '2' } }, 'must be a number. Write it without quotes: 2'],
    ['a number out of its range', { bookinfo: { replicas: 0.5 } }, 'bookinfo.replicas: 0.5: must be a whole number from 1 to 100. '],
    ['a text in place of a list', { foreignTags: 'owner' }, "must be a list. Write it in brackets: ['owner']"],
    ['a text in place of yes or no', { cluster: { ...aks, privateApiServer: 'no' } }, 'must be true or false. Write true or false, without quotes'],
    ['either', { cluster: { ...aks, gatewayApi: 'yes' } }, "must be 'managed' or a group of settings. Write 'managed' or { version: '1.4.0' }"],
    ['a text of another form', { cluster: { ...aks, kubernetesVersion: '1.35.2' } }, 'AKS chooses the patch. Write it like 1.35'],
    ['a misspelt key', { cluster: { ...aks, monitring: {} } }, 'cluster.monitring: there is no such key. Perhaps `monitoring` is meant'],
    ['a key of a small group', { bookinfo: { pods: 1 } }, 'Remove it, or choose one of namespace, registry, tag, replicas, networkPolicies'],
    ['nothing', { mesh: {} }, "mesh.flavor: is required. Add flavor: 'helm' or 'addon'"],
  ])('says in plain words what to write in place of %s', (_what, change, message) => {
    expect(problemsOf({ ...valid, ...change })).toContain(message);
  });

  test("names Istio's mesh-wide settings as Istio does", () => {
    const withFields = (meshConfig: object, more: object = {}) => problemsOf({ ...valid, mesh: { ...valid.mesh, meshConfig, ...more } });
    expect(withFields({ accesLogFile: '/dev/stdout' })).toContain('meshConfig.accesLogFile: "/dev/stdout": MeshConfig has no field of this name, and istiod would ignore it. Perhaps `accessLogFile` is meant');
    expect(withFields({ defaultConfig: { concurency: 2 } })).toContain('Perhaps `concurrency` is meant');
    expect(withFields({ brandNew: 1 })).toContain('mesh.helm.values.istiod.meshConfig, which is not checked');
    expect(withFields({ access_log_file: '/dev/stdout', meshMTLS: {}, mesh_mTLS: {} })).toBe('no problem');
    // A later Istio may have more fields, but not these misspellings.
    const later = { helm: { version: '1.99.0' } };
    expect(withFields({ brandNew: 1 }, later)).toBe('no problem');
    expect(withFields({ accesLogFile: '' }, later)).toContain('accessLogFile');
    // The add-on refuses it anyway: once is enough.
    expect(withFields({ accesLogFile: '' }, { flavor: 'addon' }).split('\n')).toHaveLength(2);
  });

  test('refuses the add-on on a cluster that a kubeconfig names', () => {
    const message = problemsOf({ ...valid, cluster: { kind: 'kubeconfig', path: '/kubeconfig' }, mesh: { ...valid.mesh, flavor: 'addon' } });
    expect(message).toContain('mesh.flavor: "addon": the Istio add-on exists only on AKS');
    expect(message).toContain("Use flavor 'helm'");
  });

  test('refuses mesh settings that the add-on blocks, naming each', () => {
    const message = problemsOf({
      ...valid,
      mesh: { ...valid.mesh, flavor: 'addon', meshConfig: { rootNamespace: 'x', enableAutoMtls: false, accessLogFile: '/dev/stdout' } },
    });
    expect(message).toContain('meshConfig.rootNamespace');
    expect(message).toContain('meshConfig.enableAutoMtls');
    expect(message).not.toContain('accessLogFile');
  });

  test('needs the section of the flavour it chooses', () => {
    expect(problemsOf({ ...valid, mesh: { flavor: 'addon', helm: { version: '1.29.1' } } })).toContain(
      "needs the section mesh.addon. Add mesh.addon: { revisions: ['asm-1-30'] }",
    );
  });

  test('has pools whose maximum is not less than their minimum', () => {
    expect(problemsOf({ ...valid, cluster: { ...aks, userPool: { vmSize: 'Standard_D2ds_v5', min: 3, max: 1 } } })).toContain('cluster.userPool');
  });
});

test('docs/environments.md names every key', () => {
  const page = fs.readFileSync(path.join(__dirname, '../docs/environments.md'), 'utf8');
  const words = new Set([...page.matchAll(/`[^`\n]+`/g)].flatMap(([code]) => code.match(/\w+/g) ?? []));
  // Types of the library say little of what they hold: any object with entries, whatever wraps it.
  const keys = (schema: unknown): string[] => {
    const { entries, wrapped, item, value, options, pipe } = schema as Partial<Record<string, unknown>>;
    const inner = [wrapped, item, value, ...((options as unknown[]) ?? []), ...((pipe as unknown[]) ?? []).slice(0, 1)];
    const below = inner.filter((one) => typeof one === 'object' && one !== schema).flatMap(keys);
    return [...Object.entries(entries ?? {}).flatMap(([key, one]) => [key, ...keys(one)]), ...below];
  };
  const all = [...new Set(keys(environmentSchema))];
  expect(all.length).toBeGreaterThan(100);
  expect(all.filter((key) => !words.has(key))).toEqual([]);
});

describe('choosing environments', () => {
  test('knows local, dev and prod', () => {
    expect(environmentNames()).toEqual(['local', 'dev', 'prod']);
  });

  test('an unknown name lists those that exist', () => {
    expect(() => loadEnvironment('staging')).toThrow('"staging": there is no environment of this name. Choose one of local, dev, prod, or add environments/staging.ts');
  });

  test('a flavour given for all is taken by those that can', () => {
    expect(selectEnvironments({ flavor: 'addon' }).map(({ name, mesh }) => `${name} ${mesh.flavor}`)).toEqual(['local helm', 'dev addon', 'prod addon']);
  });

  test('a flavour given with a name that cannot take it is an error', () => {
    expect(() => selectEnvironments({ environment: 'local', flavor: 'addon' })).toThrow('the Istio add-on exists only on AKS');
  });

  test('an unknown flavour is an error', () => {
    expect(() => selectEnvironments({ flavor: 'linkerd' })).toThrow('"linkerd": must be one of helm, addon');
  });

  test('a kubeconfig is for the environment that has no cluster of its own', () => {
    expect(loadEnvironment('local', { kubeconfig: '/k', context: 'kind' }).cluster).toMatchObject({ path: '/k', context: 'kind' });
    expect(() => loadEnvironment('dev', { kubeconfig: '/k' })).toThrow('environments/dev.ts brings its own cluster');
  });

  test("the node's own context means the node, in whatever file it stands", () => {
    const { cluster, mesh } = loadEnvironment('local', { kubeconfig: '/copy', context: 'aks-istio-local' });
    expect(cluster).toMatchObject({ path: '/copy' });
    expect(mesh.helm?.charts.kind).toBe('folder');
    expect(loadEnvironment('local', { kubeconfig: '/k', context: 'kind' }).mesh.helm?.charts.kind).toBe('repository');
  });
});
