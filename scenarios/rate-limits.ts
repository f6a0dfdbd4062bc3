import { GlobalRateLimit } from '../constructs/patterns';
import { pinToV1 } from './routing';
import type { Scenario } from './scenario';

const USER_LIMIT = 20;
const PATH_LIMIT = 30;

export const reviewsUserLimit: Scenario = {
  name: 'reviews-user-limit',
  title: 'Twenty a minute for each user',
  summary: `Whoever is signed in gets reviews ${USER_LIMIT} times a minute, counted in one place for all pods of reviews; what is beyond gets 429.`,
  apply(traffic) {
    const { productpage, details, reviews, ratings, namespace } = traffic;
    pinToV1(productpage, details, reviews, ratings);
    new GlobalRateLimit(traffic, 'UserLimit', {
      on: reviews,
      namespace,
      limits: [{ by: { header: 'end-user' }, requests: USER_LIMIT, per: 'minute' }],
    });
  },
  expectations: [
    { kind: 'split', service: 'reviews', shares: { v1: 100 } },
    {
      ...{ kind: 'call', name: 'more than a user may', from: 'productpage', host: 'reviews', path: '/reviews/0', user: 'visitor-{attempt}' },
      ...{ count: USER_LIMIT + 5, result: { 200: USER_LIMIT, 429: 5 } },
    },
    {
      ...{ kind: 'call', name: 'another user meanwhile', from: 'productpage', host: 'reviews', path: '/reviews/0', user: 'other-{attempt}' },
      ...{ count: USER_LIMIT, result: 200 },
    },
    { kind: 'call', name: 'nobody in particular', from: 'productpage', host: 'reviews', path: '/reviews/0', count: 2 * USER_LIMIT, result: 200 },
  ],
};

export const ingressPathLimit: Scenario = {
  name: 'ingress-path-limit',
  title: 'Thirty a minute for each path',
  summary: `The gateway takes ${PATH_LIMIT} requests a minute for each path, whoever asks; what is beyond gets 429 there, and no pod sees it.`,
  apply(traffic) {
    const { gateway, productpage, details, reviews, ratings, namespace } = traffic;
    pinToV1(productpage, details, reviews, ratings);
    new GlobalRateLimit(traffic, 'PathLimit', {
      on: gateway.gateway,
      namespace,
      name: 'productpage-ratelimit',
      limits: [{ by: 'path', requests: PATH_LIMIT, per: 'minute' }],
    });
  },
  expectations: [
    { kind: 'split', service: 'reviews', shares: { v1: 100 } },
    {
      ...{ kind: 'call', name: 'more than a path may', from: 'gateway', path: '/api/v1/products?attempt={attempt}' },
      ...{ count: PATH_LIMIT + 5, result: { 200: PATH_LIMIT, 429: 5 } },
    },
    { kind: 'call', name: 'another path meanwhile', from: 'gateway', path: '/api/v1/products?other={attempt}', count: PATH_LIMIT, result: 200 },
  ],
};
