import { createPublicKey, JsonWebKey, verify as verifySignature } from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { App, TerraformStack } from 'cdktf';
import { parseAllDocuments } from 'yaml';
import { bookinfoServices } from '../constructs/bookinfo';
import { KubernetesObject } from '../constructs/kubernetes/object';
import { existingMesh } from '../constructs/mesh/existing-mesh';
import { judgeIngress, judgePlaintextAllowed } from '../cli/verify/access-checks';
import { judgeEjection, parseHealth } from '../cli/verify/ejection';
import { judgeDirectAbort, judgeOverflow, judgeTimeout } from '../cli/verify/faults';
import type { MeshAnswer } from '../cli/verify/mesh-call';
import { describePage, expectedPage, judgePage } from '../cli/verify/product-page';
import { MeshModel, simulate } from '../constructs/model';
import { modelOf } from '../constructs/model/matchers';
import { kubeconfigCluster } from '../constructs/cluster/existing-cluster';
import { HelmIstio } from '../constructs/mesh/helm-istio';
import type { IMesh } from '../constructs/mesh/mesh';
import { extensionProviderNames } from '../constructs/mesh/mesh-config';
import { loadEnvironment } from '../environments';
import { ExternalAuthorization } from '../constructs/patterns';
import { Duration } from '../constructs/traffic';
import { grpcAuthorizer, httpAuthorizer } from '../scenarios/authorizers';
import { scenarioProviders } from '../scenarios/providers';
import { addScenario, checkNeeds, ExtensionProvider, findScenario, lackOf, Scenario, SCENARIOS, simulatedCall } from '../scenarios';
import { PAGE, scenarioPage } from '../scripts/generate-scenario-page';
import { DEMO_JWKS } from '../scenarios/demo-tokens';
import { factsOf, SampleObject, titleOf } from './sample-facts';
import { UPSTREAM_FILES, UPSTREAM_WITHOUT_SCENARIO } from './upstream-samples';

const stacks = new Map<string, TerraformStack>();

function built(name: string): TerraformStack {
  const known = stacks.get(name);
  if (known) {
    return known;
  }
  const stack = new TerraformStack(new App({ stackTraces: false }), 'scenario');
  addScenario(stack, 'Traffic', findScenario(name), {
    bookinfo: bookinfoServices({ namespace: 'bookinfo' }),
    mesh: existingMesh({ version: '1.29.1', ingressGateway: GATEWAY, egressGateway: { ...GATEWAY, selector: { istio: 'egress' }, namespace: 'istio-egress' } }),
  });
  stacks.set(name, stack);
  return stack;
}

const models = new Map<string, MeshModel>();

function modelIn(scenario: string): MeshModel {
  const model = models.get(scenario) ?? modelOf(built(scenario));
  models.set(scenario, model);
  return model;
}

/** Objects that a scenario makes, as they are written. */
function rendered(name: string): SampleObject[] {
  return built(name).node
    .findAll()
    .filter((child) => child instanceof KubernetesObject)
    .map((object) => object.render() as unknown as SampleObject);
}

const GATEWAY = { selector: { istio: 'ingress' }, namespace: 'istio-ingress', serviceName: 'istio-ingress', serviceAccountName: 'istio-ingress', ports: [80, 443] };

/** Facts of those objects of a scenario that upstream's file is about, whatever else the scenario writes. */
function factsAbout(scenario: string, keys: readonly string[]): string[] {
  return rendered(scenario)
    .filter((object) => keys.includes(keyOf(object)))
    .flatMap(factsOf)
    .sort();
}

function keyOf(object: SampleObject): string {
  // Upstream's file has two for what is one here.
  return object.kind === 'EnvoyFilter' ? object.kind : titleOf(object);
}

/** Who writes a route at the gateway. */
function ownerOf(fact: string): string {
  return fact.includes('acme-challenge') ? 'cert-manager' : 'bookinfo';
}

