import type { BookinfoTraffic } from '../constructs/bookinfo';
import { existingService, RestrictedWorkload } from '../constructs/kubernetes';
import { ExternalAuthorization } from '../constructs/patterns';
import { AuthorizationPolicy } from '../constructs/security';
import { AUTHORIZER_PORTS, GRPC_AUTHORIZER, grpcAuthorizer, HTTP_AUTHORIZER, httpAuthorizer } from './authorizers';
import type { CallExpectation, CallResult } from './expectation';
import { pinToV1 } from './routing';
import type { Scenario } from './scenario';

const IMAGE = 'docker.io/istio/ext-authz:1.29.1';

/** Istio's own sample of an authoriser, which lets pass what carries the header `x-ext-authz: allow`. Productpage alone may ask it. */
function addAuthorizer(traffic: BookinfoTraffic): void {
  const { namespace, productpage } = traffic;
  const ports = Object.entries(AUTHORIZER_PORTS).map(([name, port]) => ({ name, port }));
  const service = existingService({ name: 'ext-authz', namespace, ports, serviceAccountName: 'ext-authz' });
  const authorizer = new RestrictedWorkload(traffic, 'Authorizer', { service, image: IMAGE, user: 65532 });
  new AuthorizationPolicy(authorizer, 'Callers', { name: 'ext-authz-callers', namespace, target: service, rules: [{ from: [productpage] }] });
}

function asked(name: string, path: string, header: string | undefined, result: CallResult, contains?: string): CallExpectation {
  return { kind: 'call', name, from: 'gateway', path, ...(header && { headers: { 'x-ext-authz': header } }), result, ...(contains && { contains }) };
}

const REFUSED = 'denied by ext_authz';

function expectations(answerHeaders: CallExpectation['answerHeaders']): readonly CallExpectation[] {
  return [
    { ...asked('refused by the authoriser', '/productpage', undefined, 403, REFUSED), answerHeaders },
    asked('refused for what it says', '/productpage', 'please', 403, REFUSED),
    asked('allowed by the authoriser', '/productpage', 'allow', 200, 'The Comedy of Errors'),
    asked('not asked about', '/static/tailwind/tailwind.css', undefined, 200),
    { ...asked('allowed by it, and by no policy', '/productpage', 'allow', 403, 'RBAC: access denied'), from: 'ratings', host: 'productpage' },
  ];
}

export const extAuthzGrpc: Scenario = {
  name: 'ext-authz-grpc',
  title: 'Somebody else decides, by gRPC',
  summary: 'Productpage asks a service of ours by gRPC whether a request may pass; what the page is made of passes unasked.',
  needs: { extensionProviders: [grpcAuthorizer] },
  publicPage: false,
  apply(traffic) {
    const { productpage, details, reviews, ratings } = traffic;
    pinToV1(productpage, details, reviews, ratings);
    addAuthorizer(traffic);
    new ExternalAuthorization(traffic, 'Authorization', { on: productpage, provider: GRPC_AUTHORIZER, exceptPaths: ['/static/*'] });
  },
  // What it adds to its refusal reaches the client.
  expectations: expectations({ 'x-ext-authz-check-result': 'denied' }),
};

export const extAuthzHttp: Scenario = {
  name: 'ext-authz-http',
  title: 'Somebody else decides, by HTTP',
  summary: 'The same, asked by HTTP: the authoriser is sent the request without its body, with those of its headers that the MeshConfig names.',
  needs: { extensionProviders: [httpAuthorizer] },
  publicPage: false,
  apply(traffic) {
    const { productpage, details, reviews, ratings } = traffic;
    pinToV1(productpage, details, reviews, ratings);
    addAuthorizer(traffic);
    new ExternalAuthorization(traffic, 'Authorization', { on: productpage, provider: HTTP_AUTHORIZER, exceptPaths: ['/static/*'] });
  },
  expectations: expectations(undefined),
};
