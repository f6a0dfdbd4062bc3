import { execFile } from 'node:child_process';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:net';
import { promisify } from 'node:util';
import { ensureDemoCertificates } from '../../cli/demo-certificates';
import { signCertificate } from '../../cli/tools/certificate';
import { judgeCall } from '../../cli/verify/call-judge';
import { NODE_SCRIPT } from '../../cli/verify/call-scripts';
import { openEntrance } from '../../cli/verify/entrance';
import type { CallExpectation, Expectation } from '../../scenarios';
import { SCENARIOS } from '../../scenarios';
import { bookinfoServices } from '../../constructs/bookinfo/services';
import { judgeAbort, judgeDelay, judgeDenied } from '../../cli/verify/faults';
import { gatewayUrl } from '../../cli/verify/gateway';
import { escapeXml, toJUnit } from '../../cli/verify/junit';
import { MeshAnswer, parseAnswers } from '../../cli/verify/mesh-call';
import { judgeMirror, parseInboundCount } from '../../cli/verify/mirror';
import { judgePastProxy } from '../../cli/verify/past-proxy';
import { listPods, readyPod } from '../../cli/verify/pods';
import { countElements } from '../../e2e/xml';
import { removeLeftOvers, startOutsidePod } from '../../cli/verify/outside-pod';
import { judgePlaintext } from '../../cli/verify/plaintext';
import { describePage, expectedPage, judgePage, parseProductPage } from '../../cli/verify/product-page';
import { judgeSync, parseProxyStatus, parseSyncz } from '../../cli/verify/proxy-sync';
import type { VerifyResult } from '../../cli/verify/result';
import { countVersions } from '../../cli/verify/scenario-checks';
import { acceptedCounts, describeShares, judgeShares, sampleSize, tolerancePoints } from '../../cli/verify/shares';
import { printVerifyTable } from '../../cli/verify/table';
import { countSampled, countTagged, judgeLog } from '../../cli/verify/telemetry-checks';
import { checksOf, runCheck } from '../../cli/verify/verify';
import type { Check, VerifyContext } from '../../cli/verify/context';
import type { Outcome } from '../../cli/verify/result';
import type { RunOptions, RunResult } from '../../cli/tools/process';

describe('split shares', () => {
  test('the bounds are those of the binomial distribution', () => {
    // By hand, against half of one in ten thousand: of 10 fair tosses P(0) = 1/1024 is more; of 20 P(<=1) = 21/2^20 is less, P(<=2) = 211/2^20 more.
    expect(acceptedCounts(10, 50)).toEqual({ low: 0, high: 10 });
    expect(acceptedCounts(20, 50)).toEqual({ low: 2, high: 18 });
    expect(acceptedCounts(40, 0)).toEqual({ low: 0, high: 0 });
    expect(acceptedCounts(40, 100)).toEqual({ low: 40, high: 40 });
  });

  test('a sample is as large as a meaningful tolerance needs, and bounded', () => {
    expect([sampleSize({ v1: 100 }), sampleSize({ v1: 90, v2: 10 }), sampleSize({ v1: 50, v2: 50 })]).toEqual([40, 350, 800]);
    expect(tolerancePoints(350, 10)).toBeLessThanOrEqual(7);
    expect(sampleSize({ v1: 34, v2: 33, v3: 33 })).toBeLessThanOrEqual(1000);
    expect(describeShares({ v1: 90, v2: 10 })).toMatch(/^v1 90 % ± \d\.\d, v2 10 % ± \d\.\d of 350 requests$/);
  });

  test.each([
    ['as wanted', { v1: 268, v2: 32 }, 'pass'],
    ['at the edge of chance', { v1: 251, v2: 49 }, 'pass'],
    ['80/20 is not 90/10', { v1: 240, v2: 60 }, 'fail'],
    ['all on one', { v1: 300 }, 'fail'],
    ['a version that should get nothing', { v1: 269, v2: 30, v3: 1 }, 'fail'],
    ['answers that are errors', { v1: 269, v2: 30, '503 no healthy upstream': 1 }, 'fail'],
  ])('90/10: %s', (_, counts, verdict) => {
    expect(judgeShares({ v1: 90, v2: 10 }, counts as Record<string, number>, 300).verdict).toBe(verdict);
  });

  test('one stray answer breaks a whole share, and too few answers are no sample', () => {
    expect(judgeShares({ v1: 100 }, { v1: 40 }, 40)).toEqual({ verdict: 'pass', observation: 'v1 100 % (40)' });
    expect(judgeShares({ v1: 100 }, { v1: 39, v2: 1 }, 40)).toEqual({ verdict: 'fail', observation: 'v1 97.5 % (39), v2 2.5 % (1)' });
    expect(judgeShares({ v1: 100 }, { v1: 12 }, 40)).toMatchObject({ verdict: 'fail', observation: expect.stringContaining('only 12 of 40') });
    expect(judgeShares({ v1: 100 }, {}, 0).verdict).toBe('fail');
  });

  test('answers count for the version of the pod that gave them', () => {
    const versions = new Map([['reviews-v1-a', 'v1']]);
    const answers = [answer({ body: '{"podname":"reviews-v1-a"}' }), answer({ body: '{"podname":"gone"}' }), answer({ status: 503, body: 'no healthy upstream' })];
    expect(countVersions(answers, versions)).toEqual({ v1: 1, 'pod gone': 1, '503 no healthy upstream': 1 });
  });
});

