import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { parse } from 'yaml';
import type { AksAccess, ClusterAccess } from '../../constructs/cluster/cluster';
import { CliError } from '../errors';
import { findProgram, KnownPaths, requireProgram } from './executables';
import { CommandError, run, Runner, RunOptions, RunResult } from './process';

/**
 * The programs that talk to one cluster. Each call names the private kubeconfig and its context, so `~/.kube/config` is neither read nor
 * changed, and each has its output captured, a timeout, and ends on the signal that the tools were opened with.
 */
export interface ClusterTools {
  /** Absolute path of the kubeconfig file. */
  readonly kubeconfig: string;
  readonly context: string;
  /** Environment variables for other programs that shall reach this cluster and no other. */
  readonly env: NodeJS.ProcessEnv;
  /** Ends every call that is under way. */
  readonly signal?: AbortSignal;
  readonly kubectl: Runner;
  readonly helm: Runner;
  /** Throws on use where istioctl is not installed: ask {@link hasIstioctl} first. */
  readonly istioctl: Runner;
  readonly hasIstioctl: boolean;
  /** Path of kubectl, for long-running uses such as a port-forward. */
  readonly kubectlPath: string;
}

export interface OpenClusterProps {
  /** Environment name; private files go into `.aks-istio/<name>`. */
  readonly environment: string;
  readonly access: ClusterAccess;
  /** Paths that come before PATH. @default none */
  readonly programs?: KnownPaths;
  readonly signal?: AbortSignal;
}

/** Folder of everything that the command keeps for an environment. */
export function workFolder(environment: string): string {
  return path.resolve('.aks-istio', environment);
}

/**
 * This process's environment without what could lead a tool to another cluster.
 */
export function cleanEnvironment(base: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
  const kept = Object.entries(base).filter(([name]) => !name.startsWith('KUBE_') && !name.startsWith('HELM_KUBE') && name !== 'HELM_NAMESPACE');
  return { ...Object.fromEntries(kept), KUBECONFIG: '/dev/null' };
}

/**
 * Opens a cluster for the command's tools.
 * @throws CliError where the kubeconfig or the cluster cannot be found
 */
export async function openCluster(props: OpenClusterProps): Promise<ClusterTools> {
  const kubeconfig = props.access.kind === 'aks' ? await aksKubeconfig(props.environment, props.access, props) : path.resolve(props.access.path);
  const context = contextOf(kubeconfig, props.access.kind === 'kubeconfig' ? props.access.context : undefined);
  // Discovery caches belong to the environment too: their default place is ~/.kube/cache.
  const env = { ...cleanEnvironment(), KUBECONFIG: kubeconfig, KUBECACHEDIR: path.join(workFolder(props.environment), 'kube-cache') };
  const kubectlPath = requireProgram('kubectl', props.programs);
  const defaults: RunOptions = { env, signal: props.signal };
  const runner = (program: () => string, first: readonly string[]): Runner => {
    return (args, options) => run(program(), [...first, ...args], { ...defaults, ...options });
  };
  return {
    kubeconfig,
    context,
    env,
    signal: props.signal,
    kubectlPath,
    kubectl: runner(() => kubectlPath, ['--kubeconfig', kubeconfig, '--context', context]),
    helm: runner(() => requireProgram('helm', props.programs), ['--kubeconfig', kubeconfig, '--kube-context', context]),
    istioctl: runner(() => requireProgram('istioctl', props.programs), ['--kubeconfig', kubeconfig, '--context', context]),
    hasIstioctl: findProgram('istioctl', props.programs) !== undefined,
  };
}

/** Whether the cluster's API server answers; the reason where it does not. */
export async function unreachable(tools: ClusterTools): Promise<string | undefined> {
  try {
    await tools.kubectl(['version', '--request-timeout=8s', '-o', 'json'], { timeoutSeconds: 15 });
    return undefined;
  } catch (error) {
    if (error instanceof CommandError) {
      return error.stderr.trim() || error.message;
    }
    throw error;
  }
}

/** Output of kubectl as JSON. */
export async function kubectlJson<T>(tools: Pick<ClusterTools, 'kubectl'>, args: readonly string[], options?: RunOptions): Promise<T> {
  const result: RunResult = await tools.kubectl([...args, '-o', 'json'], options);
  return JSON.parse(result.stdout) as T;
}

interface Kubeconfig {
  readonly 'current-context'?: string;
  readonly contexts?: readonly { readonly name: string }[];
}

/** The context to use, fixed once so that a change of the file's current context in mid-run changes nothing. */
function contextOf(file: string, wanted: string | undefined): string {
  if (!existsSync(file)) {
    throw new CliError(`kubeconfig ${file} not found`, 'The environment names this file for its cluster', ['Give another one: --kubeconfig FILE --context NAME']);
  }
  const config = (parse(readFileSync(file, 'utf8')) ?? {}) as Kubeconfig;
  const names = (config.contexts ?? []).map((context) => context.name);
  const context = wanted ?? config['current-context'];
  if (!context || !names.includes(context)) {
    throw new CliError(
      context ? `context ${context} not found in ${file}` : `${file} has no current context`,
      `The file knows: ${names.join(', ') || 'no context'}`,
      ['Name one of them: --context NAME'],
    );
  }
  return context;
}

async function aksKubeconfig(environment: string, access: AksAccess, props: OpenClusterProps): Promise<string> {
  const folder = workFolder(environment);
  const file = path.join(folder, 'kubeconfig');
  const options: RunOptions = { env: cleanEnvironment(), signal: props.signal, timeoutSeconds: 120 };
  const az = requireProgram('az', props.programs);
  const kubelogin = requireProgram('kubelogin', props.programs);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const subscription = access.subscriptionId ?? process.env.ARM_SUBSCRIPTION_ID;
  try {
    await run(
      az,
      [
        ...['aks', 'get-credentials', '--name', access.name, '--resource-group', access.resourceGroupName],
        ...['--file', file, '--overwrite-existing', '--only-show-errors'],
        ...(subscription ? ['--subscription', subscription] : []),
      ],
      options,
    );
    await run(kubelogin, ['convert-kubeconfig', '--kubeconfig', file, '--login', access.login ?? 'azurecli'], options);
  } catch (error) {
    if (error instanceof CommandError) {
      throw new CliError(`no access to AKS cluster ${access.name} in resource group ${access.resourceGroupName}`, error.stderr.trim() || error.message, [
        'Log in with `az login`; you need the role "Azure Kubernetes Service Cluster User Role" and membership of the admin group',
      ]);
    }
    throw error;
  }
  return file;
}
