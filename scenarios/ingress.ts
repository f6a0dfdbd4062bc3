import { ServiceV1 } from '@cdktf/provider-kubernetes/lib/service-v1';
import { existingService } from '../constructs/kubernetes/service';
import { Destination, Match, VirtualService } from '../constructs/traffic';
import { DEMO_CERTIFICATE, SHOP_HOST } from './certificates';
import { pinToV1 } from './routing';
import type { Scenario } from './scenario';

const TITLE = 'The Comedy of Errors';

export const ingressHttps: Scenario = {
  name: 'ingress-https',
  title: 'HTTPS at the gateway',
  summary: `The gateway serves ${SHOP_HOST} by HTTPS, with a certificate of its own, and leads plain HTTP there; other hosts stay with plain HTTP.`,
  needs: { certificates: [DEMO_CERTIFICATE] },
  apply({ gateway, productpage, details, reviews, ratings }) {
    pinToV1(productpage, details, reviews, ratings);
    gateway.addHosts([SHOP_HOST], { credentialName: DEMO_CERTIFICATE.secretName });
  },
  expectations: [
    { kind: 'split', service: 'reviews', shares: { v1: 100 } },
    {
      ...{ kind: 'call', name: 'plain HTTP is led on', from: 'gateway', host: SHOP_HOST, path: '/productpage', result: 301 },
      answerHeaders: { location: `https://${SHOP_HOST}/productpage` },
    },
    {
      ...{ kind: 'call', name: 'HTTPS', from: 'gateway', scheme: 'https', host: SHOP_HOST, path: '/productpage', result: 200, contains: TITLE },
      certificateFor: SHOP_HOST,
    },
    { kind: 'call', name: 'HTTPS for another host', from: 'gateway', scheme: 'https', host: 'other.bookinfo.example', path: '/productpage', result: 'refused' },
    { kind: 'call', name: 'plain HTTP for another host', from: 'gateway', host: 'other.bookinfo.example', path: '/productpage', result: 200, contains: TITLE },
  ],
};

/** What cert-manager labels the pods with that answer a challenge. @see https://cert-manager.io/docs/configuration/acme/http01/ */
const SOLVER = { 'acme.cert-manager.io/http01-solver': 'true' };
const CHALLENGES = '/.well-known/acme-challenge/';

export const ingressAcme: Scenario = {
  name: 'ingress-acme',
  title: 'A way in for cert-manager',
  summary:
    'The gateway leads the challenges of a certificate authority to the pods with which cert-manager answers them. Until it has a challenge there are none, and 503 is told.',
  apply(traffic) {
    const { gateway, productpage, details, reviews, ratings, namespace } = traffic;
    pinToV1(productpage, details, reviews, ratings);
    const ports = [{ name: 'http', port: 8089 }];
    const resolver = existingService({ name: 'cert-manager-resolver', namespace, labels: SOLVER, ports });
    new ServiceV1(traffic, 'Resolver', { metadata: { name: resolver.name, namespace }, spec: { selector: SOLVER, port: ports } });
    new VirtualService(traffic, 'Challenges', {
      name: 'cert-manager',
      namespace,
      hosts: gateway.hosts,
      gateways: [gateway],
      routes: [{ match: Match.path().prefix(CHALLENGES), to: Destination.of(resolver, { port: 8089 }) }],
    });
  },
  expectations: [
    { kind: 'split', service: 'reviews', shares: { v1: 100 } },
    { kind: 'call', name: 'a challenge', from: 'gateway', path: `${CHALLENGES}token`, result: 503, contains: 'no healthy upstream' },
    { kind: 'call', name: 'another well-known path', from: 'gateway', path: '/.well-known/security.txt', result: 404 },
  ],
};
