import { App, TerraformStack, Testing } from 'cdktf';
import { parseStack } from '../../cli/engine/stack-file';
import { kubeconfigCluster } from '../../constructs/cluster';
import {
  BackendTLSPolicy,
  GRPCRoute,
  HTTPRoute,
  KubernetesGateway,
  ReferenceGrant,
  TCPRoute,
  TLSRoute,
  VersionedService,
  VersionServices,
} from '../../constructs/gateway-api';
import { ClusterProviders } from '../../constructs/kubernetes/providers';
import { existingService } from '../../constructs/kubernetes/service';
import { existingMesh, provideMesh } from '../../constructs/mesh';
import type { AnyObject } from '../../constructs/model';
import { LuaFilter } from '../../constructs/patterns';
import { RequestAuthentication } from '../../constructs/security';
import { Duration, Match, Redirect, Rewrite } from '../../constructs/traffic';
import { DEMO_ISSUER, DEMO_JWKS } from '../../scenarios/demo-tokens';
import { must } from '../runner';
import { FAR, NAMESPACE, PORTS, SERVER_NAME } from './workloads';

/** The node has no load balancer. */
const MESH = existingMesh({ version: '1.29.1', gatewayApi: { version: '1.4.0', channel: 'experimental' }, loadBalancer: false });
export const GATEWAY = 'public';
export const HOSTS = {
  shop: 'shop.example.com',
  split: 'split.example.com',
  grpc: 'grpc.example.com',
  through: 'through.example.com',
  far: 'far.example.com',
  secure: 'secure.example.com',
  front: 'front.example.com',
} as const;

/** Whose scripts may call. */
export const ORIGIN = 'https://app.example.com';

const web = existingService({
  name: 'web',
  namespace: NAMESPACE,
  ports: [
    { name: 'http', port: 80, targetPort: PORTS.http },
    { name: 'grpc', port: PORTS.grpc },
    { name: 'tcp', port: PORTS.tcp },
    { name: 'https', port: 443, targetPort: PORTS.tls },
  ],
  versions: ['v1', 'v2'],
});
const plain = existingService({ name: 'web', namespace: NAMESPACE, ports: [web.ports[0]!], versions: ['v1', 'v2'] });
const far = existingService({ name: 'far', namespace: FAR, ports: [{ name: 'http', port: 80 }] });

