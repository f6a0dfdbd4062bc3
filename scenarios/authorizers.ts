import type { ExtensionProvider } from './scenario';

/** Ports of Istio's own sample of an authoriser. @see https://github.com/istio/istio/tree/release-1.29/samples/extauthz */
export const AUTHORIZER_PORTS = { http: 8000, grpc: 9000 } as const;

/** Names by which MeshConfig knows the authoriser of the scenarios: asked by gRPC, or by HTTP. */
export const GRPC_AUTHORIZER = 'ext-authz-grpc';
export const HTTP_AUTHORIZER = 'ext-authz-http';

/** Seconds may pass until a proxy has a connection; nobody waits 600 s, which is Istio's default. */
const timeout = '2s';

/** The authoriser asked by gRPC: an entry for MeshConfig's `extensionProviders`. */
export function grpcAuthorizer(namespace: string): ExtensionProvider {
  return { name: GRPC_AUTHORIZER, envoyExtAuthzGrpc: { service: `ext-authz.${namespace}.svc.cluster.local`, port: AUTHORIZER_PORTS.grpc, timeout } };
}

/** The same one, asked by HTTP; it is told no header of the request beyond these. */
export function httpAuthorizer(namespace: string): ExtensionProvider {
  const service = `ext-authz.${namespace}.svc.cluster.local`;
  return { name: HTTP_AUTHORIZER, envoyExtAuthzHttp: { service, port: AUTHORIZER_PORTS.http, timeout, includeRequestHeadersInCheck: ['x-ext-authz'] } };
}
