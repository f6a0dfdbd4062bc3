import { DeploymentV1 } from '@cdktf/provider-kubernetes/lib/deployment-v1';
import { ServiceAccountV1 } from '@cdktf/provider-kubernetes/lib/service-account-v1';
import { ServiceV1 } from '@cdktf/provider-kubernetes/lib/service-v1';
import { Construct } from 'constructs';
import type { BookinfoTraffic } from '../constructs/bookinfo';
import { existingService } from '../constructs/kubernetes/service';
import { ExternalAuthorization } from '../constructs/patterns';
import { AuthorizationPolicy } from '../constructs/security';
import { AUTHORIZER_PORTS, GRPC_AUTHORIZER, HTTP_AUTHORIZER } from './authorizers';
import type { CallExpectation, CallResult } from './expectation';
import { pinToV1 } from './routing';
import type { Scenario } from './scenario';

const IMAGE = 'docker.io/istio/ext-authz:1.29.1';

/** Istio's own sample of an authoriser, which lets pass what carries the header `x-ext-authz: allow`. Productpage alone may ask it. */
function addAuthorizer(traffic: BookinfoTraffic): void {
  const scope = new Construct(traffic, 'Authorizer');
  const { namespace, productpage } = traffic;
  const ports = Object.entries(AUTHORIZER_PORTS).map(([name, port]) => ({ name, port }));
  const service = existingService({ name: 'ext-authz', namespace, ports, serviceAccountName: 'ext-authz' });
  const { name, serviceAccountName } = service;
  const labels = { ...service.labels };
  const account = new ServiceAccountV1(scope, 'ServiceAccount', { metadata: { name: serviceAccountName, namespace }, automountServiceAccountToken: false });
  new ServiceV1(scope, 'Resource', { metadata: { name, namespace, labels }, spec: { selector: labels, port: ports } });
  new DeploymentV1(scope, 'Deployment', {
    metadata: { name, namespace, labels },
    spec: {
      replicas: '1',
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          serviceAccountName,
          automountServiceAccountToken: false,
          securityContext: { runAsNonRoot: true, runAsUser: '65532', seccompProfile: { type: 'RuntimeDefault' } },
          container: [
            {
              name,
              image: IMAGE,
              port: ports.map(({ port }) => ({ containerPort: port })),
              readinessProbe: { tcpSocket: [{ port: String(AUTHORIZER_PORTS.grpc) }], periodSeconds: 2 },
              resources: { requests: { cpu: '10m', memory: '32Mi' }, limits: { cpu: '200m', memory: '128Mi' } },
              securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } },
            },
          ],
        },
      },
    },
    waitForRollout: true,
    dependsOn: [account],
  });
  new AuthorizationPolicy(scope, 'Callers', { name: 'ext-authz-callers', namespace, workload: service, rules: [{ from: [productpage] }] });
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
  needs: { extensionProviders: [GRPC_AUTHORIZER] },
  publicPage: false,
  apply(traffic) {
    const { productpage, details, reviews, ratings } = traffic;
    pinToV1(productpage, details, reviews, ratings);
    addAuthorizer(traffic);
    new ExternalAuthorization(traffic, 'Authorization', { on: productpage, provider: GRPC_AUTHORIZER.name, exceptPaths: ['/static/*'] });
  },
  // What it adds to its refusal reaches the client.
  expectations: expectations({ 'x-ext-authz-check-result': 'denied' }),
};

export const extAuthzHttp: Scenario = {
  name: 'ext-authz-http',
  title: 'Somebody else decides, by HTTP',
  summary: 'The same, asked by HTTP: the authoriser is sent the request without its body, with those of its headers that the MeshConfig names.',
  needs: { extensionProviders: [HTTP_AUTHORIZER] },
  publicPage: false,
  apply(traffic) {
    const { productpage, details, reviews, ratings } = traffic;
    pinToV1(productpage, details, reviews, ratings);
    addAuthorizer(traffic);
    new ExternalAuthorization(traffic, 'Authorization', { on: productpage, provider: HTTP_AUTHORIZER.name, exceptPaths: ['/static/*'] });
  },
  expectations: expectations(undefined),
};