/** The objects that the facts speak of. */
function keysOf(facts: readonly string[]): string[] {
  const keys = facts.map((fact) => {
    if (fact.startsWith('filter ')) {
      return 'EnvoyFilter';
    }
    const [, made, route] = /^(?:istio gateway (\S+):|route (\S+) at)/.exec(fact) ?? [];
    if (made || route) {
      return made ? `KubernetesGateway ${made}` : `HTTPRoute ${route}`;
    }
    const [, named] = /^\[(.+?)\] /.exec(fact) ?? [];
    if (named) {
      return named;
    }
    const [, rule, gateway] = /^(?:rule (\S+):|gateway (\S+):)/.exec(fact) ?? [];
    return rule ? `DestinationRule ${rule}` : gateway ? `Gateway ${gateway}` : `VirtualService ${fact.startsWith('*') ? ownerOf(fact) : fact.split(':')[0]}`;
  });
  return [...new Set(keys)];
}

/** Of upstream's own values, those that DIFFERENCES lists: subsets without pods, a route that nothing reaches, the cluster of the rate limit. */
const PASSED_OVER = [
  /^DestinationRule spec\.subsets\.(name|labels\.version)$/,
  /^VirtualService spec\.http\.route\.destination\.(host|subset)$/,
  /^EnvoyFilter spec\.configPatches\.(match\.cluster\.service|patch\.value\.(name|type|connect_timeout|lb_policy|load_assignment\..*))$/,
];

/** The places in an object where another value is no other fact. */
function unseen(object: SampleObject): string[] {
  const facts = (copy: SampleObject): string => {
    try {
      return JSON.stringify([titleOf(copy), factsOf(copy)]);
    } catch (error) {
      return String(error);
    }
  };
  const before = facts(object);
  const leaves = (value: unknown, at: readonly string[]): (readonly string[])[] =>
    typeof value === 'object' && value !== null ? Object.entries(value).flatMap(([key, member]) => leaves(member, [...at, key])) : [at];
  const places = [...leaves(object.spec, ['spec']), ['metadata', 'name'], ...(object.metadata.namespace === undefined ? [] : [['metadata', 'namespace']])];
  return places.flatMap((at) => {
    const copy = structuredClone(object);
    const parent = at.slice(0, -1).reduce((inner, key) => inner[key] as Record<string, unknown>, copy as unknown as Record<string, unknown>);
    const key = at.at(-1) as string;
    const value = parent[key];
    parent[key] = typeof value === 'number' ? value + 1 : typeof value === 'boolean' ? !value : `${String(value)}-other`;
    return facts(copy) === before ? [`${object.kind} ${at.filter((part) => !/^\d+$/.test(part)).join('.')}`] : [];
  });
}

describe('upstream’s samples', () => {
  const pairs = UPSTREAM_FILES.flatMap(({ file, scenarios, facts }) => scenarios.map((scenario) => ({ file, scenario, facts })));

  test.each(pairs)('$file is $scenario', ({ scenario, facts }) => {
    expect(factsAbout(scenario, keysOf(facts))).toEqual([...facts].sort());
  });

  test('a member that the comparison does not understand is an error, and another value another fact', () => {
    const route = { route: [{ destination: { host: 'reviews', subset: 'v1' } }] };
    const service = (http: object): SampleObject => ({
      apiVersion: 'networking.istio.io/v1',
      kind: 'VirtualService',
      metadata: { name: 'reviews' },
      spec: { hosts: ['reviews'], http: [http] },
    });
    expect(factsOf(service(route))).toEqual(['reviews: any -> reviews v1']);
    expect(() => factsOf(service({ ...route, timeout: '1s' }))).toThrow('does not know: timeout');
    expect(() => factsOf({ ...service(route), apiVersion: 'networking.istio.io/v1beta1' })).toThrow('not the newest');
  });

  test('whatever changes in an object changes its facts, but for what DIFFERENCES lists', () => {
    const compared = new Map<string, string[]>();
    pairs.forEach(({ scenario, facts }) => compared.set(scenario, [...(compared.get(scenario) ?? []), ...keysOf(facts)]));
    const objects = [...compared].flatMap(([scenario, keys]) => rendered(scenario).filter((object) => keys.includes(keyOf(object))));
    expect([...new Set(objects.flatMap(unseen))].sort()).toEqual([
      'EnvoyFilter spec.configPatches.patch.value.typed_config.rate_limit_service.grpc_service.envoy_grpc.authority',
      'EnvoyFilter spec.configPatches.patch.value.typed_config.rate_limit_service.transport_api_version',
      'EnvoyFilter spec.priority',
    ]);
  });

  // UPSTREAM_SAMPLES=.../samples/bookinfo reads upstream's own files: the table above against the truth, and every file accounted for.
  const folder = process.env.UPSTREAM_SAMPLES;
  (folder ? describe : describe.skip)('read from UPSTREAM_SAMPLES', () => {
    test.each(UPSTREAM_FILES)('$file', ({ file, scenarios, facts }) => {
      const objects = parseAllDocuments(fs.readFileSync(path.join(folder ?? '', file), 'utf8'))
        .map((document) => document.toJS() as SampleObject | null)
        .filter((object) => object !== null);
      const theirs = objects.flatMap(factsOf).sort();
      expect(theirs).toEqual([...facts].sort());
      for (const scenario of scenarios) {
        expect(factsAbout(scenario, objects.map(keyOf))).toEqual(theirs);
      }
      expect(objects.flatMap(unseen).filter((place) => !PASSED_OVER.some((known) => known.test(place)))).toEqual([]);
    });

    test('no file is forgotten', () => {
      const files = ['networking', 'policy', 'gateway-api'].flatMap((name) => fs.readdirSync(path.join(folder ?? '', name)).map((file) => `${name}/${file}`));
      expect([...UPSTREAM_FILES.map(({ file }) => file), ...Object.keys(UPSTREAM_WITHOUT_SCENARIO)].sort()).toEqual(files.sort());
    });
  });
});

