import { KubernetesProvider } from '@cdktf/provider-kubernetes/lib/provider';
import { HelmProvider } from '@cdktf/provider-helm/lib/provider';
import { App, TerraformStack, TerraformVariable, Token } from 'cdktf';
import { EnvoyFilterSpec, ENVOY_FILTER } from '../../constructs/istio/generated/envoy-filter';
import { IstioObject } from '../../constructs/istio/istio-object';
import { existingService } from '../../constructs/kubernetes/service';
import { KubernetesObject } from '../../constructs/kubernetes/object';
import { ObjectRelease } from '../../constructs/kubernetes/object-release';
import { existingMesh } from '../../constructs/mesh/existing-mesh';
import { IMesh, provideMesh } from '../../constructs/mesh/mesh';
import { AuthorizationPolicy, PeerAuthentication } from '../../constructs/security';
import {
  Destination,
  DestinationRule,
  DirectResponse,
  Duration,
  Fault,
  Gateway,
  type GatewayTls,
  LoadBalancing,
  Match,
  MeshService,
  Percent,
  Redirect,
  Rewrite,
  VirtualService,
} from '../../constructs/traffic';
import { onlyResource, resources, synthStack } from '../synth';

const mesh = existingMesh({
  version: '1.29.1',
  ingressGateway: { selector: { istio: 'ingress' }, namespace: 'edge', serviceName: 'ingress', serviceAccountName: 'ingress', ports: [80, 443] },
});
const reviewsService = existingService({ name: 'reviews', namespace: 'shop', ports: [{ name: 'http', port: 9080 }], versions: ['v1', 'v2', 'v3'] });
const twoPorts = existingService({
  name: 'cart',
  namespace: 'shop',
  ports: [
    { name: 'http', port: 80 },
    { name: 'grpc', port: 90 },
  ],
});
const HOST = 'reviews.shop.svc.cluster.local';
const jason = Match.header('end-user').exact('jason');

/** What `build` writes, by `Kind name`. */
function specs(build: (stack: TerraformStack) => void, on: IMesh = mesh): Record<string, Record<string, unknown>> {
  const stack = new TerraformStack(new App({ stackTraces: false }), 'stack');
  provideMesh(stack, on);
  build(stack);
  const objects = stack.node.findAll().filter((child) => child instanceof KubernetesObject);
  return Object.fromEntries(objects.map((object) => [`${object.kind} ${object.metadata.name}`, object.render().spec as Record<string, unknown>]));
}

/** Routes of a MeshService for reviews. */
function routes(build: (reviews: MeshService) => void): unknown {
  return specs((stack) => build(new MeshService(stack, 'Reviews', { service: reviewsService })))['VirtualService reviews']!.http;
}

/** What synth says. */
function synthError(build: (stack: TerraformStack) => void, on: IMesh = mesh): string {
  try {
    synthStack((stack) => {
      new KubernetesProvider(stack, 'Kubernetes');
      provideMesh(stack, on);
      build(stack);
    });
  } catch (error) {
    return (error as Error).message;
  }
  return '';
}

function to(subset?: string, weight?: number): Record<string, unknown> {
  return { destination: { host: HOST, ...(subset && { subset }) }, ...(weight !== undefined && { weight }) };
}

