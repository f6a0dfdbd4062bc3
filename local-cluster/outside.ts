import * as fs from 'node:fs';
import * as path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { inNode, stateFolder } from './node';
import { outsideEntry } from './outside-certificates';
import { OUTSIDE_ADDRESS, OUTSIDE_HOSTS } from './paths';
import { RunError } from './run';
import { nodeProcess } from './status';
import type { StepContext } from './step';
import { assetFolder } from './store';

const PAUSE_MS = 100;
const PATIENCE_MS = 5000;

/** Where the node sees the folder that {@link startOutside} fills: its own configuration. */
const INSIDE = '/etc/kubernetes/outside';

/** True where the outside world answers inside the node, with the certificate of this build. */
export async function outsideAnswers(): Promise<boolean> {
  const [host] = OUTSIDE_HOSTS;
  if (nodeProcess() === undefined || !fs.existsSync(path.join(folder(), 'authority.crt'))) return false;
  const ask = ['curl', '--silent', '--fail', '--max-time', '2', '--cacert', `${INSIDE}/authority.crt`, '--resolve', `${host}:443:${OUTSIDE_ADDRESS}`];
  try {
    await inNode([...ask, `https://${host}/`], { report: () => undefined, signal: new AbortController().signal });
    return true;
  } catch (error) {
    if (error instanceof RunError) return false;
    throw error;
  }
}

/**
 * Starts the outside world in the node's own network namespace, on an address of its own: pods reach it as they would the internet, and the
 * machine does not. It ends with the node.
 */
export async function startOutside(ctx: StepContext): Promise<void> {
  fs.mkdirSync(folder(), { recursive: true, mode: 0o700 });
  for (const name of ['authority.crt', 'server.crt', 'server.key']) fs.copyFileSync(path.join(outsideEntry(), name), path.join(folder(), name));
  fs.copyFileSync(path.join(assetFolder(), 'outside', 'server.js'), path.join(folder(), 'server.js'));
  const command = `node ${INSIDE}/server.js ${OUTSIDE_ADDRESS} ${INSIDE}/server.crt ${INSIDE}/server.key`;
  // The shell ends at once, so that the node's first process, which collects what has ended, is the parent.
  const script = [
    `ip address replace ${OUTSIDE_ADDRESS}/32 dev lo`,
    `[ ! -e /run/outside.pid ] || kill "$(cat /run/outside.pid)" 2>/dev/null || true`,
    `setsid ${command} >>/var/log/outside.log 2>&1 </dev/null & echo $! >/run/outside.pid`,
  ];
  await inNode(['sh', '-c', script.join('\n')], ctx);
  for (const deadline = Date.now() + PATIENCE_MS; !(await outsideAnswers()); await pause(PAUSE_MS, undefined, { signal: ctx.signal })) {
    if (Date.now() > deadline) throw new Error(`the outside world does not answer at ${OUTSIDE_ADDRESS}: see ${path.join(stateFolder(), 'logs', 'outside.log')}`);
  }
}

function folder(): string {
  return path.join(stateFolder(), 'config', 'outside');
}
