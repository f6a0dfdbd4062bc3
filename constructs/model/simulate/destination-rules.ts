import type { DestinationRuleSpec, DestinationRuleSubsets, DestinationRuleTrafficPolicy } from '../../istio/generated';
import type { MeshModel } from '../mesh-model';
import { AnyObject, ModelObject, namespaceOf } from '../object';
import { qualifiedHost } from '../../traffic/host';
import { mostSpecific } from './hosts';
import type { Proxy } from './proxy';
import type { RegistryService } from './registry';
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
type Labels = Readonly<Record<string, string>>;

/** DestinationRules of one host and namespace that istiod has put together, as those with the same `exportTo` and selector are. */
interface MergedRule {
  readonly exportTo: ReadonlySet<string>;
  readonly selector?: Labels;
  readonly namespace: string;
  rule: EffectiveDestinationRule;
}

/**
 * The rule that a proxy uses for a service. Rules of the proxy's own namespace come first, then those of the service's
 * namespace, then those of the root namespace; in each, the most specific host, and workload selectors before none.
 */
export function destinationRuleFor(model: MeshModel, service: RegistryService, proxy: Proxy): EffectiveDestinationRule | undefined {
  const all = sortedRules(model);
  const own = all.filter((rule) => namespaceOf(rule) === proxy.namespace);
  const isRoot = proxy.namespace === model.rootNamespace;
  // Rules of the root namespace are for everybody and would hide those of the service, unless they are private to it.
  const local = own.filter((rule) => (isRoot ? isPrivate(rule) : isLocal(rule)));
  const steps: readonly (readonly [readonly Rule[], exported: boolean])[] = [
    [local, false],
    [exportedFrom(all, service.namespace), true],
    [exportedFrom(all, model.rootNamespace), true],
  ];
  for (const [rules, exported] of steps) {
    const host = mostSpecific(service.host, new Set(rules.map((rule) => hostOf(model, rule))));
    const merged = mergeAll(rules.filter((rule) => hostOf(model, rule) === host));
    const visible = merged.filter(({ exportTo }) => !exported || exportTo.size === 0 || exportTo.has('*') || exportTo.has(proxy.namespace));
    if (visible.length > 0) {
      return chosenFor(visible, proxy);
    }
  }
  return undefined;
}

const sorted = new WeakMap<MeshModel, readonly Rule[]>();

/** Rules with a selector first, then by age: the first of two wins. */
function sortedRules(model: MeshModel): readonly Rule[] {
  const known =
    sorted.get(model) ??
    [...model.ofKind<DestinationRuleSpec>('networking.istio.io', 'DestinationRule')].sort(
      (a, b) => Number(selectorOf(a) === undefined) - Number(selectorOf(b) === undefined) || byAge(a, b),
    );
  sorted.set(model, known);
  return known;
}

function chosenFor(merged: readonly MergedRule[], proxy: Proxy): EffectiveDestinationRule | undefined {
  const selecting = merged.find(
    ({ selector, namespace }) =>
      selector !== undefined && namespace === proxy.namespace && Object.entries(selector).every(([label, value]) => proxy.labels[label] === value),
  );
  return (selecting ?? merged.filter(({ selector }) => selector === undefined).at(-1))?.rule;
}

function mergeAll(rules: readonly Rule[]): MergedRule[] {
  const merged: MergedRule[] = [];
  for (const rule of rules) {
    const exportTo = new Set(exportOf(rule));
    const selector = selectorOf(rule);
    let separately = true;
    for (const existing of merged) {
      const isSuperset = existing.exportTo.size > 0 && [...existing.exportTo].every((to) => exportTo.has(to));
      const isEqual = isSuperset ? exportTo.size === existing.exportTo.size : exportTo.size + existing.exportTo.size === 0;
      const bothSelect = selector !== undefined && existing.selector !== undefined;
      separately = !isEqual;
      if ((!isEqual && !isSuperset) || (bothSelect && !isSame(selector, existing.selector))) {
        separately = true;
        continue;
      }
      if (bothSelect || (!selector && !existing.selector)) {
        separately = false;
      }
      existing.rule = merge(existing.rule, rule);
    }
    if (separately) {
      merged.push({ exportTo, selector, namespace: namespaceOf(rule), rule: merge(undefined, rule) });
    }
  }
  return merged;
}

/** Subsets add up, the first of a name wins; so does the first traffic policy. */
function merge(into: EffectiveDestinationRule | undefined, rule: Rule): EffectiveDestinationRule {
  const subsets = [...(into?.subsets ?? [])];
  for (const [index, subset] of (rule.spec?.subsets ?? []).entries()) {
    if (!subsets.some((known) => known.subset.name === subset.name)) {
      subsets.push({ subset, object: rule, field: `subsets[${index}]` });
    }
  }
  const policy = into?.trafficPolicy
    ? { trafficPolicy: into.trafficPolicy, policyObject: into.policyObject }
    : { trafficPolicy: rule.spec?.trafficPolicy, policyObject: rule.spec?.trafficPolicy && rule };
  return { objects: [...(into?.objects ?? []), rule], subsets, ...policy };
}

function isSame(a: Labels = {}, b: Labels = {}): boolean {
  const entries = Object.entries(a);
  return entries.length === Object.keys(b).length && entries.every(([label, value]) => b[label] === value);
}

function selectorOf(rule: Rule): Labels | undefined {
  return rule.spec?.workloadSelector && (rule.spec.workloadSelector.matchLabels ?? {});
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
  return rule.spec?.workloadSelector ? ['.'] : (rule.spec?.exportTo ?? []);
}

function isLocal(rule: Rule): boolean {
  const exportTo = exportOf(rule);
  return exportTo.length === 0 || exportTo.some((to) => to === '*' || to === '.' || to === namespaceOf(rule));
}

function isPrivate(rule: Rule): boolean {
  const exportTo = exportOf(rule);
  return exportTo.length === 1 && (exportTo[0] === '.' || exportTo[0] === namespaceOf(rule));
}

function exportedFrom(rules: readonly Rule[], namespace: string): readonly Rule[] {
  return rules.filter((rule) => namespaceOf(rule) === namespace && !isPrivate(rule));
}
