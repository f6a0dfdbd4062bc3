import type { ClusterTools } from '../tools/cluster-access';
import { kubectlJson } from '../tools/cluster-access';

/** A pod as the checks need it. */
export interface MeshPod {
  readonly name: string;
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly ip?: string;
  readonly ready: boolean;
  /** Containers, sidecars among them. */
  readonly containers: readonly string[];
  /** Image of the first container. */
  readonly image: string;
}

/** Container that Istio's injection adds. */
export const PROXY_CONTAINER = 'istio-proxy';

interface PodList {
  readonly items: readonly {
    readonly metadata: {
      readonly name: string;
      readonly namespace: string;
      readonly labels?: Record<string, string>;
      readonly deletionTimestamp?: string;
    };
    readonly spec: {
      readonly containers: readonly { readonly name: string; readonly image: string }[];
      readonly initContainers?: readonly { readonly name: string; readonly restartPolicy?: string }[];
    };
    readonly status: {
      readonly phase?: string;
      readonly podIP?: string;
      readonly conditions?: readonly { readonly type: string; readonly status: string }[];
    };
  }[];
}

/** Pods that a program has ended in, or that a node has evicted, stay in the list until somebody deletes them. */
const ENDED = ['Succeeded', 'Failed'];

/** Pods of a namespace, without those that have ended or are on their way out. */
export async function listPods(
  tools: Pick<ClusterTools, 'kubectl'>,
  namespace: string,
  labels: Readonly<Record<string, string>> = {},
): Promise<MeshPod[]> {
  const selector = Object.entries(labels).map(([name, value]) => `${name}=${value}`).join(',');
  const list = await kubectlJson<PodList>(tools, ['get', 'pods', '-n', namespace, ...(selector ? ['-l', selector] : [])], { timeoutSeconds: 20 });
  return list.items
    .filter(({ metadata, status }) => metadata.deletionTimestamp === undefined && !ENDED.includes(status.phase ?? ''))
    .map((pod) => ({
      name: pod.metadata.name,
      namespace: pod.metadata.namespace,
      labels: pod.metadata.labels ?? {},
      ip: pod.status.podIP,
      ready: pod.status.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false,
      containers: containersOf(pod),
      image: pod.spec.containers.find(({ name }) => name !== PROXY_CONTAINER)?.image ?? pod.spec.containers[0].image,
    }));
}

/** A native sidecar is an init container that keeps running. */
function containersOf(pod: PodList['items'][number]): string[] {
  const sidecars = (pod.spec.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always');
  return [...pod.spec.containers, ...sidecars].map(({ name }) => name);
}

/** A pod that is ready and carries these labels. */
export function readyPod(pods: readonly MeshPod[], labels: Readonly<Record<string, string>>): MeshPod | undefined {
  return pods.find((pod) => pod.ready && hasLabels(pod, labels));
}

/** Whether a pod carries these labels. */
export function hasLabels(pod: MeshPod, labels: Readonly<Record<string, string>>): boolean {
  return Object.entries(labels).every(([name, value]) => pod.labels[name] === value);
}
