import { expectCode } from '../command';
import { Kill, killTrial } from '../kills';
import { must, Trial } from '../runner';
import { providerConfiguration } from './providers';

const ENVIRONMENT = 'local';
const WITH_TERRAFORM = ['--engine', 'terraform'] as const;

/** Scenarios with objects that need what their stack makes besides: Services for each version, a client, a database. */
const ORDERED = ['gateway-api-all-v1', 'reviews-user-limit'];

/** Init and plan take some seconds before anything is applied. */
const KILLS: readonly Kill[] = [
  { layer: 'mesh', line: /^> mesh$/m, delayMs: 7000, whole: true },
  { layer: 'bookinfo', line: /^> bookinfo$/m, delayMs: 6000, whole: true },
];

/** The same environment through Terraform and its real providers, on the real cluster. They begin with taking down what is there. */
export function terraformTrials(): Trial[] {
  return [upTrial(), scenarioTrial(), ordersTrial(), ...KILLS.map((kill) => killTrial(kill, ENVIRONMENT, WITH_TERRAFORM))];
}

function upTrial(): Trial {
  return {
    name: 'up local with Terraform and its real providers; once more finds nothing to change',
    async run() {
      // Terraform reads it in this trial and in all that follow.
      process.env.TF_CLI_CONFIG_FILE = await providerConfiguration({ signal: new AbortController().signal, report: () => undefined });
      await expectCode(0, 'down', ENVIRONMENT);
      const first = await expectCode(0, 'up', ENVIRONMENT, ...WITH_TERRAFORM);
      must(/^Applied with the terraform engine/m.test(first.stdout), `another engine applied it:\n${first.stdout}`);
      const again = await expectCode(0, 'up', ENVIRONMENT);
      must(/^Nothing changed/m.test(again.stdout), `the second plan is not empty:\n${again.stdout}`);
      return `${first.seconds.toFixed(0)} s, then ${again.seconds.toFixed(0)} s`;
    },
  };
}

function scenarioTrial(): Trial {
  return {
    name: 'a scenario with Terraform, served and verified; plan names the weights that differ from the file',
    async run() {
      const ran = await expectCode(0, 'scenario', ENVIRONMENT, 'reviews-90-10');
      const plan = await expectCode(2, 'plan', ENVIRONMENT);
      const line = plan.stdout.split('\n').find((candidate) => /VirtualService.*reviews.*90 -> 100/.test(candidate));
      must(line !== undefined, `no line tells of the weights:\n${plan.stdout}`);
      return `switched in ${ran.seconds.toFixed(1)} s; ${line.trim()}`;
    },
  };
}

function ordersTrial(): Trial {
  return {
    name: 'scenarios with workloads and Services of their own, applied in order by Terraform, served and verified',
    async run() {
      const seconds: string[] = [];
      for (const name of ORDERED) {
        const ran = await expectCode(0, 'scenario', ENVIRONMENT, name);
        seconds.push(`${name} ${ran.seconds.toFixed(1)} s`);
      }
      return seconds.join(', ');
    },
  };
}
