import { checkEnvironment, environmentNames, loadEnvironment } from '../environments';
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
    expect(message).toContain('environments/test.ts: cluster.nodes: there is no such key. Remove it');
    expect(message).toContain('mesh.flavor: "linkerd": must be ("helm" | "addon")');
    expect(message).toContain('environments/test.ts: mesh.helm.version: "latest": must be an Istio version such as 1.29.1');
  });

  test('names what is missing', () => {
    expect(problemsOf({ name: 'test', mesh: valid.mesh })).toContain('environments/test.ts: cluster: is required');
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

describe('choosing environments', () => {
  test('knows local, dev and prod', () => {
    expect(environmentNames()).toEqual(['local', 'dev', 'prod']);
  });

  test('an unknown name lists those that exist', () => {
    expect(() => loadEnvironment('staging')).toThrow('"staging": must be one of local, dev, prod. Name one of them');
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
