import type { MeshModel, ModelService, ModelWorkload } from '../../model/mesh-model';
import { AnyObject, ModelObject, namespaceOf } from '../../model/object';
import type { ServiceEntrySpec } from '../../istio/generated/service-entry';
import type { VirtualServiceSpec } from '../../istio/generated/virtual-service';
import { Finding, findingOf, Severity, Verdict } from '../istio/finding';
import { hostsOverlap } from '../istio/rules/names';
import { Knowledge } from './knowledge';

export const NETWORKING = 'networking.istio.io';
export const SECURITY = 'security.istio.io';
export const TELEMETRY = 'telemetry.istio.io';
export const EXTENSIONS = 'extensions.istio.io';
export const INJECTION = 'istio-injection';
export const REVISION = 'istio.io/rev';
export const DATAPLANE = 'istio.io/dataplane-mode';
const INJECT = 'sidecar.istio.io/inject';
const AMBIENT = 'ambient';

export type Labels = Readonly<Record<string, string>>;

/** Pods that something selects: of a workload, or of a gateway that the mesh offers. */
export interface Pods {
  readonly namespace: string;
  readonly labels: Labels;
  readonly serviceAccountName: string;
  /** Nothing where the pods are the mesh's own. */
  readonly workload?: ModelWorkload;
}

/** Who offers a host: a Service or a ServiceEntry, and the ports it has there. */
export interface Offer {
  readonly ports: readonly number[];
  readonly service?: ModelService;
  readonly entry?: ModelObject<ServiceEntrySpec>;
}

/** A destination of a VirtualService. */
export interface Target {
  readonly field: string;
  readonly host: string;
  readonly subset?: string;
  readonly port?: number;
  readonly mirrored: boolean;
}

/** What the analyses share: the model, what of the cluster is known, and the findings. */
export class Scope {
  readonly findings: Finding[] = [];
  /** Pods of workloads and of the mesh's gateways. */
  readonly pods: readonly Pods[];
  readonly knowledge: Knowledge;
  private readonly byLabel = new Map<string, Pods[]>();
  private readonly offers: ReadonlyMap<string, Offer>;
  private readonly namespaceLabels: ReadonlyMap<string, Labels>;

  /** @param whole the objects are all that there is in the cluster, rather than a part of it */
  constructor(
    readonly model: MeshModel,
    whole = false,
  ) {
    this.knowledge = new Knowledge(model, whole);
    this.pods = [
      ...model.workloads.map((workload) => ({ ...workload, workload })),
      ...(model.context.gateways ?? []).map(({ namespace, labels, serviceAccountName }) => ({ namespace, labels, serviceAccountName })),
    ];
    for (const pods of this.pods) {
      for (const [key, value] of Object.entries(pods.labels)) {
        const alike = this.byLabel.get(`${key}=${value}`);
        if (alike) {
          alike.push(pods);
        } else {
          this.byLabel.set(`${key}=${value}`, [pods]);
        }
      }
    }
    this.offers = offersOf(model);
    this.namespaceLabels = new Map(model.ofKind('', 'Namespace').map(({ metadata }) => [metadata.name, metadata.labels ?? {}]));
  }

  /** Whether the pods of gateways are among the objects. */
  get knowsGatewayPods(): boolean {
    return this.model.context.gateways !== undefined || this.pods.some(({ labels }) => labels.istio !== undefined);
  }

  add(code: string, severity: Severity, object: AnyObject, field: string, verdict: Verdict): void {
    this.findings.push(findingOf(code, severity, object, field, verdict));
  }

  /** Adds a finding under Istio's own message code. */
  istio(code: string, severity: Severity, object: AnyObject, field: string, verdict: Omit<Verdict, 'see'>): void {
    this.add(code, severity, object, field, { ...verdict, see: `https://istio.io/latest/docs/reference/config/analysis/${code.toLowerCase()}/` });
  }

  /** Pods with certain labels; no labels choose all of them. @param namespace where they have to be; anywhere where it is left out */
  selected(labels: Labels | undefined, namespace?: string): readonly Pods[] {
    const wanted = labels ?? {};
    // The rarest of the labels leaves few pods to look at.
    const [fewest = this.pods] = Object.entries(wanted)
      .map(([key, value]) => this.byLabel.get(`${key}=${value}`) ?? [])
      .sort((a, b) => a.length - b.length);
    return fewest.filter((pods) => (namespace === undefined || pods.namespace === namespace) && carries(pods.labels, wanted));
  }

  labelsOf(namespace: string): Labels | undefined {
    return this.namespaceLabels.get(namespace);
  }

  /** Whether a workload is in the mesh, by a sidecar or in ambient mode; nothing where its namespace is unknown. */
  inMesh(workload: ModelWorkload): boolean | undefined {
    return this.isAmbient(workload) || this.hasSidecar(workload);
  }

