import { Token } from 'cdktf';
import type { Construct } from 'constructs';
import type { IMesh } from '../mesh/mesh';
import { Problem, throwOnProblems } from '../validation';
import { IstioKind, IstioObject, IstioObjectProps } from './istio-object';
import { isReferred, PolicyTarget } from './target';

/** Props of an object that may take its namespace from what it is for. */
export interface PlacedProps<Spec> extends Omit<IstioObjectProps<Spec>, 'namespace'> {
  /** Namespace that it is written to. @default the target's */
  readonly namespace?: string;
}

/** Props of an object that is for the proxies of a target. */
export interface TargetedProps<Spec> extends PlacedProps<Spec> {
  /**
   * Whose proxies it is for: pods, a gateway of the mesh, or an object with a `targetRef`, such as a KubernetesGateway.
   * @default all of the namespace; in the mesh's root namespace, all of the mesh
   * @see https://istio.io/latest/docs/reference/config/type/workload-selector/
   */
  readonly target?: PolicyTarget;
}

/** Kinds whose selector, in the mesh's root namespace, chooses among the pods of every namespace; other kinds choose among their own. */
const CHOOSING_FROM_ROOT = ['AuthorizationPolicy', 'EnvoyFilter', 'RequestAuthentication', 'TrafficExtension', 'WasmPlugin'];

/** What the kinds have in common that are for a target: they live where it lives. */
export abstract class TargetedObject<Spec extends object> extends IstioObject<Spec> {
  /** Whose proxies it is for. */
  protected readonly target?: PolicyTarget;

  /** @throws ProblemError where it is written to a namespace from which it does not reach its target */
  protected constructor(scope: Construct, id: string, kind: IstioKind, props: PlacedProps<Spec>, target: PolicyTarget | undefined) {
    super(scope, id, kind, { ...props, namespace: props.namespace ?? target?.namespace ?? '' });
    this.target = target;
    throwOnProblems(`${this.node.path} cannot be created:`, placeProblems(this, target));
  }
}

/** What keeps an object from reaching its target. */
function placeProblems({ kind, namespace, mesh, node }: Pick<IstioObject<object>, 'kind' | 'namespace' | 'mesh' | 'node'>, target: PolicyTarget | undefined): Problem[] {
  if (target?.namespace === undefined || Token.isUnresolved(namespace) || Token.isUnresolved(target.namespace)) {
    return [];
  }
  const at = `${node.path}: namespace`;
  if (kind === 'PeerAuthentication' && isRoot(namespace, mesh)) {
    return [{ at, value: namespace, rule: 'istiod passes over a PeerAuthentication for single pods in the root namespace of the mesh', mend: 'Leave the pods out to mean the whole mesh' }];
  }
  const reaching = CHOOSING_FROM_ROOT.includes(kind) && isRoot(namespace, mesh) && !isReferred(target);
  return namespace === target.namespace || reaching
    ? []
    : [{ at, value: namespace, rule: `it would never apply: what it is for lives in the namespace ${target.namespace}`, mend: 'Leave `namespace` out: it is taken from the target' }];
}

function isRoot(namespace: string, mesh: Pick<IMesh, 'rootNamespace'>): boolean {
  return namespace === mesh.rootNamespace;
}