describe('product page', () => {
  const versions = new Map([
    ['reviews-v1-a', 'v1'],
    ['reviews-v2-b', 'v2'],
    ['reviews-v3-c', 'v3'],
  ]);
  const stars = (color: string, count: number) =>
    `<div class="flex gap-x-1 text-${color}-500">${'<svg id="glyphicon glyphicon-star" class="h-5"></svg>'.repeat(count)}<svg class="h-5"></svg></div>`;
  const review = (pod: string, rating = '') =>
    `<section class="px-6">${rating}<div class="mt-0.5">Reviews served by: \n   ${pod}\n  on cluster <div>x</div></div></section>`;
  const page = (parts: { user?: string; details?: string; reviews: string }) => `
    <nav>${parts.user ? `<p class="text-base font-medium">${parts.user}</p>\n <a href="logout" class="x">Sign out</a>` : '<button>Sign in</button>'}</nav>
    <h1 class="text-5xl">The Comedy of Errors</h1>
    ${parts.details ?? '<h4 class="text-3xl">Book Details</h4>'}${parts.reviews}`;
  const shown = (...sections: string[]) => `<h4 class="text-3xl font-semibold">Book Reviews</h4>${sections.join('')}`;
  const black = page({ user: 'jason', reviews: shown(review('reviews-v2-b', stars('black', 5)), review('reviews-v2-b', stars('black', 4))) });
  const plain = page({ reviews: shown(review('reviews-v1-a'), review('reviews-v1-a')) });
  const unrated = page({
    user: 'jason',
    reviews: shown(review('reviews-v2-b', '<p class="text-red-500">Ratings service is currently unavailable</p>')),
  });
  const broken = page({ user: 'jason', reviews: '<p class="text-2xl text-red-500">Error fetching product reviews</p>' });

  test('stars, their colour, the pod and who is signed in are read', () => {
    expect(parseProductPage(black)).toEqual({
      title: 'The Comedy of Errors',
      user: 'jason',
      detailsShown: true,
      reviewsShown: true,
      reviews: [
        { stars: { color: 'black', count: 5 }, servedBy: 'reviews-v2-b', ratingError: undefined },
        { stars: { color: 'black', count: 4 }, servedBy: 'reviews-v2-b', ratingError: undefined },
      ],
    });
    expect(parseProductPage(unrated).reviews[0].ratingError).toBe('Ratings service is currently unavailable');
    expect(parseProductPage(plain)).toMatchObject({ user: undefined, reviews: [{ stars: undefined }, { stars: undefined }] });
  });

  const of = (name: string): readonly Expectation[] => SCENARIOS.find((scenario) => scenario.name === name)!.expectations;

  test.each([
    ['all-v1', undefined, '200; no stars (v1)'],
    ['reviews-90-10', undefined, '200; no stars (v1) or black stars (v2)'],
    ['reviews-90-10', 'jason', '200, signed in as jason; no stars (v1) or black stars (v2)'],
    ['jason-v2', 'jason', '200, signed in as jason; black stars (v2)'],
    ['ratings-abort', 'jason', '200, signed in as jason; ratings unavailable (v2)'],
    ['ratings-delay', undefined, '200; no stars (v1)'],
    ['ratings-delay', 'jason', '200, signed in as jason; reviews unavailable, as productpage gives up after 3 s, twice'],
    ['reviews-mirror-v3', undefined, '200; no stars (v1)'],
  ])('what %s promises %s', (scenario, user, text) => {
    expect(describePage(expectedPage(of(scenario), user))).toBe(text);
  });

  test.each([
    ['jason-v2', 'jason', black, 'pass'],
    ['jason-v2', undefined, plain, 'pass'],
    ['ratings-abort', 'jason', unrated, 'pass'],
    ['ratings-delay', 'jason', broken, 'pass'],
    ['jason-v2', 'jason', plain, 'fail'],
    ['all-v1', undefined, black, 'fail'],
    ['jason-v2', 'jason', unrated, 'fail'],
    ['jason-v2', 'jason', broken, 'fail'],
    ['ratings-abort', 'jason', black, 'fail'],
    ['ratings-delay', 'jason', black, 'fail'],
    ['all-v1', undefined, page({ details: '<p>Error fetching product details</p>', reviews: shown(review('reviews-v1-a')) }), 'fail'],
    ['all-v1', undefined, page({ reviews: shown() }), 'fail'],
    ['all-v1', undefined, page({ reviews: shown(review('somebody-else')) }), 'fail'],
    // The right version with the colour of another.
    ['jason-v2', 'jason', page({ user: 'jason', reviews: shown(review('reviews-v2-b', stars('red', 5))) }), 'fail'],
  ])('%s, %s: judged', (scenario, user, html, verdict) => {
    expect(judgePage(expectedPage(of(scenario), user), 200, html, versions).verdict).toBe(verdict);
  });

  test('an error page says what came back', () => {
    expect(judgePage(expectedPage([]), 503, 'no healthy upstream', versions)).toEqual({ verdict: 'fail', observation: '503: no healthy upstream' });
    expect(judgePage(expectedPage([]), 503, plain, versions).verdict).toBe('fail');
  });
});

