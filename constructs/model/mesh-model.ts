import { qualifiedHost } from '../traffic/host';
import { groupOf, ModelObject, namespaceOf } from './object';

/** What a model needs to know of the mesh that its objects live in. */
export interface MeshContext {
  /** Namespace whose Istio objects apply to the whole mesh. @default 'istio-system' */
  readonly rootNamespace?: string;
  /** @default 'cluster.local' */
  readonly trustDomain?: string;
  /** @default 'cluster.local' */
  readonly clusterDomain?: string;
  /** Istio version whose rules apply. @default the version that the schemas were generated from */
  readonly istioVersion?: string;
  /** Labels that put a namespace into the mesh. @default any label of Istio's */
  readonly injectionLabels?: Readonly<Record<string, string>>;
  /** Channel of the Gateway API in the cluster; the experimental one comes with what istiod has on trial. @default unknown */
  readonly gatewayApiChannel?: 'standard' | 'experimental';
  /** What happens to hosts that the mesh does not know. @default 'ALLOW_ANY' */
  readonly outboundTrafficPolicy?: 'ALLOW_ANY' | 'REGISTRY_ONLY';
  /**
   * What MeshConfig's `pathNormalization` has proxies do to a path before they look at it.
   * @default 'BASE': dot segments, backslashes, and escapes that say no more than the character
   * @see https://istio.io/latest/docs/reference/config/istio.mesh.v1alpha1/#MeshConfig-ProxyPathNormalization-NormalizationType
   */
  readonly pathNormalization?: PathNormalization;
  /** Names of MeshConfig's extension providers. @default unknown: every name is taken to be one */
  readonly extensionProviders?: readonly string[];
  /** Pods of the mesh's gateways, which are seldom among an application's objects. @default what the selectors of Gateway objects tell */
  readonly gateways?: readonly ModelGateway[];
}

/** MeshConfig's `pathNormalization.normalization`. */
export type PathNormalization = 'DEFAULT' | 'NONE' | 'BASE' | 'MERGE_SLASHES' | 'DECODE_AND_MERGE_SLASHES';

/** Pods of a gateway that the mesh offers. */
export interface ModelGateway {
  /** What it is for; of several gateways, a request that names none comes in by the mesh's ingress. @default unknown */
  readonly role?: 'ingress' | 'internalIngress' | 'egress' | 'eastWest';
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly serviceAccountName: string;
  /** Service before the pods. @default unknown: nobody in the mesh can call it */
  readonly serviceName?: string;
  /** Ports of that Service. @default none */
  readonly ports?: readonly number[];
}

/** A port of a Service of the model. */
export interface ModelPort {
  readonly name?: string;
  readonly number: number;
  readonly targetPort?: number | string;
  readonly protocol?: string;
  readonly appProtocol?: string;
}

/** A Service of the model: a Kubernetes Service. */
export interface ModelService {
  readonly name: string;
  readonly namespace: string;
  /** Fully qualified host. */
  readonly host: string;
  readonly ports: readonly ModelPort[];
  readonly selector: Readonly<Record<string, string>>;
  readonly object: ModelObject;
}

/** Pods of the model: the template of a Deployment, StatefulSet, CronJob and the like, of whatever kind, or a bare Pod. */
export interface ModelWorkload {
  readonly name: string;
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly serviceAccountName: string;
  readonly object: ModelObject;
}

interface PodTemplate {
  metadata?: { labels?: Record<string, string>; annotations?: Record<string, string> };
  spec?: { serviceAccountName?: string; containers?: unknown };
}

const TEMPLATED = new Set(['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet', 'Job']);

/**
 * All that is known of an application on a mesh: services, workloads, and every Istio object. Analysis, simulation and the
 * picture read this and nothing else.
 */
export class MeshModel {
  readonly rootNamespace: string;
  readonly trustDomain: string;
  readonly clusterDomain: string;
  readonly services: readonly ModelService[];
  readonly workloads: readonly ModelWorkload[];
  private readonly byKind = new Map<string, ModelObject[]>();
  private readonly byHost = new Map<string, ModelService>();

