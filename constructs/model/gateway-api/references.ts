import type { ReferenceGrantSpec } from '../../gateway-api/generated/reference-grant';
import type { MeshModel } from '../mesh-model';
import { namespaceOf } from '../object';

export const GATEWAY_API = 'gateway.networking.k8s.io';

/** Kinds of routes that Istio reads. */
export type RouteKind = 'HTTPRoute' | 'GRPCRoute' | 'TCPRoute' | 'TLSRoute';

/** A reference to an object: to a Service, unless it says otherwise. */
export interface BackendReference {
  readonly group?: string;
  readonly kind?: string;
  readonly name: string;
  readonly namespace?: string;
  readonly port?: number;
  readonly weight?: number;
}

/** Who refers to what. */
interface Reference {
  readonly fromKind: string;
  readonly fromNamespace: string;
  readonly toGroup: string;
  readonly toKind: string;
  readonly toNamespace: string;
  readonly toName: string;
}

/**
 * Whether an object of one namespace may refer to one of another: a ReferenceGrant beside what is referred to says so.
 * @see https://gateway-api.sigs.k8s.io/api-types/referencegrant/
 */
export function isGranted(model: MeshModel, reference: Reference): boolean {
  return model.ofKind<ReferenceGrantSpec>(GATEWAY_API, 'ReferenceGrant').some((grant) => {
    const from = (grant.spec?.from ?? []).some(
      ({ group, kind, namespace }) => group === GATEWAY_API && kind === reference.fromKind && namespace === reference.fromNamespace,
    );
    const to = (grant.spec?.to ?? []).some(
      ({ group, kind, name }) => group === reference.toGroup && kind === reference.toKind && (name === undefined || name === reference.toName),
    );
    return from && to && namespaceOf(grant) === reference.toNamespace;
  });
}
