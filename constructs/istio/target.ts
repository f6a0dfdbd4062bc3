import type { IService } from '../kubernetes/service';
import type { MeshGateway } from '../mesh/mesh';
import type { AuthorizationPolicySpec } from './generated/authorization-policy';
import type { PolicyTargetReference } from './generated/common';
import type { Selected } from './selector';

/**
 * An object that policies refer to where pods are not chosen by labels: a gateway or waypoint of the Gateway API, or a Service behind a waypoint.
 * @see https://istio.io/latest/docs/reference/config/type/workload-selector/#PolicyTargetReference
 */
export interface Referred {
  /** Group, kind and name of the object. */
  readonly targetRef: PolicyTargetReference;
  /** Namespace of the object, where what refers to it lives too. @default the namespace of what refers to it */
  readonly namespace?: string;
}

/** Whose proxies an object is for: pods, a gateway of the mesh, or an object that has a `targetRef`, such as a KubernetesGateway. */
export type PolicyTarget = Selected | MeshGateway | Referred;

/** Targets that no construct here makes. */
export class Target {
  /** A gateway or waypoint of the Gateway API that exists already. */
  static gateway(name: string, namespace?: string): Referred {
    return { targetRef: { group: 'gateway.networking.k8s.io', kind: 'Gateway', name }, namespace };
  }

  /** A Service whose requests go through a waypoint; without a waypoint nothing applies what refers to it. */
  static service({ name, namespace }: Pick<IService, 'name' | 'namespace'>): Referred {
    return { targetRef: { group: '', kind: 'Service', name }, namespace };
  }
}

export function isReferred(target: object): target is Referred {
  return 'targetRef' in target;
}

/** The pods of a target; nothing where it is referred to. */
export function podsOf(target: PolicyTarget | undefined): Selected | undefined {
  if (!target || isReferred(target)) {
    return undefined;
  }
  return 'selector' in target ? { labels: target.selector, namespace: target.namespace } : target;
}

/** How a spec names an object that it refers to. */
export function referencesTo(target: PolicyTarget | undefined): readonly PolicyTargetReference[] | undefined {
  return target && isReferred(target) ? [target.targetRef] : undefined;
}

/** As security, telemetry and extension kinds write their target; nothing stands for the whole namespace. */
export function targeting(target: PolicyTarget | undefined): Pick<AuthorizationPolicySpec, 'selector' | 'targetRefs'> {
  const pods = podsOf(target);
  return { selector: pods && { matchLabels: pods.labels }, targetRefs: referencesTo(target) };
}
