import * as fs from 'node:fs';
import * as path from 'node:path';
import type { ModelGateway } from '../../constructs/model/mesh-model';
import { groupOf, ModelObject, namespaceOf, placeOf } from '../../constructs/model/object';
import { bySeverity } from '../../constructs/validation/analysis/analyze';
import { checkFlavor, Flavor } from '../../constructs/validation/flavor/check-flavor';
import { checkObject } from '../../constructs/validation/istio/check-object';
import { Finding, findingOf } from '../../constructs/validation/istio/finding';
import { istioApi } from '../../constructs/validation/istio/schema';
import { checkTypes, wellTyped } from '../../constructs/validation/istio/well-typed';
import { Position, ReadFile, ReadObject, readYaml, Unreadable } from './read-yaml';
import { analyzeCopies, findTwins } from './twins';

const ADDON_ROOT = 'aks-istio-system';
/** The add-on's gateways are never among what is checked; their Services have these ports alone. */
const ADDON_GATEWAYS = ['external', 'internal'].map((side): ModelGateway => {
  const name = `aks-istio-ingressgateway-${side}`;
  return { namespace: 'aks-istio-ingress', labels: { istio: name }, serviceAccountName: name, serviceName: name, ports: [80, 443] };
});

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
  /** Standard input or a folder, in which something has to be: it is empty where what should have filled it failed. */
  readonly from?: string;
}

/**
 * Texts of files, of all YAML and JSON files in folders, and of standard input (`-`).
 * @returns what could be read, and what could not
 */
export function readSources(names: readonly string[], standardInput: () => string): { sources: Source[]; unreadable: Unreadable[] } {
  const sources: Source[] = [];
  const unreadable: Unreadable[] = [];
  const attempt = (file: string, read: () => void): void => {
    try {
      read();
    } catch (error) {
      unreadable.push({ file, why: reasonOf(error as NodeJS.ErrnoException) });
    }
  };
  for (const name of names) {
    attempt(name, () => {
      if (name === '-') {
        sources.push({ name: 'stdin', text: standardInput(), from: 'stdin' });
        return;
      }
      if (!fs.statSync(name).isDirectory()) {
        sources.push({ name, text: fs.readFileSync(name, 'utf8') });
        return;
      }
      const files = filesIn(name, new Set(), attempt);
      files.forEach((file) => attempt(file, () => sources.push({ name: file, text: fs.readFileSync(file, 'utf8'), from: name })));
      if (files.length === 0) {
        unreadable.push({ file: name, why: 'no YAML or JSON file is in this folder' });
      }
    });
  }
  return { sources, unreadable };
}

/** Checks every object by itself, and all of them together. */
export function checkSources(sources: readonly Source[], options: CheckOptions = {}): CheckResult {
  const read = sources.map(({ name, text }) => readYaml(text, name));
  const objects = read.flatMap((file) => file.objects);
  const unreadable = [...read.flatMap((file) => file.unreadable), ...emptyOf(sources, read)];
  const api = istioApi(options.istioVersion);
  const notes = [...(api.note ? [api.note] : []), ...sources.flatMap(({ name, from }, index) => (!from && isEmpty(read[index]!) ? [`${name}: no Kubernetes object is in it.`] : []))];
  const { istioVersion, flavor } = options;
  const placed = new Map<object, ReadObject>();
  const clean: ModelObject[] = [];
  const findings = objects.flatMap((one) => {
    const { object } = one;
    placed.set(object, one);
    try {
      const said = [...checkObject(object, { istioVersion }), ...checkTypes(object)];
      const typed = wellTyped(object, said);
      placed.set(typed, one);
      clean.push(typed);
      return [...said, ...(flavor ? checkFlavor(typed, flavor, istioVersion) : [])];
    } catch (error) {
      unreadable.push(failureOf(object, 'its own check', error as Error));
      return [];
    }
  });
  const unnamed = read.flatMap((file) => file.unnamed);
  unnamed.forEach((one) => placed.set(one.object, one));
  const context = { rootNamespace: options.rootNamespace ?? (flavor === 'addon' ? ADDON_ROOT : undefined), istioVersion: api.version, ...(flavor === 'addon' ? { gateways: ADDON_GATEWAYS } : {}) };
  const across = analyzeCopies(clean, context, {
    onStumble: (error, analysis, object) => {
      // What an object is refused for explains why nothing can be made of it.
      if (object && findings.some((finding) => finding.severity === 'error' && placeOf(finding.object) === placeOf(object))) {
        notes.push(`${placeOf(object)} was left out of a comparison with the other objects (${analysis}), since its shape is wrong.`);
      } else {
        unreadable.push(failureOf(object, analysis, error));
      }
    },
  });
  const said = new Set(findings.map(keyOf));
  const all = bySeverity([
    ...unnamed.map(({ object, field, ...verdict }) => findingOf('AI0011', 'error', object, field, { value: verdict.value, rule: verdict.rule, mend: verdict.mend })),
    ...findings,
    ...findTwins(clean),
    ...across.filter((finding) => !said.has(keyOf(finding))),
  ]);
  return {
    istioVersion: api.version,
    findings: all.map((finding) => locate(finding, placed.get(finding.object))),
    unreadable: distinct(unreadable),
    objects: objects.length + unnamed.length,
    istioObjects: objects.filter(({ object }) => /\.istio\.io$|^gateway\.networking\.k8s\.io$/.test(groupOf(object))).length,
    notes: [...new Set(notes)],
  };
}

