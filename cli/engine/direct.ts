import { CliError } from '../errors';
import type { ClusterTools } from '../tools/cluster-access';
import { CommandError } from '../tools/process';
import { latestRecord, readReleases, ReleaseRecord } from '../tools/releases';
import { chartOf, DesiredRelease, desiredReleases, isUpToDate, manifestObjects, rawObjects } from './desired-release';
import { Change, diffObjects } from './differ';
import type { Applied, Engine, Report, Stack, StackPlan } from './engine';
import { KubernetesObjectData, referenceTo } from '../../constructs/kubernetes/conversion/object-data';
import { INPUTS_LABEL, STACK_LABEL } from './markers';
import { applyMends, helmMessage, refuseMends, uninstallRelease } from './mend';
import { ReleaseMend, releaseMends } from './recovery';
import { readStack, requireReadable } from './stack-file';
import { PodWatch } from './waiting';

/** Revisions of a release that Helm keeps. */
const HISTORY = 5;
/** Seconds that the uninstallation of a release may take that its stack no longer declares. */
const ORPHAN_SECONDS = 300;

/**
 * Applies synthesised stacks as Helm releases: for machines that cannot install Terraform's providers, and clusters that exist.
 * Order, roll-back, pruning and inventory are Helm's.
 */
export class DirectEngine implements Engine {
  readonly name = 'direct';

  constructor(
    private readonly tools: ClusterTools,
    /** Command that goes on after a failure. */
    private readonly resume: string,
    private readonly previousCrashed: boolean,
  ) {}

  async apply(stack: Stack, report: Report): Promise<Applied> {
    const desired = this.desired(stack);
    const records = await this.mend(desired, await readReleases(this.tools), report);
    const missing = await this.missingObjects(desired, records);
    const done = { installed: 0, upgraded: 0, unchanged: 0, uninstalled: 0 };
    for (const release of desired) {
      const latest = latestRecord(records, release.name, release.namespace);
      if (isUpToDate(release, latest) && !missing.has(release.name)) {
        done.unchanged++;
        continue;
      }
      report(`${latest ? 'upgrading' : 'installing'} ${release.name}`);
      await this.upgrade(release, report);
      done[latest ? 'upgraded' : 'installed']++;
    }
    for (const orphan of orphansOf(stack, desired, records)) {
      report(`uninstalling ${orphan.name}`);
      await uninstallRelease(this.tools, orphan, ORPHAN_SECONDS, this.resume);
      done.uninstalled++;
    }
    const parts = Object.entries(done).filter(([, count]) => count > 0);
    const total = desired.length + done.uninstalled;
    const summary = `${total === 1 ? '1 release' : `${total} releases`}: ${parts.map(([what, count]) => `${count} ${what}`).join(', ')}`;
    return { changed: done.installed + done.upgraded + done.uninstalled > 0, summary };
  }

  async plan(stack: Stack): Promise<StackPlan> {
    const desired = this.desired(stack);
    const records = await readReleases(this.tools);
    const changes: Change[] = [];
    for (const release of desired) {
      const latest = latestRecord(records, release.name, release.namespace);
      if (!isUpToDate(release, latest)) {
        changes.push(...(await this.releaseChanges(release, latest)));
      }
    }
    const orphans = orphansOf(stack, desired, records).map(({ values, manifest }) => rawObjects(values) ?? manifestObjects(manifest));
    const gone = orphans.flatMap((objects) => diffObjects(objects, []));
    return { stack: stack.name, layer: stack.layer, changes: [...changes, ...gone] };
  }

  async fullPlan(stack: Stack): Promise<string> {
    const releases = this.desired(stack);
    const rendered: string[] = [];
    for (const release of releases) {
      rendered.push(`# ${release.namespace}/${release.name}\n${await this.render(release)}`);
    }
    return rendered.join('\n');
  }

  async destroy(stack: Stack, report: Report): Promise<Applied> {
    const records = await readReleases(this.tools);
    const desired = this.desired(stack);
    const declared = desired.reverse().filter((release) => latestRecord(records, release.name, release.namespace));
    this.mends(declared, records);
    const orphans = orphansOf(stack, desired, records).map(({ name, namespace }) => ({ name, namespace, timeoutSeconds: ORPHAN_SECONDS }));
    const present = [...orphans, ...declared];
    for (const release of present) {
      report(`uninstalling ${release.name}`);
      await uninstallRelease(this.tools, release, release.timeoutSeconds, this.resume);
    }
    return { changed: present.length > 0, summary: present.length === 0 ? 'nothing there' : `uninstalled ${present.map(({ name }) => name).join(', ')}` };
  }

  private desired(stack: Stack): DesiredRelease[] {
    const file = readStack(stack.name, stack.dir);
    requireReadable(file);
    return desiredReleases(file);
  }

  /** What has to be mended first; @throws CliError naming what is not ours to mend */
  private mends(desired: readonly DesiredRelease[], records: readonly ReleaseRecord[]): ReleaseMend[] {
    const expected = desired.map((release) => ({ ...release, chartName: chartOf(release).name }));
    const mends = releaseMends(expected, records, { previousCrashed: this.previousCrashed, now: Date.now() });
    refuseMends(mends, this.resume);
    return mends;
  }

