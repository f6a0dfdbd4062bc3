import { LoadBalancing, Match, MeshService, trafficPolicy } from '../constructs/traffic';
import type { Scenario } from './scenario';

/** The user that upstream's samples single out; productpage sends the name of who is signed in. */
export const JASON = 'jason';
export const IS_JASON = Match.header('end-user').exact(JASON);

/** What a current Firefox says of itself. */
const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';

/** Sends every request for these services to v1. */
export function pinToV1(...services: readonly MeshService[]): void {
  services.forEach((service) => service.split({ v1: 100 }));
}

export const allV1: Scenario = {
  name: 'all-v1',
  title: 'Everything on v1',
  summary: 'Each service is pinned to its first version: reviews without stars, for everybody.',
  apply({ productpage, details, reviews, ratings }) {
    pinToV1(productpage, details, reviews, ratings);
  },
  expectations: [
    { kind: 'split', service: 'reviews', shares: { v1: 100 } },
    { kind: 'split', service: 'reviews', user: JASON, shares: { v1: 100 } },
  ],
};

export const reviews90To10: Scenario = {
  name: 'reviews-90-10',
  title: 'A canary of reviews',
  summary: 'One request in ten for reviews goes to v2, with its black stars.',
  apply({ productpage, details, reviews, ratings }) {
    pinToV1(productpage, details, ratings);
    reviews.split({ v1: 90, v2: 10 });
  },
  expectations: [{ kind: 'split', service: 'reviews', shares: { v1: 90, v2: 10 } }],
};

export const reviews80To20: Scenario = {
  name: 'reviews-80-20',
  title: 'The canary grows',
  summary: 'One request in five for reviews goes to v2.',
  apply({ productpage, details, reviews, ratings }) {
    pinToV1(productpage, details, ratings);
    reviews.split({ v1: 80, v2: 20 });
  },
  expectations: [{ kind: 'split', service: 'reviews', shares: { v1: 80, v2: 20 } }],
};

export const reviews50V3: Scenario = {
  name: 'reviews-50-v3',
  title: 'Half of the reviews from v3',
  summary: 'Every other request for reviews goes to v3, with its red stars; the others stay on v1.',
  apply({ productpage, details, reviews, ratings }) {
    pinToV1(productpage, details, ratings);
    reviews.split({ v1: 50, v3: 50 });
  },
  expectations: [{ kind: 'split', service: 'reviews', shares: { v1: 50, v3: 50 } }],
};

export const reviewsV2V3: Scenario = {
  name: 'reviews-v2-v3',
  title: 'Black stars and red ones',
  summary: 'Reviews come from v2 and v3, half each; v1 is out of use.',
  apply({ productpage, details, reviews, ratings }) {
    pinToV1(productpage, details, ratings);
    reviews.split({ v2: 50, v3: 50 });
  },
  expectations: [{ kind: 'split', service: 'reviews', shares: { v2: 50, v3: 50 } }],
};

export const reviewsV3: Scenario = {
  name: 'reviews-v3',
  title: 'The migration is done',
  summary: 'Every request for reviews goes to v3.',
  apply({ productpage, details, reviews, ratings }) {
    pinToV1(productpage, details, ratings);
    reviews.split({ v3: 100 });
  },
  expectations: [{ kind: 'split', service: 'reviews', shares: { v3: 100 } }],
};

export const reviewsRandom: Scenario = {
  name: 'reviews-random',
  title: 'No route at all',
  summary: 'Nothing routes requests for reviews: each goes to any of the three versions, by chance.',
  apply({ productpage, details, reviews, ratings }) {
    pinToV1(productpage, details, ratings);
    reviews.destinationRule.addPolicy(trafficPolicy({ loadBalancing: LoadBalancing.random() }));
  },
  expectations: [{ kind: 'split', service: 'reviews', shares: { v1: 100 / 3, v2: 100 / 3, v3: 100 / 3 } }],
};

export const jasonV2: Scenario = {
  name: 'jason-v2',
  title: 'A new version for one user',
  summary: 'Whoever is signed in as jason gets reviews v2, everybody else v1.',
  apply({ productpage, details, reviews, ratings }) {
    pinToV1(productpage, details, reviews, ratings);
    reviews.route({ match: IS_JASON, to: 'v2' });
  },
  expectations: [
    { kind: 'split', service: 'reviews', shares: { v1: 100 } },
    { kind: 'split', service: 'reviews', user: JASON, shares: { v2: 100 } },
  ],
};

export const reviewsJasonV2V3: Scenario = {
  name: 'reviews-jason-v2-v3',
  title: 'Another version for one user than for the rest',
  summary: 'Whoever is signed in as jason gets reviews v2, everybody else v3.',
  apply({ productpage, details, reviews, ratings }) {
    pinToV1(productpage, details, ratings);
    reviews.split({ v3: 100 }).route({ match: IS_JASON, to: 'v2' });
  },
  expectations: [
    { kind: 'split', service: 'reviews', shares: { v3: 100 } },
    { kind: 'split', service: 'reviews', user: JASON, shares: { v2: 100 } },
  ],
};

export const reviewsHeaderV3: Scenario = {
  name: 'reviews-header-v3',
  title: 'A version on request',
  summary: 'Requests with the header `x-version: v3` get reviews v3, all others v1.',
  apply({ productpage, details, reviews, ratings }) {
    pinToV1(productpage, details, reviews, ratings);
    reviews.route({ match: Match.header('x-version').exact('v3'), to: 'v3' });
  },
  expectations: [
    { kind: 'split', service: 'reviews', shares: { v1: 100 } },
    { kind: 'split', service: 'reviews', headers: { 'x-version': 'v3' }, shares: { v3: 100 } },
    { kind: 'split', service: 'reviews', headers: { 'x-version': 'v30' }, shares: { v1: 100 } },
  ],
};

export const reviewsBrowser: Scenario = {
  name: 'reviews-browser',
  title: 'A version for one browser',
  summary: 'Firefox gets reviews v2, other browsers v1: productpage passes on the header `user-agent`.',
  apply({ productpage, details, reviews, ratings }) {
    pinToV1(productpage, details, reviews, ratings);
    reviews.route({ match: Match.header('user-agent').regex('.*Firefox.*'), to: 'v2' });
  },
  expectations: [
    { kind: 'split', service: 'reviews', shares: { v1: 100 } },
    { kind: 'split', service: 'reviews', headers: { 'user-agent': FIREFOX }, shares: { v2: 100 } },
    { kind: 'ingress', headers: { 'user-agent': FIREFOX }, path: '/productpage', status: 200, contains: 'text-black-500' },
  ],
};

export const reviewsMirrorV3: Scenario = {
  name: 'reviews-mirror-v3',
  title: 'Reviews v3 on a copy of the traffic',
  summary: 'v1 answers every request for reviews; v3 receives a copy of each, and its answers are thrown away.',
  apply({ productpage, details, reviews, ratings }) {
    pinToV1(productpage, details, reviews, ratings);
    reviews.mirrorTo('v3');
  },
  expectations: [
    { kind: 'split', service: 'reviews', shares: { v1: 100 } },
    { kind: 'mirror', service: 'reviews', version: 'v3', percent: 100 },
  ],
};
