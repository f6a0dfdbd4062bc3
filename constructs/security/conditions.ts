import type { AuthorizationPolicyRulesFromSource, AuthorizationPolicyRulesWhen } from '../istio/generated/authorization-policy';

/** Where requests come from, where an identity does not say it. @see https://istio.io/latest/docs/reference/config/security/authorization-policy/#Source */
export class Source {
  /** Connections from these addresses or blocks: the one that connects, which may be a load balancer. */
  static ip(...blocks: readonly string[]): AuthorizationPolicyRulesFromSource {
    return { ipBlocks: blocks };
  }

  /** Clients at these addresses or blocks, as X-Forwarded-For or the proxy protocol say, by as many hops as the mesh trusts. */
  static clientIp(...blocks: readonly string[]): AuthorizationPolicyRulesFromSource {
    return { remoteIpBlocks: blocks };
  }

  /** Workloads of these namespaces, by their certificates. */
  static namespace(...namespaces: readonly string[]): AuthorizationPolicyRulesFromSource {
    return { namespaces };
  }

  /**
   * Bearers of a valid token; a RequestAuthentication says what that is.
   * @param issuer @default any
   * @param subject @default any
   */
  static token(issuer = '*', subject = '*'): AuthorizationPolicyRulesFromSource {
    return { requestPrincipals: [issuer === '*' && subject === '*' ? '*' : `${issuer}/${subject}`] };
  }

  /** Requests without a valid token. */
  static noToken(): AuthorizationPolicyRulesFromSource {
    return { notRequestPrincipals: ['*'] };
  }
}

/** What holds for a request beside where it comes from and where it goes. @see https://istio.io/latest/docs/reference/config/security/conditions/ */
export class Condition {
  /**
   * A claim of the token has one of the values; of a list, one element has.
   * @param name `groups`, or `realm.roles` for a claim within a claim
   */
  static claim(name: string, ...values: readonly string[]): AuthorizationPolicyRulesWhen {
    return { key: claimKey(name), values };
  }

  /** A claim of the token is missing or has none of the values. */
  static claimNot(name: string, ...values: readonly string[]): AuthorizationPolicyRulesWhen {
    return { key: claimKey(name), notValues: values };
  }

  static header(name: string, ...values: readonly string[]): AuthorizationPolicyRulesWhen {
    return { key: `request.headers[${name}]`, values };
  }

  /** The name that the client asked for in TLS. */
  static sni(...values: readonly string[]): AuthorizationPolicyRulesWhen {
    return { key: 'connection.sni', values };
  }
}

function claimKey(name: string): string {
  return `request.auth.claims${name.split('.').map((part) => `[${part}]`).join('')}`;
}
