import { INT_OR_STRING, IRREGULAR_NAMES, LIST_BLOCKS, NUMBERS, OCTAL, SERVER_METADATA, TERRAFORM_MEMBERS, TYPED_KINDS, VERBATIM_MAPS } from './tables';
import { isKubernetesObject, isRecord, KubernetesObjectData } from './object-data';

/** Whether a Terraform resource stands for one Kubernetes object that this program can write itself. */
export function isObjectResource(type: string): boolean {
  return type === 'kubernetes_manifest' || type in TYPED_KINDS;
}

/**
 * Turns a Terraform resource into the Kubernetes object that its provider would write: `snake_case` members, singular blocks and numbers as
 * text on one side, the API's own shape on the other. Reads the synthesised configuration and Terraform's plans and states alike.
 * @param type Terraform resource type
 * @param body the resource's arguments or attributes
 * @returns nothing where the type is not known, or the attributes do not make an object
 */
export function toKubernetesObject(type: string, body: Readonly<Record<string, unknown>>): KubernetesObjectData | undefined {
  if (type === 'kubernetes_manifest') {
    return isKubernetesObject(body.manifest) ? body.manifest : undefined;
  }
  const kind = TYPED_KINDS[type];
  if (!kind) {
    return undefined;
  }
  const { metadata, ...rest } = Object.fromEntries(Object.entries(body).filter(([name]) => !TERRAFORM_MEMBERS.has(name)));
  const members = convertMembers(rest, '');
  const object = { ...kind, metadata: metadataOf(metadata), ...(kind.kind === 'Secret' ? encoded(members) : members) };
  return isKubernetesObject(object) ? object : undefined;
}

/** A Secret's values, which Terraform takes as plain text and the API in Base64; its binary ones are so already. */
function encoded({ data, binaryData, ...members }: Record<string, unknown>): Record<string, unknown> {
  const texts = Object.entries((data ?? {}) as Record<string, unknown>).map(([name, value]) => [name, Buffer.from(String(value)).toString('base64')] as const);
  return { ...members, data: { ...Object.fromEntries(texts), ...((binaryData ?? {}) as Record<string, unknown>) } };
}

/** Name of a Terraform member in the Kubernetes API. */
export function apiName(name: string): string {
  return IRREGULAR_NAMES[name] ?? name.replace(/_([a-z0-9])/g, (_match, letter: string) => letter.toUpperCase());
}

function metadataOf(value: unknown): Record<string, unknown> {
  const metadata = Array.isArray(value) ? (value as unknown[])[0] : value;
  if (!isRecord(metadata)) {
    return {};
  }
  return Object.fromEntries(Object.entries(metadata).filter(([name, member]) => !SERVER_METADATA.has(name) && !isAbsent(member)));
}

function convertMembers(members: Readonly<Record<string, unknown>>, parent: string): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(members)
      .filter(([, value]) => !isAbsent(value))
      .map(([name, value]) => convertMember(name, value, parent)),
  );
}

function convertMember(name: string, value: unknown, parent: string): [string, unknown] {
  if (VERBATIM_MAPS.has(name) && isRecord(value)) {
    return [apiName(name), value];
  }
  const list = listName(name, parent);
  if (Array.isArray(value)) {
    const items = value as unknown[];
    if (list !== undefined) {
      return [list, items.map((item) => convertValue(item, name))];
    }
    // Plans and states write a block that occurs once as a list of one; an empty block is null there.
    return items.length === 1 && (isRecord(items[0]) || items[0] === null)
      ? [apiName(name), convertValue(items[0] ?? {}, name)]
      : [apiName(name), items.map((item) => convertValue(item, name))];
  }
  if (isRecord(value)) {
    return list === undefined ? [apiName(name), convertMembers(value, name)] : [list, [convertMembers(value, name)]];
  }
  return [apiName(name), convertScalar(name, value)];
}

function convertValue(value: unknown, name: string): unknown {
  if (isRecord(value)) {
    return convertMembers(value, name);
  }
  return value === null ? {} : convertScalar(name, value);
}

function listName(name: string, parent: string): string | undefined {
  if (name === 'required_during_scheduling_ignored_during_execution') {
    return parent === 'pod_affinity' || parent === 'pod_anti_affinity' ? apiName(name) : undefined;
  }
  return LIST_BLOCKS[name];
}

function convertScalar(name: string, value: unknown): unknown {
  if (typeof value !== 'string') {
    return value;
  }
  if (OCTAL.has(name)) {
    return /^0?[0-7]+$/.test(value) ? parseInt(value, 8) : value;
  }
  return (NUMBERS.has(name) || INT_OR_STRING.has(name)) && /^\d+$/.test(value) ? Number(value) : value;
}

/** Null and the empty list both say in a plan or a state that nothing was given. */
function isAbsent(value: unknown): boolean {
  return value === null || value === undefined || (Array.isArray(value) && value.length === 0);
}
