import * as http from 'node:http';
import * as https from 'node:https';
import type { TLSSocket } from 'node:tls';
import type { MeshAnswer } from './mesh-call';

/** One request from this machine, on a connection of its own; it lets the header `host` and the TLS name be others than the address. */
export function ask(options: https.RequestOptions, isTls: boolean): Promise<MeshAnswer> {
  const begin = Date.now();
  return new Promise((resolve) => {
    const done = (answer: Omit<MeshAnswer, 'call' | 'seconds'>): void => resolve({ ...answer, call: 0, seconds: (Date.now() - begin) / 1000 });
    let certificate: string | undefined;
    const request = (isTls ? https : http).request(options, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', (error: NodeJS.ErrnoException) => done({ error: `${error.code ?? error.name}: ${error.message}` }));
      response.on('end', () => {
        const headers = Object.entries(response.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : (value ?? '')]);
        const body = Buffer.concat(chunks).toString();
        done({ status: response.statusCode, body, headers: Object.fromEntries(headers) as Record<string, string>, certificate });
      });
    });
    request.on('socket', (socket) =>
      socket.once('secureConnect', () => {
        certificate = (socket as TLSSocket).getPeerCertificate().raw.toString('base64');
      }),
    );
    request.on('error', (error: NodeJS.ErrnoException) => done({ error: `${error.code ?? error.name}: ${error.message}` }));
    request.on('timeout', () => request.destroy(new Error('no answer in time')));
    request.end();
  });
}
