import type { Card } from './card';
import { Item, place } from './places';
import { GAP, LANE, Ranked, rowsOf } from './ranks';
import { textWidth, wrapList } from './text';
import type { Topology, TopologyEdge } from './topology';

export const LABEL = 11;
export const LABEL_LINE = 14;
/** Pixels of a line of a label. */
const LABEL_WIDTH = 190;
/** Pixels that rows keep to where they can. */
const ROW_WIDTH = 840;
/** Pixels between rows: at least, beside rows of labels, for each edge that goes far aside in between, at most, and for the upper edge of a frame. */
const BETWEEN = { least: 32, label: 20, aside: 3, most: 84, frame: 22 } as const;
/** Pixels aside from which an edge needs room to be told from others. */
const ASIDE = 120;

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface PlacedCard extends Point {
  readonly id: string;
  readonly card: Card;
}

/** An edge's way: upright pieces, joined by curves. */
export interface PlacedEdge {
  readonly edge: TopologyEdge;
  readonly pieces: readonly (readonly [Point, Point])[];
  readonly label?: Point & { readonly lines: readonly string[] };
}

export interface Layout {
  readonly cards: readonly PlacedCard[];
  readonly edges: readonly PlacedEdge[];
  readonly width: number;
  readonly height: number;
}

interface Cell extends Item {
  readonly height: number;
  /** Of a card. */
  readonly namespace?: string;
  /** Lines of a label. */
  readonly label?: readonly string[];
  readonly edges: { readonly edge: TopologyEdge; readonly other: Cell; readonly down: boolean }[];
  row: number;
}

/**
 * Lays cards out in rows: gateways on top, each service below those that call it, hosts outside at the bottom. Edges go between the cards.
 * @param framed whether frames around namespaces need room between rows
 */
export function layOut(topology: Topology, cards: ReadonlyMap<string, Card>, framed: boolean): Layout {
  const labels = new Map(topology.edges.map((edge) => [edge, edge.label ? wrapList(edge.label, LABEL, LABEL_WIDTH) : []]));
  const sorted = inOrder(topology, cards, labels, framed);
  const homes = new Map([...topology.gateways, ...topology.services, ...topology.callers].map(({ id, namespace }) => [id, namespace]));
  const cells = new Map(
    [...cards].map(([id, { width, height }]): [string, Cell] => [id, { ...cell(width, GAP), height, namespace: homes.get(id) }]),
  );
  const rows = new Map<number, { cell: Cell; x: number }[]>();
  const put = (y: number, x: number, own: Cell): void => {
    rows.set(Math.round(y), [...(rows.get(Math.round(y)) ?? []), { cell: own, x }]);
  };
  for (const [id, own] of cells) {
    const { x, y } = sorted.at(id);
    put(y, x, own);
  }
  const labelled = new Set(topology.edges.flatMap((edge) => (edge.label ? [Math.round(sorted.labelOf(edge)?.y ?? NaN)] : [])));
  const filled = new Set([...rows.keys(), ...labelled]);
  const chains = topology.edges.map((edge) => {
    const lines = labels.get(edge) ?? [];
    const labelY = lines.length > 0 ? Math.round(sorted.labelOf(edge)?.y ?? NaN) : NaN;
    const passed = sorted.between(edge).filter(({ y }) => filled.has(Math.round(y)));
    const lanes = passed.map(({ x, y }) => {
      const isLabel = Math.round(y) === labelY;
      const width = isLabel ? Math.max(...lines.map((line) => textWidth(line, LABEL))) + 8 : 0;
      const lane: Cell = { ...cell(width, LANE), height: isLabel ? lines.length * LABEL_LINE + 4 : 0, label: isLabel ? lines : undefined };
      put(y, x, lane);
      return lane;
    });
    const ends = [cells.get(edge.from), cells.get(edge.to)] as [Cell, Cell];
    return { edge, lanes, chain: [ends[0], ...lanes, ends[1]] as Cell[] };
  });
  for (const { chain } of chains) {
    chain.slice(1).forEach((next, index) => {
      const pull = Number(chain[index].width === 0) * 3 + Number(next.width === 0) * 3 + 1;
      chain[index].joined.push({ item: next, pull });
      next.joined.push({ item: chain[index], pull });
    });
  }
  const ordered = [...rows].sort(([a], [b]) => a - b).map(([, items]) => items.sort((a, b) => a.x - b.x).map((item) => item.cell));
  ordered.forEach((row, index) => row.forEach((item) => (item.row = index)));
  for (const { edge, chain } of chains) {
    const down = chain[0].row < chain[chain.length - 1].row;
    chain[0].edges.push({ edge, other: chain[1], down });
    chain[chain.length - 1].edges.push({ edge, other: chain[chain.length - 2], down: !down });
  }
  const width = place(ordered);
  const bands = bandsOf(ordered, chains.map(({ chain }) => chain), framed);
  const middle = (own: Cell): number => (bands[own.row].top + bands[own.row].bottom) / 2;
  return {
    cards: [...cells].map(([id, own]) => ({ id, card: cards.get(id) as Card, x: own.x - own.width / 2, y: middle(own) - own.height / 2 })),
    edges: chains.map(({ edge, lanes, chain }): PlacedEdge => {
      const down = chain[0].row < chain[chain.length - 1].row;
      const pieces = chain.map((own, index): [Point, Point] => {
        const { top, bottom } = bands[own.row];
        const isEnd = index === 0 || index === chain.length - 1;
        const x = isEnd ? portOf(chain, edge, index === 0) : own.x;
        const isUpper = down === (index === 0);
        const inner = isUpper ? middle(own) + own.height / 2 : middle(own) - own.height / 2;
        const [first, last] = down ? [top, bottom] : [bottom, top];
        return index === 0 ? [{ x, y: inner }, { x, y: last }] : isEnd ? [{ x, y: first }, { x, y: inner }] : [{ x, y: first }, { x, y: last }];
      });
      const at = lanes.find(({ label }) => label !== undefined);
      return { edge, pieces, label: at?.label && { x: at.x, y: middle(at), lines: at.label } };
    }),
    width,
    height: bands.at(-1)?.bottom ?? 0,
  };
}

