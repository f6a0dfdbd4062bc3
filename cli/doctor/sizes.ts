import { reasonOf, Read } from './ask';
import { Finding, findings, Findings } from './finding';
import { PoolNeeds, poolsOf } from './pools';
import { AksSettings, askAz, Subject } from './subject';

/** One entry of `az vm list-skus`. */
export interface VmSku {
  readonly name: string;
  readonly family: string;
  readonly capabilities?: readonly { readonly name: string; readonly value: string }[];
  readonly locationInfo?: readonly { readonly zones?: readonly string[] | null }[];
  readonly restrictions?: readonly {
    readonly type: string;
    readonly reasonCode: string;
    readonly restrictionInfo?: { readonly zones?: readonly string[] | null } | null;
  }[];
}

/** What Azure said of each size. */
export type VmSkus = ReadonlyMap<string, Read<readonly VmSku[]>>;

const QUERY = '[].{name:name,family:family,capabilities:capabilities,locationInfo:locationInfo,restrictions:restrictions}';
const GB = 1024 ** 3;

/** Asks about every size that a pool names. */
export async function readSizes(subject: Subject, settings: AksSettings): Promise<VmSkus> {
  const sizes = [...new Set(poolsOf(settings).map(({ vmSize }) => vmSize))];
  const of = (size: string) => ['--location', settings.location, '--resource-type', 'virtualMachines', '--size', size, '--all', 'true', '--query', QUERY];
  const read = await Promise.all(sizes.map((size) => askAz<VmSku[]>(subject, 'vm', 'list-skus', ...of(size))));
  return new Map(sizes.map((size, index) => [size, read[index]]));
}

/** The entries of those sizes that the region has, and that this subscription may use. */
export function usableSizes(skus: VmSkus): Map<string, VmSku> {
  const usable = new Map<string, VmSku>();
  for (const [size, read] of skus) {
    const found = 'value' in read ? (read.value ?? []).find(({ name }) => name === size) : undefined;
    if (found && !isRestricted(found)) {
      usable.set(size, found);
    }
  }
  return usable;
}

/** What is to say of the machines of the node pools: that there are any, in their zones, and that they can do what the pools ask of them. */
export function judgeSizes(skus: VmSkus, settings: AksSettings): Finding[] {
  const subject = findings('Region', 'VM sizes');
  const faults = [...skus].flatMap(([size, read]) => judgeSize(subject, size, read, settings.location));
  const usable = usableSizes(skus);
  for (const pool of poolsOf(settings)) {
    const sku = usable.get(pool.vmSize);
    faults.push(...(sku ? judgePool(subject, pool, sku, settings.location) : []));
  }
  return faults.length > 0 ? faults : [subject.ok(`${[...usable.keys()].join(', ')} in ${settings.location}`)];
}

function judgeSize(subject: Findings, size: string, read: Read<readonly VmSku[]>, location: string): Finding[] {
  if ('problem' in read) {
    return [subject.warning(`${size} could not be looked up: ${reasonOf(read.problem)}`, { mend: [`az vm list-skus --location ${location} --size ${size} --all --output table`] })];
  }
  const found = (read.value ?? []).find(({ name }) => name === size);
  if (!found) {
    return [subject.failure(`${location} has no size ${size}`, { mend: [`Take one of: az vm list-skus --location ${location} --resource-type virtualMachines --output table`] })];
  }
  if (!isRestricted(found)) {
    return [];
  }
  const reasons = found.restrictions?.map(({ reasonCode }) => reasonCode).join(', ') ?? '';
  const mend = ['Take another size or region, or ask for it: https://aka.ms/AzureQuota'];
  return [subject.failure(`${size} is not open to this subscription in ${location} (${reasons})`, { mend })];
}

function judgePool(subject: Findings, pool: PoolNeeds, sku: VmSku, location: string): Finding[] {
  const { name, vmSize, zones, hostEncryption, osDisk, osDiskSizeGb } = pool;
  const faults: Finding[] = [];
  const closed = sku.restrictions?.flatMap(({ type, restrictionInfo }) => (type === 'Zone' ? (restrictionInfo?.zones ?? []) : [])) ?? [];
  const offered = sku.locationInfo?.flatMap((place) => place.zones ?? []);
  const open = offered?.filter((zone) => !closed.includes(zone));
  const missing = open ? zones.filter((zone) => !open.includes(zone)) : [];
  if (missing.length > 0) {
    const left = open?.length ? `zones: [${[...open].sort().map((zone) => `'${zone}'`).join(', ')}]` : 'zones: []';
    faults.push(
      subject.failure(`${vmSize} is not open to this subscription in zone ${missing.join(' and ')} of ${location}, and pool ${name} wants it there`, {
        mend: [`Give the pool ${left}, or another size: az vm list-skus --location ${location} --zone --output table`],
        see: 'https://learn.microsoft.com/azure/aks/availability-zones',
      }),
    );
  }
  if (hostEncryption && can(sku, 'EncryptionAtHostSupported') === false) {
    const mend = [`Take a size that can: az vm list-skus --location ${location} --query "[?capabilities[?name=='EncryptionAtHostSupported' && value=='True']].name"`];
    faults.push(subject.failure(`${vmSize} cannot encrypt on the host, and pool ${name} asks for it`, { mend, see: 'https://learn.microsoft.com/azure/aks/enable-host-encryption' }));
  }
  const room = localDiskGb(sku);
  if (osDisk === 'Ephemeral' && (can(sku, 'EphemeralOSDiskSupported') === false || (room > 0 && room < osDiskSizeGb))) {
    const mend = ["Take a size with a larger disk of its own (a d in its name), or the profile 'demo', whose disks are managed"];
    const detail = `pool ${name} keeps the system of a node on the machine itself: ${osDiskSizeGb} GB, and ${vmSize} has room for ${Math.floor(room)}`;
    faults.push(subject.failure(detail, { mend, see: 'https://learn.microsoft.com/azure/aks/concepts-storage#ephemeral-os-disk' }));
  }
  return faults;
}

/** What a size says of one of its capabilities; nothing where it says nothing. */
export function can({ capabilities = [] }: VmSku, name: string): boolean | undefined {
  const value = capabilities.find((capability) => capability.name === name)?.value;
  return value === undefined ? undefined : value.toLowerCase() === 'true';
}

/** A capability that is a number; 0 where the size does not say. */
export function amount({ capabilities = [] }: VmSku, name: string): number {
  return Number(capabilities.find((capability) => capability.name === name)?.value ?? 0);
}

/** GB of the largest place on the machine itself that a system fits on. */
function localDiskGb(sku: VmSku): number {
  return Math.max(amount(sku, 'CachedDiskBytes') / GB, amount(sku, 'MaxResourceVolumeMB') / 1024, amount(sku, 'NvmeDiskSizeInMiB') / 1024);
}

function isRestricted({ restrictions = [] }: VmSku): boolean {
  return restrictions.some(({ type }) => type === 'Location');
}
