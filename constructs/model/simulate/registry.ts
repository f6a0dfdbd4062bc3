import type { ServiceEntrySpec, WorkloadEntrySpec } from '../../istio/generated';
import type { MeshModel, ModelPort, ModelWorkload } from '../mesh-model';
import { AnyObject, ModelObject, namespaceOf } from '../object';
import { isWildcard, mostSpecific } from './hosts';
import { replicasOf } from './pods';

/** A port of a host that the mesh knows. */
export interface RegistryPort {
  readonly number: number;
  /** Port of the pods. */
  readonly target: number | string;
  /** `auto` where the proxies look at the bytes. */
  readonly protocol: 'http' | 'tcp' | 'auto';
  /** Whether clients start TLS themselves, so that the name in the handshake tells hosts apart. */
  readonly tls: boolean;
}

/** A host that the mesh knows: a Kubernetes Service or a host of a ServiceEntry. */
export interface RegistryService {
  readonly host: string;
  readonly name: string;
  readonly namespace: string;
  readonly ports: readonly RegistryPort[];
  /** Whether it lies outside the mesh, so that no mutual TLS is tried. */
  readonly external: boolean;
  /** Namespaces that see it; `*` means all. */
  readonly exportTo: readonly string[];
  readonly selector?: Readonly<Record<string, string>>;
  /** Whether it has no address of its own: clients call one of its pods. @default false */
  readonly headless?: boolean;
  /** Addresses that a ServiceEntry lists; nothing where pods are selected, and where the called address itself is used. */
  readonly listed?: readonly ModelWorkload[];
  readonly object: AnyObject;
}

const HTTP = new Set(['http', 'http2', 'grpc', 'grpc-web', 'http_proxy']);
const TLS = new Set(['tls', 'https']);
const TCP = new Set(['tcp', 'tls', 'https', 'mongo', 'redis', 'mysql']);
// Ports of server-first protocols, which cannot be told from their bytes.
const SERVER_FIRST = new Set([25, 53, 3306, 27017]);

/** First part of the name that says what a port speaks. */
function protocolWord(port: Pick<ModelPort, 'name' | 'number' | 'appProtocol'>): string {
  const known: Record<string, string> = { 'kubernetes.io/h2c': 'http2', 'kubernetes.io/ws': 'http', 'kubernetes.io/wss': 'https' };
  const full = (port.appProtocol ? (known[port.appProtocol] ?? port.appProtocol) : (port.name ?? '')).toLowerCase();
  return full.startsWith('grpc-web') ? 'grpc-web' : full.split('-')[0];
}

/** Protocol of a Service's port, by its appProtocol or else the first part of its name. */
export function portProtocol(port: Pick<ModelPort, 'name' | 'number' | 'appProtocol'>): RegistryPort['protocol'] {
  const word = protocolWord(port);
  if (HTTP.has(word)) {
    return 'http';
  }
  return TCP.has(word) || SERVER_FIRST.has(port.number) ? 'tcp' : 'auto';
}

const registries = new WeakMap<MeshModel, Registry>();

/** Every host that a model's mesh knows. */
export class Registry {
  static of(model: MeshModel): Registry {
    const known = registries.get(model) ?? new Registry(model);
    registries.set(model, known);
    return known;
  }

  readonly services: readonly RegistryService[];
  private readonly byHost = new Map<string, RegistryService[]>();
  private entries: readonly ModelWorkload[] | undefined;

  private constructor(private readonly model: MeshModel) {
    const known = [...model.services.map((service) => this.fromService(service)), ...this.fromServiceEntries()];
    this.services = [...known, ...this.fromMesh(known)];
    for (const service of this.services) {
      this.byHost.set(service.host, [...(this.byHost.get(service.host) ?? []), service]);
    }
  }

  /** The service of a host as a namespace sees it; a wildcard host of a ServiceEntry answers for what it covers. */
  find(host: string, namespace: string): RegistryService | undefined {
    const visible = (candidates: readonly RegistryService[] | undefined): RegistryService | undefined => {
      const seen = (candidates ?? []).filter((service) => isVisible(service.exportTo, service.namespace, namespace));
      return seen.find((service) => service.namespace === namespace) ?? seen[0];
    };
    const exact = visible(this.byHost.get(host));
    if (exact) {
      return exact;
    }
    const wildcard = mostSpecific(host, [...this.byHost.keys()].filter(isWildcard));
    return wildcard === undefined ? undefined : visible(this.byHost.get(wildcard));
  }

  /** The service of exactly this host, as destinations name it. */
  named(host: string, namespace: string): RegistryService | undefined {
    const service = this.find(host, namespace);
    return service?.host === host ? service : undefined;
  }

  /** Workloads behind a service; `undefined` where the model does not know them, which is not the same as none. */
  endpoints(service: RegistryService, labels: Readonly<Record<string, string>> = {}): readonly ModelWorkload[] | undefined {
    const wanted = Object.entries({ ...service.selector, ...labels });
    const fits = (workload: ModelWorkload): boolean => wanted.every(([label, value]) => workload.labels[label] === value);
    if (service.listed) {
      return service.listed.filter((workload) => fits(workload) && replicasOf(workload) > 0);
    }
    if (service.selector === undefined) {
      return undefined;
    }
    const entries = this.workloadEntries().filter((entry) => entry.namespace === service.namespace && fits(entry));
    const selected = [...this.model.selected({ ...service.selector, ...labels }, service.namespace), ...entries];
    if (selected.length === 0 && !this.model.workloads.some((workload) => workload.namespace === service.namespace)) {
      return undefined;
    }
    return selected.filter((workload) => replicasOf(workload) > 0);
  }

