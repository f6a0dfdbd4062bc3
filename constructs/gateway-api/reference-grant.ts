import { Construct } from 'constructs';
import type { IstioObjectProps } from '../istio/istio-object';
import { GatewayApiObject } from './gateway-api-object';
import { REFERENCE_GRANT, ReferenceGrantFrom, ReferenceGrantSpec, ReferenceGrantTo } from './generated/reference-grant';

/** Kinds that name others across namespaces. */
export type GrantedKind = 'Gateway' | 'HTTPRoute' | 'GRPCRoute' | 'TLSRoute' | 'TCPRoute';

export interface ReferenceGrantProps extends IstioObjectProps<ReferenceGrantSpec> {
  /** Who may: a kind of the Gateway API in another namespace. */
  readonly from: readonly { readonly kind: GrantedKind; readonly namespace: string }[];
  /** What they may name here: a kind, or one object of it. */
  readonly to: readonly ('Service' | 'Secret' | { readonly kind: 'Service' | 'Secret'; readonly name: string })[];
}

/**
 * Lets routes name Services, and gateways name Secrets, of this namespace from another one.
 * @see https://gateway-api.sigs.k8s.io/api-types/referencegrant/
 */
export class ReferenceGrant extends GatewayApiObject<ReferenceGrantSpec> {
  private readonly from: readonly ReferenceGrantFrom[];
  private readonly to: readonly ReferenceGrantTo[];

  constructor(scope: Construct, id: string, props: ReferenceGrantProps) {
    super(scope, id, REFERENCE_GRANT, props);
    this.from = props.from.map((from) => ({ group: 'gateway.networking.k8s.io', ...from }));
    this.to = props.to.map((to) => ({ group: '', ...(typeof to === 'string' ? { kind: to } : to) }));
  }

  protected render(): ReferenceGrantSpec {
    return { from: this.from, to: this.to };
  }
}
