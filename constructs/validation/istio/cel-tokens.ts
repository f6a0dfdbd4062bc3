/** A word, a value or a sign of an expression. */
export interface Token {
  readonly kind: 'name' | 'value' | 'sign' | 'end';
  readonly text: string;
  readonly at: number;
}

const ESCAPE = String.raw`\\(?:[abfnrtv"'\\?\`]|[xX][\da-fA-F]{2}|u[\da-fA-F]{4}|U[\da-fA-F]{8}|[0-3][0-7]{2})`;
const STRING = new RegExp(
  [
    String.raw`(?:[rR][bB]?|[bB][rR])(?:"""[^]*?"""|'''[^]*?'''|"[^"\n\r]*"|'[^'\n\r]*')`,
    String.raw`[bB]?(?:"""(?:[^\\]|${ESCAPE})*?"""|'''(?:[^\\]|${ESCAPE})*?'''|"(?:[^"\\\n\r]|${ESCAPE})*"|'(?:[^'\\\n\r]|${ESCAPE})*')`,
  ].join('|'),
  'y',
);
const NUMBER = /(?:0x[\da-fA-F]+[uU]?|\d+\.\d+(?:[eE][-+]?\d+)?|\d+[eE][-+]?\d+|\.\d+(?:[eE][-+]?\d+)?|\d+[uU]?)/y;
const NAME = /[A-Za-z_]\w*/y;
const SIGN = /(?:&&|\|\||==|!=|<=|>=|[-+*/%!<>?:.,()[\]{}])/y;
const BLANK = /(?:\s|\/\/[^\n]*)+/y;

/**
 * The tokens of an expression of CEL, and an end.
 * @throws Error naming what begins nothing that CEL knows
 */
export function tokensOf(text: string): Token[] {
  const tokens: Token[] = [];
  const match = (pattern: RegExp, at: number): string | undefined => {
    pattern.lastIndex = at;
    return pattern.exec(text)?.[0];
  };
  for (let at = 0; at < text.length; ) {
    const blank = match(BLANK, at);
    const value = blank ? undefined : (match(STRING, at) ?? match(NUMBER, at));
    const name = blank ?? value ? undefined : match(NAME, at);
    const found = blank ?? value ?? name ?? match(SIGN, at);
    if (!found) {
      throw new Error(`${JSON.stringify(text[at])} at character ${at + 1} begins nothing that CEL knows`);
    }
    if (value && /^\d+$/.test(value) && BigInt(value) >= 2n ** 63n) {
      throw new Error(`${value} at character ${at + 1} is larger than any integer of CEL`);
    }
    if (!blank) {
      tokens.push({ kind: value ? 'value' : name ? 'name' : 'sign', text: found, at });
    }
    at += found.length;
  }
  return [...tokens, { kind: 'end', text: '', at: text.length }];
}
