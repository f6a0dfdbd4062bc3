import type { DestinationRuleSpec } from '../../istio/generated/destination-rule';
import type { PeerAuthenticationSpec } from '../../istio/generated/peer-authentication';
import type { ModelPort, ModelService, ModelWorkload } from '../../model/mesh-model';
import { ModelObject, namespaceOf } from '../../model/object';
import { child } from '../istio/finding';
import { hostWithin } from '../istio/rules/names';
import { areOfMadeGateways } from './knowledge';
import { carries, fullName, Labels, NETWORKING, Scope, SECURITY, showLabels } from './scope';

type Peer = ModelObject<PeerAuthenticationSpec>;
type Rule = ModelObject<DestinationRuleSpec>;
type Tls = NonNullable<DestinationRuleSpec['trafficPolicy']>['tls'];

interface Place {
  readonly tls: Tls;
  readonly field: string;
  /** Ports of the Service that it is for. */
  readonly ports: (port: number) => boolean;
  /** Labels of the subset that it is for. */
  readonly labels: Labels;
}

const SEE = 'https://istio.io/latest/docs/concepts/security/#mutual-tls-authentication';
const PEER = 'https://istio.io/latest/docs/reference/config/security/peer_authentication/';
const INBOUND = 'traffic.sidecar.istio.io/';

/** What callers send and what servers take: DestinationRules against PeerAuthentications. */
export function analyzeMtls(scope: Scope): void {
  const peers = scope.model.ofKind<PeerAuthenticationSpec>(SECURITY, 'PeerAuthentication');
  checkTwins(scope, peers);
  peers.forEach((peer) => checkPeer(scope, peer));
  const rules = scope.model.ofKind<DestinationRuleSpec>(NETWORKING, 'DestinationRule');
  for (const rule of rules) {
    const services = servicesOf(scope, rule, rules).filter(({ selector }) => Object.keys(selector).length > 0);
    placesOf(rule.spec).forEach((place) => services.some((service) => checkPlace(scope, rule, place, service, peers)));
  }
}

/** Services that a rule is for; of those that a wildcard means, the ones without a rule of their own. */
function servicesOf(scope: Scope, rule: Rule, rules: readonly Rule[]): readonly ModelService[] {
  const host = rule.spec?.host ?? '';
  if (!host.includes('*')) {
    const service = scope.offerOf(host, namespaceOf(rule), rule.spec?.exportTo)?.service;
    return service ? [service] : [];
  }
  const others = rules.filter((other) => other !== rule).map((other) => scope.fullHost(other.spec?.host ?? '', namespaceOf(other)));
  const narrower = others.filter((other) => other.length > host.length);
  return scope.model.services.filter((service) => hostWithin(service.host, host) && !narrower.some((other) => hostWithin(service.host, other)));
}

/** Settings of TLS; those of a port are instead of those for all ports, even where they say nothing of TLS. */
function placesOf(spec: DestinationRuleSpec | undefined): Place[] {
  const of = (policy: DestinationRuleSpec['trafficPolicy'], at: string, labels: Labels): Place[] => {
    const settings = policy?.portLevelSettings ?? [];
    const whole = (port: number): boolean => !settings.some((one) => one.port?.number === port);
    return [
      ...(policy?.tls ? [{ tls: policy.tls, field: `${at}.tls`, ports: whole, labels }] : []),
      ...settings.flatMap(({ tls, port }, index) => (tls ? [{ tls, field: `${at}.portLevelSettings[${index}].tls`, ports: (number: number) => number === port?.number, labels }] : [])),
    ];
  };
  return [
    ...of(spec?.trafficPolicy, 'spec.trafficPolicy', {}),
    ...(spec?.subsets ?? []).flatMap((subset, index) => of(subset.trafficPolicy, `spec.subsets[${index}].trafficPolicy`, subset.labels ?? {})),
  ];
}

/** Whether something is wrong with one of a rule's settings of TLS. */
function checkPlace(scope: Scope, rule: Rule, place: Place, service: ModelService, peers: readonly Peer[]): boolean {
  const mode = place.tls?.mode ?? 'DISABLE';
  const field = `${place.field}.mode`;
  const ports = service.ports.filter(({ number }) => place.ports(number));
  // Whether anybody in the mesh calls each of a wildcard's hosts is not known.
  const severity = rule.spec?.host?.includes('*') ? 'warning' : 'error';
  for (const { workload } of ports.length > 0 ? scope.selected({ ...service.selector, ...place.labels }, service.namespace) : []) {
    if (!workload) {
      continue;
    }
    const inMesh = scope.inMesh(workload);
    if (mode === 'ISTIO_MUTUAL' && inMesh === false) {
      scope.add('AI2021', severity, rule, field, {
        value: mode,
        rule: `${workload.name} has no sidecar, so nobody there answers in mTLS`,
        mend: 'Drop the TLS settings: Istio uses mTLS by itself where both ends can',
        see: SEE,
      });
      return true;
    }
    const strict = inMesh === false || scope.isAmbient(workload) ? undefined : strictnessOf(scope, workload, ports, peers);
    if (mode !== 'ISTIO_MUTUAL' && mode !== 'MUTUAL' && strict) {
      scope.add('AI2020', severity, rule, field, {
        value: mode,
        rule: `${fullName(strict)} has ${workload.name} take mTLS only, and ${mode} sends none: every request fails`,
        mend: 'Write ISTIO_MUTUAL, or drop the TLS settings',
        see: SEE,
      });
      return true;
    }
  }
  return false;
}

