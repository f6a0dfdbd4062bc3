import { parse, stringify } from 'yaml';
import type { Cluster } from '../cluster';
import { Part, Question, wire } from './question';
import { EDGE, security } from './stage';

const PROVIDER = {
  name: 'simulator-http',
  envoyExtAuthzHttp: { service: `plain.${EDGE}.svc.cluster.local`, port: 80, includeRequestHeadersInCheck: ['x-ask'] },
};

interface MeshConfig {
  readonly extensionProviders?: readonly { readonly name: string }[];
}

/** Names of the extension providers in the MeshConfig. */
export async function providersOf(cluster: Cluster): Promise<string[]> {
  const { extensionProviders = [] } = await meshConfig(cluster);
  return extensionProviders.map(({ name }) => name);
}

/** Writes the suite's authoriser into the MeshConfig, or takes it out; whatever else it says stays. */
export async function setProvider(cluster: Cluster, wanted: boolean): Promise<void> {
  const { extensionProviders = [], ...config } = await meshConfig(cluster);
  const providers = [...extensionProviders.filter(({ name }) => name !== PROVIDER.name), ...(wanted ? [PROVIDER] : [])];
  const mesh = stringify({ ...config, ...(providers.length > 0 && { extensionProviders: providers }) });
  await cluster.kubectl(['patch', 'configmap', 'istio', '-n', 'istio-system', '--type=merge', '-p', JSON.stringify({ data: { mesh } })]);
  // The kubelet brings a changed ConfigMap into a pod within a minute; at once where the pod changes too.
  await cluster.kubectl(['annotate', 'pods', '-n', 'istio-system', '-l', 'app=istiod', `aks-istio/mesh-config=${Date.now()}`, '--overwrite']);
}

async function meshConfig(cluster: Cluster): Promise<MeshConfig> {
  const { data } = JSON.parse(await cluster.kubectl(['get', 'configmap', 'istio', '-n', 'istio-system', '-o', 'json'])) as { data: { mesh: string } };
  return parse(data.mesh) as MeshConfig;
}

/** CUSTOM policies beside DENY and ALLOW ones, AUDIT and dry runs; an authoriser that nobody knows; two of them. */
export function externalAuthorization(): Part {
  const on = (version: string): object => ({ selector: { matchLabels: { app: 'api', version } } });
  const paths = (...values: string[]): object => ({ to: [{ operation: { paths: values } }] });
  const policy = (name: string, version: string, action: string, rules: readonly object[], provider?: string, annotations?: Record<string, string>) =>
    security('AuthorizationPolicy', name, { ...on(version), action, rules, ...(provider ? { provider: { name: provider } } : {}) }, EDGE, annotations);
  const objects = [
    // The pods are those of everybody: policies are for paths of their own, and whoever asks for none of them passes.
    policy('ask', 'v1', 'CUSTOM', [paths('/asked/*')], PROVIDER.name),
    policy('never', 'v1', 'DENY', [paths('/asked/never', '/never')]),
    policy('all-but', 'v1', 'ALLOW', [{ to: [{ operation: { notPaths: ['/asked/only-far', '/only-far'] } }] }, { from: [{ source: { namespaces: ['sim-far'] } }] }]),
    policy('watch', 'v1', 'AUDIT', [paths('/asked/*', '/watched')]),
    policy('rehearse', 'v1', 'DENY', [paths('/rehearsed')], undefined, { 'istio.io/dry-run': 'true' }),
    policy('nobody', 'v2', 'CUSTOM', [paths('/nobody/*')], 'no-such-provider'),
    policy('first', 'v3', 'CUSTOM', [paths('/first')], PROVIDER.name),
    policy('second', 'v3', 'CUSTOM', [paths('/second')], 'another-provider'),
  ];
  const ask = (version: string, path: string, answer: 'allow' | 'deny', caller: 'client' | 'far' = 'client'): Question => {
    const dial = `api-${version}.${EDGE}.svc.cluster.local`;
    const headers = { 'x-ask': answer };
    return { caller, wire: wire(dial, { path, headers }), request: { to: dial, host: dial, path, headers, externalAuthorization: answer } };
  };
  const questions = (['allow', 'deny'] as const).flatMap((answer) => [
    ...['/asked/x', '/asked/never', '/asked/only-far', '/never', '/only-far', '/watched', '/rehearsed', '/'].map((path) => ask('v1', path, answer)),
    ...['/asked/only-far', '/asked/x', '/only-far'].map((path) => ask('v1', path, answer, 'far')),
    ...['/nobody/x', '/x'].map((path) => ask('v2', path, answer)),
    ...['/first', '/second', '/third'].map((path) => ask('v3', path, answer)),
  ]);
  return { name: 'external authorisation: what it says, and what DENY, ALLOW, AUDIT and dry runs say after it', objects, questions };
}
