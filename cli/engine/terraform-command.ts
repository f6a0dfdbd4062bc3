import { existsSync, mkdirSync } from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { Interrupted } from '../errors';
import { cleanEnvironment } from '../tools/cluster-access';
import { findProgram, KnownPaths } from '../tools/executables';
import { CommandError, run, RunOptions } from '../tools/process';
import type { Stack } from './engine';

/** Seconds that installing the providers may take before they count as out of reach. */
const PROBE_SECONDS = 60;

/** Environment of every run of Terraform: no questions, no telephone calls home, no other cluster than the stack's own. */
export function terraformEnvironment(base: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
  const isConfigured = base.TF_PLUGIN_CACHE_DIR !== undefined || base.TF_CLI_CONFIG_FILE !== undefined || existsSync(path.join(os.homedir(), '.terraformrc'));
  return { ...cleanEnvironment(base), TF_IN_AUTOMATION: '1', TF_INPUT: '0', CHECKPOINT_DISABLE: '1', ...(isConfigured ? {} : pluginCache(base)) };
}

/**
 * Tries to install the providers of a stack.
 * @returns nothing where they are there, else one line that says why not
 */
export async function providersReason(stack: Stack, signal: AbortSignal | undefined, known: KnownPaths = {}): Promise<string | undefined> {
  const terraform = findProgram('terraform', known);
  if (!terraform) {
    return 'it is not on PATH';
  }
  const options: RunOptions = {
    cwd: stack.dir,
    env: { ...terraformEnvironment(), TF_REGISTRY_DISCOVERY_RETRY: '0', TF_REGISTRY_CLIENT_TIMEOUT: '5' },
    signal,
    timeoutSeconds: PROBE_SECONDS,
  };
  try {
    await run(terraform, ['init', '-backend=false', '-input=false', '-no-color'], options);
    return undefined;
  } catch (error) {
    if (error instanceof Interrupted || !(error instanceof CommandError)) {
      throw error;
    }
    return error.timedOutAfterSeconds !== undefined ? `its providers did not arrive within ${PROBE_SECONDS} s` : probeReason(error.stderr);
  }
}

/** The part of init's message that tells a person something. */
export function probeReason(stderr: string): string {
  const text = stderr.replace(/[│╷╵]/g, ' ').replace(/\s+/g, ' ');
  const registry = /Could not (?:retrieve the list of available versions for provider|connect to|query provider registry for) ([\w./-]+)/i.exec(text);
  if (registry) {
    return `no provider registry is reachable (${registry[1]})`;
  }
  return /Error: ([^:.]{1,120})/.exec(text)?.[1].trim() ?? 'init failed';
}

function pluginCache(base: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const cache = base.XDG_CACHE_HOME && path.isAbsolute(base.XDG_CACHE_HOME) ? base.XDG_CACHE_HOME : path.join(os.homedir(), '.cache');
  const folder = path.join(cache, 'aks-istio', 'terraform-plugins');
  mkdirSync(folder, { recursive: true });
  // Without the second variable, Terraform downloads what the cache holds once for each stack's lock file.
  return { TF_PLUGIN_CACHE_DIR: folder, TF_PLUGIN_CACHE_MAY_BREAK_DEPENDENCY_LOCK_FILE: 'true' };
}
