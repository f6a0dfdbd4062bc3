import type { GatewaySpec } from '../../../istio/generated/gateway';
import { child, Report } from '../finding';
import { DOCS } from './common';

export type ServerTls = NonNullable<GatewaySpec['servers']>[number]['tls'];

const SEE = `${DOCS}/networking/gateway/#ServerTLSSettings`;
const CIPHERS = [
  'ECDHE-ECDSA-AES128-GCM-SHA256', 'ECDHE-RSA-AES128-GCM-SHA256', 'ECDHE-ECDSA-AES256-GCM-SHA384', 'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305', 'ECDHE-RSA-CHACHA20-POLY1305', 'ECDHE-ECDSA-AES128-SHA', 'ECDHE-RSA-AES128-SHA', 'ECDHE-ECDSA-AES256-SHA',
  'ECDHE-RSA-AES256-SHA', 'AES128-GCM-SHA256', 'AES256-GCM-SHA384', 'AES128-SHA', 'AES256-SHA', 'DES-CBC3-SHA',
];
const LOCAL = ['serverCertificate', 'privateKey', 'caCertificates'] as const;
const MUTUAL = ['MUTUAL', 'OPTIONAL_MUTUAL'];

/** TLS that a server speaks to its clients. */
export function checkServerTls(tls: ServerTls, at: string, report: Report): void {
  if (!tls) {
    return;
  }
  const mode = tls.mode ?? 'PASSTHROUGH';
  checkCiphers(tls, at, report);
  if (mode === 'ISTIO_MUTUAL') {
    const given = [...LOCAL, 'tlsCertificates', 'credentialName', 'credentialNames'].filter((name) => isGiven(tls[name as keyof typeof tls]));
    if (given.length > 0) {
      bad(report, at, given, 'ISTIO_MUTUAL uses the certificates of the mesh', `Drop \`${given.join('`, `')}\``);
    }
    return;
  }
  if (mode === 'PASSTHROUGH' || mode === 'AUTO_PASSTHROUGH') {
    const unused = [...LOCAL, 'caCrl', 'tlsCertificates', 'credentialName', 'credentialNames'].filter((name) => isGiven(tls[name as keyof typeof tls]));
    if (unused.length > 0) {
      report.warning('AI0321', at, {
        value: unused,
        rule: tls.mode ? `with ${mode} the gateway does not end TLS, and needs no certificates` : 'without `mode` the gateway passes TLS through, and needs no certificates',
        mend: tls.mode ? `Drop \`${unused.join('`, `')}\`` : 'Set `mode: SIMPLE`, or drop the certificates',
        see: SEE,
      });
    }
  }
  checkSources(tls, mode, at, report);
}

function checkSources(tls: NonNullable<ServerTls>, mode: string, at: string, report: Report): void {
  const files = tls.serverCertificate && tls.privateKey;
  const sources = [files, tls.credentialName, isGiven(tls.credentialNames), isGiven(tls.tlsCertificates)].filter(Boolean).length;
  // Two of the three lists are for the schema's own rules to tell.
  if (sources > 1 && (files || (tls.credentialName && isGiven(tls.tlsCertificates)))) {
    bad(report, at, undefined, 'a server takes its certificates from one place only', 'Keep one of `credentialName`, `credentialNames`, `tlsCertificates` and the files');
  }
  if (!['SIMPLE', ...MUTUAL].includes(mode)) {
    checkCrl(tls, mode, at, report);
    return;
  }
  if (tls.credentialName || isGiven(tls.credentialNames)) {
    return;
  }
  if (MUTUAL.includes(mode) && !tls.caCertificates) {
    bad(report, child(at, 'caCertificates'), undefined, 'to verify clients a server needs the CA that signed for them', 'Give `credentialName` of a secret with ca.crt, or `caCertificates`');
  }
  if ((tls.tlsCertificates ?? []).length > 2) {
    report.warning('AI0323', child(at, 'tlsCertificates'), { rule: 'a server uses two certificates at most', mend: 'Keep one for RSA and one for ECDSA', see: SEE });
  }
  const listed = isGiven(tls.tlsCertificates);
  (listed ? tls.tlsCertificates! : [tls]).forEach((pair, index) => {
    const field = listed ? child(child(at, 'tlsCertificates'), index) : at;
    for (const name of ['serverCertificate', 'privateKey'] as const) {
      if (!pair[name]) {
        bad(report, child(field, name), undefined, `a server that ends TLS (${mode}) has a certificate and its key`, 'Give `credentialName`, or both `serverCertificate` and `privateKey`');
      }
    }
  });
  checkCrl(tls, mode, at, report);
}

function checkCrl(tls: NonNullable<ServerTls>, mode: string, at: string, report: Report): void {
  if (tls.caCrl && tls.credentialName) {
    bad(report, child(at, 'caCrl'), tls.caCrl, 'with a secret the revocation list is in the secret', 'Drop it, and put ca.crl into the secret');
  }
  if (tls.caCrl && mode === 'SIMPLE') {
    bad(report, child(at, 'caCrl'), tls.caCrl, 'a server that does not verify clients has no use for a revocation list', 'Drop it, or set `mode: MUTUAL`');
  }
}

function checkCiphers(tls: NonNullable<ServerTls>, at: string, report: Report): void {
  const warn = (field: string, value: unknown, rule: string, mend: string): void => report.warning('AI0322', field, { value, rule, mend, see: SEE });
  const suites = tls.cipherSuites ?? [];
  if (['TLSV1_0', 'TLSV1_1'].includes(tls.minProtocolVersion ?? '') && suites.length === 0) {
    warn(child(at, 'minProtocolVersion'), tls.minProtocolVersion, 'the default ciphers are none that TLS below 1.2 could use', 'Give `cipherSuites`, or TLSV1_2');
  }
  const seen = new Set<string>();
  suites.forEach((suite, index) => {
    const field = child(child(at, 'cipherSuites'), index);
    if (suite !== '' && suite !== 'ALL' && /^[\p{L}\p{N}]/u.test(suite) && !CIPHERS.includes(suite)) {
      warn(field, suite, 'the proxies do not know this cipher and leave it out', `Write one of ${CIPHERS.join(', ')}`);
    } else if (seen.has(suite)) {
      warn(field, suite, 'each cipher is listed once', 'Drop the repeated one');
    }
    seen.add(suite);
  });
}

function isGiven(value: unknown): boolean {
  return Array.isArray(value) ? value.length > 0 : Boolean(value);
}

function bad(report: Report, field: string, value: unknown, rule: string, mend: string): void {
  report.error('AI0320', field, { value, rule, mend, see: SEE });
}
