import { ServiceV1 } from '@cdktf/provider-kubernetes/lib/service-v1';
import { App, Fn, Lazy, TerraformStack, TerraformVariable, Testing, Token } from 'cdktf';
import { parse } from 'yaml';
import { EnvoyFilterConfigPatches, Target } from '../../constructs/istio';
import { existingService } from '../../constructs/kubernetes/service';
import { existingMesh } from '../../constructs/mesh/existing-mesh';
import { IMesh, provideMesh } from '../../constructs/mesh/mesh';
import {
  CircuitBreaker,
  Compression,
  CsrfProtection,
  EgressHost,
  EgressLockdown,
  ExternalAuthorization,
  GlobalRateLimit,
  GrpcJsonTranscoding,
  Limit,
  LocalRateLimit,
  LuaFilter,
  ProgressiveDelivery,
  ProgressiveDeliveryProps,
  RateLimitService,
  RequestHedging,
  Tap,
  WasmFilter,
} from '../../constructs/patterns';
import { Destination, DestinationRule, Duration, Gateway, Match, MeshService, VirtualService } from '../../constructs/traffic';
import { echoDescriptor } from '../../e2e/patterns/descriptor';
import { select } from '../../e2e/patterns/selection';
import { complaints, MESH, meshStack, rendered, specsOf } from '../rendered';

const namespace = 'shop';
const reviews = existingService({ name: 'reviews', namespace, ports: [{ name: 'http', port: 9080 }], versions: ['v1', 'v2'] });
const HOST = 'reviews.shop.svc.cluster.local';
const EGRESS = 'egress.edge.svc.cluster.local';
const ingress = MESH.ingressGateway!;
/** A descriptor set with the service proto.EchoTestService. */
const ECHO = echoDescriptor();

/** The settings of the one filter that a pattern writes. */
function filterOf(build: (stack: TerraformStack) => void): { config: Record<string, unknown>; context?: string; spec: Record<string, unknown> } {
  const spec = Object.entries(specsOf(build)).find(([key]) => key.startsWith('EnvoyFilter'))![1];
  const { match, patch } = (spec.configPatches as EnvoyFilterConfigPatches[])[0]!;
  const { typed_config } = patch!.value as { typed_config: Record<string, unknown> };
  return { config: typed_config, context: match!.context, spec };
}

/** Typed resources that a pattern makes, by type and name. */
function resourcesOf(build: (stack: TerraformStack) => void, mesh: IMesh = MESH): Record<string, Record<string, Record<string, unknown>>> {
  const stack = new TerraformStack(new App({ stackTraces: false }), 'stack');
  provideMesh(stack, mesh);
  build(stack);
  return (JSON.parse(Testing.synth(stack)) as { resource: Record<string, Record<string, Record<string, unknown>>> }).resource;
}

describe('CircuitBreaker', () => {
  const limits = { connections: 1, pendingRequests: 1 };

  test('makes the rule of a service that has none', () => {
    expect(specsOf((stack) => new CircuitBreaker(stack, 'Breaker', { service: reviews, limits }))['DestinationRule reviews']).toMatchObject({
      host: HOST,
      trafficPolicy: { connectionPool: { tcp: { maxConnections: 1 }, http: { http1MaxPendingRequests: 1 } } },
    });
  });

  test('joins the rule that is there: two for one host would be merged by chance', () => {
    const specs = specsOf((stack) => {
      const service = new MeshService(stack, 'Reviews', { service: reviews });
      new CircuitBreaker(stack, 'Breaker', { service, limits, ejection: { consecutiveErrors: 1, maxPercent: 100 } });
    });
    expect(Object.keys(specs)).toEqual(['DestinationRule reviews']);
    expect(specs['DestinationRule reviews']).toMatchObject({
      subsets: [{ name: 'v1' }, { name: 'v2' }],
      trafficPolicy: { connectionPool: {}, outlierDetection: { consecutive5xxErrors: 1, maxEjectionPercent: 100 } },
    });
  });

  test('twice on a service, or for nothing, is refused', () => {
    const stack = meshStack();
    new CircuitBreaker(stack, 'One', { service: reviews, limits });
    expect(() => new CircuitBreaker(stack, 'Two', { service: reviews, limits })).toThrow(/connectionPool of reviews.* is set already/);
    expect(() => new CircuitBreaker(stack, 'None', { service: reviews })).toThrow(/Give `limits`, `ejection` or both/);
  });

  test('belongs to the stack that has the rule, whichever comes first', () => {
    const app = new App({ stackTraces: false });
    const [one, two, elsewhere] = ['one', 'two', 'elsewhere'].map((id) => new TerraformStack(app, id)) as [TerraformStack, TerraformStack, TerraformStack];
    [one, two].forEach((stack) => provideMesh(stack, MESH));
    // Another cluster's.
    provideMesh(elsewhere, existingMesh({ version: '1.29.1' }));
    new CircuitBreaker(elsewhere, 'Breaker', { service: reviews, limits });
    new CircuitBreaker(one, 'Breaker', { service: reviews, limits });
    expect(complaints(one)).toEqual([]);
    expect(() => new CircuitBreaker(two, 'Breaker', { service: reviews, limits })).toThrow(/one\/Breaker\/DestinationRule is the DestinationRule of this host\. Make the circuit breaker in one/);
    new MeshService(two, 'Reviews', { service: reviews });
    expect(complaints(one)).toEqual([expect.stringContaining('two/Reviews/DestinationRule is the DestinationRule of this host')]);
  });
});

