import * as path from 'node:path';
import { Environment, loadEnvironment } from '../environments';
import { localClusterPaths } from '../local-cluster/paths';
import { EnvironmentHandles, handlesOf } from '../stacks/handles';
import { SynthesizedStack, synthesize } from '../stacks/synth';
import { acquireRunLock, runFile } from './run-lock';
import { ClusterTools, openCluster, workFolder } from './tools/cluster-access';
import { findProgram, KnownPaths } from './tools/executables';
import { CommonOptions } from './options';
import { ProgressMode, progressMode } from './ui/tasks';

/** What every command works with: the environment that it was given, and the way to its cluster. */
export class Session {
  readonly environment: Environment;
  readonly mode: ProgressMode;
  private opened?: Promise<ClusterTools>;
  private known?: EnvironmentHandles;

  /** @throws ProblemError where the environment cannot be loaded */
  constructor(
    name: string,
    readonly options: CommonOptions,
    readonly signal: AbortSignal,
  ) {
    const { mesh: flavor, scenario, kubeconfig, context } = options;
    this.environment = loadEnvironment(name, { flavor, scenario, kubeconfig, context });
    this.mode = progressMode(options.json === true);
  }

  get name(): string {
    return this.environment.name;
  }

  /** The environment's cluster is the one that this program starts on this machine. */
  get isBuiltHere(): boolean {
    const { cluster } = this.environment;
    return cluster.kind === 'kubeconfig' && path.resolve(cluster.path) === localClusterPaths().kubeconfig;
  }

  get handles(): EnvironmentHandles {
    this.known ??= handlesOf(this.environment);
    return this.known;
  }

  /** Programs to prefer to those on PATH: all that were built for the local cluster, else those that PATH lacks. */
  get programs(): KnownPaths {
    const { helm, istioctl, kubectl } = localClusterPaths();
    const built: KnownPaths = { helm, istioctl, kubectl };
    return this.isBuiltHere ? built : Object.fromEntries(Object.entries(built).filter(([name]) => !findProgram(name as keyof KnownPaths)));
  }

  /**
   * Runs a command that changes the environment, alone on this machine.
   * @throws CliError where another run is at work on the same cluster
   */
  async exclusively<T>(resume: string, action: (previousCrashed: boolean) => Promise<T>): Promise<T> {
    const lock = await acquireRunLock(this.name, runFile(this.name, this.handles.cluster.access), resume, (line) => this.say(line));
    const result = await action(lock.previousCrashed);
    lock.release();
    return result;
  }

  /** Prints one line of progress outside any task. */
  say(line: string): void {
    if (this.mode !== 'silent') {
      process.stdout.write(`${line}\n`);
    }
  }

  /** Opens the cluster once; again where that failed. */
  tools(): Promise<ClusterTools> {
    const { name: environment, programs, signal } = this;
    this.opened ??= openCluster({ environment, access: this.handles.cluster.access, programs, signal }).catch((error: unknown) => {
      this.opened = undefined;
      throw error;
    });
    return this.opened;
  }

  /** Synthesises the environment, or a variant of it, into the command's own folder. */
  synthesize(environment: Environment = this.environment, folder = 'synth'): SynthesizedStack[] {
    return synthesize(environment, path.join(workFolder(this.name), folder));
  }
}
