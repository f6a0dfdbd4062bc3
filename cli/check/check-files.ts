import * as fs from 'node:fs';
import * as path from 'node:path';
import { MeshModel } from '../../constructs/model/mesh-model';
import { groupOf, ModelObject, namespaceOf } from '../../constructs/model/object';
import { analyze, bySeverity } from '../../constructs/validation/analysis/analyze';
import { checkFlavor, Flavor } from '../../constructs/validation/flavor/check-flavor';
import { checkObject } from '../../constructs/validation/istio/check-object';
import { Finding, findingOf } from '../../constructs/validation/istio/finding';
import { istioApi } from '../../constructs/validation/istio/schema';
import { Position, ReadObject, readYaml, Unreadable } from './read-yaml';

export interface CheckOptions {
  /** Istio version whose rules apply. @default the version that this package installs */
  readonly istioVersion?: string;
  /** @default istio-system; aks-istio-system for the add-on */
  readonly rootNamespace?: string;
  /** Kind of installation whose limits apply. @default none */
  readonly flavor?: Flavor;
}

/** A finding with its place in the file. */
export interface Located extends Position {
  readonly finding: Finding;
  readonly file: string;
}

export interface CheckResult {
  /** Release that the schemas are of. */
  readonly istioVersion: string;
  readonly findings: readonly Located[];
  readonly unreadable: readonly Unreadable[];
  /** Kubernetes objects read, and how many of them are of Istio's API or the Gateway API. */
  readonly objects: number;
  readonly istioObjects: number;
  readonly notes: readonly string[];
}

/** A text to check, and how messages name it. */
export interface Source {
  readonly name: string;
  readonly text: string;
}

/**
 * Texts of files, of all YAML and JSON files in folders, and of standard input (`-`).
 * @returns what could be read, and what could not
 */
export function readSources(names: readonly string[], standardInput: () => string): { sources: Source[]; unreadable: Unreadable[] } {
  const sources: Source[] = [];
  const unreadable: Unreadable[] = [];
  for (const name of names) {
    try {
      if (name === '-') {
        const text = standardInput();
        sources.push({ name: 'stdin', text });
        // A pipeline whose first half failed must not pass.
        unreadable.push(...(text.trim() === '' ? [{ file: 'stdin', why: 'it is empty' }] : []));
        continue;
      }
      const files = fs.statSync(name).isDirectory() ? filesIn(name) : [name];
      unreadable.push(...(files.length === 0 ? [{ file: name, why: 'no YAML or JSON file is in this folder' }] : []));
      files.forEach((file) => sources.push({ name: file, text: fs.readFileSync(file, 'utf8') }));
    } catch (error) {
      unreadable.push({ file: name, why: reasonOf(error as NodeJS.ErrnoException) });
    }
  }
  return { sources, unreadable };
}

/** Checks every object by itself, and all of them together. */
export function checkSources(sources: readonly Source[], options: CheckOptions = {}): CheckResult {
  const read = sources.map(({ name, text }) => readYaml(text, name));
  const objects = read.flatMap((file) => file.objects);
  const api = istioApi(options.istioVersion);
  const notes = api.note ? [api.note] : [];
  const { istioVersion, flavor } = options;
  const findings = objects.flatMap(({ object }) => [
    ...checkObject(object, { istioVersion }),
    ...(flavor ? checkFlavor(object, flavor, istioVersion) : []),
  ]);
  const model = new MeshModel(
    objects.map(({ object }) => object),
    { rootNamespace: options.rootNamespace ?? (flavor === 'addon' ? 'aks-istio-system' : undefined), istioVersion: api.version },
  );
  const across = analyze(model, { onStumble: () => notes.push('An analysis across objects stumbled over an object whose shape is wrong; mend that and check again.') });
  const said = new Set(findings.map(keyOf));
  const all = bySeverity([...findings, ...twins(objects), ...across.filter((finding) => !said.has(keyOf(finding)))]);
  const placed = new Map(objects.map((one) => [one.object, one]));
  return {
    istioVersion: api.version,
    findings: all.map((finding) => locate(finding, placed.get(finding.object as ModelObject))),
    unreadable: read.flatMap((file) => file.unreadable),
    objects: objects.length,
    istioObjects: objects.filter(({ object }) => /\.istio\.io$|^gateway\.networking\.k8s\.io$/.test(groupOf(object))).length,
    notes: [...new Set(notes)],
  };
}

function keyOf({ code, field, object }: Finding): string {
  return `${code} ${field} ${object.origin?.file ?? ''}:${object.origin?.line ?? ''}`;
}

function locate(finding: Finding, read: ReadObject | undefined): Located {
  const { line, column } = read?.locate(finding.field) ?? { line: 1, column: 1 };
  return { finding, file: finding.object.origin?.file ?? '', line, column };
}

/** Objects that are there twice: the later one would overwrite the earlier. */
function twins(objects: readonly ReadObject[]): Finding[] {
  const seen = new Map<string, ModelObject>();
  return objects.flatMap(({ object }) => {
    if (object.metadata.name === undefined) {
      return [];
    }
    const key = `${groupOf(object)}/${object.kind} ${namespaceOf(object)}/${object.metadata.name}`;
    const earlier = seen.get(key);
    seen.set(key, object);
    if (!earlier) {
      return [];
    }
    const place = `${earlier.origin?.file}:${earlier.origin?.line}`;
    return [findingOf('AI2003', 'warning', object, 'metadata.name', { value: object.metadata.name, rule: `${place} has the same name: the one that is applied last overwrites the other`, mend: 'Rename one, or drop it' })];
  });
}

function filesIn(folder: string): string[] {
  return fs
    .readdirSync(folder, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const file = path.join(folder, entry.name);
      return entry.isDirectory() ? filesIn(file) : /\.(ya?ml|json)$/.test(entry.name) ? [file] : [];
    });
}

function reasonOf(error: NodeJS.ErrnoException): string {
  return error.code === 'ENOENT' ? 'there is no such file' : error.code === 'EACCES' ? 'it may not be read' : error.message;
}
