import { App, TerraformStack } from 'cdktf';
import { bookinfoServices } from '../../constructs/bookinfo';
import { existingMesh } from '../../constructs/mesh';
import { AnyObject, MeshModel, ModelObject, simulate, SimulatedRequest, Simulation } from '../../constructs/model';
import { modelOf } from '../../constructs/model/from-constructs';
import { addScenario, findScenario, Scenario, SCENARIOS, simulatedCall } from '../../scenarios';
import { Cluster, until, WireAnswer, WireRequest } from './cluster';
import { Comparison, contradiction, disagreementsOf, echoOf, tolerance } from './compare';
import { gatewayPods } from './edge/stage';
import { startPods } from './pods';

const PORT = 9080;
const SAMPLE = 100;
const GATEWAY = 'sim-gateway';
const EGRESS = 'sim-egress';
/** A Bookinfo of stand-ins. */
const SPACE = 'sim-book';
const GROUPS = ['networking.istio.io', 'security.istio.io', 'gateway.networking.k8s.io'];

/** The objects that a scenario makes for stand-ins of Bookinfo: what decides about requests, and Services; not what is the whole mesh's. */
function objectsOf(name: string): AnyObject[] {
  const stack = new TerraformStack(new App({ stackTraces: false }), 'simulator');
  const pods = { namespace: SPACE, serviceAccountName: 'default', ports: [80, 443] };
  const mesh = existingMesh({
    version: '1.29.1',
    ingressGateway: { selector: { istio: GATEWAY }, serviceName: GATEWAY, ...pods },
    egressGateway: { selector: { istio: EGRESS }, serviceName: EGRESS, ...pods },
  });
  const bookinfo = bookinfoServices({ namespace: SPACE });
  addScenario(stack, 'Traffic', findScenario(name), { bookinfo, mesh });
  const existing = new Set(Object.values(bookinfo).map((service) => (typeof service === 'object' && 'name' in service ? service.name : '')));
  return modelOf(stack)
    .objects.filter((object) => object.metadata.namespace === SPACE && object.kind !== 'EnvoyFilter')
    .filter((object) => GROUPS.includes(object.apiVersion.split('/')[0]!) || (object.kind === 'Service' && !existing.has(object.metadata.name)))
    .map(({ apiVersion, kind, metadata, spec }) => ({ apiVersion, kind, metadata, spec }));
}

/** A request, who sends it, and how the simulator is asked. */
interface Question {
  readonly caller: string;
  readonly wire: WireRequest;
  readonly request: SimulatedRequest;
}

/** Each scenario's routes and policies, asked as the services of Bookinfo, from outside and through the gateway, and what its calls promise. */
export async function compareScenarios(
  cluster: Cluster,
  image: string,
  injectionLabels: Readonly<Record<string, string>>,
): Promise<Comparison> {
  const disagreements: string[] = [];
  // What differs in nothing that the simulator knows is asked once.
  const shapes = new Set<string>();
  const scenarios = SCENARIOS.filter(({ name, expectations }) => {
    const shape = JSON.stringify([objectsOf(name), expectations.filter(({ kind }) => kind === 'call' || kind === 'ingress')]);
    return !shapes.has(shape) && shapes.add(shape);
  });
  let compared = 0;
  let applied: AnyObject[] = [];
  await startPods(cluster, image, injectionLabels, SPACE, [...gatewayPods(GATEWAY, SPACE), ...gatewayPods(EGRESS, SPACE)]);
  // What the scenarios do not change is read once.
  const base = (await cluster.model()).objects.filter(({ metadata, apiVersion }) => metadata.namespace !== SPACE || !GROUPS.includes(apiVersion.split('/')[0]!));
  for (const scenario of scenarios) {
    const objects = [...objectsOf(scenario.name), nonce(scenario.name)];
    const kept = new Set(objects.map((object) => `${object.kind} ${object.metadata.name}`));
    const gone = applied.filter((object) => !kept.has(`${object.kind} ${object.metadata.name}`));
    await Promise.all([cluster.remove(gone), cluster.apply(objects)]);
    applied = objects;
    await settle(cluster, scenario.name, objects);
    const found = await compareScenario(cluster, scenario, objects, base);
    compared += found.compared;
    disagreements.push(...found.disagreements.map((text) => `${scenario.name}: ${text}`));
  }
  const same = SCENARIOS.length - scenarios.length;
  return { part: `${SCENARIOS.length} scenarios${same > 0 ? `, ${same} of them alike to the simulator` : ''}: routes, shares, faults, policies and calls`, compared, disagreements };
}

