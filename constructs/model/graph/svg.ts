import { Card, externalCard, gatewayCard, INK, lock, MUTED, serviceCard } from './card';
import { outerOrder } from './outer-order';
import { escapeXml, textWidth, wrapList } from './text';
import type { Topology, TopologyEdge } from './topology';

export interface SvgOptions {
  /** Title of the picture, for those who cannot see it too. @default 'Mesh topology' */
  readonly title?: string;
  /** What made the picture, such as a command; kept in the file and not shown. @default none */
  readonly source?: string;
}

interface Point {
  readonly x: number;
  readonly y: number;
}

interface Group {
  readonly namespace: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

const MARGIN = 24;
const LABEL = 11.5;
/** Pixels beside a card that belong to its own edges. */
const CLEAR = 80;
/** Services beside each other that nothing joins. */
const ROW = 5;
const COLOURS = { ingress: '#0969da', call: '#57606a', allowed: '#1a7f37', route: '#8250df' } as const;

/** A topology as SVG, laid out in layers from the gateways to what is called last. The same topology always gives the same picture. */
export function toSvg(topology: Topology, options: SvgOptions = {}): string {
  const { positions, groups, edges, width, height } = layOut(topology);
  const used = new Set(topology.edges.map((edge) => edge.kind));
  const legend = legendOf(topology, used);
  const total = { width: Math.ceil(Math.max(width, legend.width) + 2 * MARGIN), height: Math.ceil(height + 2 * MARGIN + 34) };
  const title = options.title ?? 'Mesh topology';
  const names = topology.services.map((service) => service.name).join(', ');
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${total.width} ${total.height}" width="${total.width}" height="${total.height}" role="img" ` +
      `aria-labelledby="t d" font-family="system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif">`,
    ...(options.source ? [`<metadata>${escapeXml(options.source)}</metadata>`] : []),
    `<title id="t">${escapeXml(title)}</title>`,
    `<desc id="d">${escapeXml(`Gateways, services and their versions: ${names}`)}</desc>`,
    `<defs>${[...used]
      .sort()
      .map(
        (kind) =>
          `<marker id="${kind}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0 8 4 0 8z" fill="${COLOURS[kind]}"/></marker>`,
      )
      .join('')}</defs>`,
    `<rect width="${total.width}" height="${total.height}" fill="#ffffff"/>`,
    `<g transform="translate(${MARGIN} ${MARGIN})">`,
    ...groups.map(groupSvg),
    ...edges.map(({ edge, points }) => edgeSvg(edge, points)),
    ...positions.map(({ card, x, y }) => `<g transform="translate(${x.toFixed(1)} ${y.toFixed(1)})">${card.svg}</g>`),
    ...edges.map(({ edge, label }) => labelSvg(edge, label)),
    '</g>',
    `<g transform="translate(${MARGIN} ${total.height - 26})">${legend.svg}</g>`,
    '</svg>',
  ];
  return `${parts.filter((part) => part !== '').join('\n')}\n`;
}