  constructor(
    readonly objects: readonly ModelObject[],
    readonly context: MeshContext = {},
  ) {
    this.rootNamespace = context.rootNamespace ?? 'istio-system';
    this.trustDomain = context.trustDomain ?? 'cluster.local';
    this.clusterDomain = context.clusterDomain ?? 'cluster.local';
    for (const object of objects) {
      const key = `${groupOf(object)}/${object.kind}`;
      const known = this.byKind.get(key);
      if (known) {
        known.push(object);
      } else {
        this.byKind.set(key, [object]);
      }
    }
    this.services = this.ofKind('', 'Service').map((object) => this.toService(object));
    this.services.forEach((service) => this.byHost.set(service.host, service));
    this.workloads = objects.flatMap((object) => toWorkload(object));
  }

  /** Objects of a kind; the group is empty for the core kinds. */
  ofKind<Spec = Record<string, unknown>>(group: string, kind: string): readonly ModelObject<Spec>[] {
    return (this.byKind.get(`${group}/${kind}`) ?? []) as unknown as readonly ModelObject<Spec>[];
  }

  /**
   * Full host that a name in an Istio object means: short names belong to the namespace of the object that holds them.
   * @see https://istio.io/latest/docs/reference/config/networking/virtual-service/#VirtualService
   */
  resolveHost(host: string, namespace: string): string {
    return qualifiedHost(host, namespace, this.clusterDomain);
  }

  /** The Service that a host means, seen from a namespace; nothing where the mesh has none. */
  service(host: string, namespace: string): ModelService | undefined {
    const suffix = `.svc.${this.clusterDomain}`;
    const full = this.resolveHost(host, namespace);
    // `reviews.bookinfo` and `reviews.bookinfo.svc` are names of a Service for clients, though not for Istio objects.
    return this.byHost.get(full) ?? this.byHost.get(full.endsWith('.svc') ? full + suffix.slice(4) : full + suffix);
  }

  /** Workloads that a selector chooses in a namespace; an empty selector chooses all of them. */
  selected(selector: Readonly<Record<string, string>>, namespace: string): readonly ModelWorkload[] {
    const wanted = Object.entries(selector);
    return this.workloads.filter(
      (workload) => workload.namespace === namespace && wanted.every(([label, value]) => workload.labels[label] === value),
    );
  }

  private toService(object: ModelObject): ModelService {
    const spec = (object.spec ?? {}) as { ports?: Record<string, unknown>[]; selector?: Record<string, string> };
    const namespace = namespaceOf(object);
    return {
      name: object.metadata.name,
      namespace,
      host: `${object.metadata.name}.${namespace}.svc.${this.clusterDomain}`,
      selector: spec.selector ?? {},
      ports: (spec.ports ?? []).map((port) => ({
        name: port.name as string | undefined,
        number: port.port as number,
        targetPort: port.targetPort as number | string | undefined,
        protocol: port.protocol as string | undefined,
        appProtocol: port.appProtocol as string | undefined,
      })),
      object,
    };
  }
}

function toWorkload(object: ModelObject): ModelWorkload[] {
  const template = templateOf(object);
  if (!template) {
    return [];
  }
  return [
    {
      name: object.metadata.name,
      namespace: namespaceOf(object),
      labels: template.metadata?.labels ?? {},
      annotations: template.metadata?.annotations ?? {},
      serviceAccountName: template.spec?.serviceAccountName ?? 'default',
      object,
    },
  ];
}

/** The pods of an object: kinds of other controllers, such as a Rollout, are told by their template. */
function templateOf(object: ModelObject): PodTemplate | undefined {
  if (object.kind === 'Pod' && groupOf(object) === '') {
    return object as unknown as PodTemplate;
  }
  const spec = object.spec as { template?: PodTemplate; jobTemplate?: { spec?: { template?: PodTemplate } } } | undefined;
  if (object.kind === 'CronJob') {
    return spec?.jobTemplate?.spec?.template;
  }
  const template = spec?.template;
  return TEMPLATED.has(object.kind) || (template?.metadata?.labels && Array.isArray(template.spec?.containers)) ? template : undefined;
}