test('RequestHedging gives every route a time per try, and the callers the second request', () => {
  const specs = specsOf((stack) => {
    const service = new MeshService(stack, 'Reviews', { service: reviews });
    new RequestHedging(stack, 'Hedging', { service, after: Duration.millis(200), callers: 'web' });
  });
  expect(specs['VirtualService reviews']).toMatchObject({ http: [{ retries: { attempts: 1, perTryTimeout: '200ms', retryOn: '5xx,reset' } }] });
  expect(specs['EnvoyFilter reviews-hedging']).toMatchObject({
    configPatches: [
      {
        applyTo: 'VIRTUAL_HOST',
        match: { context: 'SIDECAR_OUTBOUND', routeConfiguration: { vhost: { name: `${HOST}:9080` } } },
        patch: { operation: 'MERGE', value: { hedge_policy: { hedge_on_per_try_timeout: true } } },
      },
    ],
  });
  const service = new MeshService(meshStack(), 'Reviews', { service: reviews });
  expect(() => new RequestHedging(service, 'H', { service, after: Duration.seconds(1), attempts: 0 })).toThrow(/at least one request more/);
  service.retry({ attempts: 3 });
  expect(() => new RequestHedging(service, 'I', { service, after: Duration.seconds(1) })).toThrow(/has retries already\. .*RequestHedging calls it too/);
});

test('RequestHedging and retries of the service are not for one route', () => {
  const hedged = (fill: (service: MeshService) => void): string[] => {
    const stack = meshStack();
    const service = new MeshService(stack, 'Reviews', { service: reviews });
    // A route may have its own.
    service.route({ match: Match.method('POST'), to: 'v1', retries: { attempts: 0 } });
    fill(service);
    return complaints(stack);
  };
  const after = Duration.millis(200);
  expect(hedged((service) => new RequestHedging(service, 'H', { service, after }))).toEqual([]);
  expect(() => hedged((service) => new RequestHedging(service.retry({ attempts: 3 }), 'H', { service, after }))).toThrow(/has retries already/);
  const later = (): void => {
    const found = hedged((service) => {
      new RequestHedging(service, 'H', { service, after });
      service.retry({ attempts: 3 });
    });
    throw new Error(found.join());
  };
  expect(later).toThrow(/retries/);
});

