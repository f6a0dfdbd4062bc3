import { App, TerraformStack } from 'cdktf';
import { bookinfoServices } from '../../constructs/bookinfo';
import { existingMesh } from '../../constructs/mesh';
import { AnyObject, simulate, SimulatedRequest } from '../../constructs/model';
import { modelOf } from '../../constructs/model/from-constructs';
import { addScenario, findScenario, SCENARIOS } from '../../scenarios';
import { Cluster, until, WireAnswer, WireRequest } from './cluster';
import { Comparison, contradiction, disagreementsOf, echoOf, tolerance } from './compare';
import { NAMESPACE } from './pods';

const PORT = 9080;
const SAMPLE = 100;
const ISTIO = ['networking.istio.io', 'security.istio.io'];

/** The objects that a scenario makes for the suite's stand-ins of Bookinfo; the gateway's are another part's. */
function objectsOf(name: string): AnyObject[] {
  const stack = new TerraformStack(new App({ stackTraces: false }), 'simulator');
  const mesh = existingMesh({
    version: '1.29.1',
    ingressGateway: { selector: { istio: 'none' }, namespace: 'none', serviceName: 'none', serviceAccountName: 'none', ports: [80] },
  });
  addScenario(stack, 'Traffic', findScenario(name), { bookinfo: bookinfoServices({ namespace: NAMESPACE }), mesh });
  return modelOf(stack)
    .objects.filter((object) => ISTIO.includes(object.apiVersion.split('/')[0]!) && object.kind !== 'Gateway')
    .filter((object) => object.kind !== 'VirtualService' || !(object.spec as { gateways?: unknown }).gateways)
    .map(({ apiVersion, kind, metadata, spec }) => ({ apiVersion, kind, metadata, spec }));
}

/** Each scenario's routes and policies, asked as productpage and as reviews, for somebody and for the user that the samples single out. */
export async function compareScenarios(cluster: Cluster): Promise<Comparison> {
  const disagreements: string[] = [];
  let compared = 0;
  let applied: AnyObject[] = [];
  try {
    for (const { name } of SCENARIOS) {
      const objects = objectsOf(name);
      const kept = new Set(objects.map((object) => `${object.kind} ${object.metadata.name}`));
      await cluster.remove(applied.filter((object) => !kept.has(`${object.kind} ${object.metadata.name}`)));
      await cluster.apply([...objects, nonce(name)]);
      applied = [...objects, nonce(name)];
      await until(
        `scenario ${name}`,
        60,
        async () => (await cluster.send(NAMESPACE, 'productpage-v1', [get('guard', '/nonce', {})]))[0]!.body === name,
      );
      await new Promise((resolve) => setTimeout(resolve, 2000));
      const model = await cluster.model();
      for (const [caller, to, path] of [
        ['productpage-v1', 'reviews', '/reviews/0'],
        ['reviews-v2', 'ratings', '/ratings/0'],
        ['productpage-v1', 'ratings', '/ratings/0'],
        ['outside-v1', 'reviews', '/reviews/0'],
        ['productpage-v1', 'reviews', '/admin'],
      ] as const) {
        for (const headers of [{}, { 'end-user': 'jason' }] as Readonly<Record<string, string>>[]) {
          const request: SimulatedRequest = { from: `${caller}.${NAMESPACE}`, to: `${to}.${NAMESPACE}`, host: `${to}:${PORT}`, path, headers };
          const simulation = simulate(model, request);
          const many = simulation.destinations.filter((share) => share.reached).length > 1;
          const place = `${name} ${JSON.stringify(headers)}`;
          const delay = simulation.fault?.delay?.percent === 100 ? simulation.fault.delay.seconds : 0;
          const late = ({ milliseconds }: WireAnswer): string | undefined =>
            Math.abs(milliseconds / 1000 - delay) > 1.5 ? `expected a delay of ${delay} s, waited ${milliseconds / 1000} s` : undefined;
          const wire = get(to, path, headers);
          const found = await disagreementsOf(cluster, caller, [wire], (_, answer) => contradiction(simulation, answer) ?? late(answer));
          disagreements.push(...found.map((text) => `${place}: ${text}`));
          compared += 1;
          const answers = many
            ? await cluster.send(
                NAMESPACE,
                caller,
                Array.from({ length: SAMPLE }, () => wire),
              )
            : [];
          for (const [version, percent] of many ? Object.entries(simulation.shares) : []) {
            const seen = (100 * answers.filter((answer) => echoOf(answer)?.version === version).length) / SAMPLE;
            if (Math.abs(seen - percent) > tolerance(percent, SAMPLE)) {
              disagreements.push(`${place}: expected ${percent} % for ${version}, saw ${seen} %`);
            }
          }
        }
      }
    }
  } finally {
    await cluster.remove(applied);
  }
  return { part: `routes, shares, faults and policies of ${SCENARIOS.length} scenarios`, compared, disagreements };
}

function nonce(name: string): AnyObject {
  return {
    apiVersion: 'networking.istio.io/v1',
    kind: 'VirtualService',
    metadata: { name: 'nonce', namespace: NAMESPACE },
    spec: { hosts: ['guard'], http: [{ match: [{ uri: { exact: '/nonce' } }], directResponse: { status: 200, body: { string: name } } }] },
  };
}

function get(host: string, path: string, headers: Readonly<Record<string, string>>): WireRequest {
  return { dial: host, port: PORT, method: 'GET', path, headers: { host: `${host}:${PORT}`, ...headers } };
}
