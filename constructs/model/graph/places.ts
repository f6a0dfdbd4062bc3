/** A box, a label, or an edge that passes, in a row; those of a row from left to right. */
export interface Item {
  readonly width: number;
  /** Items of other rows that it is joined to, and how much it wants to stand straight above or below them. */
  readonly joined: { readonly item: Item; readonly pull: number }[];
  /** Pixels to the left of it. */
  readonly gap: number;
  /** Its middle. */
  x: number;
}

const ROUNDS = 200;

/**
 * Moves the items of rows, whose order stays, as near to those they are joined to as their widths let them, and within the width of the widest row.
 * @returns that width
 */
export function place(rows: readonly (readonly Item[])[]): number {
  const total = (row: readonly Item[]): number => row.reduce((sum, { width, gap }, index) => sum + width + (index > 0 ? gap : 0), 0);
  const width = Math.max(0, ...rows.map(total));
  for (const row of rows) {
    // At first in the middle, side by side.
    let x = (width - total(row)) / 2;
    row.forEach((item, index) => {
      x += (index > 0 ? item.gap : 0) + item.width / 2;
      item.x = x;
      x += item.width / 2;
    });
  }
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const row of round % 2 === 0 ? rows : [...rows].reverse()) {
      settle(row, width, total(row));
    }
  }
  return width;
}

/** Gives each item of a row the middle that it wants, or the nearest that leaves them in order and within the width. */
function settle(row: readonly Item[], width: number, total: number): void {
  // Less the room that those before it need, the wanted middles only have to rise: neighbours that fall are put together at their mean.
  const groups: { sum: number; weight: number; count: number }[] = [];
  const offsets: number[] = [];
  let offset = 0;
  row.forEach((item, index) => {
    offset += (index > 0 ? item.gap : 0) + item.width / 2;
    offsets.push(offset);
    offset += item.width / 2;
    const weight = item.joined.reduce((sum, { pull }) => sum + pull, 0) || 0.1;
    const alone = offsets[index] + (width - total) / 2;
    const wanted = item.joined.length === 0 ? alone : item.joined.reduce((sum, { item: { x }, pull }) => sum + x * pull, 0) / weight;
    let group = { sum: (wanted - offsets[index]) * weight, weight, count: 1 };
    for (let before = groups.at(-1); before && before.sum / before.weight > group.sum / group.weight; before = groups.at(-1)) {
      group = { sum: before.sum + group.sum, weight: before.weight + group.weight, count: before.count + group.count };
      groups.pop();
    }
    groups.push(group);
  });
  let index = 0;
  for (const { sum, weight, count } of groups) {
    const start = Math.min(Math.max(sum / weight, 0), width - total);
    for (let member = 0; member < count; member += 1, index += 1) {
      row[index].x = start + offsets[index];
    }
  }
}
