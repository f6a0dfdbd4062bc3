import { Duration, trafficPolicy } from '../constructs/traffic';
import { IS_JASON, JASON, pinToV1 } from './routing';
import type { Scenario } from './scenario';

/** Both faults are for jason, who gets reviews v2: v1 never calls ratings. */
const JASON_ALONE = [
  { kind: 'split', service: 'reviews', shares: { v1: 100 } },
  { kind: 'split', service: 'reviews', user: JASON, shares: { v2: 100 } },
] as const;

export const ratingsDelay: Scenario = {
  name: 'ratings-delay',
  title: 'Slow ratings for one user',
  summary: 'Ratings take 7 seconds longer for jason; productpage gives up waiting for reviews before that.',
  apply({ productpage, details, reviews, ratings }) {
    pinToV1(productpage, details, reviews, ratings);
    reviews.route({ match: IS_JASON, to: 'v2' });
    ratings.delay(Duration.seconds(7), { match: IS_JASON });
  },
  expectations: [...JASON_ALONE, { kind: 'delay', service: 'ratings', user: JASON, seconds: 7 }],
};

export const ratingsAbort: Scenario = {
  name: 'ratings-abort',
  title: 'Failing ratings for one user',
  summary: 'Ratings answer jason with status 500: reviews are shown without their stars.',
  apply({ productpage, details, reviews, ratings }) {
    pinToV1(productpage, details, reviews, ratings);
    reviews.route({ match: IS_JASON, to: 'v2' });
    ratings.abort(500, { match: IS_JASON });
  },
  expectations: [...JASON_ALONE, { kind: 'abort', service: 'ratings', user: JASON, status: 500 }],
};

export const ratingsAbortAll: Scenario = {
  name: 'ratings-abort-all',
  title: 'Failing ratings for everybody',
  summary: 'Ratings answer status 500 to every request: reviews v2 do without them.',
  apply({ productpage, details, reviews, ratings }) {
    pinToV1(productpage, details, ratings);
    reviews.split({ v2: 100 });
    ratings.abort(500);
  },
  expectations: [
    { kind: 'split', service: 'reviews', shares: { v2: 100 } },
    { kind: 'abort', service: 'ratings', status: 500 },
  ],
};

export const detailsFault: Scenario = {
  name: 'details-fault',
  title: 'Failing details',
  summary: 'Details answer status 555 to every request: the page shows reviews alone.',
  apply({ productpage, details, reviews, ratings }) {
    pinToV1(productpage, details, reviews, ratings);
    details.abort(555);
  },
  expectations: [
    { kind: 'split', service: 'reviews', shares: { v1: 100 } },
    { kind: 'abort', service: 'details', status: 555 },
  ],
};

export const reviewsTimeout: Scenario = {
  name: 'reviews-timeout',
  title: 'No longer than half a second',
  summary: 'Ratings take 2 seconds longer for jason; who asks for his reviews is told 504 after half a second.',
  apply({ productpage, details, reviews, ratings }) {
    pinToV1(productpage, details, ratings);
    reviews.split({ v2: 100 }).timeoutAfter(Duration.millis(500));
    ratings.delay(Duration.seconds(2), { match: IS_JASON });
  },
  expectations: [
    { kind: 'split', service: 'reviews', shares: { v2: 100 } },
    { kind: 'timeout', service: 'reviews', user: JASON, seconds: 0.5, tries: 1 },
  ],
};

export const reviewsRetries: Scenario = {
  name: 'reviews-retries',
  title: 'Three tries of half a second',
  summary: 'Ratings take 2 seconds longer for jason; his reviews are asked for three times, half a second each, before 504 is told.',
  apply({ productpage, details, reviews, ratings }) {
    pinToV1(productpage, details, ratings);
    reviews
      .split({ v2: 100 })
      .timeoutAfter(Duration.seconds(5))
      .retry({ attempts: 2, perTryTimeout: Duration.millis(500), on: ['gateway-error', 'connect-failure', 'refused-stream'] });
    ratings.delay(Duration.seconds(2), { match: IS_JASON });
  },
  expectations: [
    { kind: 'split', service: 'reviews', shares: { v2: 100 } },
    { kind: 'timeout', service: 'reviews', user: JASON, seconds: 1.5, tries: 3 },
  ],
};

export const reviewsConnectionLimits: Scenario = {
  name: 'reviews-connection-limits',
  title: 'One request at a time',
  summary: 'A proxy keeps one connection to reviews, with one request waiting for it; what is beyond gets 503 at once.',
  apply({ productpage, details, reviews, ratings }) {
    pinToV1(productpage, details, ratings);
    reviews.split({ v3: 100 });
    reviews.destinationRule.addPolicy(trafficPolicy({ limits: { connections: 1, pendingRequests: 1 } }));
  },
  expectations: [{ kind: 'overflow', service: 'reviews' }],
};
