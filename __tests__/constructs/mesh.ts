import { App, TerraformStack } from 'cdktf';
import { parse } from 'yaml';
import { existingAksCluster, kubeconfigCluster } from '../../constructs/cluster';
import { ClusterProviders, mergeValues, valuesYaml } from '../../constructs/kubernetes';
import { AksIstioAddon, AksIstioAddonProps, existingMesh, HelmIstio, HelmIstioProps, IMesh, MeshFeature } from '../../constructs/mesh';
import { ProblemError } from '../../constructs/validation';
import { onlyResource, resources, StackJson, synthStack } from '../synth';

const aks = existingAksCluster({
  name: 'dev-aks',
  resourceGroupName: 'dev-aks',
  ingressAddress: { publicIpName: 'dev-aks-ingress', resourceGroupName: 'dev-aks', hostName: 'bookinfo-dev.westeurope.cloudapp.azure.com' },
});
const kind = kubeconfigCluster({ path: '/kubeconfig', loadBalancer: false });

const PIP = 'service.beta.kubernetes.io/azure-pip-name';
const PIP_GROUP = 'service.beta.kubernetes.io/azure-load-balancer-resource-group';

function helm(props: Partial<HelmIstioProps> = {}): { mesh: HelmIstio; json: StackJson } {
  const cluster = props.cluster ?? aks;
  let mesh: HelmIstio | undefined;
  const json = synthStack((stack) => {
    new ClusterProviders(stack, 'Providers', { cluster, helm: true });
    mesh = new HelmIstio(stack, 'Istio', { cluster, version: '1.29.1', ...props });
  });
  return { mesh: mesh!, json };
}

function addon(props: Partial<AksIstioAddonProps> = {}): { mesh: AksIstioAddon; json: StackJson } {
  let mesh: AksIstioAddon | undefined;
  const json = synthStack((stack) => {
    new ClusterProviders(stack, 'Providers', { cluster: aks });
    mesh = new AksIstioAddon(stack, 'Istio', { cluster: aks, revisions: ['asm-1-30'], ...props });
  });
  return { mesh: mesh!, json };
}

interface ReleaseJson {
  readonly name: string;
  readonly chart: string;
  readonly namespace: string;
  readonly repository?: string;
  readonly version?: string;
  readonly values: [string];
  readonly depends_on: string[];
}

function releases(json: StackJson): Record<string, ReleaseJson> {
  const found = Object.values(resources(json, 'helm_release')) as unknown as ReleaseJson[];
  return Object.fromEntries(found.map((release) => [release.name, release]));
}

const valuesOf = (json: StackJson, release: string) => parse(releases(json)[release]!.values[0]);

function problemsOf(build: (stack: TerraformStack) => void): string[] {
  try {
    build(new TerraformStack(new App(), 'stack'));
  } catch (error) {
    return (error as ProblemError).problems.map(({ at }) => at);
  }
  return [];
}

