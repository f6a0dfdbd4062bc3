import { Match, MeshService } from '../constructs/traffic';
import type { Scenario } from './scenario';

/** The user that upstream's samples single out; productpage sends the name of who is signed in. */
export const JASON = 'jason';
export const IS_JASON = Match.header('end-user').exact(JASON);

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
