import * as fs from 'node:fs';
import * as http from 'node:http';
import type { AddressInfo } from 'node:net';
import * as path from 'node:path';
import { assignedRoles } from '../cli/bootstrap/assigned-roles';
import { federatedSubject, federationCommands, ROLE_IDS } from '../cli/bootstrap/federation';
import { bootstrap } from '../cli/bootstrap/run';
import { waitForAccess } from '../cli/bootstrap/steps';
import { defaultAccountName, shellLine, stateBlock, StateStorage, storageSteps } from '../cli/bootstrap/storage';
import { asker } from '../cli/doctor/ask';
import { CliError } from '../cli/errors';
import { run } from '../cli/tools/process';
import { AzureDevOpsHost, GitHubHost } from '../cli/pipeline/host';
import { parsePlan, PlanReport, renderPlanComment, summary } from '../cli/pipeline/plan-comment';
import { checkEnvironment, environmentNames, loadEnvironment } from '../environments';
import { buildEnvironment } from '../stacks';
import { expandPipeline, PipelineNode } from '../scripts/azure-pipelines';
import { FakePrograms, Reply } from './fakes';
import { synthApp } from './synth';
import { baseEnvironment, readWorkflow, removeWorkFolders, ROOT, runJob, shell, Step, workFolder } from './workflow-runner';

// Programs are started in earnest: on a busy machine that takes a while.
jest.setTimeout(30_000);

const WORKFLOWS = fs.readdirSync(path.join(ROOT, '.github/workflows'));
const AZURE = fs.readdirSync(path.join(ROOT, 'pipelines/azure-devops')).filter((name) => name.endsWith('.yml'));
const DEPLOYING = ['plan.yml', 'deploy.yml', 'drift.yml', 'destroy.yml'];
const SUBSCRIPTION = '3f2504e0-4f89-41d3-9a0c-0305e82c3301';
const GROUP = '9b2c1f0a-5d0c-4d1e-8a55-6f3a0b3f6f0e';

const azure = (name: string, given?: Record<string, PipelineNode>) => expandPipeline(path.join(ROOT, 'pipelines/azure-devops', name), given);

/** Every value of a key, wherever it stands. */
function valuesOf(node: unknown, key: string): unknown[] {
  if (typeof node !== 'object' || node === null) {
    return [];
  }
  return Object.entries(node).flatMap(([name, value]) => [...(name === key ? [value] : []), ...valuesOf(value, key)]);
}

