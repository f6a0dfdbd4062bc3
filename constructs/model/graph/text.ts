/** Widths in em of characters in the sans-serif fonts of browsers; the rest are about as wide as `n`. */
const NARROW = "iljtfrI|!.,:;'()[] /";
const WIDE = 'mwMW%@…—QOGDHNU';

/** About as wide as a text will be, in pixels. Errs on the wide side, so that boxes hold their text whatever the font. */
export function textWidth(text: string, size: number, bold = false): number {
  const em = [...text].reduce((sum, character) => sum + (NARROW.includes(character) ? 0.36 : WIDE.includes(character) ? 0.86 : 0.6), 0);
  return em * size * (bold ? 1.06 : 1);
}

/** Breaks a list at its commas into lines of about a length. */
export function wrapList(text: string, length: number): string[] {
  const lines: string[] = [];
  for (const part of text.split(', ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + part.length + 2 <= length) {
      lines[lines.length - 1] = `${last}, ${part}`;
    } else {
      lines.push(part);
    }
  }
  return lines;
}

/** Text as XML has it. */
export function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
