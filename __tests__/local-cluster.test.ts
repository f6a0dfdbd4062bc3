import { type ChildProcess, spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import * as os from 'node:os';
import * as path from 'node:path';
import { gatewayApiRelease } from '../constructs/validation/gateway-api/schema';
import { imageSteps } from '../cli/local-steps';
import { BOOKINFO_TAG, CLIENT_IMAGE, GATEWAY_API, ISTIO_VERSION, KUBERNETES_VERSION, localClusterPaths, OUTSIDE_HOSTS } from '../local-cluster';
import { loadEnvironment } from '../environments';
import { aptGet } from '../local-cluster/apt';
import { dnsManifest } from '../local-cluster/dns';
import { extraImages, extraSteps } from '../local-cluster/extras';
import { imageNames, imagePlan } from '../local-cluster/images';
import { raiseLimits, restoreLimits } from '../local-cluster/kernel-limits';
import { addressIn } from '../local-cluster/node';
import { COREDNS_VERSION, HELM_VERSION, OLDEST_GO, PACKAGES, buildFlags } from '../local-cluster/pins';
import { isGoNewEnough, programsEntry } from '../local-cluster/programs';
import { rangesOverlap, routedRanges } from '../local-cluster/ranges';
import { Interrupted, RunError, run } from '../local-cluster/run';
import { status } from '../local-cluster/status';
import { assetFolder, buildEntry, digest, pointLink, linkTarget, prune, removeAbandoned, storePath } from '../local-cluster/store';

let cache: string;
const before = process.env.XDG_CACHE_HOME;

beforeEach(() => {
  cache = fs.mkdtempSync(path.join(os.tmpdir(), 'aks-istio-test-'));
  process.env.XDG_CACHE_HOME = cache;
});

afterEach(() => {
  fs.rmSync(cache, { recursive: true, force: true });
  if (before === undefined) delete process.env.XDG_CACHE_HOME;
  else process.env.XDG_CACHE_HOME = before;
});

const never = new AbortController().signal;

describe('paths', () => {
  test('lie under XDG_CACHE_HOME, by default under ~/.cache', () => {
    expect(localClusterPaths({ XDG_CACHE_HOME: '/big', HOME: '/home/a' }).root).toBe('/big/aks-istio');
    expect(localClusterPaths({ HOME: '/home/a' }).root).toBe('/home/a/.cache/aks-istio');
    expect(localClusterPaths({ XDG_CACHE_HOME: 'relative', HOME: '/home/a' }).root).toBe('/home/a/.cache/aks-istio');
    expect(localClusterPaths({ XDG_CACHE_HOME: '', HOME: '/home/a' }).root).toBe('/home/a/.cache/aks-istio');
  });

  test('name the kubeconfig, the tools and the charts of the pinned Istio', () => {
    expect(localClusterPaths({ HOME: '/h' })).toEqual({
      root: '/h/.cache/aks-istio',
      bin: '/h/.cache/aks-istio/bin',
      kubeconfig: '/h/.cache/aks-istio/node/kubeconfig',
      context: 'aks-istio-local',
      charts: '/h/.cache/aks-istio/istio/1.29.1/charts',
      samples: '/h/.cache/aks-istio/istio/1.29.1/samples',
      crds: '/h/.cache/aks-istio/istio/1.29.1/charts/base/files/crd-all.gen.yaml',
      istioVersion: '1.29.1',
      logs: '/h/.cache/aks-istio/node/logs',
      helm: '/h/.cache/aks-istio/bin/helm',
      istioctl: '/h/.cache/aks-istio/bin/istioctl',
      kubectl: '/h/.cache/aks-istio/bin/kubectl',
    });
  });
});

test('the outside world has the hosts that scenarios call, and its DNS knows nothing of ours that is not filled in', () => {
  const { traffic } = loadEnvironment('local');
  expect(OUTSIDE_HOSTS).toContain(traffic.externalHost);
  const left = dnsManifest().match(/@[A-Z_]+@/g);
  expect(left).toBeNull();
  expect(dnsManifest()).toContain(`template IN A ${OUTSIDE_HOSTS.join(' ')} {`);
});

describe('pins', () => {
  const asset = (name: string): string => fs.readFileSync(path.join(assetFolder(), name), 'utf8');

  test('in TypeScript and in go.mod are the same', () => {
    const module = asset('node/go.mod');
    expect(module).toContain(`k8s.io/kubernetes v${KUBERNETES_VERSION} `);
    expect(module).toContain(`helm.sh/helm/v3 v${HELM_VERSION} `);
    expect(module).toContain(`sigs.k8s.io/gateway-api v${GATEWAY_API.version} `);
    expect(gatewayApiRelease().version).toBe(GATEWAY_API.version);
    expect(module).toContain(`github.com/coredns/coredns v${COREDNS_VERSION}`);
    const tools = PACKAGES.filter((name) => !name.startsWith('./'));
    for (const tool of tools) expect(module).toContain(`\t${tool}\n`);
    expect(buildFlags().join(' ')).toContain(`version.gitVersion=v${KUBERNETES_VERSION}`);
  });

  test('of PyPI and npm carry digests, and nothing names a registry', () => {
    for (const file of ['pypi.txt', 'go.txt']) {
      const lines = asset(file).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
      for (const line of lines) expect(line).toMatch(/^( {4}--hash=sha256:[0-9a-f]{64}( \\)?|[a-z-]+==[0-9.]+ \\)$/);
    }
    const lock = JSON.parse(asset('images/ratings/package-lock.json')) as { packages: Record<string, { integrity?: string; resolved?: string }> };
    for (const [name, entry] of Object.entries(lock.packages)) {
      if (name !== '') expect(entry.integrity).toMatch(/^sha512-/);
      expect(entry.resolved).toBeUndefined();
    }
  });

  test('decide the cache key: same pins, same key; another pin, another key', () => {
    expect(programsEntry('programs')).toBe(programsEntry('programs'));
    expect(programsEntry('programs')).not.toBe(programsEntry('tools'));
    expect(digest(['a', 'b'])).not.toBe(digest(['ab']));
  });

  test.each([
    ['go1.26.8', true], ['go1.25.6', true], ['go1.25.5', false], ['go1.25', false], ['go2.0.0', true], ['go1.24.9', false], ['go1.9', false], ['devel', false], ['', false],
  ])('%s is new enough: %s', (version, expected) => {
    expect(isGoNewEnough(version)).toBe(expected);
  });
});

describe('images', () => {
  test('have the names that the charts and Bookinfo ask for', () => {
    const bookinfo = ['details-v1', 'ratings-v1', 'reviews-v1', 'reviews-v2', 'reviews-v3', 'productpage-v1'];
    expect(imageNames()).toEqual(
      expect.arrayContaining([
        `docker.io/istio/pilot:${ISTIO_VERSION}`,
        `docker.io/istio/proxyv2:${ISTIO_VERSION}`,
        `docker.io/istio/install-cni:${ISTIO_VERSION}`,
        CLIENT_IMAGE,
        ...bookinfo.map((name) => `docker.io/istio/examples-bookinfo-${name}:${BOOKINFO_TAG}`),
      ]),
    );
    expect(new Set(imageNames()).size).toBe(imageNames().length);
  });

  test('use layers that exist, and Bookinfo runs as a numeric user that is not root', () => {
    const { layers, images } = imagePlan();
    for (const image of images) {
      for (const layer of image.layers) expect(layers).toHaveProperty(layer);
      if (image.names[0].includes('bookinfo')) expect(image.config.User).toBe('1000');
    }
  });
});

describe('images on demand', () => {
  const module = (folder: string): string => fs.readFileSync(path.join(assetFolder(), 'extras', folder, 'go.mod'), 'utf8');
  const tagOf = (name: string): string => extraImages().find((image) => image.includes(`/${name}:`))?.split(':')[1] ?? '';

  test('are tagged with the version that their module pins', () => {
    expect(module('ratelimit')).toMatch(new RegExp(`envoyproxy/ratelimit v\\S+-${tagOf('ratelimit')}`));
    expect(module('httpbin')).toContain(`go-httpbin/v2 v${tagOf('go-httpbin')} `);
    expect(module('flagger')).toContain(`fluxcd/flagger v${tagOf('flagger')} `);
    const istio = /istio\.io\/istio (v\S+)/;
    expect(istio.exec(module('istio'))?.[1]).toBe(istio.exec(fs.readFileSync(path.join(assetFolder(), 'node', 'go.mod'), 'utf8'))?.[1]);
    expect([tagOf('ext-authz'), tagOf('app')]).toEqual([ISTIO_VERSION, ISTIO_VERSION]);
  });

  test.each(['extras/ratelimit', 'extras/httpbin', 'extras/flagger', 'extras/istio', 'node'])('%s compiles with the oldest Go that a start takes', (folder) => {
    const [, minor, patch = '0'] = /^go 1\.(\d+)(?:\.(\d+))?$/m.exec(fs.readFileSync(path.join(assetFolder(), folder, 'go.mod'), 'utf8')) ?? [];
    expect(Number(minor) * 100 + Number(patch)).toBeLessThanOrEqual(OLDEST_GO[1] * 100 + OLDEST_GO[2]);
  });

  test('are not among those that every start loads, and are to be loaded where no node runs', async () => {
    expect(imageNames().filter((name) => extraImages().includes(name))).toEqual([]);
    const steps = extraSteps((image) => image.includes('ratelimit') || image.includes('redis'));
    expect(steps.map(({ title }) => title)).toEqual([`image docker.io/envoyproxy/ratelimit:${tagOf('ratelimit')}`, `image docker.io/library/redis:${tagOf('redis')}`]);
    expect(await Promise.all(steps.map((step) => step.isDone()))).toEqual([false, false]);
  });

  test('are those that a stack names, in a typed resource or in the values of a release, for the node of this machine alone', () => {
    const stack = { container: [{ image: 'docker.io/istio/app:1.29.1' }], values: JSON.stringify({ image: `docker.io/mccutchen/go-httpbin:${tagOf('go-httpbin')}` }) };
    fs.writeFileSync(path.join(cache, 'cdk.tf.json'), JSON.stringify(stack));
    expect(imageSteps({ isBuiltHere: true }, [{ dir: cache }]).map(({ id }) => id)).toEqual(['image-go-httpbin', 'image-app']);
    expect(imageSteps({ isBuiltHere: false }, [{ dir: cache }])).toEqual([]);
  });
});

describe('store', () => {
  test('an entry is there complete or not at all', async () => {
    const target = storePath('thing', 'key');
    const failing = buildEntry(target, never, (folder) => {
      fs.writeFileSync(path.join(folder, 'half'), '');
      return Promise.reject(new Error('broken off'));
    });
    await expect(failing).rejects.toThrow('broken off');
    expect(fs.readdirSync(path.dirname(target))).toEqual([]);
    await buildEntry(target, never, (folder) => Promise.resolve(fs.writeFileSync(path.join(folder, 'whole'), '')));
    expect(fs.readdirSync(target)).toEqual(['whole']);
    await buildEntry(target, never, () => Promise.reject(new Error('built twice')));
  });

  test('an interrupted build leaves nothing, though its work ended well', async () => {
    const controller = new AbortController();
    const target = storePath('thing', 'key');
    const build = buildEntry(target, controller.signal, () => Promise.resolve(controller.abort()));
    await expect(build).rejects.toThrow(Interrupted);
    expect(fs.readdirSync(path.dirname(target))).toEqual([]);
  });

  test('what a killed build left goes; what a living one makes stays', () => {
    const folder = path.dirname(storePath('x', 'y'));
    // Above the largest number that Linux gives a process.
    const dead = 2 ** 22 + 1;
    for (const pid of [dead, process.pid]) fs.mkdirSync(path.join(folder, `.building-${pid}-x`), { recursive: true });
    expect(removeAbandoned(folder)).toEqual([`.building-${dead}-x`]);
    expect(fs.readdirSync(folder)).toEqual([`.building-${process.pid}-x`]);
  });

  test('pruning keeps what is named or was used lately', () => {
    const longAgo = Date.now() / 1000 - 31 * 24 * 3600;
    for (const key of ['old', 'recent', 'current']) {
      fs.mkdirSync(storePath('rootfs', key), { recursive: true });
      if (key !== 'recent') fs.utimesSync(storePath('rootfs', key), longAgo, longAgo);
    }
    expect(prune(['rootfs-current'])).toEqual(['rootfs-old']);
    // Named once, it counts as used.
    expect(prune([])).toEqual([]);
  });

  test('a link is replaced', () => {
    const link = path.join(cache, 'deep', 'bin');
    pointLink(link, '/one');
    pointLink(link, '/two');
    expect(linkTarget(link)).toBe('/two');
    expect(linkTarget(path.join(cache, 'none'))).toBeUndefined();
  });
});

describe('run', () => {
  test('gives the output, passes every line on, reads a file', async () => {
    const file = path.join(cache, 'in');
    fs.writeFileSync(file, 'from file\n');
    const lines: string[] = [];
    const output = await run('sh', ['-c', 'cat; echo out; echo err >&2'], { input: file, onLine: (line) => lines.push(line) });
    expect(output).toBe('from file\nout');
    expect(lines.sort()).toEqual(['err', 'from file', 'out']);
  });

  test('says what failed and how', async () => {
    await expect(run('sh', ['-c', 'echo why >&2; exit 3'])).rejects.toMatchObject({ code: 3, tail: 'why' });
    await expect(run('no-such-program', [])).rejects.toThrow(RunError);
  });

  test('ends the program when aborted', async () => {
    const controller = new AbortController();
    const began = Date.now();
    setTimeout(() => controller.abort(), 50);
    await expect(run('sleep', ['20'], { signal: controller.signal })).rejects.toThrow(Interrupted);
    expect(Date.now() - began).toBeLessThan(5000);
    await expect(run('true', [], { signal: controller.signal })).rejects.toThrow(Interrupted);
  });
});

describe('apt-get', () => {
  /** Stands in for apt-get: a lock that `held` calls find, then what `last` says. */
  const apt = (held: number, last: string): Promise<void> => {
    const counter = path.join(cache, 'calls');
    const script = `n=$(cat ${counter} 2>/dev/null || echo 0); echo $((n + 1)) >${counter}
if [ "$n" -lt ${held} ]; then echo 'E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 9313 (apt-get)' >&2; exit 100; fi
${last}`;
    fs.writeFileSync(path.join(cache, 'apt-get'), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    return aptGet({ report: (line) => void said.push(line), signal: never }, ['update'], { PATH: `${cache}:/usr/bin:/bin` }, { total: 5, step: 0.01 });
  };
  const said: string[] = [];

  test('waits for another one to end, and says so', async () => {
    await apt(2, 'exit 0');
    expect(said).toEqual(Array(2).fill('waiting for another apt-get on this machine to end'));
  });

  test('fails at once for any other reason', async () => {
    await expect(apt(0, "echo 'E: Unable to locate package debootstrap' >&2; exit 100")).rejects.toThrow('Unable to locate package');
    expect(fs.readFileSync(path.join(cache, 'calls'), 'utf8')).toBe('1\n');
  });
});

describe('limits of the kernel', () => {
  test('a low one is raised while the node runs, and put back; a high one is left alone', () => {
    const limit = path.join(cache, 'max_user_instances');
    fs.mkdirSync(localClusterPaths().root, { recursive: true });
    const after = (text: string, step: () => string | undefined): [string | undefined, string] => {
      fs.writeFileSync(limit, text);
      return [step(), fs.readFileSync(limit, 'utf8')];
    };
    expect(after('128', () => raiseLimits(limit))).toEqual(['max_user_instances raised from 128 to 1024 until the node is stopped', '1024']);
    expect(after('1024', () => restoreLimits(limit))).toEqual(['max_user_instances is 128 again', '128']);
    expect(after('128', () => restoreLimits(limit))).toEqual([undefined, '128']);
    expect(after('8192', () => raiseLimits(limit))).toEqual([undefined, '8192']);
  });

  test('what somebody else wrote since stays', () => {
    const limit = path.join(cache, 'max_user_instances');
    fs.mkdirSync(localClusterPaths().root, { recursive: true });
    fs.writeFileSync(limit, '128');
    raiseLimits(limit);
    fs.writeFileSync(limit, '4096');
    expect(restoreLimits(limit)).toBeUndefined();
    expect(fs.readFileSync(limit, 'utf8')).toBe('4096');
  });
});

describe('address ranges', () => {
  test('overlap', () => {
    expect(rangesOverlap('10.0.0.0/8', '10.219.0.0/30')).toBe(true);
    expect(rangesOverlap('10.219.0.3/24', '10.219.0.0/30')).toBe(true);
    expect(rangesOverlap('10.219.0.4/30', '10.219.0.0/30')).toBe(false);
    expect(rangesOverlap('0.0.0.0/0', '10.219.0.0/30')).toBe(true);
  });

  test('are read from the routing table, default route left out', () => {
    const table = 'Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\neth0\t00000000\t010200C0\t3\t0\t0\t0\t00000000\t0\neth0\t000200C0\t0\t1\t0\t0\t0\t00FFFFFF\t0\n';
    expect(routedRanges(table)).toEqual([{ range: '192.0.2.0/24', link: 'eth0' }]);
  });

  test('addresses in a range', () => expect(addressIn('10.221.0.0/16', 10)).toBe('10.221.0.10'));
});

describe('status', () => {
  const state = (): string => path.join(cache, 'aks-istio', 'node');

  test('stopped where nothing is', async () => {
    expect(await status()).toEqual({ state: 'stopped', detail: 'no local node' });
  });

  test('broken where a start was cut short or the node is gone', async () => {
    fs.mkdirSync(state(), { recursive: true });
    expect((await status()).state).toBe('broken');
    const record = { pid: process.pid, started: '1', boot: 'another boot', since: '2026-01-01T00:00:00Z', address: '10.219.0.2' };
    fs.writeFileSync(path.join(state(), 'node.json'), JSON.stringify(record));
    expect(await status()).toMatchObject({ state: 'broken', since: '2026-01-01T00:00:00Z', nodeAddress: '10.219.0.2' });
  });

  test('broken where a component has ended', async () => {
    const stat = fs.readFileSync('/proc/self/stat', 'utf8');
    const started = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
    const boot = fs.readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    fs.mkdirSync(path.join(state(), 'logs'), { recursive: true });
    fs.writeFileSync(path.join(state(), 'node.json'), JSON.stringify({ pid: process.pid, started, boot, since: 'then', address: '127.0.0.1' }));
    fs.writeFileSync(path.join(state(), 'logs', 'failed'), 'etcd (exit code 1)\n');
    expect(await status()).toMatchObject({ state: 'broken', detail: expect.stringContaining('etcd (exit code 1)') as string });
  });
});

const children: ChildProcess[] = [];
const servers: http.Server[] = [];
afterAll(() => {
  for (const child of children) child.kill('SIGKILL');
  for (const server of servers) server.closeAllConnections();
});

describe('the stand-in for reviews', () => {
  type Ask = (target: string, headers?: http.OutgoingHttpHeaders) => Promise<{ status: number; body: string }>;

  async function ratings(handler: http.RequestListener): Promise<number> {
    const server = http.createServer(handler);
    servers.push(server.unref());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return (server.address() as AddressInfo).port;
  }

  /** Starts the stand-in on a free port and answers a function that asks it. */
  async function reviews(env: Record<string, string>): Promise<Ask> {
    const probe = http.createServer();
    await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
    const { port } = probe.address() as AddressInfo;
    await new Promise((resolve) => probe.close(resolve));
    children.push(spawn(process.execPath, [path.join(assetFolder(), 'images', 'reviews.js'), String(port)], { env: { PATH: process.env.PATH, HOSTNAME: 'pod', ...env } }));
    const ask: Ask = (target, headers = {}) =>
      new Promise((resolve, reject) => {
        const request = http.get({ host: '127.0.0.1', port, path: target, headers, agent: false }, (response) => {
          let body = '';
          response.on('data', (chunk: Buffer) => (body += chunk.toString()));
          response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
        });
        request.on('error', reject);
      });
    for (let tries = 0; ; tries += 1) {
      try {
        await ask('/health');
        return ask;
      } catch (error) {
        if (tries > 100) throw error;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  }

  interface Answer {
    id: string;
    podname: string;
    reviews: { reviewer: string; rating?: { stars?: number; color?: string; error?: string } }[];
  }

  test('v1 shows no stars and asks nobody', async () => {
    const ask = await reviews({ ENABLE_RATINGS: 'false' });
    expect(await ask('/health')).toEqual({ status: 200, body: '{"status":"Reviews is healthy"}' });
    const answer = JSON.parse((await ask('/reviews/0')).body) as Answer;
    expect(answer).toMatchObject({ id: '0', podname: 'pod', reviews: [{ reviewer: 'Reviewer1' }, { reviewer: 'Reviewer2' }] });
    expect(answer.reviews[0].rating).toBeUndefined();
    expect((await ask('/reviews/x')).status).toBe(404);
  });

  test('v3 shows red stars, passes headers on, and says so when ratings fails', async () => {
    const seen: http.IncomingHttpHeaders[] = [];
    let code = 200;
    const port = await ratings((request, response) => {
      seen.push(request.headers);
      response.writeHead(code).end(JSON.stringify({ id: 0, ratings: { Reviewer1: 5, Reviewer2: 4 } }));
    });
    const ask = await reviews({ ENABLE_RATINGS: 'true', STAR_COLOR: 'red', RATINGS_HOSTNAME: '127.0.0.1', RATINGS_SERVICE_PORT: String(port) });
    const good = JSON.parse((await ask('/reviews/7', { 'end-user': 'jason', 'x-request-id': 'r', 'x-other': 'o' })).body) as Answer;
    expect(good.id).toBe('7');
    expect(good.reviews.map((one) => one.rating)).toEqual([{ stars: 5, color: 'red' }, { stars: 4, color: 'red' }]);
    expect(seen[0]).toMatchObject({ 'end-user': 'jason', 'x-request-id': 'r' });
    expect(seen[0]).not.toHaveProperty('x-other');
    code = 503;
    const bad = await ask('/reviews/7');
    expect(bad.status).toBe(200);
    expect((JSON.parse(bad.body) as Answer).reviews[0].rating).toEqual({ error: 'Ratings service is currently unavailable' });
  });

  async function gaveUp(): Promise<{ seconds: number; body: string }> {
    const port = await ratings(() => undefined);
    const ask = await reviews({ ENABLE_RATINGS: 'true', STAR_COLOR: 'red', RATINGS_HOSTNAME: '127.0.0.1', RATINGS_SERVICE_PORT: String(port) });
    const began = Date.now();
    const { body } = await ask('/reviews/0');
    return { seconds: (Date.now() - began) / 1000, body };
  }
  // It takes its time while the other tests of this file run.
  const slow = gaveUp();
  slow.catch(() => undefined);

  test('gives up after 2.5 s with red stars', async () => {
    const { seconds, body } = await slow;
    expect((JSON.parse(body) as Answer).reviews[1].rating).toHaveProperty('error');
    expect(seconds).toBeGreaterThan(2.4);
    expect(seconds).toBeLessThan(4.5);
  });
});
