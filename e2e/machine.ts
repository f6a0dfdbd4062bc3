import { execFileSync } from 'node:child_process';
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import * as path from 'node:path';
import { localClusterPaths } from '../local-cluster/paths';

/** What a machine shows of a node that runs on it, each as a list that can be compared. */
export type Machine = Readonly<Record<'processes' | 'mounts' | 'interfaces' | 'routes' | 'forwarding' | 'limits' | 'firewall' | 'control groups', readonly string[]>>;

/** Looks at the machine. Nothing is changed, and what is not there is an empty list. */
export function machineState(): Machine {
  const foreign = foreignProcesses();
  return {
    processes: foreign.map((pid) => `${pid} ${text(`/proc/${pid}/cmdline`).replace(/\0/g, ' ').trim()}`),
    mounts: lines('/proc/self/mounts'),
    interfaces: readdirSync('/sys/class/net').sort(),
    routes: [...lines('/proc/net/route'), ...lines('/proc/net/ipv6_route')].map((line) => line.split(/\s+/).slice(0, 5).join(' ')),
    forwarding: [...lines('/proc/sys/net/ipv4/ip_forward'), ...lines('/proc/sys/net/ipv6/conf/all/forwarding')],
    limits: lines('/proc/sys/fs/inotify/max_user_instances'),
    firewall: [...lines('/proc/net/ip_tables_names'), ...output('iptables-save'), ...output('ip6tables-save'), ...output('nft', 'list', 'ruleset')],
    'control groups': controlGroups('/sys/fs/cgroup', new Set(foreign)).groups.sort(),
  };
}

/** What differs between two looks at a machine, one line a difference. */
export function differences(before: Machine, after: Machine): string[] {
  return (Object.keys(before) as (keyof Machine)[]).flatMap((what) => [
    ...without(after[what], before[what]).map((entry) => `${what}: there is now ${entry}`),
    // Processes may end whenever they like, and take their groups with them.
    ...(what === 'processes' || what === 'control groups' ? [] : without(before[what], after[what]).map((entry) => `${what}: gone is ${entry}`)),
  ]);
}

function without(list: readonly string[], other: readonly string[]): string[] {
  return list.filter((entry) => !other.includes(entry));
}

/**
 * Processes that belong to a node or were left by a command: those in other namespaces than ours, and those of the cache's programs that nobody
 * waits for any more. What else comes and goes on a machine is not our affair.
 */
function foreignProcesses(): string[] {
  const own = namespaces('self');
  const { root } = localClusterPaths();
  return readdirSync('/proc')
    .filter((pid) => /^\d+$/.test(pid))
    .filter((pid) => {
      const theirs = namespaces(pid);
      const isLeft = parentOf(pid) === 1 && link(`/proc/${pid}/exe`).startsWith(`${root}${path.sep}`);
      return theirs !== undefined && (theirs !== own || isLeft);
    });
}

function parentOf(pid: string): number {
  const stat = text(`/proc/${pid}/stat`);
  // The name in parentheses may hold spaces.
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
}

function namespaces(pid: string): string | undefined {
  const names = ['net', 'mnt', 'pid'].map((name) => link(`/proc/${pid}/ns/${name}`));
  return names.includes('') ? undefined : names.join();
}

function link(file: string): string {
  try {
    return readlinkSync(file);
  } catch {
    return '';
  }
}

function text(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

function lines(file: string): string[] {
  return text(file).split('\n').filter(Boolean);
}

/** Output of a program without comments and packet counters; nothing where there is no such program. */
function output(program: string, ...args: string[]): string[] {
  try {
    return execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => line.replace(/\[\d+:\d+\]/, ''));
  } catch {
    return [];
  }
}

/** Control groups that are a node's or nobody's: those that programs of the machine itself live in come and go with them. */
function controlGroups(root: string, foreign: ReadonlySet<string>): { groups: string[]; inUse: boolean } {
  const own = lines(path.join(root, 'cgroup.procs')).some((pid) => !foreign.has(pid));
  const below = folders(root).map((folder) => ({ folder, ...controlGroups(folder, foreign) }));
  return {
    groups: below.flatMap(({ folder, groups, inUse }) => [...(inUse ? [] : [folder]), ...groups]),
    inUse: own || below.some(({ inUse }) => inUse),
  };
}

function folders(root: string): string[] {
  try {
    return readdirSync(root)
      .map((name) => path.join(root, name))
      .filter((file) => lstatSync(file).isDirectory());
  } catch {
    return [];
  }
}
