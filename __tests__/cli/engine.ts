import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { gzipSync } from 'node:zlib';
import { chooseByFacts } from '../../cli/engine/choose';
import { toKubernetesObject } from '../../constructs/kubernetes/conversion/conversion';
import { desiredReleases, isUpToDate, manifestObjects, rawObjects } from '../../cli/engine/desired-release';
import { Change, diffFields, diffObjects, formatChange } from '../../cli/engine/differ';
import { KubernetesObjectData } from '../../constructs/kubernetes/conversion/object-data';
import { INPUTS_LABEL, STACK_LABEL } from '../../cli/engine/markers';
import { phasesOf } from '../../cli/engine/order';
import { ClusterObject, importId, lockHolderIsDead, objectDecisions, parseStateLock, releaseMends } from '../../cli/engine/recovery';
import { References, unescapeTemplate } from '../../constructs/kubernetes/conversion/references';
import { parseStack, readStack, requireReadable, StackFile } from '../../cli/engine/stack-file';
import { probeReason } from '../../cli/engine/terraform-command';
import { terraformErrors } from '../../cli/engine/terraform-look';
import { planChanges } from '../../cli/engine/terraform-plan';
import { waitingReason } from '../../cli/engine/waiting';
import { decodeRecord, ReleaseRecord, ReleaseStatus } from '../../cli/tools/releases';
import { loadEnvironment } from '../../environments';
import { synthesize, SynthesizedStack } from '../../stacks/synth';

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'aks-istio-engine-'));
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

let synthesized: SynthesizedStack[] | undefined;

/** A layer of the local environment, as its real constructs synthesise it. */
function layer(name: string): StackFile {
  synthesized ??= synthesize(loadEnvironment('local'), path.join(folder, 'local'));
  const stack = synthesized.find((candidate) => candidate.layer === name)!;
  return readStack(stack.name, stack.dir);
}

function objectNamed(stack: StackFile, kind: string, name: string): KubernetesObjectData {
  return stack.objects.map((item) => item.object).find((object) => object.kind === kind && object.metadata.name === name)!;
}

function record(given: Partial<ReleaseRecord> & { status: ReleaseStatus }): ReleaseRecord {
  return {
    name: 'istiod',
    namespace: 'istio-system',
    revision: 1,
    updated: 0,
    chart: { name: 'istiod', version: '1.29.1' },
    values: {},
    manifest: '',
    labels: {},
    ...given,
  };
}

function virtualService(...http: unknown[]): KubernetesObjectData {
  return { apiVersion: 'networking.istio.io/v1', kind: 'VirtualService', metadata: { name: 'reviews', namespace: 'bookinfo' }, spec: { http } };
}

function route(weights: Record<string, number>, match?: string): Record<string, unknown> {
  return {
    ...(match ? { match: [{ headers: { 'end-user': { exact: match } } }] } : {}),
    route: Object.entries(weights).map(([subset, weight]) => ({ destination: { host: 'reviews', subset }, weight })),
  };
}

