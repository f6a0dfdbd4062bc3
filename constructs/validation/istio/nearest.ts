/** The word that is most like another, capitals aside; nothing where none is within that distance. */
export function nearest(word: string, known: readonly string[], within: number): string | undefined {
  const near = known.map((other) => ({ other, far: distance(word.toLowerCase(), other.toLowerCase()) })).sort((a, b) => a.far - b.far)[0];
  return near && near.far <= within ? near.other : undefined;
}

/** How many letters have to be changed, added or dropped to get from one word to the other. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)));
    }
    row = next;
  }
  return row[b.length]!;
}
