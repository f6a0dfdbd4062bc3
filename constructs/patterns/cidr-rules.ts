import { isIP } from 'node:net';
import { Token } from 'cdktf';
import type { Problem } from '../validation';

/** Says where a text is no block of addresses. */
export function cidrProblems(blocks: readonly string[], at: string): Problem[] {
  return blocks.flatMap((value, index) => {
    const [address = '', bits = ''] = value.split('/');
    const version = isIP(address);
    const fits = version !== 0 && /^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128);
    return Token.isUnresolved(value) || fits
      ? []
      : [{ at: `${at}[${index}]`, value, rule: 'a block is an address and its number of bits', mend: 'Write it like 10.0.0.0/8' }];
  });
}
