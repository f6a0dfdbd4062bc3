import { ChildProcessWithoutNullStreams, execFile, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { AnyObject, MeshModel, ModelObject } from '../../constructs/model';

/** How the suite reaches its cluster. */
export interface ClusterAccess {
  readonly kubectl: string;
  readonly kubeconfig: string;
  readonly context?: string;
}

/** A request that a pod sends, as it goes over the wire. */
export interface WireRequest {
  /** Name that is resolved and called. */
  readonly dial: string;
  readonly port: number;
  readonly method: string;
  readonly path: string;
  /** Host header included. */
  readonly headers: Readonly<Record<string, string>>;
  /** The request goes by TLS; what the other end shows is not checked. @default plaintext */
  readonly tls?: { readonly serverName?: string; readonly certificate?: string; readonly key?: string };
}

/** What came back. */
export interface WireAnswer {
  /** Nothing where the connection failed. */
  readonly status?: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly milliseconds: number;
  readonly error?: string;
}

/** Runs in the pod: sends the requests of each line on its standard input, eight at a time, and prints the answers in a line. */
const DRIVER = `
const http = require('http');
const https = require('https');
const answerAll = async ({ id, requests }) => {
  const answers = new Array(requests.length);
  // Connections of one batch are not those of the next: proxies serve old ones by old rules.
  const agent = new http.Agent({ keepAlive: true, maxSockets: 8 });
  const send = (r) => new Promise((resolve) => {
    const started = Date.now();
    const done = (answer) => resolve({ milliseconds: Date.now() - started, headers: {}, body: '', ...answer });
    const options = { host: r.dial, port: r.port, method: r.method, path: r.path, headers: r.headers, agent, timeout: 20000 };
    const tls = r.tls && { agent: false, rejectUnauthorized: false, servername: r.tls.serverName || '', cert: r.tls.certificate, key: r.tls.key };
    const call = (r.tls ? https : http).request({ ...options, ...tls }, (response) => {
      let body = '';
      response.on('data', (part) => { body += part; }).on('end', () => done({ status: response.statusCode, headers: response.headers, body }));
    });
    call.on('timeout', () => call.destroy(new Error('timeout'))).on('error', (error) => done({ error: String(error.code || error.message) }));
    call.end();
  });
  let next = 0;
  await Promise.all(Array.from({ length: 8 }, async () => { while (next < requests.length) { const i = next++; answers[i] = await send(requests[i]); } }));
  agent.destroy();
  process.stdout.write(JSON.stringify({ id, answers }) + '\\n');
};
require('readline').createInterface({ input: process.stdin }).on('line', (line) => void answerAll(JSON.parse(line))).on('close', () => process.exit(0));
`;

/** A driver that runs in a pod until it is closed: starting one takes longer than most questions. */
class Session {
  private readonly child: ChildProcessWithoutNullStreams;
  private readonly open = new Map<number, { resolve(answers: WireAnswer[]): void; reject(error: Error): void }>();
  private count = 0;
  private said = '';
  ended = false;

  constructor(kubectl: string, args: readonly string[]) {
    this.child = spawn(kubectl, args);
    this.child.stderr.on('data', (part: Buffer) => void (this.said = `${this.said}${part.toString()}`.slice(-500)));
    this.child.stdin.on('error', () => undefined);
    createInterface({ input: this.child.stdout }).on('line', (line) => {
      const { id, answers } = JSON.parse(line) as { id: number; answers: WireAnswer[] };
      this.open.get(id)?.resolve(answers);
      this.open.delete(id);
      this.hold(this.open.size > 0);
    });
    const end = (why: string): void => {
      this.ended = true;
      this.open.forEach(({ reject }) => reject(new Error(`kubectl exec: ${why} ${this.said}`)));
      this.open.clear();
    };
    this.child.on('error', (error) => end(error.message)).on('close', (code) => end(`it ended with ${code}`));
  }

  send(requests: readonly WireRequest[]): Promise<WireAnswer[]> {
    const id = this.count++;
    return new Promise((resolve, reject) => {
      this.open.set(id, { resolve, reject });
      this.hold(true);
      this.child.stdin.write(`${JSON.stringify({ id, requests })}\n`);
    });
  }

  close(): void {
    this.child.stdin.end();
    this.child.kill();
  }

  /** A driver that nobody waits for does not keep the program from ending. */
  private hold(wanted: boolean): void {
    for (const held of [this.child, this.child.stdin, this.child.stdout, this.child.stderr] as unknown as { ref?(): void; unref?(): void }[]) {
      (wanted ? held.ref : held.unref)?.call(held);
    }
  }
}

/** A cluster with a mesh in it, by way of kubectl. */
export class Cluster {
  private kinds: readonly string[] | undefined;
  private readonly sessions = new Map<string, Session>();

  constructor(private readonly access: ClusterAccess) {}

  async kubectl(args: readonly string[], input = ''): Promise<string> {
    return new Promise((resolve, reject) => {
      const child = execFile(
        this.access.kubectl,
        [...this.place(), ...args],
        { maxBuffer: 256 * 1024 * 1024, timeout: 180_000 },
        (error, stdout, stderr) => (error ? reject(new Error(`kubectl ${args.slice(0, 4).join(' ')}: ${stderr || error.message}`)) : resolve(stdout)),
      );
      child.stdin?.on('error', () => undefined);
      child.stdin?.end(input);
    });
  }

  async apply(objects: readonly object[]): Promise<void> {
    if (objects.length > 0) {
      await this.kubectl(
        ['apply', '--server-side', '--force-conflicts', '-f', '-'],
        JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }),
      );
    }
  }

  async remove(objects: readonly AnyObject[]): Promise<void> {
    if (objects.length > 0) {
      await this.kubectl(
        ['delete', '--ignore-not-found', '--wait=false', '-f', '-'],
        JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }),
      );
    }
  }

  /** The model of all that the cluster holds. */
  async model(outboundTrafficPolicy?: 'ALLOW_ANY' | 'REGISTRY_ONLY', extensionProviders?: readonly string[]): Promise<MeshModel> {
    this.kinds ??= (await this.kubectl(['get', 'crd', '-o', 'name'])).split('\n').map((name) => name.replace('customresourcedefinition.apiextensions.k8s.io/', ''));
    const optional = [
      ...['gateways', 'httproutes', 'grpcroutes', 'tcproutes', 'tlsroutes', 'referencegrants', 'gatewayclasses'].map((plural) => `${plural}.gateway.networking.k8s.io`),
      'workloadentries.networking.istio.io',
    ];
    const kinds = [
      ...optional.filter((name) => this.kinds?.includes(name)),
      ...['namespaces', 'services', 'deployments.apps', 'virtualservices.networking.istio.io', 'destinationrules.networking.istio.io'],
      ...['gateways.networking.istio.io', 'serviceentries.networking.istio.io', 'sidecars.networking.istio.io'],
      ...['authorizationpolicies.security.istio.io', 'peerauthentications.security.istio.io', 'requestauthentications.security.istio.io'],
    ];
    const list = JSON.parse(await this.kubectl(['get', kinds.join(','), '-A', '-o', 'json'])) as { items: ModelObject[] };
    return new MeshModel(list.items, { outboundTrafficPolicy, extensionProviders });
  }

  /** Sends requests from a pod's own container. */
  async send(namespace: string, deployment: string, requests: readonly WireRequest[]): Promise<WireAnswer[]> {
    const key = `${namespace}/${deployment}`;
    let session = this.sessions.get(key);
    if (!session || session.ended) {
      const exec = ['exec', '-i', '-n', namespace, `deploy/${deployment}`, '-c', 'app', '--', 'node', '-e', DRIVER];
      session = new Session(this.access.kubectl, [...this.place(), ...exec]);
      this.sessions.set(key, session);
    }
    return session.send(requests);
  }

  /** Ends what runs in the pods. */
  close(): void {
    this.sessions.forEach((session) => session.close());
    this.sessions.clear();
  }

  private place(): string[] {
    return ['--kubeconfig', this.access.kubeconfig, ...(this.access.context ? ['--context', this.access.context] : [])];
  }
}

/**
 * Asks again until an answer is as wanted.
 * @throws Error where it does not become so in time
 */
export async function until(what: string, seconds: number, ask: () => Promise<boolean>): Promise<void> {
  const end = Date.now() + seconds * 1000;
  let last = '';
  while (Date.now() < end) {
    try {
      if (await ask()) {
        return;
      }
    } catch (error) {
      last = `: ${error instanceof Error ? error.message : String(error)}`;
    }
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  throw new Error(`${what} did not happen within ${seconds} s${last}`);
}
