import { BookinfoTraffic, BookinfoVersions, PRODUCTPAGE_PATHS } from '../constructs/bookinfo';
import { HTTPRoute, KubernetesGateway, VersionedService } from '../constructs/gateway-api';
import { IS_JASON, JASON } from './routing';
import type { Scenario } from './scenario';

/** Another name than that of Istio's own Gateway, which stays. */
const GATEWAY = 'bookinfo';
const TITLE = 'The Comedy of Errors';
const NEEDS = { features: ['GatewayApi'] } as const;

type Routed = Readonly<Record<'productpage' | 'details' | 'reviews' | 'ratings', VersionedService>>;

/** A Service for each version, and a route of the Gateway API for each service; all but reviews lead to v1. */
function routed(traffic: BookinfoTraffic): Routed {
  const versions = new BookinfoVersions(traffic, 'Versions', { bookinfo: traffic });
  const service = (id: string, name: keyof Routed): VersionedService => new VersionedService(traffic, `${id}Versions`, { versions: versions[name] });
  return {
    productpage: service('Productpage', 'productpage').split({ v1: 100 }),
    details: service('Details', 'details').split({ v1: 100 }),
    ratings: service('Ratings', 'ratings').split({ v1: 100 }),
    reviews: service('Reviews', 'reviews'),
  };
}

export const gatewayApiIngress: Scenario = {
  name: 'gateway-api-ingress',
  title: 'A gateway of the Gateway API',
  summary: 'Istio makes a gateway from an object of the Kubernetes Gateway API: it serves productpage beside the mesh\'s own, and takes GET and POST alone.',
  needs: NEEDS,
  apply(traffic) {
    const { namespace, productpage } = traffic;
    routed(traffic).reviews.split({ v1: 100 });
    const gateway = new KubernetesGateway(traffic, 'KubernetesGateway', { name: GATEWAY, namespace, networkPolicy: true });
    gateway.allow({ methods: ['GET', 'POST'] });
    new HTTPRoute(traffic, 'KubernetesIngress', { name: 'bookinfo', namespace, parents: [gateway] }).addRule({ match: PRODUCTPAGE_PATHS, to: productpage });
    productpage.allowFrom(gateway);
  },
  expectations: [
    { kind: 'split', service: 'reviews', shares: { v1: 100 } },
    { kind: 'call', name: 'page, second gateway', from: 'gateway', gateway: GATEWAY, path: '/productpage', result: 200, contains: TITLE },
    { kind: 'call', name: 'below a prefix, second gateway', from: 'gateway', gateway: GATEWAY, path: '/api/v1/products/0', result: 200, contains: '"publisher"' },
    { kind: 'call', name: 'beside a prefix, second gateway', from: 'gateway', gateway: GATEWAY, path: '/api/v1/productsheet', result: 404 },
    { kind: 'call', name: 'no route, second gateway', from: 'gateway', gateway: GATEWAY, path: '/health', result: 404 },
    { kind: 'call', name: 'not let in, second gateway', from: 'gateway', gateway: GATEWAY, method: 'DELETE', path: '/productpage', result: 403, contains: 'RBAC' },
  ],
};

export const gatewayApiAllV1: Scenario = {
  name: 'gateway-api-all-v1',
  title: 'Everything on v1, by the Gateway API',
  summary: 'Each version is a Service of its own, and an HTTPRoute of each service leads to its first version: the proxies of the clients obey it.',
  needs: NEEDS,
  apply(traffic) {
    routed(traffic).reviews.split({ v1: 100 });
  },
  expectations: [
    { kind: 'split', service: 'reviews', shares: { v1: 100 } },
    { kind: 'split', service: 'reviews', user: JASON, shares: { v1: 100 } },
  ],
};

export const gatewayApiReviews90To10: Scenario = {
  name: 'gateway-api-reviews-90-10',
  title: 'A canary of reviews, by the Gateway API',
  summary: 'One request in ten for reviews goes to the Service of v2, by the weights of an HTTPRoute.',
  needs: NEEDS,
  apply(traffic) {
    routed(traffic).reviews.split({ v1: 90, v2: 10 });
  },
  expectations: [{ kind: 'split', service: 'reviews', shares: { v1: 90, v2: 10 } }],
};

export const gatewayApiReviews50V3: Scenario = {
  name: 'gateway-api-reviews-50-v3',
  title: 'Half of the reviews from v3, by the Gateway API',
  summary: 'Every other request for reviews goes to the Service of v3, with its red stars.',
  needs: NEEDS,
  apply(traffic) {
    routed(traffic).reviews.split({ v1: 50, v3: 50 });
  },
  expectations: [{ kind: 'split', service: 'reviews', shares: { v1: 50, v3: 50 } }],
};

export const gatewayApiReviewsV3: Scenario = {
  name: 'gateway-api-reviews-v3',
  title: 'The migration is done, by the Gateway API',
  summary: 'Every request for reviews goes to the Service of v3.',
  needs: NEEDS,
  apply(traffic) {
    routed(traffic).reviews.split({ v3: 100 });
  },
  expectations: [{ kind: 'split', service: 'reviews', shares: { v3: 100 } }],
};

export const gatewayApiJasonV2: Scenario = {
  name: 'gateway-api-jason-v2',
  title: 'A new version for one user, by the Gateway API',
  summary: 'Whoever is signed in as jason gets reviews v2, everybody else v1; v3 receives a copy of each request.',
  needs: NEEDS,
  apply(traffic) {
    routed(traffic).reviews.split({ v1: 100 }).route({ match: IS_JASON, to: 'v2' }).mirrorTo('v3');
  },
  expectations: [
    { kind: 'split', service: 'reviews', shares: { v1: 100 } },
    { kind: 'split', service: 'reviews', user: JASON, shares: { v2: 100 } },
    { kind: 'mirror', service: 'reviews', version: 'v3', percent: 100 },
  ],
};
