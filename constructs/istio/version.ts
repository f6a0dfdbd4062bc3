import type { IMesh } from '../mesh/mesh';

/** Whether a mesh runs this minor of Istio or a later one. A version that cannot be read counts as new enough. */
export function istioAtLeast(mesh: Pick<IMesh, 'version'>, minor: `${number}.${number}`): boolean {
  const [, major, second] = /^v?(\d+)\.(\d+)/.exec(mesh.version) ?? [];
  const [wantedMajor, wantedSecond] = minor.split('.').map(Number);
  return major === undefined || Number(major) > wantedMajor || (Number(major) === wantedMajor && Number(second) >= wantedSecond);
}
