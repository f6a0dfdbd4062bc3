import type { DestinationShare, MatchedRoute, PolicyVerdict, ResolvedCall, SimulatedFault, Simulation } from './simulation';
import { NO_CHANGES, NO_POLICY } from './simulation';

/** What is common to every simulation of a call. */
export interface Base {
  readonly call: ResolvedCall;
  readonly assumptions: readonly string[];
  readonly tried: readonly string[];
  readonly route?: MatchedRoute;
}

type Details = Partial<Omit<Simulation, keyof Base | 'outcome' | 'summary'>>;

/** An answer that no workload gives. */
export function answeredByMesh(base: Base, outcome: Simulation['outcome'], summary: string, details: Details = {}): Simulation {
  return {
    ...base,
    outcome,
    summary,
    shares: {},
    destinations: [],
    mirrors: [],
    headers: { request: NO_CHANGES, response: NO_CHANGES },
    policy: NO_POLICY,
    ...details,
  };
}

/** The whole answer for requests that were sent to destinations. */
export function delivered(base: Base, sent: readonly DestinationShare[], details: Details, refused?: PolicyVerdict): Simulation {
  const abort = details.fault?.abort?.percent === 100 ? details.fault.abort : undefined;
  const destinations = abort ? sent.map((share) => aborted(share, abort.status)) : sent;
  const reached = destinations.filter((share) => share.reached);
  const lost = destinations.filter((share) => !share.reached);
  const shares = sharesOf(destinations.filter((share) => share.routable));
  const deniedShare = destinations.find((share) => share.policy.verdict === 'deny');
  const deciding = deniedShare ?? destinations.find((share) => share.policy.source) ?? destinations[0];
  const policy =
    deciding && deciding.policy.verdict === 'allow' && deciding.policy.source === undefined
      ? (refused ?? deciding.policy)
      : (deciding?.policy ?? NO_POLICY);
  const statuses = new Set(lost.map((share) => share.status));
  const status = abort ? abort.status : reached.length === 0 && statuses.size === 1 ? [...statuses][0] : undefined;
  const outcome = abort
    ? 'answered'
    : reached.length > 0
      ? 'routed'
      : lost.length > 0 && lost.every((share) => share.policy.verdict === 'deny') ? 'denied' : 'failed';
  return {
    ...base,
    outcome,
    status,
    summary: abort ? `${base.call.to}: ${summarizeFault(details.fault)}` : summarize(base.call, shares, lost, details),
    assumptions: [...base.assumptions, ...new Set(destinations.flatMap((share) => share.policy.unknown ?? []))],
    shares,
    destinations,
    mirrors: [],
    headers: { request: NO_CHANGES, response: NO_CHANGES },
    policy,
    mtls: destinations[0]?.mtls,
    ...details,
  };
}

/** A share that the caller's proxy answers itself: nothing is connected, and nobody's policy is asked. */
function aborted(share: DestinationShare, status: number | undefined): DestinationShare {
  const { host, port, subset, version, percent, workload, routable } = share;
  return { host, port, subset, version, percent, workload, routable, reached: false, status, why: 'a fault aborts every request', policy: NO_POLICY };
}

/** Percent by what people call a destination; by Service and version where versions of several Services bear one name. */
function sharesOf(destinations: readonly DestinationShare[]): Record<string, number> {
  const hostsOf = (version: string): number => new Set(destinations.filter((share) => share.version === version).map((share) => share.host)).size;
  const shares: Record<string, number> = {};
  for (const share of destinations) {
    const name = hostsOf(share.version) > 1 ? `${share.host.split('.')[0]}/${share.version}` : share.version;
    shares[name] = (shares[name] ?? 0) + share.percent;
  }
  return Object.fromEntries(Object.entries(shares).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function summarize(call: ResolvedCall, shares: Readonly<Record<string, number>>, lost: readonly DestinationShare[], details: Details): string {
  const parts = details.fault ? [summarizeFault(details.fault)] : [];
  const names = Object.entries(shares);
  if (names.length > 0) {
    parts.push(names.map(([name, percent]) => `${showPercent(percent)} to ${name}`).join(', '));
  }
  for (const why of new Set(lost.map((share) => share.why))) {
    const [first, ...others] = lost.filter((share) => share.why === why);
    const percent = others.reduce((sum, share) => sum + share.percent, first.percent);
    parts.push(`${showPercent(percent)} ${first.status === undefined ? 'refused' : `answered ${first.status}`}: ${why}`);
  }
  return `${call.to}: ${parts.join('; ')}`;
}

/** `10 % aborted with 500; 50 % delayed by 7 s` */
export function summarizeFault(fault: SimulatedFault | undefined): string {
  const { abort, delay } = fault ?? {};
  return [
    ...(abort ? [`${showPercent(abort.percent)} aborted with ${abort.status ?? abort.grpcStatus}`] : []),
    ...(delay ? [`${showPercent(delay.percent)} delayed by ${delay.seconds} s`] : []),
  ].join('; ');
}

/** `33.3 %` */
export function showPercent(percent: number): string {
  return `${Number(percent.toFixed(2))} %`;
}
