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
  readonly virtualServices: readonly EffectiveVirtualService[];
  readonly outbound: 'ALLOW_ANY' | 'REGISTRY_ONLY';
  /** The Sidecar object that says so, where there is one. */
  readonly object?: AnyObject;
}

/** The Sidecar that a workload uses: one that selects it, else its namespace's, else the root namespace's. */
export function scopeOf(model: MeshModel, proxy: Proxy): Scope {
  const sidecar = sidecarFor(model, proxy);
  const visible = Registry.of(model).services.filter((service) => isVisible(service.exportTo, service.namespace, proxy.namespace));
  const virtualServices = visibleVirtualServices(model, MESH, proxy.namespace);
  const outbound = sidecar?.spec?.outboundTrafficPolicy?.mode ?? model.context.outboundTrafficPolicy ?? 'ALLOW_ANY';
  const egress = sidecar?.spec?.egress ?? [];
  if (!sidecar || egress.length === 0) {
    return { services: preferOwn(visible, proxy.namespace), virtualServices, outbound, object: sidecar };
  }
  const imports = egress.flatMap((listener) =>
    listener.hosts.map((entry) => {
      const slash = entry.indexOf('/');
      const namespace = entry.slice(0, slash);
      return { namespace: namespace === '.' ? proxy.namespace : namespace, host: entry.slice(slash + 1), port: listener.port?.number };
    }),
  );
  const imported = (namespace: string, matches: (host: string) => boolean): boolean =>
    imports.some((entry) => (entry.namespace === '*' || entry.namespace === namespace) && matches(entry.host));
  const scopedVirtualServices = virtualServices.filter(({ hosts, namespace, gatewayApi }) => {
    const covers = gatewayApi ? isSubsetOf : overlaps;
    return hosts.some((host) => imported(namespace, (wanted) => covers(host, wanted)));
  });
  const asked = visible.filter((service) => imported(service.namespace, (host) => isSubsetOf(service.host, host)));
  return { services: preferOwn(asked, proxy.namespace), virtualServices: scopedVirtualServices, outbound, object: sidecar };
}

/** Hosts that routes of a scope lead to are known to its proxy even where no listener imports them. */
export function isReachable(scope: Scope, service: RegistryService): boolean {
  return (
    scope.services.includes(service) ||
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
