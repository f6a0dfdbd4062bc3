/** First version number in a text, such as `1.11.4` in `Terraform v1.11.4`. */
export function versionIn(text: string): string | undefined {
  return /\d+\.\d+(\.\d+)?/.exec(text)?.[0];
}

/** Whether a version is at least another, part by part. */
export function isAtLeast(version: string, least: string): boolean {
  return compareVersions(version, least) >= 0;
}

/** Negative where the first is older, 0 where they are equal, positive where it is newer. */
export function compareVersions(one: string, other: string): number {
  const parts = (version: string): number[] => version.split('.').map(Number);
  const [first, second] = [parts(one), parts(other)];
  for (let index = 0; index < Math.max(first.length, second.length); index += 1) {
    const difference = (first[index] ?? 0) - (second[index] ?? 0);
    if (difference !== 0) {
      return difference;
    }
  }
  return 0;
}

/** `1.35` of `v1.35.4-gke.1`. */
export function minorVersion(version: string): string | undefined {
  return /\d+\.\d+/.exec(version)?.[0];
}

/** Day on which the table below was last compared with Istio's page. */
export const ISTIO_SUPPORT_DATE = '2026-11-20';

/**
 * Kubernetes minor versions that each Istio minor version supports: the oldest and the newest.
 * @see https://istio.io/latest/docs/releases/supported-releases/#support-status-of-istio-releases
 */
const KUBERNETES_OF_ISTIO: Readonly<Record<string, readonly [string, string]>> = {
  '1.28': ['1.30', '1.34'],
  '1.29': ['1.31', '1.35'],
  '1.30': ['1.32', '1.36'],
  '1.31': ['1.32', '1.36'],
};

/** Oldest and newest Kubernetes version that a version of Istio supports; nothing where the table does not know it. */
export function kubernetesRange(istioVersion: string): readonly [string, string] | undefined {
  return KUBERNETES_OF_ISTIO[minorVersion(istioVersion) ?? ''];
}