async function settle(cluster: Cluster, name: string, objects: readonly AnyObject[]): Promise<void> {
  const ask = async (): Promise<boolean> => (await cluster.send(SPACE, 'productpage-v1', [get('guard', '/nonce', {})]))[0]!.body === name;
  await until(`scenario ${name}`, 60, ask);
  if (apiGateway(objects)) {
    await until(`the gateway of ${name}`, 60, async () => {
      await cluster.kubectl(['rollout', 'status', 'deployment', '-n', SPACE, `${apiGateway(objects)}-istio`, '--timeout=30s']);
      return true;
    });
  }
  await new Promise((resolve) => setTimeout(resolve, 1200));
}

/** Removes the namespaces of the scenarios. */
export async function removeScenarios(cluster: Cluster): Promise<void> {
  await cluster.kubectl(['delete', 'namespace', SPACE, '--ignore-not-found', '--wait=false']);
}

async function compareScenario(
  cluster: Cluster,
  scenario: Scenario,
  objects: readonly AnyObject[],
  base: readonly ModelObject[],
): Promise<{ compared: number; disagreements: string[] }> {
  const model = new MeshModel([...base, ...(objects as readonly ModelObject[])]);
  const asked = questionsOf(scenario, objects).map((question) => ({ ...question, simulation: simulate(model, question.request) }));
  const callers = [...new Set(asked.map(({ caller }) => caller))];
  const found = await Promise.all(
    callers.map(async (caller) => {
      const own = asked.filter((question) => question.caller === caller);
      const check = (index: number, answer: WireAnswer): string | undefined =>
        isUnheardOf(answer) ? undefined : (contradiction(own[index]!.simulation, answer) ?? late(own[index]!.simulation, answer));
      const wrong = await disagreementsOf(cluster, caller, own.map(({ wire }) => wire), check, SPACE);
      return [...wrong, ...(await wrongShares(cluster, caller, own))];
    }),
  );
  return { compared: asked.length, disagreements: found.flat() };
}

/** A name that this cluster's DNS does not have. */
function isUnheardOf({ error }: WireAnswer): boolean {
  return error === 'ENOTFOUND' || error === 'EAI_AGAIN';
}

function late(simulation: Simulation, { milliseconds }: WireAnswer): string | undefined {
  const delay = simulation.fault?.delay?.percent === 100 ? simulation.fault.delay.seconds : 0;
  return Math.abs(milliseconds / 1000 - delay) > 1.5 ? `expected a delay of ${delay} s, waited ${milliseconds / 1000} s` : undefined;
}

async function wrongShares(
  cluster: Cluster,
  caller: string,
  asked: readonly (Question & { readonly simulation: Simulation })[],
): Promise<string[]> {
  const split = asked.filter(({ simulation }) => simulation.outcome === 'routed' && simulation.destinations.filter((share) => share.reached).length > 1);
  const samples = split.flatMap(({ wire }) => Array.from({ length: SAMPLE }, () => wire));
  const answers = samples.length > 0 ? await cluster.send(SPACE, caller, samples) : [];
  return split.flatMap(({ wire, simulation }, index) =>
    Object.entries(simulation.shares).flatMap(([version, percent]) => {
      const own = answers.slice(index * SAMPLE, (index + 1) * SAMPLE);
      const seen = (100 * own.filter((answer) => echoOf(answer)?.version === version).length) / SAMPLE;
      const place = `${wire.dial} ${JSON.stringify(wire.headers)}`;
      return Math.abs(seen - percent) > tolerance(percent, SAMPLE) ? [`${place}: expected ${percent} % for ${version}, saw ${seen} %`] : [];
    }),
  );
}

