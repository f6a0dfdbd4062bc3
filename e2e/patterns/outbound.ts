import { existingService } from '../../constructs/kubernetes/service';
import { CircuitBreaker, RequestHedging } from '../../constructs/patterns';
import { DestinationRule, Duration, LoadBalancing, MeshService, trafficPolicy } from '../../constructs/traffic';
import { must } from '../runner';
import { until, WireAnswer } from '../simulator/cluster';
import { backend, echo, get, Proof, tally } from './stage';
import { BACKEND_PORT, NAMESPACE } from './workloads';

const BUSY = existingService({ name: 'busy', namespace: NAMESPACE, ports: [{ name: 'http', port: BACKEND_PORT }] });

const limits: Proof = {
  name: 'CircuitBreaker, limits',
  build: (stack) => void new CircuitBreaker(stack, 'Breaker', { service: BUSY, limits: { connections: 1, pendingRequests: 1 } }),
  async prove(stage) {
    const answers = await stage.many(24, get('busy', BACKEND_PORT, '/delay/300'));
    const passed = answers.filter(({ status }) => status === 200).length;
    const refused = answers.filter(({ status, headers }) => status === 503 && headers['x-envoy-overloaded'] === 'true').length;
    must(passed > 0 && refused > 0 && passed + refused === 24, `of 24, eight at a time: ${tally(answers)}`);
    const stats = await stage.exec('deploy/client', 'istio-proxy', ['pilot-agent', 'request', 'GET', 'stats?filter=busy.*rq_pending_overflow']);
    const counted = Number(/upstream_rq_pending_overflow: (\d+)/.exec(stats)?.[1] ?? 0);
    must(counted >= refused, `${refused} were refused, but upstream_rq_pending_overflow says: ${stats.trim() || 'nothing'}`);
    return `of 24 requests, eight at a time: ${tally(answers)}, with x-envoy-overloaded; upstream_rq_pending_overflow is ${counted}`;
  },
};

const ejection: Proof = {
  name: 'CircuitBreaker, ejection',
  build: (stack) =>
    void new CircuitBreaker(stack, 'Breaker', {
      service: backend('ejecting'),
      ejection: { consecutiveErrors: 3, interval: Duration.seconds(1), ejectionTime: Duration.minutes(5), maxPercent: 100 },
    }),
  async prove(stage) {
    const ask = get('ejecting', BACKEND_PORT, '/fails/v1');
    const first = await stage.many(8, ask);
    must(first.some(({ status }) => status === 500), `the failing version was never asked: ${tally(first)}`);
    await stage.once('an ejected pod', ask, ({ status }) => status === 200);
    const later = await stage.many(40, ask);
    must(tally(later) === '200 x 40', `after the ejection: ${tally(later)}`);
    return `first ${tally(first)}; once the failing pod is out, ${tally(later)}`;
  },
};

const hedging: Proof = {
  name: 'RequestHedging',
  build(stack) {
    const service = new MeshService(stack, 'Hedged', { service: backend('hedged') });
    new RequestHedging(stack, 'Hedging', { service, after: Duration.millis(300) });
  },
  async prove(stage) {
    const plain = await stage.many(16, get('near', BACKEND_PORT, '/dawdles'));
    const late = (answers: readonly WireAnswer[]): number => answers.filter((answer) => echo(answer).dawdled).length;
    const slowest = (answers: readonly WireAnswer[]): number => Math.max(...answers.map(({ milliseconds }) => milliseconds));
    must(late(plain) > 0, 'without hedging nobody waited');
    let hedged: WireAnswer[] = [];
    // On a machine that is busy, a second request may take longer than the first one does on purpose.
    await until('a set of requests that nobody waits for', 40, async () => {
      hedged = await stage.many(60, get('hedged', BACKEND_PORT, '/dawdles'));
      return late(hedged) === 0;
    });
    const second = hedged.filter((answer) => echo(answer).headers['x-envoy-attempt-count'] === '2').length;
    must(second > 0, 'no second request was sent');
    return `without: ${late(plain)} of 16 waited, slowest ${slowest(plain)} ms; with: none of 60, slowest ${slowest(hedged)} ms, ${second} answered by the second request`;
  },
};

const hashed: Proof = {
  name: 'LoadBalancing by a hash of a header',
  build: (stack) =>
    void new DestinationRule(stack, 'Rule', { host: backend('hashed'), name: 'hashed', trafficPolicy: trafficPolicy({ loadBalancing: LoadBalancing.byHeader('x-user') }) }),
  async prove(stage) {
    const podsOf = async (user: string): Promise<string[]> =>
      [...new Set((await stage.many(12, get('hashed', BACKEND_PORT, '/', { 'x-user': user }))).map((answer) => echo(answer).pod))];
    const users = Array.from({ length: 8 }, (_, index) => `user-${index}`);
    const pods = await Promise.all(users.map(podsOf));
    must(pods.every((list) => list.length === 1), `pods of each user: ${JSON.stringify(pods)}`);
    const all = new Set(pods.flat()).size;
    must(all > 1, 'every user went to the same pod');
    return `12 requests of each of 8 users: one pod a user, ${all} pods in all`;
  },
};

const failover: Proof = {
  name: 'LoadBalancing with failover between localities',
  build: (stack) =>
    void new DestinationRule(stack, 'Rule', {
      host: backend('near'),
      name: 'near',
      trafficPolicy: trafficPolicy({
        loadBalancing: LoadBalancing.leastRequest().failover({ home: 'away' }),
        ejection: { consecutiveErrors: 2, interval: Duration.seconds(1), ejectionTime: Duration.minutes(5), maxPercent: 100 },
      }),
    }),
  async prove(stage) {
    const versions = async (path: string): Promise<string> => {
      const answers = await stage.many(24, get('near', BACKEND_PORT, path));
      return [...new Set(answers.map((answer) => (answer.status === 200 ? echo(answer).version : String(answer.status))))].sort().join('+');
    };
    const near = await versions('/');
    must(near === 'v1', `with all healthy: ${near}`);
    await stage.once("v1's ejection", get('near', BACKEND_PORT, '/fails/v1'), ({ status }) => status === 200);
    const zone = await versions('/fails/v1');
    must(zone === 'v2', `with the zone's pod failing: ${zone}`);
    await stage.once("v2's ejection", get('near', BACKEND_PORT, '/fails/v2'), ({ status }) => status === 200);
    const region = await versions('/fails/v2');
    must(region === 'v3', `with the region's pods failing: ${region}`);
    return 'v1 of the own zone; when it fails v2 of the same region; when that fails too v3 of the other region';
  },
};

export const OUTBOUND: readonly Proof[] = [limits, ejection, hedging, hashed, failover];
