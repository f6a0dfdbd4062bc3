import { must } from './runner';

const TOKEN = /<\?xml[^?]*\?>|<\/([\w-]+)>|<([\w-]+)((?:\s+[\w-]+="[^"<]*")*)\s*(\/?)>|[^<]+/gy;

/**
 * Reads XML as far as JUnit reports need it, and insists on what every parser insists on: balanced tags, quoted attributes, no stray `<` or `&`.
 * @returns how often each element occurs
 */
export function countElements(xml: string): Map<string, number> {
  const counts = new Map<string, number>();
  const open: string[] = [];
  let position = 0;
  while (position < xml.length) {
    TOKEN.lastIndex = position;
    const match = TOKEN.exec(xml);
    must(match !== null, `not XML at character ${position}: ${xml.slice(position, position + 60)}`);
    const [token, closed, opened, , empty] = match;
    must(!/&(?!amp;|lt;|gt;|quot;|apos;|#\d+;)/.test(token), `an entity that is none: ${token}`);
    if (closed !== undefined) {
      must(open.pop() === closed, `</${closed}> closes nothing`);
    } else if (opened !== undefined) {
      counts.set(opened, (counts.get(opened) ?? 0) + 1);
      if (!empty) {
        open.push(opened);
      }
    }
    position = TOKEN.lastIndex;
  }
  must(open.length === 0, `not closed: ${open.join(', ')}`);
  return counts;
}
