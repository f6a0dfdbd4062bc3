import { createSign, generateKeyPairSync, KeyObject } from 'node:crypto';
import type { AnyObject, SimulatedRequest } from '../../../constructs/model';
import type { WireRequest } from '../cluster';
import { Part, Question, wire } from './question';
import { EDGE, KeyPair, networking, security } from './stage';

const DIAL = `edge-gateway.${EDGE}.svc.cluster.local`;
const SELECTOR = { istio: 'edge-gateway' };

/** A VirtualService on Gateways that says its name and goes to a version. */
function onGateway(name: string, gateways: readonly string[], hosts: readonly string[], version: string, more: object = {}): AnyObject {
  const route = { ...more, route: [{ destination: { host: `api-${version}`, port: { number: 80 } } }], headers: { response: { set: { 'x-route': name } } } };
  return networking('VirtualService', name, { hosts, gateways, http: [route] });
}

function gateway(name: string, servers: readonly object[]): AnyObject {
  return networking('Gateway', name, { selector: SELECTOR, servers });
}

interface More {
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly claims?: SimulatedRequest['claims'];
  readonly invalidToken?: boolean;
  /** Of the Gateway objects of these pods it does not matter which is named. */
  readonly gateway?: string;
}

function plain(host: string, port = 80, more: More = {}): Question {
  const { path = '/', headers, ...rest } = more;
  return {
    caller: 'plain',
    wire: wire(DIAL, { port, path, headers: { host, ...headers } }),
    request: { gateway: `${EDGE}/a-tls`, scheme: 'http', to: host, port, path, ...rest },
  };
}

function tls(serverName: string, port: number, host = serverName, client?: KeyPair): Question {
  const shown: WireRequest['tls'] = { serverName, ...(client ? { certificate: client.certificate, key: client.key } : {}) };
  return {
    caller: 'plain',
    wire: wire(DIAL, { port, headers: { host }, tls: shown }),
    request: { gateway: `${EDGE}/a-tls`, scheme: 'https', to: host, serverName, host, port, clientCertificate: client !== undefined },
  };
}

