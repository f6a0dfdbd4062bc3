import type { AuthorizationPolicyRulesFromSource } from '../istio/generated/authorization-policy';
import type { IMesh } from '../mesh/mesh';
import { throwOnProblems } from '../validation';
import { Identity, principalOf } from './identity';

/** Where requests come from: all that it says holds at once, each list by one of its values. */
export interface PolicySource extends AuthorizationPolicyRulesFromSource {
  /** Workloads, by the identity they run as, beside those of `principals`. @default any */
  readonly identities?: readonly Identity[];
  /** Workloads that it is not, by the identity they run as, beside those of `notPrincipals`. @default none */
  readonly notIdentities?: readonly Identity[];
}

type Part = keyof PolicySource;

/** Where requests come from, where an identity alone does not say it. @see https://istio.io/latest/docs/reference/config/security/authorization-policy/#Source */
export class Source {
  /** Connections from these addresses or blocks: the one that connects, which may be a load balancer. */
  static ip(...blocks: readonly string[]): PolicySource {
    return { ipBlocks: blocks };
  }

  /** Connections from anywhere but these addresses or blocks. */
  static notIp(...blocks: readonly string[]): PolicySource {
    return { notIpBlocks: blocks };
  }

  /** Clients at these addresses or blocks, as X-Forwarded-For or the proxy protocol say, by as many hops as the mesh trusts. */
  static clientIp(...blocks: readonly string[]): PolicySource {
    return { remoteIpBlocks: blocks };
  }

  /** Clients anywhere but at these addresses or blocks, which are known as for {@link Source.clientIp}. */
  static notClientIp(...blocks: readonly string[]): PolicySource {
    return { notRemoteIpBlocks: blocks };
  }

  /** Workloads of these namespaces, by their certificates. */
  static namespace(...namespaces: readonly string[]): PolicySource {
    return { namespaces };
  }

  /** Everybody but workloads of these namespaces: those without a certificate too. */
  static notNamespace(...namespaces: readonly string[]): PolicySource {
    return { notNamespaces: namespaces };
  }

  /** Workloads, by the identity they run as. */
  static identity(...identities: readonly Identity[]): PolicySource {
    return { identities };
  }

  /** Everybody but these workloads: those without an identity too. */
  static notIdentity(...identities: readonly Identity[]): PolicySource {
    return { notIdentities: identities };
  }

  /**
   * Bearers of a valid token; a RequestAuthentication says what that is.
   * @param issuer @default any
   * @param subject @default any
   */
  static token(issuer = '*', subject = '*'): PolicySource {
    return { requestPrincipals: [issuer === '*' && subject === '*' ? '*' : `${issuer}/${subject}`] };
  }

  /** Requests without a valid token. */
  static noToken(): PolicySource {
    return { notRequestPrincipals: ['*'] };
  }

  /**
   * Requests that come from all of these at once, such as a workload that connects from certain addresses; the members of `from` are alternatives.
   * @throws ProblemError where two ask for the same thing, which nobody could be at once: name both values in one of them
   */
  static allOf(...sources: readonly (Identity | PolicySource)[]): PolicySource {
    const parts = sources.map((source) => (isIdentity(source) ? Source.identity(source) : source));
    const names = [...new Set(parts.flatMap((part) => Object.keys(part) as Part[]))];
    const all = (name: Part): readonly unknown[] => parts.flatMap((part): readonly unknown[] => part[name] ?? []);
    const twice = names.filter((name) => !name.startsWith('not') && parts.filter((part) => part[name] !== undefined).length > 1);
    throwOnProblems(
      'Nobody could be all of these at once:',
      twice.map((name) => ({ at: 'Source.allOf', value: all(name), rule: `two of them ask for ${name}`, mend: 'Put them into one list to mean any of them' })),
    );
    return Object.fromEntries(names.map((name) => [name, all(name)]));
  }
}

export function isIdentity(source: Identity | PolicySource): source is Identity {
  return 'serviceAccountName' in source;
}

/** A source in Istio's own words. */
export function renderSource({ identities = [], notIdentities = [], ...source }: PolicySource, mesh: Pick<IMesh, 'trustDomain'>): AuthorizationPolicyRulesFromSource {
  const named = (workloads: readonly Identity[], others: readonly string[] | undefined): readonly string[] | undefined =>
    workloads.length > 0 ? [...workloads.map((identity) => principalOf(identity, mesh)), ...(others ?? [])] : others;
  return { ...source, principals: named(identities, source.principals), notPrincipals: named(notIdentities, source.notPrincipals) };
}
