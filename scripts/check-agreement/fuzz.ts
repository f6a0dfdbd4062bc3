import type { ModelObject } from '../../constructs/model/object';
import { Case, corpora } from './corpora';

type Step = string | number;
type Members = Record<Step, unknown>;

const TEXTS = [
  '', '*', 'a.b', '*.com', 'reviews', 'ns/gw', '0s', '1us', '1.5s', '0.5ms', '1500us', 'Foo_bar', '-x', '1.2.3.4', '10.0.0.0/8', '10.0.0.0/99', 'unix:///a', 'unix://@a',
  'unix://a/', 'HTTP', 'HTTPS', 'TLS', 'TCP', 'GRPC', 'bogus', 'MUTUAL', 'SIMPLE', 'ISTIO_MUTUAL', 'PASSTHROUGH', '[a-z', '(?=x)', '5xx,503', '%FOO%', '%', '100%%', '~',
  '.', 'a/b/c', '{**}/x', '/a/{*}', 'request.headers[x]', 'source.ip', 'request.auth.claims[', 'example.com.', 'mesh', 'foo.default',
];
const NUMBERS = [-1, 0, 1, 50, 99, 100, 101, 200, 600, 601, 443, 65535, 65536, 70000, 0.5];

/** Objects of upstream's with one to three random changes each; the same ones every time. */
export function mutants(folder: string, count: number): Case[] {
  const cases = corpora(folder).slice(0, 4).flatMap((corpus) => corpus.cases);
  return mutantsOf(cases.filter(({ object }) => object.kind !== 'EnvoyFilter'), count);
}

/** Objects made from these. */
export function mutantsOf(cases: readonly Case[], count: number): Case[] {
  const pool = cases.filter(({ object }) => object.spec);
  const kinds = [...new Set(pool.map(({ object }) => object.kind))].sort();
  const random = randomOf(20260306);
  return Array.from({ length: count }, (_, index) => {
    const kind = random.pick(kinds);
    const alike = pool.map(({ object }) => object).filter((object) => object.kind === kind);
    let object = { ...random.pick(alike), metadata: { name: 'mutant', namespace: 'default' } } as ModelObject;
    for (let changes = 1 + random.below(3); changes > 0; changes -= 1) {
      object = change(object, alike, random);
    }
    return { object, where: `mutant ${index}: ${JSON.stringify(object.spec)}` };
  });
}

type Random = ReturnType<typeof randomOf>;

function change(object: ModelObject, alike: readonly ModelObject[], random: Random): ModelObject {
  const spec = structuredClone(object.spec) as Members;
  const paths = pathsIn(spec).filter((path) => path.length > 0);
  if (paths.length === 0) {
    return object;
  }
  const path = random.pick(paths);
  const owner = path.slice(0, -1).reduce<Members>((value, step) => value[step] as Members, spec);
  const last = path.at(-1)!;
  const value = owner[last];
  if (random.below(4) === 0) {
    if (Array.isArray(owner)) {
      owner.splice(last as number, 1);
    } else {
      delete owner[last];
    }
  } else if (typeof value === 'string') {
    owner[last] = random.pick(TEXTS);
  } else if (typeof value === 'number') {
    owner[last] = random.pick(NUMBERS);
  } else if (typeof value === 'boolean') {
    owner[last] = !value;
  } else if (Array.isArray(value)) {
    owner[last] = value.length > 0 && random.below(2) === 0 ? [...(value as unknown[]), structuredClone(random.pick(value as unknown[]))] : [];
  } else {
    owner[last] = { ...(value as object), ...memberCalled(last, random.pick(alike)) };
  }
  return { ...object, spec };
}

/** What another object of the kind has under the same name. */
function memberCalled(name: Step, donor: ModelObject): object {
  const path = pathsIn(donor.spec).find((one) => one.at(-1) === name);
  const found = path?.reduce<unknown>((value, step) => (value as Members)[step], donor.spec);
  return typeof found === 'object' && found !== null && !Array.isArray(found) ? structuredClone(found) : {};
}

function pathsIn(value: unknown, path: readonly Step[] = []): (readonly Step[])[] {
  if (typeof value !== 'object' || value === null) {
    return [path];
  }
  return [path, ...Object.entries(value).flatMap(([key, member]) => pathsIn(member, [...path, Array.isArray(value) ? Number(key) : key]))];
}

/** A linear congruential generator: repeatable, which is all that is asked of it. */
function randomOf(seed: number): { below: (limit: number) => number; pick: <T>(items: readonly T[]) => T } {
  let state = seed;
  const below = (limit: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff;
    return Math.floor((state / 0x8000_0000) * limit);
  };
  return { below, pick: (items) => items[below(items.length)]! };
}
