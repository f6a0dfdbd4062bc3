import { isUnknown } from '../istio/unknown';
import { IService, serviceHost } from '../kubernetes/service';
import type { Duration } from '../traffic/duration';
import { Problem, throwOnProblems } from '../validation';

/** What of a request's body an authoriser gets. */
export interface CheckedBody {
  /** Most bytes that the proxy holds back, 1 or more. A longer body is answered 413, even with `failOpen`, unless `partial` says otherwise. */
  readonly maxBytes: number;
  /** Asks by the beginning of a longer body. @default false */
  readonly partial?: boolean;
  /** Hands the body over as bytes, not as text, with `grpc`. @default false */
  readonly asBytes?: boolean;
}

/**
 * An authoriser, as the MeshConfig names it. Headers are named whole, or by their beginning or end: `x-auth-*`, `*-id`.
 * @see https://istio.io/latest/docs/reference/config/istio.mesh.v1alpha1/#MeshConfig-ExtensionProvider-EnvoyExternalAuthorizationHttpProvider
 */
export interface AuthorizationProvider {
  /** What policies name it by. */
  readonly name: string;
  /** Service that decides. */
  readonly service: Pick<IService, 'name' | 'namespace'>;
  /** Port of that Service, 1 to 65535. */
  readonly port: number;
  /** How it is asked: by Envoy's gRPC service, or by a request of the same method and path, which it allows with 200. @default 'grpc' */
  readonly protocol?: 'grpc' | 'http';
  /** How long its answer may take. @default Istio's own: 600 s */
  readonly timeout?: Duration;
  /** Lets requests pass where it cannot be asked, or answers with 5xx. @default false */
  readonly failOpen?: boolean;
  /** Status that clients get where it cannot be asked, 200 to 511. @default Istio's own: 403 */
  readonly statusOnError?: number;
  /** The part of the body that it gets. @default none */
  readonly requestBody?: CheckedBody;
  /** Chooses the route anew once it has changed headers. @default false */
  readonly clearRouteCache?: boolean;
  /** Comes before the path that it is asked by, with `http`: `/check` makes `/check/admin` of `/admin`. @default none */
  readonly pathPrefix?: string;
  /** Request headers that it gets, with `http`. @default none beyond what Envoy always sends */
  readonly requestHeaders?: readonly string[];
  /** Headers of your own that it gets with every question, with `http`. @default none */
  readonly additionalHeaders?: Readonly<Record<string, string>>;
  /** Headers of its answer that reach the service where it allows, with `http`. @default none */
  readonly upstreamHeaders?: readonly string[];
  /** Headers of its answer that reach the client where it allows, with `http`. @default none */
  readonly downstreamHeadersOnAllow?: readonly string[];
  /** Headers of its answer that reach the client where it refuses, with `http`; the body always does. @default all of them */
  readonly downstreamHeadersOnDeny?: readonly string[];
  /** DNS suffix of the cluster's Services. @default 'cluster.local' */
  readonly clusterDomain?: string;
}

const SEE = 'https://istio.io/latest/docs/reference/config/istio.mesh.v1alpha1/#MeshConfig-ExtensionProvider';
const HTTP_ONLY = ['pathPrefix', 'requestHeaders', 'additionalHeaders', 'upstreamHeaders', 'downstreamHeadersOnAllow', 'downstreamHeadersOnDeny'] as const;
const HEADERS = ['requestHeaders', 'upstreamHeaders', 'downstreamHeadersOnAllow', 'downstreamHeadersOnDeny'] as const;
/** Statuses that Envoy knows, from and to. @see https://www.envoyproxy.io/docs/envoy/latest/api-v3/type/v3/http_status.proto */
const STATUSES = [
  ...([[200, 208], [226, 226], [300, 305], [307, 308]] as const),
  ...([[400, 417], [421, 424], [426, 426], [428, 429], [431, 431], [500, 508], [510, 511]] as const),
];