describe('filters', () => {
  test('of a gateway stand in its namespace, select its pods and its side', () => {
    const { context, spec } = filterOf((stack) => new LuaFilter(stack, 'Lua', { on: ingress, code: 'function envoy_on_response(handle) end' }));
    expect(context).toBe('GATEWAY');
    expect(spec).toMatchObject({ workloadSelector: { labels: { istio: 'ingress' } }, priority: 10 });
  });

  test('LocalRateLimit', () => {
    const { config, context } = filterOf((stack) => new LocalRateLimit(stack, 'Limit', { on: reviews, requests: 10, per: Duration.minutes(1), burst: 20, enforced: 50 }));
    expect(context).toBe('SIDECAR_INBOUND');
    expect(config).toMatchObject({
      type_url: 'type.googleapis.com/envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit',
      value: {
        token_bucket: { max_tokens: 20, tokens_per_fill: 10, fill_interval: '60s' },
        filter_enforced: { default_value: { numerator: 500000, denominator: 'MILLION' } },
      },
    });
    const bad = { on: reviews, requests: 5, per: Duration.millis(10), burst: 1, enforced: 250 };
    expect(() => new LocalRateLimit(meshStack(), 'Bad', bad)).toThrow(/burst: 1[^]*enforced: 250[^]*per: "10ms"/);
  });

  test('Lua, Compression, CsrfProtection, GrpcJsonTranscoding, Tap', () => {
    expect(filterOf((stack) => new LuaFilter(stack, 'X', { on: reviews, code: 'function envoy_on_request(h) end' })).config).toMatchObject({
      default_source_code: { inline_string: 'function envoy_on_request(h) end' },
    });
    expect(filterOf((stack) => new Compression(stack, 'X', { on: reviews, algorithm: 'brotli', minBytes: 100, contentTypes: ['text/css'] })).config).toMatchObject({
      response_direction_config: { common_config: { min_content_length: 100, content_type: ['text/css'] } },
      compressor_library: { name: 'brotli', typed_config: { '@type': 'type.googleapis.com/envoy.extensions.compression.brotli.compressor.v3.Brotli' } },
    });
    expect(filterOf((stack) => new CsrfProtection(stack, 'X', { on: reviews, allowedOrigins: ['a.example', { regex: '.*b' }], shadow: true })).config).toMatchObject({
      filter_enabled: { default_value: { numerator: 0 } },
      shadow_enabled: { default_value: { numerator: 1000000 } },
      additional_origins: [{ exact: 'a.example' }, { safe_regex: { regex: '.*b' } }],
    });
    expect(filterOf((stack) => new GrpcJsonTranscoding(stack, 'X', { on: reviews, descriptorSet: ECHO, services: ['proto.EchoTestService'] })).config).toMatchObject({
      proto_descriptor_bin: ECHO,
      services: ['proto.EchoTestService'],
    });
    expect(filterOf((stack) => new Tap(stack, 'X', { on: reviews, port: 9080 })).config).toMatchObject({ common_config: { admin_config: { config_id: 'tap' } } });
  });

  test('bad ones are refused where they are written', () => {
    expect(() => new WasmFilter(meshStack(), 'X', { on: reviews, module: { url: 'oci://r.io/a@sha256:zz' } })).toThrow(/pinned by sha256/);
    expect(() => new Compression(meshStack(), 'X', { on: reviews, minBytes: -1, contentTypes: [] })).toThrow(/minBytes: -1[^]*contentTypes/);
    expect(() => new Tap(meshStack(), 'X', { on: reviews, configId: '' })).toThrow(/configId: ""/);
    const rest = (descriptorSet: string, ...services: string[]) => () => new GrpcJsonTranscoding(meshStack(), 'X', { on: reviews, descriptorSet, services });
    expect(rest('no!')).toThrow(/named services[^]*base64/);
    // A path, which is base64 too.
    expect(rest('build/bookstore', 'a.B')).toThrow(/"build\/bookstore": [^]*not its path/);
    expect(rest(ECHO, 'EchoTestService')).toThrow(/services\[0\]: "EchoTestService": the descriptor set has the services proto\.EchoTestService/);
    // A file `a` that imports `b`.
    expect(rest(Buffer.from([10, 6, 10, 1, 97, 26, 1, 98]).toString('base64'), 'a.B')).toThrow(/"b": .*--include_imports/);
    expect(() => new WasmFilter(meshStack(), 'X', { on: reviews, module: { url: 'oci://r.io/a:1' } })).toThrow(/is pinned/);
  });

  test('are for the port that the pods listen on', () => {
    const on = { ...reviews, ports: [{ name: 'http', port: 80, targetPort: 8080 }] };
    const add = (port: number) => () => new Tap(meshStack(), 'X', { on, port });
    expect(add(80)).toThrow(/port: 80: the Service hands its port 80 to port 8080 of the pods.* Write 8080/);
    expect(add(99_999)).toThrow(/port: 99999: a port is/);
    expect(add(8080)).not.toThrow();
  });

  test('what is known later is not judged', () => {
    const stack = meshStack();
    const number = (id: string): number => new TerraformVariable(stack, id, { type: 'number' }).numberValue;
    new LocalRateLimit(stack, 'Limit', { on: reviews, requests: number('n'), burst: number('b'), enforced: number('e'), port: number('p'), per: Duration.seconds(1) });
    new Compression(stack, 'Gzip', { on: reviews, minBytes: number('m') });
    const descriptorSet = Fn.filebase64('bookstore.pb');
    new GrpcJsonTranscoding(stack, 'Rest', { on: reviews, descriptorSet, services: ['bookstore.Bookstore'] });
    expect(complaints(stack)).toEqual([]);
    expect(Testing.synth(stack)).toContain('"numerator": "${var.e}"');
  });

  test.each([
    'function envoy_on_request(h) end',
    'local n\nenvoy_on_request = f',
    'local n = 0\nfunction envoy_on_response (h) end',
    'envoy_on_request = function(h) end',
    '_G.envoy_on_request = f',
    'envoy_on_request, envoy_on_response = f, g',
    Lazy.stringValue({ produce: () => 'x' }),
  ])('Envoy finds a function in %j', (code) => {
    expect(() => new LuaFilter(meshStack(), 'X', { on: reviews, code })).not.toThrow();
  });

  test.each([
    'print(1)',
    'local function envoy_on_request(h) end',
    'local envoy_on_request = function(h) end',
    'local a, envoy_on_request = 1, f',
    'handlers.envoy_on_request = f',
    '-- function envoy_on_request(h) end',
    '--[==[\nfunction envoy_on_request(h) end\n]==]',
    "print('function envoy_on_request(h) end')",
    'if envoy_on_request == nil then end',
  ])('Envoy finds none in %j', (code) => {
    expect(() => new LuaFilter(meshStack(), 'X', { on: reviews, code })).toThrow(/Envoy calls envoy_on_request/);
  });

  test('of a gateway of the Gateway API refer to it', () => {
    const gateway = { ...Target.gateway('front', 'edge'), name: 'front', namespace: 'edge', serviceAccountName: 'front-istio' };
    const { context, spec } = filterOf((stack) => new LuaFilter(stack, 'Lua', { on: gateway, code: 'function envoy_on_response(handle) end' }));
    expect([context, spec.targetRefs]).toEqual(['GATEWAY', [{ group: 'gateway.networking.k8s.io', kind: 'Gateway', name: 'front' }]]);
  });

  test('WasmFilter', () => {
    const module = { url: 'oci://r.io/a:1', sha256: 'b'.repeat(64), config: { a: 1 } };
    expect(specsOf((stack) => new WasmFilter(stack, 'X', { on: reviews, module, phase: 'AUTHN', priority: 5 }))['WasmPlugin reviews-wasm']).toMatchObject({
      priority: 5,
      selector: { matchLabels: { app: 'reviews' } },
      pluginConfig: { a: 1 },
    });
  });
});

