import { Lazy, TerraformStack } from 'cdktf';
import { BookinfoVersions, bookinfoServices } from '../../constructs/bookinfo';
import {
  BackendTLSPolicy,
  GRPCRoute,
  HTTPRoute,
  HTTPRule,
  KubernetesGateway,
  ReferenceGrant,
  TCPRoute,
  TLSRoute,
  VersionedService,
  VersionServices,
} from '../../constructs/gateway-api';
import { EnvoyFilter, istioAtLeast, PolicyTarget, ProxyConfig, Target, TrafficExtension, WasmPlugin } from '../../constructs/istio';
import type { GatewayApi } from '../../constructs/cluster/cluster';
import { existingAksCluster, kubeconfigCluster } from '../../constructs/cluster/existing-cluster';
import { managedGatewayApi } from '../../constructs/cluster/managed-gateway-api';
import { existingService } from '../../constructs/kubernetes/service';
import { AksIstioAddon } from '../../constructs/mesh/aks-istio-addon';
import { existingMesh } from '../../constructs/mesh/existing-mesh';
import { HelmIstio } from '../../constructs/mesh/helm-istio';
import { IMesh } from '../../constructs/mesh/mesh';
import { modelOf } from '../../constructs/model/from-constructs';
import { Telemetry } from '../../constructs/observability';
import { AuthorizationPolicy, Condition, MtlsMigration, PeerAuthentication, RequestAuthentication, Source } from '../../constructs/security';
import {
  corsPolicy,
  Destination,
  DestinationRule,
  type DestinationRuleProps,
  Duration,
  Gateway,
  LoadBalancing,
  Match,
  MeshService,
  Percent,
  Redirect,
  Rewrite,
  ServiceEntry,
  Sidecar,
  trafficPolicy,
  UpstreamTls,
  VirtualService,
  WorkloadEntry,
  WorkloadGroup,
} from '../../constructs/traffic';
import { Problem, ProblemError } from '../../constructs/validation';
import { complaints, MESH, meshStack, rendered, specsOf } from '../rendered';

const namespace = 'shop';
const reviews = existingService({ name: 'reviews', namespace, ports: [{ name: 'http', port: 9080 }], versions: ['v1', 'v2'] });
const cart = existingService({ name: 'cart', namespace, ports: [{ name: 'http', port: 80 }, { name: 'grpc', port: 90 }] });
const HOST = 'reviews.shop.svc.cluster.local';
const newer = existingMesh({ version: '1.31.0' });

function refusal(build: (stack: TerraformStack) => void, mesh?: IMesh): string {
  const stack = meshStack(mesh);
  build(stack);
  return complaints(stack).join('\n');
}

function problemsIn(build: () => unknown): readonly Problem[] {
  try {
    build();
  } catch (error) {
    return (error as ProblemError).problems;
  }
  return [];
}

function addon(revision = 'asm-1-29', gatewayApi?: GatewayApi): IMesh {
  const stack = meshStack();
  const cluster = existingAksCluster({ name: 'aks', resourceGroupName: 'rg', gatewayApi });
  return new AksIstioAddon(stack, 'Mesh', { cluster, revisions: [revision] } as never);
}

function helm(gatewayApi?: GatewayApi): IMesh {
  return new HelmIstio(meshStack(), 'Mesh', { cluster: kubeconfigCluster({ path: '/k', gatewayApi }), version: '1.29.1' });
}

describe('networking', () => {
  test('a ServiceEntry chooses protocols by port, and resolution by what it is', () => {
    const resolutions = (props: Partial<ConstructorParameters<typeof ServiceEntry>[2]>) =>
      specsOf((stack) => new ServiceEntry(stack, 'Api', { namespace, hosts: ['api.example.com'], ...props }))['ServiceEntry api'];
    expect(resolutions({ ports: [80, 443, { number: 6379, protocol: 'REDIS', name: 'cache', targetPort: 7000 }] })).toEqual({
      hosts: ['api.example.com'],
      ports: [
        { number: 80, protocol: 'HTTP', name: 'http-80' },
        { number: 443, protocol: 'TLS', name: 'tls-443' },
        { number: 6379, protocol: 'REDIS', name: 'cache', targetPort: 7000 },
      ],
      location: 'MESH_EXTERNAL',
      resolution: 'DNS',
    });
    expect(resolutions({ hosts: ['*.example.com'] })).toMatchObject({ resolution: 'NONE' });
    expect(resolutions({ endpoints: [{ address: '10.0.0.4' }] })).toMatchObject({ resolution: 'STATIC', endpoints: [{ address: '10.0.0.4' }] });
    expect(resolutions({ endpoints: [{ address: 'db.example.com' }] })).toMatchObject({ resolution: 'DNS' });
    expect(resolutions({ workload: { labels: { app: 'vm' } }, location: 'MESH_INTERNAL' })).toMatchObject({
      resolution: 'STATIC',
      workloadSelector: { labels: { app: 'vm' } },
    });
  });

  test('a ServiceEntry without a host, for every host, or with one port twice is refused with all of it', () => {
    const refuse = (hosts: string[], ports: number[]) => () => new ServiceEntry(meshStack(), 'Api', { namespace, hosts, ports });
    expect(refuse([], [443])).toThrow(/names at least one host/);
    expect(refuse(['*'], [80, 80])).toThrow(/hosts\[0\]: "\*"[^]*ports\[1\]\.number: 80/);
  });

  test('a Sidecar knows Services by their namespace and refuses what has none', () => {
    const specs = specsOf((stack) => new Sidecar(stack, 'Default', { namespace, reaches: ['web/*'], unknownHosts: 'REGISTRY_ONLY' }).addReach(reviews));
    expect(specs['Sidecar default']).toEqual({ egress: [{ hosts: ['web/*', `shop/${HOST}`] }], outboundTrafficPolicy: { mode: 'REGISTRY_ONLY' } });
    expect(refusal((stack) => new Sidecar(stack, 'Bad', { namespace, reaches: ['reviews'] }))).toContain('Write ./reviews for this namespace');
    expect(refusal((stack) => new Sidecar(stack, 'Empty', { namespace, workload: reviews }))).toContain('a Sidecar narrows something');
  });

  test('a Sidecar with listeners of its own', () => {
    const specs = specsOf((stack) =>
      new Sidecar(stack, 'Own', { namespace, workload: reviews, reaches: ['*/*'] })
        .addEgressListener({ port: { number: 3306, name: 'tcp-mysql', protocol: 'MYSQL' }, bind: '127.0.0.1', captureMode: 'NONE', hosts: ['./*'] })
        .addIngressListener({ port: { number: 9080, name: 'http', protocol: 'HTTP' }, defaultEndpoint: '127.0.0.1:8080' }),
    );
    expect(specs['Sidecar own']).toMatchObject({ workloadSelector: { labels: { app: 'reviews' } }, egress: [{ bind: '127.0.0.1' }, { hosts: ['*/*'] }] });
  });

  test('machines: one entry, and a group that registers itself', () => {
    const specs = specsOf((stack) => {
      new WorkloadEntry(stack, 'Vm1', { namespace, address: '10.1.0.4', labels: { app: 'db' }, serviceAccountName: 'db', ports: { 'tcp-db': 5432 } });
      new WorkloadGroup(stack, 'Db', { namespace, serviceAccountName: 'db', probe: { tcpSocket: { port: 5432 } } });
    });
    expect(specs['WorkloadEntry vm1']).toEqual({ address: '10.1.0.4', labels: { app: 'db' }, serviceAccount: 'db', ports: { 'tcp-db': 5432 } });
    expect(specs['WorkloadGroup db']).toMatchObject({ metadata: { labels: { app: 'db' } }, template: { serviceAccount: 'db' } });
    expect(() => new WorkloadEntry(meshStack(), 'Nowhere', { namespace })).toThrow(/Give `address` or `network`/);
  });

  test('an EnvoyFilter puts an HTTP filter before the router of the selected proxies', () => {
    const specs = specsOf((stack) =>
      new EnvoyFilter(stack, 'Headers', { namespace, target: reviews, priority: 10 }).addHttpFilter(
        { name: 'envoy.filters.http.lua', type: 'envoy.extensions.filters.http.lua.v3.Lua', config: { a: 1 } },
        { port: 9080 },
      ),
    );
    expect(specs['EnvoyFilter headers']).toEqual({
      workloadSelector: { labels: { app: 'reviews' } },
      priority: 10,
      configPatches: [
        {
          applyTo: 'HTTP_FILTER',
          match: {
            context: 'SIDECAR_INBOUND',
            listener: {
              portNumber: 9080,
              filterChain: { filter: { name: 'envoy.filters.network.http_connection_manager', subFilter: { name: 'envoy.filters.http.router' } } },
            },
          },
          patch: {
            operation: 'INSERT_BEFORE',
            value: { name: 'envoy.filters.http.lua', typed_config: { '@type': 'type.googleapis.com/envoy.extensions.filters.http.lua.v3.Lua', a: 1 } },
          },
        },
      ],
    });
    expect(refusal((stack) => new EnvoyFilter(stack, 'Nothing', { namespace }))).toContain('without patches does nothing');
  });

  test('a ProxyConfig', () => {
    const specs = specsOf((stack) => new ProxyConfig(stack, 'Small', { namespace, concurrency: 1, environment: { A: 'b' }, imageType: 'distroless' }));
    expect(specs['ProxyConfig small']).toEqual({ concurrency: 1, environmentVariables: { A: 'b' }, image: { imageType: 'distroless' } });
  });
});