describe('faults', () => {
  const delay = { kind: 'delay', service: 'ratings', user: 'jason', seconds: 7 } as const;
  const abort = { kind: 'abort', service: 'ratings', user: 'jason', status: 500 } as const;
  const rated = answer({ body: '{"reviews":[{"rating":{"stars":5,"color":"black"}}]}' });
  const unrated = answer({ body: '{"reviews":[{"rating":{"error":"Ratings service is currently unavailable"}}]}' });
  const unasked = answer({ body: '{"reviews":[{"text":"x"}]}' });

  test('a delay is neither absent nor longer than stated, and spares the others', () => {
    const slow = [answer({ seconds: 7.03 }), answer({ seconds: 7.9 })];
    expect(judgeDelay(delay, slow, [answer({ seconds: 0.02 })])).toEqual({ verdict: 'pass', observation: '7.03 s, 7.90 s; others 0.02 s' });
    expect(judgeDelay(delay, [answer({ seconds: 0.02 })], []).verdict).toBe('fail');
    expect(judgeDelay(delay, [answer({ seconds: 10 })], []).verdict).toBe('fail');
    expect(judgeDelay(delay, slow, [answer({ seconds: 7 })]).verdict).toBe('fail');
    expect(judgeDelay(delay, [answer({ seconds: 7, status: 504, body: 'timeout' })], []).verdict).toBe('fail');
    expect(judgeDelay(delay, [], []).verdict).toBe('fail');
  });

  test('an abort has its status, is felt by reviews, and spares the others', () => {
    const direct = answer({ status: 500, body: 'fault filter abort' });
    expect(judgeAbort(abort, { reviews: [unrated], direct, others: [unasked] })).toEqual({
      verdict: 'pass',
      observation: 'ratings unavailable, status 500 fault filter abort; for others: not asked',
    });
    expect(judgeAbort(abort, { reviews: [rated], direct, others: [] }).verdict).toBe('fail');
    expect(judgeAbort(abort, { reviews: [unrated], direct: answer({ status: 503 }), others: [] }).verdict).toBe('fail');
    expect(judgeAbort(abort, { reviews: [unrated], direct, others: [unrated] }).verdict).toBe('fail');
    expect(judgeAbort(abort, { reviews: [], direct, others: [] }).verdict).toBe('fail');
    // Refused by a policy, not by the fault.
    const refused = answer({ status: 403, body: 'RBAC: access denied' });
    expect(judgeAbort({ ...abort, status: 403 }, { reviews: [unrated], direct: refused, others: [] }).verdict).toBe('fail');
  });

  test('every call that nobody allowed has to be refused, and by the mesh', () => {
    const refused = answer({ status: 403, body: 'RBAC: access denied' });
    expect(judgeDenied([refused, refused], 2)).toEqual({ verdict: 'pass', observation: '2 x 403 RBAC: access denied' });
    expect(judgeDenied([refused, answer({ body: '{}' })], 2)).toEqual({ verdict: 'fail', observation: '1 of 2 not denied: 200 {}' });
    expect(judgeDenied([refused, answer({ status: 403, body: 'the program says no' })], 2).verdict).toBe('fail');
    expect(judgeDenied([refused, answer({ status: undefined, error: 'TimeoutError' })], 2).verdict).toBe('fail');
    expect(judgeDenied([refused], 2).verdict).toBe('fail');
    expect(judgeDenied([], 0).verdict).toBe('fail');
  });

  test('answers are found among other output', () => {
    expect(parseAnswers('Defaulted container\n{"call":0,"seconds":0.1,"status":200}\n\n')).toEqual([{ call: 0, seconds: 0.1, status: 200 }]);
  });
});

