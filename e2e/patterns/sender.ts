import { ChildProcess, spawn } from 'node:child_process';
import * as readline from 'node:readline';
import type { Readable } from 'node:stream';
import type { ClusterAccess, WireAnswer, WireRequest } from '../simulator/cluster';

/** A request, with a body where there is one; with `tls` it goes by HTTPS. */
export interface SentRequest extends Omit<WireRequest, 'tls'> {
  readonly body?: string;
  readonly tls?: { readonly servername: string; readonly ca: string; readonly cert?: string; readonly key?: string };
}

/** An answer; with the name in the server's certificate where it came by HTTPS. */
export interface ReceivedAnswer extends WireAnswer {
  readonly certificate?: string;
}

/** Runs in the pod as long as the suite: each line is a set of requests, sent eight at a time. */
const DRIVER = `
const http = require('http'), https = require('https');
const send = (r, agent) => new Promise((resolve) => {
  const started = Date.now();
  let certificate;
  const done = (answer) => resolve({ milliseconds: Date.now() - started, headers: {}, body: '', certificate, ...answer });
  const options = { host: r.dial, port: r.port, method: r.method, path: r.path, headers: r.headers, timeout: 20000 };
  const call = r.tls ? https.request({ ...options, ...r.tls, agent: false }) : http.request({ ...options, agent });
  call.on('response', (response) => {
    if (r.tls) certificate = response.socket.getPeerCertificate().subject.CN;
    let body = '';
    response.on('data', (part) => { body += part; }).on('end', () => done({ status: response.statusCode, headers: response.headers, body }));
  });
  call.on('timeout', () => call.destroy(new Error('timeout'))).on('error', (error) => done({ error: String(error.code || error.message) })).end(r.body);
});
require('readline').createInterface({ input: process.stdin }).on('line', async (line) => {
  const { id, requests } = JSON.parse(line);
  const answers = new Array(requests.length);
  const agent = new http.Agent({ keepAlive: true, maxSockets: 8 });
  let next = 0;
  const work = async () => { while (next < requests.length) { const i = next++; answers[i] = await send(requests[i], agent); } };
  await Promise.all(Array.from({ length: 8 }, work));
  agent.destroy();
  process.stdout.write(JSON.stringify({ id, answers }) + '\\n');
});
`;

interface Waiting {
  resolve(answers: ReceivedAnswer[]): void;
  reject(error: Error): void;
}

/** Sends requests from a pod, by a program in it that lives as long as the suite: starting one for every request would be what takes the time. */
export class Sender {
  private readonly waiting = new Map<number, Waiting>();
  private child?: ChildProcess;
  private last = 0;

  constructor(
    private readonly access: ClusterAccess,
    private readonly namespace: string,
    private readonly workload: string,
  ) {}

  send(requests: readonly SentRequest[]): Promise<ReceivedAnswer[]> {
    this.child ??= this.start();
    const id = ++this.last;
    const { stdin } = this.child;
    return new Promise((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      stdin?.write(`${JSON.stringify({ id, requests })}\n`);
    });
  }

  close(): void {
    this.child?.kill();
    this.child = undefined;
  }

  private start(): ChildProcess {
    const { kubectl, kubeconfig, context } = this.access;
    const args = ['--kubeconfig', kubeconfig, ...(context ? ['--context', context] : []), 'exec', '-i', '-n', this.namespace, this.workload, '-c', 'app'];
    const child = spawn(kubectl, [...args, '--', 'node', '-e', DRIVER], { stdio: ['pipe', 'pipe', 'inherit'] });
    readline.createInterface({ input: child.stdout as Readable }).on('line', (line) => {
      const { id, answers } = JSON.parse(line) as { id: number; answers: ReceivedAnswer[] };
      this.waiting.get(id)?.resolve(answers);
      this.waiting.delete(id);
    });
    child.stdin.on('error', () => undefined);
    child.on('close', () => {
      // Begun anew with the next requests.
      this.child = undefined;
      for (const { reject } of this.waiting.values()) {
        reject(new Error(`the program that sends from ${this.workload} has ended`));
      }
      this.waiting.clear();
    });
    return child;
  }
}
