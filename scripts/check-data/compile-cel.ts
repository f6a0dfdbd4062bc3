import { parse } from '@marcbachmann/cel-js';

/** A node of the parser's tree, as far as the rules of CRDs need it. */
interface Node {
  readonly op: string;
  readonly args: unknown;
}

const BINARY: Readonly<Record<string, string>> = { '+': '+', '<': '<', '<=': '<=', '>': '>', '>=': '>=', '==': '===', '!=': '!==', '&&': '&&', '||': '||' };
/** In CEL these take their operands in any order: where one decides alone, the other may fail. */
const LOGICAL: Readonly<Record<string, string>> = { '&&': 'and', '||': 'or' };
const MAY_FAIL = /\b(?:field|at|duration|int|url|substring)\(/;
const MACROS: Readonly<Record<string, string>> = { all: 'all', exists: 'exists', exists_one: 'existsOne', filter: 'filter' };
const METHODS: Readonly<Record<string, string>> = {
  contains: 'contains',
  startsWith: 'startsWith',
  endsWith: 'endsWith',
  matches: 'matches',
  substring: 'substring',
  size: 'size',
  getScheme: 'getScheme',
  split: 'split',
};
const FUNCTIONS: Readonly<Record<string, string>> = { size: 'size', duration: 'duration', url: 'url', isURL: 'isUrl', isIP: 'isIp', int: 'int' };

/** Helpers of `cel-runtime.ts` that an expression calls. */
export const HELPERS = [...new Set([...Object.values(MACROS), ...Object.values(METHODS), ...Object.values(FUNCTIONS), ...Object.values(LOGICAL), 'at', 'field', 'has', 'isIn', 'number'])].sort();

/**
 * A CEL rule of a CRD as a TypeScript expression over `self`. The library parses; what it parsed is written down, so that checking needs no
 * interpreter.
 * @throws Error where a rule uses what is not supported here: extend this file then
 */
export function compileCel(rule: string): string {
  return emit(parse(rule).ast as unknown as Node);
}

function emit(node: Node): string {
  const list = node.args as readonly Node[];
  if (BINARY[node.op]) {
    const [left, right] = [emit(list[0]!), emit(list[1]!)];
    if (LOGICAL[node.op] && MAY_FAIL.test(left)) {
      return `${LOGICAL[node.op]}(() => ${left}, () => ${right})`;
    }
    const untyped = ['===', '!==', '&&', '||'].includes(BINARY[node.op]!);
    return `(${untyped ? left : asNumber(left)} ${BINARY[node.op]} ${untyped ? right : asNumber(right)})`;
  }
  switch (node.op) {
    case 'id':
      return node.args as string;
    case 'value':
      return typeof node.args === 'bigint' ? node.args.toString() : JSON.stringify(node.args);
    case '!_':
      return `!${emit(node.args as Node)}`;
    case '?:':
      return `(${emit(list[0]!)} ? ${emit(list[1]!)} : ${emit(list[2]!)})`;
    case '.': {
      const [target, name] = node.args as readonly [Node, string];
      return `field(${emit(target)}, ${nameOf(name)})`;
    }
    case '[]':
      return `at(${emit(list[0]!)}, ${emit(list[1]!)})`;
    case 'in':
      return `isIn(${emit(list[0]!)}, ${emit(list[1]!)})`;
    case 'list':
      return `[${list.map(emit).join(', ')}]`;
    case 'map':
      return list.length === 0 ? '{}' : unsupported('map literals with members');
    case 'call': {
      const [name, args] = node.args as readonly [string, readonly Node[]];
      return name === 'has' ? emitHas(args[0]!) : call(FUNCTIONS, name, args);
    }
    case 'rcall': {
      const [name, target, args] = node.args as readonly [string, Node, readonly Node[]];
      if (MACROS[name]) {
        return `${MACROS[name]}(${emit(target)}, (${args[0]!.args as string}) => ${emit(args[1]!)})`;
      }
      return call(METHODS, name, [target, ...args]);
    }
    default:
      return unsupported(node.op);
  }
}

/** A field has no type of its own. */
function asNumber(code: string): string {
  return /^(?:field|at)\(/.test(code) ? `number(${code})` : code;
}

function emitHas(selection: Node): string {
  const [target, name] = selection.args as readonly [Node, string];
  return `has(${emit(target)}, ${nameOf(name)})`;
}

/** A field that is called like a word of CEL is written between underscores. */
function nameOf(name: string): string {
  return JSON.stringify(name.replace(/^__(\w+)__$/, '$1'));
}

function call(known: Readonly<Record<string, string>>, name: string, args: readonly Node[]): string {
  return known[name] ? `${known[name]}(${args.map(emit).join(', ')})` : unsupported(name);
}

function unsupported(what: string): never {
  throw new Error(`CEL: ${what} is not supported by scripts/check-data/compile-cel.ts. Add it there and to cel-runtime.ts.`);
}
