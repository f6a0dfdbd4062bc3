import { createHash } from 'node:crypto';

/** A Gateway's name is a DNS label, and ours begins with `egress-`. */
export const LONGEST_EXIT_NAME = 63 - 'egress-'.length;
const HASH = 8;

/** Name of the objects of a host: one that is too long for a Gateway is cut, and told apart by a hash of the host. */
export function nameOfHost(host: string, throughGateway: boolean): string {
  const name = host.toLowerCase().replace('*', 'any').replace(/\.$/, '').replaceAll('.', '-');
  if (!throughGateway || name.length <= LONGEST_EXIT_NAME) {
    return name;
  }
  const hash = createHash('sha256').update(host).digest('hex').slice(0, HASH);
  return `${name.slice(0, LONGEST_EXIT_NAME - HASH - 1).replace(/-+$/, '')}-${hash}`;
}
