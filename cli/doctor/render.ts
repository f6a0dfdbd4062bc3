import { createColors } from 'picocolors';
import type { Environment } from '../../environments/environment';
import { AREAS, countVerdict, Finding, Verdict } from './finding';

const MARK: Readonly<Record<Verdict, string>> = { ok: '✓', warning: '!', failure: '✗', skipped: '-' };

/** The list as people read it: what was looked at, what was seen, and below each fault what mends it. */
export function renderFindings(environment: Environment, list: readonly Finding[], color = false): string {
  const colors = createColors(color);
  const { green: ok, yellow: warning, red: failure, dim: skipped } = colors;
  const paint: Readonly<Record<Verdict, (text: string) => string>> = { ok, warning, failure, skipped };
  const width = Math.max(0, ...list.map(({ subject }) => subject.length));
  const lines = AREAS.flatMap((area) => {
    const own = list.filter((finding) => finding.area === area);
    return own.length === 0 ? [] : [colors.bold(area), ...own.flatMap((finding) => entry(finding)), ''];
  });
  function entry({ subject, verdict, detail, mend = [], see }: Finding): string[] {
    const remedy = [...mend.map((line) => `→ ${line}`), ...(see ? [`  ${see}`] : [])];
    return [`  ${paint[verdict](MARK[verdict])} ${subject.padEnd(width)}  ${detail}`, ...remedy.map((line) => `  ${' '.repeat(width + 2)}  ${colors.dim(line)}`)];
  }
  return [heading(environment), '', ...lines, summary(list)].join('\n');
}

function heading({ name, cluster, mesh }: Environment): string {
  const existing = cluster.kind === 'existing-aks' ? `AKS cluster ${cluster.name}` : `kubeconfig ${'path' in cluster ? cluster.path : ''}`;
  const place = cluster.kind === 'aks' ? `AKS in ${cluster.location}` : existing;
  const istio = mesh.flavor === 'helm' ? `Istio ${mesh.helm?.version ?? ''} by Helm` : `Istio add-on ${mesh.addon?.revisions.join(', ') ?? ''}`;
  return `${name}: ${place}, ${istio}`;
}

function summary(list: readonly Finding[]): string {
  const [failures, warnings, skipped] = (['failure', 'warning', 'skipped'] as const).map((verdict) => countVerdict(list, verdict));
  const counts = [
    `${countVerdict(list, 'ok')} as it should be`,
    ...(failures ? [`${failures} in the way`] : []),
    ...(warnings ? [`${warnings} worth a look`] : []),
    ...(skipped ? [`${skipped} not looked at`] : []),
  ];
  return counts.join(', ');
}
