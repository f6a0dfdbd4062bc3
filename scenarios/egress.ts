import { EgressHost, EgressLockdown } from '../constructs/patterns';
import type { BookinfoTraffic } from '../constructs/bookinfo';
import { Sidecar } from '../constructs/traffic';
import { pinToV1 } from './routing';
import type { Scenario } from './scenario';

/** A host that the mesh does not know, in scenarios that do not name it. */
const UNKNOWN = 'www.googleapis.com';

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
    { kind: 'call', name: 'a host that nobody named', from: 'productpage', host: UNKNOWN, result: 502 },
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
    { kind: 'call', name: 'a host that nobody named', from: 'productpage', host: UNKNOWN, result: 502 },
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
