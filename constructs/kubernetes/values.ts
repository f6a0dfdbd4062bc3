import { stringify } from 'yaml';
import { toLiteral } from './literal';

/** Values of a Helm chart, or any other tree that is written as YAML. */
export type Values = Readonly<Record<string, unknown>>;

/** Merges trees: members of later ones win, objects are merged member by member, everything else is replaced. */
export function mergeValues(...trees: readonly (Values | undefined)[]): Values {
  return trees.reduce<Values>((merged, tree) => Object.entries(tree ?? {}).reduce(mergeMember, merged), {});
}

/** A tree as YAML for Terraform: keys sorted, so that the order of writing is no diff; templates escaped; long lines whole. */
export function valuesYaml(values: Values): string {
  // Helm reads YAML 1.1, where a bare yes or 12:30 is no text.
  return stringify(toLiteral(values), { schema: 'yaml-1.1', sortMapEntries: true, lineWidth: 0, aliasDuplicateObjects: false });
}

function mergeMember(merged: Values, [key, value]: [string, unknown]): Values {
  if (value === undefined) {
    return merged;
  }
  const current = merged[key];
  return { ...merged, [key]: isTree(current) && isTree(value) ? mergeValues(current, value) : value };
}

function isTree(value: unknown): value is Values {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