describe('typed Terraform resources become Kubernetes objects', () => {
  test('a Deployment of Bookinfo, whole', () => {
    expect(objectNamed(layer('bookinfo'), 'Deployment', 'productpage-v1')).toMatchSnapshot();
  });

  test('Service, ServiceAccount and Namespace of Bookinfo', () => {
    const bookinfo = layer('bookinfo');
    expect(objectNamed(bookinfo, 'Service', 'reviews')).toMatchObject({
      apiVersion: 'v1',
      metadata: { namespace: 'bookinfo', labels: { app: 'reviews' } },
      spec: { ports: [{ name: 'http', port: 9080 }], selector: { app: 'reviews' } },
    });
    expect(objectNamed(bookinfo, 'ServiceAccount', 'bookinfo-reviews')).toMatchObject({ automountServiceAccountToken: false });
    expect(objectNamed(bookinfo, 'Namespace', 'bookinfo').metadata.labels).toMatchObject({ 'istio-injection': 'enabled' });
    expect(bookinfo.unreadable).toEqual([]);
    expect(bookinfo.others).toEqual([]);
  });

  test('numbers as text, modes, irregular names and blocks that are lists elsewhere', () => {
    const object = toKubernetesObject('kubernetes_deployment_v1', {
      metadata: { name: 'web' },
      wait_for_rollout: true,
      timeouts: { create: '10m' },
      spec: {
        replicas: '2',
        strategy: { rolling_update: { max_surge: '25%', max_unavailable: '1' } },
        template: {
          spec: {
            affinity: {
              pod_anti_affinity: { required_during_scheduling_ignored_during_execution: [{ topology_key: 'zone' }] },
              node_affinity: {
                required_during_scheduling_ignored_during_execution: { node_selector_term: [{ match_expressions: [{ key: 'os', operator: 'Exists' }] }] },
              },
            },
            host_pid: false,
            volume: [{ name: 'certs', secret: { secret_name: 'certs', default_mode: '0440' } }, { name: 'tmp', empty_dir: {} }],
            container: [{ name: 'web', env: [{ name: 'RETRIES', value: '3' }], port: [{ container_port: 80 }], liveness_probe: { tcp_socket: { port: 'http' } } }],
          },
        },
      },
    });
    expect(object).toEqual({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web' },
      spec: {
        replicas: 2,
        strategy: { rollingUpdate: { maxSurge: '25%', maxUnavailable: 1 } },
        template: {
          spec: {
            affinity: {
              podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey: 'zone' }] },
              nodeAffinity: {
                requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchExpressions: [{ key: 'os', operator: 'Exists' }] }] },
              },
            },
            hostPID: false,
            volumes: [{ name: 'certs', secret: { secretName: 'certs', defaultMode: 0o440 } }, { name: 'tmp', emptyDir: {} }],
            containers: [{ name: 'web', env: [{ name: 'RETRIES', value: '3' }], ports: [{ containerPort: 80 }], livenessProbe: { tcpSocket: { port: 'http' } } }],
          },
        },
      },
    });
  });

  test('a state, where each block is a list and what is absent is null, gives the same object', () => {
    const object = toKubernetesObject('kubernetes_service_v1', {
      id: 'a/b',
      metadata: [{ name: 'b', namespace: 'a', labels: { x_y: '1' }, annotations: null, uid: 'u', resource_version: '7', generation: 0 }],
      spec: [{ cluster_ip: null, external_ips: [], port: [{ name: 'http', port: 80, target_port: '8080', node_port: 0 }], type: 'NodePort' }],
      status: [{ load_balancer: [] }],
    });
    expect(object).toEqual({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'b', namespace: 'a', labels: { x_y: '1' } },
      spec: { ports: [{ name: 'http', port: 80, targetPort: 8080, nodePort: 0 }], type: 'NodePort' },
    });
  });
});

test('a Secret, whose values Terraform takes as they are and the API in Base64', () => {
  const secret = toKubernetesObject('kubernetes_secret_v1', { metadata: { name: 'key', namespace: 'a' }, data: { user_name: 'root' }, binary_data: { file: 'AAE=' } });
  expect(secret).toMatchObject({ kind: 'Secret', data: { user_name: 'cm9vdA==', file: 'AAE=' } });
});

