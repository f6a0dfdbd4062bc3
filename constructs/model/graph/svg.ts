import { callersCard, Card, externalCard, gatewayCard, LOCK, MANY, serviceCard } from './card';
import { compactExternalCard, compactGatewayCard, compactServiceCard } from './compact-card';
import { Frame, framesOf, PAD, titleOf } from './frames';
import { LABEL, LABEL_LINE, Layout, layOut, PlacedEdge, Point } from './layout';
import { legendOf, lineLook } from './legend';
import { CALL_COLOURS, NAMESPACE_COLOURS, styleSheet } from './style';
import { escapeXml, textWidth } from './text';
import type { ServiceNode, Topology } from './topology';

export interface SvgOptions {
  /** Title of the picture, for those who cannot see it too. @default 'Mesh topology' */
  readonly title?: string;
  /** What made the picture, such as a command; kept in the file and not shown. @default none */
  readonly source?: string;
}

const MARGIN = 20;

/** A topology as SVG, in rows from the gateways to what is called last. The same topology always gives the same picture. */
export function toSvg(topology: Topology, options: SvgOptions = {}): string {
  const { layout, frames, colours, usual } = pictureOf(topology);
  const boxes = [
    ...layout.cards.map(({ x, y, card: { width, height } }) => ({ x, y, width, height })),
    ...frames,
    ...layout.edges.flatMap(({ label }) => (label ? [labelBox(label)] : [])),
  ];
  const left = Math.min(0, ...boxes.map(({ x }) => x));
  const top = Math.min(0, ...boxes.map(({ y }) => y));
  const width = Math.max(0, ...boxes.map((box) => box.x + box.width)) - left;
  const height = Math.max(0, ...boxes.map((box) => box.y + box.height)) - top;
  const legend = legendOf(topology, Math.max(width, 480), colours, usual);
  const total = { width: Math.ceil(Math.max(width, legend.width) + 2 * MARGIN), height: Math.ceil(height + 2 * MARGIN + 18 + legend.height) };
  const shift = `translate(${((total.width - width) / 2 - left).toFixed(1)} ${(MARGIN - top).toFixed(1)})`;
  const lines = linesOf(layout, usual !== undefined);
  const kinds = [...new Set(lines.values())].sort();
  const hasLocks = [...topology.services, ...topology.gateways].some(({ access }) => access !== 'open');
  const body = [
    `<defs>${hasLocks ? LOCK : ''}${kinds
      .map((kind) => `<marker id="${kind}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="6.5" markerHeight="6.5" orient="auto"><path class="of of-${kind}" d="M0 0 8 4 0 8z"/></marker>`)
      .join('')}</defs>`,
    `<rect class="paper" width="${total.width}" height="${total.height}"/>`,
    `<g transform="${shift}">`,
    ...frames.map((frame) => frameSvg(frame, layout.edges)),
    ...layout.edges.map((placed) => edgeSvg(placed, lines.get(placed) ?? 'call')),
    ...layout.cards.map(({ card, x, y }) => `<g transform="translate(${Math.round(x)} ${Math.round(y)})">${card.svg}</g>`),
    ...layout.edges.map((placed) => labelSvg(placed, lines.get(placed) ?? 'call', frames)),
    '</g>',
    `<g transform="translate(${MARGIN} ${total.height - MARGIN - legend.height + 8})">${legend.svg}</g>`,
  ].filter((part) => part !== '');
  const names = topology.services.map((service) => service.name).join(', ');
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" class="m" viewBox="0 0 ${total.width} ${total.height}" width="${total.width}" height="${total.height}" role="img" ` +
      `aria-labelledby="t d" font-family="system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif">`,
    ...(options.source ? [`<metadata>${escapeXml(options.source)}</metadata>`] : []),
    `<title id="t">${escapeXml(options.title ?? 'Mesh topology')}</title>`,
    `<desc id="d">${escapeXml(`Gateways, services and their versions: ${names}`)}</desc>`,
    styleSheet(body.join('')),
    ...body,
    '</svg>\n',
  ].join('\n');
}

interface Picture {
  readonly layout: Layout;
  readonly frames: readonly Frame[];
  /** Classes of namespaces in a picture of many, where there are few enough. */
  readonly colours: ReadonlyMap<string, string>;
  /** Mode of connections that goes without saying in a picture of many. */
  readonly usual?: ServiceNode['mtls'];
}

function pictureOf(topology: Topology): Picture {
  if (topology.services.length >= MANY) {
    return pictureOfMany(topology);
  }
  // Names of namespaces make cards wider: only where frames turn out not to show them.
  const draw = (named: (namespace: string) => boolean): Picture => {
    const cards = new Map<string, Card>([
      ...topology.gateways.map((node) => [node.id, gatewayCard(node, named(node.namespace))] as const),
      ...topology.services.map((node) => [node.id, serviceCard(node, named(node.namespace))] as const),
      ...topology.externals.map((node) => [node.id, externalCard(node)] as const),
      ...topology.callers.map((node) => [node.id, callersCard(node)] as const),
    ]);
    const layout = layOut(topology, cards, true);
    return { layout, frames: framesOf(topology, layout.cards), colours: new Map() };
  };
  const plain = draw(() => false);
  const framed = new Set(plain.frames.map(({ namespace }) => namespace));
  const all = [...topology.gateways, ...topology.services].every(({ namespace }) => framed.has(namespace));
  if (all) {
    return plain;
  }
  const named = draw((namespace) => !framed.has(namespace));
  return { ...named, frames: named.frames.filter(({ namespace }) => framed.has(namespace)) };
}

