import type { VirtualServiceHttpRedirect } from '../istio/generated/virtual-service';
import { checkRedirect } from '../validation/istio/rules/http-answer';
import { refuse } from '../istio/refuse';

/** Statuses that tell a browser to go elsewhere; 307 and 308 keep the method. */
export type RedirectStatus = 301 | 302 | 303 | 307 | 308;

/** Where a redirect leads; what is left out stays as in the request. */
export interface RedirectTarget {
  /** Replaces the whole path. @default the request's */
  readonly path?: string;
  /** Host that the client is sent to. @default the request's */
  readonly host?: string;
  /** Scheme that the client is sent to. @default the request's */
  readonly scheme?: 'http' | 'https';
  /** A number, `protocol` for the usual one of the scheme, `request` for the one that the client asked at. @default none is written */
  readonly port?: number | 'protocol' | 'request';
  /** HTTP status of the answer. @default 301 */
  readonly status?: RedirectStatus;
}

const DERIVED = { protocol: 'FROM_PROTOCOL_DEFAULT', request: 'FROM_REQUEST_PORT' } as const;

/**
 * An answer that sends the client elsewhere.
 * @see https://istio.io/latest/docs/reference/config/networking/virtual-service/#HTTPRedirect
 */
export class Redirect {
  /**
   * To another place.
   * @throws ProblemError where nothing changes, or the port or the status is none
   */
  static to(target: RedirectTarget): Redirect {
    return Redirect.checked('Redirect.to', target);
  }

  /**
   * To the same host and path over HTTPS.
   * @param status @default 301
   */
  static https(status?: RedirectStatus): Redirect {
    return Redirect.checked('Redirect.https', { scheme: 'https', status });
  }

  private static checked(at: string, { path, host, scheme, port, status }: RedirectTarget): Redirect {
    const spec: VirtualServiceHttpRedirect = {
      uri: path,
      authority: host,
      scheme,
      port: typeof port === 'number' ? port : undefined,
      derivePort: typeof port === 'string' ? DERIVED[port] : undefined,
      redirectCode: status,
    };
    refuse('Not a redirect:', at, (report) => checkRedirect(spec, '', report));
    return new Redirect(spec);
  }

  private constructor(private readonly spec: VirtualServiceHttpRedirect) {}

  /** In Istio's own words. */
  toSpec(): VirtualServiceHttpRedirect {
    return this.spec;
  }
}
