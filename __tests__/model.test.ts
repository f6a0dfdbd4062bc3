import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { App, TerraformStack } from 'cdktf';
import * as fc from 'fast-check';
import { modelOfEnvironment } from '../cli/simulate/environment-model';
import { printSimulation } from '../cli/simulate/print';
import { requestOf, RequestOptions } from '../cli/simulate/request';
import { drawEnvironment, simulateEnvironment } from '../cli/simulate/run';
import { Bookinfo, BookinfoTraffic, bookinfoServices } from '../constructs/bookinfo';
import { existingService } from '../constructs/kubernetes';
import { HTTPRoute, KubernetesGateway } from '../constructs/gateway-api';
import { existingMesh } from '../constructs/mesh';
import { MeshContext, MeshModel, ModelObject, toMermaid, topologyOf, toSvg } from '../constructs/model';
import { layOut } from '../constructs/model/graph/layout';
import { rowsOf } from '../constructs/model/graph/ranks';
import { textWidth } from '../constructs/model/graph/text';
import { explain, longestWait, modelOf, renderLines, SimulatedRequest, simulate, simulateChain, triesOf } from '../constructs/model/matchers';
import { Match, MeshService } from '../constructs/traffic';
import { examplePicture } from '../scripts/draw-example';

const istio = (group: string, kind: string, name: string, spec: object, namespace = 'shop', annotations?: Record<string, string>): ModelObject => ({
  apiVersion: `${group}.istio.io/v1`,
  kind,
  metadata: { name, namespace, annotations },
  spec: spec as Record<string, unknown>,
});
const route = (name: string, spec: object, namespace?: string): ModelObject => istio('networking', 'VirtualService', name, spec, namespace);
const rule = (name: string, spec: object, namespace?: string): ModelObject => istio('networking', 'DestinationRule', name, spec, namespace);
const policy = (name: string, spec: object, namespace?: string, annotations?: Record<string, string>): ModelObject =>
  istio('security', 'AuthorizationPolicy', name, spec, namespace, annotations);
const peers = (name: string, spec: object, namespace?: string): ModelObject => istio('security', 'PeerAuthentication', name, spec, namespace);
const service = (name: string, namespace = 'shop', ports: object[] = [{ name: 'http', port: 80, targetPort: 8080 }]): ModelObject => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name, namespace },
  spec: { selector: { app: name }, ports },
});
const pods = (name: string, version: string, namespace = 'shop', labels: Record<string, string> = {}, replicas = 1): ModelObject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: `${name}-${version}`, namespace },
  spec: { replicas, template: { metadata: { labels: { app: name, version, ...labels } }, spec: { serviceAccountName: name } } },
});
const SUBSETS = rule('api', { host: 'api', subsets: ['v1', 'v2'].map((name) => ({ name, labels: { version: name } })) });
const SHOP: readonly ModelObject[] = [
  ...[service('web'), service('api'), service('db', 'shop', [{ name: 'tcp-db', port: 5432 }])],
  ...[pods('web', 'v1'), pods('api', 'v1'), pods('api', 'v2'), pods('db', 'v1'), SUBSETS],
];
const shop = (...objects: ModelObject[]): MeshModel => new MeshModel([...SHOP, ...objects]);
const shopIn = (context: MeshContext, ...objects: ModelObject[]): MeshModel => new MeshModel([...SHOP, ...objects], context);
const to = (subset: string, weight?: number): object => ({ destination: { host: 'api', subset }, ...(weight === undefined ? {} : { weight }) });
const ask = (model: MeshModel, request: SimulatedRequest = {}) => simulate(model, { from: 'web', to: 'api', ...request });

/** Which of two versions a match chooses: v2 where it fits. */
const chosen = (match: object, request: SimulatedRequest = {}): string =>
  Object.keys(
    ask(shop(route('api', { hosts: ['api'], http: [{ match: [match], route: [to('v2')] }, { route: [to('v1')] }] })), request).shares,
  ).join();

describe('matches of routes', () => {
  test.each<[string, object, SimulatedRequest, boolean]>([
    ['exact path', { uri: { exact: '/a' } }, { path: '/a?x=1' }, true],
    ['exact path is not a prefix', { uri: { exact: '/a' } }, { path: '/a/' }, false],
    ['prefix is text, not segments', { uri: { prefix: '/a' } }, { path: '/ab' }, true],
    ['case matters', { uri: { prefix: '/A' } }, { path: '/ab' }, false],
    ['case ignored', { uri: { prefix: '/A' }, ignoreUriCase: true }, { path: '/ab' }, true],
    ['regex covers the whole path', { uri: { regex: '/a' } }, { path: '/ab' }, false],
    ['regex without the query', { uri: { regex: '/a.' } }, { path: '/ab?q=1' }, true],
    ['regex with flags of RE2', { uri: { regex: '(?i)/AB' } }, { path: '/ab' }, true],
    ['a broken regex matches nothing', { uri: { regex: '(' } }, { path: '/(' }, false],
    ['dot segments are resolved first', { uri: { exact: '/b' } }, { path: '/a/../b' }, true],
    ['dots that are escaped too', { uri: { exact: '/b' } }, { path: '/a/%2e%2E/b' }, true],
    ['letters that are escaped for nothing', { uri: { exact: '/b%2F' } }, { path: '/%62%2F' }, true],
    ['several slashes stay', { uri: { exact: '/a//b' } }, { path: '/a//b' }, true],
    ['header in any case', { headers: { 'End-User': { exact: 'jason' } } }, { headers: { 'end-user': 'jason' } }, true],
    ['header values keep their case', { headers: { 'end-user': { exact: 'jason' } } }, { headers: { 'end-user': 'Jason' } }, false],
    ['missing header', { headers: { 'end-user': { regex: '.*' } } }, {}, false],
    ['header that is there', { headers: { 'end-user': {} } }, { headers: { 'end-user': '' } }, true],
    ['regex * asks for presence', { headers: { 'end-user': { regex: '*' } } }, { headers: { 'end-user': 'x' } }, true],
    ['without a header', { withoutHeaders: { debug: {} } }, {}, true],
    ['without a header that is there', { withoutHeaders: { debug: {} } }, { headers: { debug: '' } }, false],
    ['a missing header is an empty one', { withoutHeaders: { debug: { regex: '.*' } } }, {}, false],
    ['without a value', { withoutHeaders: { debug: { exact: 'on' } } }, { headers: { debug: 'off' } }, true],
    ['query parameter', { queryParams: { q: { prefix: 'a' } } }, { query: { q: 'abc' } }, true],
    ['first of a query parameter', { queryParams: { q: { exact: 'a' } } }, { path: '/?q=b&q=a' }, false],
    ['method', { method: { regex: 'GET|HEAD' } }, { method: 'HEAD' }, true],
    ['all conditions of a match', { method: { exact: 'GET' }, uri: { exact: '/a' } }, { path: '/b' }, false],
    ['port of the Service', { port: 81 }, {}, false],
    ['labels of the caller', { sourceLabels: { app: 'web' } }, {}, true],
    ['labels of another', { sourceLabels: { app: 'db' } }, {}, false],
    ['namespace of the caller', { sourceNamespace: 'other' }, {}, false],
    ['gateways without the mesh', { gateways: ['public'] }, {}, false],
    ['gateways with the mesh', { gateways: ['public', 'mesh'] }, {}, true],
    ['a token means nothing to the caller', { headers: { '@request.auth.claims.group': { exact: 'a' } } }, { claims: { group: 'a' } }, false],
  ])('%s', (_, match, request, fits) => {
    expect(chosen(match, request)).toBe(fits ? 'v2' : 'v1');
  });

  test('matches of a route are alternatives, routes are tried in order, and nothing follows one that takes everything', () => {
    const model = shop(
      route('api', {
        hosts: ['api'],
        http: [
          { name: 'first', match: [{ uri: { exact: '/a' } }, { name: 'b', uri: { exact: '/b' } }], route: [to('v2')] },
          { route: [to('v1')] },
          { name: 'never', match: [{ uri: { exact: '/c' } }], route: [to('v2')] },
        ],
      }),
    );
    expect(ask(model, { path: '/b' }).route).toMatchObject({ name: 'first.b', source: { field: 'http[0].match[1]' } });
    expect(ask(model, { path: '/c' })).toMatchObject({
      shares: { v1: 100 },
      tried: [expect.stringContaining('http[0].match[0]: path /c'), expect.anything()],
    });
    const closed = shop(route('api', { hosts: ['api'], http: [{ match: [{ uri: { exact: '/a' } }], route: [to('v1')] }] }));
    expect(ask(closed, { path: '/zz' })).toMatchObject({ outcome: 'failed', status: 404 });
  });
});

describe('what a route does', () => {
  const does = (http: object, request: SimulatedRequest = {}) => ask(shop(route('api', { hosts: ['api'], http: [http] })), request);

  test('shares are weights of their sum; nothing weighted is left out; a single destination takes all', () => {
    expect(does({ route: [to('v1', 1), to('v2', 3)] }).shares).toEqual({ v1: 25, v2: 75 });
    expect(does({ route: [to('v1', 0), to('v2', 7)] }).shares).toEqual({ v2: 100 });
    expect(does({ route: [to('v1', 0)] }).shares).toEqual({ v1: 100 });
  });

  test('without a subset every pod is as likely as another', () => {
    const model = new MeshModel([service('api'), service('web'), pods('web', 'v1'), pods('api', 'v1', 'shop', {}, 3), pods('api', 'v2')]);
    expect(ask(model).shares).toEqual({ v1: 75, v2: 25 });
  });

  test.each<[string, object, RegExp]>([
    ['a subset that nobody defines', { route: [to('v9')] }, /no DestinationRule .* defines the subset v9/],
    ['a host that nobody has', { route: [{ destination: { host: 'nope' } }] }, /nope\.shop\.svc\.cluster\.local is no host/],
    ['a port that the Service has not', { route: [{ destination: { host: 'api', port: { number: 99 } } }] }, /has no port 99/],
  ])('503: %s', (_, http, why) => {
    expect(does(http)).toMatchObject({ outcome: 'failed', status: 503, summary: expect.stringMatching(why) as unknown });
  });

  test('503 for the share of a subset without pods, and for a version scaled to none', () => {
    const model = new MeshModel([
      service('api'),
      pods('api', 'v1'),
      pods('api', 'v2', 'shop', {}, 0),
      SUBSETS,
      route('api', { hosts: ['api'], http: [{ route: [to('v1', 90), to('v2', 10)] }] }),
    ]);
    const answer = simulate(model, { to: 'api' });
    expect(answer).toMatchObject({ outcome: 'routed', status: undefined, shares: { v1: 90 } });
    expect(answer.destinations[1]).toMatchObject({ percent: 10, status: 503, why: expect.stringContaining('version=v2') as unknown });
  });

  test('timeouts, and retries that are two by default', () => {
    expect(does({ route: [to('v1')] })).toMatchObject({ timeoutSeconds: undefined, retries: { attempts: 2 } });
    expect(does({ route: [to('v1')], timeout: '0.5s', retries: { attempts: 3, perTryTimeout: '100ms' } })).toMatchObject({
      timeoutSeconds: 0.5,
      retries: { attempts: 3, perTryTimeoutSeconds: 0.1 },
    });
    expect(does({ route: [to('v1')], retries: { attempts: 0 } }).retries).toBeUndefined();
    const { retries } = does({ route: [to('v1')], retries: { attempts: 3, retryOn: 'gateway-error,418', perTryTimeout: '0.2s' } });
    expect([503, 500, 418].map((status) => triesOf(retries, status))).toEqual([4, 1, 4]);
    expect([longestWait(undefined, retries), longestWait(0.5, retries)]).toEqual([0.8, 0.5]);
    // A try that runs out of time is no 504 yet.
    expect(longestWait(undefined, { attempts: 3, on: '504', statuses: [504], perTryTimeoutSeconds: 1 })).toBe(1);
  });

  test('faults happen as often as their percentage says, and never without one', () => {
    expect(does({ route: [to('v1')], fault: { delay: { fixedDelay: '7s', percentage: { value: 12.5 } } } }).fault).toEqual({
      delay: { seconds: 7, percent: 12.5 },
    });
    const abort = { httpStatus: 418, percentage: { value: 100 } };
    const aborted = shop(
      route('api', { hosts: ['api'], http: [{ fault: { abort }, route: [to('v1')], mirror: { host: 'db' } }] }),
      policy('closed', { action: 'DENY', rules: [{}] }),
    );
    expect(ask(aborted)).toMatchObject({ status: 418, outcome: 'answered', shares: { v1: 100 }, mirrors: [] });
    expect(aborted).not.toAllow({ from: 'web', to: 'api' });
    expect(aborted).not.toDeny({ from: 'web', to: 'api' });
    expect(renderLines(explain(ask(aborted)))).not.toMatch(/sent to|lost/);
    expect(does({ redirect: { uri: '/x' }, fault: { abort } })).toMatchObject({ outcome: 'answered', status: 418 });
    expect(does({ route: [to('v1')], fault: { abort: { httpStatus: 418 }, delay: { fixedDelay: '7s' } } }).fault).toBeUndefined();
  });

  test('mirrors', () => {
    expect(does({ route: [to('v1')], mirror: { host: 'api', subset: 'v2' } }).mirrors).toEqual([
      { host: 'api.shop.svc.cluster.local', subset: 'v2', versions: ['v2'], percent: 100 },
    ]);
    expect(does({ route: [to('v1')], mirror: { host: 'api', subset: 'v2' }, mirrorPercentage: { value: 0 } }).mirrors).toEqual([]);
  });

  test.each<[string, object, SimulatedRequest, string | undefined]>([
    ['prefix replaced', { match: [{ uri: { prefix: '/old' } }], rewrite: { uri: '/new' } }, { path: '/old/x?q=1' }, '/new/x?q=1'],
    ['exact path replaced', { match: [{ uri: { exact: '/old' } }], rewrite: { uri: '/new' } }, { path: '/old' }, '/new'],
    ['without a path match the slash is replaced', { rewrite: { uri: '/new' } }, { path: '/x' }, '/newx'],
    ['regex with groups', { rewrite: { uriRegexRewrite: { match: '/a/(.*)', rewrite: '/\\1/a' } } }, { path: '/a/b?q' }, '/b/a?q'],
    ['none', {}, {}, undefined],
  ])('rewrite: %s', (_, http, request, expected) => {
    expect(does({ ...http, route: [to('v1')] }, request).rewrite?.path).toBe(expected);
  });

  test.each<[object, string]>([
    [{ uri: '/p' }, '301 http://api/p?q=1'],
    [{ authority: 'x.example', redirectCode: 302 }, '302 http://x.example/a?q=1'],
    [{ scheme: 'https', authority: 'x.example', port: 443 }, '301 https://x.example/a?q=1'],
    [{ port: 8443 }, '301 http://api:8443/a?q=1'],
  ])('redirect %j', (redirect, expected) => {
    const answer = does({ redirect }, { path: '/a?q=1' });
    expect(`${answer.redirect?.status} ${answer.redirect?.location}`).toBe(expected);
  });

  test('direct responses, and headers that may not be changed', () => {
    expect(does({ directResponse: { status: 451, body: { string: 'no' } } })).toMatchObject({
      outcome: 'answered',
      status: 451,
      directResponse: { body: 'no' },
    });
    const { headers, rewrite } = does({ route: [to('v1')], headers: { request: { set: { 'X-A': '1', host: 'other' }, remove: ['B'] } } });
    expect(headers.request).toEqual({ set: { 'x-a': '1' }, add: {}, remove: ['b'] });
    expect(rewrite?.authority).toBe('other');
  });
});

