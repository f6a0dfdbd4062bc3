import * as fc from 'fast-check';
import { AnyObject, simulate } from '../../constructs/model';
import { applyAccepted, clean } from './apply';
import { Cluster, until, WireRequest } from './cluster';
import { Comparison, contradiction, disagreementsOf } from './compare';
import { NAMESPACE } from './pods';

const PATHS = ['/', '/a', '/a/b', '/b', '/c/d'] as const;

interface GatewayPods {
  readonly selector: Readonly<Record<string, string>>;
  readonly service: string;
  readonly namespace: string;
}

/** A VirtualService on the gateway: some routes with matches, perhaps one that takes everything, perhaps a delegate. */
function virtualService(name: string, hosts: readonly string[]): fc.Arbitrary<AnyObject> {
  const uri = fc.oneof(
    fc.constantFrom(...PATHS).map((exact) => ({ exact })),
    fc.constantFrom('/a', '/c', '/').map((prefix) => ({ prefix })),
  );
  const to = fc.constantFrom('v1', 'v2', 'v3').map((subset) => ({ route: [{ destination: { host: 'reviews', subset } }] }));
  const direct = fc.constantFrom(202, 451).map((status) => ({ directResponse: { status } }));
  const delegate = fc.constantFrom('delegate-a', 'delegate-b', 'no-delegate').map((delegated) => ({ delegate: { name: delegated } }));
  const matched = fc
    .tuple(fc.array(fc.record({ uri }), { minLength: 1, maxLength: 2 }), fc.oneof({ weight: 3, arbitrary: to }, direct, delegate))
    .map(([match, rest]) => ({ match, ...rest }));
  const everything = fc.oneof(
    { weight: 2, arbitrary: fc.constant<object[]>([]) },
    { weight: 1, arbitrary: fc.oneof<fc.Arbitrary<object>[]>(to, direct).map((rest) => [rest]) },
  );
  return fc.tuple(fc.array(matched, { minLength: 1, maxLength: 3 }), everything).map(([routes, last]) => ({
    apiVersion: 'networking.istio.io/v1',
    kind: 'VirtualService',
    metadata: { name, namespace: NAMESPACE },
    spec: {
      hosts,
      gateways: ['sim-gateway'],
      http: [...routes, ...last].map((route, index) => {
        const isDelegate = 'delegate' in route;
        return isDelegate ? { ...route } : { ...route, headers: { response: { set: { 'x-route': `${name}-${index}` } } } };
      }),
    },
  }));
}

const delegates: readonly AnyObject[] = ['delegate-a', 'delegate-b'].map((name, index) => ({
  apiVersion: 'networking.istio.io/v1',
  kind: 'VirtualService',
  metadata: { name, namespace: NAMESPACE },
  spec: {
    http: [
      {
        match: [{ uri: { exact: '/a/b' } }, { uri: { prefix: '/a/' } }],
        route: [{ destination: { host: 'reviews', subset: 'v1' } }],
        headers: { response: { set: { 'x-route': `${name}-0` } } },
      },
      ...(index === 0
        ? []
        : [{ route: [{ destination: { host: 'reviews', subset: 'v3' } }], headers: { response: { set: { 'x-route': `${name}-1` } } } }]),
    ],
  },
}));

/** Hosts on one gateway: exact ones and wildcards, several VirtualServices a host, delegates. */
export async function compareGateway(cluster: Cluster, seed: number): Promise<Comparison> {
  const pods = await gatewayPods(cluster);
  if (!pods) {
    return { part: 'gateway (skipped: the cluster has no ingress gateway)', compared: 0, disagreements: [] };
  }
  const gateway: AnyObject = {
    apiVersion: 'networking.istio.io/v1',
    kind: 'Gateway',
    metadata: { name: 'sim-gateway', namespace: NAMESPACE },
    spec: {
      selector: pods.selector,
      servers: [{ port: { number: 80, name: 'http', protocol: 'HTTP' }, hosts: [`${NAMESPACE}/*.sim.test`, `${NAMESPACE}/sim.test`] }],
    },
  };
  const subsets: AnyObject = {
    apiVersion: 'networking.istio.io/v1',
    kind: 'DestinationRule',
    metadata: { name: 'reviews-subsets', namespace: NAMESPACE },
    spec: { host: 'reviews', subsets: ['v1', 'v2', 'v3'].map((version) => ({ name: version, labels: { version } })) },
  };
  // A host of each kind: one VirtualService, two, three, a wildcard beside an exact name, a wildcard alone.
  const placed: readonly (readonly [string, readonly string[]])[] = Array.from({ length: 6 }, (_, group) => [
    [`g${group}-a`, [`one-${group}.sim.test`]] as const,
    [`g${group}-b`, [`two-${group}.sim.test`]] as const,
    [`g${group}-c`, [`two-${group}.sim.test`, `three-${group}.sim.test`]] as const,
    [`g${group}-d`, [`three-${group}.sim.test`]] as const,
    [`g${group}-e`, [`*.wild-${group}.sim.test`]] as const,
    [`g${group}-f`, [`exact.wild-${group}.sim.test`]] as const,
  ]).flat();
  const generated = placed.flatMap(([name, hosts], index) => fc.sample(virtualService(name, hosts), { numRuns: 1, seed: seed + index }));
  const sentinel: AnyObject = {
    apiVersion: 'networking.istio.io/v1',
    kind: 'VirtualService',
    metadata: { name: 'gateway-sentinel', namespace: NAMESPACE },
    spec: { hosts: ['sentinel.sim.test'], gateways: ['sim-gateway'], http: [{ directResponse: { status: 200, body: { string: `g${seed}` } } }] },
  };
  const fixed = [gateway, subsets, ...delegates];
  await cluster.apply(fixed);
  const { accepted } = await applyAccepted(cluster, clean(generated));
  await cluster.apply([sentinel]);
  try {
    const dial = `${pods.service}.${pods.namespace}.svc.cluster.local`;
    const ask = (host: string, path: string): WireRequest => ({ dial, port: 80, method: 'GET', path, headers: { host } });
    await until(
      'the gateway',
      60,
      async () => (await cluster.send(NAMESPACE, 'outside-v1', [ask('sentinel.sim.test', '/')]))[0]!.body === `g${seed}`,
    );
    await new Promise((resolve) => setTimeout(resolve, 2000));
    const model = await cluster.model();
    const hosts = [...new Set(placed.flatMap(([, names]) => names))].map((host) => host.replace('*', 'any'));
    const requests = hosts.flatMap((host) => PATHS.map((path) => ask(host, path)));
    const simulations = requests.map((request) =>
      simulate(model, { gateway: `${NAMESPACE}/sim-gateway`, to: request.headers.host, path: request.path }),
    );
    const disagreements = await disagreementsOf(cluster, 'outside-v1', requests, (index, answer) => contradiction(simulations[index]!, answer));
    return {
      part: `gateway: ${accepted.length} generated VirtualServices on ${hosts.length} hosts, with delegates`,
      compared: requests.length,
      disagreements,
    };
  } finally {
    await cluster.remove([sentinel, ...accepted, ...fixed]);
  }
}

async function gatewayPods(cluster: Cluster): Promise<GatewayPods | undefined> {
  const { services } = await cluster.model();
  const service = services.find((candidate) => candidate.selector.istio !== undefined && candidate.ports.some((port) => port.number === 80));
  return service && { selector: { istio: service.selector.istio! }, service: service.name, namespace: service.namespace };
}
