import { createSign, generateKeyPairSync, KeyObject } from 'node:crypto';
import * as fc from 'fast-check';
import { AnyObject, simulate, SimulatedRequest } from '../../constructs/model';
import { applyAccepted, clean } from './apply';
import { Cluster, until, WireRequest } from './cluster';
import { Comparison, contradiction, disagreementsOf } from './compare';
import { NAMESPACE } from './pods';

const PORT = 9080;
const ISSUER = 'https://issuer.sim.test';
const GUARD = { matchLabels: { app: 'guard' } };
const CALLERS = ['productpage-v1', 'ratings-v1', 'outside-v1'] as const;

type Condition = Readonly<Record<string, readonly string[]>>;

const some = (...values: readonly string[]): fc.Arbitrary<string[]> =>
  fc.subarray([...values], { minLength: 1, maxLength: Math.min(2, values.length) });

const source: fc.Arbitrary<Condition> = fc.oneof(
  some('cluster.local/ns/sim/sa/bookinfo-productpage', '*/sa/bookinfo-ratings', 'cluster.local/ns/sim/*', '*').map((principals) => ({ principals })),
  some('cluster.local/ns/sim/sa/bookinfo-productpage', '*').map((notPrincipals) => ({ notPrincipals })),
  some(NAMESPACE, 'other', 's*').map((namespaces) => ({ namespaces })),
  some(NAMESPACE, 'other').map((notNamespaces) => ({ notNamespaces })),
  some('bookinfo-productpage', `${NAMESPACE}/bookinfo-ratings`).map((serviceAccounts) => ({ serviceAccounts })),
  some(`${ISSUER}/user-1`, `${ISSUER}/*`, '*', '*/user-2').map((requestPrincipals) => ({ requestPrincipals })),
  some('*', `${ISSUER}/user-1`).map((notRequestPrincipals) => ({ notRequestPrincipals })),
  fc.constant({ ipBlocks: ['203.0.113.0/24'] }),
  fc.constant({ notIpBlocks: ['203.0.113.0/24'] }),
);

const operation = (prefix: string): fc.Arbitrary<Condition> =>
  fc
    .tuple(
      fc.constantFrom<readonly string[]>(
        [`${prefix}/*`],
        [`${prefix}/x`, `${prefix}/x/y`],
        [`${prefix}/{*}`],
        [`${prefix}/{*}/y`],
        [`${prefix}/{**}`],
        [`${prefix}/x/{**}`],
        [`*${prefix}/x`],
      ),
      fc.constantFrom<Condition>(
        {},
        {},
        { methods: ['GET'] },
        { methods: ['P*'] },
        { notMethods: ['POST'] },
        { hosts: ['guard:9080'] },
        { hosts: ['GUARD*'] },
        { hosts: ['guard'] },
        { notHosts: ['other*'] },
        { ports: ['8080'] },
        { ports: ['9080'] },
        { notPorts: ['8080'] },
        { notPaths: [`${prefix}/x`] },
        { notPaths: ['*y'] },
      ),
    )
    .map(([paths, more]) => ({ paths, ...more }));

const when: fc.Arbitrary<object> = fc.oneof(
  some('red', 'bl*', '*ue', '*').map((values) => ({ key: 'request.headers[X-Color]', values })),
  some('red', 'bl*').map((notValues) => ({ key: 'request.headers[x-color]', notValues })),
  some('admin', 'dev*').map((values) => ({ key: 'request.auth.claims[groups]', values })),
  some('admin', 'eu').map((values) => ({ key: 'request.auth.claims[realm][roles]', values })),
  some('api').map((values) => ({ key: 'request.auth.audiences', values })),
  some(`${ISSUER}/user-1`).map((values) => ({ key: 'request.auth.principal', values })),
  some(NAMESPACE, 'other').map((values) => ({ key: 'source.namespace', values })),
  some('cluster.local/ns/sim/sa/bookinfo-ratings').map((notValues) => ({ key: 'source.principal', notValues })),
  some('8080', '9080').map((values) => ({ key: 'destination.port', values })),
  fc.constant({ key: 'source.ip', values: ['0.0.0.0/0'] }),
);

/** Rules for the paths below one prefix, so that cases do not meddle with each other. */
function rule(prefix: string): fc.Arbitrary<object> {
  return fc
    .record({
      from: fc.array(source, { maxLength: 2 }),
      to: fc.array(operation(prefix), { minLength: 1, maxLength: 2 }),
      when: fc.oneof({ weight: 2, arbitrary: fc.constant<object[]>([]) }, { weight: 1, arbitrary: fc.array(when, { minLength: 1, maxLength: 2 }) }),
    })
    .map(({ from, to, when: conditions }) => ({
      ...(from.length > 0 ? { from: from.map((condition) => ({ source: condition })) } : {}),
      to: to.map((condition) => ({ operation: condition })),
      ...(conditions.length > 0 ? { when: conditions } : {}),
    }));
}

function policies(index: number): fc.Arbitrary<AnyObject[]> {
  const prefix = `/p${index}`;
  const policy = (action: string, rules: readonly object[]): AnyObject => ({
    apiVersion: 'security.istio.io/v1',
    kind: 'AuthorizationPolicy',
    metadata: { name: `p${index}-${action.toLowerCase()}`, namespace: NAMESPACE },
    spec: { selector: GUARD, action, rules },
  });
  return fc
    .tuple(fc.array(rule(prefix), { minLength: 1, maxLength: 2 }), fc.array(rule(prefix), { maxLength: 1 }))
    .map(([allow, deny]) => [policy('ALLOW', allow), ...(deny.length > 0 ? [policy('DENY', deny)] : [])]);
}

