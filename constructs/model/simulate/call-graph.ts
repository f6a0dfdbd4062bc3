/** One service calling another. */
export interface ServiceCall {
  /** Name of the calling Service. */
  readonly from: string;
  /** Versions that make the call. @default all */
  readonly versions?: readonly string[];
  /** Name of the called Service. */
  readonly to: string;
  readonly path: string;
  /** @default 'GET' */
  readonly method?: string;
  /** Seconds that the caller's own program waits. @default as long as it takes */
  readonly timeoutSeconds?: number;
  /** How often the caller's own program tries. @default 1 */
  readonly attempts?: number;
}

/** Who calls whom in an application. */
export interface CallGraph {
  readonly calls: readonly ServiceCall[];
  /** Headers, in lower case, that every service passes on. */
  readonly propagates: readonly string[];
}

/**
 * Bookinfo: productpage asks details and reviews; reviews v2 and v3 ask ratings. The waiting times are those of the programs themselves.
 * @see https://istio.io/latest/docs/examples/bookinfo/
 */
export const BOOKINFO_CALLS: CallGraph = {
  calls: [
    { from: 'productpage', to: 'details', path: '/details/0', timeoutSeconds: 3 },
    { from: 'productpage', to: 'reviews', path: '/reviews/0', timeoutSeconds: 3, attempts: 2 },
    { from: 'reviews', versions: ['v2', 'v3'], to: 'ratings', path: '/ratings/0', timeoutSeconds: 10 },
  ],
  propagates: ['end-user', 'user-agent', 'cookie', 'authorization', 'jwt', 'x-request-id', 'b3', 'traceparent', 'tracestate'],
};
