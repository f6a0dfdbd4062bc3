import { reasonOf, Read } from './ask';
import { Finding, findings } from './finding';
import { PoolNeeds, poolsOf } from './pools';
import { amount, can, judgeSizes, readSizes, usableSizes, VmSku } from './sizes';
import { AksSettings, askAz, Subject } from './subject';

/** One entry of `az vm list-usage` or `az network list-usages`. Azure prints some of the numbers as text. */
export interface Usage {
  readonly name: { readonly value: string; readonly localizedValue?: string };
  readonly currentValue: string | number;
  readonly limit: string | number;
}

/** How much is needed of something: to start with, and at the most. */
interface Need {
  readonly least: number;
  readonly most: number;
}

/** Quotas of public addresses: Azure counts those of the standard kind by themselves, under either name, and all of them together. */
const ADDRESS_QUOTAS = [['IPv4StandardSkuPublicIpAddresses', 'StandardSkuPublicIpAddresses'], ['PublicIPAddresses']] as const;

/** The ingress address, and the address of the way out: the load balancer's or the NAT gateway's. */
const ADDRESSES = 2;

/** Looks at the sizes of the node pools, and at what the subscription may still use in the region. */
export async function checkQuota(subject: Subject, settings: AksSettings, exists: boolean): Promise<Finding[]> {
  const { location } = settings;
  const [compute, network, skus] = await Promise.all([
    askAz<Usage[]>(subject, 'vm', 'list-usage', '--location', location),
    askAz<Usage[]>(subject, 'network', 'list-usages', '--location', location),
    readSizes(subject, settings),
  ]);
  const usable = usableSizes(skus);
  return [
    ...judgeSizes(skus, settings),
    ...judgeCores(compute, usable, settings, exists),
    ...judgeSpot(compute, usable, settings, exists),
    ...judgeDisks(compute, usable, settings, exists),
    ...judgeAddresses(network, settings, exists),
  ];
}

/** What is to say of the cores that the node pools need: of each family, and of all together. */
export function judgeCores(usage: Read<readonly Usage[]>, skus: ReadonlyMap<string, VmSku>, settings: AksSettings, exists: boolean): Finding[] {
  const subject = findings('Region', 'core quota');
  const { location } = settings;
  if ('problem' in usage) {
    return [subject.warning(`could not be read: ${reasonOf(usage.problem)}`, { mend: [`az vm list-usage --location ${location} --output table`] })];
  }
  const families = new Map<string, Need>();
  for (const pool of poolsOf(settings).filter(({ isSpot }) => !isSpot)) {
    const sku = skus.get(pool.vmSize);
    if (sku) {
      // One more node each while they are upgraded.
      families.set(sku.family, sum([families.get(sku.family), coresOf(pool, sku, 1)]));
    }
  }
  const wanted = [...families, ...(families.size > 0 ? [['cores', sum([...families.values()])] as const] : [])];
  return wanted.map(([family, need]) => {
    const entry = entryOf(usage.value, [family]);
    const title = family === 'cores' ? 'all families together' : family;
    return entry
      ? judge({ ...{ name: 'core quota', entry, need, unit: 'cores', title }, state: `${title}: ${free(entry)} of ${entry.limit} cores free` }, settings, exists)
      : subject.warning(`no quota named ${family} in ${location}`, { mend: [`az vm list-usage --location ${location} --output table`] });
  });
}

/** What is to say of the cores of spot pools, which have one quota for all families. */
export function judgeSpot(usage: Read<readonly Usage[]>, skus: ReadonlyMap<string, VmSku>, settings: AksSettings, exists: boolean): Finding[] {
  const need = sum(
    poolsOf(settings)
      .filter(({ isSpot }) => isSpot)
      .map((pool) => coresOf(pool, skus.get(pool.vmSize), 0)),
  );
  const entry = 'value' in usage ? entryOf(usage.value, ['lowPriorityCores']) : undefined;
  return need.most > 0 && entry
    ? [judge({ name: 'spot quota', state: `${free(entry)} of ${entry.limit} cores free`, entry, need, unit: 'cores', title: 'spot cores' }, settings, exists)]
    : [];
}

