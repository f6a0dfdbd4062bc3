import type { Environment } from '../../environments';
import { findScenario } from '../../scenarios';
import { handlesOf } from '../../stacks/handles';
import { CliError, Interrupted } from '../errors';
import { CommandError } from '../tools/process';
import { deniedChecks, pageChecks, plaintextCheck, syncCheck } from './base-checks';
import { bookinfoPods, Check, originOf, VerifyContext, VerifyHandles, VerifyTools } from './context';
import { Entrance, givenEntrance, openEntrance } from './entrance';
import { MadeGateways } from './made-gateways';
import { OutsidePod, removeLeftOvers, startOutsidePod } from './outside-pod';
import type { Outcome, VerifyResult, VerifyRow } from './result';
import { scenarioCheck } from './scenario-checks';

/** Proxies catch up with a change within about five seconds; after this many a failing check has failed. */
const SETTLE_SECONDS = 20;
/** On a slow cluster those that come before may use all of that up: each group of checks has this many of its own. */
const PHASE_SECONDS = 8;
/** Rules that are gone are still obeyed for a moment: what they refuse is not asked sooner than this many seconds after the start. */
const LATE_SECONDS = 5;
const PAUSE_MS = 500;
/** More at once would slow each other down on a small node, and with it what is timed. */
const PARALLEL = 3;

export interface VerifyRequest {
  readonly environment: Environment;
  readonly tools: VerifyTools;
  /** Receives a line for each check that ends. */
  report(line: string): void;
  readonly signal?: AbortSignal;
  /** Address of the gateway, without a trailing slash. @default the environment's own */
  readonly url?: string;
  /** @default those of the environment's stacks */
  readonly handles?: VerifyHandles;
  /** Command that brings the environment up, for the message that there is nothing to verify. */
  readonly up: string;
}

/**
 * Sends real requests through the gateway and inside the mesh, and compares what comes back with what the environment's scenario promises and
 * with what holds in every scenario. Checks are repeated until they pass or 20 seconds have gone by, as proxies catch up with a change after a
 * few seconds; a share is judged on a fresh full sample each time.
 * @throws CliError where nothing can be asked at all: no cluster, no Bookinfo, no gateway
 * @throws Interrupted on the signal; what it made is removed
 */
export async function verify(request: VerifyRequest): Promise<VerifyResult> {
  const begin = Date.now();
  const { environment, tools, signal } = request;
  const scenario = findScenario(environment.traffic.scenario);
  const handles = request.handles ?? handlesOf(environment);
  let pod: Promise<OutsidePod> | undefined;
  const entrance: Entrance = request.url
    ? givenEntrance(request.url)
    : await askable(request, () => openEntrance(tools, handles.cluster, handles.mesh));
  const made = new MadeGateways(tools, handles);
  const context: VerifyContext = {
    ...handles,
    tools,
    signal,
    expectations: scenario.expectations,
    externalHost: environment.traffic.externalHost,
    publicPage: scenario.publicPage,
    gatewayAddress: (port, gateway) => (gateway === undefined ? entrance.reach(port) : made.reach(gateway, port)),
    url: trimSlash(entrance.url),
    outsidePod: () => (pod ??= startPod(context)),
  };
  try {
    await askable(request, async () => {
      originOf(context, await bookinfoPods(context), 'productpage');
      await removeLeftOvers(tools);
    });
    // It takes a few seconds to start, which the other checks can use; the plaintext check tells of its failure.
    context.outsidePod().catch(() => undefined);
    const waited = await askable(request, () => made.open(scenario.expectations));
    const rows = await runChecks(checksOf(context), request, waited ? Date.now() : begin);
    return {
      environment: environment.name,
      scenario: scenario.name,
      url: context.url,
      forward: entrance.forward,
      rows,
      ok: rows.every(({ verdict }) => verdict !== 'fail'),
      seconds: since(begin),
    };
  } finally {
    const started = await pod?.catch(() => undefined);
    await started?.remove();
    entrance.close();
    made.close();
  }
}

