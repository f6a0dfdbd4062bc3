import type { ITerraformDependable } from 'cdktf';
import type { IService } from '../kubernetes/service';
import type { IMesh } from '../mesh/mesh';
import { Problem, throwOnProblems } from '../validation';
import type { KubernetesGateway } from './kubernetes-gateway';

/** A Service as routes point at it; versions are Services of their own here. */
export type BackendService = Pick<IService, 'name' | 'namespace' | 'ports'>;

/** A Service that requests are sent to, and how many of them. */
export interface Backend {
  /** The Service; one of another namespace needs a {@link ReferenceGrant} there for routes of gateways. */
  readonly service: BackendService;
  /** Port of the Service. @default the only one */
  readonly port?: number;
  /** Share beside the other backends, such as percent; of 0 receives nothing. @default 1 */
  readonly weight?: number;
}

/** A part of a gateway; without `listener` and `port` all of it. */
export interface GatewayParent {
  /** The gateway. */
  readonly gateway: KubernetesGateway;
  /** Name of its one listener. @default every listener */
  readonly listener?: string;
  /** Listeners at this port. @default any port */
  readonly port?: number;
}

/** A Service that clients in the mesh call. */
export interface ServiceParent {
  /** The Service. */
  readonly service: BackendService;
  /** Its port that the route is for. @default the only one */
  readonly port?: number;
}

/** What a route is attached to: a gateway, for requests from outside, or a Service, for those of the mesh. */
export type RouteParent = KubernetesGateway | GatewayParent | BackendService | ServiceParent;

/** What routes of every protocol have in common. */
export interface RouteProps {
  /** Namespace of the route. Attached to a Service of its own namespace it is for all clients, else for those of the route's namespace. */
  readonly namespace: string;
  /** Name of the object. @default the construct's id in kebab-case */
  readonly name?: string;
  /** Labels of the object. @default none */
  readonly labels?: Readonly<Record<string, string>>;
  /** Annotations of the object. @default none */
  readonly annotations?: Readonly<Record<string, string>>;
  /** The mesh that reads it. @default the mesh that the nearest scope above provides */
  readonly mesh?: IMesh;
  /** What must exist before this object. @default none */
  readonly dependsOn?: readonly ITerraformDependable[];
  /** Gateways, or Services that clients in the mesh ask for. */
  readonly parents: readonly RouteParent[];
}

/** Where a route sends requests: a Service, alone or with its share. */
export type Target = Backend | BackendService;

interface ParentRef {
  readonly group?: string;
  readonly kind?: string;
  readonly name: string;
  readonly namespace?: string;
  readonly port?: number;
  readonly sectionName?: string;
}

/** A Service as a route names it. */
export interface BackendRef {
  /** Name of the Service. */
  readonly name: string;
  /** Its namespace. @default the route's */
  readonly namespace?: string;
  /** Its port. */
  readonly port: number;
  /** Share beside the other backends. @default 1 */
  readonly weight?: number;
}

/**
 * As a route of this namespace names them.
 * @param protocol for routes of HTTP, a gateway stands for those of its listeners that do more than redirect
 */
export function parentRefs(parents: readonly RouteParent[], namespace: string, protocol: 'http' | 'connections'): ParentRef[] {
  const elsewhere = (other: string): string | undefined => (other === namespace ? undefined : other);
  return parents.flatMap((parent): ParentRef[] => {
    if (isGateway(parent) || 'gateway' in parent) {
      const { gateway, listener, port }: GatewayParent = isGateway(parent) ? { gateway: parent } : parent;
      const reference = { name: gateway.name, namespace: elsewhere(gateway.namespace) };
      if (listener !== undefined || port !== undefined) {
        return [{ ...reference, sectionName: listener, port }];
      }
      const listeners = protocol === 'http' ? gateway.servingListeners : undefined;
      return listeners?.map((sectionName) => ({ ...reference, sectionName })) ?? [reference];
    }
    const { name, namespace: home } = 'service' in parent ? parent.service : parent;
    return [{ group: '', kind: 'Service', name, namespace: elsewhere(home), port: portOf('service' in parent ? parent : { service: parent }) }];
  });
}

/** Whether some gateway obeys the route: what is of other namespaces then needs a ReferenceGrant, which routes of the mesh do not. */
export function isOfGateways(parents: readonly RouteParent[]): boolean {
  return parents.some((parent) => isGateway(parent) || 'gateway' in parent);
}

/** Told by what it has, as gateways have routes of their own and this file would need itself. */
function isGateway(parent: RouteParent): parent is KubernetesGateway {
  return 'servingListeners' in parent;
}

/**
 * As a route of this namespace names them.
 * @throws ProblemError where a Service has several ports and none is given
 */
export function backendRefs(backends: Target | readonly Target[], namespace: string): BackendRef[] {
  return [backends].flat().map((target) => {
    const backend = backendOf(target);
    return {
      name: backend.service.name,
      namespace: backend.service.namespace === namespace ? undefined : backend.service.namespace,
      port: portOf(backend),
      weight: backend.weight,
    };
  });
}

/** A Service alone is a backend too: all that a backend has besides may be left out. */
export function backendOf<B extends Backend>(target: B | BackendService): B {
  return ('service' in target ? target : { service: target }) as B;
}

function portOf({ service, port }: Backend): number {
  const numbers = service.ports.map((candidate) => candidate.port);
  const chosen = port ?? (numbers.length === 1 ? numbers[0] : undefined);
  const problem: Problem = {
    at: `${service.name}.port`,
    value: port,
    rule: `${service.name} has the ports ${numbers.join(', ')}, and a route goes to one`,
    mend: 'Write `{ service, port }` with one of them',
  };
  throwOnProblems(`No port of ${service.name} is chosen:`, chosen !== undefined && numbers.includes(chosen) ? [] : [problem]);
  return chosen as number;
}
