import { Token } from 'cdktf';
import type { Problem } from '../validation';
import type { NodePoolSettings, NodePoolSize } from './node-pool';
import { defaultVmSize } from './pool-disk';

const TAINT = /^([-\w.]+\/)?[-\w.]+(=[-\w.]*)?:(NoSchedule|PreferNoSchedule|NoExecute)$/;

/** Sizes with a disk of their own have a `d` among the letters after the number of cores; some older families always have one. */
const LOCAL_DISK = /^Standard_(?:[A-Z]+\d+(?:-\d+)?[a-z]*d[a-z]*(?:_|$)|N[CDV]\d|DS\d|D\d+_v2|F\d+s$)/;

/** What Azure would refuse of a pool. */
export function nodePoolProblems(pool: NodePoolSettings, at: string): Problem[] {
  const { kind = 'user', taints = [], spotMaxPrice } = pool;
  const problems = [...sizeProblems(pool, kind === 'system' ? 1 : 0, at), ...diskProblems(pool, pool.osDisk, at)];
  taints
    .filter((taint) => !Token.isUnresolved(taint) && !TAINT.test(taint))
    .forEach((taint) => problems.push({ at: `${at}: taints`, value: taint, rule: 'a taint is key=value:effect', mend: 'Write it like team=a:NoSchedule' }));
  if (spotMaxPrice !== undefined && (kind !== 'spot' || (spotMaxPrice !== -1 && spotMaxPrice <= 0))) {
    problems.push({
      at: `${at}: spotMaxPrice`,
      value: spotMaxPrice,
      rule: 'a price is given for spot pools only, and is more than 0',
      mend: "Leave it out to pay at most what a regular node costs, or set kind: 'spot'",
    });
  }
  return problems;
}

/** What is wrong with the number of nodes. */
export function sizeProblems({ min = 1, max = min }: NodePoolSize, fewest: number, at: string): Problem[] {
  const isWhole = Number.isInteger(min) && Number.isInteger(max);
  return !isWhole || min < fewest || max < Math.max(min, 1) || max > 1000
    ? [{ at, value: { min, max }, rule: `min must be a whole number of at least ${fewest}, and max from min (at least 1) to 1000`, mend: 'Change them' }]
    : [];
}

/** What is wrong with the disk: one on the machine itself needs a machine that has one. */
export function diskProblems({ vmSize = defaultVmSize() }: NodePoolSize, osDisk: NodePoolSize['osDisk'], at: string): Problem[] {
  return osDisk === 'Ephemeral' && !Token.isUnresolved(vmSize) && !LOCAL_DISK.test(vmSize)
    ? [
        {
          at: `${at}: vmSize`,
          value: vmSize,
          rule: 'an ephemeral system disk needs a size with a disk of its own',
          mend: "Take one with a d, such as Standard_D4ds_v5, or set osDisk: 'Managed'",
          see: 'https://learn.microsoft.com/azure/aks/concepts-storage#ephemeral-os-disk',
        },
      ]
    : [];
}