describe('a synthesised stack', () => {
  test('its references to itself are answered, its escapes taken off', () => {
    const references = new References({
      kubernetes_namespace_v1: { ns: { metadata: { name: 'shop' } } },
      kubernetes_service_v1: { web: { metadata: { name: 'web', namespace: '${kubernetes_namespace_v1.ns.metadata[0].name}' } } },
    });
    const resolved = references.resolve({
      namespace: '${kubernetes_namespace_v1.ns.metadata[0].name}',
      id: 'in ${kubernetes_namespace_v1.ns.id}',
      lua: 'local x = "$${y}" %%{z}',
      gone: '${azurerm_public_ip.ip.ip_address}',
    });
    expect(resolved.value).toEqual({ namespace: 'shop', id: 'in shop', lua: 'local x = "${y}" %{z}', gone: '${azurerm_public_ip.ip.ip_address}' });
    expect(resolved.used).toEqual(['kubernetes_namespace_v1.ns']);
    expect(resolved.unresolved).toEqual(['azurerm_public_ip.ip.ip_address']);
    expect(unescapeTemplate('$${a} ${b}')).toBe('${a} ${b}');
  });

  test('what the direct engine cannot read is refused, all at once, by name', () => {
    const stack = parseStack('dev-cluster', folder, {
      resource: {
        azurerm_resource_group: { rg: { name: 'rg' } },
        kubernetes_config_map_v1: { map: { metadata: { name: '${azurerm_resource_group.rg.location}' } } },
        helm_release: { r: { name: 'r', chart: 'oci://charts/r', set_sensitive: [{ name: 'a', value: 'b' }] } },
      },
    });
    const problem = (): void => requireReadable(stack);
    expect(problem).toThrow(/azurerm_resource_group\.rg: needs its Terraform provider/);
    expect(problem).toThrow(/kubernetes_config_map_v1\.map: \$\{azurerm_resource_group\.rg\.location\} is known to Terraform only/);
    expect(problem).toThrow(/helm_release\.r: set_sensitive is not read/);
  });

  test('the mesh comes in the order that its releases depend on', () => {
    const names = desiredReleases(layer('mesh')).map((release) => release.name);
    expect(names).toEqual(['local-mesh-objects', 'istio-base', 'istiod', 'istio-egress', 'istio-ingress']);
    expect(desiredReleases(layer('bookinfo')).map(({ name, namespace }) => `${namespace}/${name}`)).toEqual(['default/local-bookinfo-objects']);
  });

  test('objects that need a release come after it, and a circle is refused', () => {
    const object = (name: string, dependsOn: string[]) => ({ metadata: { name }, depends_on: dependsOn });
    const stack = parseStack('s', folder, {
      resource: {
        helm_release: { a: { name: 'a', chart: 'oci://x/a', depends_on: ['helm_release.b'] }, b: { name: 'b', chart: 'oci://x/b' } },
        kubernetes_config_map_v1: { early: object('early', []), late: object('late', ['helm_release.a']), later: object('later', ['kubernetes_config_map_v1.late']) },
      },
    });
    const phases = phasesOf(stack).map((phase) => (phase.kind === 'release' ? phase.release.name : phase.objects.map((item) => item.object.metadata.name).join('+')));
    expect(phases).toEqual(['early', 'b', 'a', 'late+later']);
    const circle = parseStack('s', folder, {
      resource: { helm_release: { a: { name: 'a', chart: 'x', depends_on: ['helm_release.b'] }, b: { name: 'b', chart: 'x', depends_on: ['helm_release.a'] } } },
    });
    expect(() => phasesOf(circle)).toThrow('helm_release.a, helm_release.b need each other');
  });

  test('a release is up to date only with the same inputs and values, and in force', () => {
    const [release] = desiredReleases(layer('traffic'));
    const same = record({ status: 'deployed', labels: { [INPUTS_LABEL]: release.inputs }, values: JSON.parse(JSON.stringify(release.values)) as Record<string, unknown> });
    expect(isUpToDate(release, same)).toBe(true);
    expect(isUpToDate(release, { ...same, status: 'failed' })).toBe(false);
    expect(isUpToDate(release, { ...same, values: { objects: [] } })).toBe(false);
    expect(isUpToDate(release, { ...same, labels: { [INPUTS_LABEL]: 'other' } })).toBe(false);
    expect(isUpToDate(release, undefined)).toBe(false);
    expect(rawObjects(release.values)!.map((object) => object.kind)).toContain('VirtualService');
  });
});

describe('records of Helm', () => {
  test('are decoded as Helm stores them', () => {
    const stored = { name: 'istiod', namespace: 'istio-system', version: 3, info: { status: 'deployed', last_deployed: '2026-11-21T04:00:00Z' }, chart: { metadata: { name: 'istiod', version: '1.29.1' } }, manifest: '---\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: istio\n' };
    const release = Buffer.from(gzipSync(JSON.stringify(stored)).toString('base64')).toString('base64');
    const decoded = decodeRecord({ metadata: { name: 'x', namespace: 'istio-system', labels: { owner: 'helm' } }, data: { release } })!;
    expect(decoded).toMatchObject({ name: 'istiod', revision: 3, status: 'deployed', updated: Date.UTC(2026, 10, 21, 4), values: {} });
    expect(manifestObjects(decoded.manifest).map((object) => object.metadata.name)).toEqual(['istio']);
  });
});