const CLAIMS: readonly (Readonly<Record<string, unknown>> | undefined)[] = [
  undefined,
  undefined,
  { iss: ISSUER, sub: 'user-1', groups: ['admin', 'staff'], aud: 'api' },
  { iss: ISSUER, sub: 'user-2', groups: 'developers', realm: { roles: ['eu'] } },
  { iss: ISSUER, sub: 'user-2', realm: { roles: 'admin' }, aud: ['web', 'api'] },
  { iss: 'https://somebody.else', sub: 'user-1' },
];

const probe = fc.record({
  caller: fc.constantFrom(...CALLERS),
  path: fc.constantFrom('/x', '/x/y', '/z/y', '/', '/x/', '/x/y?z=1'),
  method: fc.constantFrom('GET', 'GET', 'POST', 'PUT'),
  colour: fc.constantFrom(undefined, 'red', 'blue', ''),
  claims: fc.constantFrom(...CLAIMS),
  host: fc.constantFrom('guard:9080', 'guard', 'Guard:9080'),
});

/** Generated policies, each for paths of its own, asked by workloads with and without a sidecar, with and without tokens. */
export async function comparePolicies(cluster: Cluster, seed: number, cases: number, requestsEach: number): Promise<Comparison> {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const jwks = JSON.stringify({ keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'sim', use: 'sig', alg: 'RS256' }] });
  const nonce = `/sentinel-${seed}`;
  const authentication: AnyObject = {
    apiVersion: 'security.istio.io/v1',
    kind: 'RequestAuthentication',
    metadata: { name: 'tokens', namespace: NAMESPACE },
    spec: { selector: GUARD, jwtRules: [{ issuer: ISSUER, jwks }] },
  };
  const sentinel: AnyObject = {
    apiVersion: 'security.istio.io/v1',
    kind: 'AuthorizationPolicy',
    metadata: { name: 'sentinel', namespace: NAMESPACE },
    spec: { selector: GUARD, action: 'ALLOW', rules: [{ to: [{ operation: { paths: [nonce] } }] }] },
  };
  const generated = Array.from({ length: cases }, (_, index) => fc.sample(policies(index), { numRuns: 1, seed: seed + index })[0]!).flat();
  await cluster.apply([authentication]);
  const { accepted, rejected } = await applyAccepted(cluster, clean(generated));
  await cluster.apply([sentinel]);
  try {
    const first: WireRequest = { dial: 'guard', port: PORT, method: 'GET', path: nonce, headers: { host: 'guard:9080' } };
    const closed: WireRequest = { ...first, path: '/nobody' };
    await until('the policies', 60, async () => {
      const answers = await cluster.send(NAMESPACE, 'productpage-v1', [first, closed]);
      return answers[0]!.status === 200 && answers[1]!.status === 403;
    });
    await new Promise((resolve) => setTimeout(resolve, 2000));
    const model = await cluster.model();
    const probes = Array.from({ length: cases }, (_, index) =>
      fc.sample(probe, { numRuns: requestsEach, seed: seed + 2000 + index }).map((sample) => ({ ...sample, path: `/p${index}${sample.path}` })),
    ).flat();
    const disagreements: string[] = [];
    for (const caller of CALLERS) {
      const own = probes.filter((sample) => sample.caller === caller);
      const requests = own.map((sample): WireRequest => ({
        dial: 'guard',
        port: PORT,
        method: sample.method,
        path: sample.path,
        headers: headersOf(sample, privateKey),
      }));
      const simulations = own.map((sample) => simulate(model, simulated(sample)));
      const found = await disagreementsOf(cluster, caller, requests, (index, answer) => contradiction(simulations[index]!, answer));
      disagreements.push(...found);
    }
    const note = rejected.length > 0 ? ` (${rejected.length} that istiod's admission refused were left out)` : '';
    return { part: `verdicts of ${accepted.length} generated AuthorizationPolicies${note}`, compared: probes.length, disagreements };
  } finally {
    await cluster.remove([sentinel, ...accepted, authentication]);
  }
}

function simulated(sample: {
  caller: string;
  host: string;
  path: string;
  method: string;
  colour?: string;
  claims?: Readonly<Record<string, unknown>>;
}): SimulatedRequest {
  return {
    from: `${sample.caller}.${NAMESPACE}`,
    to: `guard.${NAMESPACE}`,
    host: sample.host,
    path: sample.path,
    method: sample.method,
    headers: sample.colour === undefined ? {} : { 'x-color': sample.colour },
    claims: sample.claims,
    // Pods have addresses that no rule of the suite names but as part of everything.
    sourceIp: '10.220.0.9',
  };
}

function headersOf(sample: { host: string; colour?: string; claims?: Readonly<Record<string, unknown>> }, key: KeyObject): Record<string, string> {
  return {
    host: sample.host,
    ...(sample.colour === undefined ? {} : { 'x-color': sample.colour }),
    ...(sample.claims === undefined ? {} : { authorization: `Bearer ${token(sample.claims, key)}` }),
  };
}

/** A signed JSON web token that is good for an hour. */
function token(claims: Readonly<Record<string, unknown>>, key: KeyObject): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const now = Math.floor(Date.now() / 1000);
  const signed = `${part({ alg: 'RS256', typ: 'JWT', kid: 'sim' })}.${part({ ...claims, iat: now, exp: now + 3600 })}`;
  return `${signed}.${createSign('RSA-SHA256').update(signed).sign(key).toString('base64url')}`;
}