describe('calls', () => {
  const call = (fields: Partial<CallExpectation> = {}): CallExpectation => ({ kind: 'call', name: 'a call', from: 'gateway', result: 200, ...fields });
  const verdict = (expectation: CallExpectation, ...answers: MeshAnswer[]): string =>
    judgeCall({ count: answers.length, ...expectation }, answers).verdict;
  const closed = answer({ status: undefined, error: 'ECONNRESET: socket hang up' });

  test('each answer has the status, or the number of each is right, and nothing else comes', () => {
    expect(judgeCall(call({ count: 2 }), [answer({}), answer({})])).toEqual({ verdict: 'pass', observation: '2 x 200' });
    expect(judgeCall(call({ count: 2 }), [answer({}), answer({ status: 503, body: 'no healthy upstream' })])).toEqual({
      verdict: 'fail',
      observation: '1 x 200, 1 x 503 (503 no healthy upstream)',
    });
    expect(judgeCall(call({ count: 3 }), [answer({})]).observation).toBe('only 1 of 3 requests were answered: 1 x 200');
    const limited = call({ result: { 200: 1, 429: 1 } });
    expect(verdict(limited, answer({}), answer({ status: 429 }))).toBe('pass');
    expect(verdict(limited, answer({}), answer({}))).toBe('fail');
    expect(verdict(call({ result: { 200: { min: 1 }, 503: { max: 1 } } }), answer({}), answer({}))).toBe('pass');
    expect(verdict(call({ result: { 200: { min: 1 }, 503: { max: 1 } } }), answer({}), answer({ status: 503 }), answer({ status: 503 }))).toBe('fail');
    expect(verdict(call())).toBe('fail');
  });

  test('refused is a closed connection, and no other failure', () => {
    expect(verdict(call({ result: 'refused' }), closed)).toBe('pass');
    for (const error of ['ConnectionResetError: [Errno 104]', 'EOFError: end of file reached', 'SSLEOFError: EOF occurred']) {
      expect(verdict(call({ result: 'refused' }), answer({ status: undefined, error }))).toBe('pass');
    }
    for (const error of ['TimeoutError: timed out', 'ConnectionRefusedError: [Errno 111]', 'ENOTFOUND: getaddrinfo', 'gaierror: unknown']) {
      expect(verdict(call({ result: 'refused' }), answer({ status: undefined, error }))).toBe('fail');
    }
    expect(verdict(call({ result: 'refused' }), answer({ status: 403, body: 'RBAC: access denied' }))).toBe('fail');
    expect(verdict(call({ result: 403 }), closed)).toBe('fail');
  });

  test('what good answers say, in time and with their headers', () => {
    const good = answer({ body: 'The Comedy of Errors', headers: { location: 'https://a/' } });
    expect(verdict(call({ contains: 'Comedy' }), good)).toBe('pass');
    expect(judgeCall(call({ count: 1, contains: 'Tragedy' }), [good])).toEqual({ verdict: 'fail', observation: '1 x 200, without Tragedy' });
    expect(verdict(call({ answerHeaders: { location: 'https://a/', server: null } }), good)).toBe('pass');
    expect(judgeCall(call({ count: 1, answerHeaders: { location: 'https://b/' } }), [good]).observation).toBe('1 x 200, location: https://a/');
    expect(verdict(call({ answerHeaders: { location: null } }), good)).toBe('fail');
    expect(verdict(call({ withinSeconds: 1 }), answer({ seconds: 1.2 }))).toBe('fail');
    // What is refused need not say what the rest does.
    expect(verdict(call({ result: { 200: 1, 429: 1 }, contains: 'Comedy' }), good, answer({ status: 429 }))).toBe('pass');
  });

  test('the certificate is for the host', () => {
    const { chain } = signCertificate(['shop.example'], 1);
    const served = answer({ certificate: new X509Certificate(chain).raw.toString('base64') });
    expect(verdict(call({ certificateFor: 'shop.example' }), served)).toBe('pass');
    expect(judgeCall(call({ count: 1, certificateFor: 'other.example' }), [served]).observation).toBe('1 x 200, certificate for DNS:shop.example');
    expect(verdict(call({ certificateFor: 'shop.example' }), answer({}))).toBe('fail');
  });

  test('the program for Node sends what it is told, each request by itself, and tells of what fails', async () => {
    const seen: string[] = [];
    const server = createHttpServer((request, response) => {
      seen.push(`${request.method} ${request.url} ${request.headers.host} ${request.headers['end-user'] ?? '-'}`);
      return request.url === '/hangup' ? request.socket.destroy() : response.writeHead(418, { 'x-tea': 'green' }).end('short');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    const url = `http://127.0.0.1:${port}`;
    const calls = [
      { url: `${url}/pot?a=1`, method: 'POST', headers: { host: 'tea.example', 'end-user': 'jason' }, count: 2, details: true },
      { url: `${url}/hangup` },
    ];
    const spec = JSON.stringify({ calls, timeoutSeconds: 5, budgetSeconds: 5 });
    const { stdout } = await promisify(execFile)(process.execPath, ['-e', NODE_SCRIPT, spec]);
    server.close();
    expect(seen).toEqual(['POST /pot?a=1 tea.example jason', 'POST /pot?a=1 tea.example jason', `GET /hangup 127.0.0.1:${port} -`]);
    const answers = parseAnswers(stdout);
    expect(answers).toHaveLength(3);
    expect(answers[1]).toMatchObject({ call: 0, status: 418, body: 'short', headers: { 'x-tea': 'green' } });
    expect(verdict(call({ result: 'refused' }), answers[2]!)).toBe('pass');
  });
});

describe('certificates for demonstrations', () => {
  const wanted = { secretName: 'bookinfo-tls', hosts: ['shop.example', 'b.example'] };
  const DAY = 86_400_000;

  /** A cluster with one Secret at most. */
  function cluster(stored?: { labels: object; cert?: string }) {
    const written: string[] = [];
    const kubectl = (args: readonly string[], options: RunOptions = {}): Promise<RunResult> => {
      if (args[0] === 'apply') {
        written.push(options.input ?? '');
        return Promise.resolve({ code: 0, stdout: '', stderr: '' });
      }
      const secret = stored && { metadata: { labels: stored.labels }, data: { 'tls.crt': Buffer.from(stored.cert ?? '').toString('base64') } };
      return Promise.resolve({ code: 0, stdout: secret ? JSON.stringify(secret) : '', stderr: '' });
    };
    return { kubectl, written };
  }
  const ours = { 'aks-istio/demo-certificate': 'true' };

  test('a certificate that a client can trust by its authority, for these hosts and no others', () => {
    const { chain, key, authority } = signCertificate(wanted.hosts, 90);
    const [leaf, root] = [new X509Certificate(chain), new X509Certificate(authority)];
    expect(leaf.checkIssued(root) && leaf.verify(root.publicKey) && leaf.checkPrivateKey(createPrivateKey(key))).toBe(true);
    expect([root.ca, leaf.ca, root.verify(leaf.publicKey)]).toEqual([true, false, false]);
    expect(['shop.example', 'b.example', 'c.example'].map((host) => leaf.checkHost(host))).toEqual(['shop.example', 'b.example', undefined]);
    expect(Math.round((Date.parse(leaf.validTo) - Date.now()) / DAY)).toBe(90);
  });

  test('goes into a Secret beside the gateway, once', async () => {
    const empty = cluster();
    expect(await ensureDemoCertificates(empty, 'istio-ingress', [wanted])).toEqual(['bookinfo-tls']);
    const secret = JSON.parse(empty.written[0]!) as { metadata: object; stringData: Record<string, string> };
    expect(secret.metadata).toEqual({ name: 'bookinfo-tls', namespace: 'istio-ingress', labels: ours });
    const cert = secret.stringData['tls.crt']!;
    expect(await ensureDemoCertificates(cluster({ labels: ours, cert }), 'istio-ingress', [wanted])).toEqual([]);
    // Soon at its end, for other hosts, or unreadable: made anew. Somebody else's: left alone.
    expect(await ensureDemoCertificates(cluster({ labels: ours, cert }), 'istio-ingress', [wanted], Date.now() + 61 * DAY)).toEqual(['bookinfo-tls']);
    expect(await ensureDemoCertificates(cluster({ labels: ours, cert }), 'x', [{ ...wanted, hosts: ['c.example'] }])).toEqual(['bookinfo-tls']);
    expect(await ensureDemoCertificates(cluster({ labels: ours }), 'x', [wanted])).toEqual(['bookinfo-tls']);
    expect(await ensureDemoCertificates(cluster({ labels: {} }), 'x', [wanted])).toEqual([]);
  });
});

describe('mirror', () => {
  const stats = [
    'http.inbound_0.0.0.0_9080;.rbac.allowed: 120',
    'http.inbound_0.0.0.0_9080;.rbac.shadow_allowed: 7',
    'http.inbound_0.0.0.0_9443;.rbac.allowed: 3',
    'http.outbound_0.0.0.0_9080;.rbac.allowed: 900',
    'istiocustom.reporter=.destination.;.x;.istio_requests_total: 55',
  ].join('\n');

  test('inbound requests are counted, and nothing else', () => {
    expect(parseInboundCount(stats)).toEqual({ counter: 'rbac.allowed', requests: 123 });
    const metrics = ['reporter=.destination.;.a;.istio_requests_total: 5', 'reporter=.source.;.b;.istio_requests_total: 9'];
    expect(parseInboundCount(metrics.join('\n'))).toEqual({ counter: 'istio_requests_total', requests: 5 });
    expect(parseInboundCount('server.uptime: 5')).toBeUndefined();
  });

  test.each([
    ['each copied', 100, { sent: 100, direct: 0, seen: 100 }, 'pass'],
    ['a visitor in between', 100, { sent: 100, direct: 0, seen: 103 }, 'pass'],
    ['answers of its own are no copies', 100, { sent: 100, direct: 50, seen: 150 }, 'pass'],
    ['nothing arrives', 100, { sent: 100, direct: 0, seen: 0 }, 'fail'],
    ['half is not all', 100, { sent: 100, direct: 0, seen: 50 }, 'fail'],
    ['twice is not once', 100, { sent: 100, direct: 0, seen: 200 }, 'fail'],
    ['its own answers alone', 100, { sent: 100, direct: 100, seen: 100 }, 'fail'],
    ['half of them', 50, { sent: 100, direct: 0, seen: 47 }, 'pass'],
    ['all is not half', 50, { sent: 100, direct: 0, seen: 100 }, 'fail'],
    ['nothing was sent', 100, { sent: 0, direct: 0, seen: 0 }, 'fail'],
  ])('%s', (_, percent, sample, verdict) => {
    expect(judgeMirror(percent, { version: 'v3', ...sample }).verdict).toBe(verdict);
  });
});

describe('plaintext', () => {
  const control = { target: 'the gateway', answer: answer({ status: 200 }) };
  const refused = (error: string) => ({ target: 'pod', answer: answer({ status: undefined, error }) });

  test('only a hang-up is a refusal, and only where something else answers', () => {
    expect(judgePlaintext(control, [refused('ConnectionResetError: [Errno 104]'), refused('RemoteDisconnected: closed')]).verdict).toBe('pass');
    expect(judgePlaintext(control, [refused('ConnectionResetError: [Errno 104]'), { target: 'pod', answer: answer({ status: 200 }) }]).verdict).toBe('fail');
    // A policy's 403 means that the request was read: mTLS was not required.
    expect(judgePlaintext(control, [{ target: 'pod', answer: answer({ status: 403, body: 'RBAC: access denied' }) }]).verdict).toBe('fail');
    expect(judgePlaintext(control, [refused('TimeoutError: timed out')]).verdict).toBe('fail');
    expect(judgePlaintext(control, [refused('gaierror: Name or service not known')]).verdict).toBe('fail');
    expect(judgePlaintext(refused('TimeoutError: timed out'), [refused('ConnectionResetError: x')])).toMatchObject({
      verdict: 'fail',
      observation: expect.stringMatching(/^cannot tell: not even pod/),
    });
    expect(judgePlaintext(control, []).verdict).toBe('fail');
  });

  test('the pod meets Pod Security restricted, and goes with its namespace also when it does not start or the run is interrupted', async () => {
    const calls: { args: readonly string[]; options?: RunOptions }[] = [];
    const kubectl = (args: readonly string[], options?: RunOptions): Promise<RunResult> => {
      calls.push({ args, options });
      return args[0] === 'wait' ? Promise.reject(new Error('timed out waiting')) : Promise.resolve({ code: 0, stdout: '', stderr: '' });
    };
    await expect(startOutsidePod({ kubectl }, 'image:1')).rejects.toThrow('timed out waiting');
    const { items } = JSON.parse(calls[0].options?.input ?? '') as { items: { kind: string; metadata: { name: string; labels: object }; spec: never }[] };
    const [namespace, , pod] = items;
    expect(namespace.metadata.labels).toMatchObject({ 'pod-security.kubernetes.io/enforce': 'restricted' });
    expect(pod).toMatchObject({
      metadata: { labels: { 'sidecar.istio.io/inject': 'false' } },
      spec: { containers: [{ image: 'image:1', securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } } }] },
    });
    expect(calls.at(-1)?.args.slice(0, 3)).toEqual(['delete', 'namespace', namespace.metadata.name]);
    expect(calls.at(-1)?.options).toHaveProperty('signal', undefined);
  });

  test('only old left-overs of ours are removed', async () => {
    const now = Date.parse('2026-01-01T01:00:00Z');
    const deleted: string[] = [];
    const namespace = (name: string, creationTimestamp: string, deletionTimestamp?: string) => ({
      metadata: { name, creationTimestamp, deletionTimestamp },
    });
    const items = [
      namespace('old', '2026-01-01T00:00:00Z'),
      namespace('running', '2026-01-01T00:59:00Z'),
      namespace('going', '2026-01-01T00:00:00Z', '2026-01-01T00:30:00Z'),
    ];
    const kubectl = (args: readonly string[]): Promise<RunResult> => {
      if (args[0] === 'delete') {
        deleted.push(...args.slice(2).filter((arg) => !arg.startsWith('-')));
      } else {
        expect(args).toEqual(expect.arrayContaining(['-l', 'aks-istio/verify']));
      }
      return Promise.resolve({ code: 0, stdout: JSON.stringify({ items }), stderr: '' });
    };
    expect(await removeLeftOvers({ kubectl }, now)).toEqual(['old']);
    expect(deleted).toEqual(['old']);
  });
});