  private fromService(service: MeshModel['services'][number]): RegistryService {
    const exportTo = service.object.metadata.annotations?.['networking.istio.io/exportTo'];
    const spec = (service.object.spec ?? {}) as { type?: string; clusterIP?: string };
    return {
      host: service.host,
      name: service.name,
      namespace: service.namespace,
      ports: service.ports.map((port) => ({
        number: port.number,
        target: port.targetPort ?? port.number,
        protocol: portProtocol(port),
        tls: TLS.has(protocolWord(port)),
      })),
      external: spec.type === 'ExternalName',
      headless: spec.clusterIP === 'None',
      exportTo: exportTo?.split(',').map((namespace) => namespace.trim()) ?? ['*'],
      selector: Object.keys(service.selector).length > 0 ? service.selector : undefined,
      object: service.object,
    };
  }

  private fromServiceEntries(): RegistryService[] {
    return this.model.ofKind<ServiceEntrySpec>('networking.istio.io', 'ServiceEntry').flatMap((object) => {
      const { spec } = object;
      return (spec?.hosts ?? []).map((host) => ({
        host: host.toLowerCase(),
        name: host,
        namespace: namespaceOf(object),
        ports: (spec?.ports ?? []).map((port) => ({
          number: port.number,
          target: port.targetPort ?? port.number,
          protocol: portProtocol({ name: port.protocol ?? port.name, number: port.number }),
          tls: TLS.has(protocolWord({ name: port.protocol ?? port.name, number: port.number })),
        })),
        external: spec?.location !== 'MESH_INTERNAL',
        exportTo: spec?.exportTo ?? ['*'],
        selector: spec?.workloadSelector?.labels,
        listed: spec?.workloadSelector || spec?.resolution === undefined || spec.resolution === 'NONE' ? undefined : listedOf(object, host),
        object: object,
      }));
    });
  }

  /** Gateways of the mesh whose Services no object of the model describes. */
  private fromMesh(known: readonly RegistryService[]): RegistryService[] {
    return (this.model.context.gateways ?? []).flatMap(({ serviceName, namespace, ports, labels, serviceAccountName }): RegistryService[] => {
      const host = `${serviceName}.${namespace}.svc.${this.model.clusterDomain}`;
      if (serviceName === undefined || known.some((service) => service.host === host)) {
        return [];
      }
      const object: ModelObject = { apiVersion: 'v1', kind: 'Service', metadata: { name: serviceName, namespace }, spec: {} };
      const pods = { name: serviceName, namespace, labels, annotations: {}, serviceAccountName, object };
      // The charts call port 443 https, and all others by HTTP.
      const opened = (ports ?? []).map((number) => ({ number, target: number, protocol: number === 443 ? ('tcp' as const) : ('http' as const), tls: number === 443 }));
      return [{ host, name: serviceName, namespace, ports: opened, external: false, exportTo: ['*'], selector: labels, listed: [pods], object }];
    });
  }

  private workloadEntries(): readonly ModelWorkload[] {
    this.entries ??= this.model
      .ofKind<WorkloadEntrySpec>('networking.istio.io', 'WorkloadEntry')
      .map((object) => toEndpoint(object.metadata.name, namespaceOf(object), object.spec ?? {}, object));
    return this.entries;
  }
}

/** Addresses that a ServiceEntry lists; the host itself where DNS finds them. */
function listedOf(object: ModelObject<ServiceEntrySpec>, host: string): ModelWorkload[] {
  const endpoints = object.spec?.endpoints ?? [];
  const found = endpoints.map((endpoint, index) => toEndpoint(endpoint.address ?? `${host}-${index}`, namespaceOf(object), endpoint, object));
  return found.length > 0 || object.spec?.resolution === 'STATIC' ? found : [toEndpoint(host, namespaceOf(object), {}, object)];
}

/** An address outside the cluster as a workload: one with a service account has a proxy. */
function toEndpoint(name: string, namespace: string, endpoint: WorkloadEntrySpec, object: AnyObject): ModelWorkload {
  const { labels = {}, serviceAccount, weight } = endpoint;
  const injected = labels['security.istio.io/tlsMode'] === 'istio' || (serviceAccount !== undefined && serviceAccount !== '');
  return {
    name,
    namespace,
    labels,
    annotations: { 'sidecar.istio.io/inject': String(injected) },
    serviceAccountName: serviceAccount ?? 'default',
    object: { ...object, spec: { replicas: weight ?? 1, ports: endpoint.ports } } as ModelObject,
  };
}

/** Whether something with this `exportTo`, made in a namespace, is seen from another. */
export function isVisible(exportTo: readonly string[] | undefined, owner: string, viewer: string): boolean {
  if (exportTo === undefined || exportTo.length === 0 || exportTo.includes('*')) {
    return true;
  }
  return !exportTo.includes('~') && exportTo.some((namespace) => (namespace === '.' ? owner : namespace) === viewer);
}
