import type { ClusterTools } from '../tools/cluster-access';
import { kubectlJson } from '../tools/cluster-access';

interface ContainerStatus {
  readonly name: string;
  readonly ready: boolean;
  readonly state?: { readonly waiting?: { readonly reason?: string; readonly message?: string }; readonly terminated?: { readonly reason?: string } };
}

interface Pod {
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly status?: {
    readonly phase?: string;
    readonly conditions?: readonly { readonly type: string; readonly status: string; readonly message?: string }[];
    readonly containerStatuses?: readonly ContainerStatus[];
    readonly initContainerStatuses?: readonly ContainerStatus[];
  };
}

/** Why a pod is not ready yet; nothing where it is ready or has done its work. */
export function waitingReason(pod: Pod): string | undefined {
  const status = pod.status ?? {};
  const isReady = status.conditions?.some((condition) => condition.type === 'Ready' && condition.status === 'True');
  if (isReady || status.phase === 'Succeeded') {
    return undefined;
  }
  const blocked = [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])]
    .map((container) => ({ name: container.name, waiting: container.state?.waiting }))
    .find(({ waiting }) => waiting?.reason !== undefined && waiting.reason !== 'PodInitializing');
  if (blocked?.waiting) {
    return `${blocked.name}: ${blocked.waiting.reason}${blocked.waiting.message ? ` (${blocked.waiting.message})` : ''}`;
  }
  const unscheduled = status.conditions?.find((condition) => condition.type === 'PodScheduled' && condition.status === 'False');
  return unscheduled?.message ?? (status.phase === 'Running' ? 'not ready' : (status.phase ?? 'no status'));
}

/**
 * Watches the pods of some namespaces while something is being applied, so that its progress can be told, and the reason where it fails.
 */
export class PodWatch {
  private last: string[] = [];
  private timer: NodeJS.Timeout | undefined;
  private stopped = false;

  constructor(
    private readonly tools: Pick<ClusterTools, 'kubectl'>,
    private readonly namespaces: readonly string[],
    private readonly report: (line: string) => void,
  ) {
    this.schedule();
  }

  /** Pods that were not ready when last seen, each with its reason. */
  get waiting(): readonly string[] {
    return this.last;
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
  }

  private schedule(): void {
    this.timer = setTimeout(() => void this.look(), 2500);
  }

  private async look(): Promise<void> {
    try {
      const lists = await Promise.all(
        this.namespaces.map((namespace) => kubectlJson<{ items: Pod[] }>(this.tools, ['get', 'pods', '-n', namespace, '--request-timeout=5s'], { timeoutSeconds: 10 })),
      );
      const pods = lists.flatMap((list) => list.items);
      const waiting = pods.flatMap((pod) => {
        const reason = waitingReason(pod);
        return reason === undefined ? [] : [`${pod.metadata.name}: ${reason}`];
      });
      // After a roll-back the pods are gone: what was seen before tells why.
      if (pods.length > 0 && waiting.length > 0) {
        this.last = waiting;
      }
      if (!this.stopped && pods.length > 0) {
        const first = waiting[0]?.replace(/\s+/g, ' ').slice(0, 100);
        this.report(`${pods.length - waiting.length} of ${pods.length} pods ready${first ? `, waiting for ${first}` : ''}`);
      }
    } catch {
      // A look that fails is repeated; the command it accompanies has the say.
    }
    if (!this.stopped) {
      this.schedule();
    }
  }
}