/** Servers with TLS of every mode, several on a port, redirects to HTTPS, TLS that passes through, and what contradicts an elder server. */
export function tlsGateways(client: KeyPair): Part {
  const simple = { mode: 'SIMPLE', credentialName: 'edge-cert' };
  const objects = [
    gateway('a-tls', [
      { port: { number: 80, name: 'http', protocol: 'HTTP' }, hosts: ['redirect.test', '*.redirect.test'], tls: { httpsRedirect: true } },
      { port: { number: 81, name: 'http-more', protocol: 'HTTP' }, hosts: ['*'] },
      { port: { number: 443, name: 'https-a', protocol: 'HTTPS' }, hosts: ['a.test', '*.b.test', 'redirect.test'], tls: simple },
      { port: { number: 443, name: 'https-mutual', protocol: 'HTTPS' }, hosts: ['mutual.test'], tls: { mode: 'MUTUAL', credentialName: 'edge-mutual' } },
      { port: { number: 443, name: 'https-optional', protocol: 'HTTPS' }, hosts: ['optional.test'], tls: { mode: 'OPTIONAL_MUTUAL', credentialName: 'edge-mutual' } },
      { port: { number: 443, name: 'tls-pass', protocol: 'TLS' }, hosts: ['*.pass.test'], tls: { mode: 'PASSTHROUGH' } },
      { port: { number: 15443, name: 'tls-own', protocol: 'TLS' }, hosts: ['tcp.test'], tls: simple },
      { port: { number: 15443, name: 'tls-mesh', protocol: 'HTTPS' }, hosts: ['mesh.test'], tls: { mode: 'ISTIO_MUTUAL' } },
      { port: { number: 9000, name: 'tcp', protocol: 'TCP' }, hosts: ['*'] },
      { port: { number: 9443, name: 'https-mixed', protocol: 'HTTPS' }, hosts: ['mixed.test'], tls: simple },
    ]),
    gateway('b-later', [
      { port: { number: 80, name: 'http', protocol: 'HTTP' }, hosts: ['later.test', '*.redirect.test'] },
      { port: { number: 443, name: 'https-later', protocol: 'HTTPS' }, hosts: ['a.test'], tls: simple },
      { port: { number: 443, name: 'https-exact', protocol: 'HTTPS' }, hosts: ['exact.b.test'], tls: simple },
      { port: { number: 9000, name: 'http-clash', protocol: 'HTTP' }, hosts: ['clash.test'] },
      { port: { number: 9443, name: 'http-mixed', protocol: 'HTTP' }, hosts: ['mixed.test', 'beside.test'] },
    ]),
    // Plaintext after TLS is served beside it; TLS after plaintext is not.
    gateway('c-latest', [{ port: { number: 9443, name: 'https-latest', protocol: 'HTTPS' }, hosts: ['latest.test'], tls: simple }]),
    onGateway('mixed-tls', ['a-tls', 'c-latest'], ['mixed.test', 'latest.test'], 'v1'),
    onGateway('mixed-plain', ['b-later'], ['mixed.test', 'beside.test'], 'v2'),
    onGateway('redirected', ['a-tls'], ['redirect.test'], 'v1'),
    onGateway('several', ['a-tls', 'b-later'], ['a.test', 'b.test', 'x.b.test', 'exact.b.test', 'later.test', 'mutual.test', 'optional.test', 'mesh.test'], 'v1'),
    onGateway('later-only', ['b-later'], ['a.test', 'exact.b.test', 'sub.redirect.test', 'clash.test'], 'v2'),
    onGateway('any', ['a-tls'], ['*'], 'v3', { match: [{ uri: { prefix: '/any' } }] }),
    networking('VirtualService', 'passes', {
      hosts: ['*.pass.test'],
      gateways: ['a-tls'],
      tls: [
        { match: [{ sniHosts: ['*.pass.test'] }], route: [{ destination: { host: 'api-v2', port: { number: 443 } } }] },
        { match: [{ sniHosts: ['one.pass.test'] }], route: [{ destination: { host: 'api-v1', port: { number: 443 } } }] },
        { match: [{ port: 444, sniHosts: ['never.pass.test'] }], route: [{ destination: { host: 'api-v3', port: { number: 443 } } }] },
      ],
    }),
    networking('VirtualService', 'connections', {
      hosts: ['*'],
      gateways: ['a-tls'],
      tcp: [
        { match: [{ port: 15443 }], route: [{ destination: { host: 'api-v2', port: { number: 80 } } }] },
        { match: [{ port: 9000 }], route: [{ destination: { host: 'api-v3', port: { number: 80 } } }] },
      ],
    }),
  ];
  const questions = [
    ...['redirect.test', 'redirect.test:80', 'sub.redirect.test', 'later.test', 'nobody.test'].map((host) => plain(host)),
    plain('redirect.test', 80, { path: '/x?q=1' }),
    ...['a.test', 'any.test'].map((host) => plain(host, 81)),
    plain('any.test', 81, { path: '/any/x' }),
    plain('a.test', 443),
    ...['a.test', 'x.b.test', 'exact.b.test', 'y.b.test', 'redirect.test', 'nobody.test', 'one.pass.test', 'two.pass.test', 'never.pass.test', 'pass.test'].map((name) =>
      tls(name, 443),
    ),
    tls('a.test', 443, 'x.b.test'),
    tls('a.test', 443, 'exact.b.test'),
    ...['mutual.test', 'optional.test'].flatMap((name) => [tls(name, 443), tls(name, 443, name, client)]),
    ...['tcp.test', 'mesh.test', 'other.test'].map((name) => tls(name, 15443)),
    tls('mesh.test', 15443, 'mesh.test', client),
    plain('clash.test', 9000),
    plain('whatever.test', 9000),
    ...['mixed.test', 'beside.test', 'latest.test'].flatMap((name) => [plain(name, 9443), tls(name, 9443)]),
  ];
  return { name: 'gateways with TLS: modes, names in the handshake, redirects, passthrough, TCP, several servers a port', objects, questions };
}

const ISSUERS = ['https://one.test', 'https://two.test'] as const;

