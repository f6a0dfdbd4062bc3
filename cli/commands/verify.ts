import { writeFileSync } from 'node:fs';
import type { Environment } from '../../environments';
import { requireReachable } from '../apply';
import { commandLine, CommonOptions } from '../options';
import { activeScenario } from '../scenario-state';
import { Session } from '../session';
import { readReleases } from '../tools/releases';
import { printVerifyTable, toJUnit, verify } from '../verify';

export interface VerifyOptions extends CommonOptions {
  /** Address of the gateway. @default the environment's own */
  readonly url?: string;
  /** File that receives the result as JUnit XML. @default none */
  readonly junit?: string;
}

/**
 * Verifies an environment and prints what it found.
 * @returns the exit code: 0 where everything is as expected, 1 where it is not
 */
export async function verifyEnvironment(name: string, options: VerifyOptions, signal: AbortSignal): Promise<number> {
  const session = new Session(name, options, signal);
  const up = commandLine('up', name, options);
  await requireReachable(session, [up]);
  const result = await verify({
    environment: await inActiveScenario(session),
    tools: await session.tools(),
    handles: session.handles,
    url: options.url,
    up,
    signal,
    // What is to be read by a program stays alone on standard output.
    report: (line) => process.stderr.write(`${line}\n`),
  });
  if (options.junit) {
    writeFileSync(options.junit, toJUnit(result));
  }
  process.stdout.write(options.json ? `${JSON.stringify(result, undefined, 2)}\n` : `\n${printVerifyTable(result)}\n`);
  return result.ok ? 0 : 1;
}

/** What was switched to since is verified as such; where nothing known is in force, the environment file has the say. */
async function inActiveScenario(session: Session): Promise<Environment> {
  const { environment, options } = session;
  const active = options.scenario ?? activeScenario(session, await readReleases(await session.tools()));
  return active === undefined ? environment : { ...environment, traffic: { ...environment.traffic, scenario: active } };
}