describe('proxies in sync', () => {
  const verbose = [
    'NAME                  CLUSTER        CDS              LDS              EDS              RDS              ECDS        ISTIOD          VERSION',
    'reviews-v1-a.book     Kubernetes     SYNCED (5s)      SYNCED (5s)      SYNCED (5s)      SYNCED (5s)      IGNORED     istiod-1        1.29.1',
    'gateway-b.ingress     Kubernetes     SYNCED (1h)      SYNCED (1h)      SYNCED (1h)      NOT SENT         IGNORED     istiod-1        1.29.1',
    'ratings-v1-c.book     Kubernetes     SYNCED (5s)      STALE (2m)       SYNCED (5s)      SYNCED (5s)      IGNORED     istiod-1        1.29.1',
  ].join('\n');

  test('istioctl: all proxies that there are have to be synced', () => {
    const statuses = parseProxyStatus(verbose);
    expect(statuses[1]).toEqual({ proxy: 'gateway-b.ingress', statuses: { CDS: 'SYNCED', LDS: 'SYNCED', EDS: 'SYNCED', RDS: 'NOT SENT', ECDS: 'IGNORED' } });
    expect(judgeSync(['reviews-v1-a.book', 'gateway-b.ingress'], statuses)).toEqual({ verdict: 'pass', observation: '2 of 2 proxies SYNCED' });
    expect(judgeSync(['reviews-v1-a.book', 'ratings-v1-c.book'], statuses)).toEqual({ verdict: 'fail', observation: '1 of 2 SYNCED; ratings-v1-c.book LDS STALE' });
    expect(judgeSync(['reviews-v1-z.book'], statuses).observation).toContain('reviews-v1-z.book unknown to the control plane');
    expect(judgeSync([], statuses).verdict).toBe('fail');
  });

  test('a pod counts with its native sidecar, and not once it has ended', async () => {
    const pod = (name: string, extra: object = {}, phase = 'Running') => ({
      metadata: { name, namespace: 'book', labels: { app: 'reviews' }, ...extra },
      spec: { containers: [{ name: 'reviews', image: 'r:1' }], initContainers: [{ name: 'istio-init' }, { name: 'istio-proxy', restartPolicy: 'Always' }] },
      status: { phase, podIP: '10.0.0.1', conditions: [{ type: 'Ready', status: phase === 'Running' ? 'True' : 'False' }] },
    });
    const items = [pod('evicted', {}, 'Failed'), pod('going', { deletionTimestamp: 'now' }), pod('starting', {}, 'Pending'), pod('running')];
    const kubectl = () => Promise.resolve({ code: 0, stdout: JSON.stringify({ items }), stderr: '' });
    const pods = await listPods({ kubectl }, 'book');
    expect(pods.map(({ name }) => name)).toEqual(['starting', 'running']);
    expect(readyPod(pods, { app: 'reviews' })).toMatchObject({ name: 'running', containers: ['reviews', 'istio-proxy'], image: 'r:1' });
    expect(readyPod(pods, { app: 'ratings' })).toBeUndefined();
  });

  test('istiod itself: sent and acknowledged are compared', () => {
    const types = (listener: object) => ({
      'type.googleapis.com/envoy.config.cluster.v3.Cluster': { sent: 'a', acked: 'a' },
      'type.googleapis.com/envoy.config.listener.v3.Listener': listener,
      'type.googleapis.com/envoy.config.core.v3.TypedExtensionConfig': {},
    });
    const statuses = parseSyncz(
      JSON.stringify([
        { proxy: 'good.book', resources: types({ sent: 'b', acked: 'b' }) },
        { proxy: 'late.book', resources: types({ sent: 'c', acked: 'b' }) },
        { proxy: 'angry.book', resources: types({ sent: 'c', acked: 'c', lastError: 'no such filter' }) },
        { proxy: 'new.book', resources: types({}) },
      ]),
    );
    expect(judgeSync(['good.book'], statuses).verdict).toBe('pass');
    expect(judgeSync(['good.book', 'late.book', 'angry.book', 'new.book'], statuses).observation).toBe(
      '1 of 4 SYNCED; late.book Listener STALE; angry.book Listener ERROR; new.book Listener NOT SENT',
    );
  });
});

