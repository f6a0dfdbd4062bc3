/**
 * What upstream's samples/bookinfo of Istio 1.29.1 say about traffic, read by hand, and where the scenarios differ on purpose.
 * A fact is one line for one route, rule or port; see {@link factsOf} in sample-facts.ts.
 */
export interface UpstreamFile {
  /** Below samples/bookinfo. */
  readonly file: string;
  /** Scenarios that write all of it. */
  readonly scenarios: readonly string[];
  readonly facts: readonly string[];
}

const ALL_V1 = ['productpage: any -> productpage v1', 'reviews: any -> reviews v1', 'ratings: any -> ratings v1', 'details: any -> details v1'];
const PAGE = 'Exact /productpage or PathPrefix /static or Exact /login or Exact /logout or PathPrefix /api/v1/products';
const REVIEWS = 'route reviews at Service reviews 9080: any ->';
const JASON = 'header end-user exact jason';
const rules = (tls: string): string[] => [
  `rule productpage: v1${tls}`,
  `rule reviews: v1, v2, v3${tls}`,
  `rule ratings: v1${tls}`,
  `rule details: v1${tls}`,
];

export const UPSTREAM_FILES: readonly UpstreamFile[] = [
  {
    file: 'networking/bookinfo-gateway.yaml',
    scenarios: ['all-v1'],
    facts: [
      'gateway bookinfo-gateway: 80 HTTP http for *',
      '* at bookinfo-gateway: path exact /productpage or path prefix /static or path exact /login or path exact /logout or path prefix /api/v1/products -> productpage',
    ],
  },
  { file: 'networking/destination-rule-all.yaml', scenarios: ['all-v1'], facts: rules('') },
  { file: 'networking/destination-rule-all-mtls.yaml', scenarios: ['all-mtls'], facts: rules('; tls ISTIO_MUTUAL') },
  { file: 'networking/destination-rule-reviews.yaml', scenarios: ['reviews-random'], facts: ['rule reviews: v1, v2, v3; balance RANDOM'] },
  {
    file: 'networking/egress-rule-google-apis.yaml',
    scenarios: ['egress-google-apis'],
    facts: [
      '[ServiceEntry googleapis] www.googleapis.com: 80 HTTP http, 443 HTTPS https by DNS, MESH_EXTERNAL',
      '[VirtualService rewrite-port-for-googleapis] www.googleapis.com: port 80 -> www.googleapis.com:443',
      '[DestinationRule originate-tls-for-googleapis] rule www.googleapis.com: ; balance ROUND_ROBIN; port 443 tls SIMPLE',
    ],
  },
  {
    file: 'networking/fault-injection-details-v1.yaml',
    scenarios: ['details-fault'],
    facts: ['details: any, abort 555 for 100 % -> details v1', 'rule details: v1'],
  },
  { file: 'networking/virtual-service-all-v1.yaml', scenarios: ['all-v1'], facts: ALL_V1 },
  { file: 'networking/virtual-service-details-v2.yaml', scenarios: ['details-v2', 'egress-google-apis'], facts: ['details: any -> details v2'] },
  {
    file: 'networking/virtual-service-ratings-db.yaml',
    scenarios: ['ratings-mongodb'],
    facts: ['reviews: any -> reviews v3', 'ratings: any -> ratings v2'],
  },
  {
    file: 'networking/virtual-service-ratings-mysql.yaml',
    scenarios: ['ratings-mysql'],
    facts: ['reviews: any -> reviews v3', 'ratings: any -> ratings v2-mysql'],
  },
  {
    file: 'networking/virtual-service-ratings-mysql-vm.yaml',
    scenarios: ['ratings-mysql-vm'],
    facts: ['reviews: any -> reviews v3', 'ratings: any -> ratings v2-mysql-vm'],
  },
  {
    file: 'networking/virtual-service-ratings-test-abort.yaml',
    scenarios: ['ratings-abort'],
    facts: [`ratings: ${JASON}, abort 500 for 100 % -> ratings v1`, 'ratings: any -> ratings v1'],
  },
  {
    file: 'networking/virtual-service-ratings-test-delay.yaml',
    scenarios: ['ratings-delay'],
    facts: [`ratings: ${JASON}, delay 7s for 100 % -> ratings v1`, 'ratings: any -> ratings v1'],
  },
  { file: 'networking/virtual-service-reviews-50-v3.yaml', scenarios: ['reviews-50-v3'], facts: ['reviews: any -> reviews v1 50 %, reviews v3 50 %'] },
  { file: 'networking/virtual-service-reviews-80-20.yaml', scenarios: ['reviews-80-20'], facts: ['reviews: any -> reviews v1 80 %, reviews v2 20 %'] },
  { file: 'networking/virtual-service-reviews-90-10.yaml', scenarios: ['reviews-90-10'], facts: ['reviews: any -> reviews v1 90 %, reviews v2 10 %'] },
  {
    file: 'networking/virtual-service-reviews-jason-v2-v3.yaml',
    scenarios: ['reviews-jason-v2-v3'],
    facts: [`reviews: ${JASON} -> reviews v2`, 'reviews: any -> reviews v3'],
  },
  {
    file: 'networking/virtual-service-reviews-test-v2.yaml',
    scenarios: ['jason-v2'],
    facts: [`reviews: ${JASON} -> reviews v2`, 'reviews: any -> reviews v1'],
  },
  { file: 'networking/virtual-service-reviews-v2-v3.yaml', scenarios: ['reviews-v2-v3'], facts: ['reviews: any -> reviews v2 50 %, reviews v3 50 %'] },
  {
    file: 'networking/certmanager-gateway.yaml',
    scenarios: ['ingress-acme'],
    facts: ['gateway bookinfo-gateway: 80 HTTP http for *', '* at bookinfo-gateway: path prefix /.well-known/acme-challenge/ -> cert-manager-resolver:8089'],
  },
  {
    file: 'policy/productpage_envoy_ratelimit.yaml',
    scenarios: ['ingress-path-limit'],
    facts: [
      'filter envoy.filters.http.ratelimit in GATEWAY before envoy.filters.network.http_connection_manager, envoy.filters.http.router: ' +
        'type.googleapis.com/envoy.extensions.filters.http.ratelimit.v3.RateLimit of productpage-ratelimit ' +
        'asks the rate limit service for 10s, refuses without an answer, in the namespace of the gateway',
      'filter in GATEWAY, every virtual host, ANY action, counts {"actions":[{"request_headers":{"header_name":":path","descriptor_key":"PATH"}}]}, ' +
        'in the namespace of the gateway',
    ],
  },
  { file: 'networking/virtual-service-reviews-v3.yaml', scenarios: ['reviews-v3'], facts: ['reviews: any -> reviews v3'] },
  {
    file: 'gateway-api/bookinfo-gateway.yaml',
    scenarios: ['gateway-api-ingress'],
    facts: [
      'istio gateway bookinfo: 80 HTTP http for routes of Same',
      `route bookinfo at gateway bookinfo: ${PAGE} -> productpage 9080`,
    ],
  },
  {
    file: 'gateway-api/route-all-v1.yaml',
    scenarios: ['gateway-api-all-v1', 'gateway-api-ingress'],
    facts: ['reviews', 'productpage', 'ratings', 'details'].map((name) => `route ${name} at Service ${name} 9080: any -> ${name}-v1 9080`),
  },
  { file: 'gateway-api/route-reviews-v1.yaml', scenarios: ['gateway-api-all-v1'], facts: [`${REVIEWS} reviews-v1 9080`] },
  { file: 'gateway-api/route-reviews-v3.yaml', scenarios: ['gateway-api-reviews-v3'], facts: [`${REVIEWS} reviews-v3 9080`] },
  {
    file: 'gateway-api/route-reviews-50-v3.yaml',
    scenarios: ['gateway-api-reviews-50-v3'],
    facts: [`${REVIEWS} reviews-v1 9080 50 %, reviews-v3 9080 50 %`],
  },
  {
    file: 'gateway-api/route-reviews-90-10.yaml',
    scenarios: ['gateway-api-reviews-90-10'],
    facts: [`${REVIEWS} reviews-v1 9080 90 %, reviews-v2 9080 10 %`],
  },
];

