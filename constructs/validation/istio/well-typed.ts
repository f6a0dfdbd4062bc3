import { groupOf, ModelObject } from '../../model/object';
import { Finding, Report } from './finding';
import type { Schema } from './schema';
import { holdAgainst } from './structural';
import { reportBroken } from './structural-words';

/** What is said of a value that should be a text. */
const TEXT_RULE = 'this is a string';
const OPEN = { 'x-kubernetes-preserve-unknown-fields': true, nullable: true } as const;
const TEXT: Schema = { type: 'string', nullable: true };
const NUMBER: Schema = { type: 'integer', nullable: true };
const TEXTS: Schema = { type: 'object', additionalProperties: TEXT, nullable: true };
const map = (properties: Readonly<Record<string, Schema>>): Schema => ({ type: 'object', properties, ...OPEN });
const list = (items: Schema): Schema => ({ type: 'array', items: { ...items, nullable: false }, nullable: true });
const PORTS = list(map({ name: TEXT, containerPort: NUMBER }));
const CONTAINERS = list(map({ name: TEXT, image: TEXT, env: list(map({ name: TEXT })), ports: PORTS, securityContext: map({}) }));
const POD = map({ serviceAccountName: TEXT, securityContext: map({}), containers: CONTAINERS, initContainers: CONTAINERS });
const TEMPLATED = map({ template: map({ metadata: map({ labels: TEXTS, annotations: TEXTS }), spec: POD }) });

/** Of kinds of Kubernetes' own, what the rules between objects read. */
const READ: Readonly<Record<string, Readonly<Record<string, Schema>>>> = {
  '/Service': { spec: map({ selector: TEXTS, ports: list(map({ name: TEXT, port: NUMBER, protocol: TEXT, appProtocol: TEXT })) }) },
  '/Pod': { spec: POD },
  '/Secret': { data: TEXTS, stringData: TEXTS },
  '/ConfigMap': { data: TEXTS },
  '/Namespace': { spec: map({}) },
  'apps/Deployment': { spec: TEMPLATED },
  'apps/StatefulSet': { spec: TEMPLATED },
  'apps/DaemonSet': { spec: TEMPLATED },
  'apps/ReplicaSet': { spec: TEMPLATED },
  'batch/Job': { spec: TEMPLATED },
  'batch/CronJob': { spec: map({ jobTemplate: map({ spec: TEMPLATED }) }) },
};
const METADATA = map({ labels: TEXTS, annotations: TEXTS });

/** Values of Kubernetes' own kinds whose type the API server would refuse, as far as anything here reads them. */
export function checkTypes(object: ModelObject): Finding[] {
  const report = new Report(object);
  const read = READ[`${groupOf(object)}/${object.kind}`];
  Object.entries(read ? { ...read, metadata: METADATA } : {}).forEach(([member, schema]) => {
    const value = (object as unknown as Readonly<Record<string, unknown>>)[member];
    if (value !== undefined) {
      reportBroken(report, { name: 'Kubernetes', see: 'https://kubernetes.io/docs/reference/kubernetes-api/', words: () => ({ rule: '', mend: '' }) }, holdAgainst(schema, value, member, []));
    }
  });
  return report.findings;
}

/** An object without the values that are of the wrong type, so that rules between objects can read it. @param findings what is said of it */
export function wellTyped(object: ModelObject, findings: readonly Finding[]): ModelObject {
  const misfits = findings.filter(({ code }) => code === 'AI0002');
  const { name, generateName, namespace, labels, annotations, ...rest } = object.metadata as unknown as Readonly<Record<string, unknown>>;
  const metadata = {
    ...rest,
    name: String(name ?? generateName ?? ''),
    ...(typeof namespace === 'string' && namespace !== '' ? { namespace } : {}),
    ...(labels ? { labels: textsOf(labels) } : {}),
    ...(annotations ? { annotations: textsOf(annotations) } : {}),
  };
  const others = misfits.filter(({ field }) => !/^(?:spec|metadata)\b/.test(field)).map(({ field }) => [stepsOf(field)[0]!, undefined]);
  const spec = object.spec === null ? undefined : withoutMisfits(object.spec, misfits);
  return { ...object, ...(Object.fromEntries(others) as object), metadata, ...(object.spec === undefined ? {} : { spec: spec as ModelObject['spec'] }) };
}

function textsOf(value: unknown): Record<string, string> {
  const entries = typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : [];
  return Object.fromEntries(entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
}

/** A spec whose values all have the type that rules expect; the spec itself where they have. */
export function withoutMisfits(spec: unknown, misfits: readonly Finding[]): unknown {
  const paths = misfits.filter(({ code }) => code === 'AI0002').map(({ field }) => stepsOf(field));
  const own = paths.filter(([first]) => first === 'spec');
  if (own.length === 0) {
    return spec;
  }
  if (own.some((path) => path.length === 1)) {
    return {};
  }
  const copy = structuredClone(spec);
  misfits
    .filter(({ code, field }) => code === 'AI0002' && stepsOf(field)[0] === 'spec')
    .forEach(({ field, rule }) => remove(copy, stepsOf(field).slice(1), rule === TEXT_RULE ? '' : undefined));
  return compacted(copy);
}

function remove(target: unknown, steps: readonly (string | number)[], instead: unknown): void {
  const owner = steps.slice(0, -1).reduce<unknown>((value, step) => (value as Record<string | number, unknown> | undefined)?.[step], target);
  const last = steps.at(-1);
  if (typeof owner === 'object' && owner !== null && last !== undefined) {
    // Lists keep their places, so that the paths of other findings stay right.
    if (Array.isArray(owner)) {
      owner[Number(last)] = instead;
    } else {
      delete (owner as Record<string | number, unknown>)[last];
    }
  }
}

/** Empty places of lists become empty maps, which rules can read. */
function compacted(value: unknown): unknown {
  if (Array.isArray(value)) {
    return Array.from(value, (item: unknown) => (item === undefined ? {} : compacted(item)));
  }
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, compacted(member)]));
  }
  return value;
}

/** The steps of a field path: `spec.http[0]["a.b"]` is spec, http, 0, a.b. */
export function stepsOf(field: string): (string | number)[] {
  return [...field.matchAll(/\[(\d+)\]|\["((?:[^"\\]|\\.)*)"\]|([\w-]+)/g)].map(([, index, quoted, name]) =>
    index !== undefined ? Number(index) : quoted !== undefined ? (JSON.parse(`"${quoted}"`) as string) : name!,
  );
}