describe('the run', () => {
  const check = (...outcomes: Outcome[]): Check & { attempts: number } => ({
    name: 'x',
    expectation: 'e',
    sent: 's',
    attempts: 0,
    attempt() {
      const outcome = outcomes[Math.min(this.attempts++, outcomes.length - 1)];
      return outcome ? Promise.resolve(outcome) : Promise.reject(new Error('connection refused'));
    },
  });
  const pass: Outcome = { verdict: 'pass', observation: 'fine' };
  const fail: Outcome = { verdict: 'fail', observation: 'not yet' };

  test('a check is repeated until it passes, but not beyond the deadline, and at least once', async () => {
    expect(await runCheck(check(fail, fail, pass), Date.now() + 5000, undefined, 1)).toMatchObject({ verdict: 'pass', attempts: 3 });
    expect(await runCheck(check(fail, pass), Date.now() - 1, undefined, 1)).toMatchObject({ verdict: 'fail', attempts: 1 });
    expect(await runCheck(check(), Date.now() - 1, undefined, 1)).toMatchObject({ verdict: 'fail', observation: 'connection refused' });
  });

  test('an interruption is no verdict', async () => {
    await expect(runCheck(check(pass), Date.now() + 5000, AbortSignal.abort())).rejects.toThrow('interrupted');
  });

  const context = (expectations: readonly Expectation[]) =>
    ({
      expectations,
      url: 'http://g',
      externalHost: 'www.example.com',
      bookinfo: bookinfoServices({ namespace: 'book' }),
      cluster: { offers: {} },
      mesh: { rootNamespace: 'root', clusterDomain: 'cluster.local', unsupported: () => undefined },
      tools: { hasIstioctl: true },
    }) as unknown as VerifyContext;

  test('a process that goes past its proxy finds no connection, and any answer is a failure', () => {
    expect([7, 28].map((code) => judgePastProxy(code, '').verdict)).toEqual(['pass', 'pass']);
    expect(judgePastProxy(0, '200')).toEqual({ verdict: 'fail', observation: 'answered with 200' });
    // A name that does not resolve proves nothing.
    expect(judgePastProxy(6, '').verdict).toBe('fail');
    expect(judgePastProxy(127, '').verdict).toBe('skipped');
  });

  test('a log holds every error and nothing else', () => {
    expect(judgeLog({ logged: 5, passedOver: 0, sent: 5 })).toEqual({ verdict: 'pass', observation: '5 of 5 errors logged, 0 of 5 others' });
    expect(judgeLog({ logged: 5, passedOver: 1, sent: 5 }).verdict).toBe('fail');
    expect(judgeLog({ logged: 4, passedOver: 0, sent: 5 }).verdict).toBe('fail');
  });

  test('the decision to trace is read from the header that arrived', () => {
    const answer = (body: string, status = 200): MeshAnswer => ({ call: 0, seconds: 0, status, body });
    const arrived = (flags: string): MeshAnswer => answer(`{"headers": {"Traceparent": [\n  "00-${'a'.repeat(32)}-${'b'.repeat(16)}-${flags}"]}}`);
    expect(countSampled([arrived('01'), arrived('00'), arrived('03'), answer('{"headers": {}}'), answer('no', 503)])).toEqual({
      traced: 2,
      'not traced': 1,
      'no traceparent': 1,
      '503 no': 1,
    });
  });

  test('time series are summed by their tags, and by those that they lack', () => {
    const text = [
      '# TYPE istio_requests_total counter',
      'istio_requests_total{reporter="source",request_host="details:9080"} 3',
      'istio_requests_total{reporter="source",request_host="details:9080",response_flags="-"} 4',
      'istio_requests_total{reporter="source",request_host="reviews:9080"} 5',
      'istio_requests_duration{request_host="details:9080"} 6',
    ].join('\n');
    expect(countTagged(text, 'istio_requests_total', { request_host: 'details:9080' })).toBe(7);
    expect(countTagged(text, 'istio_requests_total', { request_host: 'details:9080', response_flags: null })).toBe(3);
    expect(countTagged(text, 'istio_requests_total', { request_host: 'ratings:9080' })).toBe(0);
  });

  test('every promise of every scenario has its check, beside what holds always', () => {
    for (const { expectations, name, publicPage } of SCENARIOS) {
      const names = checksOf({ ...context(expectations), publicPage }).map((each) => each.name);
      expect(new Set(names).size).toBe(names.length);
      const page = publicPage === false ? [] : ['page, not signed in', 'page, jason'];
      expect([name, ...names]).toEqual(expect.arrayContaining(['proxies in sync', ...page, 'plaintext refused']));
      for (const expectation of expectations) {
        expect(names).toContainEqual(expect.stringContaining('name' in expectation ? expectation.name : expectation.kind));
      }
    }
  });

  test('a fault for everybody hides the refusal of the call that it is injected into', () => {
    const names = (user?: string) => checksOf(context([{ kind: 'abort', service: 'ratings', status: 500, user }])).map((each) => each.name);
    expect(names('jason')).toContain('denied: productpage calls ratings');
    expect(names()).not.toContain('denied: productpage calls ratings');
    expect(names()).toContain('denied: ratings calls reviews');
  });

  test('the gateway is found by host name, load balancer or node port', async () => {
    const mesh = { ingressGateway: { namespace: 'in', serviceName: 'gw' } } as never;
    const cluster = (ingressAddress?: object) => ({ name: 'c', ingressAddress }) as never;
    const kubectl = (service: object) => (args: readonly string[]) =>
      Promise.resolve({
        code: 0,
        stderr: '',
        stdout: JSON.stringify(args[1] === 'nodes' ? { items: [{ status: { addresses: [{ type: 'InternalIP', address: '10.0.0.9' }] } }] } : service),
      });
    const ports = { type: 'NodePort', ports: [{ port: 15021, nodePort: 1 }, { port: 80, nodePort: 30080 }] };
    const balanced = { spec: ports, status: { loadBalancer: { ingress: [{ ip: '20.1.2.3' }] } } };
    expect(await gatewayUrl({ kubectl: kubectl({}) }, cluster({ hostName: 'book.example' }), mesh)).toBe('http://book.example');
    expect(await gatewayUrl({ kubectl: kubectl(balanced) }, cluster(), mesh)).toBe('http://20.1.2.3');
    expect(await gatewayUrl({ kubectl: kubectl({ spec: ports }) }, cluster(), mesh)).toBe('http://10.0.0.9:30080');
    await expect(gatewayUrl({ kubectl: kubectl({ spec: { type: 'ClusterIP', ports: [{ port: 80 }] } }) }, cluster(), mesh)).rejects.toThrow('in/gw');
  });
});

