import { readFileSync } from 'node:fs';
import * as path from 'node:path';
import { parse } from 'yaml';
import { CliError } from '../errors';
import { isObjectResource, toKubernetesObject } from '../../constructs/kubernetes/conversion/conversion';
import { isRecord, KubernetesObjectData } from '../../constructs/kubernetes/conversion/object-data';
import { References } from '../../constructs/kubernetes/conversion/references';

/** A Helm release as a stack declares it. */
export interface DeclaredRelease {
  readonly address: string;
  readonly name: string;
  readonly namespace: string;
  /** Absolute folder, `oci://` address, or name in `repository`. */
  readonly chart: string;
  readonly repository?: string;
  readonly version?: string;
  /** All values, merged in the order that Helm would. */
  readonly values: Readonly<Record<string, unknown>>;
  readonly timeoutSeconds: number;
  readonly createNamespace: boolean;
  readonly dependsOn: readonly string[];
}

/** A Kubernetes object that a stack declares by itself, outside any release. */
export interface DeclaredObject {
  readonly address: string;
  /** Terraform resource type. */
  readonly type: string;
  readonly object: KubernetesObjectData;
  readonly dependsOn: readonly string[];
}

/** What a synthesised stack declares. */
export interface StackFile {
  readonly name: string;
  readonly dir: string;
  readonly releases: readonly DeclaredRelease[];
  readonly objects: readonly DeclaredObject[];
  /** Resources that are neither, such as those of azurerm. */
  readonly others: readonly string[];
  /** What could not be read, each as `address: reason`. */
  readonly unreadable: readonly string[];
  /** Absolute path of the local state; nothing where the state is elsewhere. */
  readonly stateFile?: string;
}

type Resources = Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, unknown>>>>>>;

interface StackJson {
  readonly resource?: Resources;
  readonly terraform?: { readonly backend?: { readonly local?: { readonly path?: string } } };
}

/** Arguments of a helm_release that change what is installed, and that the direct engine does not know. */
const UNREADABLE_ARGUMENTS = ['set_list', 'set_sensitive', 'set_wo', 'postrender', 'set'];

/** Reads `cdk.tf.json` of a synthesised stack. */
export function readStack(name: string, dir: string): StackFile {
  return parseStack(name, dir, JSON.parse(readFileSync(path.join(dir, 'cdk.tf.json'), 'utf8')) as StackJson);
}

/** Reads a synthesised stack that is in memory. Its folder is needed for the charts beside it. */
export function parseStack(name: string, dir: string, json: StackJson): StackFile {
  const resources = json.resource ?? {};
  const references = new References(resources);
  const releases: DeclaredRelease[] = [];
  const objects: DeclaredObject[] = [];
  const others: string[] = [];
  const unreadable: string[] = [];
  for (const [type, members] of Object.entries(resources)) {
    for (const [id, raw] of Object.entries(members)) {
      const address = `${type}.${id}`;
      if (type !== 'helm_release' && !isObjectResource(type)) {
        others.push(address);
        continue;
      }
      const { value, used, unresolved } = references.resolve(raw);
      const body = value as Record<string, unknown>;
      const dependsOn = [...new Set([...strings(raw.depends_on), ...used])];
      unreadable.push(...unresolved.map((reference) => `${address}: \${${reference}} is known to Terraform only`));
      if (type === 'helm_release') {
        unreadable.push(...UNREADABLE_ARGUMENTS.filter((argument) => hasItems(body[argument])).map((argument) => `${address}: ${argument} is not read`));
        releases.push(declaredRelease(address, dir, body, dependsOn));
        continue;
      }
      const object = toKubernetesObject(type, body);
      if (object) {
        objects.push({ address, type, object, dependsOn });
      } else {
        unreadable.push(`${address}: has no apiVersion, kind or name`);
      }
    }
  }
  const state = json.terraform?.backend?.local?.path;
  return { name, dir, releases, objects, others, unreadable, stateFile: state === undefined ? undefined : path.resolve(dir, state) };
}

/**
 * Makes sure that the direct engine understands all of a stack.
 * @throws CliError naming everything it does not
 */
export function requireReadable(stack: StackFile): void {
  const problems = [...stack.others.map((address) => `${address}: needs its Terraform provider`), ...stack.unreadable];
  if (problems.length > 0) {
    throw new CliError(`the direct engine cannot apply ${stack.name}`, problems.join('\n'), ['Use Terraform for it: --engine terraform']);
  }
}

function declaredRelease(address: string, dir: string, body: Readonly<Record<string, unknown>>, dependsOn: readonly string[]): DeclaredRelease {
  const chart = String(body.chart);
  const isFolder = body.repository === undefined && !chart.startsWith('oci://');
  return {
    address,
    name: String(body.name),
    namespace: String(body.namespace ?? 'default'),
    chart: isFolder ? path.resolve(dir, chart) : chart,
    repository: optionalString(body.repository),
    version: optionalString(body.version),
    values: mergeValues(strings(body.values).map((text) => (parse(text) ?? {}) as Record<string, unknown>)),
    timeoutSeconds: Number(body.timeout ?? 300),
    createNamespace: body.create_namespace === true,
    dependsOn,
  };
}

/** Merges values files as Helm does: maps by key, everything else replaced, null removes. */
export function mergeValues(documents: readonly Readonly<Record<string, unknown>>[]): Record<string, unknown> {
  const merged: Record<string, unknown> = {};
  for (const document of documents) {
    for (const [key, value] of Object.entries(document)) {
      const previous = merged[key];
      merged[key] = isRecord(previous) && isRecord(value) ? mergeValues([previous, value]) : value;
    }
  }
  return merged;
}

function strings(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];
}

function optionalString(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function hasItems(value: unknown): boolean {
  return Array.isArray(value) ? value.length > 0 : value !== undefined && value !== null;
}
