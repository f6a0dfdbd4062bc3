import { isIP } from 'node:net';
import { Problem, throwOnProblems } from '../../validation/problem';

/** Who sends a request: pods of the mesh, described rather than named. */
export interface CallerDescription {
  readonly namespace: string;
  /** Labels of the pods, as `sourceLabels` and workload selectors see them. @default none */
  readonly labels?: Readonly<Record<string, string>>;
  /** @default 'default' */
  readonly serviceAccount?: string;
  /** Whether the pods have a sidecar; without one they call in plaintext and no route of the mesh applies. @default true */
  readonly sidecar?: boolean;
}

/** A request to ask the model about. What is left out is decided as the mesh would, or by the defaults that are documented here. */
export interface SimulatedRequest {
  /**
   * What is called: a Service (`reviews`, `reviews.bookinfo`, its full host, each with `:9080` or without), or any other host. Through a gateway:
   * the host of the URL.
   * @default through a gateway, any host that it serves
   */
  readonly to?: string;
  /**
   * Who calls: the name of a Service or workload of the model (`productpage`, `productpage.bookinfo`, `productpage-v1`), or a description.
   * @default a nameless workload with a sidecar, in the namespace of what is called, as the service account `default`
   */
  readonly from?: string | CallerDescription;
  /**
   * Comes in through this gateway: the name of a Gateway object (`bookinfo-gateway`, `bookinfo/bookinfo-gateway`), or `true` for the only one;
   * of several, that of the mesh's ingress gateway.
   * @default the call starts inside the mesh
   */
  readonly gateway?: string | true;
  /** Host header. @default what `to` says, with the port where it is not the scheme's own */
  readonly host?: string;
  /** Path with its query. @default '/' */
  readonly path?: string;
  /** @default 'GET' */
  readonly method?: string;
  /** Names in any case. @default none */
  readonly headers?: Readonly<Record<string, string>>;
  /** Added to the query of `path`. @default none */
  readonly query?: Readonly<Record<string, string>>;
  /**
   * Port that is called.
   * @default the one in `to`, else the Service's only or first HTTP port; at a gateway, that of its first server for the scheme
   */
  readonly port?: number;
  /** @default 'https' for ports whose protocol is TLS or HTTPS, and for port 443 of hosts that nobody knows; else 'http' */
  readonly scheme?: 'http' | 'https';
  /** Name in the TLS handshake. @default the host that is called */
  readonly serverName?: string;
  /** The client shows a certificate, which a gateway with TLS mode MUTUAL asks for; its CA is taken to be the right one. @default false */
  readonly clientCertificate?: boolean;
  /** Claims of the JSON web token that comes along; its signature is taken to be good. @default no token */
  readonly claims?: Readonly<Record<string, unknown>>;
  /** A token comes along that no issuer signed. @default false */
  readonly invalidToken?: boolean;
  /** Address of the client, for rules about IP ranges. @default unknown: no such rule matches */
  readonly sourceIp?: string;
  /** What an external authoriser says when a CUSTOM policy asks it. @default 'allow' */
  readonly externalAuthorization?: 'allow' | 'deny';
}

/**
 * Refuses what no client can send.
 * @throws ProblemError listing every value that is wrong
 * @see https://www.rfc-editor.org/rfc/rfc9110#name-methods
 */
export function checkRequest({ path, method, port, sourceIp }: SimulatedRequest): void {
  const problems: Problem[] = [];
  const refuse = (at: string, value: unknown, rule: string, mend: string): void => {
    problems.push({ at, value, rule, mend });
  };
  if (path !== undefined && !/^(\/\S*|\*)$/.test(path)) {
    refuse('path', path, 'a path starts with / and has no spaces', `Write ${encodeURI(`/${path.replace(/^\/+/, '')}`)}`);
  }
  if (method !== undefined && !/^[A-Z][A-Z-]*$/.test(method)) {
    refuse('method', method, 'methods are capital letters: proxies tell get from GET', `Write ${method.toUpperCase()}`);
  }
  if (port !== undefined && !(Number.isInteger(port) && port >= 1 && port <= 65535)) {
    refuse('port', port, 'a port is a number from 1 to 65535', 'Leave it out for the port that the Service has');
  }
  if (sourceIp !== undefined && isIP(sourceIp) === 0) {
    refuse('sourceIp', sourceIp, 'it is no IP address', 'Write one such as 203.0.113.7');
  }
  throwOnProblems('the request is none that a client can send', problems);
}
