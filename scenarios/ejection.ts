import { BookinfoWorkload } from '../constructs/bookinfo';
import { CircuitBreaker } from '../constructs/patterns';
import { pinToV1 } from './routing';
import type { Scenario } from './scenario';

export const ratingsEjection: Scenario = {
  name: 'ratings-ejection',
  title: 'A pod that fails gets no requests',
  summary:
    'Beside ratings v1 runs a pod of ratings that fails half of its requests. After one failure a proxy sends it none for half a minute: nearly every page has its stars.',
  apply(traffic) {
    const { productpage, details, reviews, ratings, images } = traffic;
    pinToV1(productpage, details);
    reviews.split({ v2: 100 });
    // Upstream's ratings, told to fail as its own image ratings-v-faulty does.
    const env = { SERVICE_VERSION: 'v-faulty' };
    new BookinfoWorkload(traffic, 'FaultyRatings', { service: ratings, version: 'v-faulty', image: 'ratings-v1', env, images });
    new CircuitBreaker(traffic, 'Breaker', { service: ratings, ejection: { consecutiveErrors: 1, maxPercent: 100 } });
  },
  expectations: [
    { kind: 'split', service: 'reviews', shares: { v2: 100 } },
    { kind: 'ejection', service: 'ratings', version: 'v-faulty' },
  ],
};