describe('intent of routes', () => {
  test('TCP and TLS routes take destinations; a delegate decides further; CORS is in whole seconds', () => {
    const specs = specsOf((stack) => {
      const gateway = new Gateway(stack, 'Public', { namespace });
      const inner = new VirtualService(stack, 'Inner', { namespace, hosts: [] }).addRoute({ to: Destination.of(reviews) });
      new VirtualService(stack, 'Outer', { namespace, hosts: ['shop.example.com'], gateways: [gateway] })
        .addRoute({ match: Match.path().prefix('/reviews'), delegate: inner })
        .addRoute({
          to: Destination.of(reviews),
          cors: corsPolicy({ origins: ['https://a.example', { prefix: 'https://b.' }], methods: ['GET'], maxAge: Duration.hours(1) }),
          retries: { attempts: 2, on: ['5xx'], backoff: Duration.millis(50), otherLocalities: true },
        });
      new VirtualService(stack, 'Layer4', { namespace, hosts: ['db.example.com'] })
        .addTcpRoute({ match: { port: 5432 }, to: [Destination.of(reviews).weighted(90), Destination.host('old').weighted(10)] })
        .addTlsRoute({ sniHosts: ['db.example.com'], match: { port: 443 }, to: Destination.of(reviews) });
    });
    expect(specs['VirtualService inner']).toEqual({ http: [{ route: [{ destination: { host: HOST } }] }] });
    expect(specs['VirtualService outer']).toMatchObject({
      http: [
        { delegate: { name: 'inner', namespace } },
        {
          corsPolicy: { allowOrigins: [{ exact: 'https://a.example' }, { prefix: 'https://b.' }], maxAge: '3600s' },
          retries: { attempts: 2, retryOn: '5xx', backoff: '50ms', retryRemoteLocalities: true },
        },
      ],
    });
    expect(specs['VirtualService layer4']).toMatchObject({
      tcp: [{ match: [{ port: 5432 }], route: [{ destination: { host: HOST }, weight: 90 }, { destination: { host: 'old' }, weight: 10 }] }],
      tls: [{ match: [{ sniHosts: ['db.example.com'], port: 443 }], route: [{ destination: { host: HOST } }] }],
    });
    expect(() => corsPolicy({ origins: [], maxAge: Duration.millis(1500) })).toThrow(/allows some origin[^]*whole seconds/);
  });

  test('retries and timeout of a service are for the routes that say nothing of them', () => {
    const specs = specsOf((stack) => {
      const service = new MeshService(stack, 'Reviews', { service: reviews }).retry({ attempts: 3 }).timeoutAfter(Duration.seconds(2));
      service.route({ match: Match.method('POST'), to: 'v2', retries: { attempts: 0 } });
    });
    expect(specs['VirtualService reviews']).toMatchObject({
      http: [
        { match: [{}], retries: { attempts: 0 }, timeout: '2s' },
        { retries: { attempts: 3 }, timeout: '2s' },
      ],
    });
  });

  test.each<[string, LoadBalancing, object]>([
    ['least requests', LoadBalancing.leastRequest(), { simple: 'LEAST_REQUEST' }],
    ['round robin', LoadBalancing.roundRobin(), { simple: 'ROUND_ROBIN' }],
    ['header', LoadBalancing.byHeader('x-user'), { consistentHash: { httpHeaderName: 'x-user' } }],
    ['cookie', LoadBalancing.byCookie('id', Duration.hours(1)), { consistentHash: { httpCookie: { name: 'id', ttl: '3600s' } } }],
    ['parameter', LoadBalancing.byQueryParam('id'), { consistentHash: { httpQueryParameterName: 'id' } }],
    ['address', LoadBalancing.bySourceIp(), { consistentHash: { useSourceIp: true } }],
    [
      'failover',
      LoadBalancing.random().failover({ westeurope: 'northeurope' }),
      { simple: 'RANDOM', localityLbSetting: { enabled: true, failover: [{ from: 'westeurope', to: 'northeurope' }] } },
    ],
    [
      'failover by region and label',
      LoadBalancing.leastRequest().failover({ westeurope: 'northeurope' }).failoverPriority('rack'),
      {
        simple: 'LEAST_REQUEST',
        localityLbSetting: { enabled: true, failover: [{ from: 'westeurope', to: 'northeurope' }], failoverPriority: ['rack'] },
      },
    ],
    [
      'distribution',
      LoadBalancing.roundRobin().distribute({ 'westeurope/*': { 'westeurope/*': 80, 'northeurope/*': 20 } }).warmup(Duration.seconds(60)),
      {
        simple: 'ROUND_ROBIN',
        warmup: { duration: '60s' },
        localityLbSetting: { enabled: true, distribute: [{ from: 'westeurope/*', to: { 'westeurope/*': 80, 'northeurope/*': 20 } }] },
      },
    ],
  ])('load balancing by %s', (_name, loadBalancing, expected) => {
    const specs = specsOf((stack) => new DestinationRule(stack, 'Reviews', { host: reviews, trafficPolicy: trafficPolicy({ loadBalancing, ejection: {} }) }));
    expect(specs['DestinationRule reviews']!.trafficPolicy).toMatchObject({ loadBalancer: expected });
  });

  test('limits, ejection, TLS and single ports', () => {
    const policy = trafficPolicy({
      limits: {
        connections: 10,
        pendingRequests: 1,
        requestsPerConnection: 1,
        connectTimeout: Duration.millis(500),
        tcpKeepalive: { time: Duration.minutes(5), interval: Duration.seconds(30), probes: 3 },
      },
      retryBudget: { percent: 25, minConcurrency: 5 },
      ejection: { consecutiveErrors: 3, gatewayErrorsOnly: true, interval: Duration.seconds(1), ejectionTime: Duration.minutes(3), maxPercent: 100 },
      tls: UpstreamTls.mutual('client-cert', 'db.example.com'),
      ports: { 8080: { tls: UpstreamTls.disable() } },
    });
    const workload = { labels: { app: 'web' } };
    const props = { namespace, host: 'db.example.com', trafficPolicy: policy, workload, exportTo: ['.'] };
    expect(specsOf((stack) => new DestinationRule(stack, 'Db', props))['DestinationRule db']).toEqual({
      host: 'db.example.com',
      exportTo: ['.'],
      workloadSelector: { matchLabels: { app: 'web' } },
      trafficPolicy: {
        connectionPool: {
          tcp: { maxConnections: 10, connectTimeout: '500ms', tcpKeepalive: { time: '300s', interval: '30s', probes: 3 } },
          http: { http1MaxPendingRequests: 1, maxRequestsPerConnection: 1 },
        },
        retryBudget: { percent: 25, minRetryConcurrency: 5 },
        outlierDetection: { consecutiveGatewayErrors: 3, consecutive5xxErrors: 0, interval: '1s', baseEjectionTime: '180s', maxEjectionPercent: 100 },
        tls: { mode: 'MUTUAL', credentialName: 'client-cert', sni: 'db.example.com', subjectAltNames: ['db.example.com'] },
        portLevelSettings: [{ port: { number: 8080 }, tls: { mode: 'DISABLE' } }],
      },
    });
  });

  test('what an options object says of TLS replaces what would be verified', () => {
    expect(UpstreamTls.simple().toSpec()).toEqual({ mode: 'SIMPLE', caCertificates: 'system' });
    expect(UpstreamTls.simple('a.b', { subjectAltNames: ['c.d'], caCertificates: '/ca.pem' }).toSpec()).toEqual(
      { mode: 'SIMPLE', sni: 'a.b', subjectAltNames: ['c.d'], caCertificates: '/ca.pem' },
    );
    expect(UpstreamTls.simple('a.b', { insecureSkipVerify: true }).toSpec()).toEqual({ mode: 'SIMPLE', sni: 'a.b', insecureSkipVerify: true });
  });

  test('a Secret that sidecars would not read is refused, wherever it stands, unless gateways alone call the host', () => {
    const tls = UpstreamTls.mutual('client-cert');
    const said = (props: Partial<DestinationRuleProps>): string => {
      const stack = meshStack();
      const rule = new DestinationRule(stack, 'R', { host: 'db.example.com', namespace, ...props });
      rule.addSubset({ name: 'v1', trafficPolicy: trafficPolicy({ ports: { 443: { tls } } }) });
      return complaints(stack).join('\n');
    };
    expect(said({ trafficPolicy: trafficPolicy({ tls }) })).toMatch(/R: trafficPolicy\.tls\.credentialName: "client-cert": sidecars read/);
    expect(said({})).toMatch(/R: subsets\[0\]\.trafficPolicy\.portLevelSettings\[0\]\.tls\.credentialName/);
    expect([said({ onlyGateways: true }), said({ workload: reviews })]).toEqual(['', '']);
  });

  test('failover needs ejection where it holds, whenever that was added', () => {
    const loadBalancing = LoadBalancing.random().failover({ a: 'b' });
    const said = (build: (rule: DestinationRule) => void): string => {
      const stack = meshStack();
      build(new DestinationRule(stack, 'R', { host: reviews, trafficPolicy: trafficPolicy({ loadBalancing }) }));
      return complaints(stack).join('\n');
    };
    const ejection = trafficPolicy({ ejection: {} });
    expect(said(() => undefined)).toMatch(/R: trafficPolicy\.loadBalancer\.localityLbSetting: .*failover needs ejection/);
    expect(said((rule) => rule.addPolicy(ejection).addSubset({ name: 'v9', trafficPolicy: trafficPolicy({ loadBalancing }) }))).toBe('');
    // Settings of a port inherit nothing.
    const onPort = trafficPolicy({ ports: { 80: { loadBalancing } } });
    expect(said((rule) => rule.addPolicy({ ...ejection, ...onPort }))).toMatch(/portLevelSettings\[0\].*failover needs/);
  });

  test('a rule for the calls of some pods is none for others to add to, though its subsets are known', () => {
    const stack = meshStack();
    new DestinationRule(stack, 'Some', { host: reviews, workload: reviews }).addSubset({ name: 'canary', labels: { track: 'canary' } });
    expect(DestinationRule.forHost(stack, HOST)).toEqual([]);
    expect(DestinationRule.subsetsOf(stack, HOST)).toContain('canary');
  });

  test('a ServiceEntry is a host of rules, routes and destinations', () => {
    const specs = specsOf((stack) => {
      const entry = new ServiceEntry(stack, 'Db', { namespace, hosts: ['db.example.com'], ports: [5432] });
      new DestinationRule(stack, 'Rule', { host: entry });
      new VirtualService(stack, 'Route', { namespace, hosts: [entry], exportTo: ['.'] }).addTcpRoute({ to: Destination.host(entry, { port: 5432 }) });
      expect(() => Destination.host(entry, { port: 80 })).toThrow(/db\.example\.com has the ports 5432/);
    });
    expect(specs['DestinationRule rule']).toEqual({ host: 'db.example.com' });
    expect(specs['VirtualService route']).toEqual({
      hosts: ['db.example.com'],
      exportTo: ['.'],
      tcp: [{ route: [{ destination: { host: 'db.example.com', port: { number: 5432 } } }] }],
    });
    expect(() => Destination.host({ namespace, hosts: ['a.b', 'c.d'], ports: [] })).toThrow(/\["a\.b","c\.d"\].*Name one/);
  });

  test('bad policies are refused', () => {
    expect(() => LoadBalancing.random().distribute({ a: { a: 50 } })).toThrow(/these make 50/);
    expect(() => LoadBalancing.random().distribute({ a: { a: 100 } }).failover({ a: 'b' })).toThrow(/exclude each other/);
    expect(() => LoadBalancing.random().failoverPriority('rack').distribute({ a: { a: 100 } })).toThrow(/distributed, or failed over/);
    expect(() => LoadBalancing.random().failover({ a: 'b' }).failoverPriority('topology.kubernetes.io/zone')).toThrow(/no labels of the topology/);
    for (const other of [LoadBalancing.random(), LoadBalancing.passthrough(), LoadBalancing.byHeader('x')]) {
      expect(() => other.warmup(Duration.seconds(1))).toThrow(/only leastRequest and roundRobin warm pods up/);
    }
    const rule = new DestinationRule(meshStack(), 'R', { host: reviews, trafficPolicy: { tls: { mode: 'DISABLE' } } });
    expect(() => rule.addPolicy({ tls: { mode: 'SIMPLE' } })).toThrow(/trafficPolicy\.tls.*set already/);
  });

  test('a gateway with a certificate a host, client certificates, several certificates, and pass-through', () => {
    const specs = specsOf((stack) =>
      new Gateway(stack, 'Public', { namespace, hosts: ['a.example.com'], tls: { credentialName: 'a' } })
        .addHosts(['b.example.com'], { mode: 'MUTUAL', credentialNames: ['b-rsa', 'b-ecdsa'], minVersion: 'TLSV1_3' })
        .addHosts(['c.example.com'], { mode: 'PASSTHROUGH', redirectHttp: false })
        .addHosts(['d.example.com'], { mode: 'OPTIONAL_MUTUAL', credentialName: 'd' }),
    );
    expect((specs['Gateway public']!.servers as { tls?: object; port: { name: string } }[]).map(({ port, tls }) => [port.name, tls])).toEqual([
      ['http', { httpsRedirect: true }],
      ['https', { mode: 'SIMPLE', credentialName: 'a' }],
      ['http-2', { httpsRedirect: true }],
      ['https-2', { mode: 'MUTUAL', credentialNames: ['b-rsa', 'b-ecdsa'], minProtocolVersion: 'TLSV1_3' }],
      ['http-4', undefined],
      ['https-4', { mode: 'PASSTHROUGH' }],
      ['http-6', { httpsRedirect: true }],
      ['https-6', { mode: 'OPTIONAL_MUTUAL', credentialName: 'd' }],
    ]);
    const gateway = new Gateway(meshStack(), 'Public', { namespace });
    expect(gateway.addHosts(['d.example.com']).hosts).toEqual(['*', 'd.example.com']);
    expect(() => gateway.addHosts(['d.example.com'], {})).toThrow(/needs a certificate/);
    expect(() => gateway.addHosts(['d.example.com'], { credentialName: 'a', credentialNames: ['b'] })).toThrow(/Put all into credentialNames/);
  });
});