describe('GlobalRateLimit', () => {
  const build = (stack: TerraformStack): unknown =>
    new GlobalRateLimit(stack, 'Limit', {
      on: ingress,
      namespace: 'ratelimit',
      limits: [
        { by: 'path', value: '/productpage', requests: 5, per: 'minute' },
        { by: 'path', requests: 100, per: 'minute' },
        { by: { header: 'End-User' }, requests: 10, per: 'hour' },
        { by: 'client-ip', requests: 1, per: 'second' },
      ],
    });

  test('counts by key, in the service, over mutual TLS, and lets nobody else ask', () => {
    const specs = specsOf(build);
    const patches = specs['EnvoyFilter ingress-global-rate-limit']!.configPatches as EnvoyFilterConfigPatches[];
    expect(patches[0]!.patch!.value!.typed_config).toMatchObject({
      domain: 'ingress-global-rate-limit',
      failure_mode_deny: true,
      rate_limit_service: { grpc_service: { envoy_grpc: { cluster_name: 'outbound|8081||ratelimit.ratelimit.svc.cluster.local' } } },
    });
    expect(patches[1]!.patch!.value).toEqual({
      rate_limits: [
        { actions: [{ request_headers: { header_name: ':path', descriptor_key: 'PATH' } }] },
        { actions: [{ request_headers: { header_name: 'end-user', descriptor_key: 'end-user' } }] },
        { actions: [{ remote_address: {} }] },
      ],
    });
    expect(specs['AuthorizationPolicy ratelimit-callers']!.rules).toEqual([{ from: [{ source: { principals: ['cluster.local/ns/edge/sa/ingress-sa'] } }] }]);
    expect(specs['AuthorizationPolicy ratelimit-redis-callers']!.rules).toEqual([
      { from: [{ source: { principals: ['cluster.local/ns/ratelimit/sa/ratelimit'] } }] },
    ]);
  });

  test('its service reads the limits, and restarts with them', () => {
    const found = resourcesOf(build);
    const [config] = Object.values(found.kubernetes_config_map_v1!);
    expect((config!.data as Record<string, string>)['config.yaml']).toBe(
      [
        'descriptors:',
        '  - key: PATH',
        '    rate_limit:',
        '      requests_per_unit: 5',
        '      unit: minute',
        '    value: /productpage',
        '  - key: PATH',
        '    rate_limit:',
        '      requests_per_unit: 100',
        '      unit: minute',
        '  - key: end-user',
        '    rate_limit:',
        '      requests_per_unit: 10',
        '      unit: hour',
        '  - key: remote_address',
        '    rate_limit:',
        '      requests_per_unit: 1',
        '      unit: second',
        'domain: ingress-global-rate-limit',
        '',
      ].join('\n'),
    );
    const [service, redis] = Object.keys(found.kubernetes_deployment_v1!).sort();
    // It ends where Redis is not there.
    expect(found.kubernetes_deployment_v1![service!]!.depends_on).toContain(`kubernetes_deployment_v1.${redis}`);
    expect(JSON.stringify(found.kubernetes_deployment_v1)).toContain('"aks-istio/limits":"descriptors:');
  });

  /** What the service reads, by file. */
  const filesOf = (fill: (stack: TerraformStack) => void): Record<string, { domain: string; descriptors: unknown }> => {
    const [config] = Object.values(resourcesOf(fill).kubernetes_config_map_v1!);
    return Object.fromEntries(Object.entries(config!.data as Record<string, string>).map(([file, text]) => [file, parse(text) as never]));
  };

  test('several keys count each combination, and a limit for every path is one for the named path too', () => {
    const limits: Limit[] = [
      { by: 'path', value: '/login', requests: 50, per: 'second' },
      { by: ['path', { header: 'End-User' }], requests: 5, per: 'minute' },
      { by: [{ by: 'path', value: '/pay' }, 'client-ip'], requests: 1, per: 'hour' },
    ];
    const add = (stack: TerraformStack): unknown => new GlobalRateLimit(stack, 'Limit', { on: ingress, namespace, limits });
    const user = { key: 'end-user', rate_limit: { unit: 'minute', requests_per_unit: 5 } };
    expect(filesOf(add)['config.yaml']!.descriptors).toEqual([
      { key: 'PATH', value: '/login', rate_limit: { unit: 'second', requests_per_unit: 50 }, descriptors: [user] },
      { key: 'PATH', descriptors: [user] },
      { key: 'PATH', value: '/pay', descriptors: [{ key: 'remote_address', rate_limit: { unit: 'hour', requests_per_unit: 1 } }, user] },
    ]);
    const path = { request_headers: { header_name: ':path', descriptor_key: 'PATH' } };
    expect((specsOf(add)['EnvoyFilter ingress-global-rate-limit']!.configPatches as EnvoyFilterConfigPatches[])[1]!.patch!.value).toEqual({
      rate_limits: [
        { actions: [path] },
        { actions: [path, { request_headers: { header_name: 'end-user', descriptor_key: 'end-user' } }] },
        { actions: [path, { remote_address: {} }] },
      ],
    });
  });

  test('targets share a service, or have one each', () => {
    const limits: Limit[] = [{ by: 'path', requests: 1, per: 'second' }];
    const share = (stack: TerraformStack): void => {
      const service = new RateLimitService(stack, 'Service', { namespace: 'limits' });
      new GlobalRateLimit(stack, 'Gate', { on: ingress, service, limits });
      new GlobalRateLimit(stack, 'Reviews', { on: reviews, service, limits });
    };
    expect(Object.entries(filesOf(share)).map(([file, { domain }]) => [file, domain])).toEqual([
      ['config.yaml', 'ingress-global-rate-limit'],
      ['reviews-global-rate-limit.yaml', 'reviews-global-rate-limit'],
    ]);
    expect(specsOf(share)['AuthorizationPolicy ratelimit-callers']!.rules).toHaveLength(2);
    const stack = meshStack();
    const first = new GlobalRateLimit(stack, 'Gate', { on: ingress, namespace, limits });
    expect(() => new GlobalRateLimit(stack, 'Reviews', { on: reviews, namespace, limits })).toThrow(/stack\/Gate\/Service is .* of this name\. Hand that one/);
    const service = first.rateLimitService;
    expect(() => new GlobalRateLimit(stack, 'Twice', { on: ingress, name: 'other', service, limits })).toThrow(/stack\/Gate counts requests of the same pods by it/);
    expect(() => new GlobalRateLimit(stack, 'Both', { on: reviews, namespace, service, limits })).toThrow(/Leave `namespace` out/);
    expect(() => new GlobalRateLimit(stack, 'None', { on: reviews, limits })).toThrow(/Give `namespace`/);
    expect(new RateLimitService(stack, 'Own', { namespace, name: 'limits' }).service.name).toBe('limits');
  });

  test('what the service would stop at, no limit, or half a request, is refused', () => {
    const refuse = (...limits: Limit[]) => () => new GlobalRateLimit(meshStack(), 'L', { on: ingress, namespace, limits });
    expect(refuse()).toThrow(/something to limit/);
    expect(refuse({ by: 'path', requests: 0.5, per: 'day' })).toThrow(/0\.5/);
    const double = refuse({ by: 'path', requests: 1, per: 'second' }, { by: 'path', requests: 9, per: 'hour' });
    expect(double).toThrow(/limits\[1\]\.by: "path": limits\[0\] is for the same/);
    expect(refuse({ by: ['path', 'path'], requests: 1, per: 'day' })).toThrow(/different ones/);
    expect(refuse({ by: ['path', 'client-ip'], value: '/', requests: 1, per: 'day' })).toThrow(/has its own value/);
  });

  test('a number that is known later is a number for the service', () => {
    const files = resourcesOf((stack) => {
      const requests = new TerraformVariable(stack, 'requests', { type: 'number' }).numberValue;
      new GlobalRateLimit(stack, 'Limit', { on: ingress, namespace, limits: [{ by: 'path', requests, per: 'day' }] });
    }).kubernetes_config_map_v1!;
    expect(JSON.stringify(files)).toContain('requests_per_unit: ${var.requests}\\n');
  });
});

