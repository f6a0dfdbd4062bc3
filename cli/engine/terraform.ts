import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { CliError } from '../errors';
import { ClusterTools, workFolder } from '../tools/cluster-access';
import { KnownPaths, requireProgram } from '../tools/executables';
import { CommandError, run, RunResult } from '../tools/process';
import { readReleases } from '../tools/releases';
import { chartOf } from './desired-release';
import type { Applied, Engine, Report, Stack, StackPlan } from './engine';
import { applyMends, refuseMends } from './mend';
import { lockHolderIsDead, ObjectDecision, objectDecisions, parseStateLock, releaseMends } from './recovery';
import { readStack, StackFile } from './stack-file';
import { foundObjects, progressLine, terraformErrors } from './terraform-look';
import { terraformEnvironment } from './terraform-command';
import { planChanges, TerraformPlan } from './terraform-plan';
import { HeldState, parseState } from './terraform-state';

const PLAN_FILE = 'aks-istio.tfplan';
const IMPORT_FILE = 'import.tf.json';
/** Creating an AKS cluster takes up to a quarter of an hour, deleting one as long. */
const APPLY_SECONDS = 3 * 3600;
const PLAN_SECONDS = 900;
/** Exit code of a plan that found changes. */
const CHANGES = 2;

export interface TerraformEngineProps {
  readonly environment: string;
  /** Opens the cluster when a layer above it is looked at. */
  readonly tools: () => Promise<ClusterTools>;
  readonly programs?: KnownPaths;
  readonly signal?: AbortSignal;
  /** Command that goes on after a failure. */
  readonly resume: string;
  /** The last run of this machine was killed, or failed. */
  readonly previousCrashed: boolean;
}

/** Applies synthesised stacks with init, plan and apply, after looking at what a killed run left. */
export class TerraformEngine implements Engine {
  readonly name = 'terraform';

  constructor(private readonly props: TerraformEngineProps) {}

  async apply(stack: Stack, report: Report): Promise<Applied> {
    await this.init(stack, report);
    const adopted = await this.recover(stack, report, true);
    report('plan');
    const planned = await this.plannedWith(stack, []);
    if (planned.code !== CHANGES) {
      this.removeImports(stack);
      return { changed: false, summary: 'no changes' };
    }
    report('apply');
    await this.terraform(stack, 'apply', ['apply', '-input=false', '-no-color', PLAN_FILE], { seconds: APPLY_SECONDS, report });
    this.removeImports(stack);
    rmSync(path.join(stack.dir, PLAN_FILE), { force: true });
    const counts = /(\d+ added, \d+ changed, \d+ destroyed)/.exec(this.lastOutput)?.[1] ?? 'applied';
    return { changed: true, summary: adopted > 0 ? `${counts}, ${adopted} adopted` : counts };
  }

  async plan(stack: Stack, report: Report): Promise<StackPlan> {
    await this.init(stack, report);
    await this.recover(stack, report, false);
    report('plan');
    // A plan that is only read needs no lock, and must not wait for one.
    const planned = await this.plannedWith(stack, ['-lock=false']);
    const shown = planned.code === CHANGES ? await this.terraform(stack, 'show', ['show', '-json', PLAN_FILE], {}) : undefined;
    this.removeImports(stack);
    return { stack: stack.name, layer: stack.layer, changes: shown ? planChanges(JSON.parse(shown.stdout) as TerraformPlan) : [] };
  }

  async fullPlan(stack: Stack): Promise<string> {
    return (await this.terraform(stack, 'show', ['show', '-no-color', PLAN_FILE], {})).stdout;
  }

  async destroy(stack: Stack, report: Report): Promise<Applied> {
    await this.init(stack, report);
    if ((await this.knownAddresses(stack)).size === 0) {
      return { changed: false, summary: 'nothing there' };
    }
    await this.recover(stack, report, true);
    this.removeImports(stack);
    report('destroy');
    await this.terraform(stack, 'destroy', ['destroy', '-auto-approve', '-input=false', '-no-color'], { seconds: APPLY_SECONDS, report });
    return { changed: true, summary: /(\d+ destroyed)/.exec(this.lastOutput)?.[1] ?? 'destroyed' };
  }

  /** What the state of a stack holds. Reads only. */
  async held(stack: Stack): Promise<HeldState> {
    await this.init(stack, () => undefined);
    return parseState((await this.terraform(stack, 'show', ['state', 'pull'], {})).stdout);
  }

  /** Empties the state of a stack whose cluster is gone, and everything in it with it. A copy of the state is kept. */
  async forget(stack: Stack, report: Report): Promise<Applied> {
    report('reading the state');
    const state = (await this.terraform(stack, 'show', ['state', 'pull'], {})).stdout;
    const { addresses } = parseState(state);
    if (addresses.length === 0) {
      return { changed: false, summary: 'nothing there' };
    }
    const folder = path.join(workFolder(this.props.environment), 'forgotten');
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const copy = path.join(folder, `${stack.name}-${new Date().toISOString().replace(/[:.]/g, '-')}.tfstate`);
    writeFileSync(copy, state, { mode: 0o600 });
    report('emptying the state');
    await this.terraform(stack, 'state', ['state', 'rm', ...addresses], {});
    return { changed: true, summary: `went with its cluster; its state is emptied, a copy is ${path.relative(process.cwd(), copy)}` };
  }

  private lastOutput = '';

  private async init(stack: Stack, report: Report): Promise<void> {
    report('init');
    await this.terraform(stack, 'init', ['init', '-input=false', '-no-color'], { seconds: PLAN_SECONDS });
  }

