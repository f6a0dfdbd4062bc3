import { KubernetesProvider } from '@cdktf/provider-kubernetes/lib/provider';
import { App, TerraformStack } from 'cdktf';
import { Bookinfo, BookinfoProps, bookinfoServices, BookinfoWorkload } from '../../constructs/bookinfo';
import { existingAksCluster } from '../../constructs/cluster/existing-cluster';
import { KubernetesObject } from '../../constructs/kubernetes/object';
import { AksIstioAddon } from '../../constructs/mesh/aks-istio-addon';
import { existingMesh } from '../../constructs/mesh/existing-mesh';
import { HelmIstio } from '../../constructs/mesh/helm-istio';
import type { IMesh } from '../../constructs/mesh/mesh';
import { addScenario, findScenario, SCENARIOS } from '../../scenarios';
import { scenarioProviders } from '../../scenarios/providers';
import { resources, StackJson, synthStack } from '../synth';

const cluster = existingAksCluster({ name: 'aks', resourceGroupName: 'rg', gatewayApi: { version: '1.4.1', channel: 'standard' } });
const elsewhere = (): TerraformStack => new TerraformStack(new App({ stackTraces: false }), 'elsewhere');
const MESHES: Readonly<Record<string, IMesh>> = {
  helm: new HelmIstio(elsewhere(), 'Mesh', { cluster, version: '1.29.1', egressGateway: {}, meshConfig: { extensionProviders: scenarioProviders() } }),
  addon: new AksIstioAddon(elsewhere(), 'Mesh', { cluster, revisions: ['asm-1-29'] }),
};
const PORT = [{ name: 'http', port: 9080 }];
const REVIEWS = { env: { LOG_DIR: '/tmp/logs' }, mounts: { tmp: '/tmp', 'wlp-output': '/opt/ibm/wlp/output' } };

/**
 * What upstream's samples/bookinfo/platform/kube/bookinfo.yaml of Istio 1.29.1 says, read by hand.
 */
const UPSTREAM = {
  services: {
    details: { labels: { app: 'details', service: 'details' }, selector: { app: 'details' }, port: PORT },
    ratings: { labels: { app: 'ratings', service: 'ratings' }, selector: { app: 'ratings' }, port: PORT },
    reviews: { labels: { app: 'reviews', service: 'reviews' }, selector: { app: 'reviews' }, port: PORT },
    productpage: { labels: { app: 'productpage', service: 'productpage' }, selector: { app: 'productpage' }, port: PORT },
  },
  accounts: {
    'bookinfo-details': { account: 'details' },
    'bookinfo-ratings': { account: 'ratings' },
    'bookinfo-reviews': { account: 'reviews' },
    'bookinfo-productpage': { account: 'productpage' },
  },
  deployments: {
    'details-v1': deployment('details', 'v1'),
    'ratings-v1': deployment('ratings', 'v1'),
    'reviews-v1': deployment('reviews', 'v1', REVIEWS),
    'reviews-v2': deployment('reviews', 'v2', REVIEWS),
    'reviews-v3': deployment('reviews', 'v3', REVIEWS),
    'productpage-v1': deployment('productpage', 'v1', {
      mounts: { tmp: '/tmp' },
      annotations: { 'prometheus.io/scrape': 'true', 'prometheus.io/port': '9080', 'prometheus.io/path': '/metrics' },
    }),
  },
};

interface Extra {
  readonly env?: Record<string, string>;
  readonly mounts?: Record<string, string>;
  readonly annotations?: Record<string, string>;
}

function deployment(app: string, version: string, extra: Extra = {}): unknown {
  return {
    labels: { app, version },
    selector: { app, version },
    podLabels: { app, version },
    annotations: extra.annotations ?? {},
    replicas: '1',
    account: `bookinfo-${app}`,
    container: app,
    image: `docker.io/istio/examples-bookinfo-${app}-${version}:1.20.3`,
    pullPolicy: 'IfNotPresent',
    ports: [9080],
    env: extra.env ?? {},
    mounts: extra.mounts ?? {},
    emptyDirs: Object.keys(extra.mounts ?? {}),
  };
}

function bookinfo(mesh: IMesh, props: BookinfoProps = {}): StackJson {
  return synthStack((stack) => {
    new KubernetesProvider(stack, 'Kubernetes');
    new Bookinfo(stack, 'Bookinfo', { mesh, ...props });
  });
}

