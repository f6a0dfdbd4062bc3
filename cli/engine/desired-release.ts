import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { parse, parseAllDocuments } from 'yaml';
import type { ReleaseRecord } from '../tools/releases';
import { isKubernetesObject, KubernetesObjectData } from '../../constructs/kubernetes/conversion/object-data';
import { INPUTS_LABEL } from './markers';
import { phasesOf } from './order';
import type { DeclaredRelease, StackFile } from './stack-file';

/** Namespace that holds the records of a stack's loose objects: it exists in every cluster. */
const LOOSE_OBJECTS_NAMESPACE = 'default';

/** What a release is made of, whoever declares it. */
type ReleaseParts = Omit<DeclaredRelease, 'address' | 'dependsOn'>;

/** A release as the direct engine wants it in the cluster. */
export interface DesiredRelease extends ReleaseParts {
  readonly stack: string;
  /** Digest of chart and values. */
  readonly inputs: string;
}

/** The releases that make up a stack, in the order they are applied. */
export function desiredReleases(stack: StackFile): DesiredRelease[] {
  return phasesOf(stack).map((phase) =>
    phase.kind === 'release'
      ? fromDeclared(stack.name, phase.release)
      : fromDeclared(stack.name, {
          name: `${stack.name}-${phase.suffix}`,
          namespace: LOOSE_OBJECTS_NAMESPACE,
          chart: objectsChart(),
          values: { objects: phase.objects.map((object) => object.object) },
          timeoutSeconds: 600,
          createNamespace: false,
        }),
  );
}

/** Whether the cluster has a release just as it is wanted. */
export function isUpToDate(desired: DesiredRelease, latest: ReleaseRecord | undefined): boolean {
  return latest?.status === 'deployed' && latest.labels[INPUTS_LABEL] === desired.inputs && isDeepStrictEqual(latest.values, jsonOf(desired.values));
}

/** The objects of a release that renders its values as they are; nothing for any other chart. */
export function rawObjects(values: Readonly<Record<string, unknown>>): KubernetesObjectData[] | undefined {
  const objects: unknown = values.objects;
  return Object.keys(values).length === 1 && Array.isArray(objects) && objects.every(isKubernetesObject) ? objects : undefined;
}

/** The objects of a rendered manifest. */
export function manifestObjects(manifest: string): KubernetesObjectData[] {
  return parseAllDocuments(manifest)
    .map((document) => document.toJS() as unknown)
    .filter(isKubernetesObject);
}

/** Folder of the chart that renders objects as they are: beside the constructs, in a checkout and in a package. */
export function objectsChart(): string {
  return path.resolve(__dirname, '../../constructs/kubernetes/objects-chart');
}

/** Name and version that a chart folder states; nothing for a chart that is elsewhere. */
export function chartOf(release: Pick<DesiredRelease, 'chart' | 'version'>): { readonly name: string; readonly version?: string } {
  const file = path.join(release.chart, 'Chart.yaml');
  if (!existsSync(file)) {
    return { name: release.chart.split('/').at(-1) ?? release.chart, version: release.version };
  }
  const chart = parse(readFileSync(file, 'utf8')) as { name: string; version?: string };
  return { name: chart.name, version: chart.version };
}

function fromDeclared(stack: string, declared: ReleaseParts): DesiredRelease {
  const { name, namespace, chart, repository, version, values, timeoutSeconds, createNamespace } = declared;
  const digest = createHash('sha256').update(JSON.stringify([chartDigest(chart), repository ?? '', version ?? '', sortKeys(values)]));
  // A label's value has at most 63 characters.
  return { stack, name, namespace, chart, repository, version, values, timeoutSeconds, createNamespace, inputs: digest.digest('hex').slice(0, 40) };
}

function chartDigest(chart: string): string {
  if (!existsSync(chart)) {
    return chart;
  }
  const hash = createHash('sha256');
  const files = readdirSync(chart, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  for (const file of files.map((entry) => path.join(entry.parentPath, entry.name)).sort()) {
    hash.update(path.relative(chart, file)).update('\0').update(readFileSync(file)).update('\0');
  }
  return hash.digest('hex');
}

function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) {
    return value.map(sortKeys);
  }
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(
      Object.entries(value)
        .sort(([one], [other]) => (one < other ? -1 : 1))
        .map(([key, member]) => [key, sortKeys(member)]),
    );
  }
  return value;
}

/** A value as it comes back from a record. */
function jsonOf(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value)) as unknown;
}
