import { Environment, loadEnvironment } from '../../environments';
import { asker, readJson, reasonOf } from '../doctor/ask';
import type { Account } from '../doctor/account';
import { CliError, UsageError } from '../errors';
import { commandLine, CommonOptions, PROGRAM, repeatCommand } from '../options';
import { cleanEnvironment } from '../tools/cluster-access';
import { progressMode, runTasks } from '../ui/tasks';
import { assignedRoles } from './assigned-roles';
import { federationCommands, PipelineAccess, PipelineHosts } from './federation';
import { takeStep, waitForAccess } from './steps';
import { defaultAccountName, Principal, shellLine, stateBlock, StateStorage, storageSteps } from './storage';

export interface BootstrapOptions extends PipelineHosts, Pick<CommonOptions, 'mesh' | 'verbose'> {
  readonly account?: string;
  readonly resourceGroup?: string;
  readonly container?: string;
  readonly location?: string;
  readonly sku: string;
  readonly dryRun?: boolean;
}

/** What stands for an answer that only Azure has, in a dry run without it. */
const UNKNOWN = { subscription: '<subscription>', principal: '<your object id>', account: '<account>' };

/** Makes the storage that the state of an environment goes to, and prints how to use it. @returns the exit code */
export async function bootstrap(name: string, options: BootstrapOptions, signal: AbortSignal): Promise<number> {
  const environment = loadEnvironment(name, { flavor: options.mesh });
  const { cluster } = environment;
  if (cluster.kind === 'kubeconfig') {
    throw new UsageError(`${name} has no use for state in Azure`, 'It is entered by a kubeconfig, without any login to Azure', [commandLine('up', name, options)]);
  }
  const makeAsk = () => asker({ env: cleanEnvironment(), signal });
  const resume = repeatCommand('bootstrap', name, options);
  const found = await whoAmI(makeAsk(), cluster.subscriptionId ?? process.env.ARM_SUBSCRIPTION_ID, options.dryRun === true, resume);
  const storage = storageOf(environment, found.subscriptionId, options, resume);
  const steps = storageSteps(storage, found.principal);
  if (options.dryRun) {
    const lines = steps.flatMap(({ title, apply }) => [`# ${title}`, shellLine(apply)]);
    print([...lines, '', ...guide(environment, storage, options)]);
    return 0;
  }
  const probe = ['storage', 'blob', 'list', '--account-name', storage.storageAccountName, '--container-name', storage.containerName];
  await runTasks(
    [
      ...steps.map((step) => ({
        title: step.title,
        run: async () => ({ there: 'there already', set: 'set', made: 'made' })[(await takeStep(step, makeAsk(), resume)).outcome],
      })),
      {
        title: 'access to the container',
        run: ({ report }) => waitForAccess([...probe, '--auth-mode', 'login', '--num-results', '1', '--query', '[].name'], makeAsk, resume, report),
      },
    ],
    progressMode(false),
  );
  print(['', ...guide(environment, storage, options)]);
  return 0;
}

/** Where the state goes: what the environment's file names, else what the options say, else names that follow from the environment's. */
export function storageOf(environment: Environment, subscriptionId: string, options: BootstrapOptions, resume: string): StateStorage {
  const { cluster, name, state, tags } = environment;
  const location = options.location ?? (cluster.kind === 'aks' ? cluster.location : undefined);
  if (location === undefined) {
    throw new UsageError('no region was chosen', `${name} names none`, [`${resume} --location westeurope`]);
  }
  const named = state.kind === 'azurerm' ? state : undefined;
  return {
    resourceGroupName: options.resourceGroup ?? named?.resourceGroupName ?? `${name}-tfstate`,
    storageAccountName: options.account ?? named?.storageAccountName ?? accountName(name, subscriptionId),
    containerName: options.container ?? named?.containerName ?? 'tfstate',
    subscriptionId: named?.subscriptionId ?? subscriptionId,
    location,
    sku: options.sku,
    tags,
  };
}

/** Variables that environment files read, as far as they are set: pipelines need them too. */
const VARIABLES = ['DNS_LABEL_PREFIX', 'API_AUTHORIZED_RANGES'] as const;

function access(environment: Environment): PipelineAccess {
  const variables = VARIABLES.flatMap((name) => (process.env[name] ? [[name, process.env[name]] as const] : []));
  return { assignedRoles: assignedRoles(environment), variables: Object.fromEntries(variables) };
}

function accountName(environment: string, subscriptionId: string): string {
  return subscriptionId === UNKNOWN.subscription ? UNKNOWN.account : defaultAccountName(environment, subscriptionId);
}

function guide(environment: Environment, storage: StateStorage, options: BootstrapOptions): string[] {
  const { name, state } = environment;
  const isNamed = state.kind === 'azurerm' && state.storageAccountName === storage.storageAccountName && state.containerName === storage.containerName;
  const isRequested = options.github !== undefined || options.azureDevops !== undefined;
  return [
    ...(isNamed
      ? [`environments/${name}.ts names this storage already.`]
      : [`Put this into environments/${name}.ts:`, '', ...stateBlock(storage).split('\n').map((line) => `  ${line}`)]),
    ...(isNamed || state.kind !== 'local' ? [] : ['', 'State that exists on this machine is moved as docs/state.md says.']),
    '',
    ...(isRequested
      ? ['To let pipelines in without any secret, run:', '', ...federationCommands(name, storage, options, access(environment))]
      : [`To let pipelines in: ${PROGRAM} bootstrap ${name} --github OWNER/REPOSITORY, or --azure-devops ORGANISATION/PROJECT (docs/pipelines.md)`]),
  ];
}

async function whoAmI(
  ask: ReturnType<typeof asker>,
  wanted: string | undefined,
  isDryRun: boolean,
  resume: string,
): Promise<{ subscriptionId: string; principal: Principal }> {
  const account = await readJson<Account>(ask('az', ['account', 'show', ...(wanted ? ['--subscription', wanted] : []), '--output', 'json']));
  if ('problem' in account) {
    if (isDryRun) {
      return { subscriptionId: wanted ?? UNKNOWN.subscription, principal: { objectId: UNKNOWN.principal, type: 'User' } };
    }
    throw new CliError('no login to Azure', reasonOf(account.problem), ['az login', resume]);
  }
  const isUser = account.value.user.type === 'user';
  const args = isUser ? ['ad', 'signed-in-user', 'show'] : ['ad', 'sp', 'show', '--id', account.value.user.name];
  const principal = await readJson<string>(ask('az', [...args, '--query', 'id', '--output', 'json']));
  if ('problem' in principal && !isDryRun) {
    throw new CliError('your object id cannot be read', reasonOf(principal.problem), [`az ${args.join(' ')}`, resume]);
  }
  return {
    subscriptionId: account.value.id,
    principal: { objectId: 'value' in principal ? principal.value : UNKNOWN.principal, type: isUser ? 'User' : 'ServicePrincipal' },
  };
}

function print(lines: readonly string[]): void {
  process.stdout.write(`${lines.join('\n')}\n`);
}