describe('MeshService', () => {
  test('a service that is not routed has subsets and no routes', () => {
    expect(specs((stack) => new MeshService(stack, 'Reviews', { service: reviewsService }))).toEqual({
      'DestinationRule reviews': { host: HOST, subsets: ['v1', 'v2', 'v3'].map((version) => ({ name: version, labels: { version } })) },
    });
  });

  test('splits by percent, and writes a version that gets nothing', () => {
    expect(routes((reviews) => reviews.split({ v1: 90, v2: 10, v3: 0 }))).toEqual([{ route: [to('v1', 90), to('v2', 10), to('v3', 0)] }]);
  });

  test('a single version needs no weight', () => {
    expect(routes((reviews) => reviews.split({ v1: 100 }))).toEqual([{ route: [to('v1')] }]);
  });

  test('routes come before the split, in the order they were added, whenever the split was made', () => {
    const http = routes((reviews) => {
      reviews.route({ match: jason, to: 'v2', timeout: Duration.seconds(2) });
      reviews.route({ match: Match.path().prefix('/beta'), to: { v2: 50, v3: 50 }, retries: { attempts: 3, on: ['5xx', 'reset'] } });
      reviews.route({ match: Match.method('DELETE'), directResponse: DirectResponse.status(403) });
      reviews.split({ v1: 100 });
    });
    expect(http).toEqual([
      { match: [{ headers: { 'end-user': { exact: 'jason' } } }], route: [to('v2')], timeout: '2s' },
      { match: [{ uri: { prefix: '/beta' } }], route: [to('v2', 50), to('v3', 50)], retries: { attempts: 3, retryOn: '5xx,reset' } },
      { match: [{ method: { exact: 'DELETE' } }], directResponse: { status: 403 } },
      { route: [to('v1')] },
    ]);
  });

  test('a delay for some goes where the split goes', () => {
    const http = routes((reviews) => reviews.delay(Duration.seconds(7), { match: jason, percent: Percent.of(50) }).split({ v1: 100 }));
    expect(http).toEqual([
      {
        match: [{ headers: { 'end-user': { exact: 'jason' } } }],
        fault: { delay: { fixedDelay: '7s', percentage: { value: 50 } } },
        route: [to('v1')],
      },
      { route: [to('v1')] },
    ]);
  });

  test('faults for everybody sit on the default route, together', () => {
    expect(routes((reviews) => reviews.delay(Duration.millis(250)).abort(503, { percent: Percent.of(1) }))).toEqual([
      { fault: { delay: { fixedDelay: '250ms', percentage: { value: 100 } }, abort: { httpStatus: 503, percentage: { value: 1 } } }, route: [to()] },
    ]);
  });

  test('a fault joins the route with the same match, which would hide a second one', () => {
    const http = routes((reviews) => reviews.route({ match: jason, to: 'v2' }).abort(500, { match: Match.header('End-User').exact('jason') }));
    const fault = { abort: { httpStatus: 500, percentage: { value: 100 } } };
    expect(http).toEqual([expect.objectContaining({ route: [to('v2')], fault }), { route: [to()] }]);
  });

  test('a route may follow the fault for the same requests, whose conditions are compared by what they mean', () => {
    const post = Match.method('POST');
    const http = routes((reviews) => reviews.abort(500, { match: jason.and(post) }).route({ match: post.and(jason), to: 'v2' }));
    expect(http).toEqual([expect.objectContaining({ route: [to('v2')], fault: expect.objectContaining({ abort: expect.anything() }) }), { route: [to()] }]);
  });

  test('a fault for everybody is on every route that reaches the service, beside or after its own', () => {
    const http = routes((reviews) => {
      reviews.route({ match: jason, to: 'v2' }).delay(Duration.seconds(7), { match: jason });
      reviews.route({ match: Match.path().exact('/old'), redirect: Redirect.to({ path: '/' }) });
      reviews.delay(Duration.seconds(1)).abort(503, { percent: Percent.of(1) });
    }) as { fault?: { delay: { fixedDelay: string }; abort: { httpStatus: number } } }[];
    expect(http.map(({ fault }) => fault && [fault.delay.fixedDelay, fault.abort.httpStatus])).toEqual([['7s', 503], undefined, ['1s', 503]]);
  });

  test('gateways take the same split and routes, but for those of one side alone', () => {
    const written = specs((stack) => {
      const gateway = new Gateway(stack, 'Public', { namespace: 'edge', hosts: ['shop.example.com'] });
      const reviews = new MeshService(stack, 'Reviews', { service: reviewsService, gateways: [gateway] });
      gateway.addHosts(['*.example.org', 'a.example.org']);
      reviews.route({ match: Match.claim('group').exact('staff'), to: 'v3' }).route({ match: Match.gateway('mesh'), to: 'v2' }).split({ v1: 100 });
    });
    const match = [{ headers: { '@request.auth.claims[group]': { exact: 'staff' } } }];
    expect(written['VirtualService reviews-ingress']).toEqual({
      gateways: ['edge/public'],
      hosts: ['shop.example.com', '*.example.org'],
      http: [{ match, route: [to('v3')] }, { route: [to('v1')] }],
    });
    expect(written['VirtualService reviews']).toEqual({ hosts: [HOST], http: [{ match: [{ gateways: ['mesh'] }], route: [to('v2')] }, { route: [to('v1')] }] });
    const make = (props: object) => () => specs((stack) => new MeshService(stack, 'Reviews', { service: reviewsService, ...props }));
    expect(make({ gateways: ['edge/public', 'mesh'] })).toThrow(/Leave `mesh` out[^]*Give `hosts`/);
    expect(make({ hosts: ['a.b'] })).toThrow(/Give `gateways`/);
    expect(make({ gateways: ['edge/public'], hosts: ['a.b'] })).not.toThrow();
  });

  test('a mirror copies the requests of every route', () => {
    const mirrors = [{ destination: { host: HOST, subset: 'v3' }, percentage: { value: 100 } }];
    const http = routes((reviews) => reviews.split({ v1: 100 }).route({ match: jason, to: 'v2' }).mirrorTo('v3'));
    expect(http).toEqual([expect.objectContaining({ route: [to('v2')], mirrors }), { route: [to('v1')], mirrors }]);
  });

  test('callers are allowed by identity, in one policy a service', () => {
    const written = specs((stack) => {
      const reviews = new MeshService(stack, 'Reviews', { service: reviewsService });
      reviews.allowFromGateway();
      reviews.allowFrom({ namespace: 'web', serviceAccountName: 'front' }, { methods: ['GET'], paths: ['/reviews/*'], ports: [9080] });
    });
    expect(written['AuthorizationPolicy reviews-callers']).toEqual({
      action: 'ALLOW',
      selector: { matchLabels: { app: 'reviews' } },
      rules: [
        { from: [{ source: { principals: ['cluster.local/ns/edge/sa/ingress'] } }] },
        {
          from: [{ source: { principals: ['cluster.local/ns/web/sa/front'] } }],
          to: [{ operation: { methods: ['GET'], paths: ['/reviews/*'], ports: ['9080'] } }],
        },
      ],
    });
  });

  test('a bad verb fails where it is written, with every problem', () => {
    const build = (act: (reviews: MeshService) => void) => () => specs((stack) => act(new MeshService(stack, 'Reviews', { service: reviewsService })));
    const shares = { v1: 50, v8: 20, v9: 20 };
    expect(build((reviews) => reviews.split(shares))).toThrow(/"v8": reviews has the versions v1, v2, v3[^]*"v9"[^]*these make 90/);
    expect(build((reviews) => reviews.split({ v1: 100 }).split({ v2: 100 }))).toThrow(/split: \[\{"v1":100\},\{"v2":100\}\]: .*split already/);
    expect(build((reviews) => reviews.retry({ attempts: 1 }).retry({ attempts: 2 }))).toThrow(/"attempts":1.*"attempts":2.*has retries already/);
    expect(build((reviews) => reviews.timeoutAfter(Duration.seconds(1)).timeoutAfter(Duration.seconds(2)))).toThrow(/timeoutAfter: \["1s","2s"\]/);
    expect(build((reviews) => reviews.mirrorTo('v1').mirrorTo('v2'))).toThrow(/"v1".*"v2".*is mirrored already/);
    const redirect = Redirect.to({ path: '/' });
    expect(build((reviews) => reviews.route({ match: jason, to: 'v2', redirect }))).toThrow(/\["to","redirect"\]: a route has one of/);
    expect(build((reviews) => reviews.route({ match: jason, to: 'v2' }).route({ match: jason, to: 'v3' }))).toThrow(/earlier route takes the same/);
    expect(build((reviews) => reviews.route({ match: jason, redirect }).abort(500, { match: jason }))).toThrow(/answers them itself/);
    expect(build((reviews) => reviews.route({ match: jason, to: 'v9' }))).toThrow(/"v9"/);
    expect(build((reviews) => reviews.mirrorTo('v9'))).toThrow(/"v9"/);
    expect(() => specs((stack) => new MeshService(stack, 'R', { service: reviewsService }).allowFromGateway(), existingMesh({ version: '1.29.1' }))).toThrow(
      /no ingress gateway/,
    );
  });

  test('a service with several ports says which one routes lead to', () => {
    expect(() => specs((stack) => new MeshService(stack, 'Cart', { service: twoPorts }).delay(Duration.seconds(1)))).toThrow(/several ports, 80, 90/);
    const written = specs((stack) => new MeshService(stack, 'Cart', { service: twoPorts, port: 90 }).delay(Duration.seconds(1)));
    expect(written['VirtualService cart']).toMatchObject({ http: [{ route: [{ destination: { port: { number: 90 } } }] }] });
  });
});

