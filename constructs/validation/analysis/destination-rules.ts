import type { DestinationRuleSpec } from '../../istio/generated/destination-rule';
import { ModelObject, namespaceOf } from '../../model/object';
import { child } from '../istio/finding';
import { fullName, groupBy, NETWORKING, Scope, showLabels } from './scope';

type Rule = ModelObject<DestinationRuleSpec>;

/** Labels that pods have from the nodes that they run on. */
const OF_NODES = /^topology\.(?:kubernetes|istio)\.io\/|^kubernetes\.io\/hostname$/;

/** DestinationRules: hosts and pods that they mean, certificates that they do not verify, and rules for the same host. */
export function analyzeDestinationRules(scope: Scope): void {
  const rules = scope.model.ofKind<DestinationRuleSpec>(NETWORKING, 'DestinationRule');
  for (const rule of rules) {
    checkHost(scope, rule);
    checkVerification(scope, rule);
  }
  checkTwins(scope, rules);
}

function checkHost(scope: Scope, rule: Rule): void {
  const host = rule.spec?.host ?? '';
  const namespace = namespaceOf(rule);
  const offer = scope.offerOf(host, namespace, rule.spec?.exportTo);
  if (!offer) {
    const severity = scope.knowledge.missingHost('warning', host, namespace);
    if (!severity) {
      return;
    }
    scope.istio('IST0174', severity, rule, 'spec.host', {
      value: host,
      rule: 'no Service and no ServiceEntry offers this host, so the rule applies to nothing',
      mend: host.includes('.') ? 'Correct the host, or add a ServiceEntry for it' : `A short name is looked for in namespace ${namespace}: write the full host if it is elsewhere`,
    });
    return;
  }
  const { service, entry } = offer;
  const selector = { ...(service?.selector ?? entry?.spec?.workloadSelector?.labels ?? {}) };
  // Versions of a wildcard's hosts, and of a Service without any pods here, are somebody else's to know.
  const { whole } = scope.knowledge;
  const seen = service
    ? scope.knowledge.workloads(service.namespace) && (whole || scope.selected(selector, service.namespace).length > 0)
    : whole && scope.model.workloads.length > 0;
  if (host.includes('*') || !seen || (!service && !entry?.spec?.workloadSelector)) {
    return;
  }
  (rule.spec?.subsets ?? []).forEach((subset, index) => {
    const labels = { ...selector, ...Object.fromEntries(Object.entries(subset.labels ?? {}).filter(([key]) => !OF_NODES.test(key))) };
    const virtual = [...(entry ? scope.model.ofKind<{ labels?: Record<string, string> }>(NETWORKING, 'WorkloadEntry') : [])].some(({ spec }) =>
      Object.entries(labels).every(([key, value]) => spec?.labels?.[key] === value),
    );
    if (!virtual && scope.selected(labels, service?.namespace).length === 0) {
      scope.istio('IST0173', 'error', rule, child('spec.subsets', index), {
        value: showLabels(subset.labels),
        rule: `no pod of ${host} has these labels: requests to subset ${subset.name} would be answered by 503`,
        mend: 'Correct the labels, or deploy the version',
      });
    }
  });
}

function checkVerification(scope: Scope, rule: Rule): void {
  const policy = rule.spec?.trafficPolicy;
  const places = [
    { code: 'IST0128', tls: policy?.tls, field: 'spec.trafficPolicy.tls' },
    ...(policy?.portLevelSettings ?? []).map(({ tls }, index) => ({ code: 'IST0129', tls, field: `spec.trafficPolicy.portLevelSettings[${index}].tls` })),
  ];
  for (const { code, tls, field } of places) {
    const verified = tls?.caCertificates || (tls?.credentialName && rule.spec?.workloadSelector);
    if ((tls?.mode === 'SIMPLE' || tls?.mode === 'MUTUAL') && !verified) {
      scope.istio(code, 'warning', rule, field, {
        value: tls.mode,
        rule: 'no CA is named to verify the server with; a sidecar takes `credentialName` only in a rule with a `workloadSelector`',
        mend: 'Give `caCertificates` (`system` for those of the proxy’s system)',
      });
    }
  }
}

function checkTwins(scope: Scope, rules: readonly Rule[]): void {
  const whole = rules.filter(({ spec }) => !spec?.workloadSelector);
  for (const twins of groupBy(whole, (rule) => `${namespaceOf(rule)} ${scope.fullHost(rule.spec?.host ?? '', namespaceOf(rule))}`).values()) {
    twins.slice(1).forEach((rule) => {
      scope.add('AI2002', 'warning', rule, 'spec.host', {
        value: rule.spec?.host,
        rule: `${fullName(twins[0]!)} is for the same host: their subsets are joined, but of their traffic policies only one holds`,
        mend: 'Join them in one DestinationRule',
        see: 'https://istio.io/latest/docs/ops/best-practices/traffic-management/',
      });
    });
  }
}
