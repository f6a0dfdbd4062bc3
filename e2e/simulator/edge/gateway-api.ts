import * as fc from 'fast-check';
import type { AnyObject } from '../../../constructs/model';
import { Part, Question, wire } from './question';
import { EDGE, FAR, gatewayApi, service } from './stage';

const GATEWAY = 'edge-api';
const DIAL = `${GATEWAY}-istio.${EDGE}.svc.cluster.local`;
const PATHS = ['/', '/a', '/a/', '/a/b', '/ab', '/c/d', '/old/x?q=1', '/old'] as const;
const CORPUS = { paths: ['/', '/a', '/a/', '/a/b', '/c', '/old'], users: ['jason', 'mary'] } as const;

type Random<Value> = fc.Arbitrary<Value>;

const maybe = <Value>(arbitrary: Random<Value>, absent: number): Random<Value | undefined> =>
  fc.oneof({ weight: absent, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary });

const match = fc.record({
  path: maybe(
    fc.oneof(
      fc.constantFrom(...CORPUS.paths).map((value) => ({ type: 'PathPrefix', value })),
      fc.constantFrom('/a', '/a/b', '/old/x').map((value) => ({ type: 'Exact', value })),
      fc.constantFrom('/a.*', '/[a-c]/.+').map((value) => ({ type: 'RegularExpression', value })),
    ),
    1,
  ),
  method: maybe(fc.constantFrom('GET', 'POST'), 3),
  headers: maybe(fc.constantFrom([{ name: 'End-User', value: 'jason' }], [{ name: 'end-user', type: 'RegularExpression', value: 'ja.*|mary' }]), 2),
  queryParams: maybe(fc.constantFrom([{ name: 'q', value: '1' }]), 4),
});

const backend = fc.constantFrom<object>(
  ...['api-v1', 'api-v2', 'api-v3'].map((name) => ({ name, port: 80 })),
  { name: 'api-v1', port: 80, weight: 0 },
  { name: 'nobody', port: 80 },
  { name: 'api-v1', port: 99 },
  { name: 'api', namespace: FAR, port: 80 },
  { name: 'granted', namespace: FAR, port: 80 },
);

const filters = fc.constantFrom<readonly object[]>(
  [],
  [],
  [],
  [{ type: 'RequestRedirect', requestRedirect: { hostname: 'other.test', statusCode: 301 } }],
  [{ type: 'RequestRedirect', requestRedirect: { scheme: 'https' } }],
  [{ type: 'RequestRedirect', requestRedirect: { port: 8443, path: { type: 'ReplaceFullPath', replaceFullPath: '/full' } } }],
  [{ type: 'URLRewrite', urlRewrite: { hostname: 'inside.test', path: { type: 'ReplaceFullPath', replaceFullPath: '/whole' } } }],
  [{ type: 'RequestHeaderModifier', requestHeaderModifier: { set: [{ name: 'X-Set', value: 'yes' }], remove: ['end-user'] } }],
);

/** A rule that says its number, unless it redirects. */
const rule = fc.tuple(fc.array(match, { maxLength: 2 }), filters, fc.array(backend, { minLength: 0, maxLength: 2 }));

function rulesOf(name: string, seed: number): object[] {
  const [sample] = fc.sample(fc.array(rule, { minLength: 1, maxLength: 4 }), { numRuns: 1, seed });
  return sample!.map(([matches, chosen, backends], index) => {
    const redirects = chosen.some((filter) => (filter as { type: string }).type === 'RequestRedirect');
    const marker = { type: 'ResponseHeaderModifier', responseHeaderModifier: { set: [{ name: 'x-route', value: `${name}-${index}` }] } };
    return {
      ...(matches.length > 0 ? { matches } : {}),
      filters: redirects ? chosen : [...chosen, marker],
      ...(redirects || backends.length === 0 ? {} : { backendRefs: backends }),
    };
  });
}

