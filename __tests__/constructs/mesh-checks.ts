import { App, TerraformStack } from 'cdktf';
import { HTTPRoute, KubernetesGateway } from '../../constructs/gateway-api';
import { MeshChecks } from '../../constructs/istio';
import { existingService, KubernetesObject } from '../../constructs/kubernetes';
import { existingMesh, provideMesh } from '../../constructs/mesh';
import { EgressHost } from '../../constructs/patterns';
import { Destination, DestinationRule, MeshService, Sidecar, VirtualService } from '../../constructs/traffic';

const mesh = existingMesh({
  version: '1.29.1',
  ingressGateway: { selector: { istio: 'ingress' }, namespace: 'istio-ingress', serviceName: 'istio-ingress', serviceAccountName: 'istio-ingress', ports: [80] },
});
const cart = existingService({ name: 'cart', namespace: 'shop', ports: [{ name: 'http', port: 80 }], versions: ['v1', 'v2'] });

/** What the constructs of a stack say at synth: what stops it, and what only warns. */
function verdict(fill: (stack: TerraformStack) => void): { errors: string[]; warnings: string[] } {
  const stack = new TerraformStack(new App({ stackTraces: false }), 'shop');
  provideMesh(stack, mesh);
  fill(stack);
  // Not the stack itself, which misses its providers.
  const constructs = stack.node.findAll().filter((construct) => construct !== stack);
  const errors = constructs.flatMap((construct) => construct.node.validate());
  const warnings = constructs.flatMap(({ node }) => node.metadata.filter(({ type }) => type.endsWith('warn')).map(({ data }) => String(data)));
  return { errors, warnings };
}

test('what Istio would refuse of one object stops the synth, with the construct, the field and the mend', () => {
  const { errors } = verdict((stack) => {
    new DestinationRule(stack, 'Cart', {
      host: cart,
      spec: { trafficPolicy: { loadBalancer: { simple: 'ROUND_ROBIN', consistentHash: { httpHeaderName: 'x' } } } },
    });
  });
  expect(errors.join('\n')).toMatch(/shop\/Cart.*spec\.trafficPolicy\.loadBalancer/);
});

test('what is wrong between objects stops the synth, under the code that Istio has for it', () => {
  const { errors } = verdict((stack) => {
    new MeshChecks(stack, 'Checks', { services: [cart] });
    new VirtualService(stack, 'Checkout', { namespace: 'shop', hosts: ['checkout'], spec: { http: [{ route: [{ destination: { host: 'checkout' } }] }] } });
  });
  expect(errors).toEqual([expect.stringMatching(/^IST0101 shop\/Checkout .*checkout/)]);
});

test('a namespace that joins in ambient mode is in no mesh where there is none', () => {
  const sidecars = existingMesh({ version: '1.29.1', unsupported: { Ambient: { reason: 'only sidecars here', alternative: 'Use sidecars' } } });
  const { errors } = verdict((stack) => {
    provideMesh(stack, sidecars);
    new MeshChecks(stack, 'Checks');
    const metadata = { name: 'shop', labels: { 'istio.io/dataplane-mode': 'ambient' } };
    new KubernetesObject(stack, 'Shop', { apiVersion: 'v1', kind: 'Namespace', metadata, fields: () => ({}) });
  });
  expect(errors).toEqual([expect.stringMatching(/^AI2201 shop\/Shop .*dataplane-mode.*only sidecars here. Use sidecars/)]);
});

test('a sound mesh has nothing to say', () => {
  expect(
    verdict((stack) => {
      new MeshChecks(stack, 'Checks');
      new MeshService(stack, 'Cart', { service: cart }).split({ v1: 90, v2: 10 });
    }),
  ).toEqual({ errors: [], warnings: [] });
});

test('the egress gateway is there, though another stack makes it, and two namespaces share it for a host', () => {
  const exit = { selector: { istio: 'egress' }, namespace: 'istio-egress', serviceName: 'istio-egress', serviceAccountName: 'istio-egress', ports: [80, 443] };
  const through = existingMesh({ version: '1.29.1', ingressGateway: mesh.ingressGateway, egressGateway: exit });
  const found = verdict((stack) => {
    provideMesh(stack, through);
    new MeshChecks(stack, 'Checks');
    const host = { host: 'api.example.com', protocol: 'originate', throughGateway: true } as const;
    new EgressHost(stack, 'Api', { ...host, namespace: 'shop' });
    new EgressHost(stack, 'Again', { ...host, namespace: 'office' });
  });
  expect(found.errors).toEqual([]);
  // Two Gateways for a host, two routes of the sidecars for it; a server outside that nobody verifies.
  expect(found.warnings.join('\n')).not.toMatch(/IST0145|IST0109|IST012[89]/);
});