function questionsOf(scenario: Scenario, objects: readonly AnyObject[]): Question[] {
  const users: readonly Readonly<Record<string, string>>[] = [{}, { 'end-user': 'jason' }];
  const within = (
    [
      ['productpage', 'reviews', '/reviews/0'],
      ['productpage', 'details', '/details/0'],
      ['reviews', 'ratings', '/ratings/0'],
      ['productpage', 'ratings', '/ratings/0'],
      ['outside', 'reviews', '/reviews/0'],
      ['productpage', 'reviews', '/admin'],
    ] as const
  ).flatMap(([from, to, path]) =>
    users.map((headers): Question => {
      const caller = from === 'reviews' ? 'reviews-v2' : `${from}-v1`;
      return { caller, wire: get(to, path, headers), request: { from: `${caller}.${SPACE}`, to: `${to}.${SPACE}`, host: `${to}:${PORT}`, path, headers } };
    }),
  );
  const calls = scenario.expectations.flatMap((expectation): Question[] => {
    if (expectation.kind === 'ingress') {
      return [entering(objects, expectation.host, expectation.path, expectation.headers)];
    }
    const request = expectation.kind === 'call' ? simulatedCall(expectation, { namespace: SPACE, claimsOf }) : undefined;
    return expectation.kind === 'call' && request ? called(objects, request) : [];
  });
  return [...within, entering(objects, undefined, '/productpage'), ...calls];
}

/** A Gateway of the Gateway API, where the scenario has one. */
function apiGateway(objects: readonly AnyObject[]): string | undefined {
  return objects.find(({ kind, apiVersion }) => kind === 'Gateway' && apiVersion.startsWith('gateway.networking'))?.metadata.name;
}

function entering(objects: readonly AnyObject[], host = 'bookinfo.test', path = '/', headers: Readonly<Record<string, string>> = {}): Question {
  const ofApi = apiGateway(objects);
  const dial = ofApi === undefined ? GATEWAY : `${ofApi}-istio`;
  const named = ofApi ?? objects.find(({ kind }) => kind === 'Gateway')?.metadata.name ?? 'none';
  const request: SimulatedRequest = { gateway: `${SPACE}/${named}`, to: host, path, headers, scheme: 'http', port: 80 };
  return { caller: 'outside-v1', wire: { dial, port: 80, method: 'GET', path, headers: { host, ...headers } }, request };
}

/** What a promised call is over the wire; TLS from outside needs certificates that the suite has not. */
function called(objects: readonly AnyObject[], request: SimulatedRequest): Question[] {
  const { path = '/', method = 'GET', headers = {}, to = '' } = request;
  if (request.gateway !== undefined) {
    const question = entering(objects, to || undefined, path, headers);
    const more = { method, claims: request.claims, invalidToken: request.invalidToken };
    return request.scheme === 'https' || request.port === 443
      ? []
      : [{ ...question, wire: { ...question.wire, method }, request: { ...question.request, ...more } }];
  }
  const from = typeof request.from === 'string' ? request.from.split('.')[0]! : 'outside';
  const [short] = to.split('.');
  const isOwn = to === `${short}.${SPACE}`;
  const port = request.port ?? PORT;
  const host = isOwn ? `${short}:${port}` : to;
  const tls = request.scheme === 'https' ? { tls: { serverName: to } } : {};
  const wire: WireRequest = { dial: isOwn ? short! : to, port, method, path, headers: { host, ...headers }, ...tls };
  return [{ caller: `${from}-v1`, wire, request: { ...request, from: `${from}-v1.${SPACE}`, port, host } }];
}

/** Claims of a token that somebody signed, as far as it says so itself: the scenarios' bad ones are no tokens at all. */
function claimsOf(token: string): SimulatedRequest['claims'] | 'invalid' {
  try {
    return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as SimulatedRequest['claims'];
  } catch {
    return 'invalid';
  }
}

function nonce(name: string): AnyObject {
  return {
    apiVersion: 'networking.istio.io/v1',
    kind: 'VirtualService',
    metadata: { name: 'nonce', namespace: SPACE },
    spec: { hosts: ['guard'], http: [{ match: [{ uri: { exact: '/nonce' } }], directResponse: { status: 200, body: { string: name } } }] },
  };
}

function get(host: string, path: string, headers: Readonly<Record<string, string>>): WireRequest {
  return { dial: host, port: PORT, method: 'GET', path, headers: { host: `${host}:${PORT}`, ...headers } };
}