describe('security', () => {
  const jwt = [{ issuer: 'https://issuer.example.com', jwksUri: 'https://issuer.example.com/keys' }];

  test('a token is made binding by a DENY, so that it comes on top of what other policies ask', () => {
    const specs = specsOf((stack) => {
      const tokens = new RequestAuthentication(stack, 'Tokens', { namespace, target: reviews, jwt });
      tokens.requireToken({ exceptPaths: ['/healthz'], ports: [9080] });
      tokens.requireClaim('realm.roles', ['admin'], { paths: ['/admin/*'], ports: [9080] });
    });
    const selector = { matchLabels: { app: 'reviews' } };
    expect(specs).toEqual({
      'RequestAuthentication tokens': { selector, jwtRules: jwt },
      'AuthorizationPolicy tokens-token': {
        selector,
        action: 'DENY',
        rules: [{ from: [{ source: { notRequestPrincipals: ['*'] } }], to: [{ operation: { notPaths: ['/healthz'], ports: ['9080'] } }] }],
      },
      'AuthorizationPolicy tokens-claim2': {
        selector,
        action: 'DENY',
        rules: [
          { to: [{ operation: { paths: ['/admin/*'], ports: ['9080'] } }], when: [{ key: 'request.auth.claims[realm][roles]', notValues: ['admin'] }] },
        ],
      },
    });
    expect(() => new RequestAuthentication(meshStack(), 'T', { namespace, jwt: [{ issuer: '', jwks: '{}', jwksUri: 'ftp://x' }] })).toThrow(
      /names its issuer[^]*in place or by URL[^]*"ftp:\/\/x"/,
    );
  });

  const gatewayRef = { group: 'gateway.networking.k8s.io', kind: 'Gateway', name: 'front' };
  test.each<[string, PolicyTarget, object]>([
    ['a gateway of the Gateway API', Target.gateway('front', namespace), { targetRefs: [gatewayRef] }],
    ['a Service behind a waypoint', Target.service(reviews), { targetRefs: [{ group: '', kind: 'Service', name: 'reviews' }] }],
    ['a gateway of the mesh', { ...MESH.ingressGateway!, namespace }, { selector: { matchLabels: { istio: 'ingress' } } }],
    ['pods', reviews, { selector: { matchLabels: { app: 'reviews' } } }],
  ])('every kind is for %s alone, in its namespace', (_name, target, expected) => {
    const objects = rendered((stack) => {
      new AuthorizationPolicy(stack, 'Policy', { target, rules: [{}] });
      new RequestAuthentication(stack, 'Tokens', { target, jwt }).requireToken({ ports: [8080] });
      new Telemetry(stack, 'Telemetry', { target });
      new WasmPlugin(stack, 'Wasm', { target, url: 'oci://r.io/auth:1' });
      new TrafficExtension(stack, 'Script', { target, lua: 'function envoy_on_request(handle) end' });
      new EnvoyFilter(stack, 'Filter', { target }).addHttpFilter({ name: 'x', type: 'y.Z' });
    }, newer);
    const networking = { ...expected, ...('selector' in expected && { selector: undefined, workloadSelector: { labels: (expected.selector as { matchLabels: object }).matchLabels } }) };
    expect(objects).toHaveLength(7);
    objects.forEach(({ kind, metadata, spec }) => {
      expect([metadata.namespace, { selector: spec.selector, targetRefs: spec.targetRefs, workloadSelector: spec.workloadSelector }]).toEqual([namespace, kind === 'EnvoyFilter' ? networking : expected]);
    });
  });

  test.each([{ targetRefs: [gatewayRef] }, { selector: { matchLabels: { app: 'front' } } }])('what is required of tokens is required where %j checks them, not of the whole namespace', (spec) => {
    const specs = specsOf((stack) => {
      const tokens = new RequestAuthentication(stack, 'Tokens', { namespace, jwt, spec });
      tokens.requireToken({ ports: [8080] });
      tokens.requireClaim('groups', ['a'], { ports: [8080] });
    });
    expect(specs['AuthorizationPolicy tokens-token']).toMatchObject(spec);
    expect(specs['AuthorizationPolicy tokens-claim2']).toMatchObject(spec);
  });

  test('an object in another namespace than what it is for would never apply; from the root namespace some kinds reach everywhere', () => {
    const elsewhere = { namespace: 'default', target: reviews };
    const stack = meshStack();
    for (const build of [
      () => new AuthorizationPolicy(stack, 'A', elsewhere),
      () => new RequestAuthentication(stack, 'B', { ...elsewhere, jwt }),
      () => new Telemetry(stack, 'C', elsewhere),
      () => new Telemetry(stack, 'D', { ...elsewhere, namespace: MESH.rootNamespace }),
      () => new AuthorizationPolicy(stack, 'E', { namespace: MESH.rootNamespace, target: Target.service(reviews) }),
      () => new PeerAuthentication(stack, 'F', { namespace: 'default', workload: reviews }),
      () => new MtlsMigration(stack, 'G', { namespace: 'default', step: 'strict', except: [reviews] }),
    ]) {
      expect(build).toThrow(/it would never apply: what it is for lives in the namespace shop/);
    }
    expect(() => new PeerAuthentication(stack, 'H', { namespace: MESH.rootNamespace, workload: reviews })).toThrow(/istiod passes over/);
    expect(() => new AuthorizationPolicy(stack, 'I', {})).toThrow(/Give `namespace`, or a target that has one/);
    expect(new AuthorizationPolicy(stack, 'J', { namespace: MESH.rootNamespace, target: reviews }).namespace).toBe(MESH.rootNamespace);
    const unknown = Lazy.stringValue({ produce: () => 'default' });
    expect(new PeerAuthentication(stack, 'K', { namespace: unknown, workload: reviews }).namespace).toBe(unknown);
  });

  test('sources by address, token and namespace; conditions; dry run', () => {
    const objects = rendered((stack) =>
      new AuthorizationPolicy(stack, 'Mixed', {
        namespace,
        dryRun: true,
        rules: [
          { from: [Source.ip('10.0.0.0/8'), Source.clientIp('203.0.113.0/24'), Source.namespace('web'), Source.token('https://i', 'bob'), Source.token()] },
          { when: [Condition.claim('groups', 'staff'), Condition.header('x-team', 'a'), Condition.sni('a.example.com')] },
        ],
      }),
    );
    expect(objects[0]!.metadata.annotations).toEqual({ 'istio.io/dry-run': 'true' });
    expect(objects[0]!.spec.rules).toEqual([
      {
        from: [
          { source: { ipBlocks: ['10.0.0.0/8'] } },
          { source: { remoteIpBlocks: ['203.0.113.0/24'] } },
          { source: { namespaces: ['web'] } },
          { source: { requestPrincipals: ['https://i/bob'] } },
          { source: { requestPrincipals: ['*'] } },
        ],
      },
      {
        when: [
          { key: 'request.auth.claims[groups]', values: ['staff'] },
          { key: 'request.headers[x-team]', values: ['a'] },
          { key: 'connection.sni', values: ['a.example.com'] },
        ],
      },
    ]);
    const both = specsOf((stack) =>
      new AuthorizationPolicy(stack, 'Both', {
        namespace,
        rules: [{ from: [cart, Source.allOf(reviews, Source.ip('10.0.0.0/8'), Source.notIdentity({ namespace: 'web', serviceAccountName: 'bot' }), Source.notNamespace('a'), Source.notNamespace('b'))] }],
      }),
    );
    expect((both['AuthorizationPolicy both']!.rules as unknown[])[0]).toEqual({
      from: [
        { source: { principals: ['cluster.local/ns/shop/sa/default'] } },
        {
          source: {
            principals: ['cluster.local/ns/shop/sa/default'],
            notPrincipals: ['cluster.local/ns/web/sa/bot'],
            ipBlocks: ['10.0.0.0/8'],
            notNamespaces: ['a', 'b'],
          },
        },
      ],
    });
    expect(() => Source.allOf(reviews, cart)).toThrow(/two of them ask for identities/);
    expect(() => new AuthorizationPolicy(meshStack(), 'Dry', { namespace, action: 'CUSTOM', provider: 'x', dryRun: true })).toThrow(/tried dry/);
  });

  test.each<[string | readonly string[], string]>([
    ['groups', '[groups]'],
    ['realm.roles', '[realm][roles]'],
    ['https://example.com/roles', '[https://example.com/roles]'],
    [['urn:example.com:roles'], '[urn:example.com:roles]'],
    [['resource_access', 'my.client', 'roles'], '[resource_access][my.client][roles]'],
  ])('the claim %j', (name, expected) => {
    expect(Condition.claim(name, 'admin').key).toBe(`request.auth.claims${expected}`);
  });

  test('conditions that nothing could be held against', () => {
    expect(() => Condition.claim('')).toThrow(/has a name[^]*has values to compare with/);
    expect(() => Condition.claim([], 'a')).toThrow(/has a name/);
    expect(() => Condition.header('', 'a')).toThrow(/has a name/);
    expect(() => Condition.claimNot('a[b]', 'c')).toThrow(/no brackets/);
    expect(() => new RequestAuthentication(meshStack(), 'T', { namespace, jwt }).requireClaim('groups', [])).toThrow(/has values/);
  });

  test('methods, paths, hosts and ports that no request has are refused where they are written, as a DENY of them would let all pass', () => {
    const policy = new AuthorizationPolicy(meshStack(), 'P', { namespace, action: 'DENY' });
    const slips = {
      methods: ['delete', 'DELET', 'get*', '/pkg.Svc/Do'],
      notPaths: ['admin', '/a?x=1', '/a/*/b', '{**}', '*a*'],
      hosts: ['a.*.com'],
      ports: [0, 70000],
    };
    const mends = ['Write DELETE', 'Write DELETE', 'Write GET*', 'gRPC calls have the method POST', 'Write /admin', 'without their query', 'Write {*}', 'Write /{**}', 'one end'];
    const problems = problemsIn(() => policy.addRule({ to: [slips] }));
    expect(problems.map(({ at }) => at.replace('stack/P: rules[0].to[0].', ''))).toEqual([
      ...[0, 1, 2, 3].map((index) => `methods[${index}]`),
      ...[0, 1, 2, 3, 4].map((index) => `notPaths[${index}]`),
      ...['hosts[0]', 'ports[0]', 'ports[1]'],
    ]);
    mends.forEach((mend, index) => expect(`${problems[index]!.rule} ${problems[index]!.mend}`).toContain(mend));
    const unknown = Lazy.stringValue({ produce: () => 'x' });
    const good = { methods: ['*', 'GET', 'P*', '*T', 'PROPFIND', 'M-SEARCH', unknown], paths: ['*', '/x/*', '*/x', '/a/{*}/b/{**}', '/pkg.Svc/Do', unknown], hosts: ['*.a.com', 'a.*'] };
    expect(() => policy.addRule({ to: [good] })).not.toThrow();
    expect(() => new RequestAuthentication(meshStack(), 'T', { namespace, jwt }).requireToken({ paths: ['admin'] })).toThrow(/Write \/admin/);
  });

  test('what is known only when it is applied is not judged, also where a whole list is', () => {
    const text = (): string => Lazy.stringValue({ produce: () => 'x' });
    const list = (): string[] => Lazy.listValue({ produce: () => ['x'] });
    const build = (stack: TerraformStack): void => {
      const tokens = new RequestAuthentication(stack, 'T', { namespace: text(), target: reviews, jwt: [{ issuer: text(), jwksUri: text() }, { issuer: text(), jwks: text() }] });
      tokens.requireClaim(text(), [text()], { ports: [80] });
      const when = [Condition.claim(list(), text()), { key: 'source.ip', values: list() }];
      new AuthorizationPolicy(stack, 'P', { namespace, rules: [{ from: [Source.ip(...list())], to: [{ methods: list(), paths: [text()], hosts: list() }], when }] });
      new Telemetry(stack, 'L', { namespace, metricsProviders: [text()] }).tagMetrics('a', text()).traceRequests(1, { providers: list() });
    };
    expect(refusal(build, existingMesh({ version: '1.29.1', extensionProviders: ['a'] }))).toBe('');
  });

  test('ports that are known only when they are applied are written as they will be', () => {
    const stack = meshStack();
    const port = Lazy.numberValue({ produce: () => 9080 });
    new AuthorizationPolicy(stack, 'P', { namespace, rules: [{ to: [{ ports: [port] }] }] });
    new PeerAuthentication(stack, 'Q', { workload: reviews, ports: { [port]: 'PERMISSIVE' } }).addPort(Lazy.numberValue({ produce: () => 90 }), 'DISABLE');
    expect(complaints(stack)).toEqual([]);
    expect(modelOf(stack).objects.map(({ spec }) => spec)).toMatchObject([
      { rules: [{ to: [{ operation: { ports: ['9080'] } }] }] },
      { portLevelMtls: { 9080: { mode: 'PERMISSIVE' }, 90: { mode: 'DISABLE' } } },
    ]);
  });

  test.each([
    ['permissive', 'PERMISSIVE', 'STRICT'],
    ['strict', 'STRICT', 'PERMISSIVE'],
  ] as const)('mutual TLS at the step %s: the namespace %s, those named %s', (step, all, others) => {
    const specs = specsOf((stack) => new MtlsMigration(stack, 'Mtls', { namespace, step, except: [reviews, { workload: cart, ports: [90] }] }));
    expect(specs).toEqual({
      'PeerAuthentication default': { mtls: { mode: all } },
      'PeerAuthentication reviews': { selector: { matchLabels: { app: 'reviews' } }, mtls: { mode: others } },
      'PeerAuthentication cart': { selector: { matchLabels: { app: 'cart' } }, mtls: { mode: all }, portLevelMtls: { 90: { mode: others } } },
    });
  });

  test('mutual TLS of the mesh: namespaces and workloads differ, each where it lives', () => {
    const ofWeb = { workload: { ...cart, namespace: 'web' }, ports: [90] };
    const objects = rendered((stack) => MtlsMigration.forMesh(stack, 'Mtls', { step: 'strict', exceptNamespaces: ['web'], except: [reviews, ofWeb] }));
    expect(objects.map(({ metadata, spec }) => [`${metadata.namespace}/${metadata.name}`, (spec.mtls as { mode: string }).mode])).toEqual([
      [`${MESH.rootNamespace}/default`, 'STRICT'],
      ['web/default', 'PERMISSIVE'],
      ['shop/reviews', 'PERMISSIVE'],
      ['web/cart', 'PERMISSIVE'],
    ]);
    expect(objects[3]!.spec.portLevelMtls).toEqual({ 90: { mode: 'STRICT' } });
    const { name, labels } = reviews;
    const bad = { step: 'strict', except: [{ name, labels }, ofWeb, { ...ofWeb, ports: [] }], exceptNamespaces: ['a', 'a'] } as const;
    expect(() => MtlsMigration.forMesh(meshStack(), 'M', bad)).toThrow(/one state[^]*namespace is in one state[^]*Give `namespace`[^]*no port of it differs/);
  });
});

