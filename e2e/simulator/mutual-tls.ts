import { AnyObject, simulate } from '../../constructs/model';
import { Cluster, until, WireRequest } from './cluster';
import { Comparison, contradiction, disagreementsOf, echoOf } from './compare';
import { NAMESPACE, POD_PORTS, serviceObject } from './pods';

const PORT = 9080;
const CLIENT_MODES = ['none', 'DISABLE', 'ISTIO_MUTUAL', 'SIMPLE'] as const;
/** Mode of each port of the pods. */
const SERVER_MODES = ['UNSET', 'STRICT', 'PERMISSIVE', 'DISABLE'] as const;

/** Every mode of a caller's DestinationRule against every mode of a workload's port, under every mode of the namespace. */
export async function compareMutualTls(cluster: Cluster): Promise<Comparison> {
  const services = POD_PORTS.flatMap((target, server) =>
    CLIENT_MODES.map((client) => ({ name: `m${server}-${client.toLowerCase().replace('_', '-')}`, client, target })),
  );
  const objects: AnyObject[] = services.flatMap(({ name, client, target }) => [
    serviceObject(name, { app: 'guard' }, [{ name: 'http', port: PORT, targetPort: target }]),
    ...(client === 'none'
      ? []
      : [
          {
            apiVersion: 'networking.istio.io/v1',
            kind: 'DestinationRule',
            metadata: { name, namespace: NAMESPACE },
            spec: { host: name, trafficPolicy: { tls: { mode: client } } },
          },
        ]),
  ]);
  const disagreements: string[] = [];
  let compared = 0;
  const made: AnyObject[] = [...objects];
  await cluster.apply(objects);
  try {
    for (const mode of ['STRICT', 'PERMISSIVE', 'DISABLE'] as const) {
      const policies = [peerAuthentication('namespace', undefined, mode), peerAuthentication('ports', { app: 'guard' }, 'UNSET')];
      await cluster.apply(policies);
      made.push(...policies);
      await settle(cluster, mode);
      const model = await cluster.model();
      for (const caller of ['productpage-v1', 'outside-v1']) {
        const requests = services.map(({ name }): WireRequest => ({
          dial: name,
          port: PORT,
          method: 'GET',
          path: '/',
          headers: { host: `${name}:${PORT}` },
        }));
        const simulations = requests.map((request) =>
          simulate(model, { from: `${caller}.${NAMESPACE}`, to: `${request.dial}.${NAMESPACE}`, host: request.headers.host }),
        );
        const found = await disagreementsOf(cluster, caller, requests, (index, answer) => contradiction(simulations[index]!, answer));
        compared += requests.length;
        disagreements.push(...found.map((text) => `namespace ${mode}: ${text}`));
      }
    }
  } finally {
    await cluster.remove(made);
  }
  return { part: 'mutual TLS: every client mode against every port and namespace mode', compared, disagreements };
}

/**
 * The reviews pods have no mode of their own: what a plaintext caller gets there tells when the namespace's mode has arrived. That the caller's proxy
 * knows the Services too is told by the certificate that it shows, or does not.
 */
async function settle(cluster: Cluster, mode: string): Promise<void> {
  const request: WireRequest = { dial: 'reviews', port: PORT, method: 'GET', path: '/', headers: { host: 'reviews:9080' } };
  await until(`mode ${mode}`, 60, async () => {
    const [plain] = await cluster.send(NAMESPACE, 'outside-v1', [request]);
    const [own] = await cluster.send(NAMESPACE, 'productpage-v1', [{ ...request, dial: 'm2-none', headers: { host: 'm2-none:9080' } }]);
    const shown = echoOf(own!)?.headers?.['x-forwarded-client-cert'] !== undefined;
    return (plain!.error !== undefined) === (mode === 'STRICT') && shown === (mode !== 'DISABLE');
  });
  await new Promise((resolve) => setTimeout(resolve, 4000));
}

function peerAuthentication(name: string, selector: Readonly<Record<string, string>> | undefined, mode: string): AnyObject {
  return {
    apiVersion: 'security.istio.io/v1',
    kind: 'PeerAuthentication',
    metadata: { name, namespace: NAMESPACE },
    spec: {
      ...(selector ? { selector: { matchLabels: selector } } : {}),
      mtls: { mode },
      ...(selector ? { portLevelMtls: Object.fromEntries(POD_PORTS.map((port, index) => [String(port), { mode: SERVER_MODES[index] }])) } : {}),
    },
  };
}