  private plannedWith(stack: Stack, extra: readonly string[]): Promise<RunResult> {
    return this.terraform(stack, 'plan', ['plan', '-input=false', '-no-color', '-detailed-exitcode', `-out=${PLAN_FILE}`, ...extra], {
      seconds: PLAN_SECONDS,
      okCodes: [0, CHANGES],
    });
  }

  /**
   * Looks at what the stack declares, what its state knows and what the cluster has, and mends the difference that a killed run left.
   * @returns how many objects the next plan adopts
   */
  private async recover(stack: Stack, report: Report, mend: boolean): Promise<number> {
    this.removeImports(stack);
    const file = readStack(stack.name, stack.dir);
    if (file.releases.length === 0 && file.objects.length === 0) {
      return 0;
    }
    const tools = await this.props.tools();
    if (mend && file.releases.length > 0) {
      await this.mendReleases(file, tools, report);
    }
    const known = await this.knownAddresses(stack);
    const unknown = file.objects.filter((object) => !known.has(object.address));
    const decisions = objectDecisions(unknown, known, await foundObjects(tools, unknown));
    if (mend) {
      this.refuse(stack, decisions);
    }
    const imports = decisions.filter((decision) => decision.kind === 'import');
    if (imports.length > 0) {
      report(`adopting ${imports.map((decision) => decision.title).join(', ')}`);
      const blocks = { import: imports.map(({ address, id }) => ({ to: address, id })) };
      writeFileSync(path.join(stack.dir, IMPORT_FILE), `${JSON.stringify(blocks, null, 2)}\n`);
    }
    return imports.length;
  }

  private async mendReleases(file: StackFile, tools: ClusterTools, report: Report): Promise<void> {
    const expected = file.releases.map((release) => ({ ...release, chartName: chartOf(release).name }));
    const mends = releaseMends(expected, await readReleases(tools), { previousCrashed: this.props.previousCrashed, now: Date.now() });
    refuseMends(mends, this.props.resume);
    await applyMends(tools, mends, this.props.resume, report);
  }

  private refuse(stack: Stack, decisions: readonly ObjectDecision[]): void {
    const refused = decisions.filter((decision) => decision.kind === 'refuse');
    if (refused.length > 0) {
      throw new CliError(
        `${stack.name} declares objects that exist and are not ours`,
        refused.map((decision) => `${decision.title}: ${decision.why}`).join('\n'),
        ['Remove them, or let the engine that made them go on (--engine direct for what belongs to a Helm release)', this.props.resume],
      );
    }
  }

  private async knownAddresses(stack: Stack): Promise<Set<string>> {
    const listed = await this.terraform(stack, 'state', ['state', 'list'], { okCodes: [0, 1] });
    if (listed.code !== 0 && !listed.stderr.includes('No state file was found')) {
      throw this.failure(stack, 'state', new CommandError('terraform state list', listed.code, listed.stdout, listed.stderr));
    }
    return new Set(listed.stdout.split('\n').filter((line) => line !== ''));
  }

  private removeImports(stack: Stack): void {
    rmSync(path.join(stack.dir, IMPORT_FILE), { force: true });
  }

  private async terraform(
    stack: Stack,
    step: string,
    args: readonly string[],
    options: { readonly seconds?: number; readonly okCodes?: readonly number[]; readonly report?: Report },
    mayUnlock = true,
  ): Promise<RunResult> {
    const logFile = this.logFile(stack, step);
    try {
      const result = await run(requireProgram('terraform', this.props.programs), args, {
        cwd: stack.dir,
        env: terraformEnvironment(),
        signal: this.props.signal,
        timeoutSeconds: options.seconds ?? 120,
        okCodes: options.okCodes,
        // A plan as JSON is for this program; everything else may be asked for afterwards.
        logFile: step === 'show' ? undefined : logFile,
        onLine: (line) => progressLine(line, options.report),
      });
      this.lastOutput = result.stdout;
      return result;
    } catch (error) {
      if (!(error instanceof CommandError)) {
        throw error;
      }
      if (mayUnlock && (await this.unlocked(stack, error))) {
        return this.terraform(stack, step, args, options, false);
      }
      throw this.failure(stack, step, error);
    }
  }

  /** Takes a lock away whose holder is known to be dead. */
  private async unlocked(stack: Stack, error: CommandError): Promise<boolean> {
    const lock = parseStateLock(error.stderr);
    if (!lock) {
      return false;
    }
    const me = `${os.userInfo().username}@${os.hostname()}`;
    if (!lockHolderIsDead(lock, me, this.props.previousCrashed)) {
      throw new CliError(`the state of ${stack.name} is locked`, `by ${lock.who} for ${lock.operation} (lock ${lock.id})`, [
        'Wait until that run has ended. Where you know that it is dead:',
        `terraform -chdir=${stack.dir} force-unlock -force ${lock.id}`,
        this.props.resume,
      ]);
    }
    await this.terraform(stack, 'unlock', ['force-unlock', '-force', lock.id], {}, false);
    return true;
  }

  private failure(stack: Stack, step: string, error: CommandError): CliError {
    const log = this.logFile(stack, step);
    const why = error.timedOutAfterSeconds === undefined ? terraformErrors(error.stderr || error.stdout) : `it did not end within ${error.timedOutAfterSeconds} s`;
    return new CliError(`terraform ${step} of ${stack.name} failed`, existsSync(log) ? `${why}\nAll of its output: ${log}` : why, [this.props.resume]);
  }

  private logFile(stack: Stack, step: string): string {
    const folder = path.join(workFolder(this.props.environment), 'logs');
    mkdirSync(folder, { recursive: true });
    return path.join(folder, `${stack.name}-${step}.log`);
  }
}