function cell(width: number, gap: number): Omit<Cell, 'height'> {
  return { width, gap, x: 0, joined: [], edges: [], row: 0 };
}

/** Where an edge leaves or meets a card: those of a side lie beside each other, in the order of where they come from. */
function portOf(chain: readonly Cell[], edge: TopologyEdge, isFirst: boolean): number {
  const [own, next] = isFirst ? chain : [...chain].reverse();
  const mine = own.edges.find((candidate) => candidate.edge === edge);
  const side = own.edges.filter(({ down }) => down === mine?.down).sort((a, b) => a.other.x - b.other.x);
  const straight = next.edges.length === 0 ? next.x : isFirst ? own.x : portOf(chain, edge, true);
  if (side.length === 1 && Math.abs(straight - own.x) < own.width / 2 - 12) {
    // The only one of its side goes straight on where the card is above or below.
    return straight;
  }
  const step = Math.min(14, (own.width - 24) / side.length);
  return own.x + (side.findIndex((candidate) => candidate === mine) - (side.length - 1) / 2) * step;
}

/** Upper and lower edges of rows, with more room between them where many edges go far aside, and where frames begin. */
function bandsOf(rows: readonly Cell[][], chains: readonly Cell[][], framed: boolean): { top: number; bottom: number }[] {
  let y = 0;
  const begun = new Set<string>();
  const isLabels = (row: readonly Cell[] | undefined): boolean => row?.some(({ label }) => label !== undefined) ?? false;
  return rows.map((row, index) => {
    const aside = chains.filter((chain) =>
      chain.slice(1).some((own, step) => Math.max(own.row, chain[step].row) === index && Math.abs(own.x - chain[step].x) > ASIDE),
    ).length;
    const begins = row.flatMap(({ namespace }) => namespace ?? []).filter((namespace) => !begun.has(namespace));
    begins.forEach((namespace) => begun.add(namespace));
    const least = isLabels(row) || isLabels(rows[index - 1]) ? BETWEEN.label : BETWEEN.least;
    y += index === 0 ? 0 : Math.min(BETWEEN.most, least + aside * BETWEEN.aside) + (framed && begins.length > 0 ? BETWEEN.frame : 0);
    const top = y;
    y += Math.max(...row.map(({ height }) => height));
    return { top, bottom: y };
  });
}

