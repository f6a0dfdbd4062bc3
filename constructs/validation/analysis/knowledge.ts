import type { MeshModel } from '../../model/mesh-model';
import { groupOf, ModelObject, namespaceOf } from '../../model/object';
import type { Severity } from '../istio/finding';
import type { Labels } from './scope';

/** Labels of pods that istiod makes for a Gateway of the Gateway API: they are never among the input. */
export const GATEWAY_NAME = 'gateway.networking.k8s.io/gateway-name';
/** Hosts of services in several clusters: who offers them, no single cluster tells. */
const CLUSTER_SET = /\.svc\.clusterset\.local$/;
const SYSTEM = /^(?:default|kube-.+)$/;
const VIRTUAL = ['networking.istio.io/WorkloadEntry', 'networking.istio.io/WorkloadGroup'];
const SECRETS = ['Secret', 'Certificate', 'ExternalSecret', 'SealedSecret', 'SecretProviderClass'];

interface Maker {
  readonly secretName?: string;
  readonly target?: { readonly name?: string };
  readonly template?: { readonly metadata?: { readonly name?: string } };
  readonly secretObjects?: readonly { readonly secretName?: string }[];
}

/**
 * What of the cluster the objects are: all of it, or a part, of which the rest is unseen. Of a part, only what lies beside others of its kind
 * in a namespace is called missing.
 */
export class Knowledge {
  private readonly places: ReadonlySet<string>;
  private readonly inUse: ReadonlySet<string>;
  /** Namespaces all of whose workloads are pods. */
  private readonly working: ReadonlySet<string>;
  /** Namespaces that are there: declared, in use, or there in any cluster. */
  private readonly namespaces: ReadonlySet<string>;
  /** `namespace/name` of Secrets, and of those that other objects have a controller make. */
  readonly secrets: ReadonlySet<string>;

  constructor(
    private readonly model: MeshModel,
    readonly whole: boolean,
  ) {
    this.places = new Set(model.objects.flatMap((object) => [placeOf(object), `${kindOf(object)} *`]));
    const declared = model.ofKind('', 'Namespace').map(({ metadata }) => metadata.name);
    const ofGateways = (model.context.gateways ?? []).map(({ namespace }) => namespace);
    const used = [...model.objects.flatMap(({ metadata }) => metadata.namespace ?? []), ...ofGateways];
    this.namespaces = new Set(declared.length > 0 ? [...declared, ...used] : []);
    this.inUse = new Set(model.objects.map(namespaceOf));
    const virtual = (namespace: string): boolean => VIRTUAL.some((kind) => this.places.has(`${kind} ${namespace}`));
    this.working = new Set(model.workloads.map(({ namespace }) => namespace).filter((namespace) => !virtual(namespace)));
    this.secrets = new Set(model.objects.filter(({ kind }) => SECRETS.includes(kind)).flatMap(secretsOf));
  }

  /** Whether the objects of a kind in a namespace are among the input. @param kind group and kind: `/Service` */
  holds(kind: string, namespace: string): boolean {
    return this.places.has(`${kind} ${this.whole ? '*' : namespace}`);
  }

  /** Whether anything of a namespace is among the input. */
  holdsAny(namespace: string): boolean {
    return this.whole || this.inUse.has(namespace);
  }

  services(namespace: string): boolean {
    return this.holds('/Service', namespace);
  }

  workloads(namespace: string): boolean {
    return this.whole ? this.model.workloads.length > 0 : this.working.has(namespace);
  }

  /** Whether Secrets of a namespace are among the input. They are often made by hand or by a controller, so none is surely missing in a part. */
  knowsSecrets(namespace: string): boolean {
    return this.whole ? this.secrets.size > 0 : [...this.secrets].some((name) => name.startsWith(`${namespace}/`));
  }

  /** Severity of a finding about an object that is not there; nothing where nobody can know. @param hint something like it is elsewhere */
  missing(severity: Severity, known: boolean, hint = false): Severity | undefined {
    return known ? severity : hint ? 'info' : undefined;
  }

  /** The same for a host that none of the objects offers. @param namespace of the object that names it */
  missingHost(severity: Severity, host: string, namespace: string): Severity | undefined {
    const full = this.model.resolveHost(host, namespace);
    if (this.model.services.length === 0 || CLUSTER_SET.test(full)) {
      return undefined;
    }
    if (this.whole) {
      return severity;
    }
    const suffix = `.svc.${this.model.clusterDomain}`;
    if (full.endsWith(suffix)) {
      const [name = '', owner = ''] = full.slice(0, -suffix.length).split('.');
      return this.missing(severity, name !== '*' && this.services(owner), this.model.services.some((service) => service.name === name));
    }
    // What means a Service to a client, but not to Istio.
    return this.model.service(host, namespace) ? severity : host.includes('*') ? undefined : 'info';
  }

  /** Whether some namespace fits; true, too, where none is known. */
  hasNamespace(fits: (name: string) => boolean): boolean {
    return this.namespaces.size === 0 || [...this.namespaces, 'default', 'kube-system', this.model.rootNamespace].some(fits);
  }

  get namespaceNames(): readonly string[] {
    return [...this.namespaces];
  }
}

/** Whether a namespace is in any cluster. */
export function isOfAnyCluster(namespace: string): boolean {
  return SYSTEM.test(namespace);
}

function kindOf(object: ModelObject): string {
  return `${groupOf(object)}/${object.kind}`;
}

function placeOf(object: ModelObject): string {
  return `${kindOf(object)} ${namespaceOf(object)}`;
}

/** Secrets that an object is, or that a controller makes of it. */
function secretsOf(object: ModelObject): string[] {
  const spec = (object.spec ?? {}) as Maker;
  const named = (name = object.metadata.name): string => `${namespaceOf(object)}/${name}`;
  switch (object.kind) {
    case 'Certificate':
      return [named(spec.secretName)];
    case 'ExternalSecret':
      return [named(spec.target?.name)];
    case 'SealedSecret':
      return [named(spec.template?.metadata?.name)];
    case 'SecretProviderClass':
      return (spec.secretObjects ?? []).map(({ secretName }) => named(secretName));
    default:
      return [named()];
  }
}

/** Whether labels choose pods that istiod makes. */
export function areOfMadeGateways(labels: Labels | undefined): boolean {
  return labels?.[GATEWAY_NAME] !== undefined;
}
