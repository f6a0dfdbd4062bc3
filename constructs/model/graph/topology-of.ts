import type { AuthorizationPolicySpec, GatewaySpec } from '../../istio/generated';
import { gatewayApiOf } from '../gateway-api/translate';
import type { MeshModel } from '../mesh-model';
import { BOOKINFO_CALLS, CallGraph } from '../simulate/call-graph';
import { serverMode } from '../simulate/hop-security';
import { policiesFor, PolicyTarget } from '../simulate/policy-scope';
import { matchesNamespace, matchesPrincipal } from '../simulate/policy-match';
import { destinationRuleFor, tlsSettings } from '../simulate/destination-rules';
import { gatewayOfWorkload } from '../simulate/gateway-proxy';
import { serviceOfGateway } from '../simulate/gateway-servers';
import { identityOf, isInjected } from '../simulate/proxy';
import { Registry, RegistryService } from '../simulate/registry';
import { MESH, virtualServicesOf } from '../simulate/virtual-services';
import { accessOf, NOBODY_ASKS } from './access';
import { gatewayNodes, ingressEdges } from './gateway-nodes';
import { serviceNode } from './service-node';
import type { Topology, TopologyEdge } from './topology';

export interface TopologyOptions {
  /** Who calls whom. @default Bookinfo's calls, of which those between services that the model has are drawn */
  readonly calls?: CallGraph;
}

/** What there is to draw of a model: gateways, services with their versions and shares, policies, and hosts outside. */
export function topologyOf(model: MeshModel, options: TopologyOptions = {}): Topology {
  const registry = Registry.of(model);
  const inside = registry.services.filter((service) => !service.external && !isGatewayService(model, service));
  const versions = versionServices(inside);
  const shown = inside.filter((service) => !versions.has(service.host));
  const services = shown
    .map((service) => {
      const mtls = mtlsOf(model, service);
      return serviceNode(model, service, mtls === 'none' ? NOBODY_ASKS : accessOf(model, targetOf(model, service)), mtls, versions);
    })
    .sort(byId);
  const externals = registry.services
    .filter((service) => service.external)
    .map((service) => ({
      id: service.host,
      host: service.host,
      ports: service.ports.map((port) => String(port.number)),
      notes: startsTls(model, service) ? ['TLS by the proxies'] : [],
    }))
    .sort(byId);
  const gateways = gatewayNodes(model);
  const ids = new Set([...services, ...externals, ...gateways].map((node) => node.id));
  const edges = [
    ...ingressEdges(model, gateways),
    ...callEdges(shown, options.calls ?? BOOKINFO_CALLS),
    ...routeEdges(model),
    ...allowedEdges(model, shown),
  ]
    .map((edge) => ({ ...edge, from: versions.get(edge.from) ?? edge.from, to: versions.get(edge.to) ?? edge.to }))
    .filter((edge) => edge.from !== edge.to && ids.has(edge.from) && ids.has(edge.to));
  return { gateways, services, externals, edges: unique(edges) };
}

/** Services that choose some of another's pods, as the Gateway API has versions, by the host of the other. */
function versionServices(services: readonly RegistryService[]): Map<string, string> {
  const isPart = (service: RegistryService, whole: RegistryService): boolean => {
    const own = Object.entries(whole.selector ?? {});
    return (
      whole !== service &&
      whole.namespace === service.namespace &&
      own.length > 0 &&
      own.length < Object.keys(service.selector ?? {}).length &&
      own.every(([label, value]) => service.selector?.[label] === value)
    );
  };
  return new Map(
    services.flatMap((service): [string, string][] => {
      const whole = services.find((candidate) => isPart(service, candidate));
      return whole ? [[service.host, whole.host]] : [];
    }),
  );
}

/** Whether a DestinationRule has the proxies of a host's callers start TLS. */
function startsTls(model: MeshModel, service: RegistryService): boolean {
  const proxy = { kind: 'sidecar', title: '', namespace: service.namespace, labels: {}, identity: '' } as const;
  const rule = destinationRuleFor(model, service, proxy);
  return service.ports.some((port) => ['SIMPLE', 'MUTUAL'].includes(tlsSettings(rule, undefined, port.number)?.tls.mode ?? ''));
}

