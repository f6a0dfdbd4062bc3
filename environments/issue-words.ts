import * as v from 'valibot';
import type { Problem } from '../constructs/validation';
import { KNOWN_KEYS } from './schema-parts';
import { suggest } from '../constructs/validation/suggest';

interface Words {
  /** Ends the sentence `must be ...`. */
  readonly rule: string;
  /** How a value of it is written, given what was written instead. */
  mend(value: unknown): string;
}

/** The library's types, in plain words. */
const TYPES: Readonly<Record<string, Words>> = {
  string: { rule: 'a text', mend: (value) => (typeof value === 'object' ? 'Write one text in quotes' : `Write it in quotes: '${String(value)}'`) },
  number: { rule: 'a number', mend: (value) => (typeof value === 'string' && value.trim() !== '' && !Number.isNaN(Number(value)) ? `Write it without quotes: ${value}` : 'Write a number') },
  boolean: { rule: 'true or false', mend: () => 'Write true or false, without quotes' },
  Array: { rule: 'a list', mend: (value) => (typeof value === 'string' ? `Write it in brackets: ['${value}']` : 'Write it in brackets: [...]') },
  Object: { rule: 'a group of settings', mend: () => 'Write it in braces: { ... }' },
};

/** What may be written where something is missing, or was written as if it were a single word. */
const EXAMPLES: Readonly<Record<string, string>> = {
  cluster: "{ kind: 'existing-aks', name: 'platform', resourceGroupName: 'platform' }",
  'cluster.kind': "'aks', 'existing-aks' or 'kubeconfig'",
  'cluster.gatewayApi': "{ version: '1.4.0' }",
  mesh: "{ flavor: 'helm', helm: { version: '1.29.1' } }",
  'mesh.flavor': "'helm' or 'addon'",
  'mesh.helm': "{ version: '1.29.1' }",
  'mesh.helm.charts': "{ kind: 'folder', path: 'charts' }",
  'mesh.addon': "{ revisions: ['asm-1-30'] }",
  state: "{ kind: 'local' }",
};

/** What the library found, in the words of whoever wrote the file. */
export function problemOf(issue: v.BaseIssue<unknown>, file: string): Problem {
  const path = v.getDotPath(issue) ?? '';
  const at = path === '' ? file : `${file}: ${path}`;
  const key = path.split('.').at(-1) ?? '';
  const { input: value, expected } = issue;
  if (expected === 'never') {
    const known = issue.message.split(KNOWN_KEYS)[1]?.split(', ') ?? [];
    const mend = suggest(key, known, 'Remove it, or look its name up in docs/environments.md').replace(/^Choose one of/, 'Remove it, or choose one of');
    return { at, rule: 'there is no such key', mend };
  }
  if (value === undefined) {
    return { at, rule: 'is required', mend: EXAMPLES[path] ? `Add ${key}: ${EXAMPLES[path]}` : 'Add it' };
  }
  if (issue.kind !== 'schema') {
    return { at, value, rule: issue.message, mend: mendOf(issue.message) };
  }
  const parts = (expected ?? '').replace(/^\(|\)$/g, '').split(' | ');
  const words = parts.filter((part) => part.startsWith('"')).map((part) => JSON.parse(part) as string);
  const types = parts.flatMap((part) => TYPES[part] ?? []);
  const rule = `must be ${[...words.map(inQuotes), ...types.map((type) => type.rule)].join(' or ')}`;
  const written = [...words.map(inQuotes), ...(EXAMPLES[path] && types.includes(TYPES.Object as Words) ? [EXAMPLES[path]] : [])];
  if (types.length === 0 && words.length > 0) {
    return { at, value, rule, mend: suggest(value, words) };
  }
  return { at, value, rule, mend: written.length > 0 ? `Write ${written.join(' or ')}` : (types[0]?.mend(value) ?? 'Write one that fits') };
}

function inQuotes(word: string): string {
  return `'${word}'`;
}

/** A rule that gives an example is kept by something like it. */
function mendOf(rule: string): string {
  const example = /such as (\S+?)[:,]?(?=\s|$)/.exec(rule)?.[1] ?? /must (?:look like|start with) (\S+)$/.exec(rule)?.[1];
  return example ? `Write it like ${example}` : 'Write one that fits';
}
