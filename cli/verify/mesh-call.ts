import type { ClusterTools } from '../tools/cluster-access';

/** GET requests that are the same. */
export interface MeshCall {
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** @default 1 */
  readonly count?: number;
}

/** Bounds of a run of calls. */
export interface MeshCallBounds {
  /** Requests under way at once. @default 16 */
  readonly concurrency?: number;
  /** Seconds that one answer may take. @default 5 */
  readonly timeoutSeconds?: number;
  /** Seconds after which no further request is sent. @default 12 */
  readonly budgetSeconds?: number;
}

/** One answer, or why there was none. */
export interface MeshAnswer {
  /** Position of its {@link MeshCall}. */
  readonly call: number;
  readonly seconds: number;
  /** @default there was no answer */
  readonly status?: number;
  readonly body?: string;
  /** Class and text of the failure: `ConnectionResetError: ...`. */
  readonly error?: string;
}

/** A container to call from: requests carry the identity of its pod. */
export interface CallOrigin {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
}

/**
 * Sends requests with the standard library of the Python that Bookinfo's productpage runs on, and prints each answer as a line of JSON.
 * A thread keeps its connection: proxies balance requests, not connections.
 */
const SCRIPT = `
import concurrent.futures, http.client, json, sys, threading, time, urllib.parse
spec = json.loads(sys.argv[1])
until = time.monotonic() + spec['budgetSeconds']
local = threading.local()
def send(index):
    call = spec['calls'][index]
    if time.monotonic() > until:
        return None
    url = urllib.parse.urlsplit(call['url'])
    kept = local.__dict__.setdefault('connections', {})
    begin = time.monotonic()
    try:
        connection = kept.get(url.netloc)
        if connection is None:
            connection = kept[url.netloc] = http.client.HTTPConnection(url.hostname, url.port or 80, timeout=spec['timeoutSeconds'])
        connection.request('GET', url.path or '/', headers=call.get('headers') or {})
        response = connection.getresponse()
        body = response.read().decode('utf-8', 'replace')
        answer = {'status': response.status, 'body': body[:4000]}
        if response.will_close:
            kept.pop(url.netloc).close()
    except Exception as error:
        broken = kept.pop(url.netloc, None)
        if broken:
            broken.close()
        answer = {'error': type(error).__name__ + ': ' + str(error)}
    return dict(answer, call=index, seconds=round(time.monotonic() - begin, 4))
work = [index for index, call in enumerate(spec['calls']) for _ in range(call.get('count') or 1)]
with concurrent.futures.ThreadPoolExecutor(min(len(work), spec['concurrency'])) as pool:
    for answer in pool.map(send, work):
        if answer:
            print(json.dumps(answer), flush=True)
`;

/** Sends the calls from inside a container that has Python, all of them in one go. */
export async function callFrom(
  tools: Pick<ClusterTools, 'kubectl'>,
  origin: CallOrigin,
  calls: readonly MeshCall[],
  bounds: MeshCallBounds = {},
): Promise<MeshAnswer[]> {
  const { concurrency = 16, timeoutSeconds = 5, budgetSeconds = 12 } = bounds;
  const spec = { calls, concurrency, timeoutSeconds, budgetSeconds };
  const command = ['exec', '-n', origin.namespace, origin.pod, '-c', origin.container, '--', 'python3', '-c', SCRIPT, JSON.stringify(spec)];
  const { stdout } = await tools.kubectl(command, { timeoutSeconds: budgetSeconds + timeoutSeconds + 15 });
  return parseAnswers(stdout);
}

/** Reads the lines that the script prints, and passes over anything else. */
export function parseAnswers(stdout: string): MeshAnswer[] {
  return stdout
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as MeshAnswer);
}

/** Sends GETs one after the other, each on a connection of its own, from a container that has Node instead, as Bookinfo's ratings has. */
export async function callFromNode(tools: Pick<ClusterTools, 'kubectl'>, origin: CallOrigin, url: string, count: number): Promise<MeshAnswer[]> {
  const script = `
    const send = (left) => {
      const begin = Date.now();
      const done = (answer) => {
        console.log(JSON.stringify({ ...answer, call: 0, seconds: (Date.now() - begin) / 1000 }));
        if (left > 1) { send(left - 1); }
      };
      const request = require('http').get(process.argv[1], { timeout: 5000, agent: false }, (response) => {
        let body = '';
        response.on('data', (chunk) => { body += chunk; });
        response.on('end', () => done({ status: response.statusCode, body: body.slice(0, 4000) }));
      });
      request.on('error', (error) => done({ error: (error.code || error.name) + ': ' + error.message }));
      request.on('timeout', () => request.destroy(new Error('no answer within 5 s')));
    };
    send(Number(process.argv[2]));`;
  const command = ['exec', '-n', origin.namespace, origin.pod, '-c', origin.container, '--', 'node', '-e', script, url, String(count)];
  const { stdout } = await tools.kubectl(command, { timeoutSeconds: 15 + 5 * count });
  return parseAnswers(stdout);
}

/** An answer in a few words. */
export function describeAnswer(answer: MeshAnswer): string {
  if (answer.status === undefined) {
    return answer.error ?? 'no answer';
  }
  const body = (answer.body ?? '').replace(/\s+/g, ' ').trim();
  return `${answer.status}${body ? ` ${body.length > 60 ? `${body.slice(0, 57)}...` : body}` : ''}`;
}
