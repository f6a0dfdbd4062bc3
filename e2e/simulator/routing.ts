import * as fc from 'fast-check';
import { AnyObject, simulate } from '../../constructs/model';
import { applyAccepted, clean } from './apply';
import { Cluster, until, WireRequest } from './cluster';
import { Comparison, contradiction, disagreementsOf, echoOf, tolerance } from './compare';
import { NAMESPACE, serviceObject } from './pods';

const PORT = 9080;
const PATHS = ['/', '/a', '/a/', '/a/b', '/A/b', '/ab', '/api/v1/items', '/api/v2', '/static/x.css'] as const;
const USERS = ['jason', 'jas', 'Jason', 'mary', 'x-jason-x'] as const;

const stringMatch = (values: readonly string[]): fc.Arbitrary<object> =>
  fc.oneof(
    fc.constantFrom(...values).map((exact) => ({ exact })),
    fc.constantFrom(...values).map((value) => ({ prefix: value.slice(0, Math.max(1, value.length - 1)) })),
    fc.constantFrom(...values).map((value) => ({ regex: `${value.slice(0, 2)}.*` })),
    fc.constantFrom(...['.*', '.+', '^/?[a-z/]+$', '(?i).*JASON.*', '[^/]*', 'jason|mary']).map((regex) => ({ regex })),
  );
const headerMatch = fc.oneof({ weight: 4, arbitrary: stringMatch(USERS) }, { weight: 1, arbitrary: fc.constant({}) });
/** A value, or none that many times as often. */
const optional = <Value>(arbitrary: fc.Arbitrary<Value>, absent = 3): fc.Arbitrary<Value | undefined> =>
  fc.oneof({ weight: absent, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary });

const match = fc.record({
  uri: optional(stringMatch(PATHS), 1),
  ignoreUriCase: optional(fc.boolean(), 4),
  method: optional(stringMatch(['GET', 'POST'])),
  headers: optional(fc.dictionary(fc.constantFrom('end-user', 'X-Color'), headerMatch, { minKeys: 1, maxKeys: 2 }), 2),
  withoutHeaders: optional(fc.dictionary(fc.constantFrom('end-user', 'x-color'), headerMatch, { minKeys: 1, maxKeys: 1 }), 4),
  queryParams: optional(fc.dictionary(fc.constantFrom('q', 'r'), stringMatch(['1', '12', 'abc']), { minKeys: 1, maxKeys: 1 }), 4),
  authority: optional(fc.constantFrom({ prefix: 'r' }, { regex: '.*:9080' }, { exact: 'other' }), 6),
  port: optional(fc.constantFrom(9080, 80), 6),
  sourceLabels: optional(fc.constantFrom({ app: 'productpage' }, { app: 'other' }), 6),
  sourceNamespace: optional(fc.constantFrom(NAMESPACE, 'elsewhere'), 8),
  gateways: optional(fc.constantFrom(['mesh'], ['some-gateway'], ['some-gateway', 'mesh']), 8),
});

const destination =
  (host: string) =>
  (subset: string | undefined): object => ({ host, ...(subset ? { subset } : {}) });

