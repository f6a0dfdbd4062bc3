/** A box that wants a row. */
export interface Ranked {
  readonly id: string;
  readonly width: number;
  /**
   * Which rows it may stand in: `first` the very first; `linked` those of services; `alone` below the services that anything joins;
   * `out` below all services; `beside` in the last row of services, for what leads out.
   */
  readonly zone: 'first' | 'linked' | 'alone' | 'beside' | 'out';
  /** Services of one frame that nothing joins stand together; other frames begin a row of their own. */
  readonly frame: string;
}

/** Pixels between boxes of a row. */
export const GAP = 18;
/** Pixels that an edge takes which passes a row. */
export const LANE = 9;

/**
 * Rows for boxes, counted from the top: each below those that call it, and no row wider than a limit as long as another box can move down.
 * @param edges pairs of ids, without cycles
 * @param limit pixels
 * @param apart whether frames of what nothing joins begin rows of their own
 */
export function rowsOf(nodes: readonly Ranked[], edges: readonly (readonly [string, string])[], limit: number, apart: boolean): Map<string, number> {
  const above = new Map<string, string[]>(nodes.map(({ id }) => [id, []]));
  const below = new Map<string, string[]>(nodes.map(({ id }) => [id, []]));
  for (const [from, to] of edges) {
    above.get(to)?.push(from);
    below.get(from)?.push(to);
  }
  const order = topological(nodes.map(({ id }) => id), above);
  const rows = new Map<string, number>();
  const lowest = new Map<string, number>();
  let placed: Ranked[] = [];
  const settle = (): void => {
    const ids = new Set(placed.map(({ id }) => id));
    for (const id of order.filter((candidate) => ids.has(candidate))) {
      const callers = (above.get(id) ?? []).filter((caller) => ids.has(caller));
      rows.set(id, Math.max(lowest.get(id) ?? 0, ...callers.map((caller) => (rows.get(caller) ?? 0) + 1)));
    }
  };
  const last = (): number => Math.max(-1, ...placed.map(({ id }) => rows.get(id) ?? 0));
  const reach = new Map(nodes.map(({ id }) => [id, reachable(id, below).size]));
  const widthOf = (row: number, inRow: readonly Ranked[]): number =>
    inRow.reduce((sum, { width }) => sum + width + GAP, -GAP) +
    LANE * edges.filter(([from, to]) => (rows.get(from) ?? row) < row && (rows.get(to) ?? row) > row).length;
  /** Moves what leads to the least down, out of rows that are too wide. */
  const narrow = (start: number): void => {
    for (let row = start; row <= last(); row += 1) {
      for (;;) {
        const inRow = placed.filter(({ id }) => rows.get(id) === row);
        if (inRow.length < 2 || widthOf(row, inRow) <= limit) {
          break;
        }
        const cost = ({ id, zone }: Ranked): number => (zone === 'beside' ? -1 : (reach.get(id) ?? 0));
        const moved = inRow.reduce((best, candidate) => (cost(candidate) <= cost(best) ? candidate : best));
        lowest.set(moved.id, row + 1);
        settle();
      }
    }
  };
  const add = (more: readonly Ranked[], row: number, from = row): void => {
    more.forEach(({ id }) => lowest.set(id, row));
    placed = [...placed, ...more];
    settle();
    narrow(from);
  };
  const zone = (name: Ranked['zone']): Ranked[] => nodes.filter((node) => node.zone === name);
  add(zone('first'), 0);
  add(zone('linked'), last() + 1);
  // What nobody calls stands right above what it calls.
  for (const { id } of zone('linked').filter((node) => above.get(node.id)?.length === 0 && (below.get(node.id) ?? []).length > 0)) {
    lowest.set(id, Math.max(lowest.get(id) ?? 0, Math.min(...(below.get(id) ?? []).map((called) => rows.get(called) ?? 0)) - 1));
  }
  settle();
  narrow(0);
  const linked = new Set(zone('linked').map(({ frame }) => frame));
  const frames = [...new Set(zone('alone').map(({ frame }) => frame))].sort((a, b) => Number(linked.has(b)) - Number(linked.has(a)) || (a < b ? -1 : 1));
  for (const frame of frames) {
    const joins = zone('linked').length > 0 && linked.has(frame);
    add(zone('alone').filter((node) => node.frame === frame), Math.max(0, last() + (joins || !apart ? 0 : 1)));
  }
  const end = last();
  add(zone('out'), end + 1);
  add(zone('beside'), Math.max(0, end));
  return rows;
}

/** Ids, each after those above it. */
function topological(ids: readonly string[], above: ReadonlyMap<string, readonly string[]>): string[] {
  const order: string[] = [];
  const seen = new Set<string>();
  const visit = (id: string): void => {
    if (!seen.has(id)) {
      seen.add(id);
      (above.get(id) ?? []).forEach(visit);
      order.push(id);
    }
  };
  ids.forEach(visit);
  return order;
}

function reachable(id: string, below: ReadonlyMap<string, readonly string[]>, found = new Set<string>()): Set<string> {
  for (const next of below.get(id) ?? []) {
    if (!found.has(next)) {
      found.add(next);
      reachable(next, below, found);
    }
  }
  return found;
}
