import * as fs from 'node:fs';
import * as path from 'node:path';
import { localClusterPaths } from './paths';

/** Files that programs may watch at once, counted by who runs them: containerd, the kubelet and each sidecar take some. */
const LIMIT = '/proc/sys/fs/inotify/max_user_instances';

/** Enough for a hundred pods with sidecars. Many systems ship 128, used up by about forty: the next sidecar ends with "too many open files". */
const NEEDED = 1024;

/** What the machine had; it outlives the node, so that stop works after a crash. */
function recordFile(): string {
  return path.join(localClusterPaths().root, 'node.limits.json');
}

/**
 * Raises the kernel's limit on watches where it is too low for a node full of pods. A machine that does not let it be written is left as it is.
 * @param limit file of the kernel's setting. @default '/proc/sys/fs/inotify/max_user_instances'
 * @returns a line that says what was changed; nothing where it was high enough, or cannot be changed
 */
export function raiseLimits(limit: string = LIMIT): string | undefined {
  const before = read(limit);
  if (before === undefined || before >= NEEDED) return undefined;
  if (!fs.existsSync(recordFile())) fs.writeFileSync(recordFile(), `${JSON.stringify({ before, raised: NEEDED })}\n`);
  try {
    fs.writeFileSync(limit, String(NEEDED));
  } catch {
    fs.rmSync(recordFile(), { force: true });
    return undefined;
  }
  return `${path.basename(limit)} raised from ${before} to ${NEEDED} until the node is stopped`;
}

/**
 * Puts back what {@link raiseLimits} changed, unless somebody changed it since.
 * @returns a line that says so; nothing where there is nothing to put back
 */
export function restoreLimits(limit: string = LIMIT): string | undefined {
  if (!fs.existsSync(recordFile())) return undefined;
  const { before, raised } = JSON.parse(fs.readFileSync(recordFile(), 'utf8')) as { before: number; raised: number };
  const isOurs = read(limit) === raised;
  if (isOurs) fs.writeFileSync(limit, String(before));
  fs.rmSync(recordFile(), { force: true });
  return isOurs ? `${path.basename(limit)} is ${before} again` : undefined;
}

function read(file: string): number | undefined {
  try {
    return Number(fs.readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}
