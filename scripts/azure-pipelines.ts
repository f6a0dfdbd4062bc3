import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { parse } from 'yaml';

/** A scalar is text: so Azure's own reader takes every value, `true` and `60` included. */
export type PipelineNode = string | PipelineNode[] | { readonly [key: string]: PipelineNode };

type Scope = Readonly<Record<string, PipelineNode>>;

const EACH = /^\$\{\{ *each (\w+) in ([\w.]+) *\}\}$/;
const EXPRESSION = /\$\{\{ *([^}]+?) *\}\}/g;
const REPLACE = /^replace\(([\w.]+), *'([^']*)', *'([^']*)'\)$/;

/**
 * Expands an Azure pipeline as the server does before it runs: parameters, `each`, and the templates that it includes.
 * Knows what our pipelines use, and throws on anything else.
 * @param given parameters of this run. @default each parameter's default, or the first of its values
 */
export function expandPipeline(file: string, given: Scope = {}): PipelineNode {
  const document = parse(readFileSync(file, 'utf8'), { schema: 'failsafe' }) as Record<string, PipelineNode>;
  const { parameters, ...rest } = document;
  const declared = (parameters ?? []) as Record<string, PipelineNode>[];
  const scope: Record<string, PipelineNode> = {};
  for (const { name, default: fallback, values } of declared) {
    const value = given[String(name)] ?? fallback ?? (values as PipelineNode[] | undefined)?.[0];
    if (value === undefined) {
      throw new Error(`${file}: parameter ${String(name)} has no value`);
    }
    scope[`parameters.${String(name)}`] = value;
  }
  return expand(rest, scope, path.dirname(file));
}

function expand(node: PipelineNode, scope: Scope, folder: string): PipelineNode {
  if (typeof node === 'string') {
    return substitute(node, scope);
  }
  if (Array.isArray(node)) {
    return node.flatMap((item) => expandItem(item, scope, folder));
  }
  return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, expand(value, scope, folder)]));
}

function expandItem(item: PipelineNode, scope: Scope, folder: string): PipelineNode[] {
  if (typeof item === 'string' || Array.isArray(item)) {
    return [expand(item, scope, folder)];
  }
  const [key = ''] = Object.keys(item);
  const loop = EACH.exec(key);
  if (loop) {
    const [, name = '', source = ''] = loop;
    const values = valueOf(source, scope) as PipelineNode[];
    return values.flatMap((value) => expand(item[key] ?? [], { ...scope, [name]: value }, folder) as PipelineNode[]);
  }
  if (typeof item.template === 'string') {
    const parameters = expand(item.parameters ?? {}, scope, folder) as Scope;
    const included = expandPipeline(path.join(folder, item.template), parameters) as { readonly steps: PipelineNode[] };
    return included.steps;
  }
  return [expand(item, scope, folder)];
}

function substitute(text: string, scope: Scope): PipelineNode {
  return text.replace(EXPRESSION, (_match, expression: string) => {
    const [, source = '', from = '', to = ''] = REPLACE.exec(expression) ?? [];
    const value = valueOf(source || expression, scope);
    if (typeof value !== 'string') {
      throw new Error(`${expression} is no text`);
    }
    return source ? value.replaceAll(from, to) : value;
  });
}

function valueOf(name: string, scope: Scope): PipelineNode {
  const value = scope[name];
  if (value === undefined) {
    throw new Error(`there is no ${name}: known are ${Object.keys(scope).join(', ')}`);
  }
  return value;
}

/** The schema takes text everywhere but in the inputs of tasks, where it wants `true` and `false` as such. */
function withTypedInputs(node: PipelineNode, isInput = false): unknown {
  if (typeof node === 'string') {
    return isInput && /^(true|false)$/.test(node) ? node === 'true' : node;
  }
  return Array.isArray(node)
    ? node.map((item) => withTypedInputs(item))
    : Object.fromEntries(Object.entries(node).map(([key, value]) => [key, withTypedInputs(value, isInput || key === 'inputs')]));
}

if (require.main === module) {
  // For the linter: the schema knows pipelines, not what they are written with.
  const [, , file = ''] = process.argv;
  process.stdout.write(JSON.stringify(withTypedInputs(expandPipeline(file)), undefined, 2));
}
