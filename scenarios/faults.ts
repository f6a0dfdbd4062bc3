import { Duration } from '../constructs/traffic';
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
