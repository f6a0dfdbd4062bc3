/** What a set of protobuf files says of itself. */
export interface DescriptorSet {
  /** Names of its files, as others import them. */
  readonly files: readonly string[];
  /** Files that its files import. */
  readonly imports: readonly string[];
  /** Services by their full names. */
  readonly services: readonly string[];
}

/** Kinds of values on the wire. @see https://protobuf.dev/programming-guides/encoding/#structure */
const VARINT = 0;
const BYTES = 2;
/** Lengths of the kinds that have a fixed one. */
const FIXED: Readonly<Record<number, number>> = { 1: 8, 5: 4 };

/** Numbers of fields in google/protobuf/descriptor.proto. */
const SET_FILE = 1;
const FILE = { name: 1, package: 2, dependency: 3, service: 6 } as const;
const SERVICE_NAME = 1;

/**
 * Reads a FileDescriptorSet as protoc writes it.
 * @returns nothing where the bytes are none
 */
export function readDescriptorSet(base64: string): DescriptorSet | undefined {
  const bytes = Buffer.from(base64, 'base64');
  const parts = fieldsOf(bytes);
  // Base64 that does not end where a quantum ends is no base64, though Node reads it.
  if (bytes.length === 0 || bytes.toString('base64').replace(/=+$/, '') !== base64.replace(/=+$/, '') || !parts?.every(({ number }) => number === SET_FILE)) {
    return undefined;
  }
  const files = parts.map(({ value }) => value && fieldsOf(value));
  return files.every((file) => file !== undefined) ? summary(files) : undefined;
}

function summary(files: readonly (readonly Field[])[]): DescriptorSet {
  const services = files.flatMap((file) => {
    const [prefix] = texts(file, FILE.package);
    return file
      .filter(({ number }) => number === FILE.service)
      .flatMap(({ value }) => texts((value && fieldsOf(value)) ?? [], SERVICE_NAME))
      .map((name) => (prefix ? `${prefix}.${name}` : name));
  });
  return { files: files.flatMap((file) => texts(file, FILE.name)), imports: files.flatMap((file) => texts(file, FILE.dependency)), services };
}

interface Field {
  readonly number: number;
  /** Of texts and messages. */
  readonly value?: Buffer;
}

function texts(fields: readonly Field[], wanted: number): string[] {
  return fields.flatMap(({ number, value }) => (number === wanted && value ? [value.toString('utf8')] : []));
}

/** The fields of a message; nothing where the bytes are none. */
function fieldsOf(bytes: Buffer): Field[] | undefined {
  const fields: Field[] = [];
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let scale = 1; at < bytes.length; scale *= 128) {
      const byte = bytes[at++]!;
      value += (byte % 128) * scale;
      if (byte < 128) {
        return value;
      }
    }
    return NaN;
  };
  while (at < bytes.length) {
    const tag = varint();
    const number = Math.floor(tag / 8);
    const wire = tag % 8;
    if (!(number > 0)) {
      return undefined;
    }
    const first = wire === VARINT || wire === BYTES ? varint() : 0;
    const length = wire === VARINT ? 0 : wire === BYTES ? first : FIXED[wire];
    if (length === undefined || Number.isNaN(first) || at + length > bytes.length) {
      return undefined;
    }
    fields.push({ number, value: wire === BYTES ? bytes.subarray(at, at + length) : undefined });
    at += length;
  }
  return fields;
}
