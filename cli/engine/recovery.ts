import { FIELD_MANAGER, MANAGED_BY_LABEL } from './markers';
import { KubernetesObjectData, qualifiedTitle } from '../../constructs/kubernetes/conversion/object-data';
import { latestRecord, ReleaseRecord, revisions } from '../tools/releases';

/** A release that is declared, with the name of its chart. */
export interface ExpectedRelease {
  readonly name: string;
  readonly namespace: string;
  readonly chartName: string;
  /** Seconds that a run may work on it. */
  readonly timeoutSeconds: number;
}

/** What a run knows about other runs. */
export interface RunFacts {
  /** The last run of this machine on the cluster was killed, or failed. */
  readonly previousCrashed: boolean;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** What mends a release that a killed run left in the middle of something. */
export type ReleaseMend =
  | { readonly kind: 'uninstall'; readonly name: string; readonly namespace: string; readonly why: string }
  | { readonly kind: 'rollback'; readonly name: string; readonly namespace: string; readonly revision: number; readonly why: string }
  | { readonly kind: 'refuse'; readonly name: string; readonly namespace: string; readonly why: string };

const PENDING: readonly string[] = ['pending-install', 'pending-upgrade', 'pending-rollback'];

/**
 * Decides what has to happen to declared releases before they can be applied. A finished release that nobody recorded needs nothing: applying
 * adopts it. One of the same name from another chart is somebody else's, and so may be what became pending a moment ago while no run of ours failed.
 */
export function releaseMends(expected: readonly ExpectedRelease[], records: readonly ReleaseRecord[], facts: RunFacts): ReleaseMend[] {
  return expected.flatMap(({ name, namespace, chartName, timeoutSeconds }): ReleaseMend[] => {
    const latest = latestRecord(records, name, namespace);
    if (!latest) {
      return [];
    }
    if (latest.chart.name !== chartName) {
      return [{ kind: 'refuse', name, namespace, why: `it was installed from the chart ${latest.chart.name}, and this program would install ${chartName}` }];
    }
    if (latest.status !== 'uninstalling' && !PENDING.includes(latest.status)) {
      return [];
    }
    const ageSeconds = Math.round((facts.now - latest.updated) / 1000);
    if (!facts.previousCrashed && ageSeconds < timeoutSeconds) {
      return [{ kind: 'refuse', name, namespace, why: `it is ${latest.status} since ${ageSeconds} s, perhaps by a run elsewhere; after ${timeoutSeconds} s it counts as left behind` }];
    }
    if (latest.status === 'uninstalling') {
      return [{ kind: 'uninstall', name, namespace, why: 'a killed run left it half uninstalled' }];
    }
    const good = revisions(records, name, namespace)
      .filter((record) => record.status === 'deployed')
      .at(-1);
    const why = `a killed run left it in ${latest.status}`;
    return good ? [{ kind: 'rollback', name, namespace, revision: good.revision, why }] : [{ kind: 'uninstall', name, namespace, why }];
  });
}

/** An object as the cluster has it. */
export interface ClusterObject extends KubernetesObjectData {
  readonly metadata: KubernetesObjectData['metadata'] & { readonly managedFields?: readonly { readonly manager?: string }[] };
}

/** An object that a stack declares, as Terraform addresses it. */
export interface ExpectedObject {
  readonly address: string;
  readonly type: string;
  readonly object: KubernetesObjectData;
}

export type ObjectDecision =
  | { readonly kind: 'import'; readonly address: string; readonly id: string; readonly title: string }
  | { readonly kind: 'refuse'; readonly address: string; readonly title: string; readonly why: string };

/**
 * Decides what happens to objects that a stack declares, its state does not know, and the cluster has: what carries our mark
 * is imported, the rest refused by name.
 * @param known addresses in the state
 * @param found the cluster's objects by address
 */
export function objectDecisions(
  expected: readonly ExpectedObject[],
  known: ReadonlySet<string>,
  found: ReadonlyMap<string, ClusterObject>,
): ObjectDecision[] {
  return expected.flatMap(({ address, type, object }): ObjectDecision[] => {
    const existing = found.get(address);
    if (!existing || known.has(address)) {
      return [];
    }
    const title = qualifiedTitle(object);
    const release = existing.metadata.annotations?.['meta.helm.sh/release-name'];
    if (release) {
      return [{ kind: 'refuse', address, title, why: `it belongs to the Helm release ${release}` }];
    }
    return isOurs(existing)
      ? [{ kind: 'import', address, id: importId(type, object), title }]
      : [{ kind: 'refuse', address, title, why: `it exists and does not carry our field manager or label ${FIELD_MANAGER}` }];
  });
}

/** Id under which the kubernetes provider imports an object. */
export function importId(type: string, object: KubernetesObjectData): string {
  const { name, namespace } = object.metadata;
  if (type !== 'kubernetes_manifest') {
    return namespace ? `${namespace}/${name}` : name;
  }
  const parts = [`apiVersion=${object.apiVersion}`, `kind=${object.kind}`, ...(namespace ? [`namespace=${namespace}`] : []), `name=${name}`];
  return parts.join(',');
}

function isOurs(object: ClusterObject): boolean {
  return (
    object.metadata.labels?.[MANAGED_BY_LABEL] === FIELD_MANAGER ||
    (object.metadata.managedFields ?? []).some((entry) => entry.manager === FIELD_MANAGER)
  );
}

/** Who holds a state lock, as Terraform's message states it. */
export interface StateLock {
  readonly id: string;
  /** `user@host` */
  readonly who: string;
  readonly operation: string;
}

/** Reads the lock out of Terraform's message that it could not acquire it. */
export function parseStateLock(output: string): StateLock | undefined {
  if (!output.includes('Error acquiring the state lock')) {
    return undefined;
  }
  const field = (name: string): string => new RegExp(`^[\\s│]*${name}:\\s*(.+?)\\s*$`, 'm').exec(output)?.[1] ?? '';
  const id = field('ID');
  return id === '' ? undefined : { id, who: field('Who'), operation: field('Operation') };
}

/**
 * Whether a lock's holder is known to be dead: it was taken from this machine by this user, and the run that this machine last
 * recorded for the environment ended without putting its things in order.
 */
export function lockHolderIsDead(lock: StateLock, me: string, previousRunCrashed: boolean): boolean {
  return previousRunCrashed && lock.who === me;
}
