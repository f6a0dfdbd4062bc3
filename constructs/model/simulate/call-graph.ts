/** What is called, and how. */
export interface CallTarget {
  /** Name of the called Service, or any other host. */
  readonly to: string;
  readonly path: string;
  /** @default 'GET' */
  readonly method?: string;
  /** @default the Service's only or first HTTP port */
  readonly port?: number;
  /** @default as the port speaks */
  readonly scheme?: 'http' | 'https';
}

/** One service calling another. */
export interface ServiceCall extends CallTarget {
  /** Name of the calling Service. */
  readonly from: string;
  /** Versions that make the call. @default all */
  readonly versions?: readonly string[];
  /** Seconds that the caller's own program waits. @default as long as it takes */
  readonly timeoutSeconds?: number;
  /** How often the caller's own program tries. @default 1 */
  readonly attempts?: number;
  /**
   * What the environment of the calling container says of the call; nothing where it does not make it.
   * @default the call as it stands
   */
  readonly configured?: (environment: Readonly<Record<string, string>>) => Partial<CallTarget> | undefined;
}

/** Who calls whom in an application. */
export interface CallGraph {
  readonly calls: readonly ServiceCall[];
  /** Headers, in lower case, that each service passes on to those it calls, by the service's name. */
  readonly propagates: Readonly<Record<string, readonly string[]>>;
  /** Where people sign in: the service that tells those it calls who they are, by this header. @default nobody signs in */
  readonly signIn?: { readonly service: string; readonly header: string };
}

const PASSED_ON = ['user-agent', 'cookie', 'authorization', 'jwt', 'x-request-id', 'b3', 'traceparent', 'tracestate'];

/**
 * Bookinfo: productpage asks details and reviews; reviews v2 and v3 ask ratings; what details v2 and ratings v2 ask outside, their environment
 * says. The waiting times are those of the programs themselves. Productpage takes the header `end-user` from its own session alone; details
 * and reviews pass on what they are sent.
 * @see https://istio.io/latest/docs/examples/bookinfo/
 */
export const BOOKINFO_CALLS: CallGraph = {
  calls: [
    { from: 'productpage', to: 'details', path: '/details/0', timeoutSeconds: 3 },
    { from: 'productpage', to: 'reviews', path: '/reviews/0', timeoutSeconds: 3, attempts: 2 },
    { from: 'reviews', versions: ['v2', 'v3'], to: 'ratings', path: '/ratings/0', timeoutSeconds: 10 },
    {
      from: 'details',
      versions: ['v2'],
      to: 'www.googleapis.com',
      path: '/books/v1/volumes?q=isbn:0486424618',
      timeoutSeconds: 5,
      configured: ({ DO_NOT_ENCRYPT }) => (DO_NOT_ENCRYPT === 'true' ? { port: 80, scheme: 'http' } : { port: 443, scheme: 'https' }),
    },
    { from: 'ratings', to: 'mysqldb', path: '/', configured: databaseOf },
  ],
  propagates: { productpage: PASSED_ON, details: [...PASSED_ON, 'end-user'], reviews: [...PASSED_ON, 'end-user'], ratings: [] },
  signIn: { service: 'productpage', header: 'end-user' },
};

function databaseOf({ DB_TYPE, MYSQL_DB_HOST, MYSQL_DB_PORT, MONGO_DB_URL }: Readonly<Record<string, string>>): Partial<CallTarget> | undefined {
  if (DB_TYPE === 'mysql' && MYSQL_DB_HOST) {
    return { to: MYSQL_DB_HOST, port: Number(MYSQL_DB_PORT ?? 3306) };
  }
  const [, host, port] = /^mongodb:\/\/(?:[^@/]*@)?([^:/]+)(?::(\d+))?/.exec(MONGO_DB_URL ?? '') ?? [];
  return host === undefined ? undefined : { to: host, port: Number(port ?? 27017) };
}