/** Tokens at a gateway: routes by claims, refused tokens, principals and claims in policies. */
export function tokensAtGateway(): Part {
  const pairs = ISSUERS.map(() => generateKeyPairSync('rsa', { modulusLength: 2048 }));
  const keys = ISSUERS.map((_, index) => pairs[index]!.privateKey);
  const jwks = ISSUERS.map((_, index) => JSON.stringify({ keys: [{ ...pairs[index]!.publicKey.export({ format: 'jwk' }), kid: 'edge', use: 'sig', alg: 'RS256' }] }));
  const selector = { selector: { matchLabels: SELECTOR } };
  const claim = (name: string, value: object): object => ({ headers: { [`@request.auth.claims${name}`]: value } });
  const to = (version: string): object => ({ destination: { host: `api-${version}`, port: { number: 80 } } });
  const marked = (name: string, version: string, match?: object): object => ({
    ...(match ? { match: [match] } : {}),
    route: [to(version)],
    headers: { response: { set: { 'x-route': name } } },
  });
  const paths = (...values: string[]): object => ({ to: [{ operation: { ports: ['8081'], hosts: ['policy.test'], paths: values } }] });
  const objects = [
    security('RequestAuthentication', 'edge-tokens', {
      ...selector,
      jwtRules: [
        { issuer: ISSUERS[0], jwks: jwks[0], forwardOriginalToken: true },
        { issuer: ISSUERS[1], jwks: jwks[1], audiences: ['edge'] },
      ],
    }),
    gateway('c-tokens', [{ port: { number: 81, name: 'http-more', protocol: 'HTTP' }, hosts: ['claims.test', 'policy.test'] }]),
    networking('VirtualService', 'by-claims', {
      hosts: ['claims.test'],
      gateways: ['c-tokens'],
      http: [
        marked('gold', 'v1', claim('.tier', { exact: 'gold' })),
        marked('nested', 'v2', claim('[realm][role]', { prefix: 'ad' })),
        marked('listed', 'v3', claim('.groups', { regex: 'dev.*' })),
        marked('not-banned', 'v2', { uri: { prefix: '/without' }, withoutHeaders: { '@request.auth.claims.banned': { exact: 'yes' } } }),
        marked('rest', 'v1'),
      ],
    }),
    onGateway('by-policy', ['c-tokens'], ['policy.test'], 'v1'),
    security('AuthorizationPolicy', 'edge-denied', {
      ...selector,
      action: 'DENY',
      rules: [
        { from: [{ source: { notRequestPrincipals: ['*'] } }], ...paths('/token') },
        { from: [{ source: { notRequestPrincipals: [`${ISSUERS[0]}/me`] } }], ...paths('/me') },
        { when: [{ key: 'request.auth.claims[tier]', notValues: ['gold', 'silver'] }], ...paths('/tier', '/tier/*') },
        { when: [{ key: 'request.auth.audiences', values: ['edge'] }], ...paths('/no-edge') },
        { when: [{ key: 'request.auth.claims[realm][role]', values: ['adm*'] }], ...paths('/no-admin') },
      ],
    }),
  ];
  const tokens: readonly (SimulatedRequest['claims'] | 'invalid')[] = [
    undefined,
    { iss: ISSUERS[0], sub: 'me', tier: 'gold' },
    { iss: ISSUERS[0], sub: 'you', realm: { role: 'admin' }, banned: 'yes' },
    { iss: ISSUERS[0], sub: 'you', groups: ['ops', 'developers'], tier: 'silver' },
    { iss: ISSUERS[1], sub: 'me', aud: 'edge', tier: 'silver' },
    { iss: ISSUERS[1], sub: 'me', aud: 'elsewhere' },
    { iss: 'https://nobody.test', sub: 'me' },
    'invalid',
  ];
  const asked = [...['/', '/without'].map((path) => ['claims.test', path] as const), ...['/', '/token', '/me', '/tier', '/no-edge', '/no-admin'].map((path) => ['policy.test', path] as const)];
  const questions = tokens.flatMap((token) =>
    asked.map(([host, path]) => {
      const claims = token === 'invalid' ? { iss: ISSUERS[0], sub: 'me', tier: 'gold' } : token;
      const key = token === 'invalid' ? keys[1]! : keys[Math.max(0, ISSUERS.indexOf(claims?.iss as (typeof ISSUERS)[number]))]!;
      const headers: Record<string, string> = claims ? { authorization: `Bearer ${signed(claims, key)}` } : {};
      return plain(host, 81, { path, headers, claims, invalidToken: token === 'invalid' });
    }),
  );
  return { name: 'tokens at a gateway: routes by claims, missing, wrong and right tokens, principals and claims in policies', objects, questions };
}

/** A JSON web token that is good for an hour. */
export function signed(claims: Readonly<Record<string, unknown>>, key: KeyObject): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const now = Math.floor(Date.now() / 1000);
  const body = `${part({ alg: 'RS256', typ: 'JWT', kid: 'edge' })}.${part({ ...claims, iat: now, exp: now + 3600 })}`;
  return `${body}.${createSign('RSA-SHA256').update(body).sign(key).toString('base64url')}`;
}
