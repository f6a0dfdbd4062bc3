import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { imagesEntry } from './images';
import { LINK_NAME, NODE_NAME, RANGES, localClusterPaths } from './paths';
import { rangesOverlap, routedRanges } from './ranges';
import { isInstalled, run } from './run';
import { nodeProcess } from './status';
import type { Problem } from './step';

/** What to do on a machine that cannot run the node. */
export const ALTERNATIVE =
  'use any other cluster instead, for example one made by kind: aks-istio up local --kubeconfig FILE --context NAME';

const GIB = 2 ** 30;

/** Free disk that a first build needs, and a start with everything built; bytes. */
const DISK = { build: 14 * GIB, start: 3 * GIB };

/** Free memory that node, mesh and Bookinfo need (about 2 GiB used) beside a compiler; bytes. */
const MEMORY = 4 * GIB;

/** Kernel's number for overlayfs, in statfs. */
const OVERLAYFS = 0x794c7630;

/**
 * Says everything that keeps the node from running here; empty where nothing does. Changes nothing.
 * @param purpose `build` leaves out what only matters to a running node: names and addresses that are taken. @default 'start'
 */
export async function checkMachine(purpose: 'start' | 'build' = 'start'): Promise<Problem[]> {
  if (process.platform !== 'linux') {
    return [{ what: `this is ${os.type()}, not Linux`, why: 'the local node uses namespaces of the Linux kernel', mend: ALTERNATIVE }];
  }
  const problems: Problem[] = [];
  if (process.arch !== 'x64') {
    problems.push({ what: `this processor is ${process.arch}`, why: 'the pinned etcd and Envoy are built for x86-64', mend: ALTERNATIVE });
  }
  if (process.getuid?.() !== 0) {
    problems.push({ what: 'not running as root', why: 'making namespaces, mounts and a network link needs it', mend: `run it with sudo, or ${ALTERNATIVE}` });
    return problems;
  }
  if (nodeProcess() !== undefined) return problems;
  return [...problems, ...room(), ...programs(), ...kernel(), ...(await namespaces()), ...(purpose === 'start' ? conflicts() : [])];
}

function room(): Problem[] {
  const problems: Problem[] = [];
  const { root } = localClusterPaths();
  const built = fs.existsSync(imagesEntry());
  const needed = built ? DISK.start : DISK.build;
  const disk = fs.statfsSync(nearestFolder(root));
  const free = disk.bavail * disk.bsize;
  if (free < needed) {
    problems.push({
      what: `${gib(free)} GiB free for ${root}, ${gib(needed)} needed`,
      why: built ? 'the node keeps its containers there' : 'Kubernetes and Istio are compiled there the first time',
      mend: `free some, or set XDG_CACHE_HOME to a folder on a larger disk, or ${ALTERNATIVE}`,
    });
  }
  if (disk.type === OVERLAYFS) {
    problems.push({
      what: `${root} lies on an overlay file system`,
      why: 'containerd cannot stack its own on it (this looks like the inside of a container)',
      mend: `set XDG_CACHE_HOME to a folder on a volume or a real disk, or ${ALTERNATIVE}`,
    });
  }
  const memory = availableMemory();
  if (memory < MEMORY) {
    problems.push({ what: `${gib(memory)} GiB of memory available, ${gib(MEMORY)} needed`, why: 'node, mesh and Bookinfo take about 2 GiB, compiling them more', mend: `end other programs, or ${ALTERNATIVE}` });
  }
  return problems;
}

function gib(bytes: number): string {
  return (bytes / GIB).toFixed(1);
}

function nearestFolder(folder: string): string {
  let found = folder;
  while (!fs.existsSync(found)) found = path.dirname(found);
  return found;
}

function availableMemory(): number {
  const line = /^MemAvailable:\s+(\d+) kB$/m.exec(fs.readFileSync('/proc/meminfo', 'utf8'));
  return line ? Number(line[1]) * 1024 : os.freemem();
}

