/** Widths of the characters from the space to the tilde in DejaVu Sans, in hundredths of an em: of the pictures' fonts it is the widest. */
const REGULAR = widths(
  '32 41 46 84 64 96 78 28 40 40 50 84 32 37 32 34 64 64 64 64 64 64 64 64 64 64 34 34 84 84 84 54 100 69 69 70 78 64 58 78 76 30 30 66 56 87 75 79 61 79 ' +
    '70 64 62 74 69 99 69 62 69 40 34 40 84 50 50 62 64 55 64 62 36 64 64 28 28 58 28 98 64 62 64 64 42 53 40 64 60 82 60 60 53 64 34 64 84',
);
const BOLD = widths(
  '35 46 53 84 70 101 88 31 46 46 53 84 38 42 38 37 70 70 70 70 70 70 70 70 70 70 40 40 84 84 84 59 100 78 77 74 84 69 69 83 84 38 38 78 64 100 84 86 74 86 ' +
    '78 73 69 82 78 111 78 73 73 46 37 46 84 50 50 68 72 60 72 68 44 72 72 35 35 67 35 105 72 69 72 72 50 60 48 72 66 93 65 66 59 72 37 72 84',
);
/** Other letters are at most this wide; those of East Asia, arrows and the ellipsis are a whole em. */
const OTHER = 80;
const FIRST_WIDE = 0x2000;

/** Pixels that a text takes at most, so that boxes hold their text in each of the pictures' fonts. */
export function textWidth(text: string, size: number, bold = false): number {
  const known = bold ? BOLD : REGULAR;
  const hundredths = [...text].reduce((sum, character) => {
    const code = character.codePointAt(0) ?? 0;
    return sum + (known[code - 32] ?? (code < FIRST_WIDE ? OTHER : 100));
  }, 0);
  return (hundredths * size) / 100;
}

function widths(numbers: string): readonly number[] {
  return numbers.split(' ').map(Number);
}

/** The beginning of a text that fits a width, with an ellipsis where something is left out. */
export function fitText(text: string, size: number, width: number, bold = false): string {
  if (textWidth(text, size, bold) <= width) {
    return text;
  }
  const characters = [...text];
  while (characters.length > 0 && textWidth(`${characters.join('')}…`, size, bold) > width) {
    characters.pop();
  }
  return `${characters.join('').trimEnd()}…`;
}

/** Breaks a list at its commas into lines of at most a width in pixels; what is longer by itself is cut. */
export function wrapList(text: string, size: number, width: number): string[] {
  const lines: string[] = [];
  for (const part of text.split(', ')) {
    const last = lines.at(-1);
    if (last !== undefined && textWidth(`${last}, ${part}`, size) <= width) {
      lines[lines.length - 1] = `${last}, ${part}`;
    } else {
      lines.push(fitText(part, size, width));
    }
  }
  return lines;
}

/** The first of a list, and how many more there are. */
export function capList(items: readonly string[], most: number): string[] {
  return items.length > most + 1 ? [...items.slice(0, most), `${items.length - most} more`] : [...items];
}

/** Text as XML has it. */
export function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