describe('values', () => {
  test.each([
    [Match.header('X-Beta').present(), { headers: { 'x-beta': {} } }],
    [Match.header('x-beta').absent(), { withoutHeaders: { 'x-beta': {} } }],
    [Match.header('user-agent').regex('.*Chrome.*'), { headers: { 'user-agent': { regex: '.*Chrome.*' } } }],
    [Match.path().ignoringCase().exact('/Shop'), { uri: { exact: '/Shop' }, ignoreUriCase: true }],
    [Match.method('GET', 'HEAD'), { method: { regex: 'GET|HEAD' } }],
    [Match.queryParam('debug').exact('1'), { queryParams: { debug: { exact: '1' } } }],
    [Match.claim('Group').exact('Staff'), { headers: { '@request.auth.claims[Group]': { exact: 'Staff' } } }],
    [Match.claim('realm', 'https://x.y/roles').not('a'), { withoutHeaders: { '@request.auth.claims[realm][https://x.y/roles]': { exact: 'a' } } }],
    [Match.header('@request.auth.claims.Sub').exact('Eve'), { headers: { '@request.auth.claims.Sub': { exact: 'Eve' } } }],
    [Match.gateway('mesh', { namespace: 'edge', name: 'public' }), { gateways: ['mesh', 'edge/public'] }],
    [Match.from(reviewsService), { sourceLabels: { app: 'reviews' }, sourceNamespace: 'shop' }],
    [
      Match.header('a').exact('1').and(Match.header('b').exact('2')).and(Match.port(80)),
      { headers: { a: { exact: '1' }, b: { exact: '2' } }, port: 80 },
    ],
  ])('match %#', (match, expected) => {
    expect(match.toSpec()).toEqual(expected);
  });

  test.each([
    ['user=jason', true],
    ['a=b; user=jason; c=d', true],
    ['user=jasons', false],
    ['xuser=jason', false],
    ['a=b', false],
  ])('a cookie is found wherever it stands: %s', (header, found) => {
    const regex = Match.cookie('user').exact('jason').toSpec().headers!.cookie!.regex!;
    expect(new RegExp(`^(?:${regex})$`).test(header)).toBe(found);
  });

  test.each([
    ['a=1; b=2', true],
    ['b=2;a=1', true],
    ['x=y; b=2; z=; a=1; c=3', true],
    ['a=1; b=3', false],
    ['a=1', false],
    ['a=1; ab=2', false],
  ])('two cookies are found in whatever order: %s', (header, found) => {
    const [a, b] = [Match.cookie('a').exact('1'), Match.cookie('b').regex('2|4').and(Match.header('x').present())];
    const { cookie, x } = a.and(b).toSpec().headers!;
    expect([new RegExp(`^(?:${cookie!.regex!})$`).test(header), x]).toEqual([found, {}]);
    expect(b.and(a).equals(a.and(b))).toBe(true);
  });

  test.each([
    [Duration.seconds(7), '7s'],
    [Duration.millis(1500), '1500ms'],
    [Duration.seconds(0.5), '500ms'],
    [Duration.minutes(2), '120s'],
    [Duration.hours(1), '3600s'],
  ])('duration %s', (duration, text) => {
    expect(duration.toString()).toBe(text);
  });

  test.each([
    [Redirect.https(), { scheme: 'https' }],
    [Redirect.to({ path: '/new', host: 'a.example', port: 'request', status: 307 }), { uri: '/new', authority: 'a.example', derivePort: 'FROM_REQUEST_PORT', redirectCode: 307 }],
    [Rewrite.regex('^/a/(.*)', '/\\1').and(Rewrite.authority('a.example')), { uriRegexRewrite: { match: '^/a/(.*)', rewrite: '/\\1' }, authority: 'a.example' }],
    [DirectResponse.status(503).body('closed'), { status: 503, body: { string: 'closed' } }],
    [DirectResponse.status(200).bytes(Buffer.from('ok')), { status: 200, body: { bytes: 'b2s=' } }],
  ])('answers and rewrites %#', (value, expected) => {
    expect(JSON.parse(JSON.stringify(value.toSpec()))).toEqual(expected);
  });

  test.each<[string, () => unknown, RegExp]>([
    ['a percentage over 100', () => Percent.of(101), /Percent\.of: 101: a percentage is 0, or from/],
    ['a percentage too small for Envoy', () => Percent.of(0.00001), /0\.00001/],
    ['no number', () => Percent.of(NaN), /percentage/],
    ['no time', () => Duration.seconds(0), /at least 1ms/],
    ['parts of a millisecond', () => Duration.millis(1.5), /"1.5ms".*millisecond/],
    ['endless time', () => Duration.hours(Infinity), /at least 1ms/],
    ['a status that is none', () => Fault.abort(600), /Fault\.abort: 600: .*from 200 to 599/],
    ['a status that gRPC has not', () => Fault.abortGrpc('GONE'), /Fault\.abortGrpc: "GONE"/],
    ['a redirect to the same place', () => Redirect.to({ status: 302 }), /Redirect\.to: .*changes something/],
    ['a redirect by a status that the proxies lack', () => Redirect.to({ path: '/', status: 304 as 301 }), /Redirect\.to: 304.*301, 302/],
    ['a rewrite that RE2 does not take', () => Rewrite.regex('(?=a)', 'b'), /Rewrite\.regex: .*RE2/],
    ['an empty rewrite', () => Rewrite.prefix(''), /Rewrite\.prefix: .*changes something/],
    ['two paths in their stead', () => Rewrite.prefix('/a').and(Rewrite.authority('b')).and(Rewrite.regex('a', 'b')), /rewrites the path once/],
    ['an answer without a status of HTTP', () => DirectResponse.status(99), /DirectResponse\.status: 99/],
    ['an answer that is too long', () => DirectResponse.status(200).body('a'.repeat(1024 * 1024 + 1)), /DirectResponse\.body: .*1 MiB/],
    ['two delays', () => Fault.delay(Duration.seconds(1)).and(Fault.delay(Duration.seconds(2))), /one delay at most/],
    ['an empty text', () => Match.header('a').exact(''), /present\(\) or absent\(\)/],
    ['a regex that RE2 does not take', () => Match.header('a').regex('(?!b)'), /Match\.header: .*RE2/],
    ['a regex longer than Istio takes', () => Match.path().regex('a'.repeat(1025)), /at most 1024/],
    ['a method in lower case', () => Match.method('GET', 'put'), /Match\.method: "put": .*upper case\. Write PUT/],
    ['no method', () => Match.method(), /Match\.method: "": .*Name one, such as GET/],
    ['a claim without a name', () => Match.claim('a', ''), /Match\.claim: "": a claim has a name/],
    ['no gateway', () => Match.gateway(), /Match\.gateway: .*some gateway/],
    ['pods beside gateways', () => Match.from(reviewsService).and(Match.gateway('mesh')), /Istio asks nothing of the pods/],
    ['a cookie by an expression that RE2 does not take', () => Match.cookie('a').regex('b)(c'), /Match\.cookie: "b\)\(c": .*RE2/],
    ['one cookie twice', () => Match.cookie('a').exact('1').and(Match.cookie('a').exact('2')), /states each cookie once/],
    ['a cookie beside its header', () => Match.cookie('a').present().and(Match.header('Cookie').exact('b')), /match\.headers\.cookie/],
    ['four cookies', () => ['b', 'c', 'd'].reduce((all, name) => all.and(Match.cookie(name).present()), Match.cookie('a').present()), /up to 3/],
    ['one header twice', () => jason.and(Match.header('end-user').exact('eve')), /match\.headers\.end-user/],
    ['two paths', () => Match.path().exact('/a').and(Match.path().prefix('/b')), /match\.uri/],
    ['an unknown version', () => Destination.of(reviewsService, 'v9'), /v1, v2, v3/],
    ['a version of a service without', () => Destination.of(twoPorts, { version: 'v1', port: 80 }), /declares no versions/],
    ['an unknown port', () => Destination.of(reviewsService, { port: 80 }), /has the ports 9080/],
    ['a negative weight', () => Destination.of(reviewsService).weighted(-1), /whole number, 0 or more/],
  ])('%s is refused', (_name, make, message) => {
    expect(make).toThrow(message);
  });

  test('what is known only at apply is not judged', () => {
    const unknown = Token.asNumber({ resolve: () => 10 } as never);
    const weighted = (): Destination => Destination.of(reviewsService, { weight: unknown });
    const answers = (): unknown[] => [Fault.abort(unknown), DirectResponse.status(unknown), Redirect.to({ port: unknown })];
    const shares = (): unknown => LoadBalancing.random().distribute({ a: { a: unknown } });
    expect(() => [Percent.of(unknown), Duration.seconds(unknown), shares(), ...answers(), weighted()]).not.toThrow();
  });

  test('what is known only at apply is rendered where it stands', () => {
    const stack = synthStack((scope) => {
      new KubernetesProvider(scope, 'Kubernetes');
      const seconds = new TerraformVariable(scope, 'seconds', { type: 'number' });
      const user = new TerraformVariable(scope, 'User', { type: 'string' });
      const shop = new VirtualService(scope, 'Shop', { mesh, namespace: 'shop', hosts: [reviewsService] });
      const match = Match.header(user.stringValue).present().and(Match.cookie('user').exact(user.stringValue)).and(Match.method(user.stringValue));
      shop.addRoute({ match, to: Destination.host('x.y', { version: user.stringValue }), timeout: Duration.seconds(seconds.numberValue) });
    });
    const { spec } = onlyResource(stack, 'kubernetes_manifest').manifest as { spec: { http: unknown[] } };
    expect(spec.http[0]).toMatchObject({
      timeout: '${var.seconds}s',
      match: [{ method: { exact: '${var.User}' }, headers: { '${var.User}': {}, cookie: { regex: '^(.*;\\s*)?user=\\Q${var.User}\\E(;.*)?$' } } }],
    });
  });
});