describe('which VirtualService, which DestinationRule', () => {
  const only = (name: string, hosts: string[], subset: string, more: object = {}, namespace?: string): ModelObject =>
    route(name, { hosts, http: [{ name, route: [{ destination: { host: 'api.shop.svc.cluster.local', subset } }] }], ...more }, namespace);
  const taken = (model: MeshModel, request: SimulatedRequest = {}): string => ask(model, request).route!.name;

  test('a full name before a wildcard, the narrower of two wildcards, the elder of two equals', () => {
    expect(taken(shop(only('a-wide', ['*.shop.svc.cluster.local'], 'v1'), only('b-exact', ['api'], 'v2')))).toBe('b-exact');
    expect(taken(shop(only('a-wide', ['*.svc.cluster.local'], 'v1'), only('b-narrow', ['*.shop.svc.cluster.local'], 'v2')))).toBe('b-narrow');
    expect(taken(shop(only('b', ['api'], 'v1'), only('a', ['api'], 'v2')))).toBe('a');
    const aged = (name: string, creationTimestamp: string): ModelObject => ({
      ...only(name, ['api'], 'v1'),
      metadata: { name, namespace: 'shop', creationTimestamp } as ModelObject['metadata'],
    });
    expect(taken(shop(aged('a', '2026-02-01T00:00:00Z'), aged('b', '2026-01-01T00:00:00Z')))).toBe('b');
  });

  test('short names belong to the namespace of the object, exportTo hides it, private ones come first', () => {
    expect(taken(shop(only('elsewhere', ['api'], 'v2', {}, 'other')))).toBe('default');
    expect(taken(shop(only('hidden', ['api.shop.svc.cluster.local'], 'v2', { exportTo: ['.'] }, 'other')))).toBe('default');
    expect(taken(shop(only('a-public', ['api'], 'v1'), only('b-private', ['api'], 'v2', { exportTo: ['.'] })))).toBe('b-private');
    expect(taken(shop(only('for-gateways', ['api'], 'v2', { gateways: ['public'] })))).toBe('default');
  });

  test('a VirtualService none of whose routes are for the caller leaves the host to the next', () => {
    const picky = route('a', { hosts: ['api'], http: [{ name: 'a', match: [{ sourceLabels: { app: 'db' } }], route: [to('v1')] }] });
    expect(taken(shop(picky, only('b', ['api'], 'v2')))).toBe('b');
  });

  test('delegates: their matches within the root, what they leave out from it, dropped where the two contradict', () => {
    const root = route('root', {
      hosts: ['api'],
      http: [{ name: 'r', match: [{ uri: { prefix: '/a' } }], delegate: { name: 'sub' }, timeout: '3s' }, { route: [to('v1')] }],
    });
    const sub = route('sub', {
      http: [
        { name: 's', match: [{ uri: { prefix: '/a/b' } }], route: [to('v2')] },
        { name: 'x', match: [{ uri: { prefix: '/c' } }], route: [to('v2')] },
      ],
    });
    expect(ask(shop(root, sub), { path: '/a/b/c' })).toMatchObject({
      shares: { v2: 100 },
      timeoutSeconds: 3,
      route: { name: 'r-s', source: { title: 'VirtualService shop/sub', field: 'http[0]' } },
    });
    expect(ask(shop(root, sub), { path: '/c' }).shares).toEqual({ v1: 100 });
    expect(ask(shop(root), { path: '/a' }).shares).toEqual({ v1: 100 });
  });

  test("DestinationRules of the caller's namespace first, then the Service's, then the root's; selectors; exportTo", () => {
    const tls = (mode: string) => ({ host: 'api.shop.svc.cluster.local', trafficPolicy: { tls: { mode } } });
    const base = SHOP.filter((object) => object !== SUBSETS);
    const client = (...objects: ModelObject[]): string | undefined =>
      simulate(new MeshModel([...base, service('cli', 'far'), pods('cli', 'v1', 'far'), ...objects]), { from: 'cli.far', to: 'api.shop' }).mtls
        ?.client;
    expect(client()).toBe('mutual');
    expect(client(rule('root', tls('DISABLE'), 'istio-system'))).toBe('plaintext');
    expect(client(rule('root', tls('DISABLE'), 'istio-system'), rule('own', tls('ISTIO_MUTUAL')))).toBe('mutual');
    expect(client(rule('near', tls('DISABLE'), 'far'), rule('own', tls('ISTIO_MUTUAL')))).toBe('plaintext');
    expect(client(rule('own', { ...tls('DISABLE'), exportTo: ['.'] }))).toBe('mutual');
    expect(client(rule('near', { ...tls('DISABLE'), workloadSelector: { matchLabels: { app: 'other' } } }, 'far'))).toBe('mutual');
    expect(client(rule('wide', { ...tls('DISABLE'), host: '*.shop.svc.cluster.local' }))).toBe('plaintext');
  });

  test('several DestinationRules of a host: put together where they are for the same, else the last that is for everybody', () => {
    const base = SHOP.filter((object) => object !== SUBSETS);
    const of = (name: string, spec: object): ModelObject => rule(name, { host: 'api', ...spec });
    const tls = (mode: string): object => ({ trafficPolicy: { tls: { mode } } });
    const client = (...objects: ModelObject[]): string | undefined => ask(new MeshModel([...base, ...objects])).mtls?.client;
    expect(client(of('a', tls('DISABLE')), of('b', tls('ISTIO_MUTUAL')))).toBe('plaintext');
    expect(client(of('a', { ...tls('DISABLE'), exportTo: ['.'] }), of('b', tls('ISTIO_MUTUAL')))).toBe('mutual');
    expect(client(of('a', tls('ISTIO_MUTUAL')), of('b', { ...tls('DISABLE'), workloadSelector: { matchLabels: { app: 'web' } } }))).toBe('plaintext');
  });

  test('hosts that the mesh does not know, and those that a Sidecar does not import', () => {
    expect(simulate(shop(), { from: 'web', to: 'example.com' })).toMatchObject({ outcome: 'routed', route: { name: 'PassthroughCluster' } });
    expect(simulate(shopIn({ outboundTrafficPolicy: 'REGISTRY_ONLY' }), { from: 'web', to: 'example.com' })).toMatchObject({
      status: 502,
      route: { name: 'BlackHoleCluster' },
    });
    expect(simulate(shopIn({ outboundTrafficPolicy: 'REGISTRY_ONLY' }), { from: 'web', to: 'example.com', port: 8888 })).toMatchObject({
      outcome: 'failed',
      summary: expect.stringContaining('closed') as unknown,
    });
    const unimported = istio('networking', 'Sidecar', 'default', { egress: [{ hosts: ['./db.shop.svc.cluster.local'] }] });
    expect(ask(shop(unimported))).toMatchObject({ route: { name: 'PassthroughCluster' }, shares: { v1: 50, v2: 50 }, mtls: { client: 'plaintext' } });
    const known = istio('networking', 'ServiceEntry', 'example', {
      hosts: ['example.com'],
      ports: [{ number: 80, name: 'http', protocol: 'HTTP' }],
      resolution: 'DNS',
    });
    expect(simulate(shopIn({ outboundTrafficPolicy: 'REGISTRY_ONLY' }, known), { from: 'web', to: 'example.com' })).toMatchObject({
      outcome: 'routed',
      shares: { 'example.com': 100 },
    });
    const byPort = istio('networking', 'Sidecar', 'default', {
      egress: [{ port: { number: 80, protocol: 'HTTP', name: 'http' }, hosts: ['./web.shop.svc.cluster.local'] }, { hosts: ['./*'] }],
    });
    expect(ask(shop(byPort)).route?.name).toBe('PassthroughCluster');
    expect(simulate(shop(byPort), { from: 'web', to: 'db' }).route?.name).toBe('default');
    const scope = istio('networking', 'Sidecar', 'default', {
      egress: [{ hosts: ['./db.shop.svc.cluster.local'] }],
      outboundTrafficPolicy: { mode: 'REGISTRY_ONLY' },
    });
    expect(ask(shop(scope))).toMatchObject({ status: 502, route: { source: { title: 'Sidecar shop/default' } } });
  });

  test('TCP ports take TCP routes, and no HTTP ones', () => {
    const http = route('db', {
      hosts: ['db'],
      http: [{ directResponse: { status: 200 } }],
      tcp: [{ match: [{ port: 5432 }], route: [{ destination: { host: 'api', port: { number: 80 } } }] }],
    });
    expect(simulate(shop(http), { from: 'web', to: 'db' })).toMatchObject({ call: { protocol: 'tcp' }, route: { name: 'tcp[0]' } });
    expect(simulate(shop(), { from: 'web', to: 'db' }).shares).toEqual({ v1: 100 });
  });
});