test('ExternalAuthorization asks a provider of the MeshConfig', () => {
  const service = { name: 'opa', namespace: 'auth' };
  expect(ExternalAuthorization.provider({ name: 'opa', service, port: 9191, failOpen: false, timeout: Duration.seconds(1) })).toEqual({
    name: 'opa',
    envoyExtAuthzGrpc: { service: 'opa.auth.svc.cluster.local', port: 9191, timeout: '1s', failOpen: false },
  });
  expect(ExternalAuthorization.provider({ name: 'h', service, port: 80, protocol: 'http', requestHeaders: ['authorization'] })).toEqual({
    name: 'h',
    envoyExtAuthzHttp: { service: 'opa.auth.svc.cluster.local', port: 80, includeRequestHeadersInCheck: ['authorization'] },
  });
  const whole = {
    ...{ name: 'h', service, port: 80, protocol: 'http' as const, statusOnError: 503, clearRouteCache: true, pathPrefix: '/check', additionalHeaders: { a: 'b' } },
    ...{ requestBody: { maxBytes: 8192, partial: true }, upstreamHeaders: ['x-user'], downstreamHeadersOnAllow: ['x-a'], downstreamHeadersOnDeny: ['x-b-*'] },
  };
  expect(ExternalAuthorization.provider(whole).envoyExtAuthzHttp).toEqual({
    service: 'opa.auth.svc.cluster.local',
    port: 80,
    statusOnError: '503',
    clearRouteCache: true,
    includeRequestBodyInCheck: { maxRequestBytes: 8192, allowPartialMessage: true },
    pathPrefix: '/check',
    includeAdditionalHeadersInCheck: { a: 'b' },
    headersToUpstreamOnAllow: ['x-user'],
    headersToDownstreamOnAllow: ['x-a'],
    headersToDownstreamOnDeny: ['x-b-*'],
  });
  const slips = { name: '', service, port: 99999, requestHeaders: ['*'], pathPrefix: 'check', statusOnError: 306, requestBody: { maxBytes: 0 } };
  const said = [
    ...[/name: ""/, /port: 99999/, /pathPrefix: "check": .*gRPC/, /requestHeaders: .*gRPC/],
    ...[/statusOnError: 306/, /maxBytes: 0/, /Write \/check/, /"\*": headers are named whole/],
  ];
  said.forEach((problem) => expect(() => ExternalAuthorization.provider(slips)).toThrow(problem));
  const specs = specsOf((stack) => new ExternalAuthorization(stack, 'Ask', { on: reviews, provider: 'opa', exceptPaths: ['/health'] }));
  expect(specs['AuthorizationPolicy reviews-ext-authz']).toEqual({
    selector: { matchLabels: { app: 'reviews' } },
    action: 'CUSTOM',
    provider: { name: 'opa' },
    rules: [{ to: [{ operation: { notPaths: ['/health'] } }] }],
  });
});