describe('Gateway and VirtualService', () => {
  test('opens port 80 for every host on the gateway of the mesh', () => {
    expect(specs((stack) => new Gateway(stack, 'Public', { namespace: 'shop' }))).toEqual({
      'Gateway public': { selector: { istio: 'ingress' }, servers: [{ port: { number: 80, name: 'http', protocol: 'HTTP' }, hosts: ['*'] }] },
    });
  });

  test('with TLS it opens 443, and redirects from 80', () => {
    const props = { namespace: 'shop', hosts: ['shop.example.com'], tls: { credentialName: 'shop-tls' } };
    const written = specs((stack) => new Gateway(stack, 'Public', props));
    expect(written['Gateway public']!.servers).toEqual([
      { port: { number: 80, name: 'http', protocol: 'HTTP' }, hosts: ['shop.example.com'], tls: { httpsRedirect: true } },
      { port: { number: 443, name: 'https', protocol: 'HTTPS' }, hosts: ['shop.example.com'], tls: { mode: 'SIMPLE', credentialName: 'shop-tls' } },
    ]);
  });

  test('is named with its namespace from another one', () => {
    const written = specs((stack) => {
      const gateway = new Gateway(stack, 'Public', { namespace: 'edge' });
      new VirtualService(stack, 'Far', { namespace: 'shop', hosts: ['a.example.com'], gateways: [gateway, 'mesh'] });
      new VirtualService(stack, 'Near', { namespace: 'edge', hosts: ['b.example.com'], gateways: [gateway] });
    });
    expect(written['VirtualService far']!.gateways).toEqual(['edge/public', 'mesh']);
    expect(written['VirtualService near']!.gateways).toEqual(['public']);
  });

  test('the spec in Istio words replaces what would be rendered, for an object and for a route', () => {
    const written = specs((stack) =>
      new VirtualService(stack, 'Shop', { namespace: 'shop', hosts: [reviewsService], spec: { exportTo: ['.'] } }).addRoute({
        to: Destination.of(reviewsService),
        spec: { headers: { response: { remove: ['server'] } }, timeout: '3s' },
      }),
    );
    expect(written['VirtualService shop']).toEqual({
      hosts: [HOST],
      exportTo: ['.'],
      http: [{ route: [to()], headers: { response: { remove: ['server'] } }, timeout: '3s' }],
    });
  });

  test('a template opener in a regex reaches Istio as written', () => {
    const stack = synthStack((scope) => {
      new KubernetesProvider(scope, 'Kubernetes');
      const shop = new VirtualService(scope, 'Shop', { mesh, namespace: 'shop', hosts: [reviewsService] });
      shop.addRoute({ match: Match.path().regex('/${x}'), redirect: Redirect.to({ path: '/' }) });
    });
    expect(JSON.stringify(onlyResource(stack, 'kubernetes_manifest'))).toContain('/$${x}');
  });

  test('a text that YAML 1.1 takes for a truth value reaches Istio as text', () => {
    const stack = synthStack((scope) => {
      new HelmProvider(scope, 'Helm', {});
      new ObjectRelease(scope, 'Objects', { name: 'objects', namespace: 'shop' });
      const shop = new VirtualService(scope, 'Shop', { mesh, namespace: 'shop', hosts: [reviewsService] });
      shop.addRoute({ match: Match.header('x-preview').exact('yes'), to: Destination.of(reviewsService) });
    });
    expect(onlyResource(stack, 'helm_release').values).toEqual([expect.stringContaining('exact: "yes"')]);
  });

  test('bad gateways are refused', () => {
    const refuse = (props: Partial<ConstructorParameters<typeof Gateway>[2]>, on = mesh) => () =>
      specs((stack) => new Gateway(stack, 'Public', { namespace: 'shop', ...props }), on);
    expect(refuse({}, existingMesh({ version: '1.29.1' }))).toThrow(/no ingress gateway/);
    const twice = (tls: GatewayTls) => () => specs((stack) => new Gateway(stack, 'P', { namespace: 'shop', hosts: ['a.b'], tls: { credentialName: 'a' } }).addHosts(['c.d', 'a.b'], tls));
    expect(twice({ credentialName: 'b' })).toThrow(/hosts: "a\.b": port 443 has TLS for this host already: a\./);
    expect(twice({ credentialName: 'a' })).toThrow(/Name each host once/);
    expect(refuse({ name: 'a.b', tls: {} })).toThrow(/DNS label[^]*needs a certificate/);
    expect(refuse({ tls: { mode: 'PASSTHROUGH', credentialName: 'x' } })).toThrow(/Leave credentialName out/);
    expect(() => specs((stack) => new Gateway(stack, 'Public', { namespace: 'Shop', mesh }))).toThrow(/stack\/Public: namespace: "Shop".*another `namespace`/);
    expect(() => specs((stack) => new DestinationRule(stack, 'Api', { host: 'a.b' }))).toThrow(/stack\/Api: namespace: .*none is given\. Give `namespace`/);
    expect(() => synthStack((stack) => new Gateway(stack, 'Public', { namespace: 'shop' }))).toThrow(/belongs to a mesh.*provideMesh/);
  });
});