function callEdges(services: readonly RegistryService[], calls: CallGraph): TopologyEdge[] {
  return calls.calls.flatMap((call): TopologyEdge[] => {
    const from = services.filter((service) => service.name === call.from);
    return from.flatMap((caller): TopologyEdge[] => {
      const to = services.find((service) => service.name === call.to && service.namespace === caller.namespace);
      return to ? [{ from: caller.host, to: to.host, kind: 'call', label: call.versions?.join(', ') }] : [];
    });
  });
}

/** Routes of one host that lead to another. */
function routeEdges(model: MeshModel): TopologyEdge[] {
  return virtualServicesOf(model)
    .filter((virtualService) => virtualService.gateways.includes(MESH))
    .flatMap((virtualService) =>
      virtualService.http.flatMap(({ route }) =>
        (route.route ?? []).flatMap((target) =>
          virtualService.hosts
            .filter((host) => host !== target.destination.host)
            .map((host): TopologyEdge => ({ from: host, to: target.destination.host, kind: 'route', label: 'routed' })),
        ),
      ),
    );
}

/** Calls that ALLOW policies let in by the caller's identity. */
function allowedEdges(model: MeshModel, services: readonly RegistryService[]): TopologyEdge[] {
  const callers = services.flatMap((service) => {
    const account = Registry.of(model).endpoints(service)?.[0]?.serviceAccountName;
    return account === undefined ? [] : [{ service, identity: identityOf(model, service.namespace, account) }];
  });
  return services.flatMap((service) =>
    policiesFor<AuthorizationPolicySpec>(model, 'AuthorizationPolicy', targetOf(model, service))
      .filter((policy) => (policy.spec?.action ?? 'ALLOW') === 'ALLOW')
      .flatMap((policy) => (policy.spec?.rules ?? []).flatMap((rule) => rule?.from ?? []))
      .flatMap(({ source }) =>
        callers
          .filter(
            ({ service: caller, identity }) =>
              caller !== service &&
              ((source?.principals ?? []).some((principal) => principal !== '*' && matchesPrincipal(principal, identity, model.trustDomain)) ||
                (source?.namespaces ?? []).some(
                  (namespace) => namespace !== '*' && caller.namespace !== service.namespace && matchesNamespace(namespace, identity),
                )),
          )
          .map(({ service: caller }): TopologyEdge => ({ from: caller.host, to: service.host, kind: 'allowed' })),
      ),
  );
}

function targetOf(model: MeshModel, service: RegistryService): PolicyTarget {
  const workload = Registry.of(model).endpoints(service)?.[0];
  return { namespace: service.namespace, labels: workload?.labels ?? service.selector ?? {} };
}

function mtlsOf(model: MeshModel, service: RegistryService): 'STRICT' | 'PERMISSIVE' | 'DISABLE' | 'none' {
  const workload = Registry.of(model).endpoints(service)?.[0];
  if (workload && !isInjected(model, workload)) {
    return 'none';
  }
  const port = service.ports[0]?.target;
  return serverMode(model, targetOf(model, service), Number(port ?? 0)).mode;
}

/** The mesh's own gateways are drawn as gateways. */
function isGatewayService(model: MeshModel, service: RegistryService): boolean {
  const { selector, namespace } = service;
  const [pods] = Registry.of(model).endpoints(service) ?? [];
  return (
    (pods !== undefined && gatewayOfWorkload(model, pods) !== undefined) ||
    (selector !== undefined &&
      model
        .ofKind<GatewaySpec>('networking.istio.io', 'Gateway')
        .some((gateway) => Object.entries(gateway.spec?.selector ?? {}).every(([label, value]) => selector[label] === value))) ||
    gatewayApiOf(model).listeners.some(({ gateway }) => serviceOfGateway(model, gateway) === `${service.name}.${namespace}.svc.${model.clusterDomain}`)
  );
}

/** One edge between two nodes: what is known first wins, labels of one kind are put together. */
function unique(edges: readonly TopologyEdge[]): TopologyEdge[] {
  const chosen = new Map<string, TopologyEdge>();
  for (const edge of edges) {
    const key = `${edge.from}>${edge.to}`;
    const known = chosen.get(key);
    if (!known) {
      chosen.set(key, edge);
    } else if (known.kind === edge.kind && edge.label && !known.label?.split(', ').includes(edge.label)) {
      chosen.set(key, { ...known, label: [known.label, edge.label].filter(Boolean).join(', ') });
    }
  }
  return [...chosen.values()];
}

function byId(a: { readonly id: string }, b: { readonly id: string }): number {
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
}
