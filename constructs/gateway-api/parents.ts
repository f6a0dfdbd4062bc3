import type { ITerraformDependable } from 'cdktf';
import type { IService } from '../kubernetes/service';
import type { IMesh } from '../mesh/mesh';
import { Problem, throwOnProblems } from '../validation';
import { KubernetesGateway } from './kubernetes-gateway';

/** A Service that requests are sent to; versions are Services of their own here. */
export interface Backend {
  readonly service: Pick<IService, 'name' | 'namespace' | 'ports'>;
  /** @default the only one */
  readonly port?: number;
  /** Share beside the other backends. @default 1 */
  readonly weight?: number;
}

/** What a route is attached to: a gateway, for requests from outside, or a Service, for those of the mesh. */
export type RouteParent = KubernetesGateway | { readonly gateway: KubernetesGateway; readonly listener: string } | Backend['service'];

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

/** As a route of this namespace names them. */
export function parentRefs(parents: readonly RouteParent[], namespace: string): ParentRef[] {
  const elsewhere = (other: string): string | undefined => (other === namespace ? undefined : other);
  return parents.map((parent) => {
    if (parent instanceof KubernetesGateway) {
      return { name: parent.name, namespace: elsewhere(parent.namespace) };
    }
    if ('gateway' in parent) {
      return { name: parent.gateway.name, namespace: elsewhere(parent.gateway.namespace), sectionName: parent.listener };
    }
    return { group: '', kind: 'Service', name: parent.name, namespace: elsewhere(parent.namespace), port: portOf({ service: parent }) };
  });
}

/**
 * As a route of this namespace names them.
 * @throws ProblemError where a Service has several ports and none is given
 */
export function backendRefs(backends: Backend | readonly Backend[], namespace: string): BackendRef[] {
  return [backends].flat().map((backend) => ({
    name: backend.service.name,
    namespace: backend.service.namespace === namespace ? undefined : backend.service.namespace,
    port: portOf(backend),
    weight: backend.weight,
  }));
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
