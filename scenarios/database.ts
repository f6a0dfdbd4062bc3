import { ServiceV1 } from '@cdktf/provider-kubernetes/lib/service-v1';
import { BookinfoTraffic, BookinfoWorkload, mysqlClient, RatingsDatabase, RatingsDatabaseKind } from '../constructs/bookinfo';
import { WorkloadEntry } from '../constructs/traffic';
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

/** The machine with the database, as Kubernetes and the mesh know it. */
const MACHINE = { name: 'mysqldb-vm', port: 3306, labels: { app: 'mysqldb-vm' } } as const;

export const ratingsMysqlVm: Scenario = {
  name: 'ratings-mysql-vm',
  title: 'Ratings from a machine',
  summary: 'Ratings v2 read their numbers from MySQL on a machine outside of Kubernetes: a WorkloadEntry gives its address to a Service of the cluster.',
  needs: { features: ['WorkloadEntry'], externalDatabase: true },
  apply(traffic) {
    const { productpage, details, reviews, ratings, namespace, images, externalDatabase } = traffic;
    const { name, port, labels } = MACHINE;
    pinToV1(productpage, details);
    new ServiceV1(traffic, 'Machine', { metadata: { name, namespace, labels }, spec: { selector: labels, port: [{ name: 'tcp', port }] } });
    new WorkloadEntry(traffic, 'MachineEntry', { name, namespace, address: externalDatabase, labels });
    const env = mysqlClient(name, port, 'password');
    new BookinfoWorkload(traffic, 'RatingsV2', { service: ratings, version: 'v2-mysql-vm', image: 'ratings-v2', env, images });
    reviews.split({ v3: 100 });
    ratings.split({ 'v2-mysql-vm': 100 });
  },
  expectations: STARS,
};