describe('what the scenarios promise', () => {
  test('each has a name of its own, and a promise', () => {
    expect(new Set(SCENARIOS.map(({ name }) => name)).size).toBe(SCENARIOS.length);
    expect(SCENARIOS.filter(({ expectations }) => expectations.length === 0)).toEqual([]);
  });

  test.each([
    ['details-fault', undefined, '200; details unavailable; no stars (v1)'],
    ['details-denied', 'jason', '200, signed in as jason; details unavailable; no stars (v1)'],
    ['reviews-timeout', 'jason', '200, signed in as jason; reviews unavailable, as the mesh gives up first'],
    ['reviews-timeout', undefined, '200; black stars (v2)'],
    ['reviews-browser', undefined, '200; no stars (v1)'],
    ['ratings-abort-all', undefined, '200; ratings unavailable (v2)'],
  ])('the page of %s for %s', (scenario, user, text) => {
    expect(describePage(expectedPage(findScenario(scenario).expectations, user))).toBe(text);
  });

  test('details that are shown although they should not be', () => {
    const expected = expectedPage(findScenario('details-fault').expectations);
    const page = (details: string): string =>
      `<h1>The Comedy of Errors</h1>${details}<h4>Book Reviews</h4><section>Reviews served by: pod-1</section>`;
    const versions = new Map([['pod-1', 'v1']]);
    expect(judgePage(expected, 200, page('Error fetching product details'), versions)).toEqual({ verdict: 'pass', observation: '200; details unavailable; no stars (v1)' });
    expect(judgePage(expected, 200, page('<h4>Book Details</h4>'), versions)).toEqual({ verdict: 'fail', observation: '200; details shown' });
  });
});

/** What a proxy makes of a token: its signature by the public key of the scenario, and the time that it lasts. */
function claimsOf(token: string): Readonly<Record<string, unknown>> | 'invalid' {
  const [head, body, signature] = token.split('.');
  const { keys } = JSON.parse(DEMO_JWKS) as { keys: JsonWebKey[] };
  const key = createPublicKey({ key: keys[0]!, format: 'jwk' });
  const claims = JSON.parse(Buffer.from(body!, 'base64url').toString()) as { exp: number };
  const isSigned = verifySignature('RSA-SHA256', Buffer.from(`${head}.${body}`), key, Buffer.from(signature!, 'base64url'));
  return isSigned && claims.exp * 1000 > Date.now() ? claims : 'invalid';
}

