import type { AuthorizationPolicyRules } from '../../istio/generated';
import {
  matchesNamespace,
  matchesPath,
  matchesPrincipal,
  matchesRange,
  matchesRequestPrincipal,
  matchesServiceAccount,
  matchesValue,
} from './policy-match';
import { readClaim } from './route-match';

/** A request as the proxy before a workload sees it. */
export interface InboundRequest {
  readonly tcp: boolean;
  /** Port of the pod. */
  readonly port: number;
  /** Caller's SPIFFE identity without `spiffe://`; nothing without mutual TLS. */
  readonly identity?: string;
  /** Without its query. */
  readonly path: string;
  readonly method: string;
  readonly authority: string;
  /** Name in the handshake of the connection; nothing without TLS. */
  readonly serverName?: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** Claims of a token that the proxy has verified. */
  readonly claims?: Readonly<Record<string, unknown>>;
  /** Address of whoever opened the connection. */
  readonly sourceIp?: string;
  /** Address of the client at the far end. */
  readonly remoteIp?: string;
  readonly trustDomain: string;
}

/** One condition of a rule: the values it wants, those it does not want, and how to compare one. */
interface Condition {
  readonly name: string;
  readonly values: readonly string[];
  readonly notValues: readonly string[];
  readonly httpOnly: boolean;
  /** Whether a value fits; nothing where nobody can know it offline. */
  readonly test?: (value: string) => boolean;
}

/** Whether a rule fits a request, and the condition that it fails by where it does not. */
export type RuleResult =
  | { readonly matches: true }
  /** `unknown` names what the rule asks that cannot be known here, where everything else fits. */
  | { readonly matches: false; readonly why: string; readonly unknown?: string };

/** What `when` can ask by these names. */
const ATTRIBUTES = new Set([
  ...['source.ip', 'remote.ip', 'source.namespace', 'source.principal', 'source.serviceAccount', 'destination.ip', 'destination.port'],
  ...['connection.sni', 'request.auth.principal', 'request.auth.audiences', 'request.auth.presenter'],
]);

const ALWAYS: RuleResult = { matches: true };

/**
 * Asks one rule: any of `from`, and any of `to`, and all of `when`. One that asks what istiod does not know is no rule; one that asks what
 * cannot be known offline is taken as not fitting.
 * @param action what an attribute that only HTTP has does to the rule on TCP: an ALLOW rule is dropped, in the others the attribute is
 */
export function matchRule(rule: AuthorizationPolicyRules, action: string, request: InboundRequest, policyNamespace: string): RuleResult {
  const when = (rule.when ?? []).map((condition) =>
    whenCondition(condition.key, condition.values ?? [], condition.notValues ?? [], request, policyNamespace),
  );
  const from = (rule.from ?? []).map(({ source }) => sourceConditions(source ?? {}, request, policyNamespace));
  const to = (rule.to ?? []).map(({ operation }) => operationConditions(operation ?? {}, request));
  const strange = (rule.when ?? []).find(({ key }) => !isAttribute(key));
  if (strange) {
    return { matches: false, why: `${strange.key} is no attribute, which drops the rule` };
  }
  const unusable = [...when, ...from.flat(), ...to.flat()].find((condition) => !isUsable(condition, request));
  if (action === 'ALLOW' && unusable) {
    return { matches: false, why: `${unusable.name} cannot be known here, which drops an ALLOW rule` };
  }
  const all = (conditions: readonly Condition[]): RuleResult => {
    const failed = conditions.filter((condition) => isUsable(condition, request)).map(check);
    return failed.find((result) => !result.matches && result.unknown === undefined) ?? failed.find((result) => !result.matches) ?? ALWAYS;
  };
  const any = (groups: readonly (readonly Condition[])[]): RuleResult => {
    const results = groups.map(all);
    return results.find((result) => result.matches) ?? results[0] ?? ALWAYS;
  };
  return [any(from), any(to), all(when)].find((result) => !result.matches) ?? ALWAYS;
}

function isAttribute(key: string): boolean {
  return ATTRIBUTES.has(key) || /^(request\.headers|request\.auth\.claims|experimental\.envoy\.filters\.)/.test(key);
}

function isUsable(condition: Condition, request: InboundRequest): boolean {
  return !(condition.httpOnly && request.tcp);
}

