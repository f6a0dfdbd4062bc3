import { gunzipSync } from 'node:zlib';
import type { ClusterTools } from './cluster-access';
import { kubectlJson } from './cluster-access';

/** States of a release's revision, as Helm writes them. @see https://pkg.go.dev/helm.sh/helm/v3/pkg/release#Status */
export type ReleaseStatus =
  | 'unknown'
  | 'deployed'
  | 'uninstalled'
  | 'superseded'
  | 'failed'
  | 'uninstalling'
  | 'pending-install'
  | 'pending-upgrade'
  | 'pending-rollback';

/** One revision of a release as its record in the cluster states it. */
export interface ReleaseRecord {
  readonly name: string;
  readonly namespace: string;
  readonly revision: number;
  readonly status: ReleaseStatus;
  /** When the revision was begun, in milliseconds since the epoch. */
  readonly updated: number;
  /** Chart name and version. */
  readonly chart: { readonly name: string; readonly version: string };
  readonly appVersion?: string;
  /** Values that were given. */
  readonly values: Readonly<Record<string, unknown>>;
  /** What was sent to the API server, as YAML. */
  readonly manifest: string;
  /** Labels of the record beyond Helm's own. */
  readonly labels: Readonly<Record<string, string>>;
}

interface StoredRelease {
  readonly name: string;
  readonly namespace: string;
  readonly version: number;
  readonly info: { readonly status: ReleaseStatus; readonly last_deployed?: string };
  readonly chart: { readonly metadata: { readonly name: string; readonly version: string; readonly appVersion?: string } };
  readonly config?: Readonly<Record<string, unknown>> | null;
  readonly manifest: string;
}

interface StoredSecret {
  readonly metadata: { readonly name: string; readonly namespace: string; readonly labels?: Readonly<Record<string, string>> };
  readonly data?: { readonly release?: string };
}

/**
 * Reads the records of every release in the cluster with one request, without those that newer revisions replaced.
 * @see https://helm.sh/docs/topics/kubernetes_apis/ and https://helm.sh/docs/topics/advanced/#storage-backends
 */
export async function readReleases(tools: Pick<ClusterTools, 'kubectl'>): Promise<ReleaseRecord[]> {
  const list = await kubectlJson<{ items: StoredSecret[] }>(
    tools,
    ['get', 'secrets', '--all-namespaces', '--selector', 'owner=helm,status!=superseded', '--request-timeout=30s'],
    { timeoutSeconds: 60 },
  );
  return list.items.flatMap((secret) => decodeRecord(secret) ?? []);
}

/** Newest revision of a release, whatever its state. */
export function latestRecord(records: readonly ReleaseRecord[], name: string, namespace: string): ReleaseRecord | undefined {
  return revisions(records, name, namespace).at(-1);
}

/** Newest revision of a release that is in force. */
export function deployedRecord(records: readonly ReleaseRecord[], name: string, namespace: string): ReleaseRecord | undefined {
  return revisions(records, name, namespace)
    .filter((record) => record.status === 'deployed')
    .at(-1);
}

/** All known revisions of a release, oldest first. */
export function revisions(records: readonly ReleaseRecord[], name: string, namespace: string): ReleaseRecord[] {
  return records
    .filter((record) => record.name === name && record.namespace === namespace)
    .sort((one, other) => one.revision - other.revision);
}

/** Decodes a record: JSON, compressed, in base64 twice (Helm's and the API server's). */
export function decodeRecord(secret: StoredSecret): ReleaseRecord | undefined {
  if (!secret.data?.release) {
    return undefined;
  }
  const packed = Buffer.from(Buffer.from(secret.data.release, 'base64').toString('utf8'), 'base64');
  const stored = JSON.parse(gunzipSync(packed).toString('utf8')) as StoredRelease;
  return {
    name: stored.name,
    namespace: stored.namespace,
    revision: stored.version,
    status: stored.info.status,
    updated: Date.parse(stored.info.last_deployed ?? '') || 0,
    chart: { name: stored.chart.metadata.name, version: stored.chart.metadata.version },
    appVersion: stored.chart.metadata.appVersion,
    values: stored.config ?? {},
    manifest: stored.manifest,
    labels: secret.metadata.labels ?? {},
  };
}
