import { explain, renderLines, showShares, SimulatedRequest, simulate, Simulation } from './simulate';
import { MeshModel } from './mesh-model';

export { contextOf, modelOf } from './from-constructs';
export * from './simulate';

/** A model, or anything that holds one. */
export type HasModel = MeshModel | { readonly model: MeshModel };

/** Shares in percent by version, subset or Service; a name alone means all of the requests. */
export type ExpectedShares = string | Readonly<Record<string, number>>;

interface MatcherResult {
  readonly pass: boolean;
  message(): string;
}

/** Matchers about what a mesh does with a request. Importing this file adds them to the global `expect`. */
export interface MeshMatchers<R = unknown> {
  /**
   * The request is sent to these versions in these shares, and nowhere else. Whether policies let it in is for `toAllow` and `toDeny`.
   * @param tolerance percent points by which a share may differ. @default 0.01
   */
  toRoute(request: SimulatedRequest, shares: ExpectedShares, tolerance?: number): R;
  /**
   * Nobody's workload gets the request, because of a policy, a token or mutual TLS.
   * @param by name of the object that must be the one to refuse. @default any
   */
  toDeny(request: SimulatedRequest, by?: string): R;
  /** The request reaches a workload, and nothing refuses any share of it. */
  toAllow(request: SimulatedRequest): R;
  /** @param percent share of the requests that wait. @default 100 */
  toInjectDelay(request: SimulatedRequest, seconds: number, percent?: number): R;
  /** @param percent share of the requests that are answered so. @default 100 */
  toInjectAbort(request: SimulatedRequest, status: number, percent?: number): R;
  /** @param percent share of the requests that are copied. @default 100 */
  toMirror(request: SimulatedRequest, version: string, percent?: number): R;
}

declare global {
  // eslint-disable-next-line @typescript-eslint/no-namespace
  namespace jest {
    // eslint-disable-next-line @typescript-eslint/no-unused-vars, @typescript-eslint/no-empty-object-type
    interface Matchers<R, T = {}> extends MeshMatchers<R> {}
  }
}

/** The matchers, for `expect.extend`. */
export const meshMatchers = {
  toRoute(received: unknown, request: SimulatedRequest, shares: ExpectedShares, tolerance = 0.01): MatcherResult {
    const simulation = simulate(toModel(received, 'toRoute'), request);
    const expected = typeof shares === 'string' ? { [shares]: 100 } : shares;
    const claimed = (name: string): number => sharesNamed(simulation, name);
    const strangers = simulation.destinations.filter(
      (share) => share.routable && share.percent > tolerance && !Object.keys(expected).some((name) => isNamed(share, name)),
    );
    const pass = strangers.length === 0 && Object.entries(expected).every(([name, percent]) => Math.abs(claimed(name) - percent) <= tolerance);
    return result(simulation, pass, 'toRoute', `to be routed ${showShares(expected)}`, showShares(simulation.shares));
  },

  toDeny(received: unknown, request: SimulatedRequest, by?: string): MatcherResult {
    const simulation = simulate(toModel(received, 'toDeny'), request);
    const refused = isRefused(simulation);
    const names = refusers(simulation);
    const pass = refused && (by === undefined || names.includes(by));
    const seen = refused ? `denied by ${names.join(', ') || 'the lack of a sidecar'}` : verdictOf(simulation);
    return result(simulation, pass, 'toDeny', `to be denied${by === undefined ? '' : ` by ${by}`}`, seen);
  },

  toAllow(received: unknown, request: SimulatedRequest): MatcherResult {
    const simulation = simulate(toModel(received, 'toAllow'), request);
    const pass =
      simulation.destinations.length > 0 && simulation.destinations.every((share) => share.reached) && simulation.policy.verdict === 'allow';
    return result(simulation, pass, 'toAllow', 'to be allowed', verdictOf(simulation));
  },

  toInjectDelay(received: unknown, request: SimulatedRequest, seconds: number, percent = 100): MatcherResult {
    const simulation = simulate(toModel(received, 'toInjectDelay'), request);
    const delay = simulation.fault?.delay;
    const pass = delay?.seconds === seconds && delay.percent === percent;
    return result(
      simulation,
      pass,
      'toInjectDelay',
      `${percent} % to be delayed by ${seconds} s`,
      delay ? `${delay.percent} % delayed by ${delay.seconds} s` : 'no delay',
    );
  },

  toInjectAbort(received: unknown, request: SimulatedRequest, status: number, percent = 100): MatcherResult {
    const simulation = simulate(toModel(received, 'toInjectAbort'), request);
    const abort = simulation.fault?.abort;
    const pass = abort?.status === status && abort.percent === percent;
    const seen = abort ? `${abort.percent} % aborted with ${abort.status ?? abort.grpcStatus}` : 'no abort';
    return result(simulation, pass, 'toInjectAbort', `${percent} % to be aborted with ${status}`, seen);
  },

  toMirror(received: unknown, request: SimulatedRequest, version: string, percent = 100): MatcherResult {
    const simulation = simulate(toModel(received, 'toMirror'), request);
    const pass = simulation.mirrors.some(
      (mirror) => mirror.percent === percent && (mirror.subset === version || (mirror.versions.length === 1 && mirror.versions[0] === version)),
    );
    const seen =
      simulation.mirrors.map((mirror) => `${mirror.percent} % to ${mirror.versions.join(', ') || mirror.subset || mirror.host}`).join('; ') ||
      'no mirror';
    return result(simulation, pass, 'toMirror', `${percent} % to be copied to ${version}`, seen);
  },
};