/** Prefixes that are replaced, which the API wants a prefix match for. */
function replacements(): object[] {
  const prefix = (value: string): object => ({ matches: [{ path: { type: 'PathPrefix', value } }] });
  const to = { backendRefs: [{ name: 'api-v1', port: 80 }] };
  const replace = (replacePrefixMatch: string): object => ({ path: { type: 'ReplacePrefixMatch', replacePrefixMatch } });
  return [
    { ...prefix('/p1'), ...to, filters: [{ type: 'URLRewrite', urlRewrite: replace('/new') }] },
    { ...prefix('/p2'), ...to, filters: [{ type: 'URLRewrite', urlRewrite: replace('/') }] },
    { ...prefix('/p3'), ...to, filters: [{ type: 'URLRewrite', urlRewrite: replace('') }] },
    { ...prefix('/p4'), filters: [{ type: 'RequestRedirect', requestRedirect: replace('/new') }] },
    { ...prefix('/p5'), filters: [{ type: 'RequestRedirect', requestRedirect: replace('/') }] },
    { ...prefix('/'), ...to, filters: [{ type: 'URLRewrite', urlRewrite: replace('/under/') }] },
  ];
}

function gateway(): AnyObject {
  const from = (kind: string, more: object = {}): object => ({ allowedRoutes: { namespaces: { from: kind, ...more } } });
  const labelled = from('Selector', { selector: { matchExpressions: [{ key: 'stage', operator: 'In', values: [FAR] }] } });
  return gatewayApi('Gateway', GATEWAY, {
    gatewayClassName: 'istio',
    listeners: [
      { name: 'all', port: 80, protocol: 'HTTP', ...from('All') },
      { name: 'wild', port: 80, protocol: 'HTTP', hostname: '*.wild.test', ...from('Same') },
      { name: 'far', port: 80, protocol: 'HTTP', hostname: 'far.wild.test', ...labelled },
      { name: 'more', port: 81, protocol: 'HTTP', hostname: '*.more.test', ...from('All') },
      { name: 'secure', port: 443, protocol: 'HTTPS', hostname: 'secure.test', tls: { certificateRefs: [{ name: 'edge-cert' }] }, ...from('All') },
      { name: 'refused', port: 443, protocol: 'HTTPS', hostname: 'refused.test', tls: { certificateRefs: [{ name: 'far-cert', namespace: FAR }] } },
      { name: 'pass', port: 8443, protocol: 'TLS', hostname: '*.pass.test', tls: { mode: 'Passthrough' } },
      { name: 'tcp', port: 9000, protocol: 'TCP' },
    ],
  });
}

const parent = (sectionName?: string, more: object = {}): object => ({ name: GATEWAY, ...(sectionName ? { sectionName } : {}), ...more });
const marked = (name: string, backendName: string, matches?: readonly object[]): object => ({
  ...(matches ? { matches } : {}),
  filters: [{ type: 'ResponseHeaderModifier', responseHeaderModifier: { set: [{ name: 'x-route', value: name }] } }],
  backendRefs: [{ name: backendName, port: 80 }],
});
const exact = (value: string): object => ({ path: { type: 'Exact', value } });