describe('the simulator, asked what a call promises', () => {
  const calls = SCENARIOS.flatMap(({ name, expectations }) =>
    expectations.flatMap((promise) => {
      const request = promise.kind === 'call' ? simulatedCall(promise, { namespace: 'bookinfo', claimsOf }) : undefined;
      return promise.kind === 'call' && request ? [{ scenario: name, call: promise.name, request, result: promise.result }] : [];
    }),
  );

  test('every scenario promises what the simulator says', () => {
    const REVIEWS = { from: 'productpage', to: 'reviews', path: '/reviews/0' };
    for (const scenario of SCENARIOS) {
      const mesh = modelIn(scenario.name);
      for (const expectation of scenario.expectations) {
        const headers: Record<string, string> = { ...expectation.headers, ...(expectation.user ? { 'end-user': expectation.user } : {}) };
        const ratings = { from: 'reviews', to: 'ratings', path: '/ratings/0', headers };
        const details = { from: 'productpage', to: 'details', path: '/details/0', headers };
        switch (expectation.kind) {
          case 'split':
            expect(mesh).toRoute({ ...REVIEWS, headers }, expectation.shares, 0.01);
            expect(mesh).toAllow({ ...REVIEWS, headers });
            break;
          case 'delay':
            expect(mesh).toInjectDelay(ratings, expectation.seconds);
            break;
          case 'abort':
            expect(mesh).toInjectAbort(expectation.service === 'ratings' ? ratings : details, expectation.status);
            break;
          case 'mirror':
            expect(mesh).toMirror({ ...REVIEWS, headers }, expectation.version, expectation.percent);
            break;
          case 'timeout':
            expect(mesh).toInjectDelay(ratings, 2);
            break;
          case 'overflow':
            expect(mesh).toAllow({ ...REVIEWS, headers });
            break;
          case 'ingress': {
            const { host, path: asked, status } = expectation;
            const outside = { gateway: true, to: host, path: asked, headers } as const;
            if (status === 200) {
              expect(mesh).toAllow(outside);
            } else {
              expect(mesh).not.toAllow(outside);
            }
            break;
          }
          case 'denied':
            expect(mesh).toDeny(details, 'details-closed');
            break;
          case 'plaintext':
            expect(mesh).toAllow({ ...details, from: { namespace: 'elsewhere', sidecar: false } });
        }
      }
    }
  });

  test.each([...new Set(calls.map(({ scenario }) => scenario))])('%s', (scenario) => {
    const model = modelIn(scenario);
    const asked = calls.filter((call) => call.scenario === scenario);
    const answers = asked.map(({ call, request }) => {
      const { outcome, status, mtls } = simulate(model, request);
      return [call, mtls && !mtls.accepted ? 'refused' : outcome === 'routed' ? 200 : (status ?? 'refused')];
    });
    expect(Object.fromEntries(answers)).toEqual(Object.fromEntries(asked.map(({ call, result }) => [call, result])));
  });
});

