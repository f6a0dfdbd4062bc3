import { reasonOf, Read } from './ask';
import { Finding, findings } from './finding';
import { AksSettings, askAz, Subject } from './subject';

/** One entry of `az vm list-usage`. Azure prints the numbers as text. */
export interface VmUsage {
  readonly name: { readonly value: string; readonly localizedValue?: string };
  readonly currentValue: string | number;
  readonly limit: string | number;
}

/** One entry of `az vm list-skus`. */
export interface VmSku {
  readonly name: string;
  readonly family: string;
  readonly capabilities?: readonly { readonly name: string; readonly value: string }[];
  readonly restrictions?: readonly { readonly type: string; readonly reasonCode: string }[];
}

/** Looks at the sizes of the node pools, and at the cores that the subscription may still use in the region. */
export async function checkQuota(subject: Subject, settings: AksSettings, exists: boolean): Promise<Finding[]> {
  const { location } = settings;
  const sizes = [...new Set(poolsOf(settings).map(({ vmSize }) => vmSize))];
  const query = '[].{name:name,family:family,capabilities:capabilities,restrictions:restrictions}';
  const [usage, ...skus] = await Promise.all([
    askAz<VmUsage[]>(subject, 'vm', 'list-usage', '--location', location),
    ...sizes.map((size) => {
      const of = ['--location', location, '--resource-type', 'virtualMachines', '--size', size, '--all', 'true'];
      return askAz<VmSku[]>(subject, 'vm', 'list-skus', ...of, '--query', query);
    }),
  ]);
  return judgeQuota(usage, new Map(sizes.map((size, index) => [size, skus[index]])), settings, exists);
}

/** What is to say of the cores that the node pools need. */
export function judgeQuota(
  usage: Read<readonly VmUsage[]>,
  skus: ReadonlyMap<string, Read<readonly VmSku[]>>,
  settings: AksSettings,
  exists: boolean,
): Finding[] {
  const subject = findings('Region', 'VM sizes');
  const { location } = settings;
  const known = new Map<string, VmSku>();
  const faults: Finding[] = [];
  for (const [size, read] of skus) {
    const found = 'value' in read ? (read.value ?? []).find(({ name }) => name === size) : undefined;
    if ('problem' in read) {
      faults.push(subject.warning(`${size} could not be looked up: ${reasonOf(read.problem)}`, { mend: [`az vm list-skus --location ${location} --size ${size} --all --output table`] }));
    } else if (!found) {
      faults.push(subject.failure(`${location} has no size ${size}`, { mend: [`Take one of: az vm list-skus --location ${location} --resource-type virtualMachines --output table`] }));
    } else if (found.restrictions?.some(({ type }) => type === 'Location')) {
      const reasons = found.restrictions.map(({ reasonCode }) => reasonCode).join(', ');
      faults.push(subject.failure(`${size} is not open to this subscription in ${location} (${reasons})`, { mend: ['Take another size or region, or ask for it: https://aka.ms/AzureQuota'] }));
    } else {
      known.set(size, found);
    }
  }
  const sizes = known.size > 0 && faults.length === 0 ? [subject.ok(`${[...known.keys()].join(', ')} in ${location}`)] : [];
  return [...faults, ...sizes, ...judgeCores(usage, known, settings, exists)];
}

function judgeCores(usage: Read<readonly VmUsage[]>, skus: ReadonlyMap<string, VmSku>, settings: AksSettings, exists: boolean): Finding[] {
  const subject = findings('Region', 'core quota');
  if ('problem' in usage) {
    return [subject.warning(`could not be read: ${reasonOf(usage.problem)}`, { mend: [`az vm list-usage --location ${settings.location} --output table`] })];
  }
  const needs = coresByFamily(skus, settings);
  const total = { least: 0, most: 0 };
  for (const { least, most } of needs.values()) {
    total.least += least;
    total.most += most;
  }
  const wanted = [...needs, ...(needs.size > 0 ? [['cores', total] as const] : [])];
  return wanted.map(([family, { least, most }]) => {
    const entry = usage.value.find(({ name }) => name.value.toLowerCase() === family.toLowerCase());
    if (!entry) {
      return subject.warning(`no quota named ${family} in ${settings.location}`, { mend: [`az vm list-usage --location ${settings.location} --output table`] });
    }
    const free = Number(entry.limit) - Number(entry.currentValue);
    const title = family === 'cores' ? 'all families together' : family;
    const mend = [`Ask for more: https://aka.ms/AzureQuota (${title}, ${settings.location}), or take fewer or smaller nodes`];
    const state = `${title}: ${free} of ${entry.limit} cores free`;
    // What a cluster that exists uses is in the figure already.
    if (!exists && free < least) {
      return subject.failure(`${state}, the pools need ${least} to start`, { mend });
    }
    return !exists && free < most
      ? subject.warning(`${state}, the pools may grow to ${most} (with one node each to spare for upgrades)`, { mend })
      : subject.ok(exists ? state : `${state}, ${most} at most are needed`);
  });
}

/** Cores of each family: what the pools start with, and what they may grow to with one more node each while they are upgraded. */
function coresByFamily(skus: ReadonlyMap<string, VmSku>, settings: AksSettings): Map<string, { least: number; most: number }> {
  const families = new Map<string, { least: number; most: number }>();
  for (const pool of poolsOf(settings)) {
    const sku = skus.get(pool.vmSize);
    const cores = Number(sku?.capabilities?.find(({ name }) => name === 'vCPUs')?.value ?? NaN);
    if (sku && Number.isFinite(cores)) {
      const before = families.get(sku.family) ?? { least: 0, most: 0 };
      families.set(sku.family, { least: before.least + pool.min * cores, most: before.most + (pool.max + 1) * cores });
    }
  }
  return families;
}

/** The pools that count against the quota of their family: spot nodes have one of their own. Sizes that are left out are the construct's. */
function poolsOf({ systemPool, userPool, nodePools }: AksSettings): { readonly vmSize: string; readonly min: number; readonly max: number }[] {
  const further = Object.values(nodePools).filter(({ kind, vmSize }) => kind !== 'spot' && vmSize !== undefined);
  return [systemPool, userPool, ...further.map(({ vmSize, min, max }) => ({ vmSize: vmSize ?? '', min, max }))];
}
