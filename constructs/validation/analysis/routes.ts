import type { DestinationRuleSpec } from '../../istio/generated/destination-rule';
import type { VirtualServiceSpec } from '../../istio/generated/virtual-service';
import { ModelObject, namespaceOf } from '../../model/object';
import { child } from '../istio/finding';
import { hostWithin } from '../istio/rules/names';
import { fullName, NETWORKING, Scope, Target, targetsOf } from './scope';

type VirtualService = ModelObject<VirtualServiceSpec>;

/** Where VirtualServices send traffic: hosts, ports and subsets that are not there. */
export function analyzeRoutes(scope: Scope): void {
  const services = scope.model.ofKind<VirtualServiceSpec>(NETWORKING, 'VirtualService');
  const subsets = subsetsOf(scope);
  const withSubsets = services.filter(({ spec }) => (spec?.hosts ?? []).some((host) => hasSubsetOf(spec!, host)));
  for (const service of services) {
    for (const target of targetsOf(service.spec)) {
      checkHost(scope, service, target);
      checkSubset(scope, service, target, subsets);
    }
    checkIngress(scope, service, withSubsets);
  }
}

function checkHost(scope: Scope, service: VirtualService, target: Target): void {
  const field = child(target.field, 'host');
  const namespace = namespaceOf(service);
  const offer = scope.offerOf(target.host, namespace, service.spec?.exportTo);
  const { services } = scope.model;
  if (!offer) {
    const severity = scope.knowledge.missingHost('error', target.host, namespace);
    if (!severity) {
      return;
    }
    scope.istio('IST0101', severity, service, field, {
      value: target.host,
      rule: target.host.includes('.') ? 'no Service and no ServiceEntry offers this host' : `namespace ${namespace} has no Service of this name`,
      mend: mendOfHost(scope, target.host),
    });
    return;
  }
  if (services.length === 0) {
    return;
  }
  if (target.port === undefined) {
    if (offer.ports.length > 1) {
      scope.istio('IST0112', 'error', service, target.field, {
        value: target.host,
        rule: `this Service has several ports (${offer.ports.join(', ')}), so a destination says which is meant`,
        mend: `Give \`port: {number: ${offer.ports[0]}}\``,
      });
    }
  } else if (!offer.ports.includes(target.port)) {
    scope.istio('IST0101', 'error', service, child(target.field, 'port'), {
      value: `${target.host}:${target.port}`,
      rule: 'the Service has no such port',
      mend: `Write one of ${offer.ports.join(', ')}; it is the port of the Service, not that of the container`,
    });
  }
}

function mendOfHost(scope: Scope, host: string): string {
  const name = host.split('.')[0];
  const elsewhere = scope.model.services.find((service) => service.name === name);
  if (elsewhere && !host.includes('.')) {
    return `A short name is looked for in the object’s own namespace: write ${elsewhere.host}`;
  }
  return elsewhere ? `Perhaps ${elsewhere.host} is meant` : 'Correct the host, or add a Service or a ServiceEntry for it';
}

/** Subsets that DestinationRules define, each with the host, which may be a wildcard. */
interface Subsets {
  readonly namespace: string;
  readonly host: string;
  readonly names: readonly string[];
}

function subsetsOf(scope: Scope): readonly Subsets[] {
  return scope.model.ofKind<DestinationRuleSpec>(NETWORKING, 'DestinationRule').map((rule) => ({
    namespace: namespaceOf(rule),
    host: scope.fullHost(rule.spec?.host ?? '', namespaceOf(rule)),
    names: (rule.spec?.subsets ?? []).map(({ name }) => name),
  }));
}

function checkSubset(scope: Scope, service: VirtualService, target: Target, subsets: readonly Subsets[]): void {
  if (!target.subset) {
    return;
  }
  const own = namespaceOf(service);
  const host = scope.fullHost(target.host, own);
  const known = subsets.filter((one) => hostWithin(host, one.host)).flatMap(({ names }) => names);
  const offer = scope.offerOf(target.host, own, service.spec?.exportTo);
  const owners = [own, offer?.service?.namespace];
  const { knowledge, model } = scope;
  const seen = knowledge.whole
    ? model.services.length > 0 || subsets.some(({ names }) => names.length > 0)
    : subsets.some(({ namespace }) => owners.includes(namespace));
  const severity = known.includes(target.subset) ? undefined : knowledge.missing('error', seen, offer !== undefined);
  if (severity) {
    scope.istio('IST0101', severity, service, child(target.field, 'subset'), {
      value: target.subset,
      rule: `no DestinationRule defines this subset of ${target.host}: requests would be answered by 503`,
      mend: known.length > 0 ? `Write one of ${known.join(', ')}, or define it` : `Add a DestinationRule for ${target.host} with this subset`,
    });
  }
}

/** Subsets are chosen where a request enters the mesh: a route at a gateway knows nothing of those that other VirtualServices choose. */
function checkIngress(scope: Scope, service: VirtualService, withSubsets: readonly VirtualService[]): void {
  if ((service.spec?.gateways ?? []).length === 0) {
    return;
  }
  (service.spec?.http ?? []).forEach((route, index) =>
    (route.route ?? []).forEach(({ destination }, number) => {
      if (!destination || destination.subset) {
        return;
      }
      for (const other of withSubsets.filter(({ spec }) => spec?.hosts?.includes(destination.host) && hasSubsetOf(spec, destination.host))) {
        scope.istio('IST0140', 'warning', service, `spec.http[${index}].route[${number}].destination`, {
          value: destination.host,
          rule: `${fullName(other)} routes this host by subsets, but not the requests that come in here`,
          mend: 'Name the subset here too, if requests from outside should follow the same split',
        });
      }
    }),
  );
}

function hasSubsetOf(spec: VirtualServiceSpec, host: string): boolean {
  return (spec.http ?? []).some((route) => (route.route ?? []).some(({ destination }) => destination?.host === host && destination.subset));
}