describe('what a scenario needs', () => {
  const environment = (change: Partial<IMesh>): IMesh => ({ ...existingMesh({ version: '1.29.1' }), ...change });
  const check = (mesh: IMesh): void => checkNeeds(findScenario('ext-authz-grpc'), { mesh, at: 'environments/dev.ts: traffic.scenario' });

  test('a provider that MeshConfig lacks is named, with what to write; one that nobody can know about is not asked for', () => {
    expect(() => check(environment({ extensionProviders: ['ext-authz-http'] }))).toThrow(
      /ext-authz-grpc.*extensionProviders.*"envoyExtAuthzGrpc":\{"service":"ext-authz.bookinfo.svc.cluster.local","port":9000/s,
    );
    expect(() => check(environment({ extensionProviders: ['ext-authz-grpc'] }))).not.toThrow();
    expect(() => check(environment({}))).not.toThrow();
  });

  test('a provider that asks where this Bookinfo is not', () => {
    const mesh = environment({ extensionProviders: scenarioProviders().map(({ name }) => name) });
    const need = (extensionProviders: readonly ExtensionProvider[]) => () =>
      checkNeeds(findScenario('trace-sampling'), { mesh, at: 'here', namespace: 'shop', extensionProviders });
    expect(need(scenarioProviders())).toThrow(/httpbin\.bookinfo\.svc.*demo-tracing asks httpbin\.shop\.svc.*"service":"httpbin\.shop\.svc/s);
    expect(need(scenarioProviders('shop'))).not.toThrow();
  });

  test('what the environments have is enough, but where they say so', () => {
    const lacking = ['local', 'dev', 'prod'].flatMap((name) => {
      const { meshConfig, certificates, demoCertificates } = loadEnvironment(name).mesh;
      const mesh = existingMesh({ version: '1.29.1', extensionProviders: extensionProviderNames(meshConfig) });
      const secretNames = [...certificates, ...demoCertificates].map(({ secretName }) => secretName);
      const lacks = (scenario: Scenario): boolean => {
        try {
          checkNeeds({ ...scenario, needs: { ...scenario.needs, features: [] } }, { mesh, at: name, secretNames });
          return false;
        } catch {
          return true;
        }
      };
      return SCENARIOS.filter(lacks).map((scenario) => `${name}: ${scenario.name}`);
    });
    // A certificate of prod is one of a Key Vault, which its file has to name.
    expect(lacking).toEqual(['prod: ingress-https']);
  });

  test('a feature that the mesh lacks comes with its alternative', () => {
    const mesh = existingMesh({ version: '1.29.1', unsupported: { WasmPlugin: { reason: 'no Wasm here', alternative: 'Use Lua' } } });
    expect(() => checkNeeds({ name: 'x', needs: { features: ['WasmPlugin'] } }, { mesh, at: 'here' })).toThrow(/no Wasm here.*Use Lua/s);
  });

  test('what cannot be observed says why, by what the cluster and the mesh declare', () => {
    const plain = { cluster: kubeconfigCluster({ path: '/k', loadBalancer: false, internet: false }) };
    const stack = new TerraformStack(new App({ stackTraces: false }), 'mesh');
    const mesh = new HelmIstio(stack, 'Istio', { ...plain, version: '1.29.1', values: { istiod: { telemetry: { enabled: false } } } });
    expect(lackOf(['IstioMetrics'], plain.cluster, mesh)).toContain('telemetry.enabled: false');
    expect(lackOf(['EnvoyFilter', 'Internet'], plain.cluster, mesh)).toContain('does not reach the internet');
    expect(lackOf(['Internet'], kubeconfigCluster({ path: '/k' }), mesh)).toBeUndefined();
    expect(lackOf(['PeerMetadata'], plain.cluster, mesh)).toBeUndefined();
  });

  test('the authorisers are those that the pattern would write', () => {
    const service = { name: 'ext-authz', namespace: 'bookinfo' };
    const timeout = Duration.seconds(2);
    expect([grpcAuthorizer, httpAuthorizer].map((provider) => provider('bookinfo'))).toEqual([
      ExternalAuthorization.provider({ name: 'ext-authz-grpc', service, port: 9000, timeout }),
      ExternalAuthorization.provider({ name: 'ext-authz-http', service, port: 8000, protocol: 'http', timeout, requestHeaders: ['x-ext-authz'] }),
    ]);
  });
});

describe('judged', () => {
  const answer = (fields: Partial<MeshAnswer>): MeshAnswer => ({ call: 0, seconds: 0.01, status: 200, ...fields });

  test('an abort that the caller meets is the proxy’s own', () => {
    const abort = { kind: 'abort', service: 'details', status: 555 } as const;
    const made = answer({ status: 555, body: 'fault filter abort' });
    expect(judgeDirectAbort(abort, [made, made])).toEqual({ verdict: 'pass', observation: '555 fault filter abort' });
    expect(judgeDirectAbort(abort, [made, answer({ body: '{}' })]).verdict).toBe('fail');
    expect(judgeDirectAbort(abort, [answer({ status: 555, body: 'the program says so' })]).verdict).toBe('fail');
    expect(judgeDirectAbort(abort, []).verdict).toBe('fail');
  });

  test('a timeout is in time, has its tries, and is for nobody else', () => {
    const timeout = { kind: 'timeout', service: 'reviews', user: 'jason', seconds: 1.5, tries: 3 } as const;
    const late = [answer({ status: 504, seconds: 1.58, body: 'upstream request timeout' }), answer({ status: 504, seconds: 1.55 })];
    const others = [answer({})];
    expect(judgeTimeout(timeout, { late, others, seen: 6 })).toEqual({
      verdict: 'pass',
      observation: '1.58 s 504 upstream request, 1.55 s 504; seen 6; others 200',
    });
    expect(judgeTimeout(timeout, { late, others, seen: 2 }).verdict).toBe('fail');
    expect(judgeTimeout(timeout, { late, others }).verdict).toBe('fail');
    expect(judgeTimeout(timeout, { late: [], others, seen: 0 }).verdict).toBe('fail');
    expect(judgeTimeout(timeout, { late, others: [], seen: 6 }).verdict).toBe('fail');
    expect(judgeTimeout(timeout, { late, others: [answer({ status: 504 })], seen: 6 }).verdict).toBe('fail');
    expect(judgeTimeout(timeout, { late: [answer({ seconds: 1.5 })], others, seen: 3 }).verdict).toBe('fail');
    expect(judgeTimeout(timeout, { late: [answer({ status: 504, seconds: 0.5 })], others, seen: 3 }).verdict).toBe('fail');
    expect(judgeTimeout(timeout, { late: [answer({ status: 504, seconds: 4 })], others, seen: 3 }).verdict).toBe('fail');
  });

  test('a pod that fails is out where it was asked, and few noticed', () => {
    const sample = { sent: 60, shown: 59, failed: 1, ownFailures: 9, proxies: 1, ejecting: 1 };
    expect(judgeEjection(sample)).toEqual({
      verdict: 'pass',
      observation: 'it failed 9 of 20 by itself; 1 of 60 without ratings; out at 1 of 1 proxies that asked it',
    });
    const none = { proxies: 0, ejecting: 0 };
    const changes = [{ ownFailures: 0 }, { shown: 57, failed: 3 }, { ejecting: 0 }, none, { shown: 58 }, { sent: 59, shown: 58 }];
    for (const change of changes) {
      expect(judgeEjection({ ...sample, ...change }).verdict).toBe('fail');
    }
    const lines = (flags: string) =>
      ['a::10.1.2.3:9080::rq_total::7', 'b::10.1.2.3:9080::rq_total::0', `a::10.1.2.3:9080::health_flags::${flags}`].join('\n');
    expect(parseHealth(lines('/failed_outlier_check'))).toEqual({ requests: 7, isOut: true });
    expect(parseHealth(lines('healthy'))).toEqual({ requests: 7, isOut: false });
  });

  test('an overflow refuses some of many, and none of one', () => {
    const fine = answer({});
    const refused = answer({ status: 503, body: 'upstream connect error or disconnect/reset before headers. reset reason: overflow' });
    expect(judgeOverflow([fine, fine], [fine, refused], 2)).toEqual({ verdict: 'pass', observation: '2 of 2 answered, at once 1, 1 refused' });
    expect(judgeOverflow([fine, fine], [fine, fine], 2).verdict).toBe('fail');
    expect(judgeOverflow([fine, refused], [fine, refused], 2).verdict).toBe('fail');
    expect(judgeOverflow([fine, fine], [refused, refused], 2).verdict).toBe('fail');
    expect(judgeOverflow([fine, fine], [refused, answer({ status: 503, body: 'no healthy upstream' })], 2).verdict).toBe('fail');
    expect(judgeOverflow([], [], 0).verdict).toBe('fail');
  });

  test('an answer of the gateway has its status and its content, each time', () => {
    const promise = { status: 200, contains: 'Comedy' };
    const right = { status: 200, body: 'The Comedy of Errors' };
    expect(judgeIngress(promise, [right, right])).toEqual({ verdict: 'pass', observation: '200' });
    expect(judgeIngress(promise, [right, { status: 200, body: 'nothing' }])).toEqual({ verdict: 'fail', observation: '200, without Comedy' });
    expect(judgeIngress(promise, [{ status: 404, body: 'Comedy' }])).toEqual({ verdict: 'fail', observation: '404' });
    expect(judgeIngress({ status: 404 }, [{ status: 404, body: '' }]).verdict).toBe('pass');
    expect(judgeIngress(promise, []).verdict).toBe('fail');
  });

  test('a client without TLS is answered by the program', () => {
    expect(judgePlaintextAllowed(answer({ body: '{"id":0}' })).verdict).toBe('pass');
    expect(judgePlaintextAllowed(answer({ status: 403, body: 'RBAC: access denied' })).verdict).toBe('fail');
    expect(judgePlaintextAllowed(answer({ status: undefined, error: 'ConnectionResetError' })).verdict).toBe('fail');
    expect(judgePlaintextAllowed(undefined).verdict).toBe('fail');
  });
});

test('the catalogue is what the sources say', () => {
  // To mend: node --require tsx/cjs scripts/generate-scenario-page.ts
  expect(fs.readFileSync(PAGE, 'utf8')).toBe(scenarioPage());
});
