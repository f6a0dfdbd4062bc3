import type { EdgeKind } from './topology';

/** A colour on light and on dark pages. */
type Colour = readonly [light: string, dark: string];

const INK: Colour = ['#1f2328', '#f0f6fc'];
const MUTED: Colour = ['#59636e', '#9198a1'];
const GREEN: Colour = ['#1a7f37', '#3fb950'];
const BLUE: Colour = ['#0969da', '#4493f8'];
const VIOLET: Colour = ['#8250df', '#ab7df8'];
const TEAL: Colour = ['#1b7c83', '#39c5cf'];
const RED: Colour = ['#cf222e', '#f85149'];
const YELLOW: Colour = ['#9a6700', '#d29922'];
const PAPER: Colour = ['#ffffff', '#0d1117'];
const PANEL: Colour = ['#f6f8fa', '#151b23'];
const LINE: Colour = ['#d1d9e0', '#3d444d'];

/** Of calls in a picture of many, so that those of neighbours can be told apart. */
const CALLS: readonly Colour[] = [
  ['#57606a', '#9198a1'],
  ['#0a7d84', '#39c5cf'],
  ['#8a4600', '#d9944a'],
  ['#5b45c9', '#a394f5'],
  ['#a8326e', '#e078ad'],
  ['#4a7012', '#8fbf45'],
];
export const CALL_COLOURS = CALLS.length;

const EDGES: Readonly<Record<EdgeKind, Colour>> = { ingress: BLUE, egress: TEAL, call: MUTED, allowed: GREEN, route: VIOLET };

/** Colours of namespaces that no frame shows, as classes. */
export const NAMESPACE_COLOURS = 8;
const NAMESPACES: readonly Colour[] = [
  ['#bf3989', '#db61a2'],
  ['#0969da', '#4493f8'],
  ['#e16f24', '#f0883e'],
  ['#1a9ba1', '#39c5cf'],
  ['#8250df', '#ab7df8'],
  ['#6aa12a', '#7fbf4d'],
  ['#c99a00', '#e3b341'],
  ['#818b98', '#9198a1'],
];

/** Classes that draw, and the colours of their areas and lines. */
const CLASSES: Readonly<Record<string, { readonly fill?: Colour; readonly stroke?: Colour }>> = {
  paper: { fill: PAPER },
  panel: { fill: PANEL },
  frame: { fill: PANEL, stroke: LINE },
  card: { fill: ['#ffffff', '#212830'], stroke: ['#818b98', '#656c76'] },
  closed: { fill: ['#ffffff', '#212830'], stroke: RED },
  faulty: { fill: ['#fff8c5', '#2e2711'], stroke: YELLOW },
  gateway: { fill: ['#ddf4ff', '#121d2f'], stroke: BLUE },
  external: { fill: PANEL, stroke: MUTED },
  active: { fill: ['#dafbe1', '#12261e'], stroke: GREEN },
  idle: { fill: PANEL, stroke: LINE },
  copied: { fill: ['#fbefff', '#271b3e'], stroke: VIOLET },
  share: { fill: GREEN },
  soft: { fill: ['#eff2f5', '#2a313c'] },
  bad: { fill: ['#ffebe9', '#301b1f'] },
  'lock-restricted': { fill: GREEN, stroke: GREEN },
  'lock-closed': { fill: RED, stroke: RED },
  ink: { fill: INK },
  muted: { fill: MUTED },
  blue: { fill: ['#0550ae', '#79c0ff'] },
  green: { fill: ['#116329', '#56d364'] },
  orange: { fill: ['#953800', '#f0883e'] },
  violet: { fill: ['#6639ba', '#d2a8ff'] },
  red: { fill: ['#a40e26', '#ff7b72'] },
};

const LINES: Readonly<Record<string, Colour>> = {
  ...EDGES,
  denied: RED,
  ...Object.fromEntries(CALLS.map((colour, index) => [`call${index}`, colour])),
};

/** Rules for the classes that a picture uses, for light pages and for dark ones. */
export function styleSheet(body: string): string {
  const used = new Set([...body.matchAll(/class="([^"]+)"/g)].flatMap(([, names]) => names.split(' ')));
  const rules = (tone: 0 | 1): string =>
    [
      ...Object.entries(CLASSES)
        .filter(([name]) => used.has(name))
        .map(([name, { fill, stroke }]) => `.m .${name}{${[fill && `fill:${fill[tone]}`, stroke && `stroke:${stroke[tone]}`].filter(Boolean).join(';')}}`),
      ...Object.entries(LINES).flatMap(([name, colour]) => [
        ...(used.has(name) ? [`.m .${name}{stroke:${colour[tone]}}`] : []),
        ...(used.has(`of-${name}`) ? [`.m .of-${name}{fill:${colour[tone]}}`] : []),
      ]),
      ...NAMESPACES.map((colour, index) => ({ name: `ns${index}`, colour }))
        .filter(({ name }) => used.has(name))
        .map(({ name, colour }) => `.m .${name}{fill:${colour[tone]}}`),
    ].join('');
  const shapes = `.m path{fill:none}.m .of{stroke:none}.m text{stroke:none}${used.has('halo') ? '.m .halo{fill-opacity:.9}' : ''}`;
  return `<style>${shapes}${rules(0)}@media (prefers-color-scheme:dark){${rules(1)}}</style>`;
}
