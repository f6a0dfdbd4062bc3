import type { RequestAuthenticationSpec } from '../../../istio/generated/request-authentication';
import { celWords, KEYS_RULE } from '../cel-words';
import { child, Report } from '../finding';
import { parseRequestUri } from '../go-url';
import { checkDuration, DOCS } from './common';
import { checkTarget } from './policy-target';

type JwtRule = NonNullable<RequestAuthenticationSpec['jwtRules']>[number];

const SEE = `${DOCS}/security/request_authentication/#JWTRule`;
const PRIVATE = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k'];
const HEADER = /^[-_A-Za-z0-9]+$/;

/** What istiod's admission demands of a RequestAuthentication beyond its schema. */
export function checkRequestAuthentication(spec: RequestAuthenticationSpec, report: Report): void {
  checkTarget(report, spec);
  (spec.jwtRules ?? []).forEach((rule, index) => checkJwtRule(rule, child('spec.jwtRules', index), report));
}

/** An issuer and its keys. */
export function checkJwtRule(rule: JwtRule, at: string, report: Report): void {
  const bad = (field: string, value: unknown, text: string, mend: string): void => report.error('AI0901', field, { value, rule: text, mend, see: SEE });
  const uri = rule.jwksUri ?? rule.jwks_uri;
  if (!rule.issuer && !uri) {
    bad(at, undefined, 'a token is known by its issuer or by its keys', 'Give `issuer` or `jwksUri`');
  }
  if (uri !== undefined && !['http', 'https'].includes(parseRequestUri(uri)?.scheme ?? '')) {
    report.error('AI0007', child(at, rule.jwksUri === undefined ? 'jwks_uri' : 'jwksUri'), { value: uri, ...celWords(KEYS_RULE), see: SEE });
  }
  (['audiences', 'fromParams', 'fromCookies'] as const).forEach((list) =>
    (rule[list] ?? []).forEach((text, index) => {
      if (text === '') {
        bad(child(child(at, list), index), '', 'entries are not empty', 'Give the text, or drop the entry');
      }
    }),
  );
  (rule.fromHeaders ?? []).forEach(({ name }, index) => {
    if (!name) {
      bad(child(child(at, 'fromHeaders'), index), name, 'a header has a name', 'Give `name`');
    }
  });
  (rule.outputClaimToHeaders ?? []).forEach(({ header, claim }, index) => {
    const field = child(child(at, 'outputClaimToHeaders'), index);
    if (!header || !claim) {
      bad(field, { header, claim }, 'a claim is passed on in a header: both are named', 'Give `header` and `claim`');
    } else if (!HEADER.test(header)) {
      bad(child(field, 'header'), header, 'a header is named by letters, digits, dashes and underscores', 'Correct the name');
    }
  });
  checkDuration(report, child(at, 'timeout'), rule.timeout);
  if (rule.jwks) {
    checkKeys(rule.jwks, child(at, 'jwks'), report);
  }
}

function checkKeys(jwks: string, field: string, report: Report): void {
  const keys = keysOf(jwks);
  if (typeof keys === 'string') {
    report.error('AI0902', field, { value: jwks, rule: `these are keys as JSON Web Keys: ${keys}`, mend: 'Paste what the issuer serves at its keys’ address', see: SEE });
  } else if (keys.some((key) => PRIVATE.some((part) => key[part] !== undefined))) {
    report.warning('AI0903', field, { rule: 'a private key is among these: whoever reads the object can sign tokens', mend: 'Give the public parts only', see: SEE });
  }
}

/** The keys of a set, or why it is none. */
function keysOf(jwks: string): readonly Record<string, unknown>[] | string {
  try {
    const parsed = JSON.parse(jwks) as { keys?: unknown } | null;
    const keys = Array.isArray(parsed?.keys) ? (parsed.keys as unknown[]) : [parsed];
    const odd = keys.find((key) => typeof (key as { kty?: unknown } | null)?.kty !== 'string');
    return odd === undefined ? (keys as Record<string, unknown>[]) : 'a key has no type (`kty`)';
  } catch (error) {
    return (error as Error).message;
  }
}