describe('mutual TLS', () => {
  const caller = { namespace: 'shop', sidecar: false };
  test.each<[string, ModelObject[], string]>([
    ['nothing said', [], 'PERMISSIVE'],
    ['mesh', [peers('default', { mtls: { mode: 'STRICT' } }, 'istio-system')], 'STRICT'],
    [
      'namespace over mesh',
      [peers('default', { mtls: { mode: 'STRICT' } }, 'istio-system'), peers('default', { mtls: { mode: 'DISABLE' } })],
      'DISABLE',
    ],
    ['UNSET inherits', [peers('default', { mtls: { mode: 'STRICT' } }, 'istio-system'), peers('default', { mtls: { mode: 'UNSET' } })], 'STRICT'],
    [
      'workload over namespace',
      [peers('default', { mtls: { mode: 'STRICT' } }), peers('api', { selector: { matchLabels: { app: 'api' } }, mtls: { mode: 'PERMISSIVE' } })],
      'PERMISSIVE',
    ],
    [
      'port over workload, by the port of the pods',
      [peers('api', { selector: { matchLabels: { app: 'api' } }, mtls: { mode: 'STRICT' }, portLevelMtls: { 8080: { mode: 'DISABLE' } } })],
      'DISABLE',
    ],
    [
      'not by the port of the Service',
      [peers('api', { selector: { matchLabels: { app: 'api' } }, mtls: { mode: 'STRICT' }, portLevelMtls: { 80: { mode: 'DISABLE' } } })],
      'STRICT',
    ],
    [
      'a selector in the root namespace reaches nobody',
      [peers('api', { selector: { matchLabels: { app: 'api' } }, mtls: { mode: 'STRICT' } }, 'istio-system')],
      'PERMISSIVE',
    ],
  ])('%s', (_, objects, mode) => {
    const plain = simulate(shop(...objects), { from: caller, to: 'api' });
    expect(plain.mtls?.server).toBe(mode);
    expect(plain.outcome).toBe(mode === 'STRICT' ? 'failed' : 'routed');
    expect(ask(shop(...objects)).mtls?.client).toBe(mode === 'DISABLE' ? 'plaintext' : 'mutual');
  });

  test('callers go by the mode of the namespace alone when they decide for themselves', () => {
    const objects = [
      peers('default', { mtls: { mode: 'DISABLE' } }),
      peers('api', { selector: { matchLabels: { app: 'api' } }, mtls: { mode: 'STRICT' } }),
    ];
    expect(ask(shop(...objects))).toMatchObject({ status: 503, mtls: { client: 'plaintext', accepted: false } });
  });

  test('TLS of the client: to a port for HTTP nobody ends it, and a proxy that starts TLS wraps it twice', () => {
    const https: SimulatedRequest = { scheme: 'https' };
    expect(ask(shop(), https)).toMatchObject({ outcome: 'failed', status: undefined, route: { name: 'PassthroughCluster' } });
    expect(ask(shopIn({ outboundTrafficPolicy: 'REGISTRY_ONLY' }), https)).toMatchObject({ outcome: 'failed', route: { name: 'BlackHoleCluster' } });
    expect(ask(shop(), { ...https, from: caller }).summary).toContain('nobody ends the TLS');
    const ports = [{ number: 443, name: 'https', protocol: 'HTTPS' }];
    const outside = istio('networking', 'ServiceEntry', 'out', { hosts: ['out.test'], ports, resolution: 'DNS' });
    const twice = rule('out', { host: 'out.test', trafficPolicy: { tls: { mode: 'SIMPLE' } } });
    expect(ask(shop(outside), { to: 'out.test' }).outcome).toBe('routed');
    expect(ask(shop(outside, twice), { to: 'out.test' })).toMatchObject({
      outcome: 'failed',
      status: undefined,
      mtls: { accepted: false, why: expect.stringContaining('TLS once more') as unknown },
    });
    expect(ask(shop(outside, twice), { to: 'out.test', scheme: 'http' }).outcome).toBe('routed');
  });

  test('headless Services: sidecars go to the pod that was called, with mutual TLS where every pod takes it; gateways choose', () => {
    const headless = (...more: ModelObject[]): MeshModel => {
      const own = service('api');
      return new MeshModel([
        ...SHOP.filter(({ kind, metadata }) => kind !== 'Service' || metadata.name !== 'api'),
        { ...own, spec: { ...own.spec, clusterIP: 'None' } },
        route('api', { hosts: ['api'], gateways: ['mesh', 'public'], http: [{ route: [to('v2')] }] }),
        istio('networking', 'Gateway', 'public', {
          selector: { istio: 'ingress' },
          servers: [{ port: { number: 80, name: 'http', protocol: 'HTTP' }, hosts: ['*'] }],
        }),
        ...more,
      ]);
    };
    expect(ask(headless())).toMatchObject({
      shares: { v1: 50, v2: 50 },
      mtls: { client: 'mutual' },
      assumptions: [expect.stringContaining('is headless') as unknown],
    });
    expect(ask(headless(pods('api', 'v3', 'shop', { 'sidecar.istio.io/inject': 'false' }))).mtls?.client).toBe('plaintext');
    expect(simulate(headless(), { gateway: true, host: 'api.shop.svc.cluster.local' }).shares).toEqual({ v2: 100 });
  });

  test('pods on the network of their node have no sidecar', () => {
    const node = pods('node', 'v1');
    const spec = node.spec as { template: { spec: object } };
    const host = { ...node, spec: { template: { ...spec.template, spec: { ...spec.template.spec, hostNetwork: true } } } };
    const guarded = policy('closed', { action: 'DENY', rules: [{}] });
    expect(ask(shop(service('node'), host, guarded), { to: 'node' })).toMatchObject({ outcome: 'routed', mtls: { server: 'none' } });
  });

  test('DestinationRule: DISABLE against STRICT fails, mutual TLS to pods without a sidecar fails, a port overrides', () => {
    const strict = peers('default', { mtls: { mode: 'STRICT' } });
    const own = (trafficPolicy: object): ModelObject => rule('a-tls', { host: 'api', trafficPolicy });
    expect(ask(shop(strict, own({ tls: { mode: 'DISABLE' } })))).toMatchObject({
      outcome: 'failed',
      status: 503,
      summary: expect.stringContaining('DISABLE') as unknown,
    });
    expect(
      ask(shop(strict, own({ tls: { mode: 'DISABLE' }, portLevelSettings: [{ port: { number: 80 }, tls: { mode: 'ISTIO_MUTUAL' } }] }))).outcome,
    ).toBe('routed');
    const bare = new MeshModel([
      service('api'),
      pods('api', 'v1', 'shop', { 'sidecar.istio.io/inject': 'false' }),
      own({ tls: { mode: 'ISTIO_MUTUAL' } }),
    ]);
    expect(simulate(bare, { to: 'api' })).toMatchObject({ outcome: 'failed', mtls: { server: 'none' } });
  });
});

describe('AuthorizationPolicies', () => {
  const guarded = (spec: object, ...more: ModelObject[]): MeshModel => shop(policy('guard', spec), ...more);
  const JWT = istio('security', 'RequestAuthentication', 'jwt', {
    jwtRules: [
      { issuer: 'iss', audiences: ['api'], spaceDelimitedClaims: ['roles'], outputClaimToHeaders: [{ header: 'X-Name', claim: 'name' }] },
    ],
  });
  const TOKEN = { iss: 'iss', sub: 'me', aud: 'api', groups: ['dev', 'ops'] };
  const operation = (members: object): object => ({ rules: [{ to: [{ operation: members }] }] });
  const source = (members: object): object => ({ rules: [{ from: [{ source: members }] }] });
  const when = (key: string, values: string[]): object => ({ rules: [{ when: [{ key, values }] }] });

  test.each<[string, object, SimulatedRequest, boolean]>([
    ['an ALLOW policy without rules lets nobody in', {}, {}, false],
    ['an empty rule lets everybody in', { rules: [{}] }, {}, true],
    ['a DENY policy without rules denies nobody', { action: 'DENY' }, {}, true],
    ['an empty DENY rule denies everybody', { action: 'DENY', rules: [{}] }, {}, false],
    ['path', operation({ paths: ['/a'] }), { path: '/a?q' }, true],
    ['path prefix', operation({ paths: ['/a/*'] }), { path: '/a/b' }, true],
    ['path suffix', operation({ paths: ['*.css'] }), { path: '/x.css' }, true],
    ['path template', operation({ paths: ['/a/{*}/c'] }), { path: '/a/b/c' }, true],
    ['a segment is not empty', operation({ paths: ['/a/{*}/c'] }), { path: '/a//c' }, false],
    ['a segment has no slash', operation({ paths: ['/a/{*}'] }), { path: '/a/b/c' }, false],
    ['any number of segments', operation({ paths: ['/a/{**}'] }), { path: '/a/b/c' }, true],
    ['not a path', operation({ notPaths: ['/a'] }), { path: '/a' }, false],
    ['methods', operation({ methods: ['GET'] }), { method: 'POST' }, false],
    ['hosts ignore case', operation({ hosts: ['API'] }), {}, true],
    ['the port is that of the pods', operation({ ports: ['8080'] }), {}, true],
    ['not that of the Service', operation({ ports: ['80'] }), {}, false],
    ['principal', source({ principals: ['cluster.local/ns/shop/sa/web'] }), {}, true],
    ['no principal without mutual TLS', source({ principals: ['*'] }), { from: { namespace: 'shop', sidecar: false } }, false],
    ['no principal is none of those', source({ notPrincipals: ['*'] }), { from: { namespace: 'shop', sidecar: false } }, true],
    ['namespace', source({ namespaces: ['sh*'] }), {}, true],
    ['another namespace', source({ namespaces: ['other'] }), {}, false],
    ['service account of the policy’s namespace', source({ serviceAccounts: ['web'] }), {}, true],
    ['address range', source({ ipBlocks: ['10.0.0.0/8'] }), { sourceIp: '10.1.2.3' }, true],
    ['unknown address', source({ ipBlocks: ['0.0.0.0/0'] }), {}, false],
    ['request principal', source({ requestPrincipals: ['iss/me'] }), { claims: TOKEN }, true],
    ['any request principal without a token', source({ requestPrincipals: ['*'] }), {}, false],
    ['claim in a list', when('request.auth.claims[groups]', ['ops']), { claims: TOKEN }, true],
    ['another claim', when('request.auth.claims[groups]', ['root']), { claims: TOKEN }, false],
    ['header', when('request.headers[X-Key]', ['a*']), { headers: { 'x-key': 'abc' } }, true],
    [
      'all of from, to and when',
      {
        rules: [
          {
            ...(source({ namespaces: ['shop'] }) as { rules: object[] }).rules[0],
            ...(operation({ methods: ['POST'] }) as { rules: object[] }).rules[0],
          },
        ],
      },
      {},
      false,
    ],
    ['any of the rules', { rules: [{ to: [{ operation: { methods: ['POST'] } }] }, { to: [{ operation: { paths: ['/'] } }] }] }, {}, true],
    ['unknown conditions make no rule', when('request.whatever', ['x']), {}, false],
    ['nor one that denies', { action: 'DENY', ...when('request.whatever', ['x']) }, {}, true],
    ['the name in the handshake of mutual TLS', when('connection.sni', ['outbound_.80_._.api.shop.svc.cluster.local']), {}, true],
    ['another name in the handshake', { action: 'DENY', ...when('connection.sni', ['evil.test']) }, {}, true],
    ['an address of the pod, which nobody knows', { action: 'DENY', ...when('destination.ip', ['10.0.0.1']) }, {}, true],
    ['nor does it allow', when('destination.ip', ['10.0.0.1']), {}, false],
    ['a scope is a list', when('request.auth.claims[scope]', ['read']), { claims: { ...TOKEN, scope: 'read write' } }, true],
    ['so is what the rule says', when('request.auth.claims[roles]', ['b']), { claims: { ...TOKEN, roles: 'a b' } }, true],
    ['other texts are not', when('request.auth.claims[name]', ['a']), { claims: { ...TOKEN, name: 'a b' } }, false],
    ['a claim that became a header', when('request.headers[x-name]', ['a b']), { claims: { ...TOKEN, name: 'a b' } }, true],
    ['which nobody else may set', when('request.headers[x-name]', ['a b']), { headers: { 'X-Name': 'a b' } }, false],
  ])('%s', (_, spec, request, allowed) => {
    const answer = ask(guarded(spec, JWT), request);
    expect(answer.policy.verdict).toBe(allowed ? 'allow' : 'deny');
    expect(answer.status).toBe(allowed ? undefined : 403);
  });

  test('what a policy asks and nobody can know is said, where everything else fits', () => {
    const rules = [{ to: [{ operation: { paths: ['/a'] } }], when: [{ key: 'destination.ip', notValues: ['10.0.0.1'] }] }];
    const answer = (path: string) => ask(guarded({ action: 'DENY', rules }), { path });
    expect([answer('/a').outcome, answer('/b').assumptions]).toEqual(['routed', []]);
    expect(answer('/a').assumptions).toEqual([expect.stringMatching(/shop\/guard rules\[0\] asks for destination\.ip, which nobody knows here/)]);
  });

  test('CUSTOM before DENY before ALLOW, and the one that decided is named', () => {
    const all = [
      policy('allow', { rules: [{}] }),
      policy('deny', { action: 'DENY', ...operation({ paths: ['/d'] }) }),
      policy('ext', { action: 'CUSTOM', provider: { name: 'opa' }, ...operation({ paths: ['/d', '/c'] }) }),
    ];
    const decided = (request: SimulatedRequest): string | undefined => ask(shop(...all), request).policy.source?.title.split('/')[1];
    expect(decided({ path: '/' })).toBe('allow');
    expect(decided({ path: '/d' })).toBe('deny');
    expect(decided({ path: '/d', externalAuthorization: 'deny' })).toBe('ext');
    expect(ask(shop(...all), { path: '/c' }).policy).toMatchObject({ verdict: 'allow', provider: 'opa' });
  });

  test('an authoriser that MeshConfig does not know, and two on one workload, refuse all that they would be asked', () => {
    const custom = (name: string, provider: string, path: string): ModelObject => policy(name, { action: 'CUSTOM', provider: { name: provider }, ...operation({ paths: [path] }) });
    const known: MeshContext = { extensionProviders: ['opa'] };
    expect(ask(shopIn(known, custom('a', 'opa', '/a')), { path: '/a' })).toMatchObject({ outcome: 'routed', policy: { asks: { title: 'AuthorizationPolicy shop/a' } } });
    const unknown = shopIn(known, custom('a', 'other', '/a'));
    expect(ask(unknown, { path: '/a' })).toMatchObject({ status: 403, policy: { why: expect.stringContaining('no extension provider "other"') as unknown } });
    expect(ask(unknown, { path: '/b' }).outcome).toBe('routed');
    expect(ask(shop(custom('a', 'opa', '/a'), custom('b', 'other', '/b')), { path: '/a' }).status).toBe(403);
    const passed = shop(custom('a', 'opa', '/a'), policy('closed', { action: 'DENY', ...operation({ paths: ['/a'] }) }));
    expect(renderLines(explain(ask(passed, { path: '/a' })))).toMatch(/asks +opa first, by AuthorizationPolicy shop\/a rules\[0\]: taken to allow it/);
  });

  test('mesh, namespace and workload; AUDIT and dry runs decide nothing', () => {
    expect(ask(shop(policy('mesh', {}, 'istio-system'))).outcome).toBe('denied');
    expect(ask(shop(policy('elsewhere', {}, 'other'))).outcome).toBe('routed');
    expect(ask(shop(policy('v2', { selector: { matchLabels: { version: 'v2' } } })))).toMatchObject({
      outcome: 'routed',
      destinations: [{ reached: true }, { reached: false, status: 403 }],
    });
    const quiet = ask(
      shop(policy('dry', { action: 'DENY', rules: [{}] }, 'shop', { 'istio.io/dry-run': 'true' }), policy('audit', { action: 'AUDIT', rules: [{}] })),
    );
    expect(quiet).toMatchObject({
      outcome: 'routed',
      policy: { observed: ['AuthorizationPolicy shop/dry (dry run of DENY)', 'AuthorizationPolicy shop/audit (AUDIT)'] },
    });
  });

  test('on TCP, what only HTTP knows drops an ALLOW rule and widens a DENY rule', () => {
    const tcp = (spec: object) => simulate(shop(policy('tcp', spec)), { from: 'web', to: 'db' });
    expect(tcp(operation({ paths: ['/'] }))).toMatchObject({ outcome: 'denied', status: undefined });
    expect(tcp({ action: 'DENY', ...operation({ paths: ['/never'] }) }).outcome).toBe('denied');
    expect(tcp(operation({ ports: ['5432'] })).outcome).toBe('routed');
  });

  test('tokens: unknown issuers and invalid ones get 401, wrong audiences 403, none passes', () => {
    expect(ask(shop(JWT), { claims: { iss: 'other' } })).toMatchObject({
      status: 401,
      policy: { source: { title: 'RequestAuthentication shop/jwt' } },
    });
    expect(ask(shop(JWT), { claims: TOKEN, invalidToken: true }).status).toBe(401);
    expect(ask(shop(JWT), { claims: { sub: 'me' } }).policy.why).toBe('the token names no issuer (claim iss)');
    expect(ask(shop(JWT), { claims: { ...TOKEN, aud: 'x' } }).status).toBe(403);
    expect(ask(shop(JWT)).outcome).toBe('routed');
  });
});