describe.each(WORKFLOWS)('workflow %s', (name) => {
  const text = fs.readFileSync(path.join(ROOT, '.github/workflows', name), 'utf8');
  const workflow = readWorkflow(name);
  const jobs = Object.values(workflow.jobs);

  test('takes actions by their full digest, with the version beside it, and no secret', () => {
    const uses = [...text.matchAll(/uses: (.*)/g)].map(([, action]) => action!).filter((action) => !action.startsWith('./'));
    uses.forEach((action) => expect(action).toMatch(/^[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/));
    expect(text).not.toMatch(/secrets\.|client-secret|ARM_CLIENT_SECRET|creds:|pull_request_target/);
  });

  test('asks for no more rights than it needs', () => {
    const allowed = ['contents: read', 'id-token: write', 'pull-requests: write', 'issues: write'];
    const asked = [workflow.permissions ?? {}, ...jobs.map(({ permissions }) => permissions ?? {})];
    expect(workflow.permissions).toBeDefined();
    asked.flatMap((permissions) => Object.entries(permissions).map(([scope, right]) => `${scope}: ${right}`)).forEach((right) => expect(allowed).toContain(right));
  });

  test('ends by itself, and keeps no credentials of the checkout', () => {
    jobs.filter(({ steps }) => steps).forEach((job) => expect(job['timeout-minutes']).toBeGreaterThan(0));
    const checkouts = jobs.flatMap(({ steps = [] }) => steps.filter(({ uses }) => uses?.startsWith('actions/checkout')));
    checkouts.forEach((step) => expect(step.with).toMatchObject({ 'persist-credentials': false }));
  });

  test('puts nothing of an expression into a shell', () => {
    jobs.flatMap(({ steps = [] }) => steps).forEach(({ run }) => expect(run ?? '').not.toContain('${{'));
  });
});

describe('workflows that log in to Azure', () => {
  test.each(DEPLOYING)('%s: each such job is bound to an environment, and is never cancelled', (name) => {
    const jobs = Object.values(readWorkflow(name).jobs).filter(({ permissions }) => permissions?.['id-token'] === 'write');
    expect(jobs.length).toBeGreaterThan(0);
    for (const job of jobs) {
      expect(job.environment).toMatch(/\$\{\{ (matrix|inputs)\.environment \}\}/);
      expect(job.env).toMatchObject({ ARM_USE_OIDC: 'true' });
      expect(job.concurrency?.['cancel-in-progress'] ?? false).toBe(false);
      const plans = job.env?.TF_CLI_ARGS_plan === '-lock=false';
      expect({ name, readsOnly: plans }).toEqual({ name, readsOnly: job.environment!.endsWith('-plan') });
    }
  });

  test('apply and destroy of one environment exclude each other, and nothing that reads takes their place in the queue', () => {
    const group = (name: string, job: string) => readWorkflow(name).jobs[job]?.concurrency?.group.replace('inputs.', '').replace('matrix.', '');
    expect(group('deploy.yml', 'deploy')).toBe('aks-istio-${{ environment }}');
    expect(group('destroy.yml', 'destroy')).toBe(group('deploy.yml', 'deploy'));
    expect(group('plan.yml', 'plan')).not.toBe(group('deploy.yml', 'deploy'));
    expect(group('drift.yml', 'drift')).not.toBe(group('deploy.yml', 'deploy'));
  });

  test('a fork does not get a login', () => {
    expect(readWorkflow('plan.yml').jobs.plan?.if).toContain('github.event.pull_request.head.repo.full_name == github.repository');
  });

  test('each begins when it should: a plan with a pull request, an apply with a merge, drift at night, and a removal by hand alone', () => {
    const begins = Object.fromEntries(['plan', 'apply', 'drift', 'destroy'].map((name) => [name, readWorkflow(`${name}.yml`).on]));
    expect(Object.keys(begins.plan!)).toEqual(['pull_request']);
    expect(begins.apply).toMatchObject({ push: { branches: ['main'] } });
    expect(begins.apply).not.toHaveProperty('pull_request');
    expect(begins.drift).toMatchObject({ schedule: [{ cron: expect.stringMatching(/^\d+ [0-6] \* \* \*$/) as string }] });
    expect(Object.keys(begins.destroy!)).toEqual(['workflow_dispatch']);
    const pipeline = (name: string) => azure(`${name}.yml`) as Record<string, PipelineNode>;
    expect(pipeline('plan')).toMatchObject({ trigger: 'none', pr: { branches: { include: ['main'] } } });
    expect(pipeline('apply')).toMatchObject({ pr: 'none', trigger: { branches: { include: ['main'] } }, lockBehavior: 'sequential' });
    expect(pipeline('drift')).toMatchObject({ trigger: 'none', pr: 'none', schedules: [{ cron: '17 3 * * *', always: 'true' }] });
    expect(pipeline('destroy')).toMatchObject({ trigger: 'none', pr: 'none', lockBehavior: 'sequential' });
  });

  test('they know the environments that exist', () => {
    const names = environmentNames().filter((name) => name !== 'local');
    const { dev, prod } = readWorkflow('apply.yml').jobs;
    expect([dev?.with?.environment, prod?.with?.environment]).toEqual(names);
    expect(prod?.needs).toBe('dev');
    for (const name of ['plan.yml', 'drift.yml']) {
      expect(valuesOf(readWorkflow(name), 'matrix')).toEqual([{ environment: names }]);
    }
    expect(valuesOf(azure('plan.yml'), 'job')).toEqual(names.map((name) => `plan_${name}`));
  });
});

const PLAN: PlanReport = {
  environment: 'dev',
  engine: 'terraform',
  changed: true,
  layers: [
    { stack: 'dev-cluster', layer: 'cluster', changes: [{ action: 'replace', title: 'azurerm_subnet nodes', details: ['address_prefixes 10.0.0.0/16 -> 10.1.0.0/16'] }] },
    { stack: 'dev-mesh', layer: 'mesh', changes: [] },
    {
      stack: 'dev-traffic',
      layer: 'traffic',
      changes: [
        { action: 'create', title: 'Gateway bookinfo', namespace: 'bookinfo', details: [] },
        { action: 'update', title: 'VirtualService reviews', namespace: 'bookinfo', details: ['http[0].route weights v1 90 -> 50, v3 10 -> 50', 'http[0].timeout 7s -> ```'] },
        { action: 'delete', title: 'DestinationRule old', details: [] },
      ],
    },
  ],
};

const PROGRAMS: Readonly<Record<string, readonly Reply[]>> = {
  npm: [{ when: 'ci*' }],
  curl: [{ when: '*' }],
  sha256sum: [{ when: '*', also: 'cat >/dev/null' }],
  rm: [{ when: '*' }],
};

/** Steps of the workflows and what they call, with the real setup script and programs that only look like the real ones. */
describe('run in a shell', () => {
  let fakes: FakePrograms | undefined;

  afterEach(() => {
    fakes?.remove();
    removeWorkFolders();
  });

  /** What setup.sh installs is put where it says, so that later steps find it only if PATH reached them. */
  function make(programs: Readonly<Record<string, readonly Reply[]>>, installed: Readonly<Record<string, readonly Reply[]>> = {}): FakePrograms {
    fakes = new FakePrograms({
      ...PROGRAMS,
      ...programs,
      unzip: [{ when: '*', also: `for target; do :; done; mv "$(dirname "$0")/installed-terraform" "$target/terraform"` }],
      az: [
        { when: 'aks install-cli*', also: `mv "$(dirname "$0")/installed-kubectl" "$7"; mv "$(dirname "$0")/installed-kubelogin" "\${11}"` },
        ...(programs.az ?? []),
      ],
      ...Object.fromEntries(['terraform', 'kubectl', 'kubelogin'].map((name) => [`installed-${name}`, installed[name] ?? []])),
    });
    return fakes;
  }

  /** Calls in the order they were made, without what differs from run to run. */
  const calls = (): string[] =>
    (fakes?.calls ?? []).map((call) => call.replace(/^installed-/, '').replace(/\/tmp\/\S*?aks-istio-job-[^/\s]+/g, '<job>').replace(/-out=\S+|\S+\.tfplan/g, '<plan>'));

  const CONTEXT = {
    'matrix.environment': 'dev',
    'inputs.environment': 'dev',
    'vars.AZURE_CLIENT_ID': 'client',
    'vars.AZURE_SUBSCRIPTION_ID': SUBSCRIPTION,
    'vars.AKS_ADMIN_GROUP_ID': GROUP,
    'github.token': 'job-token',
    'github.event.pull_request.head.sha': '0123456789abcdef0123456789abcdef01234567',
  };

  test('plan: the command that people use, against a cloud of fakes, ends as a comment on the pull request', async () => {
    const hub = await startHub([]);
    try {
      const resource = { address: 'azurerm_resource_group.Cluster', type: 'azurerm_resource_group', name: 'Cluster', mode: 'managed' };
      const change = { actions: ['create'], before: null, after: { name: 'dev-aks', location: 'westeurope' }, after_unknown: {} };
      make(
        {
          npx: [{ when: 'aks-istio*', also: `shift; exec '${process.execPath}' '${ROOT}/bin/aks-istio.js' "$@"` }],
          az: [{ when: 'aks get-credentials*', stderr: "ERROR: (ResourceGroupNotFound) Resource group 'dev-aks' could not be found.", code: 3 }],
          helm: [],
        },
        {
          terraform: [
            { when: 'init*' },
            { when: 'plan*', also: `echo "terraform: oidc $ARM_USE_OIDC, client $ARM_CLIENT_ID, $TF_CLI_ARGS_plan" >>"${'$'}{0%/*}/seen"`, code: 2 },
            { when: 'show -json*', stdout: { format_version: '1.2', resource_changes: [{ ...resource, change }] } },
          ],
        },
      );
      const job = readWorkflow('plan.yml').jobs.plan!;
      const server = { GITHUB_API_URL: hub.url, GITHUB_REPOSITORY: 'acme/mesh', GITHUB_REF: 'refs/pull/7/merge', GITHUB_RUN_ID: '99', GITHUB_SERVER_URL: 'https://github.com' };
      const result = await runJob(job, fakes!, CONTEXT, server);
      expect({ code: result.code, output: result.code === 0 ? '' : result.output }).toEqual({ code: 0, output: '' });
      expect(calls()).toMatchSnapshot();
      expect(fs.readFileSync(path.join(result.folder, 'aks-istio-tools/seen'), 'utf8')).toBe('terraform: oidc true, client client, -lock=false\n');
      expect(result.outputs).toContain('changed=true');
      expect(hub.requests.map(({ method, url, token }) => `${method} ${url} ${token}`)).toEqual([
        'GET /repos/acme/mesh/issues/7/comments?per_page=100&page=1 Bearer job-token',
        'POST /repos/acme/mesh/issues/7/comments Bearer job-token',
      ]);
      expect((hub.requests[1]!.body as { body: string }).body).toMatchSnapshot();
      expect(result.summary).toContain('### Plan for `dev`: 1 to create, 3 layers not planned yet');
    } finally {
      hub.close();
    }
  });

  test('plan: a login that may not read the cluster is a failure, not a cluster that is still to come', async () => {
    make({
      npx: [{ when: 'aks-istio*', also: `shift; exec '${process.execPath}' '${ROOT}/bin/aks-istio.js' "$@"` }],
      az: [{ when: 'aks get-credentials*', stderr: 'ERROR: (AuthorizationFailed) The client may not listClusterUserCredential', code: 1 }],
    });
    const result = await runJob(readWorkflow('plan.yml').jobs.plan!, fakes!, CONTEXT);
    expect(result.code).toBe(1);
    expect(result.output).toContain('(AuthorizationFailed) The client may not listClusterUserCredential');
    expect(calls().at(-1)).toContain('az aks get-credentials');
  });

  test('deploy: doctor, the cluster, a new login, the rest', async () => {
    make({ npx: [{ when: '*' }] });
    const { plan, deploy } = readWorkflow('deploy.yml').jobs;
    expect(deploy?.needs).toBe('plan');
    expect(plan?.environment).toBe('${{ inputs.environment }}-plan');
    expect((await runJob(deploy!, fakes!, CONTEXT)).code).toBe(0);
    const order = calls().filter((call) => /^(npx|uses azure|npm)/.test(call));
    expect(order).toEqual([
      'npm ci --ignore-scripts --no-audit --no-fund',
      'uses azure/login',
      'npx aks-istio doctor dev --engine terraform',
      'npx aks-istio up dev --engine terraform --until cluster',
      'uses azure/login',
      'npx aks-istio up dev --engine terraform',
    ]);
  });

  test('deploy: a doctor who finds something ends it before anything is applied', async () => {
    make({ npx: [{ when: 'aks-istio doctor*', code: 1 }] });
    expect((await runJob(readWorkflow('deploy.yml').jobs.deploy!, fakes!, CONTEXT)).code).toBe(1);
    expect(calls().some((call) => call.includes(' up '))).toBe(false);
  });

  test.each([
    [2, 'changed=true'],
    [0, 'changed=false'],
  ])('drift: a plan that ends with %i is reported', async (code, expected) => {
    make({ npx: [{ when: 'aks-istio plan dev --json', stdout: PLAN, code }, { when: 'aks-istio plan-comment plan.json*', stdout: '### Plan' }] });
    const result = await runJob(readWorkflow('drift.yml').jobs.drift!, fakes!, CONTEXT);
    expect(result.code).toBe(0);
    expect(result.outputs).toContain(expected);
    expect(calls().at(-1)).toBe('npx aks-istio plan-comment plan.json --to issue');
  });

  test('drift: a plan that fails is no drift', async () => {
    make({ npx: [{ when: 'aks-istio plan dev --json', code: 1 }] });
    expect((await runJob(readWorkflow('drift.yml').jobs.drift!, fakes!, CONTEXT)).code).toBe(1);
    expect(calls().at(-1)).toBe('npx aks-istio plan dev --json');
  });

  test('destroy: only where the name was typed', async () => {
    make({ npx: [{ when: '*' }] });
    const { confirm, destroy } = readWorkflow('destroy.yml').jobs;
    expect(destroy?.needs).toBe('confirm');
    expect((await runJob(confirm!, fakes!, { ...CONTEXT, 'inputs.confirmation': 'prod' })).code).toBe(1);
    expect((await runJob(confirm!, fakes!, { ...CONTEXT, 'inputs.confirmation': 'dev' })).code).toBe(0);
    expect((await runJob(destroy!, fakes!, CONTEXT)).code).toBe(0);
    expect(calls().at(-1)).toBe('npx aks-istio down dev --engine terraform --yes');
  });

  test('a download that is not what it should be is not used', async () => {
    make({ npx: [{ when: '*' }], sha256sum: [{ when: '*', also: 'cat >/dev/null', stderr: 'FAILED', code: 1 }] });
    expect((await runJob(readWorkflow('plan.yml').jobs.plan!, fakes!, CONTEXT)).code).toBe(1);
    expect(calls().some((call) => call.startsWith('unzip'))).toBe(false);
  });

  /** Runs a job of Azure DevOps: its scripts in order, with what the AzureCLI task sets. */
  async function runAzure(name: string, job: number, programs: Readonly<Record<string, readonly Reply[]>>): Promise<number> {
    make({ ...programs, az: [{ when: 'account show*', stdout: SUBSCRIPTION }] });
    const folder = workFolder();
    const lists = valuesOf(azure(name), 'steps') as Record<string, PipelineNode>[][];
    const added: string[] = [];
    for (const step of lists[job]!) {
      const inputs = step.inputs as Record<string, string> | undefined;
      const script = (step.bash ?? inputs?.inlineScript) as string | undefined;
      if (script === undefined || String(step.condition ?? '').includes("'changed'")) {
        continue;
      }
      const task = inputs ? { AZURESUBSCRIPTION_SERVICE_CONNECTION_ID: inputs.azureSubscription, AZURESUBSCRIPTION_CLIENT_ID: 'client', AZURESUBSCRIPTION_TENANT_ID: 'tenant' } : {};
      const env = { ...baseEnvironment(fakes!, added), TF_BUILD: 'True', AGENT_TEMPDIRECTORY: folder, ...(step.env as Record<string, string> | undefined), ...task };
      const result = await shell(['-c', script], folder, env);
      added.push(...[...result.stdout.matchAll(/##vso\[task\.prependpath\](.*)/g)].map(([, where]) => where!));
      if (result.code !== 0) {
        return result.code;
      }
    }
    return 0;
  }

  test('Azure DevOps, plan: Terraform is given the service connection, and the plan becomes a comment', async () => {
    const npx = [
      {
        when: 'aks-istio plan dev --json',
        stdout: PLAN,
        code: 2,
        also: 'echo "$ARM_USE_OIDC $ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID $ARM_CLIENT_ID $ARM_TENANT_ID $ARM_SUBSCRIPTION_ID $TF_CLI_ARGS_plan $SYSTEM_ACCESSTOKEN" >seen',
      },
      { when: 'aks-istio plan-comment plan.json*', stdout: '### Plan', also: 'cat seen >>"$(dirname "$0")/calls.log" 2>/dev/null; rm -f seen' },
    ];
    expect(await runAzure('plan.yml', 0, { npx })).toBe(0);
    expect(calls().filter((call) => !/^(npm|curl|sha256sum|unzip|rm|az)/.test(call))).toEqual([
      'npx aks-istio plan dev --json',
      'npx aks-istio plan-comment plan.json',
      `true dev-plan client tenant ${SUBSCRIPTION} -lock=false $(System.AccessToken)`,
      'npx aks-istio plan-comment plan.json --to pull-request',
      `true dev-plan client tenant ${SUBSCRIPTION} -lock=false $(System.AccessToken)`,
    ]);
  });

  test('Azure DevOps, apply: each environment is planned, then approved, then applied in two logins', async () => {
    const stages = (azure('apply.yml') as { stages: Record<string, PipelineNode>[] }).stages;
    expect(stages.map(({ stage }) => stage)).toEqual(['plan_dev', 'dev', 'plan_prod', 'prod']);
    expect(valuesOf(stages, 'environment')).toEqual(['dev', 'prod']);
    expect(azure('apply.yml')).toMatchObject({ lockBehavior: 'sequential' });
    expect(await runAzure('apply.yml', 1, { npx: [{ when: '*' }] })).toBe(0);
    expect(calls().filter((call) => /^(npx|az account)/.test(call))).toEqual([
      'az account show --query id --output tsv',
      'npx aks-istio doctor dev --engine terraform',
      'az account show --query id --output tsv',
      'npx aks-istio up dev --engine terraform --until cluster',
      'az account show --query id --output tsv',
      'npx aks-istio up dev --engine terraform',
    ]);
  });

  test('Azure DevOps, destroy: only where the name was typed', async () => {
    const [, confirm] = (azure('destroy.yml', { environment: 'prod', confirmation: 'prod' }) as { stages: { dependsOn?: string }[] }).stages;
    expect(confirm?.dependsOn).toBe('confirm');
    make({});
    const typed = async (confirmation: string) => {
      const [step] = valuesOf(azure('destroy.yml', { environment: 'prod', confirmation }), 'steps')[0] as Step[] & { bash: string }[];
      const { bash, env } = (valuesOf(azure('destroy.yml', { environment: 'prod', confirmation }), 'steps')[0] as { bash: string; env: Record<string, string> }[])[1]!;
      expect(step).toEqual({ checkout: 'none' });
      return (await shell(['-c', bash], '/tmp', { ...baseEnvironment(fakes!), ...env })).code;
    };
    expect([await typed('prod'), await typed('dev'), await typed('$(true)')]).toEqual([0, 1, 1]);
  });

  test('every command that a pipeline gives is one that the program takes', async () => {
    const shells = [
      ...WORKFLOWS.flatMap((name) => valuesOf(readWorkflow(name), 'run') as string[]),
      ...AZURE.flatMap((name) => [...valuesOf(azure(name), 'inlineScript'), ...valuesOf(azure(name), 'bash')] as string[]),
    ];
    const given = shells.flatMap((text) => [...text.matchAll(/npx aks-istio (.*)/g)].map(([, words]) => words!.replace(/"\$ENVIRONMENT_NAME"|\b(dev|prod)\b/, 'nowhere')));
    const commands = [...new Set(given.map((words) => words.replace('plan.json', '/nonexistent')))];
    expect(commands.length).toBeGreaterThan(5);
    // The program runs as it is loaded (here it prints its help); what it is made of takes each command, with nothing behind it.
    const script = `
      const { buildProgram } = require('${ROOT}/cli/main.ts');
      const run = async () => undefined;
      (async () => {
        for (const command of ${JSON.stringify(commands)}) {
          await buildProgram(run).parseAsync(['node', 'aks-istio', ...command.split(' ')]).catch((error) => console.error(command, error.message));
        }
      })();`;
    const { stderr } = await run(process.execPath, ['--require', 'tsx/cjs', '-e', script, '--', '--help'], { cwd: ROOT, okCodes: [0, 64] });
    expect(stderr).toBe('');
  });
});

interface Received {
  readonly method: string;
  readonly url: string;
  readonly token: string;
  readonly body: unknown;
}

/** A server that remembers what it was sent, and answers with the given bodies in turn, then with `{}`. */
async function startHub(answers: unknown[]): Promise<{ url: string; requests: Received[]; close: () => void }> {
  const requests: Received[] = [];
  const server = http.createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => (text += chunk.toString()));
    request.on('end', () => {
      requests.push({ method: request.method!, url: request.url!, token: request.headers.authorization ?? '', body: text === '' ? undefined : JSON.parse(text) });
      const answer = answers.shift() ?? (request.method === 'GET' ? [] : { id: 1, number: 1, html_url: 'https://hub/1' });
      response.statusCode = (answer as { status?: number }).status ?? 200;
      response.end(JSON.stringify(answer));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

describe('a plan as a comment', () => {
  test('shows what is destroyed first, then each layer', () => {
    expect(renderPlanComment(PLAN, { revision: '0123456789abcdef', runUrl: 'https://ci/1' })).toMatchSnapshot();
  });

  test('says so where nothing changes, or nothing can be planned yet', () => {
    expect(summary({ ...PLAN, changed: false, layers: [{ stack: 's', layer: 'mesh', changes: [] }] })).toBe('no changes');
    const unknown = renderPlanComment({ ...PLAN, layers: [{ stack: 's', layer: 'mesh', changes: [], unknown: 'no access to `dev-aks`\nlong' }] });
    expect(unknown).toContain('**mesh**: not planned, its cluster does not exist yet (`` no access to `dev-aks` ``)');
  });

  test('cannot be broken out of by a value, and stays below what hosts take', () => {
    const changes = Array.from({ length: 3000 }, (_, index) => ({ action: 'update' as const, title: `VirtualService v${index}`, details: [`a -> ${'`'.repeat(5)}\n</details>`] }));
    const comment = renderPlanComment({ ...PLAN, layers: [{ stack: 's', layer: 'traffic', changes }] });
    expect(comment.length).toBeLessThan(65_536);
    expect(comment).toContain('``````diff');
    expect(comment).toMatch(/\n``````\n<\/details>\n\n\*\*Cut here\*\*: \d+ more lines are in the log\./);
    expect(comment.match(/^<\/details>$/gm)).toHaveLength(1);
  });

  test('is made of what plan prints, and of nothing else', () => {
    expect(parsePlan(JSON.stringify(PLAN))).toEqual(PLAN);
    expect(() => parsePlan('{"ok":true}')).toThrow('not the output of `aks-istio plan');
  });
});

describe('hosts', () => {
  const marker = '<!-- aks-istio plan dev -->';
  const github = (url: string, ref = 'refs/pull/7/merge') =>
    GitHubHost.fromEnvironment({ GITHUB_API_URL: url, GITHUB_REPOSITORY: 'a/b', GITHUB_TOKEN: 't', GITHUB_REF: ref });

  async function withHub<T>(answers: unknown[], work: (url: string) => Promise<T>): Promise<{ value: T; sent: string[]; bodies: unknown[] }> {
    const hub = await startHub(answers);
    try {
      const value = await work(hub.url);
      return { value, sent: hub.requests.map(({ method, url }) => `${method} ${url}`), bodies: hub.requests.map(({ body }) => body) };
    } finally {
      hub.close();
    }
  }

  test('GitHub: a second plan is written over the first, wherever in the list it is', async () => {
    const others = Array.from({ length: 100 }, (_, id) => ({ id, body: id === 3 ? `quoting ${marker}` : null }));
    const { sent, bodies } = await withHub([others, [{ id: 555, body: `${marker}\nold` }]], (url) => github(url).upsertComment(marker, 'new'));
    expect(sent).toEqual([
      'GET /repos/a/b/issues/7/comments?per_page=100&page=1',
      'GET /repos/a/b/issues/7/comments?per_page=100&page=2',
      'PATCH /repos/a/b/issues/comments/555',
    ]);
    expect(bodies[2]).toEqual({ body: 'new' });
  });

  test('GitHub: drift opens one issue, updates it, and closes it when it is gone', async () => {
    const opened = await withHub([[]], (url) => github(url).openIssue(marker, 'Drift', 'text'));
    expect(opened.sent).toEqual(['GET /repos/a/b/issues?state=open&labels=drift&per_page=100&page=1', 'POST /repos/a/b/issues']);
    const open = [{ number: 12, body: `${marker}\n`, html_url: 'https://hub/12' }];
    expect((await withHub([open], (url) => github(url).openIssue(marker, 'Drift', 'text'))).sent[1]).toBe('PATCH /repos/a/b/issues/12');
    const closed = await withHub([open], (url) => github(url).closeIssue(marker, 'gone'));
    expect(closed.sent.slice(1)).toEqual(['POST /repos/a/b/issues/12/comments', 'PATCH /repos/a/b/issues/12']);
    expect(closed.bodies[2]).toMatchObject({ state: 'closed' });
    expect((await withHub([[]], (url) => github(url).closeIssue(marker, 'gone'))).value).toBeUndefined();
  });

  test('GitHub: a refusal says what right is missing', async () => {
    await expect(withHub([{ status: 403, message: 'Resource not accessible by integration' }], (url) => github(url).upsertComment(marker, 'x'))).rejects.toMatchObject({
      why: expect.stringContaining('not accessible') as string,
      next: [expect.stringContaining('pull-requests: write')],
    });
    await expect(github('http://127.0.0.1:1', 'refs/heads/main').upsertComment(marker, 'x')).rejects.toThrow('there is no pull request');
    expect(() => GitHubHost.fromEnvironment({})).toThrow(CliError);
  });

  const devops = (url: string) =>
    AzureDevOpsHost.fromEnvironment({
      ...{ SYSTEM_COLLECTIONURI: `${url}/acme/`, SYSTEM_TEAMPROJECT: 'Pay ments', BUILD_REPOSITORY_ID: 'repo', BUILD_REPOSITORY_NAME: 'mesh' },
      ...{ SYSTEM_PULLREQUEST_PULLREQUESTID: '7', SYSTEM_ACCESSTOKEN: 't' },
    });
  const threads = '/acme/Pay%20ments/_apis/git/repositories/repo/pullRequests/7/threads';

  test('Azure DevOps: one thread, written over, that nobody has to resolve', async () => {
    const first = await withHub([{ value: [] }], (url) => devops(url).upsertComment(marker, 'new'));
    expect(first.sent).toEqual([`GET ${threads}?api-version=7.1`, `POST ${threads}?api-version=7.1`]);
    expect(first.bodies[1]).toMatchObject({ comments: [{ content: 'new' }], status: 4 });
    expect(first.value).toMatch(/\/acme\/Pay%20ments\/_git\/mesh\/pullrequest\/7$/);
    const value = [{ id: 3, isDeleted: true, comments: [{ id: 1, content: marker }] }, { id: 4, comments: [{ id: 1, content: `${marker}\nold` }] }];
    expect((await withHub([{ value }], (url) => devops(url).upsertComment(marker, 'new'))).sent[1]).toBe(`PATCH ${threads}/4/comments/1?api-version=7.1`);
    expect(() => AzureDevOpsHost.fromEnvironment({ SYSTEM_COLLECTIONURI: 'x' })).toThrow('Azure DevOps cannot be written to');
  });
});

describe('bootstrap', () => {
  const storage: StateStorage = {
    ...{ resourceGroupName: 'dev-tfstate', storageAccountName: 'tfstatedev', containerName: 'tfstate', location: 'westeurope' },
    ...{ subscriptionId: SUBSCRIPTION, sku: 'Standard_ZRS', tags: { team: 'pay' } },
  };
  const commands = storageSteps(storage, { objectId: 'me', type: 'User' }).map(({ apply }) => shellLine(apply));
  let fakes: FakePrograms | undefined;
  const { PATH, ARM_SUBSCRIPTION_ID } = process.env;

  afterEach(() => {
    process.env.PATH = PATH;
    process.env.ARM_SUBSCRIPTION_ID = ARM_SUBSCRIPTION_ID;
    if (ARM_SUBSCRIPTION_ID === undefined) {
      delete process.env.ARM_SUBSCRIPTION_ID;
    }
    fakes?.remove();
  });

  /** Runs the command with an az that knows some things, and returns what it printed. */
  async function boot(az: readonly Reply[], options: object = {}): Promise<string> {
    fakes = new FakePrograms({ az });
    process.env.PATH = `${fakes.folder}:/usr/bin:/bin`;
    process.env.ARM_SUBSCRIPTION_ID = SUBSCRIPTION;
    let printed = '';
    const write = jest.spyOn(process.stdout, 'write').mockImplementation((text) => ((printed += String(text)), true));
    try {
      expect(await bootstrap('dev', { sku: 'Standard_ZRS', ...options }, new AbortController().signal)).toBe(0);
    } finally {
      write.mockRestore();
    }
    return printed;
  }

  const LOGIN: readonly Reply[] = [
    { when: 'account show*', stdout: { id: SUBSCRIPTION, name: 'Pay', state: 'Enabled', tenantId: 'acme', user: { name: 'ada', type: 'user' } } },
    { when: 'ad signed-in-user show*', stdout: '"me"' },
    { when: 'storage blob list*', stdout: [] },
  ];
  const ABSENT: readonly Reply[] = [
    { when: 'provider show*', stdout: '"NotRegistered"' },
    { when: 'group show*', stderr: 'ERROR: (ResourceGroupNotFound)', code: 3 },
    { when: 'storage account show*', stderr: 'ERROR: (ResourceNotFound)', code: 3 },
    { when: 'storage container-rm exists*', stdout: { exists: false } },
    { when: 'role assignment list*', stdout: [] },
  ];
  const PRESENT: readonly Reply[] = [
    { when: 'provider show*', stdout: '"Registered"' },
    { when: 'group show*', stdout: '"id"' },
    { when: 'storage account show*', stdout: '"id"' },
    { when: 'storage container-rm exists*', stdout: { exists: true } },
    { when: 'role assignment list*', stdout: ['id'] },
  ];
  const changing = () => fakes!.calls.filter((call) => / (create|update|register|delete) /.test(call)).map((call) => call.split(' --')[0]);

  test('makes what is missing, in order, and says what to write down', async () => {
    const printed = await boot([...LOGIN, ...ABSENT, { when: '*' }]);
    expect(changing()).toEqual([
      'az provider register',
      'az group create',
      'az storage account create',
      'az storage account update',
      'az storage account blob-service-properties update',
      'az storage container-rm create',
      'az role assignment create',
    ]);
    const account = defaultAccountName('dev', SUBSCRIPTION);
    expect(account).toMatch(/^[a-z0-9]{3,24}$/);
    expect(printed).toContain(`storageAccountName: '${account}',`);
    expect(fakes!.calls.at(-1)).toContain('az storage blob list');
    expect(fakes!.calls.at(-1)).toContain('--auth-mode login');
  });

  test('a second time only sets again what is set each time', async () => {
    await boot([...LOGIN, ...PRESENT, { when: '*' }]);
    expect(changing()).toEqual(['az storage account update', 'az storage account blob-service-properties update']);
  });

  test('a dry run changes nothing, and needs no login', async () => {
    const printed = await boot([{ when: '*', stderr: "ERROR: Please run 'az login'", code: 1 }], { dryRun: true });
    expect(changing()).toEqual([]);
    expect(printed.split('\n').filter((line) => line.startsWith('az '))).toHaveLength(commands.length);
  });

  test('a step that fails says what failed, why, and how to go on', async () => {
    await expect(boot([...LOGIN, ...ABSENT, { when: 'group create*', stderr: 'ERROR: (AuthorizationFailed) no right', code: 1 }, { when: '*' }])).rejects.toMatchObject({
      what: 'resource group dev-tfstate: not done',
      why: '(AuthorizationFailed) no right',
      next: [expect.stringContaining('By hand: az group create --name dev-tfstate'), 'aks-istio bootstrap dev'],
    });
  });

  test('an environment that is entered by a kubeconfig is refused', async () => {
    await expect(bootstrap('local', { sku: 'x' }, new AbortController().signal)).rejects.toThrow('local has no use for state in Azure');
  });

  test('the account takes Entra logins only, over TLS 1.2, and keeps every version', () => {
    const [create, again] = commands.filter((command) => /storage account (create|update)/.test(command));
    for (const command of [create, again]) {
      expect(command).toContain('--allow-shared-key-access false --allow-blob-public-access false --min-tls-version TLS1_2 --https-only true');
    }
    expect(commands.join('\n')).toContain('--enable-versioning true --enable-delete-retention true --delete-retention-days 30');
    expect(commands.join('\n')).not.toMatch(/account-key|connection-string|sas-token|keys/);
    expect(commands.at(-1)).toContain("--role 'Storage Blob Data Contributor' --assignee-object-id me --assignee-principal-type User");
  });

  test('what it prints is what an environment takes, and its stacks keep no key', () => {
    // The block is TypeScript; its inside is an object literal.
    const state = new Function(`return { ${stateBlock(storage)} }.state`)() as object;
    const environment = checkEnvironment(
      {
        name: 'dev',
        cluster: { kind: 'aks', location: 'westeurope', dnsLabel: 'shop-dev', adminGroupObjectIds: [GROUP] },
        mesh: { flavor: 'helm', helm: { version: '1.29.1' } },
        state,
      },
      'environments/dev.ts',
    );
    const stacks = synthApp((app) => buildEnvironment(app, environment));
    const backends = Object.entries(stacks).map(([name, { terraform }]) => {
      return [name, (terraform?.backend as { azurerm: Record<string, unknown> }).azurerm] as const;
    });
    expect(new Set(backends.map(([, { key }]) => key)).size).toBe(backends.length);
    for (const [name, backend] of backends) {
      expect(backend).toEqual({
        ...{ resource_group_name: 'dev-tfstate', storage_account_name: 'tfstatedev', container_name: 'tfstate', subscription_id: SUBSCRIPTION },
        ...{ use_azuread_auth: true, key: `dev/${name.replace('dev-', '')}.tfstate` },
      });
    }
  });

  test('waits for a new role, for a while', async () => {
    const flag = '"$(dirname "$0")/asked"';
    fakes = new FakePrograms({ az: [{ when: '*', also: `[ -e ${flag} ] || { touch ${flag}; echo "ERROR: not yet" >&2; exit 1; }` }] });
    const said: string[] = [];
    const ask = () => asker({ known: { az: `${fakes?.folder}/az` } });
    await waitForAccess(['storage'], ask, 'again', (line) => said.push(line), 0);
    expect(said).toEqual(['waiting for the role to work (1 of 20)']);
    fakes.remove();
    fakes = new FakePrograms({ az: [{ when: '*', stderr: 'ERROR: never', code: 1 }] });
    await expect(waitForAccess(['storage'], ask, 'again', () => undefined, 0)).rejects.toThrow('the container does not let you in: never');
  });

  test('pipelines are let in by what they are, the planning ones to read only', () => {
    expect(federatedSubject('github', 'acme/mesh', 'dev', 'plan')).toBe('repo:acme/mesh:environment:dev-plan');
    expect(federatedSubject('github', 'acme/mesh', 'dev', 'apply')).toBe('repo:acme/mesh:environment:dev');
    expect(federatedSubject('azureDevops', 'acme/platform', 'prod', 'apply')).toBe('sc://acme/platform/prod');
    const access = { assignedRoles: ['Network Contributor', 'AcrPull'], variables: { DNS_LABEL_PREFIX: 'shop' } };
    const printed = federationCommands('dev', storage, { github: 'acme/mesh', azureDevops: 'acme/platform' }, access);
    expect(printed).toMatchSnapshot();
    const reading = printed.slice(0, printed.indexOf('')).filter((line) => line.includes('--role'));
    expect(reading.join('\n')).not.toMatch(/'(Owner|Contributor|.*Administrator|.*Admin|Storage Blob Data Contributor)'/);
  });

  test('the applying identity may hand out the roles that its environment assigns, and cannot make itself an owner', () => {
    const roles = (name: 'dev' | 'prod', cluster: object) => {
      const aks = { kind: 'aks', location: 'westeurope', dnsLabel: 'shop', adminGroupObjectIds: [GROUP], ...cluster };
      const mesh = { flavor: 'addon', addon: { revisions: ['asm-1-30'], trafficRedirection: 'cni' } };
      return assignedRoles(checkEnvironment({ name, cluster: aks, mesh }, `environments/${name}.ts`));
    };
    const demo = ['Azure Kubernetes Service Cluster User Role', 'Azure Kubernetes Service RBAC Cluster Admin', 'Network Contributor'];
    expect(roles('dev', {})).toEqual(demo);
    const production = { profile: 'production', skuTier: 'Standard', privateApiServer: true, monitoring: { grafanaName: 'shop-grafana' } };
    const all = roles('prod', production);
    expect(all).toEqual(expect.arrayContaining([...demo, 'AcrPull', 'Key Vault Secrets User', 'Monitoring Data Reader', 'Private DNS Zone Contributor']));
    const [command] = federationCommands('prod', storage, {}, { assignedRoles: all, variables: {} }).filter((line) => line.includes('--condition'));
    all.forEach((role) => expect(command).toContain(ROLE_IDS[role]!));
    expect(command).not.toMatch(/8e3af657-a8ff-443c-a75c-2fe8c4bcb635|18d7d88d-d35e-4fb5-a5c3-7773c20a72d9|f58310d9-a9f6-439a-9e8d-f62e7b41a168/);
    expect(() => federationCommands('prod', storage, {}, { assignedRoles: ['Owner'], variables: {} })).toThrow("the role 'Owner', whose id is not known");
  });

  test.each(environmentNames().filter((name) => name !== 'local'))('every role that %s assigns is known by its id', (name) => {
    assignedRoles(loadEnvironment(name)).forEach((role) => expect(Object.keys(ROLE_IDS)).toContain(role));
  });
});
