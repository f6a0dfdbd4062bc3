import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import type { VerifyResult } from '../cli/verify';
import { localClusterPaths } from '../local-cluster/paths';
import { SCENARIOS } from '../scenarios';
import { aksIstio, clusterOptions, expectCode } from './command';
import { gatewayApiSuite } from './gateway-api';
import { KILL_NODE, KILLS, killTrial } from './kills';
import { differences, Machine, machineState } from './machine';
import { patternSuite } from './patterns';
import { must, Trial } from './runner';
import { simulatorSuite } from './simulator';
import { terraformTrials } from './terraform/trials';
import { countElements } from './xml';

const ENVIRONMENT = 'local';
const NAMESPACE = 'bookinfo';
/** The scenario that `up` brings, as environments/local.ts names none. */
const FIRST = 'all-v1';
const OTHER = 'ratings-delay';
/** Files of upstream's samples that are about traffic, at least. */
const SAMPLE_FILES = 20;

interface JestReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly testResults: readonly { readonly message: string }[];
}

/** All trials, in order: each works on what the one before it left. */
export function trialsOf(props: { readonly ownCluster: boolean }): Trial[] {
  const machine: { before?: Machine } = {};
  return [
    ...(props.ownCluster ? [cleanTrial(machine)] : []),
    upTrial(),
    againTrial(),
    ...(props.ownCluster ? [samplesTrial(), generatedTrial()] : []),
    // Whether another cluster has the Gateway API is not known.
    ...SCENARIOS.filter(({ needs }) => props.ownCluster || !needs?.features?.includes('GatewayApi')).map(({ name }) => scenarioTrial(name)),
    // Their pods need images that the node has or builds.
    ...(props.ownCluster ? [simulatorTrial(), patternTrial(), gatewayApiTrial()] : []),
    planTrial(),
    reportsTrial(),
    sabotageTrial(),
    ...(props.ownCluster ? [KILL_NODE, ...KILLS] : KILLS).map((kill) => killTrial(kill, ENVIRONMENT)),
    // Compiled providers are for the machine that the node runs on.
    ...(props.ownCluster ? terraformTrials() : []),
    downTrial(props.ownCluster ? machine : undefined),
  ];
}

/** The machine before anything of ours runs on it; a node that runs already is taken down first. */
function cleanTrial(machine: { before?: Machine }): Trial {
  return {
    name: 'down local, whatever is there: the machine as it is without a node',
    async run() {
      await expectCode(0, 'down', ENVIRONMENT);
      machine.before = machineState();
      return `${machine.before.interfaces.length} interfaces, ${machine.before.mounts.length} mounts, ${machine.before['control groups'].length} control groups`;
    },
  };
}

function upTrial(): Trial {
  return {
    name: 'up local',
    vital: true,
    async run() {
      const ran = await expectCode(0, 'up', ENVIRONMENT);
      const url = /http:\/\/\S+\/productpage/.exec(ran.stdout)?.[0];
      must(url !== undefined, 'it printed no URL');
      const page = await fetch(url);
      must(page.status === 200 && (await page.text()).includes('The Comedy of Errors'), `${url} answered ${page.status}`);
      return url;
    },
  };
}

function againTrial(): Trial {
  return {
    name: 'up local once more: nothing changed, and it says so',
    async run() {
      const ran = await expectCode(0, 'up', ENVIRONMENT);
      must(/^Nothing changed/m.test(ran.stdout), `it does not say that nothing changed:\n${ran.stdout}`);
      return `${ran.seconds.toFixed(1)} s`;
    },
  };
}

/** The offline tests know upstream's files by what was read of them; here the files themselves lie in the cache. */
function samplesTrial(): Trial {
  return {
    name: "scenarios mean what upstream's own files of samples/bookinfo say",
    async run() {
      const jest = [require.resolve('jest/bin/jest'), 'scenarios', '--testNamePattern', 'UPSTREAM_SAMPLES', '--json', '--silent'];
      const env = { ...process.env, UPSTREAM_SAMPLES: path.join(localClusterPaths().samples, 'bookinfo') };
      const { stdout } = spawnSync(process.execPath, jest, { env, encoding: 'utf8' });
      const { numPassedTests, numFailedTests, testResults } = JSON.parse(stdout) as JestReport;
      must(numFailedTests === 0 && numPassedTests > SAMPLE_FILES, testResults.map(({ message }) => message).join('\n'));
      return `${numPassedTests - 1} files`;
    },
  };
}

/** Both read modules that the node's build, or the proxy of Go, has. */
function generatedTrial(): Trial {
  return {
    name: 'generated files are what their commands write',
    async run() {
      for (const script of ['generate-istio-types', 'generate-check-data']) {
        const { status, stdout, stderr } = spawnSync(process.execPath, ['--require', 'tsx/cjs', `scripts/${script}.ts`, '--check'], { encoding: 'utf8' });
        must(status === 0, `${script}: ${stdout}${stderr}`);
      }
      return undefined;
    },
  };
}

