/** Whether one IPv4 range lies within another. */
export function contains(outer: string, inner: string): boolean {
  const [outerFirst, outerLast] = bounds(outer);
  const [innerFirst, innerLast] = bounds(inner);
  return outerFirst <= innerFirst && innerLast <= outerLast;
}

/** Whether two IPv4 ranges share an address. */
export function overlap(one: string, other: string): boolean {
  const [oneFirst, oneLast] = bounds(one);
  const [otherFirst, otherLast] = bounds(other);
  return oneFirst <= otherLast && otherFirst <= oneLast;
}

/** The nth address of an IPv4 range, counted from 0. */
export function addressOf(range: string, index: number): string {
  const address = bounds(range)[0] + index;
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join('.');
}

/** Whether a text is an IPv4 range such as `10.224.0.0/16`. */
export function isRange(text: string): boolean {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\/(\d{1,2})$/.exec(text);
  return match !== null && match.slice(1, 5).every((part) => Number(part) <= 255) && Number(match[5]) <= 32;
}

// Plain numbers: bit operators would make addresses above 127.255.255.255 negative.
function bounds(range: string): [number, number] {
  const [address, length] = range.split('/');
  const value = address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
  const size = 2 ** (32 - Number(length ?? 32));
  const first = Math.floor(value / size) * size;
  return [first, first + size - 1];
}
