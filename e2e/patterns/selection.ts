/**
 * Those of a list whose names contain one of some words.
 * @throws Error where a word is in no name, with all names: a run that proves nothing would look like one that does
 */
export function select<Named extends { readonly name: string }>(all: readonly Named[], words: readonly string[] = []): readonly Named[] {
  const unknown = words.filter((word) => !all.some(({ name }) => name.includes(word)));
  if (unknown.length > 0) {
    throw new Error(`No proof has ${unknown.join(', ')} in its name. There are:\n  ${all.map(({ name }) => name).join('\n  ')}`);
  }
  return all.filter(({ name }) => words.length === 0 || words.some((word) => name.includes(word)));
}