function programs(): Problem[] {
  const problems: Problem[] = [];
  for (const program of ['unshare', 'nsenter']) {
    if (!isInstalled(program)) problems.push({ what: `${program} is not installed`, why: 'it starts programs in namespaces', mend: 'install util-linux' });
  }
  if (!fs.existsSync(imagesEntry()) && !isInstalled('debootstrap') && !isInstalled('apt-get')) {
    problems.push({ what: 'neither debootstrap nor apt-get is here', why: "the node's root file system is made with debootstrap", mend: `install debootstrap, or ${ALTERNATIVE}` });
  }
  return problems;
}

function kernel(): Problem[] {
  const problems: Problem[] = [];
  if (!/\boverlay$/m.test(fs.readFileSync('/proc/filesystems', 'utf8')) && !fs.existsSync('/sys/module/overlay')) {
    // Loaded on demand where it is a module; only a kernel without modules and without it is a problem for sure.
    if (!fs.existsSync(`/lib/modules/${os.release()}`)) {
      problems.push({ what: 'this kernel has no overlay file system', why: 'containers are stacked with it', mend: ALTERNATIVE });
    }
  }
  const passedOn = '/sys/fs/cgroup/cgroup.subtree_control';
  if (fs.existsSync(passedOn)) {
    const there = fs.readFileSync(passedOn, 'utf8').trim().split(' ');
    const missing = ['cpu', 'memory', 'pids'].filter((controller) => !there.includes(controller));
    if (missing.length > 0) {
      problems.push({
        what: `control groups are not given the controllers ${missing.join(', ')}`,
        why: 'the kubelet limits pods with them',
        mend: `echo '${missing.map((controller) => `+${controller}`).join(' ')}' > ${passedOn}, or ${ALTERNATIVE}`,
      });
    }
  }
  if (!fs.existsSync('/sys/fs/cgroup/cgroup.procs') && !fs.existsSync('/sys/fs/cgroup/memory/cgroup.procs')) {
    problems.push({ what: 'no control groups at /sys/fs/cgroup', why: 'the kubelet needs them', mend: ALTERNATIVE });
  }
  return problems;
}

async function namespaces(): Promise<Problem[]> {
  try {
    await run('unshare', ['--net', '--mount', '--pid', '--ipc', '--uts', '--fork', '--', 'true']);
    return [];
  } catch (error) {
    return [{ what: 'the kernel refuses new namespaces', why: error instanceof Error ? error.message : String(error), mend: ALTERNATIVE }];
  }
}

function conflicts(): Problem[] {
  const problems: Problem[] = [];
  const taken = routedRanges(fs.readFileSync('/proc/net/route', 'utf8'));
  for (const [link, addresses] of Object.entries(os.networkInterfaces())) {
    for (const address of addresses ?? []) if (address.family === 'IPv4' && address.cidr) taken.push({ range: address.cidr, link });
  }
  const clash = taken.find((one) => one.link !== LINK_NAME && rangesOverlap(one.range, RANGES.link));
  if (clash) {
    problems.push({ what: `${clash.range} on ${clash.link} overlaps ${RANGES.link}`, why: 'the node is reached at an address in that range', mend: `free the range, or ${ALTERNATIVE}` });
  }
  const alias = `/sys/class/net/${LINK_NAME}/ifalias`;
  if (fs.existsSync(alias)) {
    // The link says which state folder its node has; see node/cmd/aks-istio-node/link.go.
    const owner = fs.readFileSync(alias, 'utf8').trim();
    if (!owner.endsWith(` in ${path.join(localClusterPaths().root, 'node')}`)) {
      problems.push({ what: `a network interface named ${LINK_NAME} exists${owner ? ` (${owner})` : ''}`, why: 'the node needs the name and did not make it', mend: `stop the other node, or rename the interface, or ${ALTERNATIVE}` });
    }
    return problems;
  }
  const group = ['/sys/fs/cgroup', '/sys/fs/cgroup/memory'].map((top) => path.join(top, NODE_NAME)).find((folder) => fs.existsSync(folder));
  if (group !== undefined && fs.readFileSync(path.join(group, 'cgroup.procs'), 'utf8').trim() !== '') {
    problems.push({ what: `the control group ${group} holds processes`, why: 'the node needs the name and did not start them', mend: `end them, or ${ALTERNATIVE}` });
  }
  return problems;
}
