import { Cluster, until } from './cluster';
import type { Comparison } from './compare';
import { externalAuthorization, providersOf, setProvider } from './edge/custom';
import { destinationRules, isMeshWide } from './edge/destination-rules';
import { egress } from './edge/egress';
import { gatewayRoutes, meshRoutes } from './edge/gateway-api';
import { tlsGateways, tokensAtGateway } from './edge/gateways';
import { ask, Part, sendFrom, wire } from './edge/question';
import { resilience } from './edge/resilience';
import { EDGE, FAR, KeyPair, keyPair, networking, service, stageObjects } from './edge/stage';

/** What surrounds the mesh's own calls: gateways of both APIs, TLS, tokens, hosts outside, rules of several namespaces, retries and mirrors. */
export async function compareEdge(
  cluster: Cluster,
  image: string,
  injectionLabels: Readonly<Record<string, string>>,
  seed: number,
): Promise<Comparison[]> {
  const [server, client] = [keyPair('server.test'), keyPair('client.test')];
  const stage = stageObjects(image, injectionLabels, server);
  await cluster.apply(stage.filter(({ kind }) => kind === 'Namespace'));
  await cluster.apply([...stage.filter(({ kind }) => kind !== 'Namespace'), ...secrets(server, client)]);
  await setProvider(cluster, true);
  const fixed = [
    ...[gatewayRoutes(seed, 12), meshRoutes(seed, 8), tlsGateways(client), tokensAtGateway()],
    ...[destinationRules(), resilience(seed), externalAuthorization()],
  ];
  await cluster.apply(fixed.flatMap(({ objects }) => objects));
  await Promise.all([EDGE, FAR].map((namespace) => cluster.kubectl(['rollout', 'status', 'deployment', '-n', namespace, '--timeout=170s'])));
  const parts: readonly Part[] = [...fixed, egress(await addressesOf(cluster))];
  await cluster.apply(parts.at(-1)!.objects);
  await settle(cluster, seed);
  const model = await cluster.model(undefined, await providersOf(cluster));
  const found = await ask(cluster, model, parts);
  const compared: Comparison[] = [];
  for (const part of parts) {
    const measured = await part.measure?.(cluster, model);
    compared.push({
      part: part.name,
      compared: part.questions.length + (measured?.compared ?? 0),
      disagreements: [...found.get(part)!, ...(measured?.disagreements ?? [])],
    });
  }
  return compared;
}

/** What gateways show, and whom they trust. */
function secrets(server: KeyPair, client: KeyPair): object[] {
  const pair = { 'tls.crt': server.certificate, 'tls.key': server.key };
  const secret = (name: string, namespace: string, type: string, stringData: object): object => ({ apiVersion: 'v1', kind: 'Secret', type, metadata: { name, namespace }, stringData });
  return [
    secret('edge-cert', EDGE, 'kubernetes.io/tls', pair),
    secret('far-cert', FAR, 'kubernetes.io/tls', pair),
    secret('edge-mutual', EDGE, 'Opaque', { key: server.key, cert: server.certificate, cacert: client.certificate }),
  ];
}

/** Addresses of the pods of the first namespace, by the names of their Deployments. */
async function addressesOf(cluster: Cluster): Promise<Record<string, string>> {
  const list = JSON.parse(await cluster.kubectl(['get', 'pods', '-n', EDGE, '-o', 'json'])) as {
    items: { metadata: { name: string; deletionTimestamp?: string }; status: { podIP?: string } }[];
  };
  const living = list.items.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
  return Object.fromEntries(
    living.flatMap(({ metadata, status }) => {
      const name = metadata.name.split('-').slice(0, -2).join('-');
      return [[name, status.podIP ?? ''], [name.replace(/-v1$/, ''), status.podIP ?? '']];
    }),
  ) as Record<string, string>;
}

/** Waits until a route that was written last is served. */
async function settle(cluster: Cluster, seed: number): Promise<void> {
  const nonce = `edge${seed}`;
  const last = networking('VirtualService', 'sentinel', { hosts: ['sentinel'], http: [{ directResponse: { status: 200, body: { string: nonce } } }] });
  await cluster.apply([service('sentinel', { app: 'api' }), last]);
  await until('the edge', 60, async () => (await sendFrom(cluster, 'client', [wire('sentinel')]))[0]!.body === nonce);
  await new Promise((resolve) => setTimeout(resolve, 3000));
}

/** Takes away what the comparison made. */
export async function removeEdge(cluster: Cluster): Promise<void> {
  await setProvider(cluster, false);
  await cluster.remove(destinationRules().objects.filter(isMeshWide));
  await cluster.kubectl(['delete', 'namespace', EDGE, FAR, '--ignore-not-found', '--wait=false']);
}
