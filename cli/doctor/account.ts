import { PLACEHOLDER_GROUP, PLACEHOLDER_RANGE } from '../../environments/settings';
import { Read, reasonOf } from './ask';
import { Finding, findings } from './finding';
import { askAz, Subject, subscriptionOf } from './subject';

/** `az account show` */
export interface Account {
  readonly id: string;
  readonly name: string;
  readonly state: string;
  readonly tenantId: string;
  readonly user: { readonly name: string; readonly type: 'user' | 'servicePrincipal' };
}

const LOGIN = 'az login';
const CHOOSE_SUBSCRIPTION = 'export ARM_SUBSCRIPTION_ID=$(az account show --query id --output tsv)';

/** Reads the account that az is logged in with. */
export function readAccount(subject: Subject): Promise<Read<Account>> {
  return askAz<Account>(subject, 'account', 'show');
}

/** What is to say of the login and of the subscription. */
export function judgeAccount(account: Read<Account>, subscriptionId: string | undefined): Finding[] {
  const login = findings('Azure', 'login');
  const subscription = findings('Azure', 'subscription');
  if ('problem' in account) {
    const { problem } = account;
    if (problem.kind === 'missing') {
      return [login.skipped('needs az')];
    }
    const isUnknown = /subscription.*(not found|doesn't exist|was not found)|doesn't exist in cloud/i.test(problem.reason);
    return isUnknown
      ? [subscription.failure(problem.reason, { mend: [`az login --tenant <its tenant>, or name one that \`az account list --output table\` shows: ${CHOOSE_SUBSCRIPTION}`] })]
      : [login.failure(problem.reason, { mend: [LOGIN] })];
  }
  const { value } = account;
  const who = `${value.user.name} (${value.user.type === 'user' ? 'user' : 'service principal'}), tenant ${value.tenantId}`;
  return [login.ok(who), judgeSubscription(value, subscriptionId)];
}

function judgeSubscription(account: Account, wanted: string | undefined): Finding {
  const subscription = findings('Azure', 'subscription');
  const title = `${account.name} (${account.id})`;
  if (account.state !== 'Enabled') {
    return subscription.failure(`${title} is ${account.state}`, { mend: ['Enable it in the portal, or name another one'] });
  }
  if (wanted === undefined) {
    return judgeNoSubscription(account);
  }
  return subscription.ok(title);
}

const ROLES_THAT_ASSIGN = ['Owner', 'User Access Administrator', 'Role Based Access Control Administrator'];
const ROLES_THAT_CREATE = ['Owner', 'Contributor'];

/** Looks at the rights of whoever is logged in. */
export async function checkRights(subject: Subject, account: Account): Promise<Finding> {
  const scope = `/subscriptions/${account.id}`;
  const args = ['role', 'assignment', 'list', '--assignee', account.user.name, '--include-inherited', '--scope', scope];
  // Groups are looked up for users only: az refuses the flag for service principals.
  const groups = account.user.type === 'user' ? ['--include-groups'] : [];
  return judgeRights(await askAz<{ roleDefinitionName: string }[]>(subject, ...args, ...groups, '--query', '[].{roleDefinitionName:roleDefinitionName}'), account);
}

/** What is to say of the roles that somebody holds in the subscription. */
export function judgeRights(roles: Read<readonly { readonly roleDefinitionName: string }[]>, account: Account): Finding {
  const rights = findings('Azure', 'rights');
  if ('problem' in roles) {
    return rights.warning(`could not be read: ${reasonOf(roles.problem)}`, {
      mend: ['You need Contributor and Role Based Access Control Administrator (or Owner) on the subscription: ask its owner'],
    });
  }
  const held = [...new Set(roles.value.map(({ roleDefinitionName }) => roleDefinitionName))];
  const missing = [
    ...(held.some((role) => ROLES_THAT_CREATE.includes(role)) ? [] : ['Contributor']),
    ...(held.some((role) => ROLES_THAT_ASSIGN.includes(role)) ? [] : ['Role Based Access Control Administrator']),
  ];
  if (missing.length === 0) {
    return rights.ok(held.join(', '));
  }
  return rights.warning(`roles on the subscription: ${held.join(', ') || 'none'}; the cluster layer creates resources and role assignments`, {
    mend: missing.map((role) => `az role assignment create --role '${role}' --assignee '${account.user.name}' --scope /subscriptions/${account.id}   # by its owner`),
  });
}

/** What can be said of the environment's settings without asking Azure. */
export function judgeSettings(subject: Subject): Finding[] {
  const { cluster } = subject.environment;
  const isPlaceholder = cluster.kind === 'aks' && cluster.adminGroupObjectIds.includes(PLACEHOLDER_GROUP);
  return [
    ...(subscriptionOf(subject) === undefined ? [judgeNoSubscription()] : []),
    ...(isPlaceholder ? [judgePlaceholderGroup()] : []),
    ...judgeRanges(subject),
  ];
}

/** What is to say of who may reach the API server. */
export function judgeRanges({ environment: { cluster } }: Pick<Subject, 'environment'>): Finding[] {
  if (cluster.kind !== 'aks' || !cluster.authorizedIpRanges) {
    return [];
  }
  const subject = findings('Azure', 'authorised ranges');
  return cluster.authorizedIpRanges.includes(PLACEHOLDER_RANGE)
    ? [
        subject.failure('are still the placeholder: the API server would answer nobody', {
          mend: ['export API_AUTHORIZED_RANGES=$(curl -s https://api.ipify.org)/32   # and the ranges of your pipelines, separated by commas'],
        }),
      ]
    : [subject.ok(cluster.authorizedIpRanges.join(', '))];
}

/** What is to say where Terraform is told no subscription; it does not choose one by itself. */
function judgeNoSubscription(account?: Account): Finding {
  return findings('Azure', 'subscription').failure('Terraform is told no subscription', {
    mend: [account ? `${CHOOSE_SUBSCRIPTION}   # ${account.name}` : CHOOSE_SUBSCRIPTION],
    see: 'https://registry.terraform.io/providers/hashicorp/azurerm/latest/docs#subscription_id',
  });
}

/** Looks at the groups that administer the cluster. */
export async function checkAdminGroups(subject: Subject, account: Account): Promise<Finding[]> {
  const { cluster } = subject.environment;
  if (cluster.kind !== 'aks') {
    return [];
  }
  const isUser = account.user.type === 'user';
  const me = isUser ? await askAz<{ id: string }>(subject, 'ad', 'signed-in-user', 'show', '--query', '{id:id}') : undefined;
  return Promise.all(
    cluster.adminGroupObjectIds.map(async (id) => {
      if (id === PLACEHOLDER_GROUP) {
        return judgePlaceholderGroup();
      }
      const group = await askAz<{ displayName: string }>(subject, 'ad', 'group', 'show', '--group', id, '--query', '{displayName:displayName}');
      const member =
        me && 'value' in me && me.value
          ? await askAz<{ value: boolean }>(subject, 'ad', 'group', 'member', 'check', '--group', id, '--member-id', me.value.id)
          : undefined;
      return judgeAdminGroup(id, group, member);
    }),
  );
}

/** What is to say where no group was chosen. */
export function judgePlaceholderGroup(): Finding {
  return findings('Azure', 'admin group').failure('is still the placeholder: nobody could log in to the cluster', {
    mend: [
      'export AKS_ADMIN_GROUP_ID=$(az ad group show --group <name> --query id --output tsv)',
      'Without one: az ad group create --display-name aks-admins --mail-nickname aks-admins, and add yourself to it',
    ],
  });
}

/** What is to say of a group, and of whether whoever runs this is in it. */
export function judgeAdminGroup(id: string, group: Read<{ readonly displayName: string }>, member?: Read<{ readonly value: boolean }>): Finding {
  const subject = findings('Azure', 'admin group');
  if ('problem' in group) {
    const reason = reasonOf(group.problem);
    if (/does not exist|not found/i.test(reason)) {
      return subject.failure(`there is no group ${id} in this tenant`, { mend: ['Set AKS_ADMIN_GROUP_ID to the object id of one: az ad group list --query "[].{id:id,name:displayName}" --output table'] });
    }
    return subject.warning(`${id} could not be looked up: ${reason}`, { mend: ['Ask somebody who may read the directory whether it exists and who is in it'] });
  }
  const title = `${group.value.displayName} (${id})`;
  if (member && 'value' in member && !member.value.value) {
    return subject.warning(`you are not a member of ${title}: the layers above the cluster would be refused`, {
      mend: [`az ad group member add --group ${id} --member-id $(az ad signed-in-user show --query id --output tsv), then az login again`],
    });
  }
  return subject.ok(title);
}

/** Looks at the resource providers of the subscription. */
export async function checkProviders(subject: Subject): Promise<Finding> {
  const list = await askAz<ProviderState[]>(subject, 'provider', 'list', '--query', '[].{namespace:namespace,state:registrationState}');
  const storage = subject.environment.state.kind === 'azurerm' ? ['Microsoft.Storage'] : [];
  return judgeProviders(list, [...new Set([...subject.resourceProviders, ...storage])]);
}

export interface ProviderState {
  readonly namespace: string;
  readonly state: string;
}

/** What is to say of the resource providers that an environment needs. */
export function judgeProviders(list: Read<readonly ProviderState[]>, needed: readonly string[]): Finding {
  const subject = findings('Azure', 'resource providers');
  if ('problem' in list) {
    return subject.warning(`could not be read: ${reasonOf(list.problem)}`, { mend: [LOGIN] });
  }
  const states = new Map(list.value.map(({ namespace, state }) => [namespace.toLowerCase(), state]));
  const missing = needed.filter((name) => states.get(name.toLowerCase()) !== 'Registered');
  if (missing.length === 0) {
    return subject.ok(`${needed.length} registered`);
  }
  return subject.warning(`not registered: ${missing.join(', ')}; Terraform registers them where you may`, {
    mend: missing.map((name) => `az provider register --namespace ${name} --wait`),
  });
}

/** Looks at where the state lies. */
export async function checkState(subject: Subject): Promise<Finding> {
  const { state, name } = subject.environment;
  if (state.kind === 'local') {
    return judgeLocalState(name, subject.env.CI !== undefined && subject.env.CI !== 'false');
  }
  const within = ['--account-name', state.storageAccountName, '--name', state.containerName, '--auth-mode', 'login'];
  const shown = await askAz<unknown>(subject, 'storage', 'container', 'show', ...within, '--query', 'name');
  const place = `container ${state.containerName} of ${state.storageAccountName}`;
  const finding = findings('Azure', 'state');
  return 'value' in shown ? finding.ok(place) : finding.failure(`${place} cannot be read: ${reasonOf(shown.problem)}`, { mend: [`aks-istio bootstrap ${name}`] });
}

/** What is to say of a state that lies on this machine. */
export function judgeLocalState(environment: string, isPipeline: boolean): Finding {
  const finding = findings('Azure', 'state');
  const detail = `on this machine, in .aks-istio/state/${environment}`;
  return isPipeline
    ? finding.failure(`${detail}: it is lost with the runner`, { mend: [`aks-istio bootstrap ${environment}, then put the block that it prints into environments/${environment}.ts`] })
    : finding.ok(detail);
}

/** Looks at the login, and at all that depends on nothing but the account. */
export async function checkAccount(subject: Subject, account: Read<Account>): Promise<Finding[]> {
  const judged = judgeAccount(account, subscriptionOf(subject));
  if ('problem' in account) {
    return judged;
  }
  const creates = subject.environment.cluster.kind === 'aks';
  const more = await Promise.all([
    ...(creates ? [checkRights(subject, account.value), checkProviders(subject)] : []),
    checkState(subject),
  ]);
  return [...judged, ...more, ...judgeRanges(subject), ...(await checkAdminGroups(subject, account.value))];
}