function toModel(received: unknown, matcher: string): MeshModel {
  const model = received instanceof MeshModel ? received : (received as { model?: unknown } | null | undefined)?.model;
  if (!(model instanceof MeshModel)) {
    throw new Error(`${matcher}: expect() was given no model. Give it a MeshModel, such as modelOf(stack), or an object with one as its \`model\`.`);
  }
  return model;
}

type Share = Simulation['destinations'][number];

function isNamed(share: Share, name: string): boolean {
  const service = share.host.split('.')[0];
  return [share.version, share.subset, share.host, service, `${service}/${share.version}`].includes(name);
}

function sharesNamed(simulation: Simulation, name: string): number {
  return simulation.destinations.filter((share) => share.routable && isNamed(share, name)).reduce((sum, share) => sum + share.percent, 0);
}

function isRefused(simulation: Simulation): boolean {
  if (simulation.outcome === 'denied') {
    return true;
  }
  return (
    simulation.destinations.length > 0 &&
    simulation.destinations.every((share) => !share.reached && (share.policy.verdict === 'deny' || share.mtls?.accepted === false))
  );
}

function refusers(simulation: Simulation): string[] {
  const sources = [
    simulation.policy.source,
    ...simulation.destinations.flatMap((share) => [share.policy.source, ...(share.mtls?.accepted === false ? share.mtls.sources : [])]),
  ];
  return [...new Set(sources.flatMap((source) => (source ? [source.object.metadata.name] : [])))];
}

function verdictOf(simulation: Simulation): string {
  if (simulation.outcome !== 'routed') {
    return `${simulation.outcome}: ${simulation.summary}`;
  }
  const lost = simulation.destinations.find((share) => !share.reached);
  return lost ? `allowed in part only: ${lost.why}` : `allowed: ${simulation.policy.why}`;
}

function result(simulation: Simulation, pass: boolean, matcher: string, wanted: string, seen: string): MatcherResult {
  return {
    pass,
    message: () =>
      [
        `expect(mesh)${pass ? '.not' : ''}.${matcher}()`,
        '',
        `expected the request ${pass ? 'not ' : ''}${wanted}`,
        `the mesh says: ${seen}`,
        '',
        renderLines(explain(simulation), '  '),
      ].join('\n'),
  };
}

const globalExpect = (globalThis as { expect?: { extend?: (matchers: object) => void } }).expect;
globalExpect?.extend?.(meshMatchers);
