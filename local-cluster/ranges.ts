/** An IPv4 range and the interface it is reached by. */
export interface RoutedRange {
  /** Such as `10.0.0.0/16`. */
  range: string;
  link: string;
}

function bounds(range: string): [number, number] {
  const [address, length = '32'] = range.split('/');
  const value = address.split('.').reduce((sum, byte) => sum * 256 + Number(byte), 0);
  const size = 2 ** (32 - Number(length));
  const first = Math.floor(value / size) * size;
  return [first, first + size - 1];
}

/** True where two IPv4 ranges share an address. Host bits are ignored. */
export function rangesOverlap(one: string, other: string): boolean {
  const [firstLow, firstHigh] = bounds(one);
  const [secondLow, secondHigh] = bounds(other);
  return firstLow <= secondHigh && secondLow <= firstHigh;
}

/** Reads the text of /proc/net/route (addresses in hexadecimal, last byte first). Default routes are left out: they claim nothing. */
export function routedRanges(table: string): RoutedRange[] {
  const found: RoutedRange[] = [];
  for (const line of table.split('\n').slice(1)) {
    const [link, destination, , , , , , mask] = line.trim().split(/\s+/);
    if (mask === undefined || mask === '00000000') continue;
    const length = [...parseInt(mask, 16).toString(2)].filter((bit) => bit === '1').length;
    const bytes = [6, 4, 2, 0].map((place) => parseInt(destination.slice(place, place + 2), 16));
    found.push({ range: `${bytes.join('.')}/${length}`, link });
  }
  return found;
}
