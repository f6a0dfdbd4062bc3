import { Construct } from 'constructs';
import type { IstioObjectProps } from '../istio/istio-object';
import { Problem, throwOnProblems } from '../validation';
import { GatewayApiObject } from './gateway-api-object';
import { REFERENCE_GRANT, ReferenceGrantFrom, ReferenceGrantSpec, ReferenceGrantTo } from './generated/reference-grant';
import { GROUP, noteGrant } from './grants';
import type { BackendService } from './parents';

/** Kinds that name others across namespaces. */
export type GrantedKind = 'Gateway' | 'HTTPRoute' | 'GRPCRoute' | 'TLSRoute' | 'TCPRoute';

/** Kinds that are named: Services by routes; certificates in Secrets, and authorities in ConfigMaps too, by gateways. */
export type GrantingKind = 'Service' | 'Secret' | 'ConfigMap';

/** Settings of {@link ReferenceGrant}. */
export interface ReferenceGrantProps extends IstioObjectProps<ReferenceGrantSpec> {
  /** Who may: a route or a gateway, which stands for all of its kind and namespace, or these by name. */
  readonly from: readonly (GatewayApiObject<object> | { readonly kind: GrantedKind; readonly namespace: string })[];
  /** What they may name here: a kind, one object of it, or a Service. */
  readonly to: readonly (GrantingKind | { readonly kind: GrantingKind; readonly name: string } | BackendService)[];
}

/**
 * Lets routes name Services, and gateways name Secrets, of this namespace from another one.
 * @see https://gateway-api.sigs.k8s.io/api-types/referencegrant/
 */
export class ReferenceGrant extends GatewayApiObject<ReferenceGrantSpec> {
  private readonly from: readonly ReferenceGrantFrom[];
  private readonly to: readonly ReferenceGrantTo[];

  /** @throws ProblemError where `from` or `to` is empty, or a Service is of another namespace */
  constructor(scope: Construct, id: string, props: ReferenceGrantProps) {
    super(scope, id, REFERENCE_GRANT, props);
    throwOnProblems(`${this.node.path} cannot be created:`, this.propProblems(props));
    this.from = props.from.map(({ kind, namespace }) => ({ group: GROUP, kind, namespace }));
    this.to = props.to.map((to) => ({ group: '', ...(typeof to === 'string' ? { kind: to } : { kind: 'kind' in to ? to.kind : 'Service', name: to.name }) }));
    noteGrant(this);
  }

  protected render(): ReferenceGrantSpec {
    return { from: this.from, to: this.to };
  }

  private propProblems({ from, to }: ReferenceGrantProps): Problem[] {
    return [
      ...(from.length > 0 ? [] : [{ at: this.at('from'), rule: 'a grant is for somebody', mend: 'Name who may' }]),
      ...(to.length > 0 ? [] : [{ at: this.at('to'), rule: 'a grant is for something', mend: 'Name what they may use' }]),
      ...to.flatMap((one): Problem[] =>
        typeof one === 'object' && 'namespace' in one && one.namespace !== this.namespace
          ? [
              {
                at: this.at('to'),
                value: `${one.namespace}/${one.name}`,
                rule: `a grant stands in the namespace of what it is for, and this one is in ${this.namespace}`,
                mend: `Write \`namespace: '${one.namespace}'\``,
              },
            ]
          : [],
      ),
    ];
  }
}