describe('rules of the whole object, at synth', () => {
  test('every problem of every object is told at once, with path, field, value and mend', () => {
    const message = synthError((stack) => {
      new MeshService(stack, 'Reviews', { service: reviewsService });
      new VirtualService(stack, 'Bad', { namespace: 'shop', hosts: ['*'] })
        .addRoute({ to: Destination.host('reviews', { version: 'v9' }), redirect: Redirect.to({ path: '/' }) })
        .addRoute({ to: [Destination.of(reviewsService, 'v1').weighted(0), Destination.of(reviewsService, 'v2').weighted(0)], spec: { timeout: '0s' } })
        .addRoute({ match: jason, spec: { fault: { delay: { fixedDelay: 'soon', percentage: { value: 120 } }, abort: { httpStatus: 99 } } } })
        .addRoute({ directResponse: DirectResponse.status(200), fault: Fault.abort(500), retries: { attempts: 0, on: ['5xx'] } });
      new DestinationRule(stack, 'Twice', { host: reviewsService }).addSubset({ name: 'v1', labels: { version: 'one' } });
      new Gateway(stack, 'Public', { namespace: 'shop' }).addServer({ port: { number: 8080, name: 'http', protocol: 'HTTP' }, hosts: ['*'] });
      new AuthorizationPolicy(stack, 'Nobody', { namespace: 'shop' });
      new PeerAuthentication(stack, 'Ports', { namespace: 'shop', ports: { 9080: 'DISABLE' } });
    });
    for (const part of [
      'stack/Bad (VirtualService shop/bad): spec.hosts[0]: "*": inside the mesh a VirtualService names its hosts',
      'spec.http[0]: ["redirect","route"]: a request that is answered by `redirect` goes nowhere else. Drop `route`, or `redirect`.',
      'stack/Bad: http[0].route[0].subset: "v9": the DestinationRule of reviews.shop.svc.cluster.local has the subsets v1, v2, v3',
      'spec.http[1].route: [0,0]: of several destinations at least one has a weight',
      'spec.http[1].timeout: "0s": a duration is a number with a unit, and at least 1ms',
      'spec.http[1]: no request gets here: route 1 has no match either, and comes first',
      'spec.http[2]: a route says what happens to the request',
      'spec.http[2].fault.delay.fixedDelay: "soon"',
      'spec.http[2].fault.delay.percentage.value: 120',
      'spec.http[2].fault.abort.httpStatus: 99',
      'spec.http[3]: ["directResponse","fault"]: a request that is answered by `directResponse` goes nowhere else',
      'spec.http[3].retries: {"attempts":0,"retryOn":"5xx"}: attempts 0 switches retries off',
      'stack/Twice (DestinationRule shop/twice): spec.subsets[3].name: "v1": each subset has a name of its own',
      'stack/Public (Gateway shop/public): spec.servers[1].port.name: "http": each server has a port name of its own',
      'stack/Public: servers[1].port.number: 8080: the Service ingress listens on 80, 443',
      'stack/Nobody: spec.rules: an ALLOW policy without rules refuses every request. Add a rule, or say AuthorizationPolicy.denyAll',
      'stack/Ports (PeerAuthentication shop/ports): spec: {"mtls":{"mode":"STRICT"}',
    ]) {
      expect(message).toContain(part);
    }
  });

  test('a subset that nobody defines is found for hosts by their short name too, and for mirrors', () => {
    const bad = (stack: TerraformStack): VirtualService =>
      new VirtualService(stack, 'Bad', { namespace: 'shop', hosts: ['reviews'] }).addRoute({
        to: Destination.host('reviews'),
        mirror: { to: Destination.host('reviews', { version: 'v3' }) },
      });
    expect(synthError(bad)).toContain(`http[0].mirrors[0].subset: "v3": no DestinationRule defines subsets of ${HOST}`);
    expect(
      synthError((stack) => {
        bad(stack);
        new DestinationRule(stack, 'Versions', { host: 'reviews', namespace: 'shop' }).addSubset({ name: 'v3', labels: { version: 'v3' } });
      }),
    ).toBe('');
  });

  test('a subset may be defined in another stack, and what this one defines goes first', () => {
    const versions = (stack: TerraformStack, name: string): DestinationRule =>
      new DestinationRule(stack, 'Versions', { mesh, host: 'reviews', namespace: 'shop' }).addSubset({ name, labels: { version: name } });
    const route = (stack: TerraformStack): VirtualService =>
      new VirtualService(stack, 'Route', { mesh, namespace: 'shop', hosts: ['reviews'] }).addRoute({ to: Destination.host('reviews', { version: 'v1' }) });
    const problems = (here: string | undefined): string[] => {
      const app = new App({ stackTraces: false });
      const stack = new TerraformStack(app, 'here');
      versions(new TerraformStack(app, 'there'), 'v1');
      if (here) {
        versions(stack, here);
      }
      return route(stack).node.validate();
    };
    expect(problems(undefined)).toEqual([]);
    expect(problems('v2')).toEqual([expect.stringContaining('has the subsets v2')]);
  });

  test('two writers of one object are named', () => {
    const message = synthError((stack) => {
      new MeshService(stack, 'Reviews', { service: reviewsService });
      new MeshService(stack, 'Again', { service: reviewsService });
    });
    expect(message).toContain('stack/Again/DestinationRule: "shop/reviews": stack/Reviews/DestinationRule already writes the DestinationRule of this name');
  });

  test('what the mesh cannot do is told with the flavour, the reason and the alternative', () => {
    class Filter extends IstioObject<EnvoyFilterSpec> {
      constructor(scope: TerraformStack, id: string) {
        super(scope, id, ENVOY_FILTER, { namespace: 'shop' });
      }

      protected render(): EnvoyFilterSpec {
        return { configPatches: [] };
      }
    }
    const unsupported = { EnvoyFilter: { reason: 'filters are switched off', alternative: 'Use Telemetry' } };
    expect(synthError((stack) => new Filter(stack, 'Filter'), existingMesh({ version: '1.29.1', unsupported }))).toContain(
      'stack/Filter: "EnvoyFilter": flavour existing: filters are switched off. Use Telemetry.',
    );
    expect(synthError((stack) => new Filter(stack, 'Filter'))).toBe('');
  });
});

