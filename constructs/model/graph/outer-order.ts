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

/** How many calls lie before each node, on the longest way; calls that come back to where they began do not count. */
function depthsOf({ edges, services }: Topology): Map<string, number> {
  const depths = new Map<string, number>();
  const visit = (id: string, path: ReadonlySet<string>): number => {
    const callers = edges.filter(({ to, from }) => to === id && !path.has(from)).map(({ from }) => from);
    const depth = depths.get(id) ?? Math.max(0, ...callers.map((caller) => 1 + visit(caller, new Set([...path, id]))));
    depths.set(id, depth);
    return depth;
  };
  services.forEach(({ id }) => visit(id, new Set([id])));
  return depths;
}