/** What is to say of the managed disks that hold the nodes' systems. */
export function judgeDisks(usage: Read<readonly Usage[]>, skus: ReadonlyMap<string, VmSku>, settings: AksSettings, exists: boolean): Finding[] {
  const managed = poolsOf(settings).filter(({ osDisk }) => osDisk === 'Managed');
  const premium = managed.filter(({ vmSize }) => can(skus.get(vmSize) ?? { name: vmSize, family: '' }, 'PremiumIO') !== false);
  const need = sum(premium.map(({ min, max }) => ({ least: min, most: max + 1 })));
  const entry = 'value' in usage ? entryOf(usage.value, ['PremiumDiskCount']) : undefined;
  const state = entry && `${free(entry)} of ${entry.limit} premium disks free`;
  return need.most > 0 && entry && state ? [judge({ name: 'disk quota', state, entry, need, unit: 'disks', title: 'premium disks' }, settings, exists)] : [];
}

/** What is to say of the public addresses: that of the ingress, and that of the way out. */
export function judgeAddresses(usage: Read<readonly Usage[]>, settings: AksSettings, exists: boolean): Finding[] {
  const subject = findings('Region', 'address quota');
  if ('problem' in usage) {
    return [subject.warning(`could not be read: ${reasonOf(usage.problem)}`, { mend: [`az network list-usages --location ${settings.location} --output table`] })];
  }
  const entries = ADDRESS_QUOTAS.flatMap((names) => entryOf(usage.value, names) ?? []);
  const need = { least: ADDRESSES, most: ADDRESSES };
  return entries.map((entry) => {
    const kind = entry.name.value === 'PublicIPAddresses' ? 'of any kind' : 'of the standard kind';
    const state = `${free(entry)} of ${entry.limit} public addresses ${kind} free`;
    return judge({ name: 'address quota', state, entry, need, unit: 'addresses', title: 'public addresses' }, settings, exists);
  });
}

/** A quota as it is judged. */
interface Subjected {
  readonly name: string;
  readonly state: string;
  readonly entry: Usage;
  readonly need: Need;
  readonly unit: 'cores' | 'disks' | 'addresses';
  readonly title: string;
}

function judge({ name, state, entry, need, unit, title }: Subjected, { location }: AksSettings, exists: boolean): Finding {
  const { least, most } = need;
  const subject = findings('Region', name);
  const instead = unit === 'addresses' ? 'another region' : 'fewer or smaller nodes';
  const mend = [`Ask for more: https://aka.ms/AzureQuota (${title}, ${location}), or take ${instead}`];
  // What a cluster that exists uses is in the figure already.
  if (!exists && free(entry) < least) {
    return subject.failure(`${state}, ${unit === 'cores' ? 'the pools need' : 'needed are'} ${least} to start`, { mend });
  }
  return !exists && free(entry) < most
    ? subject.warning(`${state}, the pools may grow to ${most} (with one node each to spare for upgrades)`, { mend })
    : subject.ok(exists ? state : `${state}, ${most} at most are needed`);
}

function coresOf({ min, max }: PoolNeeds, sku: VmSku | undefined, spare: number): Need {
  const cores = sku ? amount(sku, 'vCPUs') : 0;
  return { least: min * cores, most: (max + spare) * cores };
}

function sum(needs: readonly (Need | undefined)[]): Need {
  const total = (member: keyof Need): number => needs.reduce((all, need) => all + (need?.[member] ?? 0), 0);
  return { least: total('least'), most: total('most') };
}

function entryOf(usage: readonly Usage[], names: readonly string[]): Usage | undefined {
  const wanted = names.map((name) => name.toLowerCase());
  return usage.find(({ name }) => wanted.includes(name.value.toLowerCase()));
}

function free({ limit, currentValue }: Usage): number {
  return Number(limit) - Number(currentValue);
}