describe('what differs between the flavours', () => {
  const contract = (mesh: IMesh) => ({
    rootNamespace: mesh.rootNamespace,
    injectionLabels: mesh.injectionLabels,
    version: mesh.version,
    ingressGateway: mesh.ingressGateway,
  });

  test('Helm', () => {
    expect(contract(helm().mesh)).toEqual({
      rootNamespace: 'istio-system',
      injectionLabels: { 'istio-injection': 'enabled' },
      version: '1.29.1',
      ingressGateway: {
        selector: { istio: 'ingress' },
        namespace: 'istio-ingress',
        serviceName: 'istio-ingress',
        serviceAccountName: 'istio-ingress',
        ports: [80, 443],
      },
    });
  });

  test('add-on', () => {
    const gateway = 'aks-istio-ingressgateway-external';
    expect(contract(addon().mesh)).toEqual({
      rootNamespace: 'aks-istio-system',
      injectionLabels: { 'istio.io/rev': 'asm-1-30' },
      version: '1.30',
      ingressGateway: { selector: { istio: gateway }, namespace: 'aks-istio-ingress', serviceName: gateway, serviceAccountName: gateway, ports: [80, 443] },
    });
  });

  test('a mesh that is there already', () => {
    expect(contract(existingMesh({ version: '1.28.3', revision: 'stable' }))).toEqual({
      rootNamespace: 'istio-system',
      injectionLabels: { 'istio.io/rev': 'stable' },
      version: '1.28.3',
      ingressGateway: undefined,
    });
  });

  test('the egress gateway of Helm is one only the cluster reaches, whatever the ingress is given', () => {
    const values = { gateway: { name: 'front', service: { type: 'NodePort' }, resources: { limits: { cpu: '1' } } } };
    const { mesh, json } = helm({ egressGateway: {}, gateway: { annotations: { a: 'b' } }, values });
    expect(mesh.egressGateway).toEqual({
      selector: { istio: 'egress' },
      namespace: 'istio-egress',
      serviceName: 'istio-egress',
      serviceAccountName: 'istio-egress',
      ports: [80, 443],
    });
    expect(valuesOf(json, 'istio-egress')).toMatchObject({ name: '', labels: { istio: 'egress' }, service: { type: 'ClusterIP' }, resources: { limits: { cpu: '1' } } });
    expect(valuesOf(json, 'istio-egress').service.annotations).toEqual({});
    expect(mesh.unsupported('EgressGateway')).toBeUndefined();
  });

  test.each<[MeshFeature, boolean, boolean]>([
    ['WorkloadEntry', true, false],
    ['WorkloadGroup', true, false],
    ['ProxyConfig', true, false],
    ['WasmPlugin', true, false],
    ['TrafficExtension', false, false],
    ['EnvoyFilter', true, true],
    ['TelemetryAccessLogFilter', true, false],
    ['TelemetryReportingInterval', true, false],
    ['IstioMetrics', true, true],
    ['GatewayPorts', true, false],
    ['EgressGateway', false, false],
    ['EastWestGateway', false, false],
    ['Ambient', false, false],
    ['MultiCluster', false, false],
  ])('%s: Helm %s, add-on %s', (feature, byHelm, byAddon) => {
    expect(helm().mesh.unsupported(feature) === undefined).toBe(byHelm);
    const limit = addon().mesh.unsupported(feature);
    expect(limit === undefined).toBe(byAddon);
    if (limit) {
      expect({ reason: limit.reason.length > 20, alternative: limit.alternative.length > 20, see: limit.see }).toEqual({
        reason: true,
        alternative: true,
        see: expect.stringContaining('https://learn.microsoft.com/'),
      });
    }
  });

  test('TrafficExtension comes with 1.30', () => {
    expect(helm({ version: '1.30.5' }).mesh.unsupported('TrafficExtension')).toBeUndefined();
  });
});

