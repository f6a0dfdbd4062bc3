import { MtlsMigration, AuthorizationPolicy, PeerAuthentication } from '../constructs/security';
import { pinToV1 } from './routing';
import type { Scenario } from './scenario';

const DENIED = 'RBAC: access denied';
const READS_DETAILS = { methods: ['GET'], paths: ['/details/*'] };

export const denyAll: Scenario = {
  name: 'deny-all',
  title: 'Nobody may do anything',
  summary: 'One policy without rules refuses every request in the namespace: first step from open to allowed calls only.',
  start: { allowPage: false },
  publicPage: false,
  apply({ productpage, details, reviews, ratings }) {
    pinToV1(productpage, details, reviews, ratings);
  },
  expectations: [
    { kind: 'call', name: 'the page is refused', from: 'gateway', path: '/productpage', result: 403, contains: DENIED },
    { kind: 'call', name: 'productpage may not read details', from: 'productpage', host: 'details', path: '/details/0', result: 403, contains: DENIED },
    { kind: 'call', name: 'productpage may not read reviews', from: 'productpage', host: 'reviews', path: '/reviews/0', result: 403, contains: DENIED },
  ],
};

export const denyAllButDetails: Scenario = {
  name: 'deny-all-but-details',
  title: 'Two calls are allowed',
  summary: 'Next step: the gateway may ask for the page, and productpage alone may read details. The page comes, and says that it has no reviews.',
  start: { allowPage: false },
  publicPage: false,
  apply({ productpage, details, reviews, ratings }) {
    pinToV1(productpage, details, reviews, ratings);
    productpage.allowFromGateway();
    details.allowFrom(productpage, READS_DETAILS);
  },
  expectations: [
    { kind: 'call', name: 'the page without reviews', from: 'gateway', path: '/productpage', result: 200, contains: 'Error fetching product reviews' },
    { kind: 'call', name: 'productpage reads details', from: 'productpage', host: 'details', path: '/details/0', result: 200, contains: '"publisher"' },
    { kind: 'call', name: 'another method', from: 'productpage', host: 'details', path: '/details/0', method: 'POST', result: 403, contains: DENIED },
    { kind: 'call', name: 'another path', from: 'productpage', host: 'details', path: '/health', result: 403, contains: DENIED },
    { kind: 'call', name: 'another caller', from: 'ratings', host: 'details', path: '/details/0', result: 403, contains: DENIED },
    { kind: 'call', name: 'another service', from: 'productpage', host: 'reviews', path: '/reviews/0', result: 403, contains: DENIED },
    { kind: 'call', name: 'the other way round', from: 'details', host: 'productpage', path: '/health', result: 403, contains: DENIED },
    { kind: 'call', name: 'a caller without identity', from: 'outside', host: 'details', path: '/details/0', result: 'refused' },
  ],
};

export const mtlsMigration: Scenario = {
  name: 'mtls-migration',
  title: 'On the way to mutual TLS',
  summary:
    'The namespace still takes plaintext from a monitor without a sidecar. Reviews are done and refuse it; ratings too, but for the port that it reads.',
  start: { strictMtls: false },
  apply(traffic) {
    const { productpage, details, reviews, ratings } = traffic;
    const { namespace } = details;
    pinToV1(productpage, details, reviews, ratings);
    new MtlsMigration(traffic, 'Mtls', { namespace, step: 'permissive', except: [reviews] });
    new PeerAuthentication(traffic, 'RatingsMtls', { namespace, workload: ratings, mode: 'STRICT', ports: { 9080: 'PERMISSIVE' } });
    for (const service of [details, ratings]) {
      const name = `${service.name}-monitors`;
      new AuthorizationPolicy(service, 'Monitors', { name, namespace, target: service, rules: [{ to: [{ methods: ['GET'], paths: ['/health'] }] }] });
    }
  },
  expectations: [
    { kind: 'split', service: 'reviews', shares: { v1: 100 } },
    { kind: 'call', name: 'plaintext by the namespace', from: 'outside', host: 'details', path: '/health', result: 200, contains: 'Details is healthy' },
    { kind: 'call', name: 'plaintext by the port', from: 'outside', host: 'ratings', path: '/health', result: 200, contains: 'Ratings is healthy' },
    { kind: 'call', name: 'no plaintext by the workload', from: 'outside', host: 'reviews', path: '/health', result: 'refused' },
    { kind: 'call', name: 'no identity in plaintext', from: 'outside', host: 'details', path: '/details/0', result: 403, contains: DENIED },
  ],
};
