import { RequestAuthentication } from '../constructs/security';
import { DEMO_EXPIRED, DEMO_FORGED, DEMO_GUEST, DEMO_ISSUER, DEMO_JWKS, DEMO_READER } from './demo-tokens';
import type { CallExpectation } from './expectation';
import { pinToV1 } from './routing';
import type { Scenario } from './scenario';

const DENIED = 'RBAC: access denied';

/** Three requests from outside the cluster, with a token or without. */
function asked(name: string, path: string, token: string | undefined, result: number, contains?: string): CallExpectation {
  return { kind: 'call', name, from: 'gateway', path, ...(token && { headers: { authorization: `Bearer ${token}` } }), result, contains };
}

export const jwt: Scenario = {
  name: 'jwt',
  title: 'Nobody without a token',
  summary:
    'Productpage wants a JSON web token of an issuer that it knows, and for its API one of the group `readers`; what the page is made of needs none.',
  publicPage: false,
  apply(traffic) {
    const { productpage, details, reviews, ratings } = traffic;
    pinToV1(productpage, details, reviews, ratings);
    const tokens = new RequestAuthentication(traffic, 'Tokens', {
      namespace: productpage.namespace,
      target: productpage,
      jwt: [{ issuer: DEMO_ISSUER, jwks: DEMO_JWKS, forwardOriginalToken: true }],
    });
    tokens.requireToken({ exceptPaths: ['/static/*'] });
    tokens.requireClaim('groups', ['readers'], { paths: ['/api/*'] });
  },
  expectations: [
    asked('no token', '/productpage', undefined, 403, DENIED),
    asked('a forged token', '/productpage', DEMO_FORGED, 401, 'Jwt verification fails'),
    asked('a token that ran out', '/productpage', DEMO_EXPIRED, 401, 'Jwt is expired'),
    asked('a good token', '/productpage', DEMO_GUEST, 200, 'The Comedy of Errors'),
    asked('the API for nobody in particular', '/api/v1/products', DEMO_GUEST, 403, DENIED),
    asked('the API for a reader', '/api/v1/products', DEMO_READER, 200, '"title"'),
    asked('what the page is made of', '/static/tailwind/tailwind.css', undefined, 200),
  ],
};
