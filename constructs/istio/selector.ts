import type { IWorkload } from '../kubernetes/service';

/** Pods, by their labels. */
export type Selected = Pick<IWorkload, 'labels'>;

/** As security, telemetry and extension kinds write it; nothing stands for the whole namespace. */
export function matchLabels(workload: Selected | undefined): { readonly matchLabels: Readonly<Record<string, string>> } | undefined {
  return workload && { matchLabels: workload.labels };
}

/** As networking kinds write it. */
export function labelSelector(workload: Selected | undefined): { readonly labels: Readonly<Record<string, string>> } | undefined {
  return workload && { labels: workload.labels };
}