/** All checks, in the order of the table: what holds always, then what the scenario promises, then security. */
export function checksOf(context: VerifyContext): Check[] {
  return [
    syncCheck(context),
    ...pageChecks(context),
    ...context.expectations.map((expectation) => scenarioCheck(context, expectation)),
    ...deniedChecks(context),
    plaintextCheck(context),
  ];
}

async function runChecks(checks: readonly Check[], request: VerifyRequest, begin: number): Promise<VerifyRow[]> {
  const rows = new Map<Check, VerifyRow>();
  const runPhase = async (phase: readonly Check[], workers: number): Promise<void> => {
    const queue = [...phase];
    const deadline = Math.max(begin + SETTLE_SECONDS * 1000, Date.now() + PHASE_SECONDS * 1000);
    const work = async (): Promise<void> => {
      for (let check = queue.shift(); check; check = queue.shift()) {
        const row = await runCheck(check, deadline, request.signal);
        rows.set(check, row);
        request.report(`${row.verdict.padEnd(7)}  ${check.name}`);
      }
    };
    const ended = await Promise.allSettled(Array.from({ length: workers }, work));
    const failed = ended.find((result) => result.status === 'rejected');
    if (failed) {
      throw failed.reason;
    }
  };
  const [sync, ...others] = checks;
  const inPhase = (phase: Check['phase']): Check[] => others.filter((check) => (check.phase ?? 'early') === phase);
  // Proxies first: as long as they are behind, the others would only be repeated.
  await runPhase([sync], 1);
  await runPhase(inPhase('early'), PARALLEL);
  await runPhase(inPhase('alone'), 1);
  await pause(begin + LATE_SECONDS * 1000 - Date.now());
  await runPhase(inPhase('late'), PARALLEL);
  return checks.flatMap((check) => rows.get(check) ?? []);
}

/** Repeats a check until it does not fail or the time is up; it is tried at least once. */
export async function runCheck(check: Check, deadline: number, signal?: AbortSignal, pauseMs = PAUSE_MS): Promise<VerifyRow> {
  const begin = Date.now();
  for (let attempts = 1; ; attempts++) {
    const outcome = await attempt(check, signal);
    if (outcome.verdict !== 'fail' || Date.now() + pauseMs > deadline) {
      return { check: check.name, expectation: check.expectation, sent: check.sent, ...outcome, seconds: since(begin), attempts };
    }
    await pause(pauseMs);
  }
}

async function attempt(check: Check, signal?: AbortSignal): Promise<Outcome> {
  if (signal?.aborted) {
    throw new Interrupted();
  }
  try {
    return await check.attempt();
  } catch (error) {
    if (signal?.aborted || error instanceof Interrupted) {
      throw new Interrupted();
    }
    return { verdict: 'fail', observation: reason(error) };
  }
}

async function startPod(context: VerifyContext): Promise<OutsidePod> {
  const pods = await bookinfoPods(context);
  const { pod } = originOf(context, pods, 'productpage');
  const image = pods.find(({ name }) => name === pod)?.image ?? '';
  return startOutsidePod(context.tools, image);
}

/** Turns a failure of the first questions into one message: without an answer to them there is nothing to verify. */
async function askable<T>({ environment, up }: VerifyRequest, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof CliError || error instanceof Interrupted) {
      throw error;
    }
    throw new CliError(`nothing to verify in ${environment.name}`, reason(error), [up]);
  }
}

/** The last line of a program's complaint that says something, or the message. */
function reason(error: unknown): string {
  if (error instanceof CommandError) {
    const last = error.stderr
      .split('\n')
      .filter((line) => line.trim() !== '' && !line.startsWith('command terminated with'))
      .at(-1);
    return error.timedOutAfterSeconds === undefined && last ? last : error.message.split('\n')[0];
  }
  return error instanceof Error ? error.message : String(error);
}

async function pause(milliseconds: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, Math.max(0, milliseconds)));
}

function since(begin: number): number {
  return Math.round((Date.now() - begin) / 100) / 10;
}

function trimSlash(url: string): string {
  return url.replace(/\/+$/, '');
}
