import type { IWorkload } from '../kubernetes/service';

/** Pods, by their labels. */
export interface Selected extends Pick<IWorkload, 'labels'> {
  /** Namespace that they run in. @default the namespace of the object that chooses them */
  readonly namespace?: string;
}

/** As networking kinds write it. */
export function labelSelector(workload: Selected | undefined): { readonly labels: Readonly<Record<string, string>> } | undefined {
  return workload && { labels: workload.labels };
}
