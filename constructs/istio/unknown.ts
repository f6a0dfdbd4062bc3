import { Token } from 'cdktf';

/** Whether a value, or anything in it, is known only when it is applied. */
export function isUnknown(value: unknown): boolean {
  // A string may be the only item of a list that is unknown as a whole, which shows in a list alone.
  if (Token.isUnresolved(value) || (typeof value === 'string' && Token.isUnresolved([value]))) {
    return true;
  }
  return typeof value === 'object' && value !== null && Object.entries(value).some(([key, member]) => Token.isUnresolved(key) || isUnknown(member));
}
