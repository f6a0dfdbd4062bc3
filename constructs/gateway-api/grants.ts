import type { IConstruct } from 'constructs';
import type { Problem } from '../validation';
import type { ReferenceGrantSpec } from './generated/reference-grant';

/** What an object names in another namespace. */
export interface ForeignReference {
  /** Place of the reference, for a problem. */
  readonly at: string;
  /** Kind of what is named. */
  readonly kind: 'Service' | 'Secret' | 'ConfigMap';
  /** Its namespace. */
  readonly namespace: string;
  /** Its name. */
  readonly name: string;
}

/** Leave that a namespace gives. */
interface Grant {
  readonly namespace: string;
  readonly spec: ReferenceGrantSpec;
}

/** Who names it. */
interface Named extends IConstruct {
  readonly kind: string;
  readonly namespace: string;
}

/** Group of the API, as references write it. */
export const GROUP = 'gateway.networking.k8s.io';

const known = new WeakMap<IConstruct, Grant[]>();

/** Notes a grant, so that who refers across namespaces sees it anywhere in the program. */
export function noteGrant(grant: Grant & IConstruct): void {
  const { root } = grant.node;
  known.set(root, [...(known.get(root) ?? []), grant]);
}

/** What an object names in other namespaces without leave of any ReferenceGrant in the program. */
export function ungranted(object: Named, references: readonly ForeignReference[]): Problem[] {
  const grants = known.get(object.node.root) ?? [];
  return references
    .filter(({ namespace }) => namespace !== object.namespace)
    .filter((reference) => !grants.some((grant) => allows(grant, object, reference)))
    .map(({ at, kind, namespace, name }) => ({
      at,
      value: `${kind} ${namespace}/${name}`,
      rule: `no ReferenceGrant of this program lets a ${object.kind} of ${object.namespace} use it, and without one it is not found`,
      mend:
        `Write new ReferenceGrant(scope, id, { namespace: '${namespace}', ` +
        `from: [{ kind: '${object.kind}', namespace: '${object.namespace}' }], to: [{ kind: '${kind}', name: '${name}' }] }), or see that somebody else does`,
      see: 'https://gateway-api.sigs.k8s.io/api-types/referencegrant/',
    }));
}

function allows({ namespace, spec }: Grant, from: { readonly kind: string; readonly namespace: string }, to: ForeignReference): boolean {
  return (
    namespace === to.namespace &&
    spec.from.some((one) => one.group === GROUP && one.kind === from.kind && one.namespace === from.namespace) &&
    spec.to.some(({ group, kind, name = to.name }) => group === '' && kind === to.kind && name === to.name)
  );
}