describe('EgressHost', () => {
  const host = 'api.example.com';
  const tls = { mode: 'SIMPLE', sni: host, subjectAltNames: [host], caCertificates: 'system' };

  test('straight out is a ServiceEntry, with a rule where the proxy speaks TLS', () => {
    expect(Object.keys(specsOf((stack) => new EgressHost(stack, 'Api', { host, namespace })))).toEqual(['ServiceEntry api-example-com']);
    const specs = specsOf((stack) => new EgressHost(stack, 'Api', { host, namespace, protocol: 'originate' }));
    expect(specs['ServiceEntry api-example-com']).toMatchObject({ hosts: [host], ports: [{ number: 80, targetPort: 443, protocol: 'HTTP' }, { number: 443, protocol: 'TLS' }] });
    expect(specs['DestinationRule api-example-com-tls']!.trafficPolicy).toEqual({ portLevelSettings: [{ port: { number: 80 }, tls }] });
  });

  test('through the gateway, TLS passes through it', () => {
    const specs = specsOf((stack) => new EgressHost(stack, 'Api', { host, namespace, throughGateway: true }));
    expect(specs['Gateway egress-api-example-com']).toMatchObject({
      selector: { istio: 'egress' },
      servers: [{ port: { number: 443, protocol: 'TLS' }, hosts: [host], tls: { mode: 'PASSTHROUGH' } }],
    });
    expect(specs['VirtualService egress-api-example-com']).toMatchObject({
      gateways: ['mesh', 'egress-api-example-com'],
      tls: [
        { match: [{ gateways: ['mesh'], port: 443, sniHosts: [host] }], route: [{ destination: { host: EGRESS, subset: 'api-example-com', port: { number: 443 } } }] },
        { match: [{ gateways: ['egress-api-example-com'], port: 443, sniHosts: [host] }], route: [{ destination: { host, port: { number: 443 } } }] },
      ],
    });
  });

  test('through the gateway, which speaks TLS: the hop to it has identities, and every host its subset in one rule', () => {
    const specs = specsOf((stack) => {
      new EgressHost(stack, 'Api', { host, namespace, protocol: 'originate', throughGateway: true });
      new EgressHost(stack, 'Other', { host: 'b.example.com', namespace, protocol: 'http', throughGateway: true });
    });
    expect(specs['Gateway egress-api-example-com']!.servers).toEqual([
      { port: { number: 80, name: 'https-api-example-com', protocol: 'HTTPS' }, hosts: [host], tls: { mode: 'ISTIO_MUTUAL' } },
    ]);
    const subset = (name: string, sni: string): object => ({
      name,
      trafficPolicy: { portLevelSettings: [{ port: { number: 80 }, tls: { mode: 'ISTIO_MUTUAL', sni } }] },
    });
    expect(specs['DestinationRule egress']).toEqual({
      ...{ host: EGRESS, exportTo: ['.'] },
      subsets: [subset('api-example-com', host), subset('b-example-com', 'b.example.com')],
    });
    expect(specs['DestinationRule api-example-com-tls']!.trafficPolicy).toEqual({ portLevelSettings: [{ port: { number: 443 }, tls }] });
    expect(specs['VirtualService egress-api-example-com']).toMatchObject({
      http: [{ route: [{ destination: { host: EGRESS, subset: 'api-example-com' } }] }, { route: [{ destination: { host, port: { number: 443 } } }] }],
    });
    expect(specs['VirtualService egress-b-example-com']).toMatchObject({ http: [{}, { route: [{ destination: { port: { number: 80 } } }] }] });
  });

  test('the namespace alone sees it, and the gateway where calls go through it', () => {
    const exported = (props: Partial<ConstructorParameters<typeof EgressHost>[2]>) =>
      Object.entries(specsOf((stack) => new EgressHost(stack, 'Api', { host, namespace, protocol: 'originate', ...props })))
        .filter(([key]) => !key.startsWith('Gateway'))
        .map(([key, { exportTo }]) => [key, exportTo]);
    expect(exported({})).toEqual([['ServiceEntry api-example-com', ['.']], ['DestinationRule api-example-com-tls', ['.']]]);
    expect(exported({ exportTo: ['.', 'office'] }).map(([, to]) => to)).toEqual([['.', 'office'], ['.', 'office']]);
    expect(exported({ throughGateway: true })).toEqual([
      ['ServiceEntry api-example-com', ['.', 'edge']],
      ['DestinationRule api-example-com-tls', ['.', 'edge']],
      ['VirtualService egress-api-example-com', ['.', 'edge']],
      ['DestinationRule egress', ['.']],
    ]);
  });

  test('a second namespace sends its calls through the gateway that the first opens', () => {
    const second = rendered((stack) => {
      new EgressHost(stack, 'Api', { host, namespace, protocol: 'originate', throughGateway: true });
      new EgressHost(stack, 'Office', { host, namespace: 'office', protocol: 'originate', throughGateway: true });
    }).filter(({ metadata }) => metadata.namespace === 'office');
    expect(second.map(({ kind }) => kind)).toEqual(['ServiceEntry', 'VirtualService', 'DestinationRule']);
    expect(second.map(({ spec }) => spec.exportTo)).toEqual([['.'], ['.'], ['.']]);
    expect(second[0]!.spec.ports).toEqual([{ number: 80, name: 'http-80', protocol: 'HTTP' }]);
    expect(second[1]!.spec).toMatchObject({ gateways: ['mesh'], http: [{ match: [{ gateways: ['mesh'], port: 80 }], route: [{ destination: { host: EGRESS } }] }] });
    expect((second[1]!.spec.http as unknown[]).length).toBe(1);
  });

  test('of two stacks, the second follows the one that opens the gateway', () => {
    const app = new App({ stackTraces: false });
    const [one, two] = ['one', 'two'].map((id) => new TerraformStack(app, id)) as [TerraformStack, TerraformStack];
    [one, two].forEach((stack) => provideMesh(stack, MESH));
    new EgressHost(one, 'Api', { host, namespace, throughGateway: true });
    new EgressHost(two, 'Api', { host, namespace: 'office', throughGateway: true });
    expect(two.dependsOn(one)).toBe(true);
    // The rule for the gateway's Service is one in a namespace, in whichever stack.
    new EgressHost(two, 'Other', { host: 'b.example.com', namespace, throughGateway: true });
    expect(two.node.tryFindChild(`EgressGateway-${namespace}`)).toBeUndefined();
  });

  test('TLS and plaintext of one host', () => {
    const specs = specsOf((stack) => new EgressHost(stack, 'Api', { host, namespace, protocol: ['tls', 'http'], throughGateway: true }));
    expect(specs['ServiceEntry api-example-com']!.ports).toMatchObject([{ number: 443 }, { number: 80 }]);
    expect(specs['Gateway egress-api-example-com']!.servers).toMatchObject([{ tls: { mode: 'PASSTHROUGH' } }, { tls: { mode: 'ISTIO_MUTUAL' } }]);
    const { tls, http } = specs['VirtualService egress-api-example-com'] as { tls: unknown[]; http: unknown[] };
    expect([tls.length, http.length]).toEqual([2, 2]);
    expect(http[1]).toMatchObject({ route: [{ destination: { host, port: { number: 80 } } }] });
  });

  test('what the mesh lacks, or a wildcard cannot have, is refused', () => {
    const refuse = (props: Partial<ConstructorParameters<typeof EgressHost>[2]>, mesh?: IMesh) => () => new EgressHost(meshStack(mesh), 'Api', { host, namespace, ...props });
    expect(refuse({ throughGateway: true }, existingMesh({ version: '1.29.1' }))).toThrow(/has no egress gateway/);
    expect(refuse({ host: '*.example.com', protocol: 'originate' })).toThrow(/Name each host/);
    expect(refuse({ host: '*.example.com' })).not.toThrow();
    expect(refuse({ host: 'https://api.example.com' })).toThrow(/host: "https:[^]*Write the name alone/);
    expect(refuse({ host: '10.0.0.1' })).toThrow(/host: "10\.0\.0\.1"[^]*ServiceEntry with `addresses`/);
    expect(refuse({ host: Token.asString({ resolve: () => host }) })).toThrow(/Give `name`/);
    expect(refuse({ protocol: ['tls', 'originate'] })).toThrow(/Give originate alone/);
    expect(refuse({ throughGateway: true, exportTo: ['*'] })).toThrow(/Make an EgressHost in each namespace/);
    expect(refuse({ throughGateway: true, name: 'n'.repeat(57) })).toThrow(/at most 56 characters/);
    const stack = meshStack();
    new EgressHost(stack, 'One', { host, namespace, throughGateway: true });
    expect(() => new EgressHost(stack, 'Two', { host, namespace, protocol: 'http' })).toThrow(/stack\/One is the way of shop to this host already[^]*\['tls', 'http'\]/);
    expect(() => new EgressHost(stack, 'Three', { host, namespace: 'office', protocol: 'http', throughGateway: true })).toThrow(/opens the gateway to this host for tls/);
  });

  test('a long host has a name that a Gateway may have', () => {
    const long = `${'storage'.repeat(8)}.blob.core.windows.net`;
    const names = Object.keys(specsOf((stack) => new EgressHost(stack, 'Api', { host: long, namespace, throughGateway: true })));
    expect(names).toContainEqual(expect.stringMatching(/^Gateway egress-[a-z0-9-]{48,56}$/));
  });
});

describe('EgressLockdown', () => {
  test('closes the proxies and the network', () => {
    const build = (stack: TerraformStack): unknown => new EgressLockdown(stack, 'Lockdown', { namespace, allowedBlocks: ['10.0.0.1/32'] });
    expect(specsOf(build)['Sidecar default']).toEqual({ outboundTrafficPolicy: { mode: 'REGISTRY_ONLY' } });
    const [policy] = Object.values(resourcesOf(build).kubernetes_network_policy_v1!);
    expect(policy!.spec).toMatchObject({
      pod_selector: {},
      policy_types: ['Egress'],
      egress: [{ to: [{ namespace_selector: {} }] }, { to: [{ ip_block: { cidr: '10.0.0.1/32' } }] }],
    });
    expect(() => new EgressLockdown(meshStack(), 'L', { namespace, allowedBlocks: ['10.0.0.1', 'fd00::/129', 'fd00::/8'] })).toThrow(/\[0\][^]*\[1\](?![^]*\[2\])/);
  });

  test('says which host it keeps pods from, and lets out what names its addresses', () => {
    const stack = meshStack();
    new EgressLockdown(stack, 'Lockdown', { namespace });
    new EgressHost(stack, 'Straight', { host: 'a.example.com', namespace });
    new EgressHost(stack, 'Through', { host: 'b.example.com', namespace, throughGateway: true });
    new EgressHost(stack, 'Elsewhere', { host: 'c.example.com', namespace: 'office' });
    expect(complaints(stack)).toEqual([
      expect.stringMatching(/^stack\/Straight: "a\.example\.com": the network policy of stack\/Lockdown .*`throughGateway: true`, .*`addressBlocks`/),
    ]);
    const build = (scope: TerraformStack): void => {
      new EgressLockdown(scope, 'Lockdown', { namespace });
      new EgressHost(scope, 'Straight', { host: 'a.example.com', namespace, addressBlocks: ['203.0.113.0/24'] });
    };
    const [policy] = Object.values(resourcesOf(build).kubernetes_network_policy_v1!);
    expect((policy!.spec as { egress: unknown[] }).egress[1]).toMatchObject({ to: [{ ip_block: { cidr: '203.0.113.0/24' } }], ports: [{ port: '80' }, { port: '443' }] });
  });
});

describe('ProgressiveDelivery', () => {
  const props = { service: reviews, interval: Duration.seconds(30) };

  test('is a Canary', () => {
    const specs = specsOf((stack) => {
      const gateways = [new Gateway(stack, 'Public', { namespace: 'edge' })];
      new ProgressiveDelivery(stack, 'Delivery', { ...props, gateways, hosts: ['a.example.com'], webhooks: [{ name: 'load', url: 'http://load/' }] });
    });
    expect(specs['Canary reviews']).toEqual({
      provider: 'istio',
      targetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'reviews' },
      service: { name: 'reviews', port: 9080, portName: 'http', targetPort: 9080, gateways: ['edge/public', 'mesh'], hosts: ['a.example.com'] },
      analysis: {
        interval: '30s',
        threshold: 5,
        maxWeight: 50,
        stepWeight: 10,
        metrics: [
          { name: 'request-success-rate', thresholdRange: { min: 99 }, interval: '30s' },
          { name: 'request-duration', thresholdRange: { max: 500 }, interval: '30s' },
        ],
        webhooks: [{ type: 'rollout', name: 'load', url: 'http://load/' }],
      },
    });
  });

  test('refuses what Flagger owns, and leaves alone what it does not', () => {
    const stack = meshStack();
    new ProgressiveDelivery(stack, 'Delivery', props);
    new MeshService(stack, 'Reviews', { service: reviews });
    new VirtualService(stack, 'Short', { namespace, hosts: ['reviews'] }).addRoute({ to: Destination.host('x') });
    const gateway = new Gateway(stack, 'Public', { namespace });
    new VirtualService(stack, 'Outside', { namespace, hosts: ['a.example.com'], gateways: [gateway] }).addRoute({ to: Destination.of(reviews) });
    new DestinationRule(stack, 'Else', { namespace, host: 'other' });
    const found = complaints(stack).filter((text) => text.includes('Flagger owns'));
    expect(found.map((text) => text.split(':')[0])).toEqual(['stack/Reviews/DestinationRule', 'stack/Short']);
    new ServiceV1(stack, 'Primary', { metadata: { name: 'reviews-primary', namespace }, spec: { port: [{ port: 9080 }] } });
    new ServiceV1(stack, 'Neighbour', { metadata: { name: 'ratings', namespace }, spec: { port: [{ port: 9080 }] } });
    const made = complaints(stack).filter((text) => text.includes('Flagger makes'));
    expect(made).toEqual([expect.stringMatching(/^stack\/Primary: "Service shop\/reviews-primary"/)]);
    expect(() => new ProgressiveDelivery(meshStack(), 'D', { ...props, step: 60 })).toThrow(/no larger than the last share, 50/);
    expect(() => new ProgressiveDelivery(meshStack(), 'D', { ...props, interval: Duration.seconds(5) })).toThrow(/looks every 10 s at most/);
  });

  test('A/B testing, metrics of your own, an autoscaler, settings of the routes, and what only Flagger has words for', () => {
    const specs = specsOf(
      (stack) =>
        new ProgressiveDelivery(stack, 'Delivery', {
          ...props,
          ...{ match: Match.cookie('canary').exact('always'), iterations: 10, autoscaler: { name: 'reviews' } },
          ...{ timeout: Duration.seconds(5), retries: { attempts: 3, on: ['5xx'] }, trafficPolicy: { tls: { mode: 'ISTIO_MUTUAL' } } },
          metrics: [{ name: 'errors', template: { name: 'errors' }, max: 1 }],
          spec: { progressDeadlineSeconds: 60, analysis: { mirror: true } },
        }),
    );
    expect(specs['Canary reviews']).toMatchObject({
      autoscalerRef: { apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler', name: 'reviews' },
      progressDeadlineSeconds: 60,
      service: { port: 9080, timeout: '5s', retries: { attempts: 3, retryOn: '5xx' }, trafficPolicy: { tls: { mode: 'ISTIO_MUTUAL' } } },
      analysis: { iterations: 10, match: [{ headers: { cookie: {} } }], mirror: true, threshold: 5 },
    });
    const { metrics, stepWeight } = (specs['Canary reviews'] as { analysis: { metrics: unknown[]; stepWeight?: number } }).analysis;
    expect(metrics[2]).toEqual({ name: 'errors', templateRef: { name: 'errors' }, thresholdRange: { max: 1 }, interval: '30s' });
    expect(stepWeight).toBeUndefined();
  });

  test('numbers that Flagger would cut or not take are refused, numbers that are known later pass', () => {
    const refuse = (more: Partial<ProgressiveDeliveryProps>) => () => new ProgressiveDelivery(meshStack(), 'D', { ...props, ...more });
    expect(refuse({ step: 7.5, max: 33.3, failures: -2 })).toThrow(/step: 7\.5[^]*max: 33\.3[^]*failures: -2/);
    expect(refuse({ iterations: 5, step: 10 })).toThrow(/Leave out `step` and `max`/);
    expect(refuse({ match: Match.header('x').exact('1') })).toThrow(/Give `iterations`/);
    expect(refuse({ metrics: [{ name: 'a', template: { name: 'a' } }] })).toThrow(/metrics\[0\]/);
    expect(refuse({ step: Token.asNumber({ resolve: () => 60 }) })).not.toThrow();
  });

  test('without a Prometheus, webhooks judge alone, and one has to', () => {
    const blind = { ...props, successRate: false, latency: false } as const;
    const analysisWith = (webhooks: ProgressiveDeliveryProps['webhooks']) =>
      specsOf((stack) => new ProgressiveDelivery(stack, 'Delivery', { ...blind, webhooks }))['Canary reviews'].analysis;
    expect(analysisWith([{ name: 'judge', url: 'http://judge/' }])).toMatchObject({ metrics: [], webhooks: [{ name: 'judge' }] });
    expect(() => analysisWith([{ name: 'after', type: 'post-rollout', url: 'http://judge/' }])).toThrow(/something judges the new version/);
  });
});

test('proofs of the end-to-end suite are selected by parts of their names, each of which has to be in one', () => {
  const all = [{ name: 'CircuitBreaker, limits' }, { name: 'Tap' }];
  expect(select(all, ['Breaker'])).toEqual([{ name: 'CircuitBreaker, limits' }]);
  expect(select(all)).toEqual(all);
  expect(() => select(all, ['Tap', 'Hedging'])).toThrow(/Hedging[^]*CircuitBreaker, limits\n {2}Tap/);
});
