/** A named port of a Service. */
export interface ServicePort {
  /** Port name with its protocol prefix, as Istio selects protocols by it. @see https://istio.io/latest/docs/ops/configuration/traffic-management/protocol-selection/ */
  readonly name: string;
  /** Port of the Service. */
  readonly port: number;
  /** Port of the pods. @default `port` */
  readonly targetPort?: number;
}

/** Pods that run as one identity. */
export interface IWorkload {
  /** Name of the workload, or of its Service. */
  readonly name: string;
  /** Namespace of the pods. */
  readonly namespace: string;
  /** Labels that select the pods. */
  readonly labels: Readonly<Record<string, string>>;
  /** Kubernetes ServiceAccount that the pods run as. */
  readonly serviceAccountName: string;
}

/** One version of a Service: the pods that a subset selects. */
export interface ServiceVersion {
  /** Subset name, such as `v1`. */
  readonly name: string;
  /** Labels, beyond the Service's own selector, that set this version apart. */
  readonly labels: Readonly<Record<string, string>>;
}

/**
 * A Kubernetes Service with its versions and the identity its pods run as: what routes point at and policies are written for.
 * Every member is known at synth, so it can be handed to another stack.
 */
export interface IService extends IWorkload {
  /** Ports of the Service. */
  readonly ports: readonly ServicePort[];
  /** Versions of its pods. */
  readonly versions: readonly ServiceVersion[];
}

/** Host name of a Service inside the mesh: `reviews.bookinfo.svc.cluster.local`. */
export function serviceHost(service: Pick<IService, 'name' | 'namespace'>, clusterDomain = 'cluster.local'): string {
  return `${service.name}.${service.namespace}.svc.${clusterDomain}`;
}

/** What `existingService` needs to describe a Service that exists already. */
export interface ServiceReference {
  /** Name of the Service. */
  readonly name: string;
  /** Namespace of the Service. */
  readonly namespace: string;
  /** Ports of the Service. */
  readonly ports: readonly ServicePort[];
  /** Labels of its pods. @default { app: name } */
  readonly labels?: Readonly<Record<string, string>>;
  /** ServiceAccount of its pods. @default 'default' */
  readonly serviceAccountName?: string;
  /** Subset names, told apart by the label `version`, or the versions themselves. @default none */
  readonly versions?: readonly (string | ServiceVersion)[];
}

/** Describes a Service that exists already, or that another stack creates. */
export function existingService(reference: ServiceReference): IService {
  return {
    name: reference.name,
    namespace: reference.namespace,
    ports: reference.ports,
    labels: reference.labels ?? { app: reference.name },
    serviceAccountName: reference.serviceAccountName ?? 'default',
    versions: (reference.versions ?? []).map((version) =>
      typeof version === 'string' ? { name: version, labels: { version } } : version,
    ),
  };
}
