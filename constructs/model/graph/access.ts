import type { AuthorizationPolicySpec, RequestAuthenticationSpec } from '../../istio/generated';
import type { MeshModel } from '../mesh-model';
import { policiesFor, PolicyTarget } from '../simulate/policy-scope';
import type { Access } from './topology';

/** Who gets in, the policies that say so, and what they ask beyond who calls. */
export interface Restriction {
  readonly access: Access;
  readonly policies: readonly string[];
  readonly guards: readonly string[];
}

/** Pods without a sidecar: policies that select them have nobody to enforce them. */
export const NOBODY_ASKS: Restriction = { access: 'open', policies: [], guards: [] };

/** Who gets in, as far as policies with no conditions tell. */
export function accessOf(model: MeshModel, target: PolicyTarget): Restriction {
  const policies = policiesFor<AuthorizationPolicySpec>(model, 'AuthorizationPolicy', target).filter((policy) => policy.spec?.action !== 'AUDIT');
  const of = (action: string): typeof policies => policies.filter((policy) => (policy.spec?.action ?? 'ALLOW') === action);
  const issuers = policiesFor<RequestAuthenticationSpec>(model, 'RequestAuthentication', target).flatMap(({ spec }) =>
    (spec?.jwtRules ?? []).map(({ issuer }) => `tokens of ${issuer ?? 'anybody'}`),
  );
  const guards = [
    ...issuers,
    ...of('CUSTOM').map(({ spec }) => `asks ${spec?.provider?.name ?? 'an authoriser'}`),
    ...of('DENY').map(({ metadata }) => `denied by ${metadata.name}`),
  ];
  const named = { policies: policies.map((policy) => policy.metadata.name).sort(), guards: [...new Set(guards)] };
  const rulesOf = (action: string): number[] => of(action).map((policy) => policy.spec?.rules?.length ?? 0);
  const allowing = rulesOf('ALLOW');
  if (allowing.length > 0 && allowing.every((rules) => rules === 0)) {
    return { access: 'closed', ...named };
  }
  const restricted = allowing.length > 0 || [...rulesOf('DENY'), ...rulesOf('CUSTOM')].some((rules) => rules > 0);
  return { access: restricted ? 'restricted' : 'open', ...named };
}
