import { IService, serviceHost } from '../kubernetes/service';
import { throwOnProblems } from '../validation';

/** What a ServiceEntry declares, as construct or described: hosts that routes and rules are for. */
export interface IServiceEntry {
  /** Namespace that it is declared in. */
  readonly namespace: string;
  /** Names by which clients ask for it. */
  readonly hosts: readonly string[];
  /** Ports that it listens on. */
  readonly ports: readonly { readonly number: number }[];
}

/** A Service, what a ServiceEntry declares, or the name of a host. */
export type Host = IService | IServiceEntry | string;

/**
 * The full name of a host as an object of this namespace means it: Istio completes names without a dot, but for wildcards and addresses.
 * @see https://istio.io/latest/docs/reference/config/networking/virtual-service/#Destination
 */
export function qualifiedHost(host: string, namespace: string, clusterDomain: string): string {
  return /[.*:]/.test(host) ? host : `${host}.${namespace}.svc.${clusterDomain}`;
}

/** Whether a host has versions and pods of ours. */
export function isService(host: Host | { readonly hosts: readonly string[] }): host is IService {
  return typeof host !== 'string' && !('hosts' in host);
}

/**
 * The one name of a host.
 * @param at place, for a problem
 * @throws ProblemError where a ServiceEntry declares several hosts
 */
export function oneName(host: Host, clusterDomain: string, at: string): string {
  if (typeof host === 'string') {
    return host;
  }
  if (isService(host)) {
    return serviceHost(host, clusterDomain);
  }
  const [first, ...others] = host.hosts;
  throwOnProblems(
    'Not one host:',
    first !== undefined && others.length === 0
      ? []
      : [{ at, value: host.hosts, rule: 'this is for one host, and the ServiceEntry declares several', mend: 'Name one of its hosts' }],
  );
  return first as string;
}
