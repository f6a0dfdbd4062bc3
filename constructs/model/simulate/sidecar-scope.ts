import type { SidecarSpec } from '../../istio/generated';
import type { MeshModel } from '../mesh-model';
import { AnyObject, namespaceOf } from '../object';
import { isSubsetOf, overlaps } from './hosts';
import type { Proxy } from './proxy';
import { isVisible, Registry, RegistryService } from './registry';
import { byAge, EffectiveVirtualService, MESH, visibleVirtualServices } from './virtual-services';

/** What a sidecar knows of the mesh. */
export interface Scope {
  readonly services: readonly RegistryService[];
  /** Everything that one of its listeners imports: hosts that routes may lead to. */
  readonly imported: readonly RegistryService[];
  readonly virtualServices: readonly EffectiveVirtualService[];
  readonly outbound: 'ALLOW_ANY' | 'REGISTRY_ONLY';
  /** The Sidecar object that says so, where there is one. */
  readonly object?: AnyObject;
}

/**
 * What a proxy knows on a port, by the Sidecar that it uses: one that selects it, else its namespace's, else the root namespace's.
 * The first listener for the port decides, or the first without a port; where none is, nothing is known there.
 * @param called what is called: listeners for other bytes than HTTP exist for each Service by itself
 */
export function scopeOf(model: MeshModel, proxy: Proxy, port: number, called?: RegistryService): Scope {
  const sidecar = sidecarFor(model, proxy);
  const visible = Registry.of(model).services.filter((service) => isVisible(service.exportTo, service.namespace, proxy.namespace));
  const virtualServices = visibleVirtualServices(model, MESH, proxy.namespace);
  const outbound = sidecar?.spec?.outboundTrafficPolicy?.mode ?? model.context.outboundTrafficPolicy ?? 'ALLOW_ANY';
  const egress = sidecar?.spec?.egress ?? [];
  if (!sidecar || egress.length === 0) {
    const services = preferOwn(visible, proxy.namespace);
    return { services, imported: services, virtualServices, outbound, object: sidecar };
  }
  const servicesOf = (listener: Listener): RegistryService[] => {
    const isImported = importedBy(listener, proxy.namespace);
    const number = listener.port?.number;
    const hasPort = (service: RegistryService): boolean => number === undefined || service.ports.some((own) => own.number === number);
    const asked = visible.filter((service) => isImported(service.namespace, (host) => isSubsetOf(service.host, host)) && hasPort(service));
    return preferOwn(asked, proxy.namespace);
  };
  const isHttp = called?.ports.find(({ number }) => number === port)?.protocol === 'http';
  const chosen = egress.find(
    (listener) => listener.port === undefined || (listener.port.number === port && (!called || isHttp || servicesOf(listener).includes(called))),
  );
  const isImported = chosen ? importedBy(chosen, proxy.namespace) : () => false;
  const scopedVirtualServices = virtualServices.filter(({ hosts, namespace, gatewayApi }) => {
    const covers = gatewayApi ? isSubsetOf : overlaps;
    return hosts.some((host) => isImported(namespace, (wanted) => covers(host, wanted)));
  });
  return {
    services: chosen ? servicesOf(chosen) : [],
    imported: [...new Set(egress.flatMap(servicesOf))],
    virtualServices: scopedVirtualServices,
    outbound,
    object: sidecar,
  };
}

type Listener = NonNullable<SidecarSpec['egress']>[number];

/** Whether a listener imports a host of a namespace. */
function importedBy(listener: Listener, ownNamespace: string): (namespace: string, matches: (host: string) => boolean) => boolean {
  const imports = listener.hosts.map((entry) => {
    const slash = entry.indexOf('/');
    const namespace = entry.slice(0, slash);
    return { namespace: namespace === '.' ? ownNamespace : namespace, host: entry.slice(slash + 1) };
  });
  return (namespace, matches) => imports.some((entry) => (entry.namespace === '*' || entry.namespace === namespace) && matches(entry.host));
}

/** Hosts that routes of a scope lead to are known to its proxy even where no listener imports them. */
export function isReachable(scope: Scope, service: RegistryService): boolean {
  return (
    scope.imported.includes(service) ||
    scope.virtualServices.some((virtualService) =>
      virtualService.http.some(({ route }) =>
        [
          ...(route.route ?? []).map((target) => target.destination),
          ...(route.mirrors ?? []).map((mirror) => mirror.destination),
          ...(route.mirror ? [route.mirror] : []),
        ].some((destination) => destination.host === service.host),
      ),
    )
  );
}

function sidecarFor(model: MeshModel, proxy: Proxy): ({ readonly spec?: SidecarSpec } & AnyObject) | undefined {
  const sidecars = [...model.ofKind<SidecarSpec>('networking.istio.io', 'Sidecar')].sort(byAge);
  const own = sidecars.filter((sidecar) => namespaceOf(sidecar) === proxy.namespace);
  const selectorOf = (sidecar: { readonly spec?: SidecarSpec }): Readonly<Record<string, string>> | undefined =>
    sidecar.spec?.workloadSelector?.labels;
  const selecting = own.find((sidecar) => {
    const selector = Object.entries(selectorOf(sidecar) ?? {});
    return selector.length > 0 && selector.every(([label, value]) => proxy.labels[label] === value);
  });
  const whole = (candidates: typeof own): (typeof own)[number] | undefined =>
    candidates.find((sidecar) => Object.keys(selectorOf(sidecar) ?? {}).length === 0);
  return selecting ?? whole(own) ?? whole(sidecars.filter((sidecar) => namespaceOf(sidecar) === model.rootNamespace));
}

/** One service a host: the caller's own namespace wins. */
function preferOwn(services: readonly RegistryService[], namespace: string): RegistryService[] {
  const chosen = new Map<string, RegistryService>();
  for (const service of services) {
    if (!chosen.has(service.host) || service.namespace === namespace) {
      chosen.set(service.host, service);
    }
  }
  return [...chosen.values()];
}
