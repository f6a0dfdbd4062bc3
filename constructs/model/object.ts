/** Where an object came from, for messages about it. */
export interface Origin {
  /** Path of the construct that made it. */
  readonly constructPath?: string;
  /** File it was read from. */
  readonly file?: string;
  /** Line in that file, counted from 1. */
  readonly line?: number;
}

/** A Kubernetes object, as it would be sent to the API server. */
export interface ModelObject<Spec = Record<string, unknown>> {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    /** @default 'default' for namespaced kinds */
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec?: Spec;
  readonly origin?: Origin;
}

/** A Kubernetes object whatever its kind. */
export type AnyObject = ModelObject<unknown>;

/** API group of an object: `networking.istio.io` of `networking.istio.io/v1`, empty for the core group. */
export function groupOf(object: Pick<ModelObject, 'apiVersion'>): string {
  const slash = object.apiVersion.indexOf('/');
  return slash < 0 ? '' : object.apiVersion.slice(0, slash);
}

/** Namespace that an object lives in. */
export function namespaceOf(object: AnyObject): string {
  return object.metadata.namespace ?? 'default';
}

/** How a message names an object: its construct, its file and line, or itself. */
export function placeOf(object: AnyObject): string {
  const name = `${object.kind} ${namespaceOf(object)}/${object.metadata.name}`;
  const { constructPath, file, line } = object.origin ?? {};
  if (constructPath) {
    return `${constructPath} (${name})`;
  }
  if (file) {
    return `${file}${line === undefined ? '' : `:${line}`} (${name})`;
  }
  return name;
}
