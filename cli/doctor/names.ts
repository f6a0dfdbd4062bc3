import { Read, reasonOf } from './ask';
import { Finding, findings } from './finding';
import { aksPlace, askAz, GlobalName, Subject } from './subject';
import type { Account } from './account';

/** What Azure says of a name that has to be unique in all of it. */
interface Availability {
  readonly nameAvailable: boolean;
  readonly message?: string | null;
}

/** What each kind is called, and where the environment's file says its name. */
const KINDS: Readonly<Record<GlobalName['kind'], { readonly title: string; readonly key: string }>> = {
  registry: { title: 'registry', key: 'cluster.registry.name' },
  vault: { title: 'vault', key: 'cluster.keyVault.name' },
  storageAccount: { title: 'storage account', key: 'cluster.backup.storageAccountName' },
};

/** Looks whether the names that have to be unique in all of Azure are free, or this environment's already. */
export async function checkNames(subject: Subject, account: Account): Promise<Finding[]> {
  if (subject.globalNames.length === 0) {
    return [];
  }
  const group = aksPlace(subject.environment)?.resourceGroupName ?? '';
  const [own, ...answers] = await Promise.all([
    askAz<string[]>(subject, 'resource', 'list', '--resource-group', group, '--query', '[].name'),
    ...subject.globalNames.map((name) => ask(subject, name, account.id)),
  ]);
  const ours = 'value' in own ? (own.value ?? []) : [];
  return subject.globalNames.map((name, index) => judgeName(name, answers[index] as Read<Availability>, ours));
}

function ask(subject: Subject, { kind, name }: GlobalName, subscription: string): Promise<Read<Availability>> {
  if (kind !== 'vault') {
    return askAz(subject, kind === 'registry' ? 'acr' : 'storage', ...(kind === 'registry' ? [] : ['account']), 'check-name', '--name', name);
  }
  // A deleted vault keeps its name until its retention ends, which this answers too.
  const url = `https://management.azure.com/subscriptions/${subscription}/providers/Microsoft.KeyVault/checkNameAvailability?api-version=2023-07-01`;
  return askAz(subject, 'rest', '--method', 'post', '--url', url, '--body', JSON.stringify({ name, type: 'Microsoft.KeyVault/vaults' }));
}

/** What is to say of one such name. */
export function judgeName({ kind, name }: GlobalName, read: Read<Availability>, ours: readonly string[]): Finding {
  const subject = findings('Azure', 'names');
  const { title, key } = KINDS[kind];
  if (ours.some((own) => own.toLowerCase() === name.toLowerCase())) {
    return subject.ok(`${title} ${name} is this environment's already`);
  }
  if ('problem' in read) {
    return subject.warning(`whether the ${title} ${name} is free could not be checked: ${reasonOf(read.problem)}`, { mend: [`Set ${key} to another one where the apply says that it is taken`] });
  }
  const { nameAvailable, message } = read.value;
  return nameAvailable
    ? subject.ok(`${title} ${name} is free`)
    : subject.failure(`${title} ${name} is taken${message ? `: ${message}` : ''}`, { mend: [`Set ${key} to another one, or export DNS_LABEL_PREFIX=<something of yours>, which it follows from`] });
}