describe('a finding that is as it should be', () => {
  const twoSidecars = (stack: TerraformStack, acknowledge: (checks: MeshChecks) => void): void => {
    acknowledge(new MeshChecks(stack, 'Checks', { services: [cart] }));
    ['One', 'Other'].forEach((id) => new Sidecar(stack, id, { namespace: 'shop', spec: { egress: [{ hosts: ['./*'] }] } }));
  };

  test('stops the synth until it is acknowledged', () => {
    expect(verdict((stack) => twoSidecars(stack, () => undefined)).errors.join('\n')).toContain('IST0111');
    expect(verdict((stack) => twoSidecars(stack, (checks) => checks.acknowledge('IST0111', 'shop', 'one is about to go'))).errors).toEqual([]);
  });

  test('needs a reason', () => {
    expect(() => verdict((stack) => twoSidecars(stack, (checks) => checks.acknowledge('IST0111', 'shop', ' ')))).toThrow('has a reason');
  });
});

test('objects that constructs only pass on are checked too, and what Istio merely warns of is an annotation', () => {
  const { errors, warnings } = verdict((stack) => {
    new MeshChecks(stack, 'Checks', { services: [cart] });
    new MeshService(stack, 'Cart', { service: cart });
    new VirtualService(stack, 'Shares', { namespace: 'shop', hosts: [cart] }).addRoute({
      to: [Destination.of(cart, 'v1').weighted(1), Destination.of(cart, 'v2').weighted(2)],
    });
    new KubernetesObject(stack, 'Plain', {
      apiVersion: 'security.istio.io/v1',
      kind: 'AuthorizationPolicy',
      metadata: { name: 'plain', namespace: 'shop' },
      fields: () => ({ spec: { action: 'DENY' } }),
    });
  });
  expect(errors).toEqual([expect.stringMatching(/^AI0801 shop\/Plain .*spec\.rules/)]);
  expect(warnings).toEqual([expect.stringMatching(/^AI0114 shop\/Shares .*spec\.http\[0\]\.route: \[1,2\]/)]);
});

test('the Gateway API is held against itself by the codes of the command line', () => {
  const { errors, warnings } = verdict((stack) => {
    new MeshChecks(stack, 'Checks', { services: [cart] });
    const gateway = new KubernetesGateway(stack, 'Front', { namespace: 'shop', hosts: ['shop.example.com'] });
    new HTTPRoute(stack, 'Cart', { namespace: 'shop', parents: [gateway], hosts: ['shop.example.org'], rules: [{ to: { service: cart } }] });
    new KubernetesObject(stack, 'Plain', {
      apiVersion: 'gateway.networking.k8s.io/v1',
      kind: 'HTTPRoute',
      metadata: { name: 'plain', namespace: 'shop' },
      fields: () => ({ spec: { parentRefs: [{ name: 'front' }], hostnames: ['shop.example.com'], rules: [{ backendRefs: [{ name: 'card', port: 80, prot: 1 }] }] } }),
    });
  });
  expect(errors.map((text) => text.split(' ').slice(0, 2).join(' ')).sort()).toEqual(['AI0001 shop/Plain', 'AI2104 shop/Cart', 'AI2105 shop/Plain']);
  expect(warnings).toEqual([]);
});

test('warnings are annotations', () => {
  const { errors, warnings } = verdict((stack) => {
    new MeshChecks(stack, 'Checks', { services: [cart] });
    const gateway = { selector: { istio: 'ingress' }, servers: [{ port: { number: 80, name: 'http', protocol: 'HTTP' }, hosts: ['*'] }] };
    new KubernetesObject(stack, 'Gateway', {
      apiVersion: 'networking.istio.io/v1',
      kind: 'Gateway',
      metadata: { name: 'gateway', namespace: 'shop' },
      fields: () => ({ spec: gateway }),
    });
    new MeshService(stack, 'Cart', { service: cart }).split({ v1: 100 });
    new VirtualService(stack, 'Ingress', {
      namespace: 'shop',
      hosts: ['*'],
      gateways: ['gateway'],
      spec: { http: [{ route: [{ destination: { host: 'cart.shop.svc.cluster.local' } }] }] },
    });
  });
  expect(errors).toEqual([]);
  expect(warnings).toEqual([expect.stringMatching(/^IST0140 shop\/Ingress/)]);
});
