import { parse } from 'yaml';
import { toKubernetesObject } from '../../constructs/kubernetes/conversion/conversion';
import { Change, diffFields, diffObjects } from './differ';
import { rawObjects } from './desired-release';
import { isRecord, KubernetesObjectData } from '../../constructs/kubernetes/conversion/object-data';
import { unescapeTemplate } from '../../constructs/kubernetes/conversion/references';

type Values = Readonly<Record<string, unknown>>;

interface ResourceChange {
  readonly address: string;
  readonly mode?: string;
  readonly type: string;
  readonly name: string;
  readonly change: {
    readonly actions: readonly string[];
    readonly before?: Values | null;
    readonly after?: Values | null;
    readonly after_unknown?: unknown;
    readonly importing?: unknown;
  };
}

/** What `terraform show -json` prints of a plan, as far as it is read here. @see https://developer.hashicorp.com/terraform/internals/json-format#plan-representation */
export interface TerraformPlan {
  readonly resource_changes?: readonly ResourceChange[];
}

/** Members of a helm_release that Helm reports back; people read the others. */
const REPORTED_BY_HELM: ReadonlySet<string> = new Set(['metadata', 'values', 'status', 'manifest', 'resources', 'id']);

/** Turns Terraform's plan into what changes in the user's terms: Kubernetes objects by their fields, everything else by its arguments. */
export function planChanges(plan: TerraformPlan): Change[] {
  return (plan.resource_changes ?? []).filter((resource) => resource.mode !== 'data').flatMap(resourceChanges);
}

function resourceChanges(resource: ResourceChange): Change[] {
  const { actions, importing } = resource.change;
  const isQuiet = actions.every((action) => action === 'no-op' || action === 'read');
  if (isQuiet && importing === undefined) {
    return [];
  }
  const before = resource.change.before ?? undefined;
  const after = resource.change.after ?? undefined;
  if (isQuiet) {
    return [{ action: 'update', title: titleOf(resource), details: ['adopted into the state'] }];
  }
  const action = actionOf(actions);
  const [old, wanted] = [objectsOf(resource.type, before), objectsOf(resource.type, after)];
  if ((old ?? wanted) && (before === undefined || old) && (after === undefined || wanted)) {
    const changes = diffObjects(old ?? [], wanted ?? []).map((change) => (action === 'replace' && change.action === 'update' ? { ...change, action } : change));
    if (changes.length > 0) {
      return changes;
    }
  }
  return [{ action, title: titleOf(resource), details: action === 'create' || action === 'delete' ? creationDetails(resource.type, after) : argumentDetails(resource, before, after) }];
}

/** Kubernetes objects that a resource stands for. */
function objectsOf(type: string, values: Values | undefined): KubernetesObjectData[] | undefined {
  if (!values) {
    return undefined;
  }
  if (type === 'helm_release') {
    return rawObjects(releaseValues(values));
  }
  const object = toKubernetesObject(type, values);
  return object ? [object] : undefined;
}

function releaseValues(values: Values): Record<string, unknown> {
  const texts = Array.isArray(values.values) ? (values.values as unknown[]).filter((text): text is string => typeof text === 'string') : [];
  const documents = texts.map((text) => parse(unescapeTemplate(text)) as unknown).filter(isRecord);
  return Object.assign({}, ...documents) as Record<string, unknown>;
}

function argumentDetails(resource: ResourceChange, before: Values = {}, after: Values = {}): string[] {
  if (resource.type !== 'helm_release') {
    const unknown = isRecord(resource.change.after_unknown) ? resource.change.after_unknown : {};
    const known = (values: Values): unknown => Object.fromEntries(Object.entries(values).filter(([name]) => unknown[name] !== true));
    return diffFields(known(before), known(after));
  }
  const own = (values: Values): unknown => ({
    ...Object.fromEntries(Object.entries(values).filter(([name]) => !REPORTED_BY_HELM.has(name))),
    values: releaseValues(values),
  });
  return diffFields(own(before), own(after));
}

function creationDetails(type: string, after: Values | undefined): string[] {
  const chart = typeof after?.chart === 'string' ? after.chart.split('/').at(-1) : undefined;
  const version = typeof after?.version === 'string' ? ` ${after.version}` : '';
  return type === 'helm_release' && chart ? [`chart ${chart}${version}`] : [];
}

function titleOf(resource: ResourceChange): string {
  const values = resource.change.after ?? resource.change.before ?? {};
  const name = typeof values.name === 'string' ? values.name : resource.name;
  return resource.type === 'helm_release' ? `Helm release ${name}` : `${resource.type} ${name}`;
}

function actionOf(actions: readonly string[]): Change['action'] {
  if (actions.includes('create') && actions.includes('delete')) {
    return 'replace';
  }
  return actions.includes('create') ? 'create' : actions.includes('delete') ? 'delete' : 'update';
}
