import * as fs from 'node:fs';
import * as path from 'node:path';
import { aptGet } from './apt';
import { DEBIAN } from './pins';
import { isInstalled, run } from './run';
import type { StepContext } from './step';
import { assetFolder, buildEntry, digest, storePath } from './store';

/** Starts a shell script in mount and process namespaces of its own; whatever ends it ends everything in it. */
const SEPARATE = ['--mount', '--pid', '--fork', '--kill-child', '--', 'sh'];

/** Cache entry with the root file system (`root/`) and the list of its packages (`root.packages`). */
export function rootfsEntry(): string {
  return storePath('rootfs', digest([DEBIAN.suite, ...DEBIAN.packages], ['node/rootfs.sh']));
}

/** The root file system itself. */
export function rootfsFolder(): string {
  return path.join(rootfsEntry(), 'root');
}

/** Makes the root file system with debootstrap, which it installs on the host first where it is missing. */
export async function buildRootfs(ctx: StepContext): Promise<void> {
  await buildEntry(rootfsEntry(), ctx.signal, async (folder) => {
    await installDebootstrap(ctx);
    let count = 0;
    const onLine = (line: string): void => {
      if (/^(I: (Unpacking|Configuring)|Setting up) /.test(line)) {
        count += 1;
        if (count % 20 === 0) ctx.report(`${count} Debian packages handled of about 270`);
      } else if (/^(unpacking|installing) /.test(line)) ctx.report(line);
    };
    const script = path.join(assetFolder(), 'node', 'rootfs.sh');
    await run('unshare', [...SEPARATE, script, path.join(folder, 'root'), DEBIAN.suite, ...DEBIAN.packages], {
      env: systemEnvironment(),
      signal: ctx.signal,
      onLine,
    });
  });
}

async function installDebootstrap(ctx: StepContext): Promise<void> {
  if (isInstalled('debootstrap')) return;
  const wanted = ['debootstrap', ...(fs.existsSync('/usr/share/keyrings/debian-archive-keyring.gpg') ? [] : ['debian-archive-keyring'])];
  ctx.report(`installing ${wanted.join(' and ')} on this machine with apt-get (the only thing that is installed on it)`);
  await aptGet(ctx, ['update', '-q'], systemEnvironment());
  await aptGet(ctx, ['install', '-q', '-y', '--no-install-recommends', ...wanted], systemEnvironment());
}

/**
 * Runs a command inside the root file system, which it sees read-only.
 * @param input folder seen as /build/in
 * @param output folder seen as /build/out, the only one that can be written beside /tmp
 */
export async function runInside(ctx: StepContext, input: string, output: string, command: readonly string[]): Promise<void> {
  const script = path.join(assetFolder(), 'node', 'inside.sh');
  const env: NodeJS.ProcessEnv = { ...systemEnvironment(), HOME: '/tmp', PIP_NO_INPUT: '1' };
  // Folders of the host that do not exist inside.
  delete env.PIP_FIND_LINKS;
  delete env.PYTHONHOME;
  delete env.PYTHONPATH;
  await run('unshare', [...SEPARATE, script, rootfsFolder(), input, output, ...command], { env, signal: ctx.signal });
}

/** This process's environment with the system folders on the PATH, which a root shell made by `su` may lack. */
export function systemEnvironment(): NodeJS.ProcessEnv {
  return { ...process.env, LC_ALL: 'C', PATH: `/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:${process.env.PATH ?? ''}` };
}
