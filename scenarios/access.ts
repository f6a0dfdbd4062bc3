import { AuthorizationPolicy, PeerAuthentication } from '../constructs/security';
import { Destination, Match, Rewrite, trafficPolicy, UpstreamTls, VirtualService } from '../constructs/traffic';
import { JASON, pinToV1 } from './routing';
import type { Scenario } from './scenario';

const TITLE = 'The Comedy of Errors';
const DETAILS_HOST = 'details.bookinfo.example';

export const ingressPrefix: Scenario = {
  name: 'ingress-prefix',
  title: 'Bookinfo below a path',
  summary: 'The gateway also serves Bookinfo below `/shop/`, which is cut off before productpage sees it.',
  apply({ ingress, productpage, details, reviews, ratings }) {
    pinToV1(productpage, details, reviews, ratings);
    ingress.addRoute({ match: Match.path().prefix('/shop/'), rewrite: Rewrite.prefix('/'), to: Destination.of(productpage, { version: 'v1' }) });
  },
  expectations: [
    { kind: 'split', service: 'reviews', shares: { v1: 100 } },
    { kind: 'ingress', path: '/shop/productpage', status: 200, contains: TITLE },
    { kind: 'ingress', path: '/shops/productpage', status: 404 },
  ],
};

export const ingressSecondHost: Scenario = {
  name: 'ingress-second-host',
  title: 'Two hosts on one gateway',
  summary: `The gateway leads ${DETAILS_HOST} to details; every other host stays with productpage.`,
  apply(traffic) {
    const { gateway, productpage, details, reviews, ratings } = traffic;
    pinToV1(productpage, details, reviews, ratings);
    gateway.addHosts([DETAILS_HOST]);
    new VirtualService(traffic, 'DetailsIngress', {
      namespace: details.namespace,
      hosts: [DETAILS_HOST],
      gateways: [gateway],
      routes: [{ to: Destination.of(details, { version: 'v1' }) }],
    });
    details.allowFromGateway({ methods: ['GET'], paths: ['/details/*'] });
  },
  expectations: [
    { kind: 'split', service: 'reviews', shares: { v1: 100 } },
    { kind: 'ingress', host: DETAILS_HOST, path: '/details/0', status: 200, contains: '"publisher"' },
    { kind: 'ingress', host: 'other.bookinfo.example', path: '/details/0', status: 404 },
    { kind: 'ingress', host: 'other.bookinfo.example', path: '/productpage', status: 200, contains: TITLE },
  ],
};

export const allMtls: Scenario = {
  name: 'all-mtls',
  title: 'Mutual TLS written out',
  summary: 'Each service is called by mutual TLS because its DestinationRule says so, and not because the mesh finds out by itself.',
  apply({ productpage, details, reviews, ratings }) {
    pinToV1(productpage, details, reviews, ratings);
    for (const service of [productpage, details, reviews, ratings]) {
      service.destinationRule.addPolicy(trafficPolicy({ tls: UpstreamTls.istioMutual() }));
    }
  },
  expectations: [
    { kind: 'split', service: 'reviews', shares: { v1: 100 } },
    { kind: 'split', service: 'reviews', user: JASON, shares: { v1: 100 } },
  ],
};

export const detailsPlaintext: Scenario = {
  name: 'details-plaintext',
  title: 'Mutual TLS for all but one',
  summary: 'Details alone also answer clients without a sidecar, who may read and nothing else; the rest of Bookinfo still refuses them.',
  apply(traffic) {
    const { productpage, details, reviews, ratings } = traffic;
    const { namespace } = details;
    pinToV1(productpage, details, reviews, ratings);
    new PeerAuthentication(traffic, 'DetailsMtls', { namespace, workload: details, mode: 'PERMISSIVE' });
    new AuthorizationPolicy(traffic, 'DetailsReaders', { namespace, target: details, rules: [{ to: [{ methods: ['GET'], paths: ['/details/*'] }] }] });
  },
  expectations: [
    { kind: 'split', service: 'reviews', shares: { v1: 100 } },
    { kind: 'plaintext', service: 'details' },
  ],
};

export const detailsDenied: Scenario = {
  name: 'details-denied',
  title: 'Denied although allowed',
  summary: 'Everything is denied, productpage is allowed to read details, and a DENY policy takes that back: it is stronger than any ALLOW.',
  apply(traffic) {
    const { productpage, details, reviews, ratings } = traffic;
    pinToV1(productpage, details, reviews, ratings);
    new AuthorizationPolicy(traffic, 'DetailsClosed', {
      namespace: details.namespace,
      target: details,
      action: 'DENY',
      rules: [{ from: [productpage] }],
    });
  },
  expectations: [
    { kind: 'split', service: 'reviews', shares: { v1: 100 } },
    { kind: 'denied', service: 'details' },
  ],
};
