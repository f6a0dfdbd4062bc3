import { BookinfoWorkload, RatingsDatabase, RatingsDatabaseKind } from '../constructs/bookinfo';
import type { BookinfoTraffic } from '../constructs/bookinfo';
import type { Expectation } from './expectation';
import { pinToV1 } from './routing';
import type { Scenario } from './scenario';

/** Ratings v2 with its database, and reviews v3, which show its stars in red. */
function readFrom(traffic: BookinfoTraffic, kind: RatingsDatabaseKind, version: string): void {
  const { productpage, details, reviews, ratings, namespace, images } = traffic;
  pinToV1(productpage, details);
  const database = new RatingsDatabase(traffic, 'Database', { kind, namespace, callers: [ratings], images });
  new BookinfoWorkload(traffic, 'RatingsV2', { service: ratings, version, image: 'ratings-v2', env: database.clientEnvironment, images });
  reviews.split({ v3: 100 });
  ratings.split({ [version]: 100 });
}

/** Ratings v2 have no numbers of their own: reviews show stars where the database was read, and none where it was not. */
const STARS: readonly Expectation[] = [
  { kind: 'split', service: 'reviews', shares: { v3: 100 } },
  { kind: 'call', name: 'stars of the database', from: 'productpage', host: 'reviews', path: '/reviews/0', result: 200, contains: '"red"' },
];

export const ratingsMysql: Scenario = {
  name: 'ratings-mysql',
  title: 'Ratings from MySQL',
  summary: 'Ratings v2 read their numbers from MySQL in a pod of the mesh, by mutual TLS; a policy lets ratings alone connect.',
  apply(traffic) {
    readFrom(traffic, 'mysql', 'v2-mysql');
  },
  expectations: STARS,
};

export const ratingsMongodb: Scenario = {
  name: 'ratings-mongodb',
  title: 'Ratings from MongoDB',
  summary: 'Ratings v2 read their numbers from MongoDB in a pod of the mesh, by mutual TLS; a policy lets ratings alone connect.',
  apply(traffic) {
    readFrom(traffic, 'mongodb', 'v2');
  },
  expectations: STARS,
};
