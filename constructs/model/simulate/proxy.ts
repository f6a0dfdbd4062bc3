import type { MeshModel, ModelWorkload } from '../mesh-model';
import { podSpecOf } from './pods';
import { Registry } from './registry';
import type { SimulatedRequest } from './request';

/** Pods as the mesh sees them: who they are and whether a proxy stands before them. */
export interface Proxy {
  readonly kind: 'sidecar' | 'gateway' | 'none';
  /** How people call it. */
  readonly title: string;
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  /** SPIFFE identity without `spiffe://`. */
  readonly identity: string;
  /** `namespace/name` of the Gateway object that a request came in by. */
  readonly gateway?: string;
}

/** A proxy and what had to be assumed about it. */
export interface FoundProxy {
  readonly proxy: Proxy;
  readonly assumptions: readonly string[];
}

/** SPIFFE identity of a service account. */
export function identityOf(model: MeshModel, namespace: string, serviceAccount: string): string {
  return `${model.trustDomain}/ns/${namespace}/sa/${serviceAccount}`;
}

/** Whether pods get a sidecar: their own label decides, else their namespace's. Pods on their node's network never do. */
export function isInjected(
  model: MeshModel,
  workload: Pick<ModelWorkload, 'namespace' | 'labels' | 'annotations'> & { readonly object?: ModelWorkload['object'] },
): boolean {
  if (podSpecOf(workload.object)?.hostNetwork) {
    return false;
  }
  const own = workload.labels['sidecar.istio.io/inject'] ?? workload.annotations['sidecar.istio.io/inject'];
  const namespace = model.ofKind('', 'Namespace').find((candidate) => candidate.metadata.name === workload.namespace);
  const labels = namespace?.metadata.labels ?? {};
  if (own !== undefined && labels['istio-injection'] !== 'disabled') {
    return own === 'true';
  }
  if (!namespace) {
    // A namespace that the model does not hold belongs to somebody who put it into the mesh.
    return true;
  }
  const wanted = Object.entries(model.context.injectionLabels ?? {});
  if (wanted.length > 0) {
    return wanted.every(([label, value]) => labels[label] === value);
  }
  return labels['istio-injection'] === 'enabled' || (labels['istio-injection'] === undefined && labels['istio.io/rev'] !== undefined);
}

/** The proxy of a workload. */
export function proxyOf(model: MeshModel, workload: ModelWorkload): Proxy {
  return {
    kind: isInjected(model, workload) ? 'sidecar' : 'none',
    title: workload.name,
    namespace: workload.namespace,
    labels: workload.labels,
    identity: identityOf(model, workload.namespace, workload.serviceAccountName),
  };
}

/**
 * The caller of a request from inside the mesh.
 * @param homeNamespace namespace of a caller that is not named
 * @throws Error where the model has no such Service or workload
 */
export function callerOf(model: MeshModel, from: SimulatedRequest['from'], homeNamespace: string): FoundProxy {
  if (from === undefined || typeof from !== 'string') {
    const described = from ?? { namespace: homeNamespace };
    const workload = { namespace: described.namespace, labels: described.labels ?? {}, annotations: {} };
    const sidecar = from?.sidecar ?? (from === undefined || isInjected(model, workload));
    const proxy: Proxy = {
      kind: sidecar ? 'sidecar' : 'none',
      title: sidecar ? `a workload in ${described.namespace}` : `a workload without a sidecar in ${described.namespace}`,
      namespace: described.namespace,
      labels: workload.labels,
      identity: identityOf(model, described.namespace, described.serviceAccount ?? 'default'),
    };
    const assumption = `the caller is not named: taken as a workload with a sidecar in ${described.namespace}, without labels, as service account default`;
    return { proxy, assumptions: from === undefined ? [assumption] : [] };
  }
  const [name, namespace] = splitName(from.toLowerCase());
  const services = Registry.of(model).services.filter((service) => service.name === name && (namespace ?? service.namespace) === service.namespace);
  const service = services.find((candidate) => candidate.namespace === homeNamespace) ?? services[0];
  const workloads = service
    ? (Registry.of(model).endpoints(service) ?? [])
    : ownFirst(
        model.workloads.filter((workload) => workload.name === name && (namespace ?? workload.namespace) === workload.namespace),
        homeNamespace,
      ).slice(0, 1);
  if (workloads.length > 0) {
    const [first] = workloads;
    // What differs between the versions of a caller is not known of it.
    const labels = Object.entries(first.labels).filter(([label, value]) => workloads.every((workload) => workload.labels[label] === value));
    return { proxy: { ...proxyOf(model, first), title: name, labels: Object.fromEntries(labels) }, assumptions: [] };
  }
  if (service) {
    const proxy: Proxy = {
      kind: 'sidecar',
      title: name,
      namespace: service.namespace,
      labels: service.selector ?? {},
      identity: identityOf(model, service.namespace, 'default'),
    };
    return { proxy, assumptions: [`no workload of ${name} is known: taken as having a sidecar and the service account default`] };
  }
  const known = [...new Set([...model.services.map((candidate) => candidate.name), ...model.workloads.map((candidate) => candidate.name)])];
  throw new Error(
    `from: the model has no Service and no workload ${JSON.stringify(from)}. Name one of: ${known.sort().join(', ') || 'there is none'}.`,
  );
}

function ownFirst(workloads: readonly ModelWorkload[], namespace: string): readonly ModelWorkload[] {
  return [...workloads].sort((a, b) => Number(b.namespace === namespace) - Number(a.namespace === namespace));
}

/** `name`, `name.namespace` and full hosts, taken apart. */
export function splitName(name: string): [string, string | undefined] {
  const [first, second] = name.split('.');
  return [first, second];
}