describe('telemetry and extensions', () => {
  test('logs by a filter, tags, metrics and traces', () => {
    const specs = specsOf((stack) =>
      Telemetry.forMesh(stack, 'Mesh')
        .logRequests({ filter: 'response.code >= 500', side: 'SERVER' })
        .tagMetrics('host', 'request.host', { metric: 'REQUEST_COUNT' })
        .dropTag('source_principal')
        .dropMetric('REQUEST_SIZE', 'CLIENT')
        .traceRequests(5, { providers: ['jaeger'], tags: { env: { literal: { value: 'dev' } } } }),
    );
    expect(specs['Telemetry mesh-default']).toEqual({
      accessLogging: [{ providers: [{ name: 'envoy' }], filter: { expression: 'response.code >= 500' }, match: { mode: 'SERVER' } }],
      metrics: [
        {
          providers: [{ name: 'prometheus' }],
          overrides: [
            { match: { metric: 'REQUEST_COUNT', mode: 'CLIENT_AND_SERVER' }, tagOverrides: { host: { operation: 'UPSERT', value: 'request.host' } } },
            { match: { metric: 'ALL_METRICS', mode: 'CLIENT_AND_SERVER' }, tagOverrides: { source_principal: { operation: 'REMOVE' } } },
            { match: { metric: 'REQUEST_SIZE', mode: 'CLIENT' }, disabled: true },
          ],
        },
      ],
      tracing: [{ providers: [{ name: 'jaeger' }], randomSamplingPercentage: 5, customTags: { env: { literal: { value: 'dev' } } } }],
    });
    const elsewhere = specsOf((stack) => new Telemetry(stack, 'T', { namespace, metricsProviders: ['otel'] }).dropTag('a'));
    expect(elsewhere['Telemetry t']!.metrics).toMatchObject([{ providers: [{ name: 'otel' }] }]);
    expect(() => new Telemetry(meshStack(), 'T', { namespace }).tagMetrics('', 'bad (((')).toThrow(/a tag has a name[^]*"bad \(\(\(": a tag is an expression of CEL/);
    expect(() => new Telemetry(meshStack(), 'T', { namespace }).traceRequests(101)).toThrow(/between 0 and 100/);
  });

  test('providers that the mesh has not are refused, as far as it says which it has', () => {
    const build = (stack: TerraformStack): void => {
      new AuthorizationPolicy(stack, 'Ask', { namespace, action: 'CUSTOM', provider: 'opaa', rules: [{}] });
      new AuthorizationPolicy(stack, 'Case', { namespace, name: 'b', action: 'CUSTOM', provider: 'OPA', rules: [{}] });
      new AuthorizationPolicy(stack, 'Builtin', { namespace, name: 'c', action: 'CUSTOM', provider: 'prometheus', rules: [{}] });
      new Telemetry(stack, 'Logs', { namespace }).logRequests({ providers: ['otell', 'OTEL'] }).logRequests().dropTag('a').traceRequests(1, { providers: ['zip'] });
    };
    const known = refusal(build, existingMesh({ version: '1.29.1', extensionProviders: ['opa', 'otel'] }));
    expect(known.split('\n').map((line) => /: (.*?): "(\w+)": the mesh has no extension provider/.exec(line)?.slice(1))).toEqual([
      ['provider', 'opaa'],
      ['provider', 'OPA'],
      ['provider', 'prometheus'],
      ['accessLogging[0].providers[0]', 'otell'],
      ['tracing[0].providers[0]', 'zip'],
    ]);
    expect(known).toContain('Add it to meshConfig.extensionProviders, or name one that is there: opa, otel');
    expect(refusal(build)).toBe('');
  });

  test('a WasmPlugin', () => {
    const specs = specsOf((stack) =>
      new WasmPlugin(stack, 'Auth', { namespace, target: reviews, url: 'oci://r.io/auth:1', sha256: 'a'.repeat(64), phase: 'AUTHN', ports: [9080], failOpen: true }),
    );
    expect(specs['WasmPlugin auth']).toMatchObject({ phase: 'AUTHN', failStrategy: 'FAIL_OPEN', match: [{ ports: [{ number: 9080 }] }] });
    expect(() => new WasmPlugin(meshStack(), 'Bad', { namespace, url: 'r.io/auth', sha256: 'sha256:a' })).toThrow(/"r\.io\/auth"[^]*"sha256:a"/);
  });

  test('a TrafficExtension, from 1.30 on', () => {
    const lua = 'function envoy_on_request(handle) end';
    const specs = specsOf((stack) => new TrafficExtension(stack, 'Script', { namespace, target: reviews, lua, phase: 'STATS', priority: 5 }), newer);
    expect(specs['TrafficExtension script']).toMatchObject({ lua: { inlineCode: lua }, phase: 'STATS', priority: 5 });
    expect(refusal((stack) => new TrafficExtension(stack, 'Script', { namespace, lua }))).toMatch(/Istio 1\.29 does not serve this kind.*from Istio 1\.30 on: write a WasmPlugin, or an EnvoyFilter/);
    const both = { lua, wasm: { url: 'oci://r.io/a' } };
    expect(() => new TrafficExtension(meshStack(newer), 'Both', { namespace, ...both })).toThrow(/either Lua or WebAssembly/);
  });

  test.each([
    ['1.29.1', false],
    ['1.30', true],
    ['1.31.0', true],
    ['2.0', true],
    ['v1.30.3', true],
  ])('version %s is at least 1.30: %s', (version, expected) => {
    expect(istioAtLeast({ version }, '1.30')).toBe(expected);
  });
});

