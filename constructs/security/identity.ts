import type { IWorkload } from '../kubernetes/service';
import type { IMesh } from '../mesh/mesh';

/** What an identity is made of. */
export type Identity = Pick<IWorkload, 'namespace' | 'serviceAccountName'>;

/**
 * The identity in a peer's certificate, as AuthorizationPolicies write it: SPIFFE without its scheme.
 * @see https://istio.io/latest/docs/concepts/security/#istio-identity
 */
export function principalOf(identity: Identity, mesh: Pick<IMesh, 'trustDomain'>): string {
  return `${mesh.trustDomain}/ns/${identity.namespace}/sa/${identity.serviceAccountName}`;
}
