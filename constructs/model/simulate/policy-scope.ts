import type { PolicyTargetReference, WorkloadSelector } from '../../istio/generated';
import type { MeshModel } from '../mesh-model';
import { ModelObject, namespaceOf } from '../object';
import type { Source } from './simulation';
import { AnyObject, placeOf } from '../object';

/** Pods that policies are asked for. */
export interface PolicyTarget {
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
}

interface Targeted {
  readonly selector?: WorkloadSelector;
  readonly targetRef?: PolicyTargetReference;
  readonly targetRefs?: readonly PolicyTargetReference[];
}

const GATEWAY_NAME = 'gateway.networking.k8s.io/gateway-name';

/** Objects of a kind of `security.istio.io` that hold for pods: of the root namespace and their own, with a selector that fits or none. */
export function policiesFor<Spec extends Targeted>(model: MeshModel, kind: string, target: PolicyTarget): ModelObject<Spec>[] {
  const namespaces = new Set([model.rootNamespace, target.namespace]);
  return model.ofKind<Spec>('security.istio.io', kind).filter((object) => namespaces.has(namespaceOf(object)) && attaches(object, target));
}

/** Whether an object is for pods, by its selector or what it targets. */
export function attaches(object: ModelObject<Targeted>, target: PolicyTarget): boolean {
  const references = object.spec?.targetRefs ?? (object.spec?.targetRef ? [object.spec.targetRef] : []);
  if (references.length > 0) {
    const gateway = target.labels[GATEWAY_NAME];
    return (
      gateway !== undefined &&
      namespaceOf(object) === target.namespace &&
      references.some((reference) => reference.kind === 'Gateway' && reference.name === gateway)
    );
  }
  return Object.entries(object.spec?.selector?.matchLabels ?? {}).every(([label, value]) => target.labels[label] === value);
}

/** Names a place in an object for a message. */
export function sourceOf(object: AnyObject, field: string): Source {
  return { title: `${object.kind} ${namespaceOf(object)}/${object.metadata.name}`, field, place: placeOf(object), object };
}
