/** A Kubernetes object as the API server takes it. */
export interface KubernetesObjectData {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly [key: string]: unknown;
  };
  readonly [key: string]: unknown;
}

/** Tells objects apart: API group, kind, namespace, name; a new version of the same group is the same object. */
export function objectKey(object: KubernetesObjectData): string {
  const group = object.apiVersion.includes('/') ? object.apiVersion.split('/')[0] : '';
  return [group, object.kind, object.metadata.namespace ?? '', object.metadata.name].join('|');
}

/** `VirtualService reviews`: what people call it. */
export function objectTitle(object: KubernetesObjectData): string {
  return `${object.kind} ${object.metadata.name}`;
}

/** `VirtualService bookinfo/reviews`: what tells it apart. */
export function qualifiedTitle(object: KubernetesObjectData): string {
  return `${object.kind} ${object.metadata.namespace ? `${object.metadata.namespace}/` : ''}${object.metadata.name}`;
}

/** The least that names an object to kubectl. */
export function referenceTo({ apiVersion, kind, metadata }: KubernetesObjectData): KubernetesObjectData {
  return { apiVersion, kind, metadata: { name: metadata.name, namespace: metadata.namespace } };
}

/** Whether a value is an object as the API server takes it. */
export function isKubernetesObject(value: unknown): value is KubernetesObjectData {
  const object = value as Partial<KubernetesObjectData> | null;
  return typeof object === 'object' && object !== null && typeof object.apiVersion === 'string' && typeof object.kind === 'string' && typeof object.metadata?.name === 'string';
}

/** Whether a value is a plain JSON object. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
