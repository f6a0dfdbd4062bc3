import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { CliError } from './errors';
import type { ClusterAccess } from '../constructs/cluster/cluster';
import { localClusterPaths } from '../local-cluster/paths';
import { observeChildren } from './tools/process';

interface RunningProcess {
  readonly pid: number;
  /** Start time in clock ticks, so that a reused process id is not taken for the same process. */
  readonly started?: string;
  readonly command: string;
}

interface RunRecord extends RunningProcess {
  readonly since: string;
  readonly children: readonly RunningProcess[];
}

/** Seconds that programs left by a crash have to put their things in order. */
const GRACE_SECONDS = 45;

export interface RunLock {
  /** The last run of this machine on the cluster was killed, or failed: what is pending there is of no living run here. */
  readonly previousCrashed: boolean;
  /** Call it where all went well: a record that stays tells the next run to look closely. */
  release(): void;
}

/**
 * Where the run on a cluster is recorded: in the user's cache, since runs may be started from several folders.
 */
export function runFile(environment: string, access: ClusterAccess): string {
  const digest = createHash('sha256').update(JSON.stringify(access)).digest('hex').slice(0, 12);
  return path.join(localClusterPaths().root, 'runs', `${environment}-${digest}.json`);
}

/**
 * Keeps two runs from changing one environment at once, and ends the programs that a killed run left at work.
 * @throws CliError where another run is alive
 */
export async function acquireRunLock(environment: string, file: string, command: string, report: (line: string) => void): Promise<RunLock> {
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
  const previous = readRecord(file);
  if (previous && isAlive(previous)) {
    throw new CliError(`another run is at work on ${environment}`, `process ${previous.pid} (${previous.command}) since ${previous.since}`, [
      'Wait for it, or end it with Ctrl-C where it runs',
      `kill -INT ${previous.pid}`,
    ]);
  }
  for (const child of previous?.children.filter(isAlive) ?? []) {
    report(`ending ${child.command.split(' ').slice(0, 3).join(' ')} (process ${child.pid}), left by a killed run`);
    await endProcess(child);
  }
  const children = new Map<number, RunningProcess>();
  const self = { pid: process.pid, started: startTicks(process.pid), command, since: new Date().toISOString() };
  const save = (): void => {
    const record: RunRecord = { ...self, children: [...children.values()] };
    writeFileSync(file, JSON.stringify(record, null, 2), { mode: 0o600 });
  };
  save();
  observeChildren((pid, childCommand, running) => {
    if (running) {
      children.set(pid, { pid, started: startTicks(pid), command: childCommand.slice(0, 200) });
    } else {
      children.delete(pid);
    }
    save();
  });
  return {
    previousCrashed: previous !== undefined,
    release: () => {
      observeChildren(undefined);
      rmSync(file, { force: true });
    },
  };
}

function readRecord(file: string): RunRecord | undefined {
  if (!existsSync(file)) {
    return undefined;
  }
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as RunRecord;
  } catch {
    // A crash while writing leaves half a file: that tells of a crash, and of nothing else.
    return { pid: 0, command: 'unknown', since: 'unknown', children: [] };
  }
}

function isAlive(recorded: RunningProcess): boolean {
  if (recorded.pid <= 0 || recorded.pid === process.pid) {
    return false;
  }
  try {
    process.kill(recorded.pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  return recorded.started === undefined || startTicks(recorded.pid) === recorded.started;
}

/** Start time and the end of life as Linux states them; elsewhere nothing. */
function startTicks(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name in parentheses may hold spaces; 20 fields after it stands the start time.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? 'ended' : fields[19];
  } catch {
    return undefined;
  }
}

async function endProcess(recorded: RunningProcess): Promise<void> {
  const deadline = Date.now() + GRACE_SECONDS * 1000;
  send(recorded.pid, 'SIGINT');
  while (isAlive(recorded) && Date.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  if (isAlive(recorded)) {
    send(recorded.pid, 'SIGKILL');
  }
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    // Each program was started as the head of a process group of its own.
    process.kill(-pid, signal);
  } catch {
    // It ended in the meantime.
  }
}
