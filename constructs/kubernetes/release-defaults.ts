import type { ReleaseConfig } from '@cdktf/provider-helm/lib/release';

/** Revisions of a release that Helm keeps. */
const HISTORY = 5;

/**
 * How every release of ours is applied: as a whole or not at all, and adopting what a killed run finished without recording.
 * @see https://registry.terraform.io/providers/hashicorp/helm/3.1.1/docs/resources/release
 */
export function releaseDefaults(timeoutSeconds: number): Omit<ReleaseConfig, 'name' | 'chart'> {
  return {
    atomic: true,
    cleanupOnFail: true,
    upgradeInstall: true,
    wait: true,
    maxHistory: HISTORY,
    timeout: timeoutSeconds,
  };
}