describe('recovery of releases', () => {
  const expected = [{ name: 'istiod', namespace: 'istio-system', chartName: 'istiod', timeoutSeconds: 300 }];
  const crashed = { previousCrashed: true, now: 1000 };
  const decide = (...records: ReleaseRecord[]) => releaseMends(expected, records, crashed).map((mend) => `${mend.kind}${'revision' in mend ? ` ${mend.revision}` : ''}`);

  test.each<[string, ReleaseRecord[], string[]]>([
    ['nothing there', [], []],
    ['finished, unknown to the state: applying adopts it', [record({ status: 'deployed' })], []],
    ['failed: applying mends it', [record({ status: 'failed' })], []],
    ['first revision pending', [record({ status: 'pending-install' })], ['uninstall']],
    ['later revision pending', [record({ status: 'deployed' }), record({ status: 'pending-upgrade', revision: 2 })], ['rollback 1']],
    ['rollback itself killed', [record({ status: 'deployed', revision: 4 }), record({ status: 'pending-rollback', revision: 5 })], ['rollback 4']],
    ['upgrade pending, with no revision that was ever in force', [record({ status: 'failed' }), record({ status: 'pending-upgrade', revision: 2 })], ['uninstall']],
    ['half uninstalled', [record({ status: 'uninstalling' })], ['uninstall']],
    ["somebody else's chart", [record({ status: 'deployed', chart: { name: 'istio-operator', version: '1' } })], ['refuse']],
    ['another release is pending', [record({ status: 'pending-install', name: 'other' })], []],
  ])('%s', (_title, records, mends) => {
    expect(decide(...records)).toEqual(mends);
  });

  test('what became pending a moment ago is left alone where no run of this machine failed', () => {
    const pending = record({ status: 'pending-install', updated: 1_000_000 });
    const mends = (now: number) => releaseMends(expected, [pending], { previousCrashed: false, now });
    expect(mends(1_020_000)[0]).toMatchObject({ kind: 'refuse', why: expect.stringContaining('since 20 s') });
    expect(mends(1_301_000)[0]).toMatchObject({ kind: 'uninstall' });
  });
});

describe('recovery of objects that the state lacks', () => {
  const object: KubernetesObjectData = { apiVersion: 'networking.istio.io/v1', kind: 'Gateway', metadata: { name: 'gw', namespace: 'bookinfo' } };
  const expected = [{ address: 'kubernetes_manifest.gw', type: 'kubernetes_manifest', object }];
  const decide = (metadata: object, known: string[] = []) =>
    objectDecisions(expected, new Set(known), new Map([['kubernetes_manifest.gw', { ...object, metadata: { ...object.metadata, ...metadata } } as ClusterObject]]));

  test('ours by field manager or label is imported, the rest refused by name', () => {
    const id = 'apiVersion=networking.istio.io/v1,kind=Gateway,namespace=bookinfo,name=gw';
    expect(decide({ managedFields: [{ manager: 'kubectl' }, { manager: 'aks-istio' }] })).toEqual([{ kind: 'import', address: 'kubernetes_manifest.gw', id, title: 'Gateway bookinfo/gw' }]);
    expect(decide({ labels: { 'app.kubernetes.io/managed-by': 'aks-istio' } })[0]).toMatchObject({ kind: 'import' });
    expect(decide({ managedFields: [{ manager: 'kubectl' }] })[0]).toMatchObject({ kind: 'refuse', title: 'Gateway bookinfo/gw' });
    expect(decide({ managedFields: [{ manager: 'aks-istio' }], annotations: { 'meta.helm.sh/release-name': 'x' } })[0]).toMatchObject({ kind: 'refuse', why: expect.stringContaining('release x') });
  });

  test('what the state knows, and what is not there, needs nothing', () => {
    expect(decide({}, ['kubernetes_manifest.gw'])).toEqual([]);
    expect(objectDecisions(expected, new Set(), new Map())).toEqual([]);
  });

  test('typed resources are imported by namespace and name', () => {
    expect(importId('kubernetes_service_v1', object)).toBe('bookinfo/gw');
    expect(importId('kubernetes_namespace_v1', { ...object, metadata: { name: 'bookinfo' } })).toBe('bookinfo');
  });

});

