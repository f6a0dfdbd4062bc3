import { MeshModel, simulate, SimulatedRequest, Simulation } from '../../../constructs/model';
import type { AnyObject } from '../../../constructs/model';
import type { Cluster, WireAnswer, WireRequest } from '../cluster';
import { contradiction, showRequest } from '../compare';
import { EDGE, FAR } from './stage';

/** Who asks: a pod of the suite's namespace with a sidecar, one without, or one with a sidecar elsewhere. */
export type Caller = 'client' | 'plain' | 'far';

/** A request, as it is sent and as the simulator is asked. */
export interface Question {
  readonly caller: Caller;
  readonly wire: WireRequest;
  readonly request: SimulatedRequest;
  /** Looks further than whether the two agree. */
  check?(simulation: Simulation, answer: WireAnswer): string | undefined;
}

/** Objects, and the questions that they decide. */
export interface Part {
  readonly name: string;
  readonly objects: readonly AnyObject[];
  readonly questions: readonly Question[];
  /** What takes more than asking. */
  measure?(cluster: Cluster, model: MeshModel): Promise<{ readonly compared: number; readonly disagreements: readonly string[] }>;
}

const PODS: Readonly<Record<Caller, readonly [namespace: string, deployment: string]>> = {
  client: [EDGE, 'client-v1'],
  plain: [EDGE, 'plain-v1'],
  far: [FAR, 'client-v1'],
};

/** A name that the simulator knows a caller by. */
export function fromOf(caller: Caller): string {
  const [namespace, deployment] = PODS[caller];
  return `${deployment}.${namespace}`;
}

/** Sends requests from the pod of a caller. */
export function sendFrom(cluster: Cluster, caller: Caller, requests: readonly WireRequest[]): Promise<WireAnswer[]> {
  return cluster.send(...PODS[caller], requests);
}

/** A request as it goes over the wire, with the Host header that its dialled name makes unless it says otherwise. */
export function wire(dial: string, more: Partial<WireRequest> = {}): WireRequest {
  const { port = 80, headers, ...rest } = more;
  return { dial, port, method: 'GET', path: '/', ...rest, headers: { host: dial, ...headers } };
}

/** Asks every question of every part, and those whose answers contradict the simulator again while proxies may still learn. */
export async function ask(cluster: Cluster, model: MeshModel, parts: readonly Part[]): Promise<Map<Part, string[]>> {
  const found = new Map<Part, string[]>(parts.map((part) => [part, []]));
  const all = parts.flatMap((part) => part.questions.map((question) => ({ part, question, simulation: simulated(model, question) })));
  await Promise.all(
    (['client', 'plain', 'far'] as const).map(async (caller) => {
      let open = all.filter(({ question }) => question.caller === caller);
      for (let round = 0; open.length > 0 && round < 4; round++) {
        if (round > 0) {
          await new Promise((resolve) => setTimeout(resolve, 3000));
        }
        const answers = await sendFrom(cluster, caller, open.map(({ question }) => question.wire));
        const wrong = open.flatMap((item, index) => {
          const why = contradiction(item.simulation, answers[index]!) ?? item.question.check?.(item.simulation, answers[index]!);
          return why === undefined ? [] : [{ ...item, why }];
        });
        wrong.filter(() => round === 3).forEach(({ part, question, why }) => found.get(part)!.push(`${showRequest(caller, question.wire)}: ${why}`));
        open = wrong;
      }
    }),
  );
  return found;
}

function simulated(model: MeshModel, { caller, request }: Question): Simulation {
  return simulate(model, request.gateway === undefined ? { from: fromOf(caller), ...request } : request);
}
