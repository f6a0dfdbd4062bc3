import { DEMO_CERTIFICATE, SHOP_HOST } from './certificates';
import { pinToV1 } from './routing';
import type { Scenario } from './scenario';

const TITLE = 'The Comedy of Errors';

export const ingressHttps: Scenario = {
  name: 'ingress-https',
  title: 'HTTPS at the gateway',
  summary: `The gateway serves ${SHOP_HOST} by HTTPS, with a certificate of its own, and leads plain HTTP there; other hosts stay with plain HTTP.`,
  needs: { certificates: [DEMO_CERTIFICATE] },
  apply({ gateway, productpage, details, reviews, ratings }) {
    pinToV1(productpage, details, reviews, ratings);
    gateway.addHosts([SHOP_HOST], { credentialName: DEMO_CERTIFICATE.secretName });
  },
  expectations: [
    { kind: 'split', service: 'reviews', shares: { v1: 100 } },
    {
      ...{ kind: 'call', name: 'plain HTTP is led on', from: 'gateway', host: SHOP_HOST, path: '/productpage', result: 301 },
      answerHeaders: { location: `https://${SHOP_HOST}/productpage` },
    },
    {
      ...{ kind: 'call', name: 'HTTPS', from: 'gateway', scheme: 'https', host: SHOP_HOST, path: '/productpage', result: 200, contains: TITLE },
      certificateFor: SHOP_HOST,
    },
    { kind: 'call', name: 'HTTPS for another host', from: 'gateway', scheme: 'https', host: 'other.bookinfo.example', path: '/productpage', result: 'refused' },
    { kind: 'call', name: 'plain HTTP for another host', from: 'gateway', host: 'other.bookinfo.example', path: '/productpage', result: 200, contains: TITLE },
  ],
};
