import { neededPrograms } from '../prerequisites';
import { installHint, Program } from '../tools/executables';
import { readText } from './ask';
import { Finding, findings } from './finding';
import type { Subject } from './subject';
import { isAtLeast, versionIn } from './versions';

/** How much a tool matters to an environment. */
type Need = 'required' | 'useful';

interface Tool {
  readonly program: Program;
  readonly args: readonly string[];
  /** Oldest version that is known to work. */
  readonly least?: string;
  /** What is missing without it. */
  readonly without: string;
}

const TOOLS: readonly Tool[] = [
  { program: 'terraform', args: ['version', '-json'], least: '1.11.0', without: 'stacks are applied by Helm alone (engine direct)' },
  // 2.57 knows the add-on's revisions; newer ones are needed for its egress gateways only.
  { program: 'az', args: ['version', '--output', 'json'], least: '2.57.0', without: 'nothing in Azure can be reached' },
  { program: 'kubelogin', args: ['--version'], without: 'no login to the AKS cluster' },
  { program: 'kubectl', args: ['version', '--client', '--output', 'json'], least: '1.28.0', without: 'the cluster cannot be read' },
  { program: 'helm', args: ['version', '--template', '{{.Version}}'], least: '3.14.0', without: 'releases cannot be listed or applied without Terraform' },
  { program: 'istioctl', args: ['version', '--remote=false', '--short'], without: '`verify` cannot tell whether the proxies are in sync' },
];

const NODE_LEAST = '20.19.0';
const NODE_BELOW = '23.0.0';

/** Looks at every program that the environment needs. */
export async function checkTools(subject: Subject): Promise<Finding[]> {
  const needs = needsOf(subject);
  const wanted = TOOLS.filter(({ program }) => needs[program] !== undefined);
  const found = wanted.map(async (tool) => {
    const read = await readText(subject.ask(tool.program, tool.args));
    const output = 'value' in read ? read.value : undefined;
    return judgeTool(tool, needs[tool.program] ?? 'useful', output, 'problem' in read && read.problem.kind === 'failed' ? read.problem.reason : undefined);
  });
  return [judgeNode(process.versions.node), ...(await Promise.all(found))];
}

/** Which programs an environment needs: those of the engine that will apply it, and what reads the cluster. */
function needsOf({ environment, engine, isBuiltHere }: Subject): Partial<Record<Program, Need>> {
  const needsTerraform = engine === 'terraform' || environment.cluster.kind === 'aks' || environment.state.kind === 'azurerm';
  const needed = isBuiltHere ? [] : neededPrograms(environment, needsTerraform ? 'terraform' : 'direct');
  const useful: Program[] = ['terraform', 'kubectl', 'helm', 'istioctl'];
  return Object.fromEntries([...useful.map((name) => [name, 'useful']), ...needed.map((name) => [name, 'required'])]);
}

/** What is to say of Node.js. */
export function judgeNode(version: string): Finding {
  const node = findings('Tools', 'Node.js');
  if (isAtLeast(version, NODE_LEAST) && !isAtLeast(version, NODE_BELOW)) {
    return node.ok(version);
  }
  return node.failure(`${version} is not supported`, { mend: [`Use Node.js ${NODE_LEAST} or newer, below ${NODE_BELOW}: https://nodejs.org/`] });
}

/** What is to say of a program, given what it printed about its version. */
export function judgeTool(tool: Tool, need: Need, output: string | undefined, failure?: string): Finding {
  const { program, least, without } = tool;
  const subject = findings('Tools', program);
  const mend = [`Install ${program}: ${installHint(program)}`];
  const fault = (detail: string): Finding => (need === 'required' ? subject.failure(detail, { mend }) : subject.warning(detail, { mend }));
  if (output === undefined) {
    return fault(failure === undefined ? `not found on PATH: ${without}` : `does not start: ${failure}`);
  }
  const version = versionOf(program, output);
  if (version === undefined) {
    return subject.warning(`found, but its version cannot be read: ${output.split('\n')[0]}`, { mend });
  }
  return least !== undefined && !isAtLeast(version, least) ? fault(`${version} is older than ${least}`) : subject.ok(version);
}

/** Each program has a way of its own to say its version. */
function versionOf(program: Program, output: string): string | undefined {
  try {
    const json = JSON.parse(output) as Record<string, unknown> & { clientVersion?: { gitVersion?: string } };
    const text = program === 'kubectl' ? json.clientVersion?.gitVersion : program === 'az' ? json['azure-cli'] : json.terraform_version;
    return typeof text === 'string' ? versionIn(text) : undefined;
  } catch {
    return versionIn(program === 'kubelogin' ? (/git hash: (\S+)/.exec(output)?.[1] ?? output) : output);
  }
}