/**
 * The entry of a MeshConfig's `extensionProviders`.
 * @throws ProblemError with every field that istiod would refuse, or that the protocol does not have
 */
export function authorizationProvider(provider: AuthorizationProvider): Readonly<Record<string, unknown>> {
  throwOnProblems(`No authoriser could be asked by the provider ${provider.name}:`, authorizerProblems(provider));
  const { requestBody, timeout, statusOnError } = provider;
  const settings = {
    service: serviceHost(provider.service, provider.clusterDomain),
    port: provider.port,
    timeout: timeout?.toString(),
    failOpen: provider.failOpen,
    statusOnError: statusOnError === undefined ? undefined : String(statusOnError),
    clearRouteCache: provider.clearRouteCache,
    includeRequestBodyInCheck: requestBody && {
      maxRequestBytes: requestBody.maxBytes,
      ...(requestBody.partial !== undefined && { allowPartialMessage: requestBody.partial }),
      ...(requestBody.asBytes !== undefined && { packAsBytes: requestBody.asBytes }),
    },
    pathPrefix: provider.pathPrefix,
    includeRequestHeadersInCheck: provider.requestHeaders,
    includeAdditionalHeadersInCheck: provider.additionalHeaders,
    headersToUpstreamOnAllow: provider.upstreamHeaders,
    headersToDownstreamOnAllow: provider.downstreamHeadersOnAllow,
    headersToDownstreamOnDeny: provider.downstreamHeadersOnDeny,
  };
  const given = Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
  return { name: provider.name, [provider.protocol === 'http' ? 'envoyExtAuthzHttp' : 'envoyExtAuthzGrpc']: given };
}

function authorizerProblems(provider: AuthorizationProvider): Problem[] {
  const { name, port, protocol, statusOnError, requestBody, pathPrefix } = provider;
  const problems: Problem[] = [];
  const hold = (holds: boolean, field: string, value: unknown, rule: string, mend: string): void => {
    if (!holds && !isUnknown(value)) {
      problems.push({ at: `ExternalAuthorization.provider: ${field}`, value, rule, mend, see: SEE });
    }
  };
  const within = (value: number, from: number, to: number): boolean => Number.isInteger(value) && value >= from && value <= to;
  hold(name !== '', 'name', name, 'policies know an authoriser by its name', 'Give one that no other provider has');
  hold(within(port, 1, 65535), 'port', port, 'a port is a whole number from 1 to 65535', 'Give a port of the Service');
  if (protocol !== 'http') {
    const http = HTTP_ONLY.filter((field) => provider[field] !== undefined);
    http.forEach((field) => hold(false, field, provider[field], 'an authoriser asked by gRPC gets whole requests and says itself which headers change', "Leave it out, or ask by protocol 'http'"));
  } else {
    hold(requestBody?.asBytes === undefined, 'requestBody.asBytes', requestBody?.asBytes, 'by HTTP a body goes as it is', 'Leave it out');
  }
  if (statusOnError !== undefined) {
    hold(STATUSES.some(([from, to]) => within(statusOnError, from, to)), 'statusOnError', statusOnError, 'Envoy answers with a status of HTTP', 'Give such as 503');
  }
  if (requestBody) {
    hold(within(requestBody.maxBytes, 1, 2 ** 32 - 1), 'requestBody.maxBytes', requestBody.maxBytes, 'a body has 1 byte or more', 'Leave `requestBody` out to send none');
  }
  if (pathPrefix !== undefined) {
    hold(pathPrefix.startsWith('/'), 'pathPrefix', pathPrefix, 'a path begins with a slash', `Write /${pathPrefix}`);
  }
  for (const field of HEADERS) {
    (provider[field] ?? []).forEach((header, index) =>
      hold(header !== '*' && header !== '', `${field}[${index}]`, header, 'headers are named whole, or by their beginning or end', 'Write such as authorization or x-auth-*'),
    );
  }
  return problems;
}