describe('Gateway API', () => {
  test('a gateway for two hosts with a certificate, and routes of every protocol', () => {
    const specs = specsOf((stack) => {
      const gateway = new KubernetesGateway(stack, 'Public', {
        namespace: 'edge',
        hosts: ['a.example.com', 'b.example.com'],
        tls: { certificates: ['cert', { name: 'other', namespace: 'certs' }] },
        routesFrom: { labels: { public: 'yes' } },
      });
      new HTTPRoute(stack, 'Shop', { namespace, parents: [{ gateway, listener: 'http-0' }, { gateway, listener: 'https-0' }], hosts: ['a.example.com'] })
        .addRule({
          match: { path: { type: 'PathPrefix', value: '/reviews' } },
          to: [{ service: reviews, weight: 90 }, { service: cart, port: 80, weight: 10 }],
          timeout: Duration.seconds(2),
        })
        .addRule({ filters: [{ type: 'RequestRedirect', requestRedirect: { scheme: 'https', statusCode: 301 } }] });
      new HTTPRoute(stack, 'Inside', { namespace, parents: [reviews], rules: [{ to: { service: reviews } }] });
      new GRPCRoute(stack, 'Calls', { namespace, parents: [gateway], rules: [{ match: { method: { service: 'a.B' } }, to: { service: cart, port: 90 } }] });
      new TLSRoute(stack, 'Through', { namespace, parents: [gateway], hosts: ['c.example.com'], to: { service: reviews } });
      new TCPRoute(stack, 'Db', { namespace, parents: [gateway], to: { service: reviews } });
      new ReferenceGrant(stack, 'Grant', { namespace: 'certs', from: [{ kind: 'Gateway', namespace: 'edge' }], to: ['Service', { kind: 'Secret', name: 'other' }] });
      new BackendTLSPolicy(stack, 'Tls', { service: reviews, hostname: 'reviews.example.com', trust: { configMap: 'ca' } });
      new BackendTLSPolicy(stack, 'Public2', { service: cart, port: ['http', 'grpc'], hostname: 'cart.example.com', names: ['spiffe://a/b'], trust: 'system' });
    });
    const namespaces = { from: 'Selector', selector: { matchLabels: { public: 'yes' } } };
    expect(specs['Gateway public']).toMatchObject({
      gatewayClassName: 'istio',
      listeners: [
        { name: 'http-0', port: 80, protocol: 'HTTP', hostname: 'a.example.com', allowedRoutes: { namespaces } },
        { name: 'https-0', port: 443, tls: { mode: 'Terminate', certificateRefs: [{ name: 'cert' }, { name: 'other', namespace: 'certs' }] } },
        { name: 'http-1', hostname: 'b.example.com' },
        { name: 'https-1' },
      ],
    });
    expect(specs['HTTPRoute shop']).toEqual({
      hostnames: ['a.example.com'],
      parentRefs: [
        { name: 'public', namespace: 'edge', sectionName: 'http-0' },
        { name: 'public', namespace: 'edge', sectionName: 'https-0' },
      ],
      rules: [
        {
          matches: [{ path: { type: 'PathPrefix', value: '/reviews' } }],
          backendRefs: [
            { name: 'reviews', port: 9080, weight: 90 },
            { name: 'cart', port: 80, weight: 10 },
          ],
          timeouts: { request: '2s' },
        },
        { filters: [{ type: 'RequestRedirect', requestRedirect: { scheme: 'https', statusCode: 301 } }] },
      ],
    });
    expect(specs['HTTPRoute inside']!.parentRefs).toEqual([{ group: '', kind: 'Service', name: 'reviews', port: 9080 }]);
    expect(specs['ReferenceGrant grant']).toEqual({
      from: [{ group: 'gateway.networking.k8s.io', kind: 'Gateway', namespace: 'edge' }],
      to: [
        { group: '', kind: 'Service' },
        { group: '', kind: 'Secret', name: 'other' },
      ],
    });
    expect(specs['BackendTLSPolicy public2']).toMatchObject({
      targetRefs: [{ name: 'cart', sectionName: 'http' }, { name: 'cart', sectionName: 'grpc' }],
      validation: { subjectAltNames: [{ type: 'URI', uri: 'spiffe://a/b' }] },
    });
    expect(specs['BackendTLSPolicy tls']).toMatchObject({
      validation: {
        hostname: 'reviews.example.com',
        subjectAltNames: [{ type: 'Hostname', hostname: 'reviews.example.com' }],
        caCertificateRefs: [{ kind: 'ConfigMap', name: 'ca' }],
      },
    });
  });

  test('TCP and TLS routes are written in the version that the mesh reads', () => {
    const versions = (mesh: IMesh): string[] =>
      rendered((stack) => {
        new TLSRoute(stack, 'Tls', { namespace, parents: [reviews], hosts: ['a.example.com'], to: { service: reviews } });
        new TCPRoute(stack, 'Tcp', { namespace, parents: [reviews], to: { service: reviews } });
      }, mesh).map(({ apiVersion }) => apiVersion.split('/')[1]!);
    expect(versions(existingMesh({ version: '1.30.0' }))).toEqual(['v1alpha3', 'v1alpha2']);
    expect(versions(newer)).toEqual(['v1', 'v1']);
  });

  const web = existingService({ name: 'web', namespace, ports: [{ name: 'http', port: 80 }] });
  const ruleOf = (rule: HTTPRule) =>
    (specsOf((stack) => new HTTPRoute(stack, 'R', { namespace, parents: [web], rules: [rule] }))['HTTPRoute r']!.rules as Record<string, unknown>[])[0];

  test('values of Istio’s own routes serve where the Gateway API can say the same', () => {
    expect(
      ruleOf({
        name: 'canary',
        match: [
          Match.path().prefix('/static').and(Match.method('GET', 'HEAD')).and(Match.header('X-User').prefix('a.b')),
          Match.path().exact('/login').and(Match.queryParam('q').present()),
          { path: { type: 'RegularExpression', value: '/[a-z]+' } },
        ],
        to: [{ service: web, weight: 3, headers: { request: { set: { lane: 'a' } } } }, { service: reviews, weight: 1 }],
        mirror: [{ to: { service: cart, port: 90 }, percent: Percent.of(0.5) }, { to: web, percent: Percent.of(20) }],
        headers: { request: { add: { via: 'gw' }, remove: ['cookie'] }, response: { set: { server: 'none' } } },
        timeout: Duration.millis(500),
      }),
    ).toEqual({
      name: 'canary',
      matches: [
        { path: { type: 'PathPrefix', value: '/static' }, headers: [{ name: 'x-user', type: 'RegularExpression', value: 'a\\.b.*' }], method: 'GET' },
        { path: { type: 'PathPrefix', value: '/static' }, headers: [{ name: 'x-user', type: 'RegularExpression', value: 'a\\.b.*' }], method: 'HEAD' },
        { path: { type: 'Exact', value: '/login' }, queryParams: [{ name: 'q', type: 'RegularExpression', value: '.*' }] },
        { path: { type: 'RegularExpression', value: '/[a-z]+' } },
      ],
      filters: [
        { type: 'RequestHeaderModifier', requestHeaderModifier: { add: [{ name: 'via', value: 'gw' }], remove: ['cookie'] } },
        { type: 'ResponseHeaderModifier', responseHeaderModifier: { set: [{ name: 'server', value: 'none' }] } },
        { type: 'RequestMirror', requestMirror: { backendRef: { name: 'cart', port: 90 }, fraction: { numerator: 5000, denominator: 1_000_000 } } },
        { type: 'RequestMirror', requestMirror: { backendRef: { name: 'web', port: 80 }, percent: 20 } },
      ],
      backendRefs: [
        { name: 'web', port: 80, weight: 3, filters: [{ type: 'RequestHeaderModifier', requestHeaderModifier: { set: [{ name: 'lane', value: 'a' }] } }] },
        { name: 'reviews', port: 9080, weight: 1 },
      ],
      timeouts: { request: '500ms' },
    });
    expect(ruleOf({ redirect: Redirect.to({ host: 'new.example.com', path: '/home', status: 302 }) })).toEqual({
      filters: [
        {
          type: 'RequestRedirect',
          requestRedirect: { hostname: 'new.example.com', path: { type: 'ReplaceFullPath', replaceFullPath: '/home' }, statusCode: 302 },
        },
      ],
    });
    const rewrites = (match?: Match) => {
      const rule = ruleOf({ match, rewrite: Rewrite.prefix('/v2').and(Rewrite.authority('inner')), to: web });
      return [rule!.matches, (rule!.filters as { urlRewrite: object }[])[0]!.urlRewrite];
    };
    const whole = { path: { type: 'PathPrefix', value: '/' } };
    expect(rewrites()).toEqual([[whole], { hostname: 'inner', path: { type: 'ReplacePrefixMatch', replacePrefixMatch: '/v2' } }]);
    expect(rewrites(Match.path().exact('/a'))[1]).toEqual({ hostname: 'inner', path: { type: 'ReplaceFullPath', replaceFullPath: '/v2' } });
  });

  test.each<[string, HTTPRule, RegExp]>([
    ['a missing header', { match: Match.header('a').absent(), to: web }, /match\.withoutHeaders: .*no such condition/],
    ['a host', { match: Match.authority().exact('a.b'), to: web }, /match\.authority: .*Give the host to the route's `hosts`/],
    ['a caller', { match: Match.from({ namespace, labels: { app: 'a' } }), to: web }, /match\.sourceLabels: .*AuthorizationPolicy/],
    ['a method that HTTP has not', { match: Match.method('FETCH'), to: web }, /a method is one of GET/],
    ['a status that keeps the method', { redirect: Redirect.https(308) }, /redirect\.status: 308: redirects of the Gateway API of Istio 1\.29\.1 have status 301 or 302/],
    ['a port that is derived otherwise', { redirect: Redirect.to({ scheme: 'https', port: 'request' }) }, /the usual port of the scheme/],
    ['a rewrite by expression', { rewrite: Rewrite.regex('/a', '/b'), to: web }, /rewrites no path by expression/],
    ['one rewrite of two prefixes', { match: [Match.path().prefix('/a'), Match.path().prefix('/b')], rewrite: Rewrite.prefix('/'), to: web }, /a rule of its own/],
    ['a redirect that goes on', { redirect: Redirect.https(), to: web }, /nothing is sent on/],
    ['a filter that Istio ignores', { filters: [{ type: 'ExternalAuth' }], to: web }, /asks no authoriser.*action CUSTOM/],
    ['an origin without a scheme', { cors: { origins: ['a.example.com'] }, to: web }, /cors\.origins: "a\.example\.com"/],
    ['a method that CORS has not', { cors: { origins: ['*'], methods: ['FETCH'] }, to: web }, /cors\.methods: "FETCH"/],
    ['cookies from every origin', { cors: { origins: ['*'], credentials: true }, to: web }, /every site could call/],
    ['retries for success, without a number', { retries: { attempts: -1, codes: [200] }, to: web }, /retries\.attempts: -1[^]*retries\.codes: 200/],
    ['a try longer than the request', { timeout: { request: Duration.seconds(1), backendRequest: Duration.seconds(2) }, to: web }, /timeout\.backendRequest: "2s"/],
    ['a filter by reference', { filters: [{ type: 'ExtensionRef', extensionRef: { group: 'a', kind: 'B', name: 'c' } }], to: web }, /no filter by reference/],
  ])('%s is refused where it is written', (_what, rule, complaint) => {
    expect(() => new HTTPRoute(meshStack(), 'R', { namespace, parents: [web] }).addRule(rule)).toThrow(complaint);
  });

  test('CORS, retries and the time of one try are written where the channel of the cluster has them', () => {
    const rule: HTTPRule = {
      to: web,
      cors: { origins: ['https://*.example.com'], methods: ['PUT'], headers: ['x-a'], exposeHeaders: ['x-b'], credentials: true, maxAge: Duration.minutes(2) },
      retries: { attempts: 3, codes: [503], backoff: Duration.millis(50) },
      timeout: { request: Duration.seconds(5), backendRequest: Duration.seconds(1) },
    };
    const cors = { allowOrigins: ['https://*.example.com'], allowMethods: ['PUT'], allowHeaders: ['x-a'], exposeHeaders: ['x-b'], allowCredentials: true, maxAge: 120 };
    expect(ruleOf(rule)).toEqual({
      filters: [{ type: 'CORS', cors }],
      backendRefs: [{ name: 'web', port: 80 }],
      timeouts: { request: '5s', backendRequest: '1s' },
      retry: { attempts: 3, codes: [503], backoff: '50ms' },
    });
    const on = (version: string, channel: GatewayApi['channel'], redirect?: Redirect) =>
      refusal(
        (stack) => new HTTPRoute(stack, 'R', { namespace, parents: [web], rules: [redirect ? { redirect } : rule] }),
        existingMesh({ version: '1.29.1', gatewayApi: { version, channel } }),
      );
    const fields = (text: string) => [...text.matchAll(/spec\.rules\[0\]\.(\S+): .*AI1200/g)].map(([, field]) => field);
    expect(on('1.4.0', 'experimental')).toBe('');
    expect(fields(on('1.4.0', 'standard'))).toEqual(['filters[0].type', 'filters[0].cors', 'retry']);
    expect(fields(on('1.5.1', 'standard'))).toEqual(['retry']);
    expect(on('1.5.1', 'standard', Redirect.https(308))).toBe('');
    const raw = (stack: TerraformStack) =>
      new HTTPRoute(stack, 'R', { namespace, parents: [web], rules: [{ redirect: { scheme: 'https', statusCode: 308 } }] });
    expect(refusal(raw)).toContain('The Gateway API has it from 1.5.1 on');
  });

  test('a parent with several ports names one, and a gateway may be named by port', () => {
    const specs = specsOf((stack) => {
      const gateway = new KubernetesGateway(stack, 'Public', { namespace, hosts: ['a.b'], tls: { certificates: ['cert'] } });
      new HTTPRoute(stack, 'R', { namespace: 'web', parents: [{ service: cart, port: 80 }, { gateway, port: 443 }], rules: [{ to: reviews }] });
      new HTTPRoute(stack, 'All', { namespace, parents: [{ gateway }], rules: [{ to: reviews }] });
      const versions = VersionServices.existing(existingService({ ...cart, versions: ['v1'] }));
      new VersionedService(stack, 'Cart', { versions, port: 80 }).split({ v1: 100 }).retry({ attempts: 1 });
    });
    expect(specs['HTTPRoute r']!.parentRefs).toEqual([
      { group: '', kind: 'Service', name: 'cart', namespace, port: 80 },
      { name: 'public', namespace, port: 443 },
    ]);
    expect(specs['HTTPRoute all']!.parentRefs).toEqual([{ name: 'public', sectionName: 'https' }]);
    expect(specs['HTTPRoute cart']).toMatchObject({
      parentRefs: [{ name: 'cart', port: 80 }],
      rules: [{ backendRefs: [{ name: 'cart-v1', port: 80 }], retry: { attempts: 1 } }],
    });
    const bare = (stack: TerraformStack) => new HTTPRoute(stack, 'R', { namespace, parents: [cart] });
    expect(() => bare(meshStack())).toThrow(/has the ports 80, 90.*Write `{ service, port }`/);
  });

  test('a route of a gateway is warned of a Service elsewhere until a ReferenceGrant lets it in', () => {
    const warnings = (build: (stack: TerraformStack, route: HTTPRoute) => void, inMesh = false) => {
      const stack = meshStack();
      const gateway = new KubernetesGateway(stack, 'Public', { namespace: 'edge' });
      const route = new HTTPRoute(stack, 'R', { namespace: 'edge', parents: inMesh ? [web] : [gateway], rules: [{ to: [{ service: web, weight: 1 }] }] });
      build(stack, route);
      complaints(stack);
      return route.node.metadata.map(({ data }) => String(data)).join();
    };
    expect(warnings(() => undefined)).toMatch(/"Service shop\/web".*from: \[{ kind: 'HTTPRoute', namespace: 'edge' }\]/);
    expect(warnings(() => undefined, true)).toBe('');
    expect(warnings((stack, route) => new ReferenceGrant(stack, 'G', { namespace, from: [route], to: [web] }))).toBe('');
    expect(warnings((stack, route) => new ReferenceGrant(stack, 'G', { namespace, from: [route], to: [reviews] }))).toContain('shop/web');
    expect(() => new ReferenceGrant(meshStack(), 'G', { namespace: 'other', from: [], to: [web] })).toThrow(/for somebody[^]*shop\/web/);
  });

  test('gRPC calls are told apart by method and headers', () => {
    const rule = { match: [{ method: { service: 'a.B' } }, Match.header('x').exact('1')], to: { service: web, headers: { request: { add: { z: '1' } } } }, headers: { request: { remove: ['y'] } } };
    const specs = specsOf((stack) => new GRPCRoute(stack, 'R', { namespace, parents: [web], rules: [rule] }));
    expect(specs['GRPCRoute r']!.rules).toEqual([
      {
        matches: [{ method: { service: 'a.B' } }, { headers: [{ name: 'x', value: '1' }] }],
        filters: [{ type: 'RequestHeaderModifier', requestHeaderModifier: { remove: ['y'] } }],
        backendRefs: [{ name: 'web', port: 80, filters: [{ type: 'RequestHeaderModifier', requestHeaderModifier: { add: [{ name: 'z', value: '1' }] } }] }],
      },
    ]);
    const route = new GRPCRoute(meshStack(), 'R', { namespace, parents: [web] });
    expect(() => route.addRule({ match: Match.path().prefix('/a'), to: web })).toThrow(/of gRPC calls a Match compares headers/);
  });

  test('a gateway with TLS redirects, lets in what it is told, and is exposed as the cluster can', () => {
    const mesh = existingMesh({ version: '1.29.1', revision: 'canary', loadBalancer: false });
    const objects = rendered((stack) => {
      const gateway = new KubernetesGateway(stack, 'Public', { namespace, hosts: ['a.b'], tls: { certificates: ['cert'], mode: 'MUTUAL' } });
      new KubernetesGateway(stack, 'Open', { namespace, networkPolicy: true }).addListener({ name: 'more', port: 8080, protocol: 'HTTP' });
      const { resource } = stack.toTerraform() as { resource: Record<string, Record<string, { spec: object }>> };
      const [policy] = Object.values(resource.kubernetes_network_policy_v1!);
      const [waits] = Object.entries(resource.kubernetes_manifest!).filter(([id]) => id.startsWith('Open')).map(([, body]) => body as object);
      expect(waits).toMatchObject({ wait: { condition: [{ type: 'Programmed', status: 'True' }] } });
      expect(policy!.spec).toMatchObject({
        pod_selector: { match_labels: { 'gateway.networking.k8s.io/gateway-name': 'open' } },
        ingress: [{ ports: [80, 8080, 15020, 15021, 15090].map((port) => ({ port: String(port), protocol: 'TCP' })) }],
      });
      gateway.allow({ paths: ['/a'] });
      new HTTPRoute(stack, 'Web', { namespace, parents: [gateway], rules: [{ to: web }] });
      new AuthorizationPolicy(stack, 'Callers', { namespace, target: web, rules: [{ from: [gateway] }] });
    }, mesh);
    const find = (name: string) => objects.find(({ metadata }) => metadata.name === name) as unknown as Record<string, Record<string, unknown>>;
    expect(find('public').metadata).toMatchObject({ labels: { 'istio.io/rev': 'canary' }, annotations: { 'networking.istio.io/service-type': 'NodePort' } });
    expect(find('public').spec.listeners).toMatchObject([{ name: 'http' }, { name: 'https', tls: { options: { 'gateway.istio.io/tls-terminate-mode': 'MUTUAL' } } }]);
    expect(find('public-to-https').spec).toMatchObject({
      parentRefs: [{ name: 'public', sectionName: 'http' }],
      rules: [{ filters: [{ requestRedirect: { scheme: 'https', statusCode: 301 } }] }],
    });
    expect(find('web').spec.parentRefs).toEqual([{ name: 'public', sectionName: 'https' }]);
    expect(find('public-requests').spec).toEqual({
      targetRefs: [{ group: 'gateway.networking.k8s.io', kind: 'Gateway', name: 'public' }],
      action: 'ALLOW',
      rules: [{ to: [{ operation: { paths: ['/a'] } }] }],
    });
    expect(find('callers').spec.rules).toEqual([{ from: [{ source: { principals: [`cluster.local/ns/${namespace}/sa/public-istio`] } }] }]);
    expect(() => new KubernetesGateway(meshStack(), 'G', { namespace, hosts: ['a.b'], tls: { mode: 'MUTUAL' } })).toThrow(/clients show a certificate/);
  });

  test('a gateway asks clients for certificates, for an address, and for labels of what Istio makes', () => {
    const secret = { name: 'cert', namespace: 'certs' };
    const build = (stack: TerraformStack) =>
      new KubernetesGateway(stack, 'Public', {
        namespace,
        hosts: ['a.b'],
        tls: { certificates: [secret], clientAuthorities: { configMap: 'clients' }, cipherSuites: ['ECDHE-RSA-AES256-GCM-SHA384'] },
        routesFrom: { names: ['web', 'api'] },
        address: '10.0.0.7',
        infrastructure: { annotations: { 'service.beta.kubernetes.io/azure-load-balancer-internal': 'true' }, overlays: 'public-pods' },
      });
    expect(specsOf(build)['Gateway public']).toMatchObject({
      addresses: [{ type: 'IPAddress', value: '10.0.0.7' }],
      infrastructure: {
        annotations: { 'service.beta.kubernetes.io/azure-load-balancer-internal': 'true' },
        parametersRef: { group: '', kind: 'ConfigMap', name: 'public-pods' },
      },
      tls: { frontend: { default: { validation: { caCertificateRefs: [{ group: '', kind: 'ConfigMap', name: 'clients' }] } } } },
      listeners: [
        { allowedRoutes: { namespaces: { selector: { matchExpressions: [{ key: 'kubernetes.io/metadata.name', operator: 'In', values: ['web', 'api'] }] } } } },
        { tls: { options: { 'gateway.istio.io/tls-cipher-suites': 'ECDHE-RSA-AES256-GCM-SHA384' } } },
      ],
    });
    const standard = (version: string) => existingMesh({ version: '1.29.1', gatewayApi: { version, channel: 'standard' } });
    expect(refusal(build, standard('1.4.0'))).toMatch(/spec\.tls: .*only the experimental channel/);
    expect(refusal(build, standard('1.5.1'))).toBe('');
    const tcp = (stack: TerraformStack) => new KubernetesGateway(stack, 'G', { namespace }).addListener({ name: 'db', port: 5432, protocol: 'TCP' });
    expect(refusal(tcp, standard('1.4.0'))).toContain('"TCPRoute"');
    const stack = meshStack();
    const gateway = build(stack);
    complaints(stack);
    expect(gateway.node.metadata.map(({ data }) => String(data)).join()).toMatch(/"Secret certs\/cert".*kind: 'Gateway'/);
    const bad = (props: object) => () => new KubernetesGateway(meshStack(), 'G', { namespace, hosts: ['a.b'], ...props });
    expect(bad({ tls: { certificates: ['a', 'b', 'c'], mode: 'MUTUAL', clientAuthorities: { secret: 's' } } })).toThrow(/said once[^]*one certificate for a listener/);
    expect(bad({ address: 'a.b', serviceType: 'ClusterIP' })).toThrow(/IPv4 or IPv6[^]*ClusterIP asks for no address/);
  });

  test('versions are Services of their own, and a service is routed between them', () => {
    const stack = meshStack();
    const versions = new BookinfoVersions(stack, 'Versions', { bookinfo: bookinfoServices({ namespace }) });
    new VersionedService(stack, 'Reviews', { versions: versions.reviews })
      .split({ v1: 90, v3: 10 })
      .route({ match: Match.header('end-user').exact('jason'), to: 'v2' })
      .mirrorTo('v3')
      .timeoutAfter(Duration.seconds(1));
    expect(complaints(stack)).toEqual([]);
    const { resource } = stack.toTerraform() as { resource: Record<string, Record<string, Record<string, unknown>>> };
    const services = Object.values(resource.kubernetes_service_v1!);
    expect(services.map(({ metadata }) => (metadata as { name: string }).name)).toEqual([
      'details-v1', 'ratings-v1', 'reviews-v1', 'reviews-v2', 'reviews-v3', 'productpage-v1',
    ]);
    expect(services[3]!.spec).toEqual({ port: [{ name: 'http', port: 9080 }], selector: { app: 'reviews', version: 'v2' } });
    const [route] = Object.values(resource.kubernetes_manifest!) as { manifest: { metadata: object; spec: object }; depends_on: string[] }[];
    const rest = { filters: [{ requestMirror: { backendRef: { name: 'reviews-v3', port: 9080 } } }], timeouts: { request: '1s' } };
    expect(route).toMatchObject({
      manifest: {
        metadata: { name: 'reviews', namespace },
        spec: {
          parentRefs: [{ group: '', kind: 'Service', name: 'reviews', port: 9080 }],
          rules: [
            { matches: [{ headers: [{ name: 'end-user', value: 'jason' }] }], backendRefs: [{ name: 'reviews-v2', port: 9080 }], ...rest },
            { backendRefs: [{ name: 'reviews-v1', weight: 90 }, { name: 'reviews-v3', weight: 10 }], ...rest },
          ],
        },
      },
      depends_on: expect.arrayContaining([expect.stringMatching(/^kubernetes_service_v1\./)]),
    });
    const existing = new VersionedService(meshStack(), 'R', { versions: VersionServices.existing(bookinfoServices({ namespace }).reviews) });
    expect(() => existing.split({ v1: 50, v3: 40 })).toThrow(/these make 90/);
    expect(() => existing.route({ match: Match.path().exact('/a'), to: 'v9' })).toThrow(/reviews has the versions v1, v2, v3/);
    expect(() => existing.split({ v1: 100 }).split({ v1: 100 })).toThrow(/split already/);
  });

  test('what the cluster has decides what can be written', () => {
    const http = (stack: TerraformStack) => new HTTPRoute(stack, 'X', { namespace, parents: [reviews], rules: [{ to: { service: reviews } }] });
    const tcp = (stack: TerraformStack) => new TCPRoute(stack, 'X', { namespace, parents: [reviews], to: { service: reviews } });
    const standard = { version: '1.4.0', channel: 'standard' } as const;
    const experimental = { version: '1.4.0', channel: 'experimental' } as const;
    expect([refusal(http), refusal(http, helm(standard)), refusal(tcp, helm(experimental)), refusal(http, addon('asm-1-30', standard))]).toEqual(['', '', '', '']);
    for (const mesh of [helm(), addon('asm-1-30')]) {
      expect(refusal(http, mesh)).toContain("gatewayApi: { version: '1.4.0', channel: 'standard' }");
    }
    for (const mesh of [helm(standard), existingMesh({ version: '1.29.1', gatewayApi: standard }), addon('asm-1-30', managedGatewayApi('1.35'))]) {
      expect(refusal(tcp, mesh)).toMatch(/"TCPRoute": .*addTcpRoute/);
    }
    expect(managedGatewayApi('1.33').version).toBe('1.2.1');
    expect(managedGatewayApi('1.40').version).toBe('1.5.1');
  });

  test('bad routes are refused where they are written', () => {
    const route = new HTTPRoute(meshStack(), 'R', { namespace, parents: [reviews] });
    expect(() => route.addRule({})).toThrow(/a rule goes somewhere/);
    expect(() => route.addRule({ to: { service: cart } })).toThrow(/has the ports 80, 90/);
    expect(() => new KubernetesGateway(meshStack(), 'G', { namespace, tls: {} })).toThrow(/routed by host/);
    expect(() => new BackendTLSPolicy(meshStack(), 'B', { service: cart, hostname: '*.a', trust: 'system' })).toThrow(/one DNS name/);
    const policy = (stack: TerraformStack) => new BackendTLSPolicy(stack, 'B', { service: cart, port: 'http', hostname: 'a.b', trust: 'system' });
    expect(() => new BackendTLSPolicy(meshStack(), 'B', { service: cart, port: 'tls', hostname: 'a.b', trust: 'system' })).toThrow(/has the ports http, grpc/);
    expect(refusal(policy, existingMesh({ version: '1.29.1', gatewayApi: { version: '1.3.0', channel: 'standard' } }))).toContain('from 1.4 on');
    expect(refusal((stack) => new HTTPRoute(stack, 'R', { namespace, parents: [reviews] }))).toContain('Call addRule');
  });
});

test.each<[string, string, (stack: TerraformStack) => unknown]>([
  ['http2KeepAlive', '1.31', (stack) => new DestinationRule(stack, 'X', { namespace, host: reviews, spec: { trafficPolicy: { connectionPool: { http: { http2KeepAlive: { interval: '30s', timeout: '5s' } } } } } })],
  ['trustDomains', '1.30', (stack) => new AuthorizationPolicy(stack, 'X', { namespace, spec: { rules: [{ from: [{ source: { trustDomains: ['a.b'] } }] }] } })],
  ['MERGE_AND_REPLACE_LIST', '1.31', (stack) => new EnvoyFilter(stack, 'X', { namespace, spec: { configPatches: [{ applyTo: 'CLUSTER', patch: { operation: 'MERGE_AND_REPLACE_LIST', value: { lb_policy: 'RANDOM' } } }] } })],
])('%s is typed, and a mesh before Istio %s refuses it by that version', (_what, since, build) => {
  expect(refusal(build, existingMesh({ version: '1.29.1' }))).toContain(`Istio has it from ${since} on`);
  expect(refusal(build, existingMesh({ version: `${since}.0` }))).toBe('');
});

test('metrics are refused on a mesh that keeps none, as its proxies would refuse all that comes with them', () => {
  const unsupported = { IstioMetrics: { reason: 'plain proxies', alternative: 'Read statistics' } };
  const tagged = (stack: TerraformStack): unknown => new Telemetry(stack, 'T', { namespace }).tagMetrics('host', 'request.host');
  expect(refusal(tagged, existingMesh({ version: '1.29.1', unsupported }))).toMatch(/plain proxies.*Read statistics/s);
  expect(rendered(tagged)).toHaveLength(1);
});

describe('on the AKS add-on', () => {
  const lua = 'function envoy_on_request(handle) end';

  test.each<[string, (stack: TerraformStack) => void, string]>([
    ['WorkloadEntry', (stack) => new WorkloadEntry(stack, 'X', { namespace, address: '10.0.0.1' }), 'ServiceEntry with endpoints'],
    ['WorkloadGroup', (stack) => new WorkloadGroup(stack, 'X', { namespace }), 'ServiceEntry with endpoints'],
    ['ProxyConfig', (stack) => new ProxyConfig(stack, 'X', { namespace, concurrency: 1 }), 'proxy.istio.io/config'],
    ['WasmPlugin', (stack) => new WasmPlugin(stack, 'X', { namespace, url: 'oci://r.io/a' }), 'EnvoyFilter with Lua'],
    ['TrafficExtension', (stack) => new TrafficExtension(stack, 'X', { namespace, lua }), 'EnvoyFilter with Lua'],
    ['TCPRoute', (stack) => new TCPRoute(stack, 'X', { namespace, parents: [reviews], to: { service: reviews } }), 'addTcpRoute'],
    ['TLSRoute', (stack) => new TLSRoute(stack, 'X', { namespace, parents: [reviews], hosts: ['a.b'], to: { service: reviews } }), 'addTlsRoute'],
    ['Ambient', (stack) => new KubernetesGateway(stack, 'X', { namespace, gatewayClass: 'istio-waypoint' }), 'Use sidecars'],
    ['TelemetryAccessLogFilter', (stack) => new Telemetry(stack, 'X', { namespace }).logRequests({ filter: 'true' }), 'Log everything'],
    [
      'TelemetryReportingInterval',
      (stack) => new Telemetry(stack, 'X', { namespace, spec: { metrics: [{ reportingInterval: '5s' }] } }),
      'set the interval where the metrics are scraped',
    ],
  ])('%s is refused with the reason and the alternative', (feature, build, alternative) => {
    const message = refusal(build, addon());
    expect(message).toContain(`"${feature}": flavour addon: `);
    expect(message).toContain(alternative);
  });

  test('what it takes is written', () => {
    expect(
      rendered((stack) => {
        new TLSRoute(stack, 'Tls', { namespace, parents: [reviews], hosts: ['a.example.com'], to: { service: reviews } });
        new Telemetry(stack, 'Logs', { namespace }).logRequests();
      }, addon('asm-1-30', managedGatewayApi('1.36'))).map(({ kind, apiVersion }) => `${apiVersion} ${kind}`),
    ).toEqual(['gateway.networking.k8s.io/v1 TLSRoute', 'telemetry.istio.io/v1 Telemetry']);
  });
});
