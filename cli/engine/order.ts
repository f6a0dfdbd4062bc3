import { CliError } from '../errors';
import type { DeclaredObject, DeclaredRelease, StackFile } from './stack-file';

/** One step of applying a stack: a release of its own, or a set of loose objects that becomes one. */
export type Phase = { readonly kind: 'release'; readonly release: DeclaredRelease } | { readonly kind: 'objects'; readonly suffix: string; readonly objects: readonly DeclaredObject[] };

/**
 * Orders what a stack declares: the objects that need none of its releases first, all in one set, then its releases, then the
 * objects that need releases; Helm itself orders the objects within a set by their kinds.
 * @throws CliError where a release needs an object that needs a release, or where things need each other
 */
export function phasesOf(stack: StackFile): Phase[] {
  const releaseAddresses = new Set(stack.releases.map((release) => release.address));
  const byAddress = new Map([...stack.releases, ...stack.objects].map((item) => [item.address, item.dependsOn]));
  const needsRelease = (address: string, seen: readonly string[] = []): boolean =>
    !seen.includes(address) &&
    (byAddress.get(address) ?? []).some((needed) => releaseAddresses.has(needed) || needsRelease(needed, [...seen, address]));

  const late = stack.objects.filter((object) => needsRelease(object.address));
  const early = stack.objects.filter((object) => !late.includes(object));
  const lateAddresses = new Set(late.map((object) => object.address));
  const blocked = stack.releases.filter((release) => release.dependsOn.some((needed) => lateAddresses.has(needed)));
  if (blocked.length > 0) {
    throw new CliError(
      `the direct engine cannot order ${stack.name}`,
      blocked.map((release) => `${release.address} needs an object that needs another release`).join('\n'),
      ['Use Terraform for it: --engine terraform'],
    );
  }
  return [
    ...(early.length > 0 ? [{ kind: 'objects', suffix: 'objects', objects: early } as const] : []),
    ...sortReleases(stack).map((release) => ({ kind: 'release', release }) as const),
    ...(late.length > 0 ? [{ kind: 'objects', suffix: 'late-objects', objects: late } as const] : []),
  ];
}

function sortReleases(stack: StackFile): DeclaredRelease[] {
  const sorted: DeclaredRelease[] = [];
  const waiting = [...stack.releases];
  const addresses = new Set(stack.releases.map((release) => release.address));
  while (waiting.length > 0) {
    const done = new Set(sorted.map((release) => release.address));
    const index = waiting.findIndex((release) => release.dependsOn.every((needed) => !addresses.has(needed) || done.has(needed)));
    if (index < 0) {
      throw new CliError(`the direct engine cannot order ${stack.name}`, `${waiting.map((release) => release.address).join(', ')} need each other`);
    }
    sorted.push(...waiting.splice(index, 1));
  }
  return sorted;
}
