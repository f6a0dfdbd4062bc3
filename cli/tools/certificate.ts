import { createHash, generateKeyPairSync, KeyObject, randomBytes, sign } from 'node:crypto';

/** A server's certificate with its key, and the authority that signed it; all PEM. */
export interface SignedCertificate {
  /** The server's certificate, and its authority's after it. */
  readonly chain: string;
  readonly key: string;
  readonly authority: string;
}

const DAY_MS = 86_400_000;
/** A clock of a client that is late should not refuse what was signed a moment ago. */
const BEFORE_MS = 300_000;

const OID = {
  commonName: '2.5.4.3',
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
  basicConstraints: '2.5.29.19',
  keyUsage: '2.5.29.15',
  subjectKeyIdentifier: '2.5.29.14',
  authorityKeyIdentifier: '2.5.29.35',
  subjectAltName: '2.5.29.17',
  extKeyUsage: '2.5.29.37',
  serverAuth: '1.3.6.1.5.5.7.3.1',
} as const;

/**
 * Makes an authority that signs one certificate and nothing else ever: its key is gone when this returns.
 * @param hosts host names that it is for, at least one
 * @param days how long it is good
 * @see https://www.rfc-editor.org/rfc/rfc5280
 */
export function signCertificate(hosts: readonly string[], days: number, now = Date.now()): SignedCertificate {
  const authority = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const server = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const validity = sequence(time(now - BEFORE_MS), time(now + days * DAY_MS));
  const issuer = name('Demonstration authority of aks-istio');
  const issue = (subject: Buffer, key: KeyObject, extensions: readonly Buffer[]): string => {
    const algorithm = sequence(oid(OID.ecdsaWithSha256));
    const serial = Buffer.concat([Buffer.from([0x40]), randomBytes(15)]);
    const content = sequence(
      tagged(0, integer(2)),
      element(0x02, serial),
      ...[algorithm, issuer, validity, subject, key.export({ type: 'spki', format: 'der' })],
      tagged(3, sequence(...extensions)),
    );
    return pem(sequence(content, algorithm, bits(sign('SHA256', content, authority.privateKey))));
  };
  const root = issue(issuer, authority.publicKey, [
    extension(OID.basicConstraints, sequence(element(0x01, Buffer.from([0xff])), integer(0)), true),
    // keyCertSign
    extension(OID.keyUsage, bits(Buffer.from([0x04]), 2), true),
    extension(OID.subjectKeyIdentifier, element(0x04, keyId(authority.publicKey))),
  ]);
  const leaf = issue(name(hosts[0] ?? ''), server.publicKey, [
    extension(OID.basicConstraints, sequence(), true),
    // digitalSignature
    extension(OID.keyUsage, bits(Buffer.from([0x80]), 7), true),
    extension(OID.extKeyUsage, sequence(oid(OID.serverAuth))),
    extension(OID.authorityKeyIdentifier, sequence(element(0x80, keyId(authority.publicKey)))),
    extension(OID.subjectAltName, sequence(...hosts.map((host) => element(0x82, Buffer.from(host, 'ascii'))))),
  ]);
  return { chain: `${leaf}${root}`, key: server.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string, authority: root };
}

function element(tag: number, content: Buffer): Buffer {
  const { length } = content;
  const octets = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...octets]), content]);
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return element(0x30, Buffer.concat(parts));
}

function tagged(number: number, content: Buffer): Buffer {
  return element(0xa0 + number, content);
}

function integer(value: number): Buffer {
  return element(0x02, Buffer.from([value]));
}

function bits(content: Buffer, unused = 0): Buffer {
  return element(0x03, Buffer.concat([Buffer.from([unused]), content]));
}

function oid(text: string): Buffer {
  const [first = 0, second = 0, ...rest] = text.split('.').map(Number);
  const octets = rest.flatMap((value) => {
    const groups = [value & 0x7f];
    for (let left = value >> 7; left > 0; left >>= 7) {
      groups.unshift((left & 0x7f) | 0x80);
    }
    return groups;
  });
  return element(0x06, Buffer.from([first * 40 + second, ...octets]));
}

function name(commonName: string): Buffer {
  return sequence(element(0x31, sequence(oid(OID.commonName), element(0x0c, Buffer.from(commonName)))));
}

/** UTCTime, which is right until 2049. */
function time(milliseconds: number): Buffer {
  const text = new Date(milliseconds).toISOString().replace(/[-:T]/g, '').slice(2, 14);
  return element(0x17, Buffer.from(`${text}Z`));
}

function extension(id: string, value: Buffer, critical = false): Buffer {
  return sequence(oid(id), ...(critical ? [element(0x01, Buffer.from([0xff]))] : []), element(0x04, value));
}

function keyId(key: KeyObject): Buffer {
  return createHash('sha1').update(key.export({ type: 'spki', format: 'der' })).digest();
}

function pem(der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}
