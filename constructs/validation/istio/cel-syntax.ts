import { Token, tokensOf } from './cel-tokens';

/** A selection of an attribute: `request.headers` of `request.headers['a']`. */
export interface Attribute {
  readonly root: string;
  /** Nothing where the root is used as a whole. */
  readonly member?: string;
}

/** What reading an expression gives: why it is none, or the attributes that it uses. */
export type CelReading = { readonly why: string } | { readonly attributes: readonly Attribute[] };

const RESERVED = ['as', 'break', 'const', 'continue', 'else', 'for', 'function', 'if', 'import', 'let', 'loop', 'package', 'namespace', 'return', 'var', 'void', 'while'];
const LITERALS = ['true', 'false', 'null'];
/** Operators from the loosest to the tightest. */
const LEVELS: readonly (readonly string[])[] = [['||'], ['&&'], ['==', '!=', '<', '<=', '>', '>=', 'in'], ['+', '-'], ['*', '/', '%']];
/** Macros that give a name to the items that they go through. */
const BINDING = ['all', 'exists', 'exists_one', 'filter', 'map'];

/**
 * Reads an expression of CEL, its syntax only: enough to tell a slip from an expression, and to know the attributes in it.
 * @see https://github.com/google/cel-spec/blob/master/doc/langdef.md#syntax
 */
export function readCel(text: string): CelReading {
  try {
    return { attributes: new Reader(tokensOf(text)).read() };
  } catch (error) {
    return { why: (error as Error).message };
  }
}

class Reader {
  private readonly attributes: Attribute[] = [];
  private readonly bound: string[] = [];
  private next = 0;
  /** Whether what was read last is a field of something. */
  private selected = false;

  constructor(private readonly tokens: readonly Token[]) {}

  read(): Attribute[] {
    this.expression();
    if (this.token.kind !== 'end') {
      this.fail('an operator or the end');
    }
    return this.attributes;
  }

  private get token(): Token {
    return this.tokens[this.next]!;
  }

  private take(text: string): boolean {
    const taken = this.token.kind !== 'value' && this.token.text === text;
    this.next += taken ? 1 : 0;
    return taken;
  }

  private want(text: string): void {
    if (!this.take(text)) {
      this.fail(`\`${text}\``);
    }
  }

  private fail(wanted: string): never {
    const { kind, text, at } = this.token;
    throw new Error(`at character ${at + 1} there is ${kind === 'end' ? 'the end' : `\`${text}\``} instead of ${wanted}`);
  }

  private expression(): void {
    this.binary(0);
    if (this.take('?')) {
      this.binary(0);
      this.want(':');
      this.expression();
    }
  }

  private binary(level: number): void {
    const operators = LEVELS[level];
    if (!operators) {
      this.unary();
      return;
    }
    do {
      this.binary(level + 1);
    } while (operators.some((operator) => this.take(operator)));
  }

  private unary(): void {
    const sign = ['!', '-'].find((one) => this.take(one));
    while (sign && this.take(sign)) {
      // Signs may be repeated.
    }
    this.member();
  }

  private member(): void {
    let chain = this.primary();
    for (;;) {
      if (this.take('.')) {
        const { kind, text } = this.token;
        if (kind !== 'name') {
          this.fail('the name of a field');
        }
        this.next += 1;
        this.selected = true;
        if (this.take('(')) {
          this.note(chain);
          chain = undefined;
          this.arguments(BINDING.includes(text));
          this.selected = false;
        } else if (chain?.length === 1) {
          chain = [...chain, text];
        }
      } else if (this.take('[')) {
        this.note(chain);
        chain = undefined;
        this.expression();
        this.want(']');
        this.selected = false;
      } else if (this.token.text === '{' && this.token.kind === 'sign' && chain) {
        this.next += 1;
        chain = undefined;
        this.entries(true);
      } else {
        this.note(chain);
        return;
      }
    }
  }

  /** @returns the names of a selection that begins here */
  private primary(): readonly string[] | undefined {
    if (this.token.kind === 'value') {
      this.next += 1;
      return undefined;
    }
    if (this.take('(')) {
      this.expression();
      this.want(')');
      return undefined;
    }
    if (this.take('[')) {
      this.list(']');
      return undefined;
    }
    if (this.take('{')) {
      this.entries(false);
      return undefined;
    }
    this.take('.');
    const { kind, text } = this.token;
    if (kind !== 'name' || RESERVED.includes(text) || text === 'in') {
      this.fail('a value, a name or a bracket');
    }
    this.next += 1;
    if (LITERALS.includes(text)) {
      return undefined;
    }
    this.selected = false;
    if (this.take('(')) {
      const from = this.next;
      this.arguments(false);
      if (text === 'has' && !this.selected && !this.tokens.slice(from, this.next).some((token) => token.text === ',')) {
        throw new Error(`at character ${this.tokens[from]!.at + 1} \`has\` asks for a field, such as has(request.referer)`);
      }
      return undefined;
    }
    return [text];
  }

  private arguments(binds: boolean): void {
    const { kind, text } = this.token;
    const several = this.tokens[this.next + 1]?.text === ',';
    if (binds && several && kind !== 'name') {
      this.fail('a name for the items');
    }
    this.bound.push(binds && several ? text : '');
    this.list(')');
    this.bound.pop();
  }

  private list(end: string): void {
    if (end === ']' && this.take(',')) {
      this.want(end);
      return;
    }
    while (!this.take(end)) {
      this.expression();
      if (!this.take(',')) {
        this.want(end);
        return;
      }
      if (end === ')' && this.token.text === ')') {
        this.fail('another argument');
      }
    }
  }

  private entries(named: boolean): void {
    if (this.take(',')) {
      this.want('}');
      return;
    }
    while (!this.take('}')) {
      if (named && this.token.kind === 'name') {
        this.next += 1;
      } else {
        this.expression();
      }
      this.want(':');
      this.expression();
      if (!this.take(',')) {
        this.want('}');
        return;
      }
    }
  }

  private note(chain: readonly string[] | undefined): void {
    if (chain && !this.bound.includes(chain[0]!)) {
      this.attributes.push({ root: chain[0]!, member: chain[1] });
    }
  }
}
