import type { DestinationRuleSpec } from '../../istio/generated/destination-rule';
import type { PeerAuthenticationSpec } from '../../istio/generated/peer-authentication';
import type { ModelService, ModelWorkload } from '../../model/mesh-model';
import { ModelObject, namespaceOf } from '../../model/object';
import { carries, fullName, NETWORKING, Scope, SECURITY } from './scope';

type Peer = ModelObject<PeerAuthenticationSpec>;
type Tls = NonNullable<DestinationRuleSpec['trafficPolicy']>['tls'];

interface Place {
  readonly tls: Tls;
  readonly field: string;
  /** Port of the Service; nothing where it is for all of them. */
  readonly port?: number;
}

const SEE = 'https://istio.io/latest/docs/concepts/security/#mutual-tls-authentication';

/** What callers send and what servers take: DestinationRules against PeerAuthentications. */
export function analyzeMtls(scope: Scope): void {
  const peers = scope.model.ofKind<PeerAuthenticationSpec>(SECURITY, 'PeerAuthentication');
  checkTwins(scope, peers);
  for (const rule of scope.model.ofKind<DestinationRuleSpec>(NETWORKING, 'DestinationRule')) {
    const service = scope.offerOf(rule.spec?.host ?? '', namespaceOf(rule), rule.spec?.exportTo)?.service;
    if (service && Object.keys(service.selector).length > 0) {
      placesOf(rule.spec).forEach((place) => checkPlace(scope, rule, place, service, peers));
    }
  }
}

function placesOf(spec: DestinationRuleSpec | undefined): Place[] {
  const of = (policy: DestinationRuleSpec['trafficPolicy'], at: string): Place[] => [
    ...(policy?.tls ? [{ tls: policy.tls, field: `${at}.tls` }] : []),
    ...(policy?.portLevelSettings ?? []).flatMap(({ tls, port }, index) => (tls ? [{ tls, field: `${at}.portLevelSettings[${index}].tls`, port: port?.number }] : [])),
  ];
  return [...of(spec?.trafficPolicy, 'spec.trafficPolicy'), ...(spec?.subsets ?? []).flatMap((subset, index) => of(subset.trafficPolicy, `spec.subsets[${index}].trafficPolicy`))];
}

function checkPlace(scope: Scope, rule: ModelObject<DestinationRuleSpec>, place: Place, service: ModelService, peers: readonly Peer[]): void {
  const mode = place.tls?.mode ?? 'DISABLE';
  const field = `${place.field}.mode`;
  for (const { workload } of scope.selected(service.selector, service.namespace)) {
    if (!workload) {
      continue;
    }
    const inMesh = scope.inMesh(workload);
    if (mode === 'ISTIO_MUTUAL' && inMesh === false) {
      scope.add('AI2021', 'error', rule, field, {
        value: mode,
        rule: `${workload.name} has no sidecar, so nobody there answers in mTLS`,
        mend: 'Drop the TLS settings: Istio uses mTLS by itself where both ends can',
        see: SEE,
      });
      return;
    }
    const strict = inMesh === false ? undefined : strictnessOf(scope, workload, portsOf(service, place.port), peers);
    if (mode !== 'ISTIO_MUTUAL' && mode !== 'MUTUAL' && strict) {
      scope.add('AI2020', 'error', rule, field, {
        value: mode,
        rule: `${fullName(strict)} has ${workload.name} take mTLS only, and ${mode} sends none: every request fails`,
        mend: 'Write ISTIO_MUTUAL, or drop the TLS settings',
        see: SEE,
      });
      return;
    }
  }
}

/** Target ports that a port of a Service leads to; those with names are left out. */
function portsOf(service: ModelService, port: number | undefined): number[] {
  return service.ports.filter(({ number }) => port === undefined || number === port).flatMap(({ number, targetPort }) => (typeof targetPort === 'string' ? [] : [targetPort ?? number]));
}

/** The PeerAuthentication that has a workload refuse plain text on all of some ports; the nearest one counts: workload, namespace, mesh. */
function strictnessOf(scope: Scope, workload: ModelWorkload, ports: readonly number[], peers: readonly Peer[]): Peer | undefined {
  const selecting = (peer: Peer): boolean => Object.keys(peer.spec?.selector?.matchLabels ?? {}).length > 0;
  const own = peers.filter((peer) => namespaceOf(peer) === workload.namespace);
  const candidates = [
    own.find((peer) => selecting(peer) && carries(workload.labels, peer.spec?.selector?.matchLabels ?? {})),
    own.find((peer) => !selecting(peer)),
    peers.find((peer) => namespaceOf(peer) === scope.model.rootNamespace && !selecting(peer)),
  ].filter((peer): peer is Peer => peer !== undefined);
  const perPort = candidates[0]?.spec?.portLevelMtls ?? {};
  const modeOf = (port: number): string | undefined => (perPort as Record<string, { mode?: string }>)[String(port)]?.mode;
  const open = ports.some((port) => ['PERMISSIVE', 'DISABLE'].includes(modeOf(port) ?? ''));
  const deciding = candidates.find((peer) => (peer.spec?.mtls?.mode ?? 'UNSET') !== 'UNSET');
  return deciding?.spec?.mtls?.mode === 'STRICT' && !open ? deciding : undefined;
}

function checkTwins(scope: Scope, peers: readonly Peer[]): void {
  const whole = peers.filter(({ spec }) => Object.keys(spec?.selector?.matchLabels ?? {}).length === 0);
  whole.forEach((peer, index) => {
    const twin = whole.slice(0, index).find((other) => namespaceOf(other) === namespaceOf(peer));
    if (twin) {
      scope.add('AI2022', 'warning', peer, '', {
        rule: `${fullName(twin)} is for all of this namespace too: the older one holds`,
        mend: 'Keep one of them',
        see: 'https://istio.io/latest/docs/reference/config/security/peer_authentication/',
      });
    }
  });
}
