import { Token } from 'cdktf';

/** Whether a value, or anything in it, is known only when it is applied. */
export function isUnknown(value: unknown): boolean {
  if (Token.isUnresolved(value)) {
    return true;
  }
  return typeof value === 'object' && value !== null && Object.entries(value).some(([key, member]) => Token.isUnresolved(key) || isUnknown(member));
}
