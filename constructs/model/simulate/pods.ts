import type { MeshModel, ModelWorkload } from '../mesh-model';
import type { AnyObject } from '../object';
import type { RegistryPort } from './registry';

/** Pods of a workload. */
export function replicasOf(workload: ModelWorkload): number {
  const replicas = (workload.object.spec as { replicas?: unknown } | undefined)?.replicas;
  return typeof replicas === 'number' ? replicas : typeof replicas === 'string' && /^\d+$/.test(replicas) ? Number(replicas) : 1;
}

/** Port of a workload's pods that a Service's port leads to. */
export function workloadPort(port: RegistryPort, workload: ModelWorkload | undefined): number {
  if (typeof port.target === 'number' || /^\d+$/.test(port.target)) {
    return Number(port.target);
  }
  const ports = (podSpecOf(workload?.object)?.containers ?? []).flatMap((container) => container.ports ?? []);
  const named = ports.find((candidate) => candidate.name === port.target);
  return named?.containerPort ?? port.number;
}

interface PodSpec {
  readonly hostNetwork?: boolean;
  readonly containers?: readonly {
    readonly ports?: readonly { readonly name?: string; readonly containerPort?: number }[];
    readonly env?: readonly { readonly name: string; readonly value?: string }[];
  }[];
}

/** Specification of the pods of a workload. */
export function podSpecOf(object: AnyObject | undefined): PodSpec | undefined {
  const spec = object?.spec as ({ readonly template?: { readonly spec?: PodSpec } } & PodSpec) | undefined;
  return spec?.template ? spec.template.spec : spec;
}

/** Names of the Kubernetes Services that choose a workload. */
export function servicesOf(model: MeshModel, { labels, namespace }: Pick<ModelWorkload, 'labels' | 'namespace'>): string[] {
  return model.services
    .filter(({ selector, namespace: own }) => own === namespace && isSelected(selector, labels))
    .map(({ name }) => name);
}

function isSelected(selector: ModelWorkload['labels'], labels: ModelWorkload['labels']): boolean {
  const wanted = Object.entries(selector);
  return wanted.length > 0 && wanted.every(([label, value]) => labels[label] === value);
}
