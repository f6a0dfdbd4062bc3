import type { SimulatedRequest } from '../constructs/model';
import type { CallExpectation } from './expectation';

export interface SimulatedCallOptions {
  /** Bookinfo's. */
  readonly namespace: string;
  /** What `{external}` stands for. @default 'www.example.com' */
  readonly externalHost?: string;
  /** Claims of a bearer's token, or `invalid` where nobody signed it. @default every token is invalid */
  claimsOf?(token: string): SimulatedRequest['claims'] | 'invalid';
}

/** A call as a question to the simulator; nothing where it cannot be asked, as the answer depends on how often one asks. */
export function simulatedCall(expectation: CallExpectation, options: SimulatedCallOptions): SimulatedRequest | undefined {
  const { namespace, externalHost = 'www.example.com', claimsOf = () => 'invalid' as const } = options;
  const { from, path, method, port, scheme, result, user, headers = {} } = expectation;
  const host = expectation.host?.replace('{external}', externalHost);
  if (typeof result === 'object' || result === 429) {
    return undefined;
  }
  const token = /^Bearer (.+)$/.exec(headers.authorization ?? '')?.[1];
  const claims = token === undefined ? undefined : claimsOf(token);
  const request = {
    ...{ path, method, port, scheme, headers: { ...headers, ...(user !== undefined && { 'end-user': user }) } },
    ...(claims === 'invalid' ? { invalidToken: true } : { claims }),
    // As the authoriser of the scenarios decides.
    externalAuthorization: headers['x-ext-authz'] === 'allow' ? ('allow' as const) : ('deny' as const),
  };
  if (from === 'gateway') {
    return { ...request, gateway: expectation.gateway ?? true, to: host };
  }
  if (host?.includes('.')) {
    return { ...request, to: host, from: `${from}.${namespace}`, port: port ?? (scheme === 'https' ? 443 : 80) };
  }
  const to = `${host ?? 'productpage'}.${namespace}`;
  return { ...request, to, from: from === 'outside' ? { namespace: 'outside', sidecar: false } : `${from}.${namespace}` };
}
