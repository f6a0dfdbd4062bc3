import { EgressHost, EgressLockdown } from '../constructs/patterns';
import { BookinfoTraffic, BookinfoWorkload } from '../constructs/bookinfo';
import { Destination, DestinationRule, LoadBalancing, Match, ServiceEntry, Sidecar, trafficPolicy, UpstreamTls, VirtualService } from '../constructs/traffic';
import type { Expectation } from './expectation';
import { pinToV1 } from './routing';
import type { Scenario } from './scenario';

/** Where details v2 asks for what it says of a book. Scenarios that do not name it have it as a host that the mesh does not know. */
const GOOGLE = 'www.googleapis.com';

/** Proxies refuse hosts that nobody has declared. */
function refuseUnknownHosts(traffic: BookinfoTraffic): void {
  new Sidecar(traffic, 'KnownHosts', { name: 'default', namespace: traffic.namespace, unknownHosts: 'REGISTRY_ONLY' });
}

export const egressHost: Scenario = {
  name: 'egress-host',
  title: 'A way out to one host',
  summary: 'Pods reach one host of the internet, by plain HTTP, and no other: a ServiceEntry names it, and proxies refuse what nobody named.',
  apply(traffic) {
    const { productpage, details, reviews, ratings, namespace, externalHost } = traffic;
    pinToV1(productpage, details, reviews, ratings);
    refuseUnknownHosts(traffic);
    new EgressHost(traffic, 'External', { host: externalHost, namespace, protocol: 'http' });
  },
  expectations: [
    { kind: 'split', service: 'reviews', shares: { v1: 100 } },
    { kind: 'call', name: 'the host that is named', from: 'productpage', host: '{external}', result: 200 },
    { kind: 'call', name: 'a host that nobody named', from: 'productpage', host: GOOGLE, result: 502 },
    { kind: 'call', name: 'another port of the host', from: 'productpage', scheme: 'https', host: '{external}', result: 'refused' },
  ],
};

export const egressTlsOrigination: Scenario = {
  name: 'egress-tls-origination',
  title: 'HTTPS that the proxy makes',
  summary: 'Pods ask a host of the internet by HTTP; their proxies ask it by HTTPS, and check its certificate.',
  apply(traffic) {
    const { productpage, details, reviews, ratings, namespace, externalHost } = traffic;
    pinToV1(productpage, details, reviews, ratings);
    refuseUnknownHosts(traffic);
    new EgressHost(traffic, 'External', { host: externalHost, namespace, protocol: 'originate' });
  },
  expectations: [
    { kind: 'split', service: 'reviews', shares: { v1: 100 } },
    // A server that speaks TLS on port 443 has no such answer for plaintext.
    { kind: 'call', name: 'HTTP of the pod, HTTPS of the proxy', from: 'productpage', host: '{external}', result: 200 },
    { kind: 'call', name: 'a host that nobody named', from: 'productpage', host: GOOGLE, result: 502 },
  ],
};

export const egressBlocked: Scenario = {
  name: 'egress-blocked',
  title: 'No way out',
  summary: 'Nothing leaves the cluster: proxies refuse hosts that the mesh does not know, and a network policy stops what goes past them.',
  apply(traffic) {
    const { productpage, details, reviews, ratings, namespace } = traffic;
    pinToV1(productpage, details, reviews, ratings);
    new EgressLockdown(traffic, 'Lockdown', { namespace });
  },
  expectations: [
    { kind: 'split', service: 'reviews', shares: { v1: 100 } },
    { kind: 'call', name: 'HTTP to the outside', from: 'productpage', host: '{external}', result: 502 },
    { kind: 'call', name: 'HTTPS to the outside', from: 'productpage', scheme: 'https', host: '{external}', result: 'refused' },
    { kind: 'past-proxy', host: '{external}', needs: ['NetworkPolicies'] },
  ],
};

export const egressGateway: Scenario = {
  name: 'egress-gateway',
  title: 'One door for all calls to the outside',
  summary: 'Pods ask a host of the internet by HTTP; the call goes to the egress gateway by mutual TLS, and from there to the host by HTTPS.',
  needs: { features: ['EgressGateway'] },
  apply(traffic) {
    const { productpage, details, reviews, ratings, namespace, externalHost } = traffic;
    pinToV1(productpage, details, reviews, ratings);
    refuseUnknownHosts(traffic);
    new EgressHost(traffic, 'External', { host: externalHost, namespace, protocol: 'originate', throughGateway: true });
  },
  expectations: [
    { kind: 'split', service: 'reviews', shares: { v1: 100 } },
    { kind: 'exit', from: 'productpage', host: '{external}' },
    { kind: 'call', name: 'a host that nobody named', from: 'productpage', host: GOOGLE, result: 502 },
  ],
};

/** The ISBN that details v2 asks Google Books for, and details v1 has not. */
const BOOK: readonly Expectation[] = [
  { kind: 'split', service: 'reviews', shares: { v1: 100 } },
  { kind: 'call', name: 'details of Google Books', from: 'productpage', host: 'details', path: '/details/0', result: 200, contains: '"ISBN-10":"0486424618"' },
];

/** Details v2 alone, which ask Google Books. */
function askGoogle(traffic: BookinfoTraffic, env?: Readonly<Record<string, string>>): void {
  const { productpage, details, reviews, ratings, images } = traffic;
  pinToV1(productpage, reviews, ratings);
  refuseUnknownHosts(traffic);
  new BookinfoWorkload(traffic, 'DetailsV2', { service: details, version: 'v2', env, images });
  details.split({ v2: 100 });
}

export const detailsV2: Scenario = {
  name: 'details-v2',
  title: 'Details from the internet',
  summary: 'Details v2 ask Google Books, by HTTPS of their own: the proxy sees the name of the host, and lets it pass.',
  apply(traffic) {
    askGoogle(traffic);
    new EgressHost(traffic, 'GoogleApis', { host: GOOGLE, namespace: traffic.namespace });
  },
  expectations: BOOK,
};

export const egressGoogleApis: Scenario = {
  name: 'egress-google-apis',
  title: 'Details from the internet, by HTTPS of the proxy',
  summary: 'Details v2 ask Google Books by HTTP; a route turns port 80 into 443, where the proxy speaks TLS.',
  apply(traffic) {
    const { namespace } = traffic;
    askGoogle(traffic, { DO_NOT_ENCRYPT: 'true' });
    const ports = [{ number: 80, name: 'http' }, { number: 443, name: 'https', protocol: 'HTTPS' as const }];
    new ServiceEntry(traffic, 'GoogleApis', { name: 'googleapis', namespace, hosts: [GOOGLE], ports });
    new VirtualService(traffic, 'GooglePort', {
      name: 'rewrite-port-for-googleapis',
      namespace,
      hosts: [GOOGLE],
      routes: [{ match: Match.raw({ port: 80 }), to: Destination.host(GOOGLE, { port: 443 }) }],
    });
    new DestinationRule(traffic, 'GoogleTls', {
      name: 'originate-tls-for-googleapis',
      namespace,
      host: GOOGLE,
      trafficPolicy: trafficPolicy({ loadBalancing: LoadBalancing.roundRobin(), ports: { 443: { tls: UpstreamTls.simple() } } }),
    });
  },
  expectations: BOOK,
};
