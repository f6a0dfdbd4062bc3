import type { StateStorage } from './storage';
import { storageIds } from './storage';

/** What a pipeline's identities may do: plan reads, apply changes. */
type Purpose = 'plan' | 'apply';

/** The pipelines that shall be let in. */
export interface PipelineHosts {
  /** `owner/repository` @default none */
  readonly github?: string;
  /** `organisation/project` @default none */
  readonly azureDevops?: string;
}

/** What guards GitHub's environment of the applying identity: protected branches only, and a reviewer (whoever runs this, to begin with). */
const GUARDS =
  " --field 'deployment_branch_policy[protected_branches]=true' --field 'deployment_branch_policy[custom_branch_policies]=false'" +
  ` --raw-field 'reviewers[][type]=User' --field "reviewers[][id]=$(gh api user --jq .id)"`;

/** Issuer of the tokens that GitHub gives to its jobs. */
const GITHUB_ISSUER = 'https://token.actions.githubusercontent.com';

/** What Entra expects as the audience of a federated token. */
const AUDIENCE = 'api://AzureADTokenExchange';

/**
 * Ids of the roles that an environment's layers may assign, as public templates and, for some, Microsoft's list of 2026-04-09 have them.
 * @see https://learn.microsoft.com/azure/role-based-access-control/built-in-roles
 */
export const ROLE_IDS: Readonly<Record<string, string>> = {
  AcrPull: '7f951dda-4ed3-4680-a7ca-43fe172d538d',
  'Azure Kubernetes Service Cluster User Role': '4abbcc35-e782-43d8-92c5-2d3f1bd2253f',
  'Azure Kubernetes Service RBAC Cluster Admin': 'b1ff04bb-8a4e-4dc4-8eb5-8693973ce19b',
  Contributor: 'b24988ac-6180-42a0-ab88-20f7382dd24c',
  'Data Operator for Managed Disks': '959f8984-c045-4866-89c7-12bf9737be2e',
  'Disk Snapshot Contributor': '7efff54f-a5b4-42b5-a1c5-5411624893ce',
  'Grafana Admin': '22926164-76b3-42b3-bc55-97df8dab3e41',
  'Key Vault Certificates Officer': 'a4417e6f-fecd-4de8-b567-7b0420556985',
  'Key Vault Secrets Officer': 'b86a8fe4-44ce-4948-aee5-eccb2c155cd7',
  'Key Vault Secrets User': '4633458b-17de-408a-b874-0445c86b69e6',
  'Monitoring Data Reader': 'b0d8363b-8ddd-447d-831f-62ca05bff136',
  'Network Contributor': '4d97b98b-1d4f-4787-a291-c67834d212e7',
  'Private DNS Zone Contributor': 'b12aa53e-6015-4669-85d0-8515ebb3ae7f',
  Reader: 'acdd72a7-3385-48ef-bd42-f606fba81ae7',
  'Storage Blob Data Contributor': 'ba92f5b4-2d11-453d-a403-e96b0029c9fe',
  'Storage Blob Data Reader': '2a2b9908-6ea1-4ae2-8e65-a410df84e7d1',
};

/** Role whose holder assigns roles; given with a condition that names which. */
const ASSIGNER = 'Role Based Access Control Administrator';

/**
 * What the identity of each purpose holds. Planning reads the cluster's Secrets too (Helm keeps its releases there), and the state without its lock.
 * @see https://learn.microsoft.com/azure/aks/manage-azure-rbac
 */
const ROLES: Readonly<Record<Purpose, { readonly subscription: readonly string[]; readonly container: string }>> = {
  plan: {
    subscription: ['Reader', 'Azure Kubernetes Service Cluster User Role', 'Azure Kubernetes Service RBAC Writer'],
    container: 'Storage Blob Data Reader',
  },
  apply: { subscription: ['Contributor', ASSIGNER], container: 'Storage Blob Data Contributor' },
};

/** Name of GitHub's and Azure DevOps' environment, and of the service connection, for a purpose. */
export function pipelineEnvironment(environment: string, purpose: Purpose): string {
  return purpose === 'plan' ? `${environment}-plan` : environment;
}

/** What a pipeline's token has to say of itself. */
export function federatedSubject(host: keyof PipelineHosts, place: string, environment: string, purpose: Purpose): string {
  const name = pipelineEnvironment(environment, purpose);
  return host === 'github' ? `repo:${place}:environment:${name}` : `sc://${place}/${name}`;
}

/** What the identities need to know of an environment. */
export interface PipelineAccess {
  /** Roles that its layers assign: all that the applying identity may hand out, so that it cannot make itself an owner. */
  readonly assignedRoles: readonly string[];
  /** Settings that its file takes from environment variables, and that are set now. */
  readonly variables: Readonly<Record<string, string>>;
}

