import type { Schema } from './emit';

/** What a release says of a kind; nothing where it has none. */
export interface Release {
  /** As tags name it: `Istio 1.31`. */
  readonly name: string;
  /** With what is on trial there. */
  readonly whole?: Schema;
  /** Without it; the same where an API has one channel only. */
  readonly standard?: Schema;
}

/** The first release that has something, and the first that has it beyond trial: places in the list; its length where none has. */
interface Since {
  readonly whole: number;
  readonly standard: number;
}

/**
 * The newest schema of a kind, with a note at each member and value that not every release has. What a note says of a member is true of all
 * below it, so that it is not said there again.
 * @param releases oldest first
 */
export function annotated(newest: Schema, releases: readonly Release[]): Schema {
  const own = sinceOf(releases, (schema) => schema !== undefined);
  return { ...walk(newest, releases, own), note: noteOf(own, { whole: 0, standard: 0 }, releases) };
}

function walk(schema: Schema, releases: readonly Release[], parent: Since): Schema {
  const members = Object.entries(schema.properties ?? {}).map(([name, member]): [string, Schema] => {
    const within = inside(releases, (one) => one.properties?.[name]);
    const since = sinceOf(within, (one) => one !== undefined);
    const notes = [noteOf(since, parent, releases), ...valueNotes(member, within, since, releases)].filter((note) => note !== undefined);
    return [name, { ...walk(member, within, since), note: notes.length > 0 ? notes.join('; ') : undefined }];
  });
  const values = schema.additionalProperties;
  return {
    ...schema,
    ...(schema.properties ? { properties: Object.fromEntries(members) } : {}),
    ...(schema.items ? { items: walk(schema.items, inside(releases, ({ items }) => items), parent) } : {}),
    ...(typeof values === 'object' ? { additionalProperties: walk(values, inside(releases, ({ additionalProperties: one }) => (typeof one === 'object' ? one : undefined)), parent) } : {}),
  };
}

/** Notes on values of an enumeration that came later than its member; those that came together share one. */
function valueNotes(member: Schema, within: readonly Release[], since: Since, releases: readonly Release[]): string[] {
  const notes = new Map<string, (string | number)[]>();
  for (const value of member.enum ?? []) {
    const note = noteOf(sinceOf(within, (one) => one !== undefined && (one.enum?.includes(value) ?? true)), since, releases);
    if (note) {
      notes.set(note, [...(notes.get(note) ?? []), value]);
    }
  }
  return [...notes].map(([note, values]) => `${note}: ${values.join(', ')}`);
}

function inside(releases: readonly Release[], step: (schema: Schema) => Schema | undefined): Release[] {
  return releases.map(({ name, whole, standard }) => ({ name, whole: whole && step(whole), standard: standard && step(standard) }));
}

function sinceOf(releases: readonly Release[], has: (schema: Schema | undefined) => boolean): Since {
  const first = (of: (release: Release) => Schema | undefined): number => {
    const place = releases.findIndex((release) => has(of(release)));
    return place < 0 ? releases.length : place;
  };
  return { whole: first(({ whole }) => whole), standard: first(({ standard }) => standard) };
}

function noteOf(since: Since, parent: Since, releases: readonly Release[]): string | undefined {
  const [whole, standard] = [Math.max(since.whole, parent.whole), Math.max(since.standard, parent.standard)];
  const notes = [
    ...(whole > parent.whole ? [`@since ${releases[whole]?.name}`] : []),
    ...(standard > Math.max(parent.standard, whole) ? [standard === releases.length ? '@experimental' : `@experimental before ${releases[standard]?.name}`] : []),
  ];
  return notes.length > 0 ? notes.join(' ') : undefined;
}
