import { existingService } from '../../constructs/kubernetes/service';
import { EgressHost } from '../../constructs/patterns';
import { DestinationRule, trafficPolicy, UpstreamTls } from '../../constructs/traffic';
import { OUTSIDE_HOSTS } from '../../local-cluster/paths';
import { must } from '../runner';
import { until } from '../simulator/cluster';
import { Certificate, certificate } from './certificates';
import type { SentRequest } from './sender';
import { echo, get, MESH, Proof } from './stage';
import { FAR, farObjects, NAMESPACE, partnerObjects, WEB_PORTS } from './workloads';

const [HOST] = OUTSIDE_HOSTS;
const GATEWAY = MESH.egressGateway!;

const shared: Proof = {
  name: 'EgressHost: two namespaces share the egress gateway',
  async prepare(stage) {
    await stage.cluster.apply(farObjects(MESH.injectionLabels));
    await stage.cluster.kubectl(['rollout', 'status', '-n', FAR, 'deploy/client', '--timeout=100s']);
  },
  build(stack) {
    new EgressHost(stack, 'Near', { host: HOST, namespace: NAMESPACE, protocol: 'originate', throughGateway: true });
    new EgressHost(stack, 'Far', { host: HOST, namespace: FAR, protocol: 'originate', throughGateway: true });
  },
  async prove(stage) {
    const word = Date.now();
    const ask = (who: string): SentRequest => ({ dial: HOST, port: 80, method: 'GET', path: `/${who}/${word}`, headers: { host: HOST, connection: 'close' } });
    const senders = { near: (request: SentRequest) => stage.send([request]), far: (request: SentRequest) => stage.sendFromFar([request]) };
    const log = (): Promise<string> => stage.cluster.kubectl(['logs', '-n', GATEWAY.namespace, '-l', 'istio=egress', '-c', 'istio-proxy', '--since=120s', '--tail=-1']);
    for (const [who, send] of Object.entries(senders)) {
      // Before the routes are there, it is asked by HTTP, straight from the pod.
      await until(`HTTPS for ${who}`, 40, async () => (await send(ask(who)))[0]!.body.includes('"scheme":"https"'));
    }
    await until('both in the log of the gateway', 20, async () => {
      const lines = await log();
      return Object.keys(senders).every((who) => lines.includes(`/${who}/${word}`));
    });
    return `${HOST} was asked by HTTPS for both, and both are in the log of the egress gateway`;
  },
};

const PARTNER = 'partner.example.com';
const CREDENTIAL = 'patterns-client';
const certificates: { client?: Certificate } = {};

const mutual: Proof = {
  name: 'UpstreamTls: a certificate that a sidecar shows',
  async prepare(stage) {
    certificates.client = certificate('we');
    await stage.cluster.apply(partnerObjects(certificate(PARTNER), certificates.client, CREDENTIAL));
  },
  build: (stack) =>
    void new DestinationRule(stack, 'Rule', {
      ...{ host: existingService({ name: 'partner', namespace: NAMESPACE, ports: [{ name: 'http', port: 80 }] }), name: 'partner' },
      workload: { labels: { app: 'client' }, namespace: NAMESPACE },
      trafficPolicy: trafficPolicy({ tls: UpstreamTls.mutual(CREDENTIAL, PARTNER) }),
    }),
  async prove(stage) {
    const answer = await stage.once('mutual TLS', get('partner', 80, '/'), ({ status }) => status === 200);
    must(echo(answer).client === 'we', `the partner saw the certificate of ${echo(answer).client}`);
    const [others] = await stage.send([get('web', WEB_PORTS.plain, '/judge/partner')]);
    must(others!.status !== 200, 'other pods, which the rule is not for, got through');
    return `200, and the partner saw the certificate of ${echo(answer).client}; other pods ${others!.status}`;
  },
};

export const EXITS: readonly Proof[] = [shared, mutual];
