import { localClusterPaths } from '../../local-cluster/paths';
import { Cluster, until } from './cluster';
import type { Comparison } from './compare';
import { gatewayRoutes, meshRoutes } from './edge/gateway-api';
import { tlsGateways, tokensAtGateway } from './edge/gateways';
import { ask, Part, sendFrom, wire } from './edge/question';
import { EDGE, FAR, keyPair, networking, service, stageObjects } from './edge/stage';

/** What surrounds the mesh's own calls: gateways of both APIs, TLS, tokens, hosts outside, rules of several namespaces, retries and mirrors. */
export async function compareEdge(cluster: Cluster, image: string, injectionLabels: Readonly<Record<string, string>>, seed: number): Promise<Comparison[]> {
  const server = keyPair('server.test');
  const stage = stageObjects(image, injectionLabels, server);
  const client = keyPair('client.test');
  const parts: readonly Part[] = [gatewayRoutes(seed, 12), meshRoutes(seed, 8), tlsGateways(client), tokensAtGateway()];
  const secrets = [EDGE, FAR].map((namespace) => ({
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'kubernetes.io/tls',
    metadata: { name: namespace === EDGE ? 'edge-cert' : 'far-cert', namespace },
    stringData: { 'tls.crt': server.certificate, 'tls.key': server.key },
  }));
  const mutual = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'edge-mutual', namespace: EDGE },
    stringData: { key: server.key, cert: server.certificate, cacert: client.certificate },
  };
  const spaces = stage.filter(({ kind }) => kind === 'Namespace');
  await cluster.apply(spaces);
  await cluster.apply([...stage.filter(({ kind }) => kind !== 'Namespace'), ...secrets, mutual]);
  await cluster.apply(parts.flatMap(({ objects }) => objects));
  await Promise.all(
    [EDGE, FAR].map((namespace) =>
      cluster.kubectl(['rollout', 'status', 'deployment', '-n', namespace, '--timeout=170s']),
    ),
  );
  await settle(cluster, seed);
  const model = await cluster.model();
  const found = await ask(cluster, model, parts);
  return Promise.all(
    parts.map(async (part) => {
      const measured = await part.measure?.(cluster, model);
      return {
        part: part.name,
        compared: part.questions.length + (measured?.compared ?? 0),
        disagreements: [...found.get(part)!, ...(measured?.disagreements ?? [])],
      };
    }),
  );
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
  await cluster.kubectl(['delete', 'namespace', EDGE, FAR, '--ignore-not-found', '--wait=false']);
}

if (require.main === module) {
  void (async () => {
    const paths = localClusterPaths();
    const cluster = new Cluster({ kubectl: paths.kubectl ?? 'kubectl', kubeconfig: paths.kubeconfig, context: paths.context });
    const image = 'docker.io/istio/examples-bookinfo-ratings-v1:1.20.3';
    const parts = await compareEdge(cluster, image, { 'istio-injection': 'enabled' }, Number(process.argv[2] ?? 1));
    for (const { part, compared, disagreements } of parts) {
      process.stdout.write(`${part}: ${compared} compared, ${disagreements.length} disagree\n${disagreements.map((line) => `  ${line}\n`).join('')}`);
    }
  })();
}
