import { nearest } from './istio/nearest';

/** Letters that a misspelt word may differ in. */
const DISTANCE = 2;
/** Most names that are worth reading when none is near. */
const MOST = 12;

/** What to do about a name that is none: the one that is likely meant, else those that there are, unless they are too many to read. */
export function suggest(wrong: unknown, known: readonly string[], many = 'Choose one of those that exist'): string {
  if (typeof wrong === 'string') {
    const near = nearest(wrong, known, Math.min(DISTANCE, wrong.length / 2)) ?? known.find((name) => letters(name) === letters(wrong));
    if (near) {
      return `Perhaps \`${near}\` is meant`;
    }
    const alike = known.filter((name) => wrong.length > 2 && name.includes(wrong.toLowerCase()));
    if (alike.length > 0 && alike.length < MOST) {
      return `Perhaps one of these is meant: ${alike.join(', ')}`;
    }
  }
  return known.length > MOST ? many : `Choose one of ${known.join(', ')}`;
}

/** Letters without their order: two that changed places are a slip of one finger. */
function letters(word: string): string {
  return [...word.toLowerCase()].sort().join('');
}