describe('what is printed', () => {
  const result: VerifyResult = {
    environment: 'local',
    scenario: 'jason-v2',
    url: 'http://10.0.0.9:30080',
    ok: false,
    seconds: 12.34,
    rows: [
      { check: 'page, not signed in', expectation: '200; no stars (v1)', observation: '200; no stars (v1)', sent: '3 x GET /productpage', verdict: 'pass', seconds: 0.4, attempts: 1 },
      { check: 'split reviews, jason', expectation: 'v2 100 % of 40 requests', observation: 'v1 <"&\'\u0000> 100 % (40)', sent: '40 x GET', verdict: 'fail', seconds: 20.1, attempts: 9 },
      { check: 'proxies in sync', expectation: 'SYNCED', observation: 'nobody can be asked', sent: 'GET /debug/syncz', verdict: 'skipped', seconds: 0, attempts: 1 },
    ],
  };

  test('the table is aligned, and failures say what was sent and what came back', () => {
    const text = printVerifyTable({ ...result, rows: result.rows.map((row) => ({ ...row, observation: row.observation.replace('\u0000', '') })) }, { color: false, width: 110 });
    expect(text).toMatchSnapshot();
    expect(Math.max(...text.split('\n').slice(0, 8).map((line) => line.length))).toBeLessThanOrEqual(110);
  });

  test('colours only where they are wanted', () => {
    expect(printVerifyTable(result, { color: true })).toContain('\u001b[31m');
    expect(printVerifyTable(result)).not.toContain('\u001b[');
  });

  test('JUnit: counts, escaped text, one case a row', () => {
    const xml = toJUnit(result);
    expect(xml).toContain('<testsuite name="verify local jason-v2" tests="3" failures="1" errors="0" skipped="1" time="12.3">');
    expect(xml).toContain('<failure message="v1 &lt;&quot;&amp;&apos;\u{FFFD}&gt; 100 % (40)" type="expectation">');
    expect(xml).toContain('<skipped message="nobody can be asked"/>');
    expect(Object.fromEntries(countElements(xml))).toMatchObject({ testsuite: 1, testcase: 3, failure: 1, skipped: 1, 'system-out': 1 });
    expect(() => countElements('<a><b></a>')).toThrow('</a> closes nothing');
    expect(() => countElements('<a x="&"/>')).toThrow('an entity that is none');
    expect(escapeXml('a\u0001\uD800b\u{1F600}\n')).toBe('a\u{FFFD}\u{FFFD}b\u{1F600}\n');
  });
});

