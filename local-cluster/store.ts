import * as crypto from 'node:crypto';
import * as fs from 'node:fs';
import * as path from 'node:path';
import { localClusterPaths } from './paths';
import { checkSignal } from './run';

/**
 * The build cache. An entry is a folder `<root>/store/<kind>-<key>`; the key is a digest of everything that decides its
 * content. An entry is built beside its place and moved there at one stroke, so whatever has the name is complete.
 */
export function storePath(kind: string, key: string): string {
  return path.join(localClusterPaths().root, 'store', `${kind}-${key}`);
}

/** Folder of this package's own files (Go module, lock files, stand-ins), whether run from source or compiled. */
export function assetFolder(): string {
  for (const candidate of [__dirname, path.resolve(__dirname, '../../local-cluster'), path.resolve(__dirname, '../local-cluster')]) {
    if (fs.existsSync(path.join(candidate, 'node', 'go.mod'))) return candidate;
  }
  throw new Error(`The local cluster's files (local-cluster/node/go.mod) are not beside ${__dirname}: is the installation complete?`);
}

/** Digest (16 hex digits) of texts and of files below the asset folder; a folder counts with every file in it. */
export function digest(texts: readonly string[], files: readonly string[] = []): string {
  const hash = crypto.createHash('sha256');
  for (const text of texts) hash.update(`${text.length}:${text}`);
  for (const file of files) addFile(hash, path.join(assetFolder(), file), file);
  return hash.digest('hex').slice(0, 16);
}

function addFile(hash: crypto.Hash, file: string, name: string): void {
  if (fs.statSync(file).isDirectory()) {
    for (const entry of fs.readdirSync(file).sort()) addFile(hash, path.join(file, entry), `${name}/${entry}`);
    return;
  }
  const content = fs.readFileSync(file);
  hash.update(`${name}:${content.length}:`).update(content);
}

/**
 * Builds one entry unless it is there.
 * @param build fills the empty folder that it is given; the folder vanishes when it throws
 * @throws whatever build throws; Interrupted when signal is aborted
 */
export async function buildEntry(target: string, signal: AbortSignal, build: (folder: string) => Promise<void>): Promise<void> {
  if (fs.existsSync(target)) return;
  checkSignal(signal);
  const parent = path.dirname(target);
  fs.mkdirSync(parent, { recursive: true });
  removeAbandoned(parent);
  const folder = path.join(parent, `.building-${process.pid}-${path.basename(target)}`);
  fs.rmSync(folder, { recursive: true, force: true });
  fs.mkdirSync(folder);
  try {
    await build(folder);
    checkSignal(signal);
    moveInto(folder, target);
  } finally {
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

/** Moves a finished folder to its name. Where another process was faster, its equal is kept. */
function moveInto(folder: string, target: string): void {
  try {
    fs.renameSync(folder, target);
  } catch (error) {
    if (!fs.existsSync(target)) throw error;
  }
}

/** Removes what interrupted builds of dead processes left in `parent`. */
export function removeAbandoned(parent: string): string[] {
  const removed: string[] = [];
  for (const name of fs.existsSync(parent) ? fs.readdirSync(parent) : []) {
    const pid = /^\.building-(\d+)-/.exec(name)?.[1];
    if (pid === undefined || fs.existsSync(`/proc/${pid}`)) continue;
    fs.rmSync(path.join(parent, name), { recursive: true, force: true });
    removed.push(name);
  }
  return removed;
}

/** Points the link `link` at `target`, at one stroke. */
export function pointLink(link: string, target: string): void {
  const temporary = `${link}.${process.pid}.new`;
  fs.rmSync(temporary, { force: true });
  fs.mkdirSync(path.dirname(link), { recursive: true });
  fs.symlinkSync(target, temporary);
  fs.renameSync(temporary, link);
}

/** Where `link` points, or `undefined` where it is no link. */
export function linkTarget(link: string): string | undefined {
  try {
    return fs.readlinkSync(link);
  } catch {
    return undefined;
  }
}

/** An entry that no start has used for so long goes; milliseconds. */
const UNUSED_LIMIT = 30 * 24 * 3600 * 1000;

/**
 * Removes what older pins built, once it has not been used for 30 days: until then another checkout may still need it.
 * @param keep names of the entries in use, such as `rootfs-0123456789abcdef`; they count as used now
 * @returns the names of what was removed
 */
export function prune(keep: readonly string[]): string[] {
  const folder = path.join(localClusterPaths().root, 'store');
  const now = Date.now();
  const removed: string[] = [];
  for (const name of fs.existsSync(folder) ? fs.readdirSync(folder) : []) {
    const entry = path.join(folder, name);
    if (keep.includes(name)) fs.utimesSync(entry, now / 1000, now / 1000);
    else if (!name.startsWith('.') && now - fs.statSync(entry).mtimeMs > UNUSED_LIMIT) {
      fs.rmSync(entry, { recursive: true, force: true });
      removed.push(name);
    }
  }
  return removed;
}