/** Files without a scenario, and what they need that Bookinfo as it is deployed here has not. */
export const UPSTREAM_WITHOUT_SCENARIO: Readonly<Record<string, string>> = {
};

/** A deliberate difference. */
export interface Difference {
  readonly what: string;
  readonly upstream: string;
  readonly here: string;
  readonly why: string;
}

/** Every deliberate difference between upstream's files and the scenarios that stand for them. The comparison forgives these, and nothing else. */
export const DIFFERENCES: readonly Difference[] = [
  { what: 'hosts', upstream: '`reviews`', here: '`reviews.bookinfo.svc.cluster.local`', why: 'a short name means another Service in another namespace' },
  { what: 'port of the gateway', upstream: '8080', here: '80', why: 'it works with every installation of a gateway' },
  { what: 'selector of the gateway', upstream: '`istio: ingressgateway`', here: 'the one of the mesh', why: 'the Helm chart and the AKS add-on label their gateways differently' },
  { what: 'port of a destination', upstream: '9080 at the gateway', here: '9080, or none', why: 'the Services have this port alone' },
  {
    what: 'a second Gateway for the same port and hosts',
    upstream: '`cert-manager-gateway`, in `istio-system`',
    here: 'the one of Bookinfo, and the route in its namespace',
    why: 'two Gateways would share one listener (IST0145)',
  },
  {
    what: 'the way to the rate limit service',
    upstream: 'a cluster of its own, in plaintext, in two EnvoyFilters',
    here: 'the cluster that the mesh has, by mutual TLS, in one EnvoyFilter with a priority',
    why: 'only the gateway may ask it; a relative patch needs a priority (IST0151)',
  },
  {
    what: 'name of the rate limit filter, and its virtual hosts',
    upstream: '`envoy.ratelimit`, and a match of every virtual host',
    here: '`envoy.filters.http.ratelimit`, and no match of virtual hosts',
    why: 'Envoy names it so; without a match every virtual host is meant',
  },
  {
    what: 'gateway of the Gateway API',
    upstream: '`bookinfo-gateway`',
    here: '`bookinfo`; a NodePort where the cluster has no load balancer',
    why: 'the gateway of Istio\'s own API stays beside it',
  },
  {
    what: 'whom the proxy trusts when it speaks TLS to www.googleapis.com',
    upstream: 'not said',
    here: '`caCertificates: system`',
    why: 'the same for istiod of today; `istioctl analyze` warns where it is not written (IST0129)',
  },
  {
    what: 'subsets',
    upstream: 'also ratings v2, v2-mysql, v2-mysql-vm, details v2',
    here: 'the versions that run: those of the other databases and of Google Books in the scenarios that start them',
    why: 'a subset without pods answers 503',
  },
  {
    what: 'routes that nothing reaches',
    upstream: 'a second one for details, after one without a match',
    here: 'none',
    why: 'it has no effect (IST0130)',
  },
  {
    what: 'further objects',
    upstream: 'one file for one thing, applied over others',
    here: 'each scenario is whole: gateway, STRICT mTLS, policies, every service routed; the faults for jason with his reviews v2, which ask ratings',
    why: 'what a scenario does must not depend on the one before',
  },
];
