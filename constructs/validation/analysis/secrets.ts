import type { AnyObject } from '../../model/object';

/** A Secret with its content, where that is known. */
export interface SecretObject extends AnyObject {
  readonly data?: Readonly<Record<string, string>>;
  readonly stringData?: Readonly<Record<string, string>>;
}

/** What SOPS, Argo CD's Vault plugin, vals and templates leave in place of a value that is filled in later. */
const FILLED_IN_LATER = /^$|^ENC\[|<path:|\$\{|\{\{|^ref\+/;

/** Whether a Secret's content looks like a certificate and a key; one whose content is not here, or hidden, passes. */
export function isKeyPair({ data, stringData }: SecretObject): boolean {
  if ([...Object.values(data ?? {}), ...Object.values(stringData ?? {})].some((value) => FILLED_IN_LATER.test(String(value)))) {
    return true;
  }
  const texts = { ...Object.fromEntries(Object.entries(data ?? {}).map(([key, value]) => [key, Buffer.from(String(value), 'base64').toString()])), ...stringData };
  if (Object.keys(texts).length === 0) {
    return true;
  }
  return /-----BEGIN CERTIFICATE-----/.test(texts['tls.crt'] ?? texts.cert ?? '') && /-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(texts['tls.key'] ?? texts.key ?? '');
}
