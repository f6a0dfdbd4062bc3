import { Token } from 'cdktf';
import type { Problem } from '../validation';

const NAMING = 'https://learn.microsoft.com/azure/azure-resource-manager/management/resource-name-rules';

/** What Azure accepts as the name of a resource: pattern, the same in words, and how far the name has to be unique. */
const RULES = {
  resourceGroup: [/^[-\w.()]{0,89}[-\w()]$/, 'a resource group has 1 to 90 letters, digits, dashes, underscores, dots and brackets, and no dot at the end'],
  nodeResourceGroup: [/^[-\w.()]{0,79}[-\w()]$/, 'the resource group of the nodes has 1 to 80 letters, digits, dashes, underscores, dots and brackets, and no dot at the end'],
  cluster: [/^[a-zA-Z0-9]([-\w]{0,61}[a-zA-Z0-9])?$/, 'a cluster has 1 to 63 letters, digits, dashes and underscores, a letter or digit at both ends'],
  dnsPrefix: [/^[a-zA-Z0-9]([-a-zA-Z0-9]{0,52}[a-zA-Z0-9])?$/, 'a DNS prefix has 1 to 54 letters, digits and dashes, a letter or digit at both ends'],
  network: [/^[a-zA-Z0-9][-\w.]{0,62}\w$/, 'a virtual network has 2 to 64 letters, digits, dashes, underscores and dots'],
  identity: [/^[a-zA-Z0-9][-\w]{2,127}$/, 'an identity has 3 to 128 letters, digits, dashes and underscores'],
  ingressIp: [/^[a-zA-Z0-9]([-\w.]{0,78}\w)?$/, 'a public address has 1 to 80 letters, digits, dashes, underscores and dots'],
  dnsLabel: [/^[a-z][-a-z0-9]{1,61}[a-z0-9]$/, 'a DNS label has 3 to 63 lower-case letters, digits and dashes, begins with a letter, and is unique in its region'],
  nodePool: [/^[a-z][a-z0-9]{0,8}$/, 'a pool has 1 to 9 lower-case letters and digits and begins with a letter: three more letters name the one that stands in while it is rotated'],
  registry: [/^[a-zA-Z0-9]{5,50}$/, 'a registry has 5 to 50 letters and digits, no dashes, and a name that is unique in all of Azure'],
  vault: [/^(?!.*--)[a-zA-Z][-a-zA-Z0-9]{1,22}[a-zA-Z0-9]$/, 'a vault has 3 to 24 letters, digits and single dashes, begins with a letter, and has a name that is unique in all of Azure'],
  storageAccount: [/^[a-z0-9]{3,24}$/, 'a storage account has 3 to 24 lower-case letters and digits, and a name that is unique in all of Azure'],
  workspace: [/^[a-zA-Z0-9][-a-zA-Z0-9]{2,61}[a-zA-Z0-9]$/, 'a Log Analytics workspace has 4 to 63 letters, digits and dashes, a letter or digit at both ends'],
  grafana: [/^[a-zA-Z][-a-zA-Z0-9]{0,21}[a-zA-Z0-9]$/, 'a Grafana has 2 to 23 letters, digits and dashes, begins with a letter, and has a name that is unique in all of Azure'],
  federatedCredential: [/^[a-zA-Z0-9][-\w]{2,119}$/, 'a federated credential has 3 to 120 letters, digits, dashes and underscores'],
  backupVault: [/^[a-zA-Z][-a-zA-Z0-9]{1,49}$/, 'a backup vault has 2 to 50 letters, digits and dashes and begins with a letter'],
} as const satisfies Record<string, readonly [RegExp, string]>;

/** A kind of Azure resource whose names are checked. */
export type AzureNameKind = keyof typeof RULES;

/**
 * What is wrong with the name of an Azure resource.
 * @param at where it stands, for the messages
 * @param mend what to change, where that is not the name itself
 */
export function azureNameProblems(kind: AzureNameKind, name: string | undefined, at: string, mend = 'Change the name'): Problem[] {
  const [pattern, rule] = RULES[kind];
  return name === undefined || Token.isUnresolved(name) || pattern.test(name) ? [] : [{ at, value: name, rule, mend, see: NAMING }];
}

/**
 * A name for a kind that has to be unique in all of Azure: short, without the characters that some kinds refuse, and told apart by a
 * word of the caller's.
 * @param distinction such as the first characters of the subscription's id
 */
export function globalName(base: string, distinction: string, length = 24): string {
  const word = distinction.toLowerCase().replace(/[^a-z0-9]/g, '');
  return `${base.toLowerCase().replace(/[^a-z0-9]/g, '').slice(0, length - word.length)}${word}`;
}
