import type { Destination, Headers, VirtualServiceHttp } from '../../istio/generated';
import type { HTTPRouteRulesFilters } from '../../gateway-api/generated/http-route';
import type { MeshModel } from '../mesh-model';
import { Registry } from '../simulate/registry';
import { BackendReference, isGranted, RouteKind } from './references';

type HttpTarget = NonNullable<VirtualServiceHttp['route']>[number];
type Mirror = NonNullable<VirtualServiceHttp['mirrors']>[number];

/** A backend of a rule, with its filters. */
type Backend = BackendReference & { readonly filters?: readonly HTTPRouteRulesFilters[] };

/** Destinations of the backends of a route. Those that it may not use, or of no kind that Istio knows, have an empty host and are answered 500. */
export class Backends {
  constructor(
    private readonly model: MeshModel,
    private readonly kind: RouteKind,
    private readonly namespace: string,
    /** Whether other namespaces have to grant it: for gateways. Within the mesh nobody asks. */
    private readonly asksLeave: boolean,
  ) {}

  /** Backends with weight, the only one without; nothing where one is so wrong that the route is dropped. */
  weighted(references: readonly Backend[], headersOf: (filters: readonly HTTPRouteRulesFilters[]) => Headers | undefined): HttpTarget[] | undefined {
    const used = references.filter(({ weight = 1 }) => weight > 0);
    const targets = used.map((reference): HttpTarget | undefined => {
      const destination = this.destination(reference);
      const headers = headersOf(reference.filters ?? []);
      return destination && { destination, ...(used.length > 1 ? { weight: reference.weight ?? 1 } : {}), ...(headers ? { headers } : {}) };
    });
    return targets.includes(undefined) ? undefined : (targets as HttpTarget[]);
  }

  /** Copies; none where the backend is not there. */
  mirror(filter: NonNullable<HTTPRouteRulesFilters['requestMirror']>): Mirror[] {
    const { backendRef, fraction, percent } = filter;
    const destination = this.destination(backendRef);
    if (!destination?.host || !this.exists(destination.host)) {
      return [];
    }
    const value = fraction ? (100 * fraction.numerator) / (fraction.denominator ?? 100) : percent;
    return [{ destination, ...(value === undefined ? {} : { percentage: { value } }) }];
  }

  private destination({ group = '', kind = 'Service', name, namespace, port }: BackendReference): Destination | undefined {
    const nowhere: Destination = { host: '' };
    const leave = { fromKind: this.kind, fromNamespace: this.namespace, toGroup: group, toKind: kind, toNamespace: namespace ?? '', toName: name };
    if (this.asksLeave && namespace !== undefined && namespace !== this.namespace && !isGranted(this.model, leave)) {
      return nowhere;
    }
    const isHostname = group === 'networking.istio.io' && kind === 'Hostname';
    const isService = (group === '' && kind === 'Service') || (group === 'multicluster.x-k8s.io' && kind === 'ServiceImport');
    if (!isHostname && !isService) {
      return nowhere;
    }
    if (port === undefined || (isService && name.includes('.')) || (isHostname && namespace !== undefined)) {
      return undefined;
    }
    return { host: isHostname ? name : `${name}.${namespace ?? this.namespace}.svc.${this.model.clusterDomain}`, port: { number: port } };
  }

  private exists(host: string): boolean {
    return Registry.of(this.model).find(host, this.namespace) !== undefined;
  }
}
