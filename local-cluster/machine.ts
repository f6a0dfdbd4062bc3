import * as path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { extraSteps } from './extras';
import { inNode, stateFolder } from './node';
import { BOOKINFO_TAG, NODE_NAME, OUTSIDE_DATABASE } from './paths';
import { RunError } from './run';
import { nodeProcess } from './status';
import type { Step, StepContext } from './step';

const NAME = 'machine-mysqldb';
const IMAGE = `docker.io/istio/examples-bookinfo-mysqldb:${BOOKINFO_TAG}`;
/** The user of the image; it writes to memory alone. */
const USER = 999;
const SCRATCH = ['/var/lib/mysql', '/var/run/mysqld', '/tmp'];
const PAUSE_MS = 200;
const PATIENCE_MS = 30_000;

/**
 * Steps that start what stands for a database on a machine of its own: a container that Kubernetes knows nothing of, at an address outside of
 * the cluster. It ends with the node.
 * @param isWanted whether something asks for it
 */
export function machineSteps(isWanted: boolean): Step[] {
  return isWanted
    ? [
        ...extraSteps((image) => image === IMAGE),
        { id: 'machine', title: 'a database outside of Kubernetes', estimateSeconds: 3, isDone: databaseAnswers, run: startDatabase },
      ]
    : [];
}

/** True where something takes connections at the machine's address. */
async function databaseAnswers(): Promise<boolean> {
  if (nodeProcess() === undefined) return false;
  try {
    await inNode(['bash', '-c', `exec 3<>/dev/tcp/${OUTSIDE_DATABASE}/3306`], { report: () => undefined, signal: new AbortController().signal });
    return true;
  } catch (error) {
    if (error instanceof RunError) return false;
    throw error;
  }
}

async function startDatabase(ctx: StepContext): Promise<void> {
  const containerd = ['ctr', '--namespace', 'k8s.io'];
  // What a crash left has the name still; nothing to delete is no error.
  for (const what of [['task', 'delete', '--force', NAME], ['container', 'delete', NAME]]) {
    await inNode([...containerd, ...what], ctx).catch((error: unknown) => {
      if (!(error instanceof RunError)) throw error;
    });
  }
  await inNode(['ip', 'address', 'replace', `${OUTSIDE_DATABASE}/32`, 'dev', 'lo'], ctx);
  await inNode(
    [
      ...[...containerd, 'run', '--detach', '--net-host', '--cgroup', `/${NODE_NAME}/${NAME}`, '--env', 'MYSQL_ROOT_PASSWORD=password'],
      ...SCRATCH.flatMap((folder) => ['--mount', `type=tmpfs,src=tmpfs,dst=${folder},options=uid=${USER}:gid=${USER}:mode=755`]),
      ...['--log-uri', `file:///var/log/${NAME}.log`, IMAGE, NAME, '/usr/local/bin/entrypoint.sh', `--bind-address=${OUTSIDE_DATABASE}`],
    ],
    ctx,
  );
  for (const deadline = Date.now() + PATIENCE_MS; !(await databaseAnswers()); await pause(PAUSE_MS, undefined, { signal: ctx.signal })) {
    if (Date.now() > deadline) throw new Error(`the database does not answer at ${OUTSIDE_DATABASE}: see ${path.join(stateFolder(), 'logs', `${NAME}.log`)}`);
  }
}