/** Routes of HTTP and gRPC at gateways: generated ones, and what decides between several. */
export function gatewayRoutes(seed: number, routes: number): Part {
  const names = Array.from({ length: routes }, (_, index) => `h${index}`);
  type Objects = readonly object[];
  const http = (name: string, hostnames: readonly string[] | undefined, rules: Objects, parents: Objects, namespace?: string): AnyObject =>
    gatewayApi('HTTPRoute', name, { parentRefs: parents, ...(hostnames ? { hostnames } : {}), rules }, namespace);
  const fromFar = parent(undefined, { namespace: EDGE });
  const objects = [
    gateway(),
    gatewayApi('ReferenceGrant', 'grant', { from: [{ group: 'gateway.networking.k8s.io', kind: 'HTTPRoute', namespace: EDGE }], to: [{ group: '', kind: 'Service', name: 'granted' }] }, FAR),
    service('granted', { app: 'api' }, FAR),
    ...names.map((name, index) => http(name, [`${name}.test`], rulesOf(name, seed + index), [parent('all')])),
    http('replaced', ['replaced.test'], replacements(), [parent('all')]),
    http('any-host', undefined, [marked('any-host', 'api-v1')], [parent()]),
    http('wild', ['*.wild.test'], [marked('wild', 'api-v2')], [parent()]),
    http('one-wild', ['one.wild.test'], [marked('one-wild', 'api-v3', [exact('/a')])], [parent('wild')]),
    http('from-far', ['far.wild.test', 'x.more.test'], [{ backendRefs: [{ name: 'api', port: 80 }] }], [fromFar], FAR),
    http('other-port', ['by-port.more.test'], [marked('other-port', 'api-v1')], [parent(undefined, { port: 81 })]),
    http('no-section', ['no-section.test'], [marked('no-section', 'api-v1')], [parent('nowhere')]),
    http('secure', ['secure.test'], [marked('secure', 'api-v1')], [parent('secure')]),
    http('b-merged', ['merged.test'], [marked('b', 'api-v1', [{ path: { type: 'PathPrefix', value: '/a' } }])], [parent('all')]),
    http('a-merged', ['merged.test'], [marked('a-exact', 'api-v2', [exact('/a')]), marked('a-all', 'api-v3')], [parent('all')]),
    gatewayApi('GRPCRoute', 'grpc', {
      parentRefs: [parent('all')],
      hostnames: ['grpc.test'],
      rules: [
        { matches: [{ method: { service: 'shop.Cart', method: 'Add' } }], backendRefs: [{ name: 'api-v1', port: 80 }] },
        { matches: [{ method: { service: 'shop.Cart' } }], backendRefs: [{ name: 'api-v2', port: 80 }] },
        { matches: [{ method: { method: 'Ping' }, headers: [{ name: 'x', value: 'y' }] }], backendRefs: [{ name: 'api-v3', port: 80 }] },
      ],
    }),
    gatewayApi('TLSRoute', 'pass', { parentRefs: [parent('pass')], hostnames: ['one.pass.test'], rules: [{ backendRefs: [{ name: 'api-v1', port: 443 }] }] }),
    gatewayApi('TLSRoute', 'pass-rest', { parentRefs: [parent('pass')], hostnames: ['*.pass.test'], rules: [{ backendRefs: [{ name: 'api-v2', port: 443 }] }] }),
    gatewayApi('TCPRoute', 'tcp', { parentRefs: [parent('tcp')], rules: [{ backendRefs: [{ name: 'api-v3', port: 80 }] }] }),
  ];
  const [samples] = fc.sample(
    fc.array(fc.record({ path: fc.constantFrom(...PATHS), method: fc.constantFrom('GET', 'POST'), user: maybe(fc.constantFrom(...CORPUS.users), 1), query: fc.boolean() }), {
      minLength: routes * 6,
      maxLength: routes * 6,
    }),
    { numRuns: 1, seed: seed + 500 },
  );
  const generated = samples!.map(({ path, method, user, query }, index) =>
    come(`${names[index % routes]}.test`, query && !path.includes('?') ? `${path}?q=1` : path, { method, headers: user ? { 'end-user': user } : {} }),
  );
  const questions = [
    ...generated,
    ...['/p1', '/p1/x?q=1', '/p1x', '/p2', '/p2/', '/p2/x/y', '/p3/x', '/p4/x?q', '/p4', '/p5/x', '/else'].map((path) => come('replaced.test', path)),
    ...['unknown.test', 'a.wild.test', 'one.wild.test', 'far.wild.test', 'x.more.test', 'no-section.test', 'a.b.wild.test'].flatMap((host) => [come(host, '/'), come(host, '/a')]),
    ...['x.more.test', 'by-port.more.test', 'unknown.test'].map((host) => come(host, '/', { port: 81 })),
    ...['/a', '/a/b', '/ab', '/'].map((path) => come('merged.test', path)),
    ...['/shop.Cart/Add', '/shop.Cart/Drop', '/shop.Other/Ping', '/x'].map((path) => come('grpc.test', path, { method: 'POST', headers: { x: 'y' } })),
    secure('secure.test', 443, 'secure.test'),
    secure('secure.test', 443, 'refused.test'),
    secure('other.test', 443, 'secure.test'),
    secure('one.pass.test', 8443, 'one.pass.test'),
    secure('two.pass.test', 8443, 'two.pass.test'),
    secure('no.test', 8443, 'no.test'),
    come('anything.test', '/', { port: 9000 }),
    come('secure.test', '/', { port: 443 }),
  ];
  return { name: `Gateway API at a gateway: ${routes} generated HTTPRoutes, hosts, listeners, grants, gRPC, TLS, TCP`, objects, questions };
}