function pictureOfMany(topology: Topology): Picture {
  const namespaces = [...new Set([...topology.services, ...topology.gateways].map(({ namespace }) => namespace))].sort();
  // More namespaces than there are colours are written out.
  const colours = new Map(namespaces.length > NAMESPACE_COLOURS ? [] : namespaces.map((namespace, index) => [namespace, `ns${index}`]));
  const modes = topology.services.map(({ mtls }) => mtls);
  const strict = modes.filter((mode) => mode === 'STRICT').length > modes.length / 2;
  const usual = strict ? 'STRICT' : 'PERMISSIVE';
  const cards = new Map<string, Card>([
    ...topology.gateways.map((node) => [node.id, compactGatewayCard(node, colours.get(node.namespace))] as const),
    ...topology.services.map((node) => [node.id, compactServiceCard(node, usual, colours.get(node.namespace))] as const),
    ...topology.externals.map((node) => [node.id, compactExternalCard(node)] as const),
    ...topology.callers.map((node) => [node.id, callersCard(node)] as const),
  ]);
  return { layout: layOut(topology, cards, false), frames: [], colours, usual };
}

function frameSvg({ namespace, x, y, width, height }: Frame, edges: readonly PlacedEdge[]): string {
  const title = titleOf(namespace);
  const long = textWidth(title, LABEL);
  const isCrossed = (left: number): boolean =>
    edges.some(({ pieces }) =>
      pieces.flat().some((to, index, points) => {
        const from = points[Math.max(index - 1, 0)];
        const isAbove = Math.max(from.y, to.y) < y || Math.min(from.y, to.y) > y + 26;
        return !isAbove && Math.max(from.x, to.x) > left - 5 && Math.min(from.x, to.x) < left + long + 5;
      }),
    );
  // At the right where an edge would cross it at the left.
  const [left, right] = [x + PAD, x + width - PAD - long];
  const start = isCrossed(left) && !isCrossed(right) && right > x ? right : left;
  return (
    `<rect class="frame" x="${x.toFixed(1)}" y="${y.toFixed(1)}" width="${width.toFixed(1)}" height="${height.toFixed(1)}" rx="12"/>` +
    `<text class="muted" x="${start.toFixed(1)}" y="${(y + 18).toFixed(1)}" font-size="${LABEL}">${escapeXml(title)}</text>`
  );
}

/** Classes of edges: the kind, or, of calls among many, one of some colours that those of the callers beside do not have. */
function linesOf({ edges, cards }: Layout, many: boolean): Map<PlacedEdge, string> {
  const callers = [...cards].sort((a, b) => a.y - b.y || a.x - b.x).filter(({ id }) => edges.some(({ edge }) => edge.kind === 'call' && edge.from === id));
  return new Map(
    edges.map((placed) => {
      const { kind, from, denied } = placed.edge;
      const colour = callers.findIndex(({ id }) => id === from) % CALL_COLOURS;
      return [placed, denied ? 'denied' : kind === 'call' && many ? `call${colour}` : kind];
    }),
  );
}

/** Upright where it passes a row, and curved between rows. */
function edgeSvg({ pieces }: PlacedEdge, line: string): string {
  const at = ({ x, y }: Point): string => `${Math.round(x)} ${Math.round(y)}`;
  const path = pieces.map(([start, end], index) => {
    const from = index > 0 ? pieces[index - 1][1] : start;
    const reach = (start.y - from.y) * 0.55;
    const curve = index === 0 ? `M${at(start)}` : `C${at({ x: from.x, y: from.y + reach })} ${at({ x: start.x, y: start.y - reach })} ${at(start)}`;
    return end.y === start.y ? curve : `${curve}V${Math.round(end.y)}`;
  });
  return `<path ${lineLook(line)} d="${path.join('')}"/>`;
}

function labelBox({ x, y, lines }: NonNullable<PlacedEdge['label']>): { x: number; y: number; width: number; height: number } {
  const width = Math.max(...lines.map((line) => textWidth(line, LABEL))) + 6;
  const height = lines.length * LABEL_LINE;
  return { x: x - width / 2, y: y - height / 2, width, height };
}

function labelSvg({ label }: PlacedEdge, line: string, frames: readonly Frame[]): string {
  if (!label) {
    return '';
  }
  const { x, y, width, height } = labelBox(label);
  const framed = frames.some(
    (frame) => label.x > frame.x && label.x < frame.x + frame.width && label.y > frame.y && label.y < frame.y + frame.height,
  );
  const text = label.lines.map(
    (words, index) => `<text x="${label.x.toFixed(1)}" y="${(y + 10.5 + index * LABEL_LINE).toFixed(1)}">${escapeXml(words)}</text>`,
  );
  return (
    `<rect class="${framed ? 'panel' : 'paper'} halo" x="${x.toFixed(1)}" y="${y.toFixed(1)}" width="${width.toFixed(1)}" height="${height}" rx="3"/>` +
    `<g class="of-${line}" text-anchor="middle" font-size="${LABEL}">${text.join('')}</g>`
  );
}