describe('HelmIstio', () => {
  test('installs each chart when what it needs is ready', () => {
    const { json } = helm({ trafficRedirection: 'cni' });
    const ids = Object.fromEntries(Object.entries(resources(json, 'helm_release')).map(([id, { name }]) => [`helm_release.${id}`, name]));
    const namespaces = Object.fromEntries(
      Object.entries(resources(json, 'kubernetes_namespace_v1')).map(([id, { metadata }]) => {
        return [`kubernetes_namespace_v1.${id}`, (metadata as { name: string }).name];
      }),
    );
    const order = Object.fromEntries(
      Object.entries(releases(json)).map(([name, { depends_on }]) => [name, depends_on.map((id) => ids[id] ?? namespaces[id])]),
    );
    expect(order).toEqual({
      'istio-base': ['istio-system'],
      'istio-cni': ['istio-base'],
      istiod: ['istio-base', 'istio-cni'],
      'istio-ingress': ['istio-ingress', 'istiod'],
    });
  });

  test('applies every release as a whole, in namespaces of ours', () => {
    const { json } = helm();
    for (const release of Object.values(releases(json))) {
      expect(release).toMatchObject({ atomic: true, wait: true, upgrade_install: true, timeout: 600 });
      expect(release).not.toHaveProperty('create_namespace');
    }
  });

  test('takes charts from a repository, a registry or a folder', () => {
    const source = (charts: HelmIstioProps['charts']) => {
      const { repository, chart, version } = releases(helm({ charts }).json).istiod!;
      return { repository, chart, version };
    };
    expect(source(undefined)).toEqual({ repository: 'https://blob.istio.io/istio-release/charts', chart: 'istiod', version: '1.29.1' });
    expect(source({ kind: 'oci', url: 'oci://ghcr.io/istio/release/charts' })).toMatchObject({ repository: 'oci://ghcr.io/istio/release/charts', version: '1.29.1' });
    expect(source({ kind: 'folder', path: '/charts' })).toEqual({ repository: undefined, chart: '/charts/istiod', version: undefined });
  });

  test('names the images itself, whatever the charts say', () => {
    expect(valuesOf(helm().json, 'istiod').global).toEqual({ hub: 'docker.io/istio', tag: '1.29.1' });
    const { json } = helm({ hub: 'acr.example/istio', trafficRedirection: 'cni' });
    expect(valuesOf(json, 'istio-cni')).toMatchObject({ hub: 'acr.example/istio', tag: '1.29.1', global: { hub: 'acr.example/istio' } });
  });

  test('a revision goes into every chart, the release and the label', () => {
    const { mesh, json } = helm({ revision: '1-29-1' });
    expect(valuesOf(json, 'istio-base').defaultRevision).toBe('1-29-1');
    expect(valuesOf(json, 'istiod-1-29-1').revision).toBe('1-29-1');
    expect(valuesOf(json, 'istio-ingress').revision).toBe('1-29-1');
    expect(mesh.injectionLabels).toEqual({ 'istio.io/rev': '1-29-1' });
  });

  test('binds the gateway to the address of the cluster', () => {
    expect(valuesOf(helm().json, 'istio-ingress').service).toEqual({ type: 'LoadBalancer', annotations: { [PIP]: 'dev-aks-ingress', [PIP_GROUP]: 'dev-aks' } });
  });

  test('asks for no load balancer where there is none', () => {
    expect(valuesOf(helm({ cluster: kind }).json, 'istio-ingress').service).toEqual({ type: 'NodePort', annotations: {} });
  });

  test('the gateway can be called otherwise, also by its own values', () => {
    const gateway = helm({
      gateway: { name: 'istio-edge', namespace: 'edge' },
      values: { gateway: { serviceAccount: { name: 'front' }, service: { ports: [{ port: 15021 }, { port: 31400 }] } } },
    }).mesh.ingressGateway;
    expect(gateway).toEqual({ selector: { istio: 'edge' }, namespace: 'edge', serviceName: 'istio-edge', serviceAccountName: 'front', ports: [31400] });
    expect(helm({ values: { gateway: { labels: { istio: 'front' } } } }).mesh.ingressGateway.selector).toEqual({ istio: 'front' });
  });

  test('values given win over ours, and what they change is told to the layers above', () => {
    const { mesh, json } = helm({
      meshConfig: { accessLogFile: '/dev/stdout', trustDomain: 'one.example' },
      values: { istiod: { global: { tag: '1.29.1-distroless' }, meshConfig: { trustDomain: 'two.example', rootNamespace: 'mesh' } } },
    });
    expect(valuesOf(json, 'istiod')).toMatchObject({
      global: { hub: 'docker.io/istio', tag: '1.29.1-distroless' },
      meshConfig: { accessLogFile: '/dev/stdout', trustDomain: 'two.example' },
    });
    expect({ trustDomain: mesh.trustDomain, rootNamespace: mesh.rootNamespace }).toEqual({ trustDomain: 'two.example', rootNamespace: 'mesh' });
  });

  test('the CNI plugin is an addition, with a namespace that lets it run', () => {
    const { mesh, json } = helm({ trafficRedirection: 'cni' });
    expect(mesh.trafficRedirection).toBe('cni');
    expect(valuesOf(json, 'istiod').pilot).toEqual({ cni: { enabled: true } });
    const [system] = Object.values(resources(json, 'kubernetes_namespace_v1')).filter(({ metadata }) => (metadata as { name: string }).name === 'istio-system');
    expect(system!.metadata).toMatchObject({ labels: { 'pod-security.kubernetes.io/enforce': 'privileged' } });
    expect(Object.keys(releases(helm().json))).not.toContain('istio-cni');
  });

  test('names every bad property at once', () => {
    const bad = { version: '1.27.0', revision: 'v1.27', gateway: { name: 'Ingress', namespace: 'a b' } };
    expect(problemsOf((stack) => void new HelmIstio(stack, 'Istio', { cluster: kind, ...bad }))).toEqual([
      'stack/Istio: version',
      'stack/Istio: revision',
      'stack/Istio: gateway.name',
      'stack/Istio: gateway.namespace',
    ]);
    expect(problemsOf((stack) => void new HelmIstio(stack, 'Istio', { cluster: kind, version: '1.31.0' }))).toEqual([]);
  });
});