describe('security', () => {
  const denyAll = (stack: TerraformStack): unknown => AuthorizationPolicy.denyAll(stack, 'DenyAll', { mesh, namespace: 'shop' });

  test('deny all is an empty spec, as a manifest', () => {
    const stack = synthStack((scope) => {
      new KubernetesProvider(scope, 'Kubernetes');
      denyAll(scope);
    });
    expect(onlyResource(stack, 'kubernetes_manifest').manifest).toEqual({
      apiVersion: 'security.istio.io/v1',
      kind: 'AuthorizationPolicy',
      metadata: { name: 'deny-all', namespace: 'shop' },
      spec: {},
    });
  });

  test('deny all is an empty spec, in a release', () => {
    const stack = synthStack((scope) => {
      new HelmProvider(scope, 'Helm', {});
      new ObjectRelease(scope, 'Objects', { name: 'objects', namespace: 'shop' });
      denyAll(scope);
    });
    expect(onlyResource(stack, 'helm_release').values).toEqual([expect.stringMatching(/ {4}spec: \{\}\n$/)]);
    expect(resources(stack, 'kubernetes_manifest')).toEqual({});
  });

  test('the empty rule allows everything, and is written', () => {
    expect(specs((stack) => new AuthorizationPolicy(stack, 'Open', { namespace: 'shop', rules: [{}] }))['AuthorizationPolicy open']).toEqual({
      action: 'ALLOW',
      rules: [{}],
    });
  });

  test.each<[string, ConstructorParameters<typeof AuthorizationPolicy>[2], RegExp]>([
    ['DENY without rules', { namespace: 'shop', action: 'DENY' }, /spec\.rules: a DENY policy without rules never applies/],
    ['an empty from', { namespace: 'shop', rules: [{ from: [] }] }, /rules\[0\]\.from: \[\]/],
    ['an empty source', { namespace: 'shop', rules: [{ from: [{}] }] }, /rules\[0\]\.from\[0\]\.source: \{\}/],
    ['an empty operation', { namespace: 'shop', rules: [{ to: [{}] }] }, /rules\[0\]\.to\[0\]\.operation: \{\}/],
    ['an empty list', { namespace: 'shop', rules: [{ to: [{ methods: [], paths: ['/a'] }] }] }, /operation\.methods: \[\].*restricts nothing/],
    ['CUSTOM without a provider', { namespace: 'shop', action: 'CUSTOM', rules: [{}] }, /spec\.provider\.name: CUSTOM asks an external authoriser/],
    ['a provider without CUSTOM', { namespace: 'shop', provider: 'opa', rules: [{}] }, /spec\.provider: .*"opa".*ALLOW is decided by the proxy itself/],
    [
      'CUSTOM by identity',
      { namespace: 'shop', action: 'CUSTOM', provider: 'opa', rules: [{ from: [{ namespaces: ['web'] }], when: [{ key: 'request.auth.claims[a]' }] }] },
      /source\.namespaces: \["web"\][^]*when\[0\]: .*CUSTOM is decided before/,
    ],
  ])('%s is refused', (_name, props, message) => {
    expect(synthError((stack) => new AuthorizationPolicy(stack, 'Policy', props))).toMatch(message);
  });

  test('mTLS by mesh, namespace, workload and port', () => {
    expect(
      specs((stack) => {
        PeerAuthentication.forMesh(stack, 'Mesh');
        new PeerAuthentication(stack, 'Namespace', { namespace: 'shop', mode: 'PERMISSIVE' });
        new PeerAuthentication(stack, 'Workload', { namespace: 'shop', workload: reviewsService }).addPort(9090, 'DISABLE');
      }),
    ).toEqual({
      'PeerAuthentication default': { mtls: { mode: 'STRICT' } },
      'PeerAuthentication namespace': { mtls: { mode: 'PERMISSIVE' } },
      'PeerAuthentication workload': {
        selector: { matchLabels: { app: 'reviews' } },
        mtls: { mode: 'STRICT' },
        portLevelMtls: { '9090': { mode: 'DISABLE' } },
      },
    });
  });
});