/** An error of this program: what stumbled, and over which object, if one alone is to blame. */
function failureOf(object: ModelObject | undefined, check: string, error: Error): Unreadable {
  const where = object ? { file: object.origin?.file ?? '', line: object.origin?.line, column: 1 } : { file: 'all files together' };
  const what = object ? `${check} stumbled over ${object.kind} ${namespaceOf(object)}/${object.metadata.name}` : `${check} stumbled`;
  return { ...where, why: `${what}, whose shape may be wrong (${error.message}); the rest was checked` };
}

function isEmpty({ objects, unnamed, unreadable }: ReadFile): boolean {
  return objects.length + unnamed.length + unreadable.length === 0;
}

/** Standard input and folders without any object: what should have filled them failed, or the name is wrong. */
function emptyOf(sources: readonly Source[], read: readonly ReadFile[]): Unreadable[] {
  const inputs = [...new Set(sources.flatMap(({ from }) => from ?? []))];
  return inputs.filter((input) => sources.every(({ from }, index) => from !== input || isEmpty(read[index]!))).map((file) => ({ file, why: 'no Kubernetes object is in it' }));
}

function distinct(unreadable: readonly Unreadable[]): Unreadable[] {
  return [...new Map(unreadable.map((one) => [`${one.file} ${one.line} ${one.why}`, one])).values()];
}

function keyOf({ code, field, object }: Finding): string {
  return `${code} ${field} ${placeOf(object)}`;
}

function locate(finding: Finding, read: ReadObject | undefined): Located {
  const { line, column } = read?.locate(finding.field) ?? { line: 1, column: 1 };
  return { finding, file: finding.object.origin?.file ?? '', line, column };
}

/** Files in a folder and those below; links are followed, each place once. */
function filesIn(folder: string, visited: Set<string>, attempt: (file: string, read: () => void) => void): string[] {
  const place = fs.realpathSync(folder);
  if (visited.has(place)) {
    return [];
  }
  visited.add(place);
  const files: string[] = [];
  for (const entry of fs.readdirSync(folder).sort()) {
    const file = path.join(folder, entry);
    const isText = /\.(ya?ml|json)$/.test(entry);
    const link = fs.lstatSync(file).isSymbolicLink();
    // A link that leads nowhere matters only where it has the name of a text.
    if (link && !isText && !fs.existsSync(file)) {
      continue;
    }
    attempt(file, () => {
      if (fs.statSync(file).isDirectory()) {
        files.push(...filesIn(file, visited, attempt));
      } else if (isText && !visited.has(fs.realpathSync(file))) {
        visited.add(fs.realpathSync(file));
        files.push(file);
      }
    });
  }
  return files;
}

function reasonOf(error: NodeJS.ErrnoException): string {
  return error.code === 'ENOENT' ? 'there is no such file' : error.code === 'EACCES' ? 'it may not be read' : error.message;
}
