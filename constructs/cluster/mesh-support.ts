import { Token } from 'cdktf';
import type { Problem } from '../validation';

const SEE = 'https://learn.microsoft.com/azure/aks/istio-support-policy';

/** What Microsoft supports of one revision of the add-on. */
export interface MeshSupport {
  /** Month in which support was expected to end. */
  readonly ends: string;
  /** Oldest and newest minor version of Kubernetes that it runs on. */
  readonly kubernetes: readonly [number, number];
}

/**
 * Microsoft's support calendar, as it stood on a day: revisions that are not in it and older than all that are had ended by then. Newer ones
 * are taken on trust; `aks-istio doctor` asks Azure.
 */
export const MESH_SUPPORT: { readonly asOf: string; readonly revisions: Readonly<Record<string, MeshSupport>> } = {
  asOf: '2026-07-17',
  revisions: {
    'asm-1-28': { ends: '2026-08', kubernetes: [30, 35] },
    'asm-1-29': { ends: '2026-09', kubernetes: [31, 36] },
    'asm-1-30': { ends: '2026-12', kubernetes: [32, 36] },
  },
};

/**
 * What the support calendar says against revisions.
 * @param kubernetesVersion minor version such as `1.35`
 */
export function meshSupportProblems(revisions: readonly string[], kubernetesVersion: string, at: string): Problem[] {
  const oldest = Math.min(...Object.keys(MESH_SUPPORT.revisions).map(minorOf));
  const minor = Token.isUnresolved(kubernetesVersion) ? NaN : Number(kubernetesVersion.replace('1.', ''));
  return revisions.flatMap((revision, index): Problem[] => {
    const support = MESH_SUPPORT.revisions[revision];
    if (!support) {
      return minorOf(revision) < oldest
        ? [
            {
              at: `${at}[${index}]`,
              value: revision,
              rule: `its support had ended by ${MESH_SUPPORT.asOf}, and Azure installs it no more`,
              mend: 'Take one that `az aks mesh get-revisions --location <region>` lists; to leave it, use `az aks mesh upgrade`',
              see: SEE,
            },
          ]
        : [];
    }
    const [least, most] = support.kubernetes;
    return minor < least || minor > most
      ? [
          {
            at: `${at}[${index}]`,
            value: revision,
            rule: `runs on Kubernetes 1.${least} to 1.${most} (as of ${MESH_SUPPORT.asOf}), and the cluster is ${kubernetesVersion}`,
            mend: minor > most ? 'Upgrade the mesh first' : 'Upgrade the cluster first',
            see: SEE,
          },
        ]
      : [];
  });
}

function minorOf(revision: string): number {
  return Number(/^asm-1-(\d+)$/.exec(revision)?.[1] ?? NaN);
}
