import type { AuthorizationPolicySpec } from '../../istio/generated';
import type { MeshModel } from '../mesh-model';
import { ModelObject, namespaceOf } from '../object';
import { PolicyTarget, policiesFor, sourceOf } from './policy-scope';
import { InboundRequest, matchRule, RuleResult } from './policy-rule';
import { NO_POLICY, PolicyVerdict, Source } from './simulation';

type Policy = ModelObject<AuthorizationPolicySpec>;

/**
 * What the AuthorizationPolicies of a workload say to a request: CUSTOM first, then DENY, then ALLOW. Where ALLOW policies exist, one has to fit.
 * @param authorizer what the external authoriser answers when it is asked
 */
export function authorize(model: MeshModel, target: PolicyTarget, request: InboundRequest, authorizer: 'allow' | 'deny'): PolicyVerdict {
  const policies = policiesFor<AuthorizationPolicySpec>(model, 'AuthorizationPolicy', target);
  const enforced = policies.filter((policy) => !isDryRun(policy) && actionOf(policy) !== 'AUDIT');
  const observed = policies
    .filter((policy) => isDryRun(policy) || actionOf(policy) === 'AUDIT')
    .filter((policy) => firstMatch([policy], request) !== undefined)
    .map((policy) => `${sourceOf(policy, '').title} (${isDryRun(policy) ? 'dry run of ' : ''}${actionOf(policy)})`);
  const unknown = unknownTo(enforced, request);
  const notes = { observed, ...(unknown.length > 0 ? { unknown } : {}) };
  const of = (action: string): Policy[] => enforced.filter((policy) => actionOf(policy) === action);

  const customs = of('CUSTOM');
  const custom = firstMatch(customs, request);
  const provider = custom?.policy.spec?.provider?.name;
  const asks = custom?.source;
  const broken = custom && brokenProvider(model, policies.filter((policy) => actionOf(policy) === 'CUSTOM'));
  if (custom && broken) {
    return { verdict: 'deny', status: 403, why: `${custom.source.title} denies all that it would ask about: ${broken}`, source: asks, provider, asks, ...notes };
  }
  if (custom && authorizer === 'deny') {
    const why = `${custom.source.title} asks ${provider ?? 'an external authoriser'}, which refuses`;
    return { verdict: 'deny', status: 403, why, source: custom.source, provider, asks, ...notes };
  }
  const denied = firstMatch(of('DENY'), request);
  if (denied) {
    return {
      verdict: 'deny',
      status: 403,
      why: `${denied.source.title} denies it by ${denied.source.field}`,
      source: denied.source,
      provider,
      asks,
      ...notes,
    };
  }
  const allowing = of('ALLOW');
  const allowed = firstMatch(allowing, request);
  if (allowed) {
    return { verdict: 'allow', why: `${allowed.source.title} allows it by ${allowed.source.field}`, source: allowed.source, provider, asks, ...notes };
  }
  if (allowing.length > 0) {
    return { verdict: 'deny', status: 403, why: whyNotAllowed(allowing, request), source: sourceOf(allowing[0], 'rules'), provider, asks, ...notes };
  }
  if (custom) {
    return {
      verdict: 'allow',
      why: `${custom.source.title} asks ${provider ?? 'an external authoriser'}, which allows it`,
      source: custom.source,
      provider,
      asks,
      ...notes,
    };
  }
  return enforced.length > 0
    ? { verdict: 'allow', why: 'no rule of the policies here fits, and none of them is an ALLOW policy', ...notes }
    : { ...NO_POLICY, ...notes };
}

/** Why no authoriser can be asked, which makes istiod refuse what would be: each workload has one, and MeshConfig has to know it. */
function brokenProvider(model: MeshModel, policies: readonly Policy[]): string | undefined {
  const names = [...new Set(policies.map((policy) => policy.spec?.provider?.name ?? ''))];
  if (names.length > 1) {
    return `a workload can ask one provider, and its policies name ${names.join(' and ')}`;
  }
  const known = model.context.extensionProviders;
  return known === undefined || known.includes(names[0]) ? undefined : `MeshConfig has no extension provider ${JSON.stringify(names[0])}`;
}

function whyNotAllowed(policies: readonly Policy[], request: InboundRequest): string {
  const reasons = policies.map((policy) => {
    const { title } = sourceOf(policy, '');
    const rules = policy.spec?.rules ?? [];
    if (rules.length === 0) {
      return `${title} allows nothing`;
    }
    const failures = rules.map((rule, index) => {
      const result = ask(policy, rule, request);
      return result.matches ? '' : `rules[${index}]: ${result.why}`;
    });
    return `${title}: ${failures.join('; ')}`;
  });
  return `no ALLOW policy fits (${reasons.join(', ')})`;
}

/** Rules that would fit, if what they ask could be known. */
function unknownTo(policies: readonly Policy[], request: InboundRequest): string[] {
  return policies.flatMap((policy) =>
    (policy.spec?.rules ?? []).flatMap((rule, index) => {
      const result = ask(policy, rule, request);
      const { title } = sourceOf(policy, '');
      return !result.matches && result.unknown !== undefined ? [`${title} rules[${index}] asks for ${result.unknown}, which nobody knows here: taken as not fitting`] : [];
    }),
  );
}

function firstMatch(policies: readonly Policy[], request: InboundRequest): { policy: Policy; source: Source } | undefined {
  for (const policy of policies) {
    const index = (policy.spec?.rules ?? []).findIndex((rule) => ask(policy, rule, request).matches);
    if (index >= 0) {
      return { policy, source: sourceOf(policy, `rules[${index}]`) };
    }
  }
  return undefined;
}

function ask(policy: Policy, rule: NonNullable<AuthorizationPolicySpec['rules']>[number] | null, request: InboundRequest): RuleResult {
  return rule === null ? { matches: false, why: 'the rule is empty' } : matchRule(rule, actionOf(policy), request, namespaceOf(policy));
}

function actionOf(policy: Policy): string {
  return policy.spec?.action ?? 'ALLOW';
}

function isDryRun(policy: Policy): boolean {
  return /^(1|t|true)$/i.test(policy.metadata.annotations?.['istio.io/dry-run'] ?? '');
}