function layOut(topology: Topology): {
  positions: { card: Card; x: number; y: number }[];
  groups: Group[];
  edges: { edge: TopologyEdge; points: readonly Point[]; label?: Point }[];
  width: number;
  height: number;
} {
  // Loaded here: only who draws pays for it.
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  const { Graph, layout } = require('@dagrejs/dagre') as typeof import('@dagrejs/dagre');
  const graph = new Graph({ compound: true, multigraph: false });
  graph.setGraph({ rankdir: 'LR', nodesep: 26, ranksep: 62, edgesep: 18, marginx: 0, marginy: 0 });
  graph.setDefaultEdgeLabel(() => ({}));
  // Frames of several namespaces may run into each other and are then left out.
  const several = new Set(topology.services.map((node) => node.namespace)).size > 1;
  const cards = new Map<string, Card>([
    ...topology.gateways.map((node) => [node.id, gatewayCard(node, topology.gateways.length > 1)] as const),
    ...topology.services.map((node) => [node.id, serviceCard(node, several)] as const),
    ...topology.externals.map((node) => [node.id, externalCard(node)] as const),
  ]);
  for (const [id, { width, height }] of cards) {
    graph.setNode(id, { width, height });
  }
  for (const { from, to, label } of topology.edges) {
    const lines = label ? wrapList(label, 24) : [];
    const width = Math.max(0, ...lines.map((line) => textWidth(line, LABEL) + 8));
    graph.setEdge(from, to, { width, height: lines.length * 15, labelpos: 'c' });
  }
  // Services that nobody is known to call, and that call nobody, lie in rows rather than in one long column.
  const linked = new Set(topology.edges.flatMap(({ from, to }) => [from, to]));
  const alone = topology.services.filter((service) => !linked.has(service.id));
  for (const [index, service] of alone.entries()) {
    if (index % ROW > 0) {
      graph.setEdge(alone[index - 1].id, service.id, { width: 0, height: 0 });
    }
  }
  for (const [last, id] of outerOrder(topology)) {
    graph.setEdge(last, id, { width: 0, height: 0 });
  }
  layout(graph);
  const placed = [...cards].map(([id, card]) => {
    const { x, y } = graph.node(id) as Point;
    return { id, card, x: x - card.width / 2, y: y - card.height / 2 };
  });
  const groups = groupsOf(topology, placed);
  moveOut(topology, placed, groups);
  const routed = topology.edges.map((edge) => {
    const { points: inner, x, y } = graph.edge(edge.from, edge.to) as { points: Point[]; x?: number; y?: number };
    const label = edge.label && x !== undefined && y !== undefined ? { x, y } : undefined;
    const [start, end] = [side(placed, edge.from, 1), side(placed, edge.to, 0)];
    // Between neighbouring layers a plain curve does; further on, the way that was kept free between the cards in between.
    const between = inner.filter((point) => point.x > start.x + CLEAR && point.x < end.x - CLEAR);
    return { edge, points: [start, ...(between.length === 0 && label ? [label] : between), end], label };
  });
  const all = [...placed.map(({ x, y, card }) => ({ x, y, width: card.width, height: card.height })), ...groups];
  const left = Math.min(...all.map(({ x }) => x), 0);
  const top = Math.min(...all.map(({ y }) => y), 0);
  const move = <Place extends Point>(place: Place): Place => ({ ...place, x: place.x - left, y: place.y - top });
  return {
    positions: placed.map(move),
    groups: groups.map(move),
    edges: routed.map(({ edge, points, label }) => ({ edge, points: points.map(move), label: label && move(label) })),
    width: Math.max(...all.map(({ x, width }) => x + width), 0) - left,
    height: Math.max(...all.map(({ y, height }) => y + height), 0) - top,
  };
}

/** Middle of the left or right side of a node. */
function side(placed: readonly { id: string; card: Card; x: number; y: number }[], id: string, right: 0 | 1): Point {
  const node = placed.find((candidate) => candidate.id === id);
  return node ? { x: node.x + right * node.card.width, y: node.y + node.card.height / 2 } : { x: 0, y: 0 };
}

/** Hosts outside belong to no namespace: those that lie in a frame are put to the right of all frames. */
function moveOut(topology: Topology, placed: { id: string; card: Card; x: number; y: number }[], groups: readonly Group[]): void {
  const edge = Math.max(...groups.map(({ x, width }) => x + width), 0);
  for (const external of topology.externals) {
    const place = placed.find(({ id }) => id === external.id);
    const isOver = ({ x, y, width, height }: Group): boolean =>
      place !== undefined && place.x < x + width && place.x + place.card.width > x && place.y < y + height && place.y + place.card.height > y;
    if (place && groups.some(isOver)) {
      place.x = edge + 40;
    }
  }
}

/** A frame around the services of each namespace, where frames do not run into each other. */
function groupsOf(topology: Topology, placed: readonly { id: string; card: Card; x: number; y: number }[]): Group[] {
  const nodes = [...topology.gateways, ...topology.services];
  const namespaces = [...new Set(nodes.map((node) => node.namespace))].sort();
  const groups = namespaces.map((namespace): Group => {
    const members = placed.filter(({ id }) => nodes.some((node) => node.id === id && node.namespace === namespace));
    const left = Math.min(...members.map(({ x }) => x)) - 14;
    const top = Math.min(...members.map(({ y }) => y)) - 30;
    const right = Math.max(...members.map(({ x, card }) => x + card.width)) + 14;
    const bottom = Math.max(...members.map(({ y, card }) => y + card.height)) + 14;
    return { namespace, x: left, y: top, width: right - left, height: bottom - top };
  });
  const apart = (a: Group, b: Group): boolean =>
    a === b || a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y;
  return groups.filter((group) => groups.every((other) => apart(group, other)));
}

