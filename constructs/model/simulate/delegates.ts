import type { StringMatch, VirtualServiceHttp, VirtualServiceHttpMatch } from '../../istio/generated';

/** Fields of a root that its delegate does not inherit. */
const OWN_FIELDS = new Set(['delegate', 'match', 'name', 'route', 'redirect']);

/**
 * Puts a route of a delegate into the route of its root: its matches narrowed by the root's, what it leaves out taken from the root.
 * @returns nothing where the two contradict each other, as istiod then drops the route
 */
export function mergeDelegate(root: VirtualServiceHttp, sub: VirtualServiceHttp): VirtualServiceHttp | undefined {
  const match = mergeMatches(root.match ?? [], sub.match ?? []);
  if (!match) {
    return undefined;
  }
  const inherited = Object.fromEntries(Object.entries(root).filter(([field]) => !OWN_FIELDS.has(field)));
  const own = Object.fromEntries(Object.entries(sub).filter(([, value]) => value !== undefined));
  return { ...inherited, ...own, match, name: joinNames(root.name, sub.name) };
}

function joinNames(root: string | undefined, sub: string | undefined): string | undefined {
  return root && sub ? `${root}-${sub}` : sub || root;
}

function mergeMatches(
  roots: readonly VirtualServiceHttpMatch[],
  subs: readonly VirtualServiceHttpMatch[],
): readonly VirtualServiceHttpMatch[] | undefined {
  if (roots.length === 0 || subs.length === 0) {
    return roots.length === 0 ? subs : roots;
  }
  const merged: VirtualServiceHttpMatch[] = [];
  for (const sub of subs) {
    const compatible = roots.filter((root) => !contradicts(root, sub));
    if (compatible.length === 0) {
      return undefined;
    }
    merged.push(...compatible.map((root) => mergeMatch(root, sub)));
  }
  return merged;
}

function mergeMatch(root: VirtualServiceHttpMatch, sub: VirtualServiceHttpMatch): VirtualServiceHttpMatch {
  const own = Object.fromEntries(Object.entries(sub).filter(([, value]) => value !== undefined && value !== ''));
  const inherited = { ...root, ignoreUriCase: sub.ignoreUriCase };
  return {
    ...inherited,
    ...own,
    name: joinNames(root.name, sub.name),
    headers: { ...root.headers, ...sub.headers },
    withoutHeaders: { ...root.withoutHeaders, ...sub.withoutHeaders },
    queryParams: { ...root.queryParams, ...sub.queryParams },
    sourceLabels: { ...root.sourceLabels, ...sub.sourceLabels },
    gateways: sub.gateways?.length ? sub.gateways : root.gateways,
    port: sub.port || root.port,
  };
}

function contradicts(root: VirtualServiceHttpMatch, sub: VirtualServiceHttpMatch): boolean {
  const fields = ['uri', 'scheme', 'method', 'authority'] as const;
  const maps = ['headers', 'withoutHeaders', 'queryParams'] as const;
  return (
    fields.some((field) => valuesContradict(root[field], sub[field])) ||
    maps.some((field) => Object.entries(sub[field] ?? {}).some(([key, value]) => valuesContradict(root[field]?.[key], value))) ||
    (root.ignoreUriCase ?? false) !== (sub.ignoreUriCase ?? false) ||
    Boolean(root.port && sub.port && root.port !== sub.port) ||
    Boolean(root.sourceNamespace && root.sourceNamespace !== sub.sourceNamespace) ||
    Object.entries(sub.sourceLabels ?? {}).some(([key, value]) => root.sourceLabels?.[key] !== undefined && root.sourceLabels[key] !== value) ||
    gatewaysContradict(root.gateways ?? [], sub.gateways ?? [])
  );
}

function gatewaysContradict(root: readonly string[], sub: readonly string[]): boolean {
  return root.length > 0 && sub.length > 0 && (root.length < sub.length || sub.some((gateway) => !root.includes(gateway)));
}

/** Whether a delegate's matcher is not narrower than its root's. */
function valuesContradict(root: StringMatch | undefined, sub: StringMatch | undefined): boolean {
  if (!root || !sub) {
    return false;
  }
  if ((root.regex && (sub.regex || sub.prefix || sub.exact)) || (sub.regex && (root.prefix || root.exact))) {
    return true;
  }
  if (root.exact) {
    return Boolean(sub.prefix) || sub.exact !== root.exact;
  }
  if (root.prefix) {
    const narrower = sub.prefix || sub.exact;
    return narrower ? !narrower.startsWith(root.prefix) : true;
  }
  return true;
}
