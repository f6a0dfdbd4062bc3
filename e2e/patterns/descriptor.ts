/** A field of a protobuf message on the wire, by number. */
type Part = Buffer;

const VARINT = 0;
const BYTES = 2;
/** Numbers in google/protobuf/descriptor.proto: a string field that is optional, and the extension `google.api.http` of a method's options. */
const OPTIONAL = 1;
const STRING = 9;
const HTTP_RULE = 72295728;

function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    bytes.push(rest >= 128 ? (rest % 128) + 128 : rest);
    if (rest < 128) {
      return Buffer.from(bytes);
    }
  }
}

function field(number: number, value: string | number | readonly Part[]): Part {
  if (typeof value === 'number') {
    return Buffer.concat([varint(number * 8 + VARINT), varint(value)]);
  }
  const content = typeof value === 'string' ? Buffer.from(value) : Buffer.concat(value);
  return Buffer.concat([varint(number * 8 + BYTES), varint(content.length), content]);
}

function message(name: string, text: string): Part {
  return field(4, [field(1, name), field(2, [field(1, text), field(3, 1), field(4, OPTIONAL), field(5, STRING), field(10, text)])]);
}

/**
 * What `protoc --descriptor_set_out` makes of the part of Istio's echo service that is called here, in base64:
 * `rpc Echo (EchoRequest) returns (EchoResponse)`, each with the text `message` as field 1, and `get: "/echo/{message}"`.
 */
export function echoDescriptor(): string {
  const rule = [field(HTTP_RULE, [field(2, '/echo/{message}')])];
  const method = [field(1, 'Echo'), field(2, '.proto.EchoRequest'), field(3, '.proto.EchoResponse'), field(4, rule)];
  const file = [
    field(1, 'echo.proto'),
    field(2, 'proto'),
    message('EchoRequest', 'message'),
    message('EchoResponse', 'message'),
    field(6, [field(1, 'EchoTestService'), field(2, method)]),
    field(12, 'proto3'),
  ];
  return field(1, file).toString('base64');
}