/** What the library says of an edge: where it goes, and where its label stands. */
interface LaidEdge extends Partial<Point> {
  readonly points: readonly Point[];
}

interface Sorted {
  readonly at: (id: string) => Point;
  readonly labelOf: (edge: TopologyEdge) => Point | undefined;
  /** Where an edge passes rows, from its beginning to its end. */
  readonly between: (edge: TopologyEdge) => readonly Point[];
}

/** What the library asks to rank: its edges lead down, those of cycles turned round. */
interface Ranking {
  nodes(): string[];
  node(id: string): { rank?: number };
  edges(): { readonly v: string; readonly w: string }[];
}

/** Rows, and the order in them that makes edges cross little. */
function inOrder(
  topology: Topology,
  cards: ReadonlyMap<string, Card>,
  labels: ReadonlyMap<TopologyEdge, readonly string[]>,
  framed: boolean,
): Sorted {
  // Loaded here: only who draws pays for it.
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  const { Graph, layout } = require('@dagrejs/dagre') as typeof import('@dagrejs/dagre');
  const graph = new Graph({ compound: false, multigraph: false });
  const ranked = rankedOf(topology, cards);
  const known = new Set(ranked.map(({ id }) => id));
  graph.setGraph({
    rankdir: 'TB',
    nodesep: GAP,
    edgesep: LANE,
    ranksep: 40,
    // The library takes a function here, which its types do not say.
    ranker: ((own: Ranking): void => {
      const edges = own.edges().map(({ v, w }) => [v, w] as const);
      const rows = rowsOf(ranked, edges.filter(([from, to]) => known.has(from) && known.has(to)), ROW_WIDTH, framed);
      // Rows of labels lie between those of cards.
      own.nodes().forEach((id) => (own.node(id).rank = 2 * (rows.get(id) ?? -1)));
    }) as unknown as string,
  });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const { id } of ranked) {
    graph.setNode(id, { width: cards.get(id)?.width ?? 0, height: cards.get(id)?.height ?? 0 });
  }
  for (const edge of topology.edges) {
    const lines = labels.get(edge) ?? [];
    const width = Math.max(0, ...lines.map((line) => textWidth(line, LABEL) + 8));
    graph.setEdge(edge.from, edge.to, { width, height: lines.length * LABEL_LINE, labelpos: 'c' });
  }
  layout(graph);
  const edgeAt = ({ from, to }: TopologyEdge): LaidEdge => graph.edge(from, to) as LaidEdge;
  return {
    at: (id) => graph.node(id) as Point,
    labelOf: (edge) => {
      const { x, y } = edgeAt(edge);
      return x === undefined || y === undefined ? undefined : { x, y };
    },
    between: (edge) => edgeAt(edge).points.slice(1, -1),
  };
}

function rankedOf(topology: Topology, cards: ReadonlyMap<string, Card>): Ranked[] {
  const { gateways, services, externals, callers, edges } = topology;
  const linked = new Set(edges.flatMap(({ from, to }) => [from, to]));
  const outside = new Set(externals.map(({ id }) => id));
  const isWayOut = (id: string): boolean => {
    const targets = edges.filter(({ from }) => from === id).map(({ to }) => to);
    return targets.length > 0 && targets.every((target) => outside.has(target));
  };
  const zone = (name: Ranked['zone'], { id, namespace = '' }: { readonly id: string; readonly namespace?: string }): Ranked => ({
    id,
    width: cards.get(id)?.width ?? 0,
    zone: name,
    frame: namespace,
  });
  return [
    ...gateways.map((node) => zone(isWayOut(node.id) ? 'out' : 'first', node)),
    ...services.map((node) => zone(linked.has(node.id) ? 'linked' : 'alone', node)),
    ...callers.map((node) => zone(node.namespace === undefined ? 'out' : 'beside', node)),
    ...externals.map((node) => zone('out', node)),
  ];
}