describe('gateways', () => {
  const gateway = (servers: object[], name = 'public'): ModelObject =>
    istio('networking', 'Gateway', name, { selector: { istio: 'ingress' }, servers });
  const HTTP = { port: { number: 80, name: 'http', protocol: 'HTTP' }, hosts: ['*.example.com'] };
  const HTTPS = { port: { number: 443, name: 'https', protocol: 'HTTPS' }, hosts: ['a.example.com'], tls: { mode: 'SIMPLE', credentialName: 'a' } };
  const ingress = (name: string, host: string, http: object[]): ModelObject => route(name, { hosts: [host], gateways: ['public'], http });
  const come = (model: MeshModel, request: SimulatedRequest = {}) => simulate(model, { gateway: 'public', to: 'a.example.com', ...request });

  test('VirtualServices of one host share a table, what takes everything goes last, a wildcard host serves the rest', () => {
    const model = shop(
      gateway([HTTP]),
      ingress('a', 'a.example.com', [{ name: 'all', route: [to('v1')] }]),
      ingress('b', 'a.example.com', [{ name: 'b', match: [{ uri: { prefix: '/b' } }], route: [to('v2')] }]),
      ingress('c', '*.example.com', [{ name: 'wild', route: [to('v2')] }]),
    );
    expect(come(model, { path: '/b' }).route?.name).toBe('b');
    expect(come(model, { path: '/x' }).route?.name).toBe('all');
    expect(come(model, { to: 'z.example.com' }).route?.name).toBe('wild');
    expect(come(model, { to: 'example.org' })).toMatchObject({ outcome: 'failed', status: 404 });
    expect(come(model, { port: 81 }).outcome).toBe('failed');
  });

  test('HTTPS by the name in the handshake, plaintext sent there, policies of the gateway before any route', () => {
    const model = (...objects: ModelObject[]): MeshModel =>
      shop(gateway([HTTPS, { ...HTTP, tls: { httpsRedirect: true } }]), ingress('a', 'a.example.com', [{ route: [to('v1')] }]), ...objects);
    expect(come(model(), { path: '/x' })).toMatchObject({ status: 301, redirect: { location: 'https://a.example.com/x' } });
    expect(come(model(), { scheme: 'https' })).toMatchObject({ outcome: 'routed', shares: { v1: 100 } });
    expect(come(model(), { scheme: 'https', to: 'b.example.com' })).toMatchObject({
      outcome: 'failed',
      summary: expect.stringContaining('handshake') as unknown,
    });
    const locked = policy('edge', { action: 'DENY', rules: [{ from: [{ source: { notRemoteIpBlocks: ['192.0.2.0/24'] } }] }] }, 'istio-system');
    expect(come(model(locked), { scheme: 'https', sourceIp: '198.51.100.7' })).toMatchObject({
      outcome: 'denied',
      status: 403,
      policy: { source: { title: 'AuthorizationPolicy istio-system/edge' } },
    });
  });

  test('modes of TLS, passthrough by name, plaintext and TLS in the wrong place, servers that contradict an elder one', () => {
    const server = (number: number, protocol: string, mode: string, ...hosts: string[]): object => ({
      port: { number, name: `${protocol}-${mode}`, protocol },
      hosts,
      tls: { mode, credentialName: 'c' },
    });
    const model = shop(
      gateway([server(443, 'HTTPS', 'MUTUAL', 'm.test'), server(443, 'TLS', 'PASSTHROUGH', '*.p.test'), HTTP]),
      gateway([server(443, 'HTTPS', 'SIMPLE', 'm.test'), { port: { number: 80, name: 'tcp', protocol: 'TCP' }, hosts: ['*'] }], 'younger'),
      ingress('m', 'm.test', [{ route: [to('v1')] }]),
      route('p', { hosts: ['*.p.test'], gateways: ['public'], tls: [{ match: [{ sniHosts: ['a.p.test'] }], route: [{ destination: { host: 'db', port: { number: 5432 } } }] }] }),
    );
    const by = (serverName: string, request: SimulatedRequest = {}) => simulate(model, { gateway: 'public', to: serverName, scheme: 'https', ...request });
    expect(by('m.test').summary).toContain('wants a client certificate');
    expect(by('m.test', { clientCertificate: true })).toMatchObject({ outcome: 'routed', call: { serverName: 'm.test' } });
    expect(by('m.test', { clientCertificate: true, host: 'other.test' }).status).toBe(404);
    expect(by('a.p.test')).toMatchObject({ route: { name: 'tls[0]' }, call: { protocol: 'tcp' } });
    expect(by('b.p.test').summary).toContain('handshake fails');
    expect(by('m.test', { scheme: 'http', port: 443 }).summary).toContain('takes TLS alone');
    expect(by('a.example.com', { port: 80 }).summary).toContain('HTTP without TLS');
  });

  test('plaintext after TLS on a port is served beside it, TLS after plaintext is not', () => {
    const tls = (name: string, host: string): object => ({ port: { number: 80, name, protocol: 'HTTPS' }, hosts: [host], tls: { mode: 'SIMPLE', credentialName: 'c' } });
    const beside = { ...HTTP, hosts: ['a.example.com'] };
    const model = shop(
      gateway([tls('first', 't.test')], 'a'),
      gateway([beside], 'b'),
      gateway([tls('last', 'l.test')], 'c'),
      ...['a', 'b', 'c'].map((name) => route(name, { hosts: [{ a: 't.test', b: 'a.example.com', c: 'l.test' }[name]!], gateways: [name], http: [{ route: [to('v1')] }] })),
    );
    const by = (name: string, scheme: 'http' | 'https') => simulate(model, { gateway: 'a', to: name, port: 80, scheme });
    expect([by('t.test', 'https'), by('a.example.com', 'http')].map(({ outcome }) => outcome)).toEqual(['routed', 'routed']);
    expect(by('t.test', 'http').status).toBe(404);
    expect([by('a.example.com', 'https'), by('l.test', 'https')].map(({ summary }) => /handshake fails/.test(summary))).toEqual([true, true]);
  });

  test('Gateways by ./name; in matches of TLS routes, short names belong to the VirtualService', () => {
    const here = route('a', { hosts: ['a.example.com'], gateways: ['./public'], http: [{ route: [to('v1')] }] });
    expect(come(shop(gateway([HTTP]), here)).outcome).toBe('routed');
    const pass = { port: { number: 443, name: 'tls', protocol: 'TLS' }, hosts: ['*'], tls: { mode: 'PASSTHROUGH' } };
    const far = { ...gateway([pass]), metadata: { name: 'public', namespace: 'infra' } };
    const by = (name: string): string => {
      const match = [{ sniHosts: ['a.example.com'], gateways: [name] }];
      const tls = [{ match, route: [{ destination: { host: 'db', port: { number: 5432 } } }] }];
      const mesh = shop(far, route('t', { hosts: ['a.example.com'], gateways: ['infra/public'], tls }));
      return simulate(mesh, { gateway: 'infra/public', to: 'a.example.com', scheme: 'https' }).outcome;
    };
    expect([by('infra/public'), by('public')]).toEqual(['routed', 'failed']);
  });

  test('of several gateways, a request that names none comes in by the mesh’s ingress', () => {
    const pods = (role: 'ingress' | 'egress') => ({ role, namespace: 'istio-system', labels: { istio: role }, serviceAccountName: role });
    const egress = istio('networking', 'Gateway', 'way', { selector: { istio: 'egress' }, servers: [HTTP] });
    const objects = [egress, gateway([HTTP]), ingress('a', 'a.example.com', [{ route: [to('v1')] }])];
    const come = (mesh: MeshModel) => simulate(mesh, { gateway: true, to: 'a.example.com' });
    expect(come(shopIn({ gateways: [pods('egress'), pods('ingress')] }, ...objects))).toMatchObject({
      call: { gateway: 'shop/public' },
      assumptions: [expect.stringContaining('taken the one of the mesh’s ingress'.replace('’', "'")) as unknown],
    });
    expect(() => come(shop(...objects))).toThrow(/several gateways could be meant/);
  });

  test('claims that a gateway writes into headers decide its routes', () => {
    const rules = [{ issuer: 'iss', outputClaimToHeaders: [{ header: 'x-tier', claim: 'plan.tier' }] }];
    const jwt = istio('security', 'RequestAuthentication', 'edge', { selector: { matchLabels: { istio: 'ingress' } }, jwtRules: rules }, 'istio-system');
    const gold = { match: [{ headers: { 'x-tier': { exact: 'gold' } } }], route: [to('v2')] };
    const model = shop(gateway([HTTP]), jwt, ingress('a', 'a.example.com', [gold, { route: [to('v1')] }]));
    expect(come(model, { claims: { iss: 'iss', plan: { tier: 'gold' } } }).shares).toEqual({ v2: 100 });
    expect(come(model, { headers: { 'x-tier': 'gold' } }).shares).toEqual({ v1: 100 });
  });

  test('the gateway is a caller like others: its identity, and claims that only it can route by', () => {
    const context = { gateways: [{ namespace: 'edge', labels: { istio: 'ingress' }, serviceAccountName: 'edge-sa' }] };
    const claims = [{ match: [{ headers: { '@request.auth.claims.tier': { exact: 'gold' } } }], route: [to('v2')] }, { route: [to('v1')] }];
    const model = (...objects: ModelObject[]): MeshModel => shopIn(context, gateway([HTTP]), ingress('a', 'a.example.com', claims), ...objects);
    const jwt = istio(
      'security',
      'RequestAuthentication',
      'edge',
      { selector: { matchLabels: { istio: 'ingress' } }, jwtRules: [{ issuer: 'iss' }] },
      'edge',
    );
    expect(come(model(), { claims: { iss: 'iss', tier: 'gold' } }).shares).toEqual({ v1: 100 });
    expect(come(model(jwt), { claims: { iss: 'iss', tier: 'gold' } })).toMatchObject({
      shares: { v2: 100 },
      mtls: { identity: 'cluster.local/ns/edge/sa/edge-sa' },
    });
  });
});