function leadsTo({ selector }: ModelService, { labels }: ModelWorkload): boolean {
  return Object.keys(selector).length > 0 && carries(labels, selector);
}

/** Port of the container that a port of a Service leads to; nothing where its name leads nowhere. */
function targetOf({ number, targetPort }: ModelPort, workload: ModelWorkload): number | undefined {
  if (typeof targetPort !== 'string') {
    return targetPort ?? number;
  }
  interface Containers {
    readonly containers?: readonly { readonly ports?: readonly { readonly name?: string; readonly containerPort?: number }[] }[];
  }
  const spec = workload.object.spec as (Containers & { readonly template?: { readonly spec?: Containers } }) | undefined;
  const containers = spec?.template?.spec?.containers ?? spec?.containers ?? [];
  return containers.flatMap(({ ports = [] }) => ports).find(({ name }) => name === targetPort)?.containerPort;
}

/** Whether the sidecar takes what comes in at a port, rather than leaving it to the program. */
function isCaptured(port: number | undefined, { annotations }: ModelWorkload): boolean {
  const [included = '*', excluded = ''] = ['includeInboundPorts', 'excludeInboundPorts'].map((name) => annotations[`${INBOUND}${name}`]);
  if (port === undefined) {
    return included === '*' && excluded === '';
  }
  const among = (list: string): boolean => list.split(',').some((one) => one.trim() === String(port));
  return (included === '*' || among(included)) && !among(excluded);
}

/** The PeerAuthentication that has a workload refuse plain text on all of some ports; the nearest one counts: workload, namespace, mesh. */
function strictnessOf(scope: Scope, workload: ModelWorkload, ports: readonly ModelPort[], peers: readonly Peer[]): Peer | undefined {
  const own = peers.filter((peer) => namespaceOf(peer) === workload.namespace);
  const candidates = [
    own.find((peer) => isSelecting(peer) && carries(workload.labels, peer.spec?.selector?.matchLabels ?? {})),
    own.find((peer) => !isSelecting(peer)),
    peers.find((peer) => namespaceOf(peer) === scope.model.rootNamespace && !isSelecting(peer)),
  ].filter((peer): peer is Peer => peer !== undefined);
  const perPort = Object.entries((candidates[0]?.spec?.portLevelMtls ?? {}) as Record<string, { mode?: string }>).filter(([, { mode }]) => mode !== undefined && mode !== 'UNSET');
  const deciding = candidates.find((peer) => (peer.spec?.mtls?.mode ?? 'UNSET') !== 'UNSET');
  const refusing = (port: ModelPort): Peer | undefined => {
    const target = targetOf(port, workload);
    if (!isCaptured(target, workload) || (target === undefined && perPort.length > 0)) {
      return undefined;
    }
    const set = perPort.find(([number]) => number === String(target))?.[1].mode;
    return set === undefined ? (deciding?.spec?.mtls?.mode === 'STRICT' ? deciding : undefined) : set === 'STRICT' ? candidates[0] : undefined;
  };
  const refused = ports.map(refusing);
  return refused.includes(undefined) ? undefined : refused[0];
}

function isSelecting({ spec }: Peer): boolean {
  return Object.keys(spec?.selector?.matchLabels ?? {}).length > 0;
}

/** A policy for pods that are not there, or for ports of the Service rather than of its pods. */
function checkPeer(scope: Scope, peer: Peer): void {
  const namespace = namespaceOf(peer);
  if (!isSelecting(peer) || !scope.knowledge.workloads(namespace)) {
    return;
  }
  const labels = peer.spec?.selector?.matchLabels;
  const workloads = scope.selected(labels, namespace).flatMap(({ workload }) => workload ?? []);
  if (scope.selected(labels, namespace).length === 0 && !areOfMadeGateways(labels)) {
    scope.add('AI2023', 'warning', peer, 'spec.selector', {
      value: showLabels(labels),
      rule: `no workload of namespace ${namespace} has these labels`,
      mend: 'Correct the labels or the namespace: the policy protects nothing as it is',
      see: PEER,
    });
  }
  for (const workload of workloads) {
    const services = scope.model.services.filter((service) => service.namespace === workload.namespace && leadsTo(service, workload));
    const ports = services.flatMap((service) => service.ports.map((port) => ({ number: port.number, target: targetOf(port, workload) })));
    for (const number of Object.keys(peer.spec?.portLevelMtls ?? {})) {
      const meant = ports.find((port) => String(port.number) === number && port.target !== undefined && port.target !== port.number);
      if (meant && !ports.some(({ target }) => target === undefined || String(target) === number)) {
        scope.add('AI2024', 'warning', peer, child('spec.portLevelMtls', number), {
          value: number,
          rule: `this is a port of the Service, which leads to port ${meant.target} of ${workload.name}: a PeerAuthentication counts ports of the pods`,
          mend: `Write ${meant.target}`,
          see: PEER,
        });
        return;
      }
    }
  }
}

function checkTwins(scope: Scope, peers: readonly Peer[]): void {
  const whole = peers.filter((peer) => !isSelecting(peer));
  whole.forEach((peer, index) => {
    const twin = whole.slice(0, index).find((other) => namespaceOf(other) === namespaceOf(peer));
    if (twin) {
      scope.add('AI2022', 'warning', peer, '', {
        rule: `${fullName(twin)} is for all of this namespace too: the older one holds`,
        mend: 'Keep one of them',
        see: PEER,
      });
    }
  });
}