/** The commands that let pipelines in without any secret: two identities, their roles, and which pipeline may become which. */
export function federationCommands(environment: string, storage: StateStorage, hosts: PipelineHosts, access: PipelineAccess): string[] {
  const identities = (['plan', 'apply'] as const).flatMap((purpose) => [
    ...(purpose === 'plan' ? ['# Plans: may read. Anybody who can push a branch can run them.'] : ['', '# Applies: may change. Guard this environment with required reviewers.']),
    ...identityCommands(environment, storage, purpose, access.assignedRoles),
    ...hostCommands(environment, storage, hosts, purpose, access.variables),
  ]);
  const switches = hosts.github ? ['', '# The workflows do nothing until this is set.', `gh variable set PIPELINES_ENABLED --repo ${hosts.github} --body true`] : [];
  return [...identities, ...switches];
}

function identityCommands(environment: string, storage: StateStorage, purpose: Purpose, assigned: readonly string[]): string[] {
  const { resourceGroupName: group, location, subscriptionId } = storage;
  const name = identityName(environment, purpose);
  const variable = purpose.toUpperCase();
  const assign = `az role assignment create --assignee-object-id "$${variable}_ID" --assignee-principal-type ServicePrincipal`;
  const { subscription, container } = ROLES[purpose];
  return [
    `az identity create --name ${name} --resource-group ${group} --location ${location} --subscription ${subscriptionId}`,
    `${variable}_ID=$(az identity show --name ${name} --resource-group ${group} --subscription ${subscriptionId} --query principalId --output tsv)`,
    `${variable}_CLIENT=$(az identity show --name ${name} --resource-group ${group} --subscription ${subscriptionId} --query clientId --output tsv)`,
    ...subscription.map((role) => `${assign} --role '${role}' --scope /subscriptions/${subscriptionId}${role === ASSIGNER ? condition(assigned) : ''}`),
    `${assign} --role '${container}' --scope ${storageIds(storage).container}`,
    ...(purpose === 'apply' ? [`az ad group member add --group "$AKS_ADMIN_GROUP_ID" --member-id "$${variable}_ID"   # it applies the layers inside the cluster too`] : []),
  ];
}

function condition(assigned: readonly string[]): string {
  const action = (verb: 'write' | 'delete', source: '@Request' | '@Resource'): string => {
    const roles = [...new Set(assigned)].sort().map(idOf).join(', ');
    const name = `Microsoft.Authorization/roleAssignments/${verb}`;
    return `((!(ActionMatches{'${name}'})) OR (${source}[Microsoft.Authorization/roleAssignments:RoleDefinitionId] ForAnyOfAnyValues:GuidEquals {${roles}}))`;
  };
  return ` --condition-version 2.0 --condition "${action('write', '@Request')} AND ${action('delete', '@Resource')}"`;
}

function hostCommands(
  environment: string,
  storage: StateStorage,
  hosts: PipelineHosts,
  purpose: Purpose,
  variables: PipelineAccess['variables'],
): string[] {
  const create =
    `az identity federated-credential create --identity-name ${identityName(environment, purpose)} --resource-group ${storage.resourceGroupName}` +
    ` --subscription ${storage.subscriptionId} --audiences ${AUDIENCE}`;
  const name = pipelineEnvironment(environment, purpose);
  const commands: string[] = [];
  if (hosts.github) {
    const subject = federatedSubject('github', hosts.github, environment, purpose);
    commands.push(
      `${create} --name github-${name} --issuer ${GITHUB_ISSUER} --subject '${subject}'`,
      // Without both, any branch could name this environment in a workflow of its own, and be let in.
      `gh api --method PUT repos/${hosts.github}/environments/${name}${purpose === 'apply' ? GUARDS : ''}`,
      `gh variable set AZURE_CLIENT_ID --repo ${hosts.github} --env ${name} --body "$${purpose.toUpperCase()}_CLIENT"`,
      `gh variable set AZURE_TENANT_ID --repo ${hosts.github} --env ${name} --body "$(az account show --query tenantId --output tsv)"`,
      `gh variable set AZURE_SUBSCRIPTION_ID --repo ${hosts.github} --env ${name} --body ${storage.subscriptionId}`,
      `gh variable set AKS_ADMIN_GROUP_ID --repo ${hosts.github} --env ${name} --body "$AKS_ADMIN_GROUP_ID"`,
      ...Object.entries(variables).map(([key, value]) => `gh variable set ${key} --repo ${hosts.github} --env ${name} --body '${value}'`),
    );
  }
  if (hosts.azureDevops) {
    const subject = federatedSubject('azureDevops', hosts.azureDevops, environment, purpose);
    commands.push(
      `# Azure DevOps: make the service connection ${name} (Azure Resource Manager, workload identity federation, manual), and take issuer and subject`,
      `# from its draft; the subject is ${subject}, or begins with /eid1/ where Entra issues the token.`,
      `${create} --name azure-devops-${name} --issuer "$ISSUER" --subject "$SUBJECT"`,
    );
  }
  return commands;
}

function idOf(role: string): string {
  const id = ROLE_IDS[role];
  if (!id) {
    throw new Error(`The layers assign the role '${role}', whose id is not known here: add it to ROLE_IDS in cli/bootstrap/federation.ts.`);
  }
  return id;
}

function identityName(environment: string, purpose: Purpose): string {
  return `${environment}-pipeline-${purpose}`;
}