test('a lock is taken away only where its holder was a run of this user and machine that failed', () => {
  const message = '╷\n│ Error: Error acquiring the state lock\n│ \n│ Lock Info:\n│   ID:        6a3f-11\n│   Path:      states/dev/mesh.tfstate\n│   Operation: OperationTypeApply\n│   Who:       me@host\n│   Version:   1.11.4\n╵';
  const lock = parseStateLock(message)!;
  expect(lock).toEqual({ id: '6a3f-11', who: 'me@host', operation: 'OperationTypeApply' });
  expect(lockHolderIsDead(lock, 'me@host', true)).toBe(true);
  expect(lockHolderIsDead(lock, 'me@host', false)).toBe(false);
  expect(lockHolderIsDead(lock, 'me@other', true)).toBe(false);
  expect(parseStateLock('Error: Unauthorized')).toBeUndefined();
});

describe('the differ', () => {
  const lines = (changes: readonly Change[]): string[] => changes.flatMap(formatChange);

  test('weights by subset, in the words of the user', () => {
    const changes = diffObjects([virtualService(route({ v2: 100 }, 'jason'), route({ v1: 90, v3: 10 }))], [virtualService(route({ v2: 100 }, 'jason'), route({ v1: 50, v3: 50 }))]);
    expect(lines(changes)).toEqual(['~ VirtualService reviews: http[1].route weights v1 90 -> 50, v3 10 -> 50']);
  });

  test('a single destination counts as all, an added one from nothing', () => {
    const before = virtualService({ route: [{ destination: { host: 'reviews', subset: 'v1' } }] });
    expect(lines(diffObjects([before], [virtualService(route({ v1: 90, v2: 10 }))]))).toEqual(['~ VirtualService reviews: http[0].route weights v1 100 -> 90, v2 0 -> 10']);
  });

  test('a route put in front does not make those behind it look changed', () => {
    const details = diffObjects([virtualService(route({ v1: 100 }))], [virtualService(route({ v2: 100 }, 'jason'), route({ v1: 80, v3: 20 }))])[0].details;
    expect(details).toHaveLength(2);
    expect(details[0]).toBe('http[0] + match.headers.end-user.exact jason, route v2');
    expect(details[1]).toBe('http[1].route weights v1 100 -> 80, v3 0 -> 20');
  });

  test('objects that come and go, and the same object in a new API version', () => {
    const deployment = (name: string): KubernetesObjectData => ({ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name, namespace: 'bookinfo' } });
    expect(lines(diffObjects([deployment('reviews-v1')], [deployment('ratings-v1')]))).toEqual(['+ Deployment ratings-v1', '- Deployment reviews-v1']);
    const beta = { ...virtualService(), apiVersion: 'networking.istio.io/v1beta1' };
    expect(lines(diffObjects([beta], [virtualService()]))).toEqual(['~ VirtualService reviews: apiVersion networking.istio.io/v1beta1 -> networking.istio.io/v1']);
  });

  test('named items are compared by name, keys with dots are quoted, equal things say nothing', () => {
    const pod = (image: string, label: string) => ({ metadata: { labels: { 'a.b/c': label } }, spec: { containers: [{ name: 'x', image: 'x:1' }, { name: 'reviews', image }] } });
    expect(diffFields(pod('r:1', 'v'), pod('r:2', 'w'))).toEqual(['metadata.labels["a.b/c"] v -> w', 'containers[reviews].image r:1 -> r:2']);
    expect(diffFields(pod('r:1', 'v'), pod('r:1', 'v'))).toEqual([]);
    expect(diffFields({ spec: { rules: [{}] } }, { spec: {} })).toEqual(['rules - [{}]']);
  });
});

