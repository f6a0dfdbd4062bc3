import { child, Report } from './finding';
import { checkLabels, DOCS } from './rules/common';

const NAME = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/;
const NAMESPACE = /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/;
const LONGEST_NAME = 253;
const MEMBERS = [
  'name', 'generateName', 'namespace', 'labels', 'annotations', 'ownerReferences', 'finalizers', 'uid', 'resourceVersion', 'generation',
  'creationTimestamp', 'deletionTimestamp', 'deletionGracePeriodSeconds', 'managedFields', 'selfLink',
];
const TOP = ['apiVersion', 'kind', 'metadata', 'spec', 'status', 'origin'];
const DRY_RUN = 'istio.io/dry-run';
const BOOLEANS = ['1', 't', 'T', 'TRUE', 'true', 'True', '0', 'f', 'F', 'FALSE', 'false', 'False'];
/** Annotations that istiod keeps for objects that it makes itself. */
const RESERVED = ['istio.io/reject', 'internal.istio.io/parents', 'internal.istio.io/parent-namespace'];

/** Name, namespace, labels and annotations: what the API server and istiod demand of any object. */
export function checkMetadata(report: Report): void {
  const { object } = report;
  const metadata = object.metadata as unknown as Readonly<Record<string, unknown>>;
  Object.keys(object)
    .filter((name) => !TOP.includes(name))
    .forEach((name) => report.error('AI0001', name, { rule: 'an object has no such field beside `spec`', mend: 'Move it below `spec`, or drop it' }));
  Object.keys(metadata)
    .filter((name) => !MEMBERS.includes(name) && metadata[name] !== undefined)
    .forEach((name) => report.error('AI0001', child('metadata', name), { rule: 'metadata has no such field', mend: 'Drop it' }));
  checkNames(report, metadata);
  for (const part of ['labels', 'annotations'] as const) {
    const entries = Object.entries((metadata[part] ?? {}) as Record<string, unknown>);
    entries
      // Nothing is read as an empty text.
      .filter(([, value]) => typeof value !== 'string' && value !== null)
      .forEach(([key, value]) => report.error('AI0002', child(child('metadata', part), key), { value, rule: 'this is a string', mend: `Put it in quotes: ${JSON.stringify(String(value))}` }));
  }
  checkLabels(report, 'metadata.labels', strings(object.metadata.labels));
  checkAnnotations(report);
}

function checkNames(report: Report, { name, generateName, namespace }: Readonly<Record<string, unknown>>): void {
  if (name === undefined && generateName === undefined) {
    report.error('AI0008', 'metadata.name', { rule: 'an object has a name', mend: 'Give `metadata.name`' });
  } else if (name !== undefined && (typeof name !== 'string' || name.length > LONGEST_NAME || !NAME.test(name))) {
    report.error('AI0008', 'metadata.name', { value: name, rule: 'names are lower-case letters, digits, dashes and dots', mend: 'Rename the object' });
  }
  // The API server reads both nothing and an empty text as no namespace.
  if (namespace !== undefined && namespace !== null && namespace !== '' && (typeof namespace !== 'string' || !NAMESPACE.test(namespace))) {
    report.error('AI0008', 'metadata.namespace', { value: namespace, rule: 'a namespace is lower-case letters, digits and dashes', mend: 'Correct the namespace' });
  }
}

function checkAnnotations(report: Report): void {
  const { object } = report;
  const annotations = object.metadata.annotations ?? {};
  for (const name of RESERVED.filter((reserved) => annotations[reserved] !== undefined)) {
    report.error('AI0009', child('metadata.annotations', name), { value: annotations[name], rule: 'this annotation is istiod’s own', mend: 'Drop it' });
  }
  const dryRun = annotations[DRY_RUN];
  if (dryRun === undefined) {
    return;
  }
  const action = (object.spec as { action?: string } | undefined)?.action ?? 'ALLOW';
  const rule =
    object.kind !== 'AuthorizationPolicy' || !['ALLOW', 'DENY'].includes(action)
      ? 'only an ALLOW or DENY policy can be tried out'
      : BOOLEANS.includes(dryRun)
        ? undefined
        : 'this is true or false';
  if (rule) {
    report.error('AI0009', child('metadata.annotations', DRY_RUN), { value: dryRun, rule, mend: 'Drop the annotation, or write "true"', see: `${DOCS}/annotations/` });
  }
}

function strings(labels: object | undefined): Record<string, string> {
  return Object.fromEntries(Object.entries(labels ?? {}).filter(([, value]) => typeof value === 'string')) as Record<string, string>;
}