  private async mend(desired: readonly DesiredRelease[], records: ReleaseRecord[], report: Report): Promise<ReleaseRecord[]> {
    const mends = this.mends(desired, records);
    await applyMends(this.tools, mends, this.resume, report);
    return mends.length > 0 ? readReleases(this.tools) : records;
  }

  /** Names of releases whose record says that they are in force, while an object of theirs is gone. */
  private async missingObjects(desired: readonly DesiredRelease[], records: readonly ReleaseRecord[]): Promise<Set<string>> {
    const missing = new Set<string>();
    await Promise.all(
      desired.map(async (release) => {
        const latest = latestRecord(records, release.name, release.namespace);
        const objects = latest ? manifestObjects(latest.manifest) : [];
        if (!isUpToDate(release, latest) || objects.length === 0) {
          return;
        }
        // kubectl refuses a namespace of its own beside objects that name theirs.
        const counts = await Promise.all([
          this.countPresent(objects.filter((object) => object.metadata.namespace), []),
          this.countPresent(objects.filter((object) => !object.metadata.namespace), ['-n', release.namespace]),
        ]);
        if (counts[0] + counts[1] < objects.length) {
          missing.add(release.name);
        }
      }),
    );
    return missing;
  }

  private async countPresent(objects: readonly KubernetesObjectData[], namespace: readonly string[]): Promise<number> {
    if (objects.length === 0) {
      return 0;
    }
    // Kinds whose definition is gone are an error here, and so is their absence.
    const found = await this.tools.kubectl(['get', ...namespace, '-f', '-', '--ignore-not-found', '-o', 'name'], {
      input: JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects.map(referenceTo) }),
      timeoutSeconds: 60,
      okCodes: [0, 1],
    });
    return found.stdout.split('\n').filter((line) => line !== '').length;
  }

  private async upgrade(release: DesiredRelease, report: Report): Promise<void> {
    const namespaces = [...new Set([release.namespace, ...(rawObjects(release.values) ?? []).flatMap((object) => object.metadata.namespace ?? [])])];
    const watch = new PodWatch(this.tools, namespaces.length > 1 ? namespaces.filter((name) => name !== release.namespace) : namespaces, (line) =>
      report(`${release.name}: ${line}`),
    );
    try {
      await this.tools.helm(
        [
          ...['upgrade', '--install', release.name, ...chartArguments(release), '-f', '-'],
          ...['--atomic', '--cleanup-on-fail', '--wait', '--timeout', `${release.timeoutSeconds}s`, '--history-max', String(HISTORY)],
          ...['--labels', `${INPUTS_LABEL}=${release.inputs},${STACK_LABEL}=${release.stack}`],
          ...(release.createNamespace ? ['--create-namespace'] : []),
        ],
        // JSON, since Helm reads YAML 1.1, where a bare yes is no text.
        { input: JSON.stringify(release.values), timeoutSeconds: release.timeoutSeconds * 2 + 60 },
      );
    } catch (error) {
      throw error instanceof CommandError ? this.releaseError(release, error, watch.waiting) : error;
    } finally {
      watch.stop();
    }
  }

  private async releaseChanges(release: DesiredRelease, latest: ReleaseRecord | undefined): Promise<Change[]> {
    const before = latest ? (rawObjects(latest.values) ?? manifestObjects(latest.manifest)) : [];
    const raw = rawObjects(release.values);
    if (!latest && !raw) {
      const { name, version } = chartOf(release);
      return [{ action: 'create', title: `Helm release ${release.name}`, namespace: release.namespace, details: [`chart ${name}${version ? ` ${version}` : ''}`] }];
    }
    const after: KubernetesObjectData[] = raw ?? manifestObjects(await this.render(release));
    const changes = diffObjects(before, after);
    const isRecorded = latest?.status === 'deployed';
    return changes.length === 0 && !isRecorded
      ? [{ action: 'update', title: `Helm release ${release.name}`, namespace: release.namespace, details: [`${latest?.status ?? 'absent'} -> deployed`] }]
      : changes;
  }

  private async render(release: DesiredRelease): Promise<string> {
    const result = await this.tools.helm(['upgrade', '--install', release.name, ...chartArguments(release), '-f', '-', '--dry-run=server', '--output', 'json'], {
      input: JSON.stringify(release.values),
      timeoutSeconds: 120,
    });
    return (JSON.parse(result.stdout) as { manifest: string }).manifest;
  }

  private releaseError(release: DesiredRelease, error: CommandError, waiting: readonly string[]): CliError {
    const why = [helmMessage(error), ...waiting.map((line) => `last seen: ${line}`)];
    return new CliError(`release ${release.name} of ${release.stack} failed and was rolled back`, why.join('\n'), [this.resume]);
  }
}

/** Releases of a stack that it no longer declares: what a scenario brought along and the next one does without. */
function orphansOf(stack: Stack, desired: readonly DesiredRelease[], records: readonly ReleaseRecord[]): ReleaseRecord[] {
  const isDesired = (record: ReleaseRecord): boolean => desired.some(({ name, namespace }) => name === record.name && namespace === record.namespace);
  return records.filter(
    (record) => record.labels[STACK_LABEL] === stack.name && !isDesired(record) && record === latestRecord(records, record.name, record.namespace),
  );
}

function chartArguments(release: DesiredRelease): string[] {
  return [
    release.chart,
    ...['--namespace', release.namespace],
    ...(release.repository ? ['--repo', release.repository] : []),
    ...(release.version ? ['--version', release.version] : []),
  ];
}
