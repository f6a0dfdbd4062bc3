import * as http from 'node:http';
import * as http2 from 'node:http2';
import * as https from 'node:https';
import * as net from 'node:net';
import * as tls from 'node:tls';

/** Where a client on this machine finds a listener. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

const PATIENCE_MS = 10_000;

/** Who signs the server's certificate, and what the client shows. */
export interface Trust {
  readonly ca: string;
  readonly cert?: string;
  readonly key?: string;
}

/** A GET by HTTP, or by HTTPS where there is something to trust. */
export function get(at: Address, name: string, path: string, sent: Readonly<Record<string, string>> = {}, trust?: Trust): Promise<HttpAnswer> {
  return send('GET', at, name, path, sent, trust);
}

/** What a browser asks before a script of another origin may PUT. */
export function preflight(at: Address, name: string, path: string, origin: string): Promise<HttpAnswer> {
  return send('OPTIONS', at, name, path, { origin, 'access-control-request-method': 'PUT' });
}

function send(method: string, at: Address, name: string, path: string, sent: Readonly<Record<string, string>>, trust?: Trust): Promise<HttpAnswer> {
  const options = { ...at, method, path, agent: false as const, headers: { host: name, ...sent }, timeout: PATIENCE_MS, ...trust, servername: name };
  return new Promise((resolve, reject) => {
    const request = (trust === undefined ? http : https).request(options, (response) => {
      let body = '';
      response.on('data', (part: Buffer) => (body += part.toString()));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }));
    });
    request.on('timeout', () => request.destroy(new Error('no answer')));
    request.on('error', reject).end();
  });
}

/** A unary gRPC call without a message. @returns the answer's message, or the status where it is no success */
export function call({ host, port }: Address, name: string, method: string, metadata: Readonly<Record<string, string>> = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const session = http2.connect(`http://${host}:${port}`);
    session.on('error', reject);
    const headers = { ':method': 'POST', ':path': `/${method}`, ':authority': name, 'content-type': 'application/grpc', te: 'trailers', ...metadata };
    const stream = session.request(headers, { endStream: false });
    const chunks: Buffer[] = [];
    let status: string | undefined;
    const note = (found: http2.IncomingHttpHeaders): void => {
      status = (found['grpc-status'] as string | undefined) ?? status;
    };
    stream.on('response', note).on('trailers', note).on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('error', reject).on('end', () => {
      session.close();
      resolve(status === '0' ? Buffer.concat(chunks).subarray(5).toString() : `grpc-status ${String(status)}`);
    });
    stream.setTimeout(PATIENCE_MS, () => stream.close(http2.constants.NGHTTP2_CANCEL));
    stream.end(Buffer.alloc(5));
  });
}

/** Sends a text over a connection, and reads to its end. */
export function exchange({ host, port }: Address, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = net.connect({ host, port, timeout: PATIENCE_MS }, () => socket.write(text));
    let said = '';
    socket.on('data', (part) => (said += part.toString()));
    socket.on('end', () => resolve(said)).on('error', reject).on('timeout', () => socket.destroy(new Error('no answer')));
  });
}

/** Who ends TLS for a name: the subject of the certificate that it shows, or why the connection was refused. */
export function whoEndsTls({ host, port }: Address, servername: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = tls.connect({ host, port, servername, rejectUnauthorized: false, timeout: PATIENCE_MS }, () => {
      resolve(String(socket.getPeerCertificate().subject.CN));
      socket.destroy();
    });
    socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message)).on('timeout', () => socket.destroy(new Error('no answer')));
  });
}