describe("Terraform's plan in the user's terms", () => {
  const values = (...objects: KubernetesObjectData[]) => ({ name: 'bookinfo-traffic', values: [JSON.stringify({ objects })], metadata: { revision: 1 } });
  const change = (type: string, actions: string[], before: unknown, after: unknown, more: object = {}) => ({ address: `${type}.x`, mode: 'managed', type, name: 'x', change: { actions, before, after, ...more } as never });

  test('objects inside a release, typed resources, manifests, releases and Azure', () => {
    const changes = planChanges({
      resource_changes: [
        change('helm_release', ['update'], values(virtualService(route({ v1: 90, v3: 10 }))), values(virtualService(route({ v1: 50, v3: 50 })))),
        change('helm_release', ['create'], null, { name: 'istiod', chart: '/charts/istiod', version: null, values: ['a: 1'] }),
        change('helm_release', ['update'], { name: 'istiod', values: ['pilot:\n  cpu: 1\n'], version: '1.29.0' }, { name: 'istiod', values: ['pilot:\n  cpu: 2\n'], version: '1.29.1' }),
        change('kubernetes_service_v1', ['delete'], { metadata: [{ name: 'ratings' }], spec: [{ type: 'ClusterIP' }] }, null),
        change('kubernetes_manifest', ['no-op'], { manifest: virtualService() }, { manifest: virtualService() }, { importing: { id: 'x' } }),
        change('azurerm_kubernetes_cluster', ['update'], { name: 'dev', sku_tier: 'Free', fqdn: 'a' }, { name: 'dev', sku_tier: 'Standard' }, { after_unknown: { fqdn: true } }),
        change('azurerm_subnet', ['no-op'], { name: 's' }, { name: 's' }),
        { ...change('azurerm_client_config', ['read'], null, {}), mode: 'data' },
      ],
    });
    expect(changes.flatMap(formatChange)).toEqual([
      '~ VirtualService reviews: http[0].route weights v1 90 -> 50, v3 10 -> 50',
      '+ Helm release istiod: chart istiod',
      '~ Helm release istiod:',
      '    version 1.29.0 -> 1.29.1',
      '    values.pilot.cpu 1 -> 2',
      '- Service ratings',
      '~ kubernetes_manifest x: adopted into the state',
      '~ azurerm_kubernetes_cluster dev: sku_tier Free -> Standard',
    ]);
  });
});

describe('choice of the engine', () => {
  const facts = { needsTerraform: false, stacks: ['local-mesh'], hasState: false, records: [] };
  const direct = record({ status: 'deployed', labels: { [STACK_LABEL]: 'local-mesh' } });

  test.each([
    ['asked for', 'direct', { ...facts, hasState: true }, 'direct'],
    ['Azure', 'auto', { ...facts, needsTerraform: true }, 'terraform'],
    ['made by the direct engine', 'auto', { ...facts, records: [direct], hasState: true }, 'direct'],
    ['in a state', 'auto', { ...facts, hasState: true }, 'terraform'],
    ['nothing known', 'auto', facts, undefined],
    ["another environment's releases", 'auto', { ...facts, stacks: ['dev-mesh'], records: [direct] }, undefined],
  ] as const)('%s', (_title, choice, given, engine) => {
    expect(chooseByFacts(choice, given)?.engine).toBe(engine);
  });
});

test("Terraform's messages are told without their frames", () => {
  const stderr = '╷\n│ Error: Failed to query available provider packages\n│ \n│ Could not retrieve the list of available versions for provider\n│ hashicorp/helm: could not connect to registry\n╵\n';
  expect(terraformErrors(stderr)).toBe('Error: Failed to query available provider packages\nCould not retrieve the list of available versions for provider\nhashicorp/helm: could not connect to registry');
  expect(probeReason(stderr)).toBe('no provider registry is reachable (hashicorp/helm)');
});

test('why a pod waits', () => {
  const pod = (status: object) => waitingReason({ metadata: { name: 'p', namespace: 'n' }, status });
  expect(pod({ phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] })).toBeUndefined();
  expect(pod({ phase: 'Succeeded' })).toBeUndefined();
  expect(pod({ phase: 'Pending', containerStatuses: [{ name: 'web', ready: false, state: { waiting: { reason: 'ErrImagePull', message: 'no such image' } } }] })).toBe('web: ErrImagePull (no such image)');
  expect(pod({ phase: 'Pending', conditions: [{ type: 'PodScheduled', status: 'False', message: '0/1 nodes are available' }] })).toBe('0/1 nodes are available');
});