function scenarioTrial(name: string): Trial {
  return {
    name: `scenario local ${name}: switched, served, verified`,
    async run() {
      const { stdout } = await expectCode(0, 'scenario', ENVIRONMENT, name, '--json');
      const result = JSON.parse(stdout) as { scenario: string; seconds: number; verify: VerifyResult };
      must(result.scenario === name && result.verify.scenario === name, `it verified ${result.verify.scenario}`);
      must(result.verify.ok && result.verify.rows.length >= 7, JSON.stringify(result.verify.rows, undefined, 1));
      const applied = result.seconds - result.verify.seconds;
      return `applied in ${applied.toFixed(1)} s, served and verified after ${result.seconds.toFixed(1)} s`;
    },
  };
}

function simulatorTrial(): Trial {
  return {
    name: 'simulator: its answers are those of the real proxies',
    async run() {
      const report: string[] = [];
      const { ok, compared } = await simulatorSuite({ report: (line) => report.push(line) });
      must(ok, report.join('\n'));
      return `${compared} compared, none disagrees`;
    },
  };
}

function patternTrial(): Trial {
  return {
    name: 'patterns: each construct does to real requests what its page says',
    async run() {
      const report: string[] = [];
      const { proved, failed } = await patternSuite({ report: (line) => report.push(line) });
      must(failed.length === 0, report.join('\n'));
      return `${proved} proved`;
    },
  };
}

function gatewayApiTrial(): Trial {
  return {
    name: 'Gateway API: every kind on a gateway that istiod makes',
    async run() {
      const { proved, failed } = await gatewayApiSuite({ report: () => undefined });
      must(failed.length === 0, failed.join('\n'));
      return `${proved} proofs`;
    },
  };
}

function planTrial(): Trial {
  return {
    name: 'plan local: code 0 where nothing differs, 2 and the weights where a scenario does',
    async run() {
      await expectCode(0, 'scenario', ENVIRONMENT, FIRST);
      const same = await expectCode(0, 'plan', ENVIRONMENT);
      must(/No changes/.test(same.stdout), same.stdout);
      const split = await expectCode(2, 'plan', ENVIRONMENT, '--scenario', 'reviews-90-10');
      const line = split.stdout.split('\n').find((candidate) => /VirtualService.*reviews.*100 -> 90/.test(candidate));
      must(line !== undefined, `no line tells of the weights:\n${split.stdout}`);
      const json = await expectCode(2, 'plan', ENVIRONMENT, '--scenario', OTHER, '--json');
      must((JSON.parse(json.stdout) as { changed: boolean }).changed, json.stdout);
      return line.trim();
    },
  };
}

function reportsTrial(): Trial {
  return {
    name: 'verify local: the table, --json and --junit agree',
    async run() {
      const file = path.join(mkdtempSync(path.join(tmpdir(), 'aks-istio-e2e-')), 'junit.xml');
      const ran = await expectCode(0, 'verify', ENVIRONMENT, '--json', '--junit', file);
      const result = JSON.parse(ran.stdout) as VerifyResult;
      must(result.ok && result.scenario === FIRST, ran.stdout);
      const elements = countElements(readFileSync(file, 'utf8'));
      must(elements.get('testcase') === result.rows.length && !elements.has('failure'), JSON.stringify([...elements]));
      const { stdout } = await expectCode(0, 'verify', ENVIRONMENT);
      must(result.rows.every((row) => stdout.includes(row.check.slice(0, 20))), stdout);
      return `${result.rows.length} checks in ${result.seconds.toFixed(1)} s`;
    },
  };
}

/** Breaks the protection for real: a verification that cannot fail is none. */
function sabotageTrial(): Trial {
  return {
    name: 'policies deleted behind its back: verify fails on the rows that say so, up mends them',
    async run() {
      kubectl('delete', 'authorizationpolicies.security.istio.io,peerauthentications.security.istio.io', '--all', '-n', NAMESPACE);
      const ran = await expectCode(1, 'verify', ENVIRONMENT, '--json');
      const failed = (JSON.parse(ran.stdout) as VerifyResult).rows.filter(({ verdict }) => verdict === 'fail').map(({ check }) => check);
      const wanted = ['denied: productpage calls ratings', 'denied: ratings calls reviews', 'plaintext refused'];
      must(failed.join() === wanted.join(), `these failed: ${failed.join(', ') || 'none'}`);
      await expectCode(0, 'up', ENVIRONMENT);
      return `failed: ${failed.join('; ')}`;
    },
  };
}

function downTrial(machine: { before?: Machine } | undefined): Trial {
  return {
    name: machine ? 'down local leaves processes, mounts, interfaces, firewall and control groups as they were' : 'down local',
    async run() {
      const ran = await expectCode(0, 'down', ENVIRONMENT);
      if (machine) {
        must(machine.before !== undefined, 'the machine was not looked at before');
        const left = differences(machine.before, machineState());
        must(left.length === 0, left.join('\n'));
      }
      const status = await aksIstio('status', ENVIRONMENT);
      must(status.code !== 0, `status says that it is there:\n${status.stdout}`);
      return `${ran.seconds.toFixed(1)} s`;
    },
  };
}

function kubectl(...args: string[]): void {
  const paths = localClusterPaths();
  const own = clusterOptions();
  const options = own.length > 0 ? own : ['--kubeconfig', paths.kubeconfig, '--context', paths.context];
  const program = own.length > 0 ? 'kubectl' : (paths.kubectl ?? 'kubectl');
  execFileSync(program, [...options, ...args], { stdio: ['ignore', 'ignore', 'inherit'] });
}
