/** What decides how large the system disk of a node is. */
export interface PoolDisk {
  readonly vmSize: string;
  readonly osDisk: 'Ephemeral' | 'Managed';
  readonly osDiskSizeGb?: number;
}

/** GB of a node's system disk: what the own disk of a small machine has room for, else what Azure takes by itself. */
export function osDiskSizeOf({ vmSize, osDisk, osDiskSizeGb }: PoolDisk): number {
  return osDiskSizeGb ?? (osDisk === 'Ephemeral' && coresOf(vmSize) < 4 ? 64 : 128);
}

/** Cores of a VM size: the number after its family; 4 where it has none. */
function coresOf(vmSize: string): number {
  return Number(/^Standard_[A-Z]+(\d+)/.exec(vmSize)?.[1] ?? 4);
}

/** Size of the machines of a pool that names none. */
export function defaultVmSize(kind: 'system' | 'user' | 'spot' | 'gpu' = 'user'): string {
  return kind === 'gpu' ? 'Standard_NC4as_T4_v3' : 'Standard_D2ds_v5';
}
