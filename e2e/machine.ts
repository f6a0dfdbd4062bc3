import { execFileSync } from 'node:child_process';
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import * as path from 'node:path';
import { localClusterPaths } from '../local-cluster/paths';

/** What a machine shows of a node that runs on it, each as a list that can be compared. */
export type Machine = Readonly<Record<'processes' | 'mounts' | 'interfaces' | 'routes' | 'forwarding' | 'firewall' | 'control groups', readonly string[]>>;

/** Looks at the machine. Nothing is changed, and what is not there is an empty list. */
export function machineState(): Machine {
  return {
    processes: foreignProcesses(),
    mounts: lines('/proc/self/mounts'),
    interfaces: readdirSync('/sys/class/net').sort(),
    routes: [...lines('/proc/net/route'), ...lines('/proc/net/ipv6_route')].map((line) => line.split(/\s+/).slice(0, 5).join(' ')),
    forwarding: [...lines('/proc/sys/net/ipv4/ip_forward'), ...lines('/proc/sys/net/ipv6/conf/all/forwarding')],
    firewall: [...output('iptables-save'), ...output('ip6tables-save'), ...output('nft', 'list', 'ruleset')],
    'control groups': folders('/sys/fs/cgroup').sort(),
  };
}

/** What differs between two looks at a machine, one line a difference. */
export function differences(before: Machine, after: Machine): string[] {
  return (Object.keys(before) as (keyof Machine)[]).flatMap((what) => [
    ...without(after[what], before[what]).map((entry) => `${what}: there is now ${entry}`),
    // A process may end whenever it likes.
    ...(what === 'processes' ? [] : without(before[what], after[what]).map((entry) => `${what}: gone is ${entry}`)),
  ]);
}

function without(list: readonly string[], other: readonly string[]): string[] {
  return list.filter((entry) => !other.includes(entry));
}

/**
 * Processes that belong to a node: those in other namespaces than ours, and those whose program lies in the cache. What else comes and goes on
 * a machine is not our affair.
 */
function foreignProcesses(): string[] {
  const own = namespaces('self');
  const { root } = localClusterPaths();
  return readdirSync('/proc')
    .filter((pid) => /^\d+$/.test(pid))
    .filter((pid) => {
      const theirs = namespaces(pid);
      return theirs !== undefined && (theirs !== own || link(`/proc/${pid}/exe`).startsWith(`${root}${path.sep}`));
    })
    .map((pid) => `${pid} ${text(`/proc/${pid}/cmdline`).replace(/\0/g, ' ').trim()}`);
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

function folders(root: string): string[] {
  try {
    return readdirSync(root).flatMap((name) => {
      const file = path.join(root, name);
      return lstatSync(file).isDirectory() ? [file, ...folders(file)] : [];
    });
  } catch {
    return [];
  }
}
