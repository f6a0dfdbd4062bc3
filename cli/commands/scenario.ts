import { SCENARIOS } from '../../scenarios';
import { chooseEngine, requireReachable } from '../apply';
import { ensureScenarioCertificates } from '../demo-certificates';
import { CliError } from '../errors';
import { imageSteps } from '../local-steps';
import { commandLine, CommonOptions, repeatCommand } from '../options';
import { activeScenario } from '../scenario-state';
import { Session } from '../session';
import { unreachable } from '../tools/cluster-access';
import { readReleases } from '../tools/releases';
import { lazy } from '../lazy';
import { duration, runTasks } from '../ui/tasks';
import { verifyTask } from './up';

/**
 * Lists the scenarios, or switches to one: applies the traffic layer alone, waits until the proxies serve it, and verifies.
 * @returns the exit code
 */
export async function scenario(name: string, wanted: string | undefined, options: CommonOptions, signal: AbortSignal): Promise<number> {
  return wanted === undefined ? list(new Session(name, options, signal)) : switchTo(name, wanted, options, signal);
}

async function list(session: Session): Promise<number> {
  const active = await activeIn(session);
  const rows = SCENARIOS.map(({ name, title, summary }) => ({ name, title, summary, active: name === active.name }));
  if (session.options.json) {
    process.stdout.write(`${JSON.stringify({ environment: session.name, active: active.name ?? null, scenarios: rows }, null, 2)}\n`);
    return 0;
  }
  const width = Math.max(...rows.map((row) => row.name.length));
  const lines = rows.map((row) => `${row.active ? '*' : ' '} ${row.name.padEnd(width)}  ${row.title}`);
  process.stdout.write(`${[...lines, '', active.name ? '* is active.' : active.why, `To switch: ${commandLine('scenario', session.name, session.options, ['NAME'])}`].join('\n')}\n`);
  return 0;
}

async function activeIn(session: Session): Promise<{ readonly name?: string; readonly why: string }> {
  try {
    const tools = await session.tools();
    const reason = await unreachable(tools);
    if (reason !== undefined) {
      return { why: 'None is active: the cluster does not answer.' };
    }
    return { name: activeScenario(session, await readReleases(tools)), why: 'The cluster is in none of them.' };
  } catch (error) {
    if (error instanceof CliError) {
      return { why: `None is active: ${error.what}.` };
    }
    throw error;
  }
}

async function switchTo(name: string, wanted: string, options: CommonOptions, signal: AbortSignal): Promise<number> {
  const begin = Date.now();
  const session = new Session(name, { ...options, scenario: wanted }, signal);
  const resume = repeatCommand('scenario', [name, wanted], options);
  return session.exclusively(resume, async (crashed) => {
    let changed = false;
    await runTasks(
      [
        {
          title: `scenario ${wanted}`,
          run: async ({ report }) => {
            const stacks = session.synthesize();
            await requireReachable(session, [commandLine('up', name, options)]);
            await requireBookinfo(session, commandLine('up', name, { ...options, scenario: wanted }));
            const { engine } = await chooseEngine(session, stacks, resume, { crashed, report });
            const traffic = stacks.find((stack) => stack.layer === 'traffic');
            if (!traffic) {
              throw new CliError(`${name} has no traffic layer`, 'Scenarios are applied to it');
            }
            for (const step of imageSteps(session, [traffic])) {
              if (!(await step.isDone())) {
                await step.run({ report: (line) => report(`${step.title}: ${line}`), signal });
              }
            }
            await ensureScenarioCertificates(session, report);
            const applied = await engine.apply(traffic, report);
            changed = applied.changed;
            return `${applied.summary} (engine ${engine.name})`;
          },
        },
      ],
      session.mode,
    );
    // The verification asks the proxies first whether they are in sync, and repeats what they do not serve yet.
    const verified = await verifyTask(session);
    const seconds = (Date.now() - begin) / 1000;
    if (options.json) {
      process.stdout.write(`${JSON.stringify({ environment: name, scenario: wanted, changed, verify: verified, seconds }, null, 2)}\n`);
    } else {
      const { printVerifyTable } = lazy.verify();
      const text = changed ? `Switched to ${wanted}` : `${wanted} was active already: nothing changed`;
      process.stdout.write(`\n${printVerifyTable(verified)}\n\n${text} in ${duration(seconds)}. Bookinfo  ${verified.url}/productpage\n`);
    }
    return verified.ok ? 0 : 1;
  });
}

/** Routes to services that are not there would be applied, and serve nothing. */
async function requireBookinfo(session: Session, next: string): Promise<void> {
  const tools = await session.tools();
  const { namespace } = session.environment.bookinfo;
  const found = await tools.kubectl(['get', 'namespace', namespace, '--ignore-not-found', '-o', 'name'], { timeoutSeconds: 30 });
  if (found.stdout.trim() === '') {
    throw new CliError(`${session.name} has no Bookinfo yet`, `namespace ${namespace} does not exist, and a scenario applies the traffic layer alone`, [next]);
  }
}
