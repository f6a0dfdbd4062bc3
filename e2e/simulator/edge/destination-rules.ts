import type { AnyObject, Simulation } from '../../../constructs/model';
import type { WireAnswer } from '../cluster';
import { echoOf } from '../compare';
import { Part, Question, wire } from './question';
import { EDGE, FAR, networking, service } from './stage';

const ROOT = 'istio-system';
const PLAIN = { tls: { mode: 'DISABLE' } };
const MUTUAL = { tls: { mode: 'ISTIO_MUTUAL' } };

/** A DestinationRule for a Service of the first namespace, in any. */
function rule(name: string, host: string, namespace: string, spec: object): AnyObject {
  return networking('DestinationRule', name, { host: `${host}.${EDGE}.svc.cluster.local`, ...spec }, namespace);
}

const selects = (app: string): object => ({ workloadSelector: { matchLabels: { app } } });
const subset = (name: string, version: string): object => ({ name, labels: { version } });

/** Which rule a caller uses: whose namespace it stands in, whom it is exported to, which callers it selects, and what becomes of several. */
export function destinationRules(): Part {
  const cases: Readonly<Record<string, readonly AnyObject[]>> = {
    d0: [],
    d1: [rule('sim-d1', 'd1', EDGE, { trafficPolicy: PLAIN }), rule('sim-d1', 'd1', FAR, { trafficPolicy: MUTUAL })],
    d2: [rule('sim-d2', 'd2', EDGE, { trafficPolicy: PLAIN, exportTo: ['.'] })],
    d3: [rule('sim-d3', 'd3', ROOT, { trafficPolicy: PLAIN })],
    d4: [rule('sim-d4', 'd4', ROOT, { trafficPolicy: PLAIN }), rule('sim-d4', 'd4', EDGE, { trafficPolicy: MUTUAL })],
    d5: [rule('sim-d5', 'd5', FAR, { trafficPolicy: PLAIN, ...selects('client') })],
    d6: [rule('sim-d6', 'd6', FAR, { trafficPolicy: MUTUAL, ...selects('other') }), rule('sim-d6', 'd6', EDGE, { trafficPolicy: PLAIN })],
    d7: [rule('sim-d7', 'd7', FAR, { trafficPolicy: PLAIN, exportTo: ['elsewhere'] })],
    d8: [rule('sim-d8', 'd8', EDGE, { trafficPolicy: PLAIN, exportTo: [FAR] })],
    d9: [rule('sim-d9-a', 'd9', EDGE, { trafficPolicy: PLAIN }), rule('sim-d9-b', 'd9', EDGE, { trafficPolicy: MUTUAL, subsets: [subset('two', 'v2')] })],
    d10: [rule('sim-d10-a', 'd10', EDGE, { trafficPolicy: PLAIN }), rule('sim-d10-b', 'd10', EDGE, { trafficPolicy: MUTUAL, ...selects('client') })],
    d11: [rule('sim-d11-a', 'd11', EDGE, { trafficPolicy: PLAIN, exportTo: ['.'] }), rule('sim-d11-b', 'd11', EDGE, { trafficPolicy: MUTUAL })],
    d12: [rule('sim-d12', 'd12', ROOT, { trafficPolicy: PLAIN, exportTo: [FAR] })],
    'd13-wild': [rule('sim-d13', '*-wild', EDGE, { trafficPolicy: PLAIN })],
    d14: [rule('sim-d14', 'd14', EDGE, { trafficPolicy: { ...MUTUAL, portLevelSettings: [{ port: { number: 80 }, ...PLAIN }] } })],
    d15: [rule('sim-d15', 'd15', EDGE, { trafficPolicy: { ...PLAIN, portLevelSettings: [{ port: { number: 443 }, ...MUTUAL }] } })],
    d16: [
      rule('sim-d16-a', 'd16', EDGE, { trafficPolicy: PLAIN, exportTo: ['.'], subsets: [subset('two', 'v2')] }),
      rule('sim-d16-b', 'd16', EDGE, { ...selects('client'), subsets: [subset('two', 'v3')] }),
    ],
  };
  const names = Object.keys(cases);
  const routed = (name: string): AnyObject =>
    networking('VirtualService', name, { hosts: [name], http: [{ match: [{ uri: { prefix: '/two' } }], route: [{ destination: { host: name, subset: 'two' } }] }, { route: [{ destination: { host: name } }] }] });
  const objects = [...names.map((name) => service(name, { app: 'api' })), ...Object.values(cases).flat(), routed('d9'), routed('d16')];
  const questions = (['client', 'far'] as const).flatMap((caller) => [
    ...names.map((name) => question(caller, name, '/')),
    ...['d9', 'd16'].map((name) => question(caller, name, '/two')),
  ]);
  return { name: 'DestinationRules of callers, services and the mesh: precedence, exportTo, selectors, several for a host', objects, questions };
}

function question(caller: 'client' | 'far', name: string, path: string): Question {
  const dial = `${name}.${EDGE}.svc.cluster.local`;
  return { caller, wire: wire(dial, { path }), request: { to: dial, host: dial, path }, check: sameSecurity };
}

/** Proxies tell the workload of the caller's certificate under mutual TLS alone. */
function sameSecurity(simulation: Simulation, answer: WireAnswer): string | undefined {
  const echo = echoOf(answer);
  const seen = echo?.headers?.['x-forwarded-client-cert'] !== undefined;
  const expected = simulation.mtls?.client === 'mutual';
  return echo === undefined || seen === expected ? undefined : `expected ${expected ? 'mutual TLS' : 'plaintext'}, the workload saw ${seen ? 'mutual TLS' : 'plaintext'}`;
}

/** Objects of the part that outlive its namespaces. */
export function isMeshWide({ metadata }: AnyObject): boolean {
  return metadata.namespace === ROOT;
}
