import * as v from 'valibot';

const GUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const CIDR = /^(\d{1,3}\.){3}\d{1,3}\/([0-9]|[12]\d|3[0-2])$/;

/** What stands before the keys of a group, in the message about one that it does not have. */
export const KNOWN_KEYS = 'the keys there are ';

/** A strict object; the library's own reports only the first key it does not know. */
export function object<const Entries extends v.ObjectEntries>(entries: Entries): v.StrictObjectSchema<Entries, undefined> {
  return v.objectWithRest(entries, v.never(`there is no such key; ${KNOWN_KEYS}${Object.keys(entries).join(', ')}`)) as unknown as v.StrictObjectSchema<Entries, undefined>;
}

/** A text that is not empty. */
export const text = v.pipe(v.string(), v.minLength(1, 'must not be empty'));
/** A text of a form. */
export const matching = (pattern: RegExp, message: string) => v.pipe(v.string(), v.regex(pattern, message));
/** A whole number in a range. */
export const between = (least: number, most: number) =>
  v.pipe(
    v.number(),
    v.integer(`must be a whole number from ${least} to ${most}`),
    v.minValue(least, `must be a whole number from ${least} to ${most}`),
    v.maxValue(most, `must be a whole number from ${least} to ${most}`),
  );

export const guid = matching(GUID, 'must be a GUID such as 3f2504e0-4f89-41d3-9a0c-0305e82c3301');
export const cidr = matching(CIDR, 'must be an IPv4 range such as 10.224.0.0/16');