function check({ name, values, notValues, test }: Condition): RuleResult {
  if (!test) {
    return { matches: false, why: `${name} is not known to a simulation`, unknown: name };
  }
  if (values.length > 0 && !values.some((value) => test(value))) {
    return { matches: false, why: `${name} is not ${values.join(' or ')}` };
  }
  const excluded = notValues.find((value) => test(value));
  return excluded === undefined ? ALWAYS : { matches: false, why: `${name} is ${excluded}, which is excluded` };
}

type Source = NonNullable<NonNullable<AuthorizationPolicyRules['from']>[number]['source']>;
type Operation = NonNullable<NonNullable<AuthorizationPolicyRules['to']>[number]['operation']>;

function sourceConditions(source: Source, request: InboundRequest, policyNamespace: string): Condition[] {
  const { identity, claims, trustDomain } = request;
  return present([
    condition('principal', source.principals, source.notPrincipals, (value) => matchesPrincipal(value, identity, trustDomain)),
    condition('namespace', source.namespaces, source.notNamespaces, (value) => matchesNamespace(value, identity)),
    condition('service account', source.serviceAccounts, source.notServiceAccounts, (value) =>
      matchesServiceAccount(value, identity, policyNamespace),
    ),
    condition('source address', source.ipBlocks, source.notIpBlocks, (value) => matchesRange(value, request.sourceIp)),
    condition('remote address', source.remoteIpBlocks, source.notRemoteIpBlocks, (value) => matchesRange(value, request.remoteIp)),
    condition('request principal', source.requestPrincipals, source.notRequestPrincipals, (value) => matchesRequestPrincipal(value, claims), true),
  ]);
}

function operationConditions(operation: Operation, request: InboundRequest): Condition[] {
  return present([
    condition('host', operation.hosts, operation.notHosts, (value) => matchesValue(value, request.authority, true), true),
    condition('method', operation.methods, operation.notMethods, (value) => matchesValue(value, request.method), true),
    condition('path', operation.paths, operation.notPaths, (value) => matchesPath(value, request.path), true),
    condition('port', operation.ports, operation.notPorts, (value) => value === String(request.port)),
  ]);
}

function whenCondition(
  key: string,
  values: readonly string[],
  notValues: readonly string[],
  request: InboundRequest,
  policyNamespace: string,
): Condition {
  const bracketed = /^([a-z.]+)((?:\[[^\]]*\])+)$/i.exec(key);
  const names = bracketed ? bracketed[2].slice(1, -1).split('][') : [];
  const claim =
    (path: readonly string[]) =>
    (value: string): boolean =>
      [readClaim(request.claims, path)].flat().some((item) => typeof item === 'string' && matchesValue(value, item));
  const tests: Record<string, [(value: string) => boolean, boolean]> = {
    'source.ip': [(value) => matchesRange(value, request.sourceIp), false],
    'remote.ip': [(value) => matchesRange(value, request.remoteIp), false],
    'source.namespace': [(value) => matchesNamespace(value, request.identity), false],
    'source.principal': [(value) => matchesPrincipal(value, request.identity, request.trustDomain), false],
    'source.serviceAccount': [(value) => matchesServiceAccount(value, request.identity, policyNamespace), false],
    'connection.sni': [(value) => matchesValue(value, request.serverName), false],
    'destination.port': [(value) => value === String(request.port), false],
    'request.auth.principal': [(value) => matchesRequestPrincipal(value, request.claims), true],
    'request.auth.audiences': [claim(['aud']), true],
    'request.auth.presenter': [claim(['azp']), true],
    'request.auth.claims': [claim(names), true],
    'request.headers': [(value) => headerMatches(value, request.headers[(names[0] ?? '').toLowerCase()]), true],
  };
  const [test, httpOnly] = tests[bracketed?.[1] ?? key] ?? [undefined, false];
  return { name: key, values, notValues, httpOnly, test };
}

/** A header that is there but empty satisfies `*`, unlike other values. */
function headerMatches(pattern: string, value: string | undefined): boolean {
  return pattern === '*' ? value !== undefined : matchesValue(pattern, value);
}

function condition(
  name: string,
  values: readonly string[] | undefined,
  notValues: readonly string[] | undefined,
  test: (value: string) => boolean,
  httpOnly = false,
): Condition {
  return { name, values: values ?? [], notValues: notValues ?? [], test, httpOnly };
}

function present(conditions: readonly Condition[]): Condition[] {
  return conditions.filter(({ values, notValues }) => values.length + notValues.length > 0);
}