interface More {
  readonly port?: number;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

function come(host: string, path: string, { port = 80, method = 'GET', headers = {} }: More = {}): Question {
  return {
    caller: 'plain',
    wire: wire(DIAL, { port, path, method, headers: { host, ...headers } }),
    request: { gateway: `${EDGE}/${GATEWAY}`, scheme: 'http', to: host, port, path, method, headers },
  };
}

function secure(host: string, port: number, serverName: string): Question {
  return {
    caller: 'plain',
    wire: wire(DIAL, { port, headers: { host }, tls: { serverName } }),
    request: { gateway: `${EDGE}/${GATEWAY}`, scheme: 'https', host, to: serverName, port },
  };
}

/** Routes whose parents are Services: of their own namespace, of the caller's, and of neither. */
export function meshRoutes(seed: number, routes: number): Part {
  const names = Array.from({ length: routes }, (_, index) => `m${index}`);
  const toService = (name: string, more: object = {}): object => ({ group: '', kind: 'Service', name, ...more });
  const route = (name: string, rules: readonly object[], parents: readonly object[], namespace?: string): AnyObject =>
    gatewayApi('HTTPRoute', name, { parentRefs: parents, rules }, namespace);
  const objects = [
    ...[...names, 'chosen', 'ported', 'foreign', 'twice'].map((name) => service(name, { app: 'api' })),
    ...names.map((name, index) => route(name, rulesOf(name, seed + 100 + index), [toService(name)])),
    route('chosen', [marked('producer', 'api-v1')], [toService('chosen')]),
    route('chosen', [{ ...marked('consumer', 'api'), backendRefs: [{ name: 'api', port: 80 }] }], [toService('chosen', { namespace: EDGE })], FAR),
    route('foreign', [{ ...marked('foreign', 'api'), backendRefs: [{ name: 'api', port: 80 }] }], [toService('foreign', { namespace: EDGE })], FAR),
    route('ported', [marked('ported', 'api-v1')], [toService('ported', { port: 80 })]),
    route('b-twice', [marked('b-twice', 'api-v1', [{ path: { type: 'PathPrefix', value: '/a' } }])], [toService('twice')]),
    route('a-twice', [marked('a-twice', 'api-v2', [exact('/a/b')])], [toService('twice')]),
  ];
  const questions = [
    ...names.flatMap((name) => ['/', '/a', '/a/b', '/ab', '/old/x?q=1'].map((path, index) => within('client', name, path, index % 2 === 0 ? { 'end-user': 'jason' } : {}))),
    ...(['client', 'far'] as const).flatMap((caller) => ['chosen', 'foreign', 'ported'].map((name) => within(caller, name, '/'))),
    ...['/a', '/a/b', '/zz'].map((path) => within('client', 'twice', path)),
  ];
  return { name: `Gateway API in the mesh: ${routes} generated HTTPRoutes for Services, routes of producers and consumers`, objects, questions };
}

function within(caller: 'client' | 'far', name: string, path: string, headers: Readonly<Record<string, string>> = {}): Question {
  const dial = `${name}.${EDGE}.svc.cluster.local`;
  return { caller, wire: wire(dial, { path, headers }), request: { to: dial, host: dial, path, headers } };
}
