import { LABEL, PlacedCard } from './layout';
import { textWidth } from './text';
import type { Topology } from './topology';

/** A frame around what a namespace holds. */
export interface Frame {
  readonly namespace: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Pixels beside what is in a frame. */
export const PAD = 14;

/** What stands in a frame's upper edge. */
export function titleOf(namespace: string): string {
  return `namespace ${namespace}`;
}

type Box = Pick<Frame, 'x' | 'y' | 'width' | 'height'>;

/** Frames around namespaces: of those that would run into each other, or around what is not theirs, there is none. */
export function framesOf(topology: Topology, placed: readonly PlacedCard[]): Frame[] {
  const homes = new Map([...topology.gateways, ...topology.services, ...topology.callers].map(({ id, namespace }) => [id, namespace]));
  const namespaces = [...new Set(homes.values())].flatMap((namespace) => namespace ?? []).sort();
  const frames = namespaces.map((namespace): Frame => {
    const own = placed.filter(({ id }) => homes.get(id) === namespace);
    const left = Math.min(...own.map(({ x }) => x)) - PAD;
    const top = Math.min(...own.map(({ y }) => y)) - 26;
    const right = Math.max(...own.map(({ x, card }) => x + card.width)) + PAD;
    const bottom = Math.max(...own.map(({ y, card }) => y + card.height)) + 12;
    const width = Math.max(right - left, textWidth(titleOf(namespace), LABEL) + 2 * PAD);
    return { namespace, x: (left + right - width) / 2, y: top, width, height: bottom - top };
  });
  return frames.filter(
    (frame) =>
      frames.every((other) => other === frame || isApart(frame, other)) &&
      placed.every(({ id, x, y, card: { width, height } }) => homes.get(id) === frame.namespace || isApart(frame, { x, y, width, height })),
  );
}

function isApart(a: Box, b: Box): boolean {
  return a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y;
}
