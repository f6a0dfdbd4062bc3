/** Ports of Istio's own sample of an authoriser. @see https://github.com/istio/istio/tree/release-1.29/samples/extauthz */
export const AUTHORIZER_PORTS = { http: 8000, grpc: 9000 } as const;

const service = 'ext-authz.bookinfo.svc.cluster.local';
/** Seconds may pass until a proxy has a connection; nobody waits 600 s, which is Istio's default. */
const timeout = '2s';

/** The authoriser of the scenarios, asked by gRPC: an entry for MeshConfig's `extensionProviders`. */
export const GRPC_AUTHORIZER = { name: 'ext-authz-grpc', envoyExtAuthzGrpc: { service, port: AUTHORIZER_PORTS.grpc, timeout } } as const;

/** The same one, asked by HTTP; it is told no header of the request beyond these. */
export const HTTP_AUTHORIZER = {
  name: 'ext-authz-http',
  envoyExtAuthzHttp: { service, port: AUTHORIZER_PORTS.http, timeout, includeRequestHeadersInCheck: ['x-ext-authz'] },
};

/** What the environments define, so that the scenarios that ask an authoriser need no change of the mesh. Nobody is asked until a policy says so. */
export const AUTHORIZERS = [GRPC_AUTHORIZER, HTTP_AUTHORIZER];
