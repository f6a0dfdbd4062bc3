import type { RequestAuthenticationJwtRules, RequestAuthenticationSpec } from '../../istio/generated';
import type { MeshModel } from '../mesh-model';
import type { AnyObject } from '../object';
import { PolicyTarget, policiesFor, sourceOf } from './policy-scope';
import { readClaim } from './route-match';
import { HeaderChanges, NO_CHANGES, PolicyVerdict } from './simulation';

/** The token that comes along with a request. */
export interface Token {
  readonly claims: Readonly<Record<string, unknown>>;
  readonly valid: boolean;
}

/** What a proxy makes of a token. */
export interface TokenCheck {
  /** Claims that the proxy vouches for. */
  readonly claims?: Readonly<Record<string, unknown>>;
  /** Refusal, where the token is not good. */
  readonly refused?: PolicyVerdict;
  /** Whether the proxy passes the token on to what is behind it. */
  readonly forwarded: boolean;
  /** Headers that the proxy keeps for what it knows of tokens: taken off every request, and set by a good token. */
  readonly headers: HeaderChanges;
}

interface PlacedRule {
  readonly rule: RequestAuthenticationJwtRules;
  readonly object: AnyObject;
  readonly field: string;
}

/** Checks a token by the RequestAuthentications of a workload. Without any, the token means nothing there and passes. */
export function checkToken(model: MeshModel, target: PolicyTarget, token: Token | undefined): TokenCheck {
  const rules = policiesFor<RequestAuthenticationSpec>(model, 'RequestAuthentication', target).flatMap((object) =>
    (object.spec?.jwtRules ?? []).map((rule, index): PlacedRule => ({ rule, object, field: `jwtRules[${index}]` })),
  );
  const headers = { ...NO_CHANGES, remove: rules.flatMap(({ rule }) => headersOf(rule)) };
  if (!token || rules.length === 0) {
    return { forwarded: true, headers };
  }
  const issuer = token.claims.iss;
  const found = rules.find(({ rule }) => rule.issuer === undefined || rule.issuer === '' || rule.issuer === issuer);
  if (!found || !token.valid) {
    const place = found ?? rules[0];
    const stranger = issuer === undefined ? 'the token names no issuer (claim iss)' : `no jwtRule knows the issuer ${JSON.stringify(issuer)}`;
    const why = token.valid ? stranger : 'the token is not valid';
    return { forwarded: true, headers, refused: { verdict: 'deny', status: 401, why, source: sourceOf(place.object, place.field), observed: [] } };
  }
  const audiences = found.rule.audiences ?? [];
  const given = [token.claims.aud].flat();
  if (audiences.length > 0 && !audiences.some((audience) => given.includes(audience))) {
    const why = `the token is for ${JSON.stringify(token.claims.aud)}, not for ${audiences.join(' or ')}`;
    return {
      forwarded: true,
      headers,
      refused: { verdict: 'deny', status: 403, why, source: sourceOf(found.object, `${found.field}.audiences`), observed: [] },
    };
  }
  return {
    claims: withLists(token.claims, found.rule),
    forwarded: found.rule.forwardOriginalToken ?? false,
    headers: { ...headers, set: headersFrom(token.claims, found.rule) },
  };
}

/** Claims whose text is a list with spaces between its members, as policies and routes read them. */
function withLists(claims: Token['claims'], rule: RequestAuthenticationJwtRules): Token['claims'] {
  const listed = new Set(['scope', 'permission', ...(rule.spaceDelimitedClaims ?? [])]);
  return Object.fromEntries(
    Object.entries(claims).map(([name, value]) => [name, listed.has(name) && typeof value === 'string' ? value.split(' ').filter(Boolean) : value]),
  );
}

function headersOf(rule: RequestAuthenticationJwtRules): string[] {
  const names = [...(rule.outputClaimToHeaders ?? []).map(({ header }) => header), rule.outputPayloadToHeader];
  return names.flatMap((name) => (name ? [name.toLowerCase()] : []));
}

/** Claims that are texts, numbers or truth values; others are not written. */
function headersFrom(claims: Token['claims'], rule: RequestAuthenticationJwtRules): Record<string, string> {
  const written = (rule.outputClaimToHeaders ?? []).flatMap(({ header, claim }): [string, string][] => {
    const value = readClaim(claims, (claim ?? '').split('.'));
    return header && ['string', 'number', 'boolean'].includes(typeof value) && value !== '' ? [[header.toLowerCase(), String(value)]] : [];
  });
  const payload = Buffer.from(JSON.stringify(claims)).toString('base64url');
  const whole: [string, string][] = rule.outputPayloadToHeader ? [[rule.outputPayloadToHeader.toLowerCase(), payload]] : [];
  return Object.fromEntries([...written, ...whole]);
}
