import * as fs from 'node:fs';
import * as https from 'node:https';
import * as path from 'node:path';
import { localClusterPaths } from './paths';

/** What the node left in `node.json`; written by aks-istio-node. */
interface NodeRecord {
  pid: number;
  started: string;
  boot: string;
  since: string;
  address: string;
}

/** State of the local node. */
export interface NodeStatus {
  state: 'running' | 'stopped' | 'broken';
  nodeAddress?: string;
  /** One sentence for people. */
  detail: string;
  /** When it was started, RFC 3339. */
  since?: string;
}

function stateFile(name: string): string {
  return path.join(localClusterPaths().root, 'node', name);
}

function read(file: string): string {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

function record(): NodeRecord | undefined {
  const text = read(stateFile('node.json'));
  return text === '' ? undefined : (JSON.parse(text) as NodeRecord);
}

/** The node's first process, if it lives: same number, same start time, same boot of the machine. */
export function nodeProcess(): NodeRecord | undefined {
  const found = record();
  if (found === undefined || found.boot !== read('/proc/sys/kernel/random/boot_id').trim()) return undefined;
  const stat = read(`/proc/${found.pid}/stat`);
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields[19] === found.started && fields[0] !== 'Z' && fields[0] !== 'X' ? found : undefined;
}

/**
 * Asks the API server of the local node with its administrator's certificate.
 * @param limit milliseconds to wait. @default 3000
 * @returns status and body; status 0 where it does not answer
 */
export function askApi(address: string, target: string, limit = 3000): Promise<{ status: number; body: string }> {
  return new Promise((resolve) => {
    const silent = (): void => resolve({ status: 0, body: '' });
    const pki = stateFile('config/pki');
    const request = https.get(
      {
        host: address,
        port: 6443,
        path: target,
        ca: read(path.join(pki, 'ca.crt')),
        cert: read(path.join(pki, 'admin.crt')),
        key: read(path.join(pki, 'admin.key')),
        timeout: limit,
        agent: false,
      },
      (response) => {
        let body = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => (body += chunk));
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
        response.on('error', silent);
      },
    );
    request.on('timeout', () => request.destroy());
    request.on('error', silent);
  });
}

/** Says how the local node is. Never throws for a node that is not there or not well. */
export async function status(): Promise<NodeStatus> {
  const found = record();
  if (found === undefined) {
    return fs.existsSync(stateFile(''))
      ? { state: 'broken', detail: 'an interrupted start left its folder; start or stop removes it' }
      : { state: 'stopped', detail: 'no local node' };
  }
  const base = { nodeAddress: found.address, since: found.since };
  if (nodeProcess() === undefined) {
    return { ...base, state: 'broken', detail: 'the node ended without stop (killed, or the machine was restarted); start begins a new one, stop removes what it left' };
  }
  const failed = read(stateFile('logs/failed')).trim();
  if (failed !== '') {
    return { ...base, state: 'broken', detail: `ended inside the node: ${failed.replaceAll('\n', ', ')}; logs in ${stateFile('logs')}; start begins a new node` };
  }
  const answer = await askApi(found.address, '/readyz');
  if (answer.status === 200) return { ...base, state: 'running', detail: `node process ${found.pid}, API server https://${found.address}:6443` };
  return { ...base, state: 'broken', detail: `the API server at ${found.address}:6443 does not answer (${answer.status || 'no connection'}); logs in ${stateFile('logs')}` };
}
