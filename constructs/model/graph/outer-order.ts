import type { Topology } from './topology';

/**
 * What lies outside the services, each after the service at the end of the longest chain of calls: hosts that nothing here is known to call, and
 * gateways on the way to hosts outside. So they stand to the right of all services and not among the gateways that let requests in.
 * @returns pairs of that service and what comes after it; nothing where no service calls another
 */
export function outerOrder(topology: Topology): [string, string][] {
  const { edges, services, externals, gateways } = topology;
  const called = new Set(edges.map(({ to }) => to));
  const depths = depthsOf(topology);
  const [last] = services
    .filter(({ id }) => called.has(id) && !edges.some(({ from }) => from === id))
    .sort((a, b) => (depths.get(b.id) ?? 0) - (depths.get(a.id) ?? 0));
  const isWayOut = (id: string): boolean => {
    const targets = edges.filter(({ from }) => from === id).map(({ to }) => to);
    return targets.length > 0 && targets.every((target) => externals.some((external) => external.id === target));
  };
  const outer = [...externals.filter(({ id }) => !called.has(id)), ...gateways.filter(({ id }) => isWayOut(id))];
  return last === undefined ? [] : outer.map(({ id }) => [last.id, id]);
}

/** How many calls lie before each node, on the longest way; a call that leads back to where it came from does not count. */
function depthsOf({ edges, services, gateways }: Topology): Map<string, number> {
  const onward: [string, string][] = [];
  const seen = new Set<string>();
  // Each node before those that it calls.
  const order: string[] = [];
  const visit = (id: string, path: ReadonlySet<string>): void => {
    seen.add(id);
    for (const { to } of edges.filter(({ from, to: target }) => from === id && !path.has(target))) {
      onward.push([id, to]);
      if (!seen.has(to)) visit(to, new Set([...path, to]));
    }
    order.unshift(id);
  };
  const ids = [...gateways, ...services].map(({ id }) => id);
  const first = ids.filter((id) => !edges.some(({ to }) => to === id));
  for (const id of [...first, ...ids]) {
    if (!seen.has(id)) visit(id, new Set([id]));
  }
  const depths = new Map<string, number>();
  for (const id of order) {
    for (const [, to] of onward.filter(([from]) => from === id)) {
      depths.set(to, Math.max(depths.get(to) ?? 0, (depths.get(id) ?? 0) + 1));
    }
  }
  return depths;
}
