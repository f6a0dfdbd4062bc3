/**
 * Host names as Istio compares them. A leading `*` stands for any text, so `*.com` covers `a.b.com`, and `*` covers everything.
 */
export function isWildcard(host: string): boolean {
  return host.startsWith('*');
}

/** Whether a host is covered by another, which may be a wildcard. */
export function isSubsetOf(host: string, other: string): boolean {
  if (!isWildcard(other)) {
    return host === other;
  }
  if (isWildcard(host)) {
    return host.length >= other.length && host.slice(1).endsWith(other.slice(1));
  }
  return host.endsWith(other.slice(1));
}

/** Whether either host covers the other. */
export function overlaps(host: string, other: string): boolean {
  return isSubsetOf(host, other) || isSubsetOf(other, host);
}

/** Order of hosts by how much they say: full names first, then longer before shorter, then by the alphabet. */
export function bySpecificity(a: string, b: string): number {
  if (isWildcard(a) !== isWildcard(b)) {
    return isWildcard(a) ? 1 : -1;
  }
  return b.length - a.length || (a < b ? -1 : a > b ? 1 : 0);
}

/** The most specific of the candidates that covers a host. */
export function mostSpecific(host: string, candidates: Iterable<string>): string | undefined {
  return [...candidates].filter((candidate) => isSubsetOf(host, candidate)).sort(bySpecificity)[0];
}

/** Hosts that both lists cover, as narrow as either says them. */
export function intersection(hosts: readonly string[], others: readonly string[]): string[] {
  const found = new Set<string>();
  for (const host of hosts) {
    for (const other of others) {
      if (isSubsetOf(host, other)) {
        found.add(host);
      } else if (isSubsetOf(other, host)) {
        found.add(other);
      }
    }
  }
  return [...found];
}

/** Hosts of a gateway's server that count for a namespace: `ns/host`, `*\/host`, `./host`, or a plain host for every namespace. */
export function hostsForNamespace(hosts: readonly string[], namespace: string, ownNamespace: string): string[] {
  return hosts.flatMap((entry) => {
    const slash = entry.indexOf('/');
    if (slash < 0) {
      return [entry];
    }
    const wanted = entry.slice(0, slash) === '.' ? ownNamespace : entry.slice(0, slash);
    return wanted === '*' || wanted === namespace ? [entry.slice(slash + 1)] : [];
  });
}

/** A host without its port. */
export function withoutPort(authority: string): string {
  return authority.replace(/:\d+$/, '').toLowerCase();
}

/** Host headers under which a Service answers a client in a namespace. */
export function serviceDomains(host: string, clientNamespace: string, clusterDomain: string): string[] {
  const suffix = `.svc.${clusterDomain}`;
  if (!host.endsWith(suffix)) {
    return [host, `${host}.`];
  }
  const short = host.slice(0, -suffix.length);
  const [name, namespace] = short.split('.');
  return [host, `${host}.`, short, `${short}.svc`, ...(namespace === clientNamespace ? [name] : [])];
}
