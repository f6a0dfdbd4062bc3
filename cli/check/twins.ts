import { MeshContext, MeshModel } from '../../constructs/model/mesh-model';
import { groupOf, ModelObject, namespaceOf } from '../../constructs/model/object';
import { analyze, AnalyzeOptions } from '../../constructs/validation/analysis/analyze';
import { Finding, findingOf } from '../../constructs/validation/istio/finding';

/** Copies of an object that are held against the others; the rest are told of as twins, and no more. */
const MOST_COPIES = 8;

/** Objects that are there twice: the later one would overwrite the earlier. */
export function findTwins(objects: readonly ModelObject[]): Finding[] {
  return copiesOf(objects).flatMap((copies) =>
    copies.slice(1).map((object, index) => {
      const { file, line } = copies[index]!.origin ?? {};
      const rule = `${file}:${line} has the same name: the one that is applied last overwrites the other`;
      return findingOf('AI2003', 'warning', object, 'metadata.name', { value: object.metadata.name, rule, mend: 'Rename one, or drop it' });
    }),
  );
}

/**
 * What is wrong between objects some of which may be there several times, such as those of `dev/` and `prod/`: only one of the copies will be
 * in a cluster. So each is held against the others with one copy of everything, and what an object has in one company only does not count.
 */
export function analyzeCopies(objects: readonly ModelObject[], context: MeshContext, options: AnalyzeOptions): Finding[] {
  const copies = copiesOf(objects);
  const most = Math.min(Math.max(1, ...copies.map(({ length }) => length)), MOST_COPIES);
  if (most === 1) {
    return analyze(new MeshModel(objects, context), options);
  }
  const seen = new Map<string, { readonly finding: Finding; times: number }>();
  const numbers = new Map(objects.map((object, index): [object, number] => [object, index]));
  const present = new Map<ModelObject, number>();
  for (let turn = 0; turn < most; turn += 1) {
    const company = copies.map((alike) => alike[Math.min(turn, alike.length - 1)]!);
    company.forEach((object) => present.set(object, (present.get(object) ?? 0) + 1));
    for (const finding of analyze(new MeshModel(company, context), options)) {
      const key = `${finding.code} ${finding.field} ${numbers.get(finding.object)}`;
      const known = seen.get(key) ?? { finding, times: 0 };
      known.times += 1;
      seen.set(key, known);
    }
  }
  return [...seen.values()].filter(({ finding, times }) => times >= (present.get(finding.object as ModelObject) ?? 0)).map(({ finding }) => finding);
}

/** Objects, those of one kind and name together; in the order of their first. */
function copiesOf(objects: readonly ModelObject[]): ModelObject[][] {
  const groups = new Map<string, ModelObject[]>();
  objects.forEach((object, index) => {
    // A name that is yet to be made is nobody else's.
    const name = object.metadata.name === undefined || 'generateName' in object.metadata ? `#${index}` : object.metadata.name;
    const key = `${groupOf(object)}/${object.kind} ${namespaceOf(object)}/${name}`;
    const known = groups.get(key);
    if (known) {
      known.push(object);
    } else {
      groups.set(key, [object]);
    }
  });
  return [...groups.values()];
}