function action(host: string): fc.Arbitrary<object> {
  const to = destination(host);
  const single = fc
    .constantFrom('v1', 'v2', 'v3', undefined, 'nobody', 'undefined-subset')
    .map((subset) => ({ route: [{ destination: to(subset), weight: 0 }] }));
  const weighted = fc.tuple(fc.constantFrom(0, 1, 30, 100), fc.constantFrom(1, 50, 900)).map(([first, second]) => ({
    route: [
      { destination: to('v1'), weight: first },
      { destination: to('v2'), weight: second },
    ],
  }));
  const elsewhere = fc
    .constantFrom('ratings', `ratings.${NAMESPACE}.svc.cluster.local`, 'no-such-service')
    .map((name) => ({ route: [{ destination: { host: name } }] }));
  const withHeaders = single.map((route) => ({
    ...route,
    headers: { request: { set: { 'x-set': 'by-route' }, remove: ['x-color'] } },
  }));
  const redirect = fc
    .constantFrom(
      { uri: '/moved' },
      { authority: 'other.example', redirectCode: 302 },
      { scheme: 'https', authority: 'secure.example' },
      { port: 8443, uri: '/p' },
    )
    .map((to_) => ({ redirect: to_ }));
  const rewrite = fc
    .tuple(
      single,
      fc.constantFrom<object>(
        { uri: '/rewritten' },
        { uri: '/' },
        { authority: 'new.example' },
        { uriRegexRewrite: { match: '^/a(.*)$', rewrite: '/z\\1' } },
      ),
    )
    .map(([route, rule]) => ({ ...route, rewrite: rule }));
  const abort = single.map((route) => ({ ...route, fault: { abort: { httpStatus: 418, percentage: { value: 100 } } } }));
  const never = single.map((route) => ({ ...route, fault: { abort: { httpStatus: 418 } } }));
  const answer = fc.constantFrom(200, 503, 451).map((status) => ({ directResponse: { status, body: { string: 'direct' } } }));
  return fc.oneof(
    { weight: 5, arbitrary: single },
    { weight: 2, arbitrary: weighted },
    elsewhere,
    withHeaders,
    redirect,
    { weight: 2, arbitrary: rewrite },
    abort,
    never,
    answer,
  );
}

function virtualService(name: string): fc.Arbitrary<AnyObject> {
  const route = fc
    .tuple(fc.array(match, { maxLength: 3 }), action(name))
    .map(([matches, rest]) => ({ ...(matches.length > 0 ? { match: matches } : {}), ...rest }));
  return fc.array(route, { minLength: 1, maxLength: 4 }).map((http) => ({
    apiVersion: 'networking.istio.io/v1',
    kind: 'VirtualService',
    metadata: { name, namespace: NAMESPACE },
    spec: { hosts: [name], http: http.map((rule, index) => labelled(clean(rule), index)) },
  }));
}

const request = fc.record({
  path: fc
    .tuple(fc.constantFrom(...PATHS, '/a/../ab', '/zz'), optional(fc.constantFrom('q=1', 'q=12&r=abc', 'r=abc', 'q'), 2))
    .map(([path, query]) => (query ? `${path}?${query}` : path)),
  method: fc.constantFrom('GET', 'GET', 'POST'),
  headers: fc.record({ 'end-user': optional(fc.constantFrom(...USERS), 1), 'x-color': optional(fc.constantFrom('jason', 'ma', ''), 2) }),
});

/** Every generated route answers with its number. */
function labelled(rule: object, index: number): object {
  const { headers, ...rest } = rule as { headers?: { request?: object } };
  return { ...rest, headers: { ...headers, response: { set: { 'x-route': String(index) } } } };
}

