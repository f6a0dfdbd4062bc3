import type { ITerraformDependable } from 'cdktf';
import type { IService } from '../kubernetes/service';
import type { IMesh } from '../mesh/mesh';
import { Problem, throwOnProblems } from '../validation';
import type { KubernetesGateway } from './kubernetes-gateway';

/** A Service as routes point at it; versions are Services of their own here. */
export type BackendService = Pick<IService, 'name' | 'namespace' | 'ports'>;

/** A Service that requests are sent to, and how many of them. */
export interface Backend {
  readonly service: BackendService;
  /** @default the only one */
  readonly port?: number;
  /** Share beside the other backends. @default 1 */
  readonly weight?: number;
}

/** What a route is attached to: a gateway, for requests from outside, or a Service, for those of the mesh. */
export type RouteParent = KubernetesGateway | { readonly gateway: KubernetesGateway; readonly listener: string } | BackendService;

/** What routes of every protocol have in common. */
export interface RouteProps {
  readonly namespace: string;
  /** @default the construct's id in kebab-case */
  readonly name?: string;
  /** @default none */
  readonly labels?: Readonly<Record<string, string>>;
  /** @default none */
  readonly annotations?: Readonly<Record<string, string>>;
  /** @default the mesh that the nearest scope above provides */
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

interface BackendRef {
  readonly name: string;
  readonly namespace?: string;
  readonly port: number;
  readonly weight?: number;
}

/**
 * As a route of this namespace names them.
 * @param protocol for routes of HTTP, a gateway stands for those of its listeners that do more than redirect
 */
export function parentRefs(parents: readonly RouteParent[], namespace: string, protocol: 'http' | 'connections'): ParentRef[] {
  const elsewhere = (other: string): string | undefined => (other === namespace ? undefined : other);
  return parents.flatMap((parent): ParentRef[] => {
    if (isGateway(parent)) {
      const gateway = { name: parent.name, namespace: elsewhere(parent.namespace) };
      const listeners = protocol === 'http' ? parent.servingListeners : undefined;
      return listeners?.map((sectionName) => ({ ...gateway, sectionName })) ?? [gateway];
    }
    if ('gateway' in parent) {
      return [{ name: parent.gateway.name, namespace: elsewhere(parent.gateway.namespace), sectionName: parent.listener }];
    }
    return [{ group: '', kind: 'Service', name: parent.name, namespace: elsewhere(parent.namespace), port: portOf({ service: parent }) }];
  });
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
    mend: 'Give `port` one of them',
  };
  throwOnProblems(`Not a backend: ${service.name}`, chosen !== undefined && numbers.includes(chosen) ? [] : [problem]);
  return chosen as number;
}
