import { createHash } from 'node:crypto';

/** Where the state of an environment lies. */
export interface StateStorage {
  readonly resourceGroupName: string;
  readonly storageAccountName: string;
  readonly containerName: string;
  readonly location: string;
  readonly subscriptionId: string;
  /** How often Azure copies it, and where to. */
  readonly sku: string;
  readonly tags: Readonly<Record<string, string>>;
}

/** Days that a deleted state, or an older version of it, can be brought back. */
export const RETENTION_DAYS = 30;

/**
 * The name that an environment's storage account has unless somebody chose one: it has to be unique in the world, so part of it is made from
 * the subscription's id.
 */
export function defaultAccountName(environment: string, subscriptionId: string): string {
  const hash = createHash('sha256').update(`${subscriptionId.toLowerCase()}/${environment}`).digest('hex').slice(0, 8);
  return `tfstate${environment.replace(/[^a-z0-9]/g, '').slice(0, 9)}${hash}`;
}

/** Azure's id of the account, and of its container. */
export function storageIds(storage: StateStorage): { readonly account: string; readonly container: string } {
  const { subscriptionId, resourceGroupName, storageAccountName, containerName } = storage;
  const account = `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroupName}/providers/Microsoft.Storage/storageAccounts/${storageAccountName}`;
  return { account, container: `${account}/blobServices/default/containers/${containerName}` };
}

/** One step: a question whose answer says whether it is done, and the command that does it. */
export interface Step {
  readonly title: string;
  /** az command that changes nothing. @default none: `apply` is repeated every time, and changes only what differs */
  readonly look?: readonly string[];
  /** Whether the answer, as JSON, says that nothing is left to do. @default any answer does */
  isDone?(answer: unknown): boolean;
  /** az command that makes it so. */
  readonly apply: readonly string[];
}

const ROLE = 'Storage Blob Data Contributor';

/** Who may read and write the state. */
export interface Principal {
  readonly objectId: string;
  readonly type: 'User' | 'ServicePrincipal';
}

/** The steps to an account that holds the state: Entra logins only, TLS 1.2, nothing public, every version kept. */
export function storageSteps(storage: StateStorage, principal: Principal): Step[] {
  const { resourceGroupName: group, storageAccountName: account, containerName: container, location, subscriptionId, sku } = storage;
  const ids = storageIds(storage);
  const tags = ['--tags', 'purpose=terraform-state', ...Object.entries(storage.tags).map(([key, value]) => `${key}=${value}`)];
  const within = (args: readonly string[]): string[] => [...args, '--subscription', subscriptionId];
  const inGroup = ['--name', account, '--resource-group', group];
  return [
    {
      title: 'resource provider Microsoft.Storage',
      look: within(['provider', 'show', '--namespace', 'Microsoft.Storage', '--query', 'registrationState']),
      isDone: (answer) => answer === 'Registered',
      apply: within(['provider', 'register', '--namespace', 'Microsoft.Storage', '--wait']),
    },
    {
      title: `resource group ${group}`,
      look: within(['group', 'show', '--name', group, '--query', 'id']),
      apply: within(['group', 'create', '--name', group, '--location', location, ...tags]),
    },
    {
      title: `storage account ${account}`,
      look: within(['storage', 'account', 'show', ...inGroup, '--query', 'id']),
      apply: within(['storage', 'account', 'create', ...inGroup, '--location', location, '--kind', 'StorageV2', '--sku', sku, ...HARDENED, ...tags]),
    },
    { title: 'no shared keys, no public blobs, TLS 1.2', apply: within(['storage', 'account', 'update', ...inGroup, ...HARDENED]) },
    {
      title: `versions and deleted blobs kept for ${RETENTION_DAYS} days`,
      apply: within([
        ...['storage', 'account', 'blob-service-properties', 'update', '--account-name', account, '--resource-group', group],
        ...['--enable-versioning', 'true', '--enable-delete-retention', 'true', '--delete-retention-days', String(RETENTION_DAYS)],
        ...['--enable-container-delete-retention', 'true', '--container-delete-retention-days', String(RETENTION_DAYS)],
      ]),
    },
    {
      title: `container ${container}`,
      // By the resource manager: the data plane would need the role that comes next.
      look: within(['storage', 'container-rm', 'exists', '--storage-account', account, '--resource-group', group, '--name', container]),
      isDone: (answer) => (answer as { exists?: boolean } | null)?.exists === true,
      apply: within(['storage', 'container-rm', 'create', '--storage-account', account, '--resource-group', group, '--name', container, '--public-access', 'off']),
    },
    roleStep(`role ${ROLE} on the container`, ROLE, principal, ids.container, subscriptionId),
  ];
}

const HARDENED = [
  ...['--allow-shared-key-access', 'false', '--allow-blob-public-access', 'false', '--min-tls-version', 'TLS1_2', '--https-only', 'true'],
  ...['--allow-cross-tenant-replication', 'false', '--default-action', 'Allow'],
];

/** A step that gives somebody a role, unless they hold it at that very place already. */
export function roleStep(title: string, role: string, principal: Principal, scope: string, subscriptionId: string): Step {
  return {
    title,
    look: [
      ...['role', 'assignment', 'list', '--assignee', principal.objectId, '--role', role, '--scope', scope],
      ...['--query', '[].id', '--subscription', subscriptionId],
    ],
    isDone: (answer) => Array.isArray(answer) && answer.length > 0,
    apply: [
      ...['role', 'assignment', 'create', '--role', role, '--assignee-object-id', principal.objectId],
      ...['--assignee-principal-type', principal.type, '--scope', scope, '--subscription', subscriptionId],
    ],
  };
}

/** The block for the environment's file. */
export function stateBlock(storage: StateStorage): string {
  return [
    'state: {',
    "  kind: 'azurerm',",
    `  resourceGroupName: '${storage.resourceGroupName}',`,
    `  storageAccountName: '${storage.storageAccountName}',`,
    `  containerName: '${storage.containerName}',`,
    `  subscriptionId: '${storage.subscriptionId}',`,
    '},',
  ].join('\n');
}

/** A command as somebody would type it. */
export function shellLine(args: readonly string[]): string {
  return ['az', ...args].map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replace(/'/g, `'\\''`)}'`)).join(' ');
}