describe('the Gateway API', () => {
  const api = (kind: string, name: string, spec: object, namespace = 'shop', annotations?: Record<string, string>): ModelObject => ({
    apiVersion: 'gateway.networking.k8s.io/v1',
    kind,
    metadata: { name, namespace, annotations },
    spec: spec as Record<string, unknown>,
  });
  const edge = (listeners: object[] = [{ name: 'http', port: 80, protocol: 'HTTP', allowedRoutes: { namespaces: { from: 'All' } } }]): ModelObject =>
    api('Gateway', 'edge', { gatewayClassName: 'istio', listeners });
  const versions = ['v1', 'v2'].map((version): ModelObject => ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: `api-${version}`, namespace: 'shop' },
    spec: { selector: { app: 'api', version }, ports: [{ name: 'http', port: 80, targetPort: 8080 }] },
  }));
  const back = (name: string, weight = 1, more: object = {}): object => ({ name, port: 80, weight, ...more });
  const routeOf = (name: string, rules: object[], more: object = {}, namespace?: string): ModelObject =>
    api('HTTPRoute', name, { parentRefs: [{ name: 'edge', namespace: 'shop' }], rules, ...more }, namespace);
  const ofService = { parentRefs: [{ group: '', kind: 'Service', name: 'api' }] };
  const model = (...objects: ModelObject[]): MeshModel => shop(edge(), ...versions, ...objects);
  const come = (mesh: MeshModel, path = '/', request: SimulatedRequest = {}) => simulate(mesh, { gateway: 'edge', to: 'shop.test', path, ...request });
  const exact = (value: string): object => ({ path: { type: 'Exact', value } });
  const prefix = (value: string): object => ({ path: { type: 'PathPrefix', value } });

  test('exact before prefix before expression, longer before shorter, then method, headers and query, whatever object they stand in', () => {
    const mesh = model(
      routeOf('a', [{ name: 'regex', matches: [{ path: { type: 'RegularExpression', value: '/a/b.*' } }], backendRefs: [back('api-v1')] }]),
      routeOf('b', [
        { name: 'short', matches: [prefix('/a')], backendRefs: [back('api-v1')] },
        { name: 'long', matches: [prefix('/a/b/')], backendRefs: [back('api-v1')] },
        { name: 'posted', matches: [{ ...prefix('/a/b'), method: 'POST' }], backendRefs: [back('api-v1')] },
      ]),
      routeOf('c', [{ name: 'exact', matches: [exact('/a/b')], backendRefs: [back('api-v2')] }]),
    );
    const taken = (path: string, request?: SimulatedRequest): string | undefined => come(mesh, path, request).route?.name;
    expect([taken('/a/b'), taken('/a/b/c'), taken('/a/b/c', { method: 'POST' }), taken('/a/x'), taken('/a/bx')]).toEqual([
      'exact',
      'long',
      'posted',
      'short',
      'short',
    ]);
    expect(come(mesh, '/ab')).toMatchObject({ outcome: 'failed', status: 404 });
    expect(come(mesh, '/a/b')).toMatchObject({ route: { source: { title: 'HTTPRoute shop/c', field: 'rules[0].matches[0]' } }, shares: { v2: 100 } });
  });

  test('weights, none of them, and backends that are not there or may not be used: 500, for their share', () => {
    const rule = (...backendRefs: object[]): MeshModel => model(routeOf('r', [{ backendRefs }]), service('far', 'other'), pods('far', 'v1', 'other'));
    expect(come(rule(back('api-v1', 3), back('api-v2'), back('nobody', 0))).shares).toEqual({ v1: 75, v2: 25 });
    expect(come(rule(back('api-v1', 0)))).toMatchObject({ outcome: 'answered', status: 500 });
    expect(come(rule(back('api-v1'), back('nobody')))).toMatchObject({ shares: { v1: 50 }, destinations: [{}, { status: 500 }] });
    const foreign = rule(back('far', 1, { namespace: 'other' }));
    expect(come(foreign)).toMatchObject({ outcome: 'failed', status: 500, summary: expect.stringContaining('none that the route may use') as unknown });
    const grant = api('ReferenceGrant', 'g', { from: [{ group: 'gateway.networking.k8s.io', kind: 'HTTPRoute', namespace: 'shop' }], to: [{ group: '', kind: 'Service' }] }, 'other');
    expect(come(new MeshModel([...foreign.objects, grant])).outcome).toBe('routed');
  });

  test.each<[object, string, string]>([
    [{ type: 'URLRewrite', urlRewrite: { path: { type: 'ReplacePrefixMatch', replacePrefixMatch: '/' } } }, '/old/x?q', '/x?q'],
    [{ type: 'URLRewrite', urlRewrite: { path: { type: 'ReplacePrefixMatch', replacePrefixMatch: '/new/' } } }, '/old/x', '/new/x'],
    [{ type: 'URLRewrite', urlRewrite: { path: { type: 'ReplaceFullPath', replaceFullPath: '/all' } } }, '/old/x?q', '/all?q'],
    [{ type: 'RequestRedirect', requestRedirect: { path: { type: 'ReplacePrefixMatch', replacePrefixMatch: '/new' } } }, '/old/x?q', '302 http://shop.test/new/x?q'],
    [{ type: 'RequestRedirect', requestRedirect: { scheme: 'https', statusCode: 301 } }, '/old', '301 https://shop.test/old'],
  ])('filter %j', (filter, path, expected) => {
    const redirects = (filter as { type: string }).type === 'RequestRedirect';
    const answer = come(model(routeOf('r', [{ matches: [prefix('/old')], filters: [filter], ...(redirects ? {} : { backendRefs: [back('api-v1')] }) }])), path);
    expect(answer.rewrite?.path ?? `${answer.redirect?.status} ${answer.redirect?.location}`).toBe(expected);
  });

  test('headers, mirrors and timeouts', () => {
    const change = { type: 'RequestHeaderModifier', requestHeaderModifier: { set: [{ name: 'X-A', value: '1' }, { name: 'x-a', value: '2' }] } };
    const mirror = { type: 'RequestMirror', requestMirror: { backendRef: back('api-v2'), fraction: { numerator: 1, denominator: 4 } } };
    const answer = come(model(routeOf('r', [{ filters: [change, mirror], timeouts: { request: '2s', backendRequest: '1s' }, backendRefs: [back('api-v1')] }])));
    expect(answer).toMatchObject({ headers: { request: { set: { 'x-a': '1' } } }, mirrors: [{ versions: ['v2'], percent: 25 }], timeoutSeconds: 1 });
  });

  test('listeners take routes of their namespaces, kinds, hosts and names; of several the narrowest host serves', () => {
    const listeners = [
      { name: 'any', port: 80, protocol: 'HTTP' },
      { name: 'wild', port: 80, protocol: 'HTTP', hostname: '*.shop.test', allowedRoutes: { namespaces: { from: 'All' } } },
      { name: 'grpc', port: 81, protocol: 'HTTP', allowedRoutes: { kinds: [{ kind: 'GRPCRoute' }] } },
    ];
    const to = (name: string, more: object = {}, namespace?: string): ModelObject => routeOf(name, [{ name, backendRefs: [back('api', 1)] }], more, namespace);
    const mesh = shop(edge(listeners), service('api', 'other'), pods('api', 'v1', 'other'), to('own', { hostnames: ['own.test'] }), to('far', { hostnames: ['far.test', 'a.shop.test'] }, 'other'));
    const taken = (host: string, port = 80): string | undefined => simulate(mesh, { gateway: 'edge', to: host, port }).route?.name;
    expect([taken('own.test'), taken('far.test'), taken('a.shop.test'), taken('own.test', 81)]).toEqual(['own', undefined, 'far', undefined]);
  });

  test('HTTPS by certificates that may be used, TLS passed through by name, TCP; standard channels have neither of the last two', () => {
    const certificates = [{ name: 'c', namespace: 'certs' }];
    const listeners = [
      { name: 'https', port: 443, protocol: 'HTTPS', hostname: 'shop.test', tls: { certificateRefs: certificates } },
      { name: 'tls', port: 8443, protocol: 'TLS', tls: { mode: 'Passthrough' } },
      { name: 'tcp', port: 9000, protocol: 'TCP' },
    ];
    const parentRefs = [{ name: 'edge' }];
    const own = [
      edge(listeners),
      routeOf('h', [{ backendRefs: [back('api')] }]),
      api('TLSRoute', 't', { parentRefs, hostnames: ['a.test'], rules: [{ backendRefs: [back('db', 1, { port: 5432 })] }] }),
      api('TLSRoute', 'h', { parentRefs, hostnames: ['http.test'], rules: [{ backendRefs: [back('api')] }] }),
      api('TCPRoute', 'c', { parentRefs, rules: [{ backendRefs: [back('db', 1, { port: 5432 })] }] }),
    ];
    const grant = api('ReferenceGrant', 'g', { from: [{ group: 'gateway.networking.k8s.io', kind: 'Gateway', namespace: 'shop' }], to: [{ group: '', kind: 'Secret', name: 'c' }] }, 'certs');
    const by = (mesh: MeshModel, to: string, port: number) => simulate(mesh, { gateway: 'edge', to, port });
    expect(by(shop(...own), 'shop.test', 443).outcome).toBe('failed');
    expect(by(shop(...own, grant), 'shop.test', 443)).toMatchObject({ outcome: 'routed', call: { scheme: 'https', protocol: 'http' } });
    expect(by(shop(...own), 'a.test', 8443)).toMatchObject({ outcome: 'routed', route: { source: { title: 'TLSRoute shop/t', field: 'rules[0]' } } });
    expect(by(shop(...own), 'http.test', 8443).summary).toContain('nobody ends the TLS');
    expect(by(shop(...own), 'b.test', 8443).summary).toContain('handshake fails');
    expect(by(shop(...own), 'any.test', 9000)).toMatchObject({ outcome: 'routed', destinations: [{ host: 'db.shop.svc.cluster.local' }] });
    expect(by(shopIn({ gatewayApiChannel: 'standard' }, ...own), 'a.test', 8443).outcome).toBe('failed');
  });

  test('in the mesh: routes of the Service for everybody, of the caller before them, of others for nobody; gRPC by its paths', () => {
    const own = api('HTTPRoute', 'own', { ...ofService, rules: [{ name: 'own', backendRefs: [back('api-v1')] }] });
    const theirs = api('HTTPRoute', 'theirs', { parentRefs: [{ group: '', kind: 'Service', name: 'api', namespace: 'shop' }], rules: [{ name: 'theirs', backendRefs: [back('api')] }] }, 'far');
    const mesh = model(own, theirs, service('api', 'far'), pods('api', 'v1', 'far'), service('cli', 'far'), pods('cli', 'v1', 'far'));
    expect(ask(mesh, { to: 'api.shop' }).route?.name).toBe('own');
    expect(simulate(mesh, { from: 'cli.far', to: 'api.shop' }).route?.name).toBe('theirs');
    expect(ask(model(theirs), { to: 'api.shop' }).route?.name).toBe('default');
    const grpc = api('GRPCRoute', 'g', { ...ofService, rules: [{ matches: [{ method: { service: 'shop.Cart', method: 'Add' } }], backendRefs: [back('api-v2')] }] });
    expect(ask(model(grpc), { path: '/shop.Cart/Add', method: 'POST' }).shares).toEqual({ v2: 100 });
    expect(ask(model(grpc), { path: '/shop.Cart/Drop', method: 'POST' }).status).toBe(404);
  });
});

