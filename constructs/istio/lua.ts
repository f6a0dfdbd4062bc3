import { Token } from 'cdktf';
import type { Problem } from '../validation';

const SEE = 'https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_filters/lua_filter';
/** Comments and texts, long ones first: names within them are no code. */
const NO_CODE = /--\[(=*)\[[^]*?\]\1\]|--[^\n]*|\[(=*)\[[^]*?\]\2\]|"(?:\\[^]|[^"\\\n])*"|'(?:\\[^]|[^'\\\n])*'/g;
const NAME = 'envoy_on_(?:request|response)';
/** A global function by its statement, or by assignment, also among several names. */
const GLOBAL = new RegExp(`(?<!\\blocal\\s+)\\bfunction\\s+${NAME}\\s*\\(|(?<![\\w.:])(?<!\\blocal\\s+(?:\\w+\\s*,\\s*)*)(?:_G\\.)?${NAME}\\s*(?:,[\\w\\s.,]*)?=(?!=)`);

/** Code in which Envoy would find no function to call: it looks for globals of two names. */
export function luaProblems(code: string, at: string): Problem[] {
  return Token.isUnresolved(code) || GLOBAL.test(code.replace(NO_CODE, ' '))
    ? []
    : [{ at, rule: 'Envoy calls envoy_on_request and envoy_on_response, which are global', mend: 'Define one of them, without `local`', see: SEE }];
}