/** Objects of a kind, as they lie in the stack, by name. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- the shape is the provider's, and what the tests ask is asserted
function byName(stack: StackJson, type: string): Record<string, any> {
  return Object.fromEntries(
    Object.values(resources(stack, type)).map((resource) => [(resource.metadata as { name: string }).name, resource]),
  );
}

function toMap(list: { name: string; value?: string; mount_path?: string }[] = []): Record<string, string> {
  return Object.fromEntries(list.map((item) => [item.name, item.value ?? item.mount_path ?? '']));
}

describe('Bookinfo as upstream has it', () => {
  const stack = bookinfo(MESHES.helm!);

  test('Services', () => {
    const services = Object.entries(byName(stack, 'kubernetes_service_v1')).map(([name, { metadata, spec }]) => [
      name,
      { labels: metadata.labels, selector: spec.selector, port: spec.port },
    ]);
    expect(Object.fromEntries(services)).toEqual(UPSTREAM.services);
  });

  test('ServiceAccounts', () => {
    const accounts = Object.entries(byName(stack, 'kubernetes_service_account_v1'));
    expect(Object.fromEntries(accounts.map(([name, { metadata }]) => [name, metadata.labels]))).toEqual(UPSTREAM.accounts);
  });

  test('Deployments', () => {
    const found = Object.entries(byName(stack, 'kubernetes_deployment_v1')).map(([name, { metadata, spec }]) => {
      const { template } = spec;
      const annotations = { ...template.metadata.annotations };
      delete annotations['aks-istio/mesh'];
      const [container] = template.spec.container;
      return [
        name,
        {
          labels: metadata.labels,
          selector: spec.selector.match_labels,
          podLabels: template.metadata.labels,
          annotations,
          replicas: spec.replicas,
          account: template.spec.service_account_name,
          container: container.name,
          image: container.image,
          pullPolicy: container.image_pull_policy,
          ports: container.port.map((port: { container_port: number }) => port.container_port),
          env: toMap(container.env),
          mounts: toMap(container.volume_mount),
          emptyDirs: (template.spec.volume ?? []).filter((volume: object) => 'empty_dir' in volume).map((volume: { name: string }) => volume.name),
        },
      ];
    });
    expect(Object.fromEntries(found)).toEqual(UPSTREAM.deployments);
  });
});

describe('Bookinfo', () => {
  test.each(Object.keys(MESHES))('the whole of it, with the %s mesh', (flavor) => {
    expect(bookinfo(MESHES[flavor]!).resource).toMatchSnapshot();
  });

  test('registry, tag, replicas and namespace are parameters', () => {
    const stack = bookinfo(MESHES.helm!, { registry: 'acr.azurecr.io/istio', tag: '1.20.4', replicas: 3, namespace: 'books' });
    const reviews = byName(stack, 'kubernetes_deployment_v1')['reviews-v2'];
    expect(reviews.spec.template.spec.container[0].image).toBe('acr.azurecr.io/istio/examples-bookinfo-reviews-v2:1.20.4');
    expect(reviews.spec.replicas).toBe('3');
    expect(reviews.metadata.namespace).toBe('books');
  });

  test('Pod Security is enforced only where sidecars need no privileged init container', () => {
    const labels = (trafficRedirection: 'init' | 'cni'): unknown =>
      byName(bookinfo(existingMesh({ version: '1.29.1', trafficRedirection })), 'kubernetes_namespace_v1').bookinfo.metadata.labels;
    expect(labels('init')).not.toHaveProperty(['pod-security.kubernetes.io/enforce']);
    expect(labels('cni')).toMatchObject({ 'istio-injection': 'enabled', 'pod-security.kubernetes.io/enforce': 'restricted' });
  });

  test('pods are restarted when the sidecar they ought to have changes', () => {
    const annotation = (mesh: IMesh): unknown =>
      byName(bookinfo(mesh), 'kubernetes_deployment_v1')['details-v1'].spec.template.metadata.annotations['aks-istio/mesh'];
    const seen = [
      existingMesh({ version: '1.29.1' }),
      existingMesh({ version: '1.29.2' }),
      existingMesh({ version: '1.29.2', revision: 'blue' }),
    ].map(annotation);
    expect(new Set(seen).size).toBe(3);
  });

  test('all bad properties are told', () => {
    expect(() => bookinfo(undefined as unknown as IMesh, { replicas: 0 })).toThrow(/joins a mesh[^]*replicas: 0/);
  });
});

describe('BookinfoTraffic and the scenarios', () => {
  /** What a scenario writes, by `Kind name`; each object is held against the schema of its CRD at synth. */
  function written(scenario: string, mesh = MESHES.helm!): Record<string, Record<string, unknown>> {
    const stack = elsewhere();
    addScenario(stack, 'Traffic', findScenario(scenario), { mesh, bookinfo: bookinfoServices({ namespace: 'bookinfo' }) });
    const problems = stack.node.findAll().flatMap((child) => (child === stack ? [] : child.node.validate()));
    expect(problems).toEqual([]);
    const objects = stack.node.findAll().filter((child) => child instanceof KubernetesObject);
    return Object.fromEntries(objects.map((object) => [`${object.kind} ${object.metadata.name}`, object.render().spec as Record<string, unknown>]));
  }

  test.each(SCENARIOS.map(({ name }) => name))('%s', (name) => {
    const routes = Object.entries(written(name)).filter(([key]) => /^(VirtualService|HTTPRoute) /.test(key) && key !== 'VirtualService bookinfo');
    expect(Object.fromEntries(routes.map(([key, spec]) => [key, spec.http ?? spec.rules]))).toMatchSnapshot();
  });

  test('before any scenario: gateway, public paths, subsets, STRICT mTLS, and exactly the calls of Bookinfo', () => {
    const objects = Object.entries(written('all-v1')).filter(([key]) => !key.startsWith('VirtualService') || key === 'VirtualService bookinfo');
    expect(Object.fromEntries(objects)).toMatchSnapshot();
  });

  test('the gateway is the one of the mesh, and so is the identity that may call productpage', () => {
    const of = (flavor: string): unknown[] => {
      const objects = written('all-v1', MESHES[flavor]);
      return [objects['Gateway bookinfo-gateway']!.selector, objects['AuthorizationPolicy productpage-callers']!.rules];
    };
    const rule = (principal: string): unknown[] => [{ from: [{ source: { principals: [principal] } }] }];
    expect(of('helm')).toEqual([{ istio: 'ingress' }, rule('cluster.local/ns/istio-ingress/sa/istio-ingress')]);
    expect(of('addon')).toEqual([
      { istio: 'aks-istio-ingressgateway-external' },
      rule('cluster.local/ns/aks-istio-ingress/sa/aks-istio-ingressgateway-external'),
    ]);
  });

  const PASSWORD = { secret_key_ref: { name: 'mysql-credentials', key: 'rootpasswd' } };
  const TRAFFIC = { mesh: MESHES.helm, bookinfo: bookinfoServices({ namespace: 'bookinfo' }) };

  test.each([
    ['mysql', 'mysqldb', 3306, 'v2-mysql', { MYSQL_DB_HOST: 'mysqldb', MYSQL_DB_PASSWORD: PASSWORD }],
    ['mongodb', 'mongodb', 27017, 'v2', { MONGO_DB_URL: 'mongodb://mongodb:27017/test' }],
  ] as const)('ratings-%s: a version of ratings that knows its database, which knows ratings alone', (kind, name, port, version, env) => {
    let rules: unknown;
    let versions: string[] = [];
    const json = synthStack((stack) => {
      new KubernetesProvider(stack, 'Kubernetes');
      const traffic = addScenario(stack, 'Traffic', findScenario(`ratings-${kind}`), TRAFFIC);
      versions = traffic.ratings.versions.map((each) => each.name);
      const policy = stack.node.findAll().find((child) => child instanceof KubernetesObject && child.metadata.name === `${name}-callers`);
      rules = ((policy as KubernetesObject).render().spec as { rules: unknown }).rules;
    });
    expect(versions).toEqual(['v1', version]);
    const from = [{ source: { principals: ['cluster.local/ns/bookinfo/sa/bookinfo-ratings'] } }];
    expect(rules).toEqual([{ from, to: [{ operation: { ports: [String(port)] } }] }]);
    interface Container { image: string; env?: { name: string; value?: string; value_from?: object }[]; security_context: object }
    interface Body { metadata: { name: string }; spec: { template: { spec: { container: Container[] } } } }
    const deployments = Object.values(resources(json, 'kubernetes_deployment_v1')) as unknown as Body[];
    const containerOf = (deployment: string): Container =>
      deployments.find(({ metadata }) => metadata.name === deployment)!.spec.template.spec.container[0]!;
    const found = Object.fromEntries((containerOf(`ratings-${version}`).env ?? []).map((each) => [each.name, each.value ?? each.value_from]));
    expect(found).toMatchObject(env);
    expect(containerOf(`ratings-${version}`).image).toBe('docker.io/istio/examples-bookinfo-ratings-v2:1.20.3');
    const restricted = { run_as_non_root: true, allow_privilege_escalation: false, capabilities: { drop: ['ALL'] } };
    expect(containerOf(`${name}-v1`).security_context).toMatchObject(restricted);
  });

  test('a version that a service has already is not added', () => {
    const stack = elsewhere();
    const traffic = addScenario(stack, 'Traffic', findScenario('all-v1'), TRAFFIC);
    expect(() => new BookinfoWorkload(traffic, 'X', { service: traffic.ratings, version: 'v1' })).toThrow(/ratings has this version already/);
  });

  test('expectations speak of versions that exist, and of shares that are whole', () => {
    const versions = bookinfoServices({ namespace: 'x' }).reviews.versions.map(({ name }) => name);
    for (const { name, expectations } of SCENARIOS) {
      expect({ name, count: expectations.length > 0 }).toEqual({ name, count: true });
      for (const expectation of expectations) {
        if (expectation.kind === 'split') {
          expect(versions).toEqual(expect.arrayContaining(Object.keys(expectation.shares)));
          expect(Object.values(expectation.shares).reduce((sum, share) => sum + share)).toBe(100);
        }
        if (expectation.kind === 'mirror') {
          expect(versions).toContain(expectation.version);
        }
      }
    }
  });

  test('an unknown scenario is answered with the one that is meant', () => {
    expect(() => findScenario('jason-v9')).toThrow(/"jason-v9".*Perhaps `jason-v2` is meant/);
  });
});