describe('ways out', () => {
  const HTTP = { number: 80, name: 'http', protocol: 'HTTP' };
  const entry = (name: string, spec: object): ModelObject => istio('networking', 'ServiceEntry', name, { hosts: [`${name}.test`], ports: [HTTP], resolution: 'DNS', ...spec });
  const go = (mesh: MeshModel, to: string, request: SimulatedRequest = {}) => simulate(mesh, { from: 'web', to, ...request });

  test('addresses by label and weight, machines of a WorkloadEntry, none at all', () => {
    const endpoints = [{ address: '192.0.2.1', labels: { version: 'a' } }, { address: '192.0.2.2', labels: { version: 'b' }, weight: 3 }];
    const listed = [
      entry('listed', { resolution: 'STATIC', endpoints }),
      rule('listed', { host: 'listed.test', subsets: [{ name: 'b', labels: { version: 'b' } }] }),
      route('listed', { hosts: ['listed.test'], http: [{ match: [{ uri: { prefix: '/b' } }], route: [{ destination: { host: 'listed.test', subset: 'b' } }] }, { route: [{ destination: { host: 'listed.test' } }] }] }),
    ];
    expect(go(shop(...listed), 'listed.test').shares).toEqual({ a: 25, b: 75 });
    expect(go(shop(...listed), 'listed.test', { path: '/b' }).shares).toEqual({ b: 100 });
    expect(go(shop(entry('empty', { resolution: 'STATIC' })), 'empty.test').status).toBe(503);
    const machine = istio('networking', 'WorkloadEntry', 'vm', { address: '192.0.2.3', labels: { role: 'vm', version: 'v7' }, serviceAccount: 'vm' });
    const inside = entry('inside', { location: 'MESH_INTERNAL', resolution: 'STATIC', workloadSelector: { labels: { role: 'vm' } } });
    expect(go(shop(inside, machine), 'inside.test')).toMatchObject({ shares: { v7: 100 }, mtls: { client: 'mutual' } });
  });

  test('through an egress gateway: two hops, the second decides', () => {
    const context: MeshContext = { gateways: [{ namespace: 'istio-system', labels: { istio: 'egress' }, serviceAccountName: 'egress', serviceName: 'egress', ports: [80, 443] }] };
    const mutual = { port: { number: 443, name: 'https', protocol: 'HTTPS' }, hosts: ['out.test'], tls: { mode: 'ISTIO_MUTUAL' } };
    const way = (tls: object, ...more: ModelObject[]): MeshModel =>
      shopIn(
        context,
        entry('out', {}),
        istio('networking', 'Gateway', 'way', { selector: { istio: 'egress' }, servers: [mutual] }),
        rule('egress', { host: 'egress.istio-system.svc.cluster.local', trafficPolicy: { tls } }),
        route('out', {
          hosts: ['out.test'],
          gateways: ['mesh', 'way'],
          http: [
            { match: [{ gateways: ['mesh'] }], route: [{ destination: { host: 'egress.istio-system.svc.cluster.local', port: { number: 443 } } }] },
            { match: [{ gateways: ['way'] }], route: [{ destination: { host: 'out.test', port: { number: 80 } } }] },
          ],
        }),
        ...more,
      );
    const named = { mode: 'ISTIO_MUTUAL', sni: 'out.test' };
    expect(go(way(named), 'out.test')).toMatchObject({ outcome: 'routed', onward: { shares: { 'out.test': 100 }, mtls: { client: 'plaintext' } } });
    expect(go(way({ mode: 'ISTIO_MUTUAL' }), 'out.test').outcome).toBe('failed');
    expect(go(way({ mode: 'DISABLE' }), 'out.test').summary).toContain('takes TLS alone');
    const locked = policy('locked', { selector: { matchLabels: { istio: 'egress' } }, rules: [{ from: [{ source: { principals: ['*/sa/web'] } }] }] }, 'istio-system');
    expect(way(named, locked)).toAllow({ from: 'web', to: 'out.test' });
    expect(way(named, locked)).toDeny({ from: 'api', to: 'out.test' }, 'locked');
  });

  test('TLS that the proxy starts, names that tell hosts apart, and TLS for hosts that nobody knows', () => {
    const started = [entry('started', { ports: [{ ...HTTP, targetPort: 443 }] }), rule('started', { host: 'started.test', trafficPolicy: { tls: { mode: 'SIMPLE' } } })];
    expect(go(shop(...started), 'started.test').mtls).toMatchObject({ client: 'tls', serverName: 'started.test' });
    const tls = entry('tls', { ports: [{ number: 443, name: 'tls', protocol: 'TLS' }] });
    const routed = route('tls', { hosts: ['tls.test'], tls: [{ match: [{ sniHosts: ['tls.test'] }], route: [{ destination: { host: 'db', port: { number: 5432 } } }] }] });
    expect(go(shop(tls), 'tls.test')).toMatchObject({ call: { scheme: 'https', serverName: 'tls.test' }, shares: { 'tls.test': 100 } });
    expect(go(shop(tls, routed), 'tls.test').destinations[0]?.host).toBe('db.shop.svc.cluster.local');
    const blocked = go(shopIn({ outboundTrafficPolicy: 'REGISTRY_ONLY' }), 'nobody.test', { scheme: 'https' });
    expect([blocked.outcome, blocked.status]).toEqual(['failed', undefined]);
  });
});