function groupSvg({ namespace, x, y, width, height }: Group): string {
  return (
    `<rect x="${x.toFixed(1)}" y="${y.toFixed(1)}" width="${width.toFixed(1)}" height="${height.toFixed(1)}" rx="12" fill="#f6f8fa" stroke="#d0d7de"/>` +
    `<text x="${(x + 14).toFixed(1)}" y="${(y + 20).toFixed(1)}" font-size="12" fill="${MUTED}">namespace ${escapeXml(namespace)}</text>`
  );
}

/** A smooth line that leaves and arrives level. */
function edgeSvg(edge: TopologyEdge, points: readonly Point[]): string {
  const at = ({ x, y }: Point): string => `${x.toFixed(1)} ${y.toFixed(1)}`;
  const path = points.slice(1).map((point, index) => {
    const from = points[index];
    const reach = (point.x - from.x) / 2;
    return `C${at({ x: from.x + reach, y: from.y })} ${at({ x: point.x - reach, y: point.y })} ${at(point)}`;
  });
  const dash = edge.kind === 'allowed' ? ' stroke-dasharray="2 4"' : '';
  return `<path d="M${at(points[0])}${path.join('')}" fill="none" stroke="${COLOURS[edge.kind]}" stroke-width="1.6"${dash} marker-end="url(#${edge.kind})"/>`;
}

function labelSvg(edge: TopologyEdge, at: Point | undefined): string {
  if (!edge.label || !at) {
    return '';
  }
  const lines = wrapList(edge.label, 24);
  const width = Math.max(...lines.map((line) => textWidth(line, LABEL))) + 4;
  const top = at.y - (lines.length * 15) / 2;
  const text = lines.map(
    (line, index) =>
      `<text x="${at.x.toFixed(1)}" y="${(top + 11.5 + index * 15).toFixed(1)}" text-anchor="middle" font-size="${LABEL}" fill="${COLOURS[edge.kind]}">${escapeXml(line)}</text>`,
  );
  return `<rect x="${(at.x - width / 2).toFixed(1)}" y="${top.toFixed(1)}" width="${width.toFixed(1)}" height="${lines.length * 15}" rx="3" fill="#ffffff" fill-opacity="0.88"/>${text.join('')}`;
}

function legendOf(topology: Topology, used: ReadonlySet<TopologyEdge['kind']>): { width: number; svg: string } {
  const words = { ingress: 'comes in', call: 'calls', allowed: 'may call', route: 'is routed to' } as const;
  let x = 0;
  const parts: string[] = [];
  const add = (picture: string, width: number, text: string): void => {
    parts.push(`<g transform="translate(${x.toFixed(1)} 0)">${picture}<text x="${width + 6}" y="13" font-size="12" fill="${INK}">${text}</text></g>`);
    x += width + 6 + textWidth(text, 12) + 22;
  };
  for (const kind of (['ingress', 'call', 'allowed', 'route'] as const).filter((candidate) => used.has(candidate))) {
    const dash = kind === 'allowed' ? ' stroke-dasharray="2 4"' : '';
    add(`<path d="M0 9H28" stroke="${COLOURS[kind]}" stroke-width="1.6"${dash} marker-end="url(#${kind})"/>`, 30, words[kind]);
  }
  const access = new Set([...topology.services, ...topology.gateways].map((node) => node.access));
  if (access.has('restricted')) {
    add(lock(0, 0, 'restricted'), 12, 'policies decide who gets in');
  }
  if (access.has('closed')) {
    add(lock(0, 0, 'closed'), 12, 'closed to everybody');
  }
  if (topology.services.some((service) => service.versions.length > 0)) {
    add(`<rect y="1" width="26" height="15" rx="4" fill="#dafbe1" stroke="#1a7f37"/>`, 26, 'version and its share of requests');
  }
  return { width: x, svg: parts.join('') };
}
