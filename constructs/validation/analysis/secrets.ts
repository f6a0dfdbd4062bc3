import type { AnyObject } from '../../model/object';

/** A Secret with its content, where that is known. */
export interface SecretObject extends AnyObject {
  readonly data?: Readonly<Record<string, string>>;
  readonly stringData?: Readonly<Record<string, string>>;
}

/** Whether a Secret's content looks like a certificate and a key; one whose content is not here passes. */
export function isKeyPair({ data, stringData }: SecretObject): boolean {
  const texts = { ...Object.fromEntries(Object.entries(data ?? {}).map(([key, value]) => [key, Buffer.from(String(value), 'base64').toString()])), ...stringData };
  if (Object.keys(texts).length === 0) {
    return true;
  }
  return /-----BEGIN CERTIFICATE-----/.test(texts['tls.crt'] ?? texts.cert ?? '') && /-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(texts['tls.key'] ?? texts.key ?? '');
}