function answer(fields: Partial<MeshAnswer>): MeshAnswer {
  return { call: 0, seconds: 0.01, status: 200, ...fields };
}

test('a node port that opens some seconds after its gateway is waited for, not forwarded around', async () => {
  const server = createServer((socket) => socket.end());
  const port = await new Promise<number>((resolve) => server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port)));
  await new Promise((resolve) => server.close(resolve));
  const opening = setTimeout(() => server.listen(port, '127.0.0.1'), 700);
  const answers: Record<string, unknown> = {
    service: { spec: { type: 'NodePort', ports: [{ port: 80, nodePort: port }] } },
    nodes: { items: [{ status: { addresses: [{ type: 'InternalIP', address: '127.0.0.1' }] } }] },
  };
  const kubectl = (args: readonly string[]) => Promise.resolve({ code: 0, stdout: JSON.stringify(answers[args[1]!]), stderr: '' });
  const tools = { kubectl, kubectlPath: '/nowhere/kubectl', kubeconfig: '/k', context: 'c', env: {} };
  const offers = { workloadIdentity: false, networkPlugin: 'unknown', loadBalancer: false } as const;
  const ingressGateway = { selector: {}, namespace: 'istio-ingress', serviceName: 'istio-ingress', serviceAccountName: 'istio-ingress', ports: [80] };
  const entrance = await openEntrance(tools as never, { name: 'c', access: { kind: 'kubeconfig', path: '/k' }, offers }, { ingressGateway } as never);
  expect(entrance).toMatchObject({ url: `http://127.0.0.1:${port}` });
  expect(entrance.forward).toBeUndefined();
  entrance.close();
  clearTimeout(opening);
  server.close();
});