/** Generated VirtualServices for as many Services, asked from a workload of the mesh. */
export async function compareRouting(cluster: Cluster, seed: number, services: number, requestsEach: number): Promise<Comparison> {
  const names = Array.from({ length: services }, (_, index) => `r${index}`);
  const virtualServices = names.flatMap((name, index) => fc.sample(virtualService(name), { numRuns: 1, seed: seed + index }));
  const objects: AnyObject[] = [
    ...names.map((name) => serviceObject(name, { app: 'reviews' }, [{ name: 'http', port: PORT, targetPort: 8080 }])),
    ...names.map((name) => ({
      apiVersion: 'networking.istio.io/v1',
      kind: 'DestinationRule',
      metadata: { name, namespace: NAMESPACE },
      spec: {
        host: name,
        subsets: [...['v1', 'v2', 'v3'].map((version) => ({ name: version, labels: { version } })), { name: 'nobody', labels: { version: 'none' } }],
      },
    })),
  ];
  await cluster.apply(objects);
  const { accepted, rejected } = await applyAccepted(cluster, virtualServices);
  const sentinel = sentinelFor(`s${seed}`);
  await cluster.apply(sentinel);
  try {
    await until('the routes', 60, async () => (await cluster.send(NAMESPACE, 'productpage-v1', [get('sentinel', '/')]))[0]!.body === `s${seed}`);
    await new Promise((resolve) => setTimeout(resolve, 2000));
    const model = await cluster.model();
    const cases = names.flatMap((name, index) =>
      fc.sample(request, { numRuns: requestsEach, seed: seed + 1000 + index }).map((sample) => wire(name, clean(sample))),
    );
    const simulations = cases.map((sent) =>
      simulate(model, {
        from: `productpage-v1.${NAMESPACE}`,
        to: `${sent.dial}.${NAMESPACE}`,
        host: sent.headers.host,
        path: sent.path,
        method: sent.method,
        headers: sent.headers,
      }),
    );
    const disagreements = await disagreementsOf(cluster, 'productpage-v1', cases, (index, answer) => contradiction(simulations[index]!, answer));
    const shares = await compareShares(cluster, model, names);
    const note = rejected.length > 0 ? ` (${rejected.length} configurations that istiod's admission refused were left out)` : '';
    return {
      part: `routes of ${accepted.length} generated VirtualServices${note}`,
      compared: cases.length + shares.compared,
      disagreements: [...disagreements, ...shares.disagreements],
    };
  } finally {
    await cluster.remove([...sentinel, ...accepted, ...objects]);
  }
}

/** Shares of the generated services where one request says nothing. */
async function compareShares(
  cluster: Cluster,
  model: Awaited<ReturnType<Cluster['model']>>,
  names: readonly string[],
): Promise<Omit<Comparison, 'part'>> {
  const sample = 150;
  const simulated = names.map((name) => ({
    name,
    simulation: simulate(model, { from: `productpage-v1.${NAMESPACE}`, to: `${name}.${NAMESPACE}`, path: '/zz' }),
  }));
  const split = simulated
    .filter(
      ({ simulation }) =>
        simulation.outcome === 'routed' && simulation.status === undefined && simulation.destinations.filter((share) => share.reached).length > 1,
    )
    .slice(0, 8);
  const answers = await cluster.send(
    NAMESPACE,
    'productpage-v1',
    split.flatMap(({ name }) => Array.from({ length: sample }, () => get(name, '/zz'))),
  );
  const disagreements = split.flatMap(({ name, simulation }, index) => {
    const own = answers.slice(index * sample, (index + 1) * sample);
    return Object.entries(simulation.shares).flatMap(([version, percent]) => {
      const seen = (100 * own.filter((answer) => echoOf(answer)?.version === version).length) / sample;
      return Math.abs(seen - percent) <= tolerance(percent, sample)
        ? []
        : [`${name}: expected ${percent.toFixed(1)} % for ${version}, saw ${seen.toFixed(1)} % of ${sample}`];
    });
  });
  return { compared: split.length, disagreements };
}

/** A Service whose route says that everything applied before it has reached the proxies. */
function sentinelFor(nonce: string): AnyObject[] {
  return [
    serviceObject('sentinel', { app: 'reviews' }, [{ name: 'http', port: PORT, targetPort: 8080 }]),
    {
      apiVersion: 'networking.istio.io/v1',
      kind: 'VirtualService',
      metadata: { name: 'sentinel', namespace: NAMESPACE },
      spec: { hosts: ['sentinel'], http: [{ directResponse: { status: 200, body: { string: nonce } } }] },
    },
  ];
}

function get(host: string, path: string): WireRequest {
  return wire(host, { path, method: 'GET', headers: {} });
}

function wire(host: string, sample: { path: string; method: string; headers: Readonly<Record<string, string | undefined>> }): WireRequest {
  return {
    dial: host,
    port: PORT,
    method: sample.method,
    path: sample.path,
    headers: clean({ host: `${host}:${PORT}`, ...sample.headers }) as Record<string, string>,
  };
}
