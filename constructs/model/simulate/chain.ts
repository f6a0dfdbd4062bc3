import type { MeshModel } from '../mesh-model';
import { CallGraph, BOOKINFO_CALLS, ServiceCall } from './call-graph';
import { showPercent } from './outcome';
import type { SimulatedRequest } from './request';
import { longestWait } from './route-action';
import { simulate } from './simulate';
import type { DestinationShare, Simulation } from './simulation';

/** One call in a chain, and the calls that it causes. */
export interface Hop {
  readonly simulation: Simulation;
  /** Percent of the requests at the top that lead to this call, calls that fail on the way left out. */
  readonly percent: number;
  /** Seconds that faults add to this call and those below, where every request is held up. */
  readonly seconds: number;
  /** What the caller sees where it is not the called workload's answer: `504 after 0.5 s`, `no answer within 6 s`. */
  readonly failure?: string;
  readonly hops: readonly Hop[];
}

/**
 * Follows a request through an application: the first call as given, then those that the called services make, with the headers that
 * they pass on.
 * @param graph who calls whom. @default Bookinfo's
 */
export function simulateChain(model: MeshModel, request: SimulatedRequest, graph: CallGraph = BOOKINFO_CALLS): Hop {
  return follow(model, request, graph, 100, [], undefined);
}

function follow(
  model: MeshModel,
  request: SimulatedRequest,
  graph: CallGraph,
  percent: number,
  above: readonly string[],
  made: ServiceCall | undefined,
): Hop {
  const simulation = simulate(model, request);
  const reached = simulation.destinations.filter((share) => share.reached && share.workload);
  const names = new Set(reached.map(serviceOf));
  const calls = graph.calls.filter((call) => names.has(call.from) && !above.includes(`${call.from}>${call.to}`));
  const notAborted = 1 - (simulation.fault?.abort?.percent ?? 0) / 100;
  const hops = calls.flatMap((call) => {
    const shares = reached.filter((share) => serviceOf(share) === call.from && (call.versions?.includes(share.version) ?? true));
    const share = shares.reduce((sum, item) => sum + item.percent, 0) / 100;
    const from = shares[0]?.workload;
    if (share === 0 || !from) {
      return [];
    }
    const next: SimulatedRequest = {
      from: shares.length === 1 ? from.name : `${call.from}.${from.namespace}`,
      to: call.to,
      path: call.path,
      method: call.method ?? 'GET',
      headers: passedOn(simulation, graph.propagates),
    };
    return [follow(model, next, graph, percent * share * notAborted, [...above, `${call.from}>${call.to}`], call)];
  });
  return { simulation, percent, hops, ...timing(simulation, hops, made) };
}

function serviceOf(share: DestinationShare): string {
  return share.host.split('.')[0];
}

function passedOn(simulation: Simulation, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(Object.entries(simulation.call.headers).filter(([name]) => names.includes(name)));
}

/** Adds up what every request has to wait for, and finds who gives up first. */
function timing(simulation: Simulation, hops: readonly Hop[], made: ServiceCall | undefined): Pick<Hop, 'seconds' | 'failure'> {
  const { fault } = simulation;
  const timeoutSeconds = longestWait(simulation.timeoutSeconds, simulation.retries);
  const delay = fault?.delay?.percent === 100 ? fault.delay.seconds : 0;
  // Calls to different services are made one after the other; each is waited for.
  const below = hops.filter((hop) => hop.percent >= 100 - 1e-9).reduce((sum, hop) => sum + hop.seconds, 0);
  const tooLate = timeoutSeconds !== undefined && below > timeoutSeconds;
  const seconds = delay + (tooLate ? timeoutSeconds : below);
  const patience = made?.timeoutSeconds;
  if (made && patience !== undefined && seconds >= patience) {
    const attempts = made.attempts ?? 1;
    return { seconds: patience * attempts, failure: `no answer: ${made.from} waits ${patience} s${attempts > 1 ? `, ${attempts} times` : ''}` };
  }
  if (fault?.abort) {
    return { seconds, failure: `${fault.abort.status ?? fault.abort.grpcStatus}, injected into ${showPercent(fault.abort.percent)}` };
  }
  if (tooLate) {
    return { seconds, failure: `504 after ${timeoutSeconds} s` };
  }
  const lost = simulation.destinations.filter((share) => !share.reached);
  const percent = lost.reduce((sum, share) => sum + share.percent, 0);
  if (simulation.status !== undefined || lost.length > 0) {
    const status = simulation.status ?? lost[0].status;
    return { seconds, failure: `${status === undefined ? 'refused' : status}${percent > 0 && percent < 100 ? ` for ${showPercent(percent)}` : ''}` };
  }
  return { seconds };
}
