import type { MeshModel } from '../mesh-model';
import { CallGraph, BOOKINFO_CALLS, CallTarget, ServiceCall } from './call-graph';
import { showPercent } from './outcome';
import { podSpecOf, servicesOf } from './pods';
import type { SimulatedRequest } from './request';
import { longestWait } from './route-action';
import { simulate } from './simulate';
import type { DestinationShare, Simulation } from './simulation';

/** A request at the top of a chain. */
export interface ChainRequest extends SimulatedRequest {
  /** Who is signed in where the call graph says that people sign in, such as Bookinfo's productpage. @default nobody */
  readonly user?: string;
}

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
 * they pass on and the token where it is among these and still there.
 * @param graph who calls whom. @default Bookinfo's
 */
export function simulateChain(model: MeshModel, request: ChainRequest, graph: CallGraph = BOOKINFO_CALLS): Hop {
  const { user, from, ...rest } = request;
  const signedIn = user !== undefined && typeof from === 'string' && callersNamed(model, from).includes(graph.signIn?.service ?? '');
  const headers = signedIn && graph.signIn ? { ...rest.headers, [graph.signIn.header]: user } : rest.headers;
  return follow(model, { ...request, headers }, graph, 100, [], undefined);
}

/** Names of the Services that a caller may be meant by: its own name, and those of the Services that choose it. */
export function callersNamed(model: MeshModel, from: string): string[] {
  const [name, namespace] = from.toLowerCase().split('.');
  const workloads = model.workloads.filter((workload) => workload.name === name && (namespace ?? workload.namespace) === workload.namespace);
  return [name, ...workloads.flatMap((workload) => servicesOf(model, workload))];
}

function follow(
  model: MeshModel,
  request: ChainRequest,
  graph: CallGraph,
  percent: number,
  above: readonly string[],
  made: ServiceCall | undefined,
): Hop {
  const simulation = simulate(model, request);
  const reached = simulation.destinations.filter((share) => share.reached && share.workload);
  const names = new Map(reached.map((share) => [share, namesOf(model, share)]));
  const notAborted = 1 - (simulation.fault?.abort?.percent ?? 0) / 100;
  const hops = graph.calls.flatMap((call) => {
    const makers = reached.flatMap((share): Maker[] => {
      const target = names.get(share)?.includes(call.from) && (call.versions?.includes(share.version) ?? true) ? targetOf(call, share) : undefined;
      return target && share.percent > 0 && !above.includes(`${call.from}>${target.to}`) ? [{ share, target }] : [];
    });
    // Versions that ask the same are one caller.
    const groups = new Map(makers.map(({ target }) => [JSON.stringify(target), target]));
    return [...groups].map(([key, target]) => {
      const shares = makers.filter((maker) => JSON.stringify(maker.target) === key).map((maker) => maker.share);
      const share = shares.reduce((sum, item) => sum + item.percent, 0) / 100;
      const next = { ...followUp(request, graph, call.from, shares), ...target };
      return follow(model, next, graph, percent * share * notAborted, [...above, `${call.from}>${target.to}`], call);
    });
  });
  return { simulation, percent, hops, ...timing(simulation, hops, made) };
}

/** A share whose workload makes a call, and what it calls. */
interface Maker {
  readonly share: DestinationShare;
  readonly target: CallTarget;
}

/** Services that a workload belongs to, whichever of them the route named. */
function namesOf(model: MeshModel, { workload, host }: DestinationShare): string[] {
  return workload ? servicesOf(model, workload) : [host.split('.')[0]];
}

function targetOf({ to, path, method, port, scheme, configured }: ServiceCall, { workload }: DestinationShare): CallTarget | undefined {
  const variables = (podSpecOf(workload?.object)?.containers ?? []).flatMap((container) => container.env ?? []);
  const environment = Object.fromEntries(variables.flatMap(({ name, value }) => (value === undefined ? [] : [[name, value]])));
  const own = configured ? configured(environment) : {};
  return own && { to, path, method: method ?? 'GET', port, scheme, ...own };
}

/** What a service sends on: its own headers, those that it passes on, and the token with them. */
function followUp(request: ChainRequest, graph: CallGraph, service: string, shares: readonly DestinationShare[]): ChainRequest {
  const [{ workload, arrival }] = shares;
  const passed = graph.propagates[service] ?? [];
  const headers = Object.fromEntries(Object.entries(arrival?.headers ?? {}).filter(([name]) => passed.includes(name)));
  const carries = passed.includes('authorization') && arrival?.token === true;
  const isSignedIn = request.user !== undefined && graph.signIn?.service === service;
  return {
    from: shares.length === 1 && workload ? `${workload.name}.${workload.namespace}` : `${service}.${workload?.namespace}`,
    headers: isSignedIn && graph.signIn ? { ...headers, [graph.signIn.header]: request.user } : headers,
    ...(carries ? { claims: request.claims, invalidToken: request.invalidToken } : {}),
    externalAuthorization: request.externalAuthorization,
    user: request.user,
  };
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