  /** Whether a workload gets a sidecar; nothing where its namespace is unknown. */
  hasSidecar(workload: ModelWorkload): boolean | undefined {
    const own = workload.labels[INJECT] ?? workload.annotations[INJECT];
    if (own !== undefined) {
      return own === 'true';
    }
    const labels = this.labelsOf(workload.namespace);
    // A revision on the pods is enough where the namespace says nothing.
    if (workload.labels[REVISION] !== undefined && labels?.[INJECTION] === undefined) {
      return true;
    }
    if (!labels) {
      return undefined;
    }
    return labels[INJECTION] === 'enabled' || (labels[INJECTION] === undefined && labels[REVISION] !== undefined);
  }

  /** Whether a workload joins the mesh without a sidecar. */
  isAmbient(workload: ModelWorkload): boolean {
    return (workload.labels[DATAPLANE] ?? this.labelsOf(workload.namespace)?.[DATAPLANE]) === AMBIENT && this.hasSidecar(workload) !== true;
  }

  /**
   * Who offers a host, seen from a namespace.
   * @param exportTo where the object that names the host is seen
   */
  offerOf(host: string, namespace: string, exportTo: readonly string[] = []): Offer | undefined {
    const full = this.fullHost(host, namespace);
    const scopes = ['*', ...(exportTo.length === 0 ? [namespace] : exportTo.map((entry) => (entry === '.' ? namespace : entry)))];
    for (const scope of scopes) {
      const offer = this.offers.get(`${scope}/${full}`);
      if (offer) {
        return offer;
      }
    }
    // A wildcard means every host that it covers, and one that covers it.
    return [...this.offers].find(([key]) => {
      const [scope, offered] = [key.slice(0, key.indexOf('/')), key.slice(key.indexOf('/') + 1)];
      return (offered.startsWith('*') || full.startsWith('*')) && scopes.includes(scope) && hostsOverlap(offered, full);
    })?.[1];
  }

  /** Short names belong to the namespace of the object that holds them. */
  fullHost(host: string, namespace: string): string {
    return this.model.resolveHost(host, namespace);
  }
}

/** Whether labels contain all of a selector's. */
export function carries(labels: Labels, selector: Labels): boolean {
  return Object.entries(selector).every(([key, value]) => labels[key] === value);
}

export function showLabels(labels: Labels | undefined): string {
  return Object.entries(labels ?? {})
    .map(([key, value]) => `${key}=${value}`)
    .join(',');
}

export function fullName(object: AnyObject): string {
  return `${namespaceOf(object)}/${object.metadata.name}`;
}

/** Groups objects by a key. */
export function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    groups.set(key, [...(groups.get(key) ?? []), item]);
  }
  return groups;
}

/** Everything that a VirtualService sends traffic to. */
export function targetsOf(spec: VirtualServiceSpec | undefined): Target[] {
  const routed = (['tcp', 'tls', 'http'] as const).flatMap((list) =>
    (spec?.[list] ?? []).flatMap((route, index) =>
      (route.route ?? []).map(({ destination }, number) => target(destination, `spec.${list}[${index}].route[${number}].destination`, false)),
    ),
  );
  const mirrors = (spec?.http ?? []).flatMap((route, index) => [
    ...(route.mirror ? [target(route.mirror, `spec.http[${index}].mirror`, true)] : []),
    ...(route.mirrors ?? []).map(({ destination }, number) => target(destination, `spec.http[${index}].mirrors[${number}].destination`, true)),
  ]);
  return [...routed, ...mirrors];
}

interface Destination {
  readonly host?: string;
  readonly subset?: string;
  readonly port?: { readonly number?: number };
}

function target(destination: Destination | undefined, field: string, mirrored: boolean): Target {
  return { field, host: destination?.host ?? '', subset: destination?.subset, port: destination?.port?.number, mirrored };
}

function offersOf(model: MeshModel): Map<string, Offer> {
  const offers = new Map<string, Offer>();
  for (const entry of model.ofKind<ServiceEntrySpec>(NETWORKING, 'ServiceEntry')) {
    const namespace = namespaceOf(entry);
    const exported = entry.spec?.exportTo ?? [];
    const scopes = exported.length === 0 || exported.includes('*') ? ['*'] : exported.map((scope) => (scope === '.' ? namespace : scope));
    for (const host of entry.spec?.hosts ?? []) {
      const full = model.resolveHost(host, namespace);
      scopes.forEach((scope) => offers.set(`${scope}/${full}`, { ports: (entry.spec?.ports ?? []).map(({ number }) => number), entry }));
    }
  }
  for (const service of model.services) {
    const annotation = service.object.metadata.annotations?.['networking.istio.io/exportTo'];
    const scopes = annotation ? annotation.split(',').map((scope) => (scope.trim() === '.' ? service.namespace : scope.trim())) : ['*'];
    scopes.forEach((scope) => offers.set(`${scope}/${service.host}`, { ports: service.ports.map(({ number }) => number), service }));
  }
  return offers;
}
