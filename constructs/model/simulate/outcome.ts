import type { DestinationShare, MatchedRoute, PolicyVerdict, ResolvedCall, Simulation } from './simulation';
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
export function delivered(base: Base, destinations: readonly DestinationShare[], details: Details, refused?: PolicyVerdict): Simulation {
  const reached = destinations.filter((share) => share.reached);
  const lost = destinations.filter((share) => !share.reached);
  const shares = sharesOf(destinations.filter((share) => share.routable));
  const deniedShare = destinations.find((share) => share.policy.verdict === 'deny');
  const deciding = deniedShare ?? destinations.find((share) => share.policy.source) ?? destinations[0];
  const policy =
    deciding && deciding.policy.verdict === 'allow' && deciding.policy.source === undefined
      ? (refused ?? deciding.policy)
      : (deciding?.policy ?? NO_POLICY);
  const abort = details.fault?.abort?.percent === 100 ? details.fault.abort : undefined;
  const statuses = new Set(lost.map((share) => share.status));
  const status = abort ? abort.status : reached.length === 0 && statuses.size === 1 ? [...statuses][0] : undefined;
  const outcome =
    reached.length > 0 || abort ? 'routed' : lost.length > 0 && lost.every((share) => share.policy.verdict === 'deny') ? 'denied' : 'failed';
  return {
    ...base,
    outcome,
    status,
    summary: summarize(base.call, shares, lost, details),
    shares,
    destinations,
    mirrors: [],
    headers: { request: NO_CHANGES, response: NO_CHANGES },
    policy,
    mtls: destinations[0]?.mtls,
    ...details,
  };
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
  const parts: string[] = [];
  const { abort, delay } = details.fault ?? {};
  if (abort) {
    parts.push(`${showPercent(abort.percent)} aborted with ${abort.status ?? abort.grpcStatus}`);
  }
  if (delay) {
    parts.push(`${showPercent(delay.percent)} delayed by ${delay.seconds} s`);
  }
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

/** `33.3 %` */
export function showPercent(percent: number): string {
  return `${Number(percent.toFixed(2))} %`;
}