describe('AksIstioAddon', () => {
  test('writes the MeshConfig for every revision that runs', () => {
    const { json } = addon({ revisions: ['asm-1-29', 'asm-1-30'], meshConfig: { accessLogFile: '/dev/stdout', accessLogFormat: '%{a} ${b}' } });
    const maps = Object.values(resources(json, 'kubernetes_config_map_v1')) as { metadata: object; data: { mesh: string } }[];
    expect(maps.map(({ metadata }) => metadata)).toEqual([
      { name: 'istio-shared-configmap-asm-1-29', namespace: 'aks-istio-system' },
      { name: 'istio-shared-configmap-asm-1-30', namespace: 'aks-istio-system' },
    ]);
    expect(parse(maps[0]!.data.mesh)).toEqual({ accessLogFile: '/dev/stdout', accessLogFormat: '%%{a} $${b}' });
  });

  test('leaves the MeshConfig alone where there is nothing to say', () => {
    expect(resources(addon().json, 'kubernetes_config_map_v1')).toEqual({});
  });

  test('binds the gateway of the add-on to the address of the cluster', () => {
    expect(onlyResource(addon().json, 'kubernetes_annotations')).toMatchObject({
      kind: 'Service',
      metadata: { name: 'aks-istio-ingressgateway-external', namespace: 'aks-istio-ingress' },
      annotations: { [PIP]: 'dev-aks-ingress', [PIP_GROUP]: 'dev-aks' },
    });
  });

  test('namespaces join the active revision, by default the one that runs longer', () => {
    const revisions = ['asm-1-29', 'asm-1-30'];
    expect(addon({ revisions }).mesh.injectionLabels).toEqual({ 'istio.io/rev': 'asm-1-29' });
    expect(addon({ revisions, active: 'asm-1-30' }).mesh).toMatchObject({ injectionLabels: { 'istio.io/rev': 'asm-1-30' }, version: '1.30' });
  });

  test('refuses every MeshConfig field that the webhook would, with what to do instead', () => {
    const meshConfig = {
      accessLogFile: '/dev/stdout',
      rootNamespace: 'istio-system',
      defaultTrafficPolicy: {},
      outboundTrafficPolicy: { mode: 'REGISTRY_ONLY' },
      defaultConfig: { holdApplicationUntilProxyStarts: true, image: { imageType: 'debug' } },
      inboundTrafficPolicy: undefined,
    };
    const build = () => addon({ meshConfig });
    expect(problemsOf((stack) => void new AksIstioAddon(stack, 'Istio', { cluster: aks, revisions: ['asm-1-30'], meshConfig }))).toEqual([
      'stack/Istio: meshConfig.rootNamespace',
      'stack/Istio: meshConfig.defaultTrafficPolicy',
      'stack/Istio: meshConfig.defaultConfig.image',
    ]);
    expect(build).toThrow(/sidecar\.istio\.io\/proxyImageType/);
  });

  test('exists on AKS only, and namespaces can only join what runs', () => {
    expect(problemsOf((stack) => void new AksIstioAddon(stack, 'Istio', { cluster: kind, revisions: ['asm-1-30'], active: 'asm-1-31' }))).toEqual([
      'stack/Istio: cluster',
      'stack/Istio: active',
    ]);
  });
});

describe('values', () => {
  test('merge member by member, lists as wholes, undefined not at all', () => {
    expect(mergeValues({ a: { b: 1, c: [1, 2] }, d: 1 }, { a: { b: 2, c: [3] }, d: undefined }, undefined)).toEqual({ a: { b: 2, c: [3] }, d: 1 });
  });

  test('keep an explicit null, by which Helm drops a default', () => {
    expect(parse(valuesYaml(mergeValues({ resources: { limits: {} } }, { resources: null })))).toEqual({ resources: null });
  });

  test('are written the same whatever the order they were given in', () => {
    expect(valuesYaml({ b: 1, a: { d: 1, c: 2 } })).toBe(valuesYaml({ a: { c: 2, d: 1 }, b: 1 }));
  });
});
