import { defaultVmSize, osDiskSizeOf } from '../../constructs/cluster/pool-disk';
import { PROFILES } from '../../constructs/cluster/profiles';
import type { AksSettings } from './subject';

/** What a node pool asks of the region, with every default filled in. */
export interface PoolNeeds {
  readonly name: string;
  readonly vmSize: string;
  readonly min: number;
  readonly max: number;
  /** Availability zones; none where none are named. */
  readonly zones: readonly string[];
  readonly isSpot: boolean;
  readonly osDisk: 'Ephemeral' | 'Managed';
  readonly osDiskSizeGb: number;
  readonly hostEncryption: boolean;
}

/** Every pool that an environment's cluster has. */
export function poolsOf({ profile, systemPool, userPool, nodePools }: AksSettings): PoolNeeds[] {
  const { zones = [], ...defaults } = PROFILES[profile];
  const named: Readonly<Record<string, AksSettings['nodePools'][string]>> = { system: { ...systemPool, kind: 'system' }, user: { ...userPool, kind: 'user' }, ...nodePools };
  return Object.entries(named).map(([name, pool]) => {
    const vmSize = pool.vmSize ?? defaultVmSize(pool.kind);
    const { osDisk = defaults.osDisk, hostEncryption = defaults.hostEncryption, osDiskSizeGb } = pool;
    return {
      ...{ name, vmSize, osDisk, hostEncryption },
      min: pool.min,
      max: pool.max,
      zones: pool.zones ?? zones,
      isSpot: pool.kind === 'spot',
      osDiskSizeGb: osDiskSizeOf({ vmSize, osDisk, osDiskSizeGb }),
    };
  });
}
