import type { RequestAuthenticationJwtRules, RequestAuthenticationSpec } from '../../istio/generated';
import type { MeshModel } from '../mesh-model';
import type { AnyObject } from '../object';
import { PolicyTarget, policiesFor, sourceOf } from './policy-scope';
import type { PolicyVerdict } from './simulation';

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
  if (!token || rules.length === 0) {
    return { forwarded: true };
  }
  const issuer = token.claims.iss;
  const found = rules.find(({ rule }) => rule.issuer === undefined || rule.issuer === '' || rule.issuer === issuer);
  if (!found || !token.valid) {
    const place = found ?? rules[0];
    const why = token.valid ? `no jwtRule knows the issuer ${JSON.stringify(issuer)}` : 'the token is not valid';
    return { forwarded: true, refused: { verdict: 'deny', status: 401, why, source: sourceOf(place.object, place.field), observed: [] } };
  }
  const audiences = found.rule.audiences ?? [];
  const given = [token.claims.aud].flat();
  if (audiences.length > 0 && !audiences.some((audience) => given.includes(audience))) {
    const why = `the token is for ${JSON.stringify(token.claims.aud)}, not for ${audiences.join(' or ')}`;
    return {
      forwarded: true,
      refused: { verdict: 'deny', status: 403, why, source: sourceOf(found.object, `${found.field}.audiences`), observed: [] },
    };
  }
  return { claims: token.claims, forwarded: found.rule.forwardOriginalToken ?? false };
}
