import type { AuthorizationPolicySpec } from '../../../istio/generated/authorization-policy';
import { child, Report } from '../finding';
import { DOCS } from './common';
import { checkConditions } from './authorization-conditions';
import { checkPolicyValues, OPERATION, SOURCE } from './authorization-values';
import { checkTarget } from './policy-target';

type Rule = NonNullable<AuthorizationPolicySpec['rules']>[number];

const SEE = `${DOCS}/security/authorization-policy/`;
const FOR_TCP_TOO = ['principals', 'notPrincipals', 'ipBlocks', 'notIpBlocks', 'namespaces', 'notNamespaces', 'remoteIpBlocks', 'notRemoteIpBlocks', 'serviceAccounts', 'notServiceAccounts'];
const NOT_FOR_CUSTOM = ['namespaces', 'notNamespaces', 'serviceAccounts', 'notServiceAccounts', 'principals', 'notPrincipals', 'requestPrincipals', 'notRequestPrincipals'];

/** What istiod's admission demands of an AuthorizationPolicy beyond its schema. */
export function checkAuthorizationPolicy(spec: AuthorizationPolicySpec, report: Report): void {
  const action = spec.action ?? 'ALLOW';
  checkTarget(report, spec);
  checkAction(spec, action, report);
  (spec.rules ?? []).forEach((rule, index) => {
    const at = child('spec.rules', index);
    checkRule(rule, at, report);
    if (action === 'CUSTOM') {
      checkCustomRule(rule, at, report);
    }
    if (action === 'DENY' && httpOnly(rule)) {
      report.warning('AI0805', at, {
        rule: 'TCP has none of what this rule looks at, so the rule denies every connection to ports that are not HTTP',
        mend: 'Name the `ports` it is meant for in `to`',
        see: 'https://istio.io/latest/docs/tasks/security/authorization/authz-tcp/',
      });
    }
  });
}

function checkAction(spec: AuthorizationPolicySpec, action: string, report: Report): void {
  const ruled = (spec.rules ?? []).length > 0;
  if ((action === 'DENY' || action === 'CUSTOM') && !ruled) {
    bad(report, 'AI0801', 'spec.rules', undefined, `a ${action} policy without rules never applies`, 'Write `rules: [{}]` to have it apply to every request');
  }
  if (action === 'CUSTOM' && ruled && !spec.provider?.name) {
    bad(report, 'AI0802', 'spec.provider.name', undefined, 'CUSTOM asks an external authoriser', 'Name one of MeshConfig’s `extensionProviders`');
  }
  if (action !== 'CUSTOM' && spec.provider) {
    bad(report, 'AI0802', 'spec.provider', spec.provider, `${action} is decided by the proxy itself`, 'Drop `provider`, or write `action: CUSTOM`');
  }
}

function checkRule(rule: Rule, at: string, report: Report): void {
  for (const part of ['from', 'to'] as const) {
    if (rule[part]?.length === 0) {
      restrictsNothing(report, child(at, part), `an empty \`${part}\` restricts nothing: the rule is for ${part === 'from' ? 'every caller' : 'every request'}`);
    }
  }
  (rule.from ?? []).forEach(({ source }, index) => checkParts(source, child(child(at, 'from'), index), 'source', report));
  (rule.to ?? []).forEach(({ operation }, index) => checkParts(operation, child(child(at, 'to'), index), 'operation', report));
  checkConditions(rule.when, child(at, 'when'), report);
}

function checkParts(part: object | undefined, at: string, name: 'source' | 'operation', report: Report): void {
  const field = child(at, name);
  const parts = (part ?? {}) as Readonly<Record<string, readonly string[] | undefined>>;
  if (!part || Object.values(parts).every((values) => (values ?? []).length === 0)) {
    bad(report, 'AI0803', field, part, `an empty \`${name}\` means nothing`, `Say what it is, or drop the whole of \`${name === 'source' ? 'from' : 'to'}\` to mean everything`);
    return;
  }
  Object.entries(parts)
    .filter(([, values]) => values?.length === 0)
    .forEach(([list]) => restrictsNothing(report, child(field, list), `an empty \`${list}\` restricts nothing`));
  checkPolicyValues(parts, field, name === 'source' ? SOURCE : OPERATION, report);
}

function restrictsNothing(report: Report, field: string, rule: string): void {
  report.warning('AI0808', field, { value: [], rule, mend: 'Say what it is, or drop it to mean everything openly', see: SEE });
}

function checkCustomRule(rule: Rule, at: string, report: Report): void {
  (rule.from ?? []).forEach(({ source }, index) => {
    const parts = (source ?? {}) as Readonly<Record<string, readonly string[] | undefined>>;
    for (const name of NOT_FOR_CUSTOM.filter((one) => (parts[one] ?? []).length > 0)) {
      notForCustom(report, child(child(child(child(at, 'from'), index), 'source'), name), parts[name]);
    }
  });
  (rule.when ?? []).forEach(({ key }, index) => {
    if (['source.namespace', 'source.serviceAccount', 'source.principal'].includes(key) || key.startsWith('request.auth.')) {
      notForCustom(report, child(child(at, 'when'), index), key);
    }
  });
}

function notForCustom(report: Report, field: string, value: unknown): void {
  bad(report, 'AI0804', field, value, 'CUSTOM is decided before the caller and its token are known', 'Move this to a DENY or ALLOW policy beside it');
}

/** Whether a rule looks at HTTP only, which TCP connections do not have. */
function httpOnly(rule: Rule): boolean {
  const sources = (rule.from ?? []).map(({ source }) => source).filter((source) => source !== undefined) as Readonly<Record<string, unknown>>[];
  const operations = (rule.to ?? []).map(({ operation }) => operation).filter((operation) => operation !== undefined);
  const tcpFrom = sources.some((source) => FOR_TCP_TOO.some((name) => isGiven(source[name])));
  const tcpTo = operations.some((operation) => isGiven(operation.ports) || isGiven(operation.notPorts));
  return (sources.length > 0 && operations.length === 0 && !tcpFrom) || (operations.length > 0 && !tcpTo);
}

function isGiven(values: unknown): boolean {
  return Array.isArray(values) && values.length > 0;
}

function bad(report: Report, code: string, field: string, value: unknown, rule: string, mend: string): void {
  report.error(code, field, { value, rule, mend, see: SEE });
}
