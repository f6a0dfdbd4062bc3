import type { DestinationRuleSpec, DestinationRuleSubsets, DestinationRuleTrafficPolicy } from '../../istio/generated';
import type { MeshModel } from '../mesh-model';
import { AnyObject, ModelObject, namespaceOf } from '../object';
import { qualifiedHost } from '../../traffic/host';
import { mostSpecific } from './hosts';
import type { Proxy } from './proxy';
import { isVisible, RegistryService } from './registry';
import { byAge } from './virtual-services';

/** The DestinationRules of one host as istiod merges them. */
export interface EffectiveDestinationRule {
  readonly objects: readonly AnyObject[];
  readonly subsets: readonly PlacedSubset[];
  readonly trafficPolicy?: DestinationRuleTrafficPolicy;
  /** The object that gave the traffic policy. */
  readonly policyObject?: AnyObject;
}

interface PlacedSubset {
  readonly subset: DestinationRuleSubsets;
  readonly object: AnyObject;
  readonly field: string;
}

type Rule = ModelObject<DestinationRuleSpec>;

/**
 * The rule that a proxy uses for a service. Rules of the proxy's own namespace come first, then those of the service's
 * namespace, then those of the root namespace; in each, the most specific host, and workload selectors before none.
 */
export function destinationRuleFor(model: MeshModel, service: RegistryService, proxy: Proxy): EffectiveDestinationRule | undefined {
  const all = [...model.ofKind<DestinationRuleSpec>('networking.istio.io', 'DestinationRule')].sort((a, b) => byAge(a, b));
  const isRoot = proxy.namespace === model.rootNamespace;
  const ownNamespace = all.filter(
    (rule) => namespaceOf(rule) === proxy.namespace && exportOf(rule).some((to) => to === '*' || to === '.' || to === proxy.namespace),
  );
  const steps: readonly (readonly Rule[])[] = [
    // Rules of the root namespace are for everybody and would hide those of the service, unless they are private to it.
    isRoot ? ownNamespace.filter((rule) => isPrivate(rule)) : ownNamespace,
    exportedFrom(all, service.namespace),
    exportedFrom(all, model.rootNamespace),
  ];
  for (const [index, rules] of steps.entries()) {
    const host = mostSpecific(service.host, new Set(rules.map((rule) => hostOf(model, rule))));
    const forHost = rules.filter((rule) => hostOf(model, rule) === host);
    const visible = index === 0 ? forHost : forHost.filter((rule) => isVisible(rule.spec?.exportTo, namespaceOf(rule), proxy.namespace));
    if (visible.length > 0) {
      return select(visible, proxy);
    }
  }
  return undefined;
}

function select(rules: readonly Rule[], proxy: Proxy): EffectiveDestinationRule | undefined {
  const selectorOf = (rule: Rule): Readonly<Record<string, string>> | undefined => rule.spec?.workloadSelector?.matchLabels;
  const selecting = rules.filter((rule) => {
    const selector = selectorOf(rule);
    return (
      selector !== undefined &&
      namespaceOf(rule) === proxy.namespace &&
      Object.entries(selector).every(([label, value]) => proxy.labels[label] === value)
    );
  });
  const chosen = selecting.length > 0 ? selecting : rules.filter((rule) => selectorOf(rule) === undefined);
  return chosen.length > 0 ? merge(chosen) : undefined;
}

/** Subsets add up, the first of a name wins; so does the first traffic policy. */
function merge(rules: readonly Rule[]): EffectiveDestinationRule {
  const subsets: PlacedSubset[] = [];
  for (const rule of rules) {
    for (const [index, subset] of (rule.spec?.subsets ?? []).entries()) {
      if (!subsets.some((known) => known.subset.name === subset.name)) {
        subsets.push({ subset, object: rule, field: `subsets[${index}]` });
      }
    }
  }
  const withPolicy = rules.find((rule) => rule.spec?.trafficPolicy);
  return {
    objects: rules,
    subsets,
    trafficPolicy: withPolicy?.spec?.trafficPolicy,
    policyObject: withPolicy,
  };
}

/** TLS settings for a port and subset: subset before rule; in each, the port's settings in place of the whole policy's. */
export function tlsSettings(
  rule: EffectiveDestinationRule | undefined,
  subsetName: string | undefined,
  port: number,
): { readonly tls: NonNullable<DestinationRuleTrafficPolicy['tls']>; readonly object: AnyObject; readonly field: string } | undefined {
  const subset = rule?.subsets.find((candidate) => candidate.subset.name === subsetName);
  const places: readonly [DestinationRuleTrafficPolicy | undefined, AnyObject | undefined, string][] = [
    [subset?.subset.trafficPolicy, subset?.object, `${subset?.field}.trafficPolicy`],
    [rule?.trafficPolicy, rule?.policyObject, 'trafficPolicy'],
  ];
  for (const [policy, object, field] of places) {
    const settings = policy?.portLevelSettings ?? [];
    const atPort = settings.findIndex((candidate) => candidate.port?.number === port);
    if (object && atPort >= 0) {
      // A port's settings replace all of the destination's, so a port without TLS settings has none.
      const { tls } = settings[atPort];
      return tls && { tls, object, field: `${field}.portLevelSettings[${atPort}].tls` };
    }
    if (policy?.tls && object) {
      return { tls: policy.tls, object, field: `${field}.tls` };
    }
  }
  return undefined;
}

/** How the load balancer keeps a client at one workload; nothing where it does not. */
export function stickiness(rule: EffectiveDestinationRule | undefined, subsetName: string | undefined): string | undefined {
  const subset = rule?.subsets.find((candidate) => candidate.subset.name === subsetName);
  const hash = subset?.subset.trafficPolicy?.loadBalancer?.consistentHash ?? rule?.trafficPolicy?.loadBalancer?.consistentHash;
  if (!hash) {
    return undefined;
  }
  return hash.httpHeaderName ?? hash.httpCookie?.name ?? hash.httpQueryParameterName ?? (hash.useSourceIp ? 'source address' : undefined);
}

function hostOf(model: MeshModel, rule: Rule): string {
  return qualifiedHost(rule.spec?.host ?? '', namespaceOf(rule), model.clusterDomain);
}

function exportOf(rule: Rule): readonly string[] {
  if (rule.spec?.workloadSelector) {
    return ['.'];
  }
  return rule.spec?.exportTo?.length ? rule.spec.exportTo : ['*'];
}

function isPrivate(rule: Rule): boolean {
  const exportTo = exportOf(rule);
  return exportTo.length === 1 && (exportTo[0] === '.' || exportTo[0] === namespaceOf(rule));
}

function exportedFrom(rules: readonly Rule[], namespace: string): readonly Rule[] {
  return rules.filter((rule) => namespaceOf(rule) === namespace && !isPrivate(rule));
}