describe('Bookinfo', () => {
  const REVIEWS = { from: 'productpage', to: 'reviews', path: '/reviews/0' };
  const models = new Map<string, MeshModel>();
  const inScenario = (scenario: string): MeshModel => {
    const model = models.get(scenario) ?? modelOfEnvironment('local', { scenario }).model;
    models.set(scenario, model);
    return model;
  };

  test('nobody calls but those who should', () => {
    expect(inScenario('jason-v2')).toRoute({ to: 'reviews', headers: { 'end-user': 'jason' } }, { v2: 100 });
    const mesh = inScenario('all-v1');
    expect(mesh).toDeny({ from: 'productpage', to: 'ratings', path: '/ratings/0' });
    expect(mesh).toDeny({ ...REVIEWS, method: 'DELETE' }, 'reviews-callers');
    expect(mesh).toDeny({ ...REVIEWS, from: { namespace: 'bookinfo', sidecar: false } }, 'default');
    expect(mesh).toAllow({ gateway: true, path: '/productpage' });
  });

  test('a chain goes on from every Service of a pod, and carries the token and what the authoriser says', () => {
    const chain = simulateChain(inScenario('gateway-api-reviews-v3'), { gateway: true, path: '/productpage' });
    expect(chain.hops[1]).toMatchObject({ simulation: { shares: { v3: 100 } }, hops: [{ simulation: { call: { from: 'reviews-v3' } } }] });
    const book = (...objects: ModelObject[]): MeshModel => {
      const names = ['productpage', 'details', 'reviews', 'ratings'];
      return new MeshModel([...names.flatMap((name) => [service(name), pods(name, name === 'reviews' ? 'v2' : 'v1')]), ...objects]);
    };
    const jwt = (forwardOriginalToken: boolean): ModelObject =>
      istio('security', 'RequestAuthentication', 'jwt', { jwtRules: [{ issuer: 'iss', forwardOriginalToken }] });
    const signed = policy('signed', {
      selector: { matchLabels: { app: 'reviews' } },
      rules: [{ from: [{ source: { requestPrincipals: ['*'] } }] }],
    });
    const asked = policy('asked', { selector: { matchLabels: { app: 'ratings' } }, action: 'CUSTOM', provider: { name: 'x' }, rules: [{}] });
    const request = { from: 'web', to: 'productpage', path: '/productpage', claims: { iss: 'iss', sub: 'me' }, externalAuthorization: 'deny' } as const;
    const verdicts = (forward: boolean): (string | undefined)[] => {
      const reviews = simulateChain(book(service('web'), pods('web', 'v1'), jwt(forward), signed, asked), request).hops[1];
      return [reviews?.simulation.policy.verdict, reviews?.hops[0]?.simulation.policy.verdict];
    };
    expect(verdicts(true)).toEqual(['allow', 'deny']);
    expect(verdicts(false)).toEqual(['deny', undefined]);
  });

  test('what ratings and details ask outside, as their environment says', () => {
    const last = (scenario: string, ...way: number[]): string => {
      const chain = simulateChain(inScenario(scenario), { gateway: true, path: '/productpage' });
      const { call } = way.reduce((hop, index) => hop.hops[index]!, chain).simulation;
      return `${call.from} ${call.protocol} ${call.scheme} ${call.to}:${call.port}`;
    };
    expect(last('ratings-mysql', 1, 0, 0)).toBe('ratings-v2-mysql tcp http mysqldb.bookinfo.svc.cluster.local:3306');
    expect(last('ratings-mongodb', 1, 0, 0)).toBe('ratings-v2 tcp http mongodb.bookinfo.svc.cluster.local:27017');
    expect(last('details-v2', 0, 0)).toBe('details-v2 tcp https www.googleapis.com:443');
    expect(last('egress-google-apis', 0, 0)).toBe('details-v2 http http www.googleapis.com:80');
  });

  test('the chain of calls: headers travel, versions decide who calls on, the impatient give up', () => {
    const chain = simulateChain(inScenario('ratings-delay'), { gateway: true, path: '/productpage', user: 'jason' });
    const [details, reviews] = chain.hops;
    // Productpage takes the name from its session, and no header that says it.
    const unsigned = simulateChain(inScenario('ratings-delay'), { gateway: true, path: '/productpage', headers: { 'end-user': 'jason' } });
    expect(unsigned.hops[1]?.simulation.call.headers).toEqual({});
    expect(details).toMatchObject({ percent: 100, hops: [] });
    expect(reviews).toMatchObject({
      seconds: 6,
      failure: 'no answer: productpage waits 3 s, 2 times',
      hops: [{ seconds: 7, simulation: { call: { headers: { 'end-user': 'jason' } } } }],
    });
    expect(simulateChain(inScenario('all-v1'), { gateway: true, path: '/productpage' }).hops[1]?.hops).toEqual([]);
    expect(simulateChain(inScenario('reviews-90-10'), { gateway: true, path: '/productpage' }).hops[1]?.hops[0]?.percent).toBeCloseTo(10);
  });

  test('the example of thirty services in the documentation', () => {
    expect(examplePicture()).toBe(readFileSync(path.join(__dirname, '../docs/images/thirty-services.svg'), 'utf8'));
  });

  describe('the command line', () => {
    const mesh = inScenario('jason-v2');
    const request = (options: RequestOptions) => requestOf(mesh, options).request;

    test('a name means the same however it is spelled', () => {
      const asked = (options: RequestOptions): string => {
        const { call, policy } = simulateChain(mesh, request(options)).simulation;
        return `${call.from} ${call.to.split('.')[0]}:${call.port}${call.path} ${policy.verdict}`;
      };
      for (const to of ['reviews', 'reviews:9080', 'REVIEWS', 'reviews.bookinfo', 'reviews.bookinfo.svc.cluster.local']) {
        expect(asked({ to })).toBe('productpage reviews:9080/reviews/0 allow');
      }
      expect(asked({ to: 'http://reviews:9080/reviews/1?x' })).toBe('productpage reviews:9080/reviews/1?x allow');
      expect(asked({ to: 'ratings', from: 'reviews-v2' })).toBe('reviews-v2 ratings:9080/ratings/0 allow');
      expect(asked({ to: 'ratings', from: 'reviews.bookinfo' })).toBe('reviews ratings:9080/ratings/0 allow');
      expect(request({ to: 'productpage.bookinfo' })).toMatchObject({ gateway: true, path: '/productpage' });
      expect(request({ to: 'reviews', host: 'other.test' })).toMatchObject({ to: 'reviews', host: 'other.test', from: 'productpage' });
    });

    test('a user signs in at productpage, which hears of nobody by a header', () => {
      const shares = (options: RequestOptions) => {
        const chain = simulateChain(mesh, request(options));
        return (options.to ? chain : chain.hops[1])?.simulation.shares;
      };
      expect([shares({ user: 'jason' }), shares({ to: 'reviews', user: 'jason' })]).toEqual([{ v2: 100 }, { v2: 100 }]);
      expect(shares({ header: ['end-user=jason'] })).toEqual({ v1: 100 });
      expect(requestOf(mesh, { header: ['end-user=jason'] }).choices[0]).toContain('sign in there with --user');
    });

    test.each<[RequestOptions, string]>([
      [{ to: 'reviews', gateway: true }, '--gateway and --to contradict each other'],
      [{ from: 'reviews', gateway: 'bookinfo-gateway' }, '--gateway and --from contradict each other'],
      [{ from: 'reviews', sidecar: false, to: 'ratings' }, 'the caller is both named and described'],
      [{ from: 'ratings', to: 'details', user: 'jason' }, '--user says nothing here'],
      [{ to: 'ftp://reviews' }, '--to ftp://reviews cannot be read'],
      [{ to: 'reviews', port: 'http' }, '--port http cannot be read'],
    ])('%j is a mistake of usage', (options, what) => {
      expect(() => requestOf(mesh, options)).toThrow(expect.objectContaining({ what, exitCode: 64 }) as Error);
    });

    test('callers that are described, and tokens that nobody signed', () => {
      const options = { to: 'reviews', fromLabel: ['app=cron'], fromServiceAccount: 'cron', sidecar: false, invalidToken: true };
      expect(request(options)).toMatchObject({
        from: { namespace: 'bookinfo', labels: { app: 'cron' }, serviceAccount: 'cron', sidecar: false },
        invalidToken: true,
      });
    });

    test('calls that follow say what is not as usual, and the first how long it takes', () => {
      const delayed = inScenario('ratings-delay');
      const text = printSimulation(simulateChain(delayed, { gateway: true, path: '/productpage', user: 'jason' }), []);
      expect(text).toMatch(/wait +6 s in all/);
      expect(text).toMatch(/reviews-v2 -> ratings \/ratings\/0: .*delayed by 7 s.*\n +policy: AuthorizationPolicy bookinfo\/ratings-callers allows/);
      const database = printSimulation(simulateChain(inScenario('ratings-mysql'), { gateway: true, path: '/productpage' }), [], true);
      expect(database).toContain('ratings-v2-mysql -> mysqldb:3306 by TCP: 100 % v1');
      expect(database).toContain('TCP connection to mysqldb:3306 from ratings-v2-mysql');
    });

    test('what cannot be: in the names of the options; pictures whose name says no format', async () => {
      const wrong = simulateEnvironment('local', { to: 'reviews', path: 'x', sourceIp: '999.1.1.1' });
      await expect(wrong).rejects.toMatchObject({ exitCode: 64, why: expect.stringMatching(/^--path: .*\n--source-ip: /) as unknown });
      await expect(drawEnvironment('local', { out: 'mesh.png' })).rejects.toMatchObject({ what: '--out mesh.png cannot be written', exitCode: 64 });
      await expect(drawEnvironment('local', { out: 'mesh.svg', format: 'mermaid' })).rejects.toMatchObject({ exitCode: 64 });
      const folder = mkdtempSync(path.join(tmpdir(), 'graph-'));
      const quiet = jest.spyOn(process.stderr, 'write').mockReturnValue(true);
      await drawEnvironment('local', { out: path.join(folder, 'mesh.md') });
      quiet.mockRestore();
      expect(readFileSync(path.join(folder, 'mesh.md'), 'utf8')).toMatch(/^```mermaid\nflowchart TB\n/);
      rmSync(folder, { recursive: true });
    });
  });

  test('what the picture shows of the Gateway API, of what policies ask, and of hosts outside', () => {
    const { gateways, services, edges } = topologyOf(inScenario('gateway-api-ingress'));
    expect(gateways).toContainEqual(expect.objectContaining({ names: ['bookinfo/bookinfo'], servers: ['HTTP 80: *'], access: 'restricted' }));
    expect(edges).toContainEqual(expect.objectContaining({ from: 'gateway bookinfo/bookinfo', to: 'productpage.bookinfo.svc.cluster.local', kind: 'ingress' }));
    expect(services.map(({ name }) => name)).toEqual(['details', 'productpage', 'ratings', 'reviews']);
    const jason = topologyOf(inScenario('gateway-api-jason-v2')).services.find(({ name }) => name === 'reviews');
    expect(jason?.rules).toEqual(['end-user = jason: v2']);
    expect(jason?.versions.find(({ name }) => name === 'v2')).toMatchObject({ byRule: true, percent: undefined });
    const split = topologyOf(inScenario('gateway-api-reviews-90-10')).services.find(({ name }) => name === 'reviews');
    expect(split?.versions.map(({ name, percent }) => [name, percent])).toEqual([['v1', 90], ['v2', 10], ['v3', undefined]]);
    expect(topologyOf(inScenario('ext-authz-http')).services.find(({ name }) => name === 'productpage')?.guards).toEqual(['asks ext-authz-http']);
    expect(topologyOf(inScenario('egress-tls-origination')).externals).toMatchObject([{ host: 'www.example.com', notes: ['TLS by the proxies'] }]);
    // Nobody enforces the namespace's deny-all on a machine without a proxy.
    const machine = topologyOf(inScenario('ratings-mysql-vm')).services.find(({ name }) => name === 'mysqldb-vm');
    expect(machine).toMatchObject({ mtls: 'none', access: 'open' });
  });

  test('a gateway on the way out: from whoever may call the host, or who is known to, by the gateway to the host', () => {
    const model = inScenario('egress-gateway');
    const gateway = 'gateway istio=egress';
    const { edges, callers } = topologyOf(model);
    expect(callers).toEqual([{ id: 'callers *', text: 'any service', namespace: undefined }]);
    expect(edges.filter(({ kind }) => kind === 'egress')).toEqual([
      { from: gateway, to: 'www.example.com', kind: 'egress' },
      { from: 'callers *', to: gateway, kind: 'egress', label: 'www.example.com' },
    ]);
    const known = topologyOf(model, { calls: { calls: [{ from: 'details', to: 'www.example.com', path: '/' }], propagates: {} } });
    expect(known.callers).toEqual([]);
    expect(known.edges).toContainEqual({ from: 'details.bookinfo.svc.cluster.local', to: gateway, kind: 'call', label: 'www.example.com' });
  });

  test('every namespace is in a frame or on the cards; the legend has what the picture has', () => {
    const picture = toSvg(topologyOf(inScenario('gateway-api-ingress')));
    expect(picture).toMatch(/>productpage <tspan[^>]*>:9080 bookinfo</);
    expect(picture).toMatch(/>bookinfo-gateway <tspan[^>]*>istio-ingress</);
    expect(toSvg(topologyOf(inScenario('all-v1')))).toContain('>namespace bookinfo<');
    expect(picture).not.toContain('version that gets copies');
    expect(toSvg(topologyOf(inScenario('reviews-mirror-v3')))).toContain('version that gets copies');
  });

  test('the picture as Mermaid, and as the SVG in the documentation', () => {
    const topology = topologyOf(inScenario('ratings-delay'));
    expect(toMermaid(topology)).toMatchSnapshot();
    expect(toMermaid(topologyOf(inScenario('ratings-delay')))).toBe(toMermaid(topology));
    const { environment, model } = modelOfEnvironment('local', { scenario: 'reviews-90-10' });
    const options = {
      title: `${environment.name}: bookinfo with the scenario reviews-90-10`,
      source: 'Generated by: aks-istio graph local --scenario reviews-90-10',
    };
    expect(toSvg(topologyOf(model), options)).toBe(readFileSync(path.join(__dirname, '../docs/images/bookinfo.svg'), 'utf8'));
  });
});

describe('what a picture of a mesh says', () => {
  const at = (host: string): string => `${host}.svc.cluster.local`;
  const only = (name: string): object => ({ matchLabels: { app: name } });
  const nodeOf = (model: MeshModel, wanted = 'api') => topologyOf(model).services.find(({ name }) => name === wanted);
  const calls = (...pairs: [string, string][]) => ({ calls: { calls: pairs.map(([from, called]) => ({ from, to: called, path: '/' })), propagates: {} } });

  test('calls into other namespaces, by name.namespace or a name that only one has', () => {
    const model = shop(service('mail', 'people'), pods('mail', 'v1', 'people'), service('log', 'people'), service('log', 'money'));
    const { edges } = topologyOf(model, calls(['web', 'mail'], ['web', 'log.money'], ['api', 'log'], ['mail.people', 'db']));
    expect(edges.map(({ from, to: called }) => [from, called])).toEqual([
      [at('web.shop'), at('mail.people')],
      [at('web.shop'), at('log.money')],
      [at('mail.people'), at('db.shop')],
    ]);
  });

  test.each<[string, object, object]>([
    ['ALLOW without rules', {}, { access: 'closed', allows: [] }],
    ['ALLOW for all', { rules: [{}] }, { access: 'open', allows: [] }],
    [
      'ALLOW for some',
      { rules: [{ from: [{ source: { principals: ['cluster.local/ns/shop/sa/web'] } }], to: [{ operation: { methods: ['GET'], paths: ['/a/*'] } }] }] },
      { access: 'restricted', allows: ['web: GET /a/*'] },
    ],
    ['ALLOW for all but some', { rules: [{ from: [{ source: { notNamespaces: ['bad'] } }] }] }, { access: 'restricted', allows: ['all but bad'] }],
    ['DENY for all', { action: 'DENY', rules: [{}] }, { access: 'closed', denials: ['all denied by p'] }],
    ['DENY for some', { action: 'DENY', rules: [{ to: [{ operation: { ports: ['1'] } }] }] }, { access: 'restricted', denials: ['denied by p'] }],
    ['DENY without rules', { action: 'DENY' }, { access: 'open', denials: [] }],
    ['CUSTOM', { action: 'CUSTOM', provider: { name: 'opa' }, rules: [{}] }, { access: 'restricted', guards: ['asks opa'] }],
  ])('who may call: %s', (_, spec, expected) => {
    expect(nodeOf(shop(policy('p', { selector: only('api'), ...spec })))).toMatchObject(expected);
  });

  test('policies on trial decide nothing; calls that policies refuse are marked', () => {
    const deny = { selector: only('api'), action: 'DENY', rules: [{}] };
    const trial = shop(policy('p', deny, 'shop', { 'istio.io/dry-run': 'true' }));
    expect(nodeOf(trial)).toMatchObject({ access: 'open', denials: [], trials: ['dry run: DENY p'] });
    expect(topologyOf(trial, calls(['web', 'api'])).edges).toEqual([{ from: at('web.shop'), to: at('api.shop'), kind: 'call' }]);
    expect(topologyOf(shop(policy('p', deny)), calls(['web', 'api'])).edges).toMatchObject([{ kind: 'call', denied: true }]);
  });

  test.each<[object, string[]]>([
    [{ authority: { exact: 'a.example' } }, ['host a.example: v2']],
    [{ scheme: { exact: 'https' } }, ['scheme https: v2']],
    [{ sourceLabels: { app: 'web' } }, ['from app=web: v2']],
    [{ sourceNamespace: 'shop', uri: { prefix: '/' } }, ['from shop: v2']],
    [{ port: 80 }, []],
    [{ gateways: ['shop/edge'], uri: { prefix: '/a' } }, []],
  ])('conditions of routes: %j', (match, rules) => {
    expect(nodeOf(shop(route('api', { hosts: ['api'], http: [{ match: [match], route: [to('v2')] }, { route: [to('v1')] }] })))?.rules).toEqual(rules);
  });

  test('a label names the hosts of a VirtualService once, and the first paths of all its routes', () => {
    const edge = istio('networking', 'Gateway', 'edge', { selector: { istio: 'ingress' }, servers: [] });
    const http = ['/a', '/b', '/c', '/d'].map((prefix) => ({ match: [{ uri: { prefix } }], route: [{ destination: { host: 'web' } }] }));
    const labelWith = (...more: object[]): string | undefined =>
      topologyOf(shop(edge, route('in', { hosts: ['shop.example'], gateways: ['edge'], http: [...http, ...more] }))).edges[0].label;
    expect(labelWith()).toBe('shop.example, /a*, /b*, 2 more');
    expect(labelWith({ route: [{ destination: { host: 'web' } }] })).toBe('shop.example');
  });

  test('rows: below those that call, wrapped where too wide, what leads out at the bottom', () => {
    const node = (id: string, zone: 'first' | 'linked' | 'alone' | 'out') => ({ id, zone, width: 100, frame: 'shop' });
    const nodes = [node('in', 'first'), ...['a', 'b', 'c', 'd'].map((id) => node(id, 'linked')), node('e', 'alone'), node('out', 'out')];
    const edges = [['in', 'a'], ['a', 'b'], ['a', 'c'], ['c', 'd']] as const;
    expect(Object.fromEntries(rowsOf(nodes, edges, 300, true))).toEqual({ in: 0, a: 1, b: 2, c: 2, d: 3, e: 3, out: 4 });
    // What leads to nothing gives way.
    expect(Object.fromEntries(rowsOf(nodes, edges, 150, true))).toMatchObject({ a: 1, c: 2, b: 3, d: 4, e: 5, out: 6 });
  });

  test('edges go beside the cards, never through them', () => {
    const names = Array.from({ length: 15 }, (_, index) => `s${index}`);
    const pairs = names.flatMap((name, index) => [1, 4, 7].map((step): [string, string] => [name, names[(index * step + step) % 15]]));
    const topology = topologyOf(new MeshModel(names.flatMap((name) => [service(name), pods(name, 'v1')])), calls(...pairs));
    const { cards, edges } = layOut(topology, new Map(topology.services.map(({ id }) => [id, { width: 110, height: 44, svg: '' }])), false);
    expect(edges.length).toBeGreaterThan(30);
    const hits = edges.flatMap(({ edge, pieces }) => {
      const lines = pieces.flatMap(([start, end], index) => [[start, end], ...(index > 0 ? [[pieces[index - 1][1], start]] : [])]);
      const others = cards.filter(({ id }) => id !== edge.from && id !== edge.to);
      return others.filter(({ x, y, card }) =>
        lines.some(([a, b]) => {
          const isBeside = Math.max(a.x, b.x) <= x || Math.min(a.x, b.x) >= x + card.width;
          return !isBeside && Math.max(a.y, b.y) > y + 0.5 && Math.min(a.y, b.y) < y + card.height - 0.5;
        }),
      );
    });
    expect(hits).toEqual([]);
  });

  test('texts are measured in the widest of the fonts', () => {
    // DejaVu Sans: i is 0.278 em, W 0.989 em; bold, 0.343 and 1.103.
    expect([textWidth('i', 1000), textWidth('W', 1000), textWidth('i', 1000, true), textWidth('W', 1000, true)]).toEqual([280, 990, 350, 1110]);
  });

  test('Mermaid: text means itself, versions without requests look so, of many services they stand in the box', () => {
    const match = { headers: { 'x-a': { exact: '<b>"#&`' } } };
    const model = shop(route('api', { hosts: ['api'], http: [{ match: [match], route: [to('v2')] }, { route: [to('v1')] }] }));
    expect(toMermaid(topologyOf(model))).toContain('x-a = #lt;b#gt;#quot;#35;#amp;#96;: v2');
    expect(toMermaid(topologyOf(model))).toMatch(/v1\("v2"\):::idle\n.* -\.->\|"by rule"\|/);
    const many = shop(...Array.from({ length: 12 }, (_, index) => service(`s${index}`)));
    expect(toMermaid(topologyOf(many))).toContain('api :80<br/>v1 50 % · v2 50 %');
  });
});

describe('models and matchers', () => {
  const mesh = existingMesh({ version: '1.29.1' });
  const stack = (): TerraformStack => new TerraformStack(new App({ stackTraces: false }), 'stack');

  test('a Service that exists already, routed in a stack of the user’s own', () => {
    const own = stack();
    const api = existingService({ name: 'api', namespace: 'shop', ports: [{ name: 'http', port: 8080 }], versions: ['v1', 'v2'] });
    new MeshService(own, 'Api', { service: api, mesh }).split({ v1: 90, v2: 10 });
    const model = modelOf(own, { mesh });
    expect(model).toRoute({ to: 'api' }, { v1: 90, v2: 10 });
    expect({ model }).not.toRoute({ to: 'api' }, 'v1');
    expect(simulate(model, { to: 'api' }).route?.source?.place).toBe('stack/Api/VirtualService (VirtualService shop/api)');
    expect(() => expect(own).toAllow({ to: 'api' })).toThrow(/expect\(\) was given no model/);
  });

  test('routes of the Gateway API are read from their constructs', () => {
    const own = stack();
    const named = (name: string) => existingService({ name, namespace: 'shop', labels: { app: name }, ports: [{ name: 'http', port: 8080 }] });
    const gateway = new KubernetesGateway(own, 'Edge', { namespace: 'shop', mesh });
    const away = existingService({ name: 'pay', namespace: 'money', ports: [{ name: 'http', port: 80 }] });
    const rules = [{ to: named('web') }, { match: Match.path().exact('/pay'), to: away }];
    new HTTPRoute(own, 'Public', { namespace: 'shop', mesh, parents: [gateway], rules });
    new HTTPRoute(own, 'Mesh', { namespace: 'shop', mesh, parents: [named('web')], rules: [{ to: { service: named('api'), weight: 1 } }] });
    const model = modelOf(own, { mesh, services: [named('web'), named('api'), away] });
    expect(model).toRoute({ gateway: 'edge' }, 'web');
    expect(simulate(model, { gateway: 'edge' }).route?.source?.place).toContain('stack/Public');
    expect(model).toRoute({ to: 'web' }, 'api');
    expect(simulate(model, { gateway: 'edge', path: '/pay' })).toMatchObject({ outcome: 'failed', status: 500 });
  });

  test('typed resources are read as the objects they write', () => {
    const own = stack();
    new Bookinfo(own, 'Bookinfo', { mesh, replicas: 2 });
    new BookinfoTraffic(own, 'Traffic', {
      bookinfo: bookinfoServices({ namespace: 'bookinfo' }),
      mesh: existingMesh({
        version: '1.29.1',
        ingressGateway: { selector: { istio: 'i' }, namespace: 'i', serviceName: 'i', serviceAccountName: 'i', ports: [80] },
      }),
    });
    const model = modelOf(own, { mesh });
    expect(model.workloads.find((workload) => workload.name === 'reviews-v2')).toMatchObject({
      labels: { app: 'reviews', version: 'v2' },
      serviceAccountName: 'bookinfo-reviews',
      object: { spec: { replicas: 2 }, origin: { constructPath: 'stack/Bookinfo/Reviews/V2' } },
    });
    expect(model.objects.filter((object) => object.kind === 'DestinationRule')).toHaveLength(4);
  });

  test('a failure says what matched and why, and what decided', () => {
    const model = shop(
      route('api', { hosts: ['api'], http: [{ match: [{ headers: { user: { exact: 'jason' } } }], route: [to('v2')] }, { route: [to('v1')] }] }),
      policy('closed', {}),
    );
    const message = (assertion: () => void): string => {
      try {
        assertion();
      } catch (error) {
        return (error as Error).message;
      }
      throw new Error('the matcher passed');
    };
    expect(message(() => expect(model).toRoute({ from: 'web', to: 'api' }, { v2: 100 }))).toMatchSnapshot();
    expect(message(() => expect(model).toAllow({ from: 'web', to: 'api' }))).toContain('denied: api.shop.svc.cluster.local');
    expect(message(() => expect(model).toDeny({ from: 'web', to: 'api' }, 'other'))).toContain('the mesh says: denied by closed');
    expect(message(() => expect(model).not.toDeny({ from: 'web', to: 'api' }))).toContain('expected the request not to be denied');
    expect(message(() => expect(model).toInjectDelay({ from: 'web', to: 'api' }, 7))).toContain('the mesh says: no delay');
    expect(message(() => expect(model).toInjectAbort({ from: 'web', to: 'api' }, 500))).toContain('the mesh says: no abort');
    expect(message(() => expect(model).toMirror({ from: 'web', to: 'api' }, 'v2'))).toContain('the mesh says: no mirror');
  });

  test('names that the model does not have are errors that list those it has', () => {
    expect(() => ask(shop(), { to: 'nope' })).toThrow('to: the model has no Service "nope". Name one of: api, db, web.');
    expect(() => ask(shop(), { from: 'nope' })).toThrow(/from: .*"nope"/);
    expect(() => simulate(shop(), { gateway: true })).toThrow(/no Gateway at all/);
    expect(() => simulate(shop(), {})).toThrow(/to: a request inside the mesh/);
  });

  test('names as people spell them: with the port, the namespace, in capitals, from elsewhere', () => {
    const far = [service('cli', 'far'), pods('cli', 'v1', 'far')];
    const answer = (spelled: string): string => ask(shop(), { to: spelled }).call.authority;
    expect(['api', 'api:80', 'API', 'api.shop', 'api.shop.svc.cluster.local.'].map((name) => ask(shop(), { to: name }).route?.name)).toEqual(
      Array(5).fill('default'),
    );
    expect([answer('api:80'), ask(shop(service('two', 'shop', [{ name: 'http', port: 1 }, { name: 'http-b', port: 2 }])), { to: 'two:2' }).call.port]).toEqual(['api:80', 2]);
    const foreign = simulate(shop(...far), { from: 'cli.far', to: 'api' });
    expect(foreign).toMatchObject({ call: { authority: 'api.shop' }, route: { name: 'default' }, assumptions: [expect.stringContaining('taken as api.shop') as unknown] });
    expect(() => simulate(shop(...far, service('api', 'other')), { from: 'cli.far', to: 'api' })).toThrow(/Name one of: api\.shop, api\.other/);
  });

  test('what no client can send is refused, all of it at once', () => {
    const wrong = { path: 'reviews/0', method: 'get', port: 99999, sourceIp: '999.1.1.1' };
    expect(() => ask(shop(), wrong)).toThrow(/path: .*\n.*method: .*\n.*port: 99999.*\n.*sourceIp: /);
  });

  test('what MeshConfig does to paths', () => {
    const path = (pathNormalization: MeshContext['pathNormalization']): string => ask(shopIn({ pathNormalization }), { path: '/a//%2e%2e/b%2Fc' }).call.path;
    const normalizations = ['NONE', 'BASE', 'MERGE_SLASHES', 'DECODE_AND_MERGE_SLASHES'] as const;
    expect(normalizations.map(path)).toEqual(['/a//%2e%2e/b%2Fc', '/a/b%2Fc', '/a/b%2Fc', '/a/b/c']);
  });

  test('what changes a proxy and is not simulated is said, where it is for this call', () => {
    const filter = (name: string, app: string, context: string): ModelObject =>
      istio('networking', 'EnvoyFilter', name, { workloadSelector: { labels: { app } }, configPatches: [{ match: { context } }] });
    const mesh = shop(
      filter('in', 'api', 'SIDECAR_INBOUND'),
      filter('out', 'api', 'SIDECAR_OUTBOUND'),
      filter('other', 'db', 'ANY'),
      istio('extensions', 'WasmPlugin', 'wasm', { selector: { matchLabels: { app: 'web' } } }),
    );
    expect(ask(mesh).assumptions).toEqual([
      'EnvoyFilter shop/in changes the proxy of api-v1, api-v2 in ways that are not simulated',
      'WasmPlugin shop/wasm changes the proxy of web in ways that are not simulated',
    ]);
  });

  test('the same model and request always give the same answer, and shares are all of the requests', () => {
    const weights = fc.array(fc.integer({ min: 1, max: 1000 }), { minLength: 2, maxLength: 2 });
    fc.assert(
      fc.property(weights, fc.constantFrom('', 'a', 'a/../b?q=1', '%20'), ([first, second], requested) => {
        const model = shop(route('api', { hosts: ['api'], http: [{ route: [to('v1', first), to('v2', second)] }] }));
        const request = { from: 'web', to: 'api', path: `/${requested}` };
        const answer = simulate(model, request);
        const total = Object.values(answer.shares).reduce((sum, share) => sum + share, 0);
        return Math.abs(total - 100) < 1e-9 && renderLines(explain(answer)) === renderLines(explain(simulate(model, request)));
      }),
      { numRuns: 50 },
    );
  });
});
