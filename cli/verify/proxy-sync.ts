import type { Outcome } from './result';

/** What the control plane says about one proxy. */
export interface ProxyStatus {
  /** `<pod>.<namespace>` */
  readonly proxy: string;
  /** Status by kind of configuration, such as CDS or `type.googleapis.com/...Cluster`. */
  readonly statuses: Readonly<Record<string, string>>;
}

/** What `NOT SENT` and `IGNORED` say of any but these is that there was nothing to send. */
const ALWAYS_SENT = /^(CDS|LDS|.*[.]Cluster|.*[.]Listener)$/;

/** Reads the table of `istioctl proxy-status`, old and new: the columns that hold a status are those named like a discovery service. */
export function parseProxyStatus(table: string): ProxyStatus[] {
  const lines = table.split('\n').filter((line) => line.trim() !== '');
  const header = lines.findIndex((line) => /^NAME\s/.test(line));
  if (header < 0) {
    return [];
  }
  const columns = cells(lines[header]);
  return lines.slice(header + 1).map((line) => {
    const values = cells(line);
    const statuses = columns.flatMap((column, index) => (/^[A-Z]*DS$/.test(column) ? [[column, (values[index] ?? '').replace(/\s*\(.*\)$/, '')]] : []));
    return { proxy: values[0], statuses: Object.fromEntries(statuses) as Record<string, string> };
  });
}

function cells(line: string): string[] {
  return line.trim().split(/\s{2,}|\t/);
}

interface SyncStatus {
  readonly proxy?: string;
  readonly resources?: Readonly<Record<string, { readonly sent?: string; readonly acked?: string; readonly lastError?: string }>>;
}

/** Reads what istiod's `/debug/syncz` answers. */
export function parseSyncz(json: string): ProxyStatus[] {
  return (JSON.parse(json) as readonly SyncStatus[]).map((status) => ({
    proxy: status.proxy ?? '',
    statuses: Object.fromEntries(
      Object.entries(status.resources ?? {}).map(([type, { sent, acked, lastError }]) => {
        if (lastError) {
          return [type, 'ERROR'];
        }
        return [type, sent === undefined ? 'NOT SENT' : sent === acked ? 'SYNCED' : 'STALE'];
      }),
    ),
  }));
}

/**
 * Judges whether each wanted proxy is known to the control plane and has acknowledged all that it was sent.
 * @param wanted `<pod>.<namespace>` of each pod that has a proxy
 */
export function judgeSync(wanted: readonly string[], statuses: readonly ProxyStatus[]): Outcome {
  if (wanted.length === 0) {
    return { verdict: 'fail', observation: 'no pod has a sidecar' };
  }
  const problems = wanted.flatMap((proxy) => {
    const found = statuses.find((status) => status.proxy === proxy);
    if (!found) {
      return [`${proxy} unknown to the control plane`];
    }
    const kinds = Object.entries(found.statuses);
    const behind = kinds.filter(([kind, status]) => status !== 'SYNCED' && (ALWAYS_SENT.test(kind) || !['IGNORED', 'NOT SENT'].includes(status)));
    if (kinds.length === 0) {
      return [`${proxy} has been sent nothing`];
    }
    return behind.length > 0 ? [`${proxy} ${behind.map(([kind, status]) => `${kind.replace(/^.*[.]/, '')} ${status}`).join(', ')}`] : [];
  });
  if (problems.length === 0) {
    return { verdict: 'pass', observation: `${wanted.length} of ${wanted.length} proxies SYNCED` };
  }
  const more = problems.length > 3 ? `; ${problems.length - 3} more` : '';
  return { verdict: 'fail', observation: `${wanted.length - problems.length} of ${wanted.length} SYNCED; ${problems.slice(0, 3).join('; ')}${more}` };
}