/** A gateway with a listener for every protocol, and a route of every kind. */
export function routeObjects(): AnyObject[] {
  return objectsOf((stack) => {
    const versions = new VersionServices(stack, 'Versions', { service: web });
    const [v1, v2] = [versions.of('v1'), versions.of('v2')];
    const to = (service: typeof v1, port = 80) => ({ service, port });
    const gateway = new KubernetesGateway(stack, 'Gateway', { name: GATEWAY, namespace: NAMESPACE, hosts: [HOSTS.front], tls: { certificates: ['front'], mode: 'MUTUAL' } })
      .addListener({ name: 'web', port: 80, protocol: 'HTTP' })
      .addListener({ name: 'tcp', port: PORTS.tcp, protocol: 'TCP' })
      .addListener({ name: 'tls', port: PORTS.tls, protocol: 'TLS', hostname: HOSTS.through, tls: { mode: 'Passthrough' } });
    const parents = [{ gateway, listener: 'web' }];
    const common = { namespace: NAMESPACE, parents };

    new HTTPRoute(stack, 'Shop', { ...common, hosts: [HOSTS.shop] })
      .addRule({ to: to(v1) })
      .addRule({ match: Match.header('end-user').exact('jason'), to: to(v2) })
      .addRule({ match: Match.path().prefix('/api'), rewrite: Rewrite.prefix('/v2').and(Rewrite.authority('inner')), to: to(v1) })
      .addRule({ match: Match.path().exact('/old'), redirect: Redirect.to({ scheme: 'https', host: 'new.example.com', path: '/home', status: 301 }) })
      .addRule({ match: Match.path().prefix('/copied'), to: to(v1), mirror: { to: to(v2) } })
      .addRule({ match: Match.path().prefix('/wait'), to: to(v1), timeout: Duration.seconds(2) })
      .addRule({
        match: Match.path().exact('/headers'),
        to: to(v1),
        headers: { request: { set: { lane: 'fast' }, remove: ['cookie'] }, response: { add: { served: 'yes' } } },
      })
      .addRule({ match: Match.path().exact('/shared'), to: to(v1), cors: { origins: [ORIGIN], methods: ['GET', 'PUT'], headers: ['x-token'], maxAge: Duration.minutes(1) } })
      // More than Istio's own two, and for a status.
      .addRule({ match: Match.path().prefix('/fails'), to: to(v1), retries: { attempts: 3, codes: [503], backoff: Duration.millis(10) } });
    // The gateway's pods serve TCP too, which has no token.
    new RequestAuthentication(stack, 'Tokens', { target: gateway, jwt: [{ issuer: DEMO_ISSUER, jwks: DEMO_JWKS }] }).requireToken({ paths: ['/token'], ports: [80] });
    new LuaFilter(stack, 'Lua', { on: gateway, port: 80, code: "function envoy_on_response(handle)\n  handle:headers():add('x-served-by', 'gateway')\nend" });
    new VersionedService(stack, 'Split', { versions: VersionServices.existing(plain), parents, hosts: [HOSTS.split] }).split({ v1: 75, v2: 25 });
    new HTTPRoute(stack, 'Front', { namespace: NAMESPACE, parents: [gateway], hosts: [HOSTS.front], rules: [{ to: to(v2) }] });
    new GRPCRoute(stack, 'Calls', { ...common, hosts: [HOSTS.grpc] })
      .addRule({ match: { method: { service: 'shop.Cart' } }, to: to(v1, PORTS.grpc) })
      .addRule({ match: { method: { service: 'shop.Cart', method: 'Empty' } }, to: to(v2, PORTS.grpc) })
      .addRule({ match: Match.header('lane').exact('v2'), to: to(v2, PORTS.grpc) });
    new TCPRoute(stack, 'Connections', { namespace: NAMESPACE, parents: [{ gateway, listener: 'tcp' }], to: to(v2, PORTS.tcp) });
    new TLSRoute(stack, 'Through', { namespace: NAMESPACE, parents: [{ gateway, listener: 'tls' }], hosts: [HOSTS.through], to: to(v2, 443) });
    new HTTPRoute(stack, 'Far', { ...common, hosts: [HOSTS.far], rules: [{ to: far }] });
    new HTTPRoute(stack, 'Secure', { ...common, hosts: [HOSTS.secure], rules: [{ to: to(v1, 443) }] });
  });
}

/** What lets the route to the other namespace in. */
export function grantObjects(): AnyObject[] {
  return objectsOf(
    (stack) => new ReferenceGrant(stack, 'Grant', { namespace: FAR, from: [{ kind: 'HTTPRoute', namespace: NAMESPACE }], to: [{ kind: 'Service', name: 'far' }] }),
  );
}

/** How the gateway speaks TLS to the Service of v1; by another name, its certificate does not fit. */
export function tlsPolicyObjects(hostname = SERVER_NAME): AnyObject[] {
  const service = VersionServices.existing(web).of('v1');
  return objectsOf((stack) => new BackendTLSPolicy(stack, 'WebTls', { service, port: 'https', hostname, trust: { configMap: 'web-ca' } }));
}

/** The objects that Terraform would make of constructs, checked as a synth checks them. */
function objectsOf(build: (stack: TerraformStack) => unknown): AnyObject[] {
  const stack = new TerraformStack(new App({ stackTraces: false }), 'gateway-api');
  new ClusterProviders(stack, 'Providers', { cluster: kubeconfigCluster({ path: '~/.kube/config', context: 'any' }) });
  provideMesh(stack, MESH);
  build(stack);
  const { objects, unreadable } = parseStack('gateway-api', '.', JSON.parse(Testing.synth(stack, true)) as object);
  must(unreadable.length === 0, unreadable.join(', '));
  return objects.map(({ object }) => object as unknown as AnyObject);
}
