import type { AuthorizationPolicySpec, GatewaySpec } from '../../istio/generated';
import type { MeshModel } from '../mesh-model';
import { namespaceOf } from '../object';
import { BOOKINFO_CALLS, CallGraph } from '../simulate/call-graph';
import { serverMode } from '../simulate/hop-security';
import { policiesFor, PolicyTarget } from '../simulate/policy-scope';
import { matchesNamespace, matchesPrincipal } from '../simulate/policy-match';
import { gatewayOf } from '../simulate/gateway-proxy';
import { identityOf, isInjected } from '../simulate/proxy';
import { Registry, RegistryService } from '../simulate/registry';
import { MESH, virtualServicesOf } from '../simulate/virtual-services';
import { Restriction, serviceNode } from './service-node';
import type { GatewayNode, Topology, TopologyEdge } from './topology';

export interface TopologyOptions {
  /** Who calls whom. @default Bookinfo's calls, of which those between services that the model has are drawn */
  readonly calls?: CallGraph;
}

/** What there is to draw of a model: gateways, services with their versions and shares, policies, and hosts outside. */
export function topologyOf(model: MeshModel, options: TopologyOptions = {}): Topology {
  const registry = Registry.of(model);
  const inside = registry.services.filter((service) => !service.external && !isGatewayService(model, service));
  const services = inside.map((service) => serviceNode(model, service, accessOf(model, targetOf(model, service)), mtlsOf(model, service))).sort(byId);
  const externals = registry.services
    .filter((service) => service.external)
    .map((service) => ({ id: service.host, host: service.host, ports: service.ports.map((port) => String(port.number)) }))
    .sort(byId);
  const gateways = gatewaysOf(model);
  const ids = new Set([...services, ...externals, ...gateways].map((node) => node.id));
  const edges = [
    ...ingressEdges(model, gateways),
    ...callEdges(inside, options.calls ?? BOOKINFO_CALLS),
    ...routeEdges(model),
    ...allowedEdges(model, inside),
  ].filter((edge) => ids.has(edge.from) && ids.has(edge.to));
  return { gateways, services, externals, edges: unique(edges) };
}

function gatewaysOf(model: MeshModel): GatewayNode[] {
  const groups = new Map<string, { names: string[]; servers: string[] }>();
  for (const gateway of model.ofKind<GatewaySpec>('networking.istio.io', 'Gateway')) {
    const id = gatewayId(gateway.spec?.selector ?? {});
    const group = groups.get(id) ?? { names: [], servers: [] };
    group.names.push(`${namespaceOf(gateway)}/${gateway.metadata.name}`);
    for (const { port, hosts, tls } of gateway.spec?.servers ?? []) {
      const shown = hosts.map((host) => host.slice(host.indexOf('/') + 1)).join(', ');
      group.servers.push(`${port.protocol} ${port.number}: ${shown}${tls?.httpsRedirect ? ' (to HTTPS)' : ''}`);
    }
    groups.set(id, group);
  }
  return [...groups]
    .map(([id, { names, servers }]): GatewayNode => {
      const { proxy } = gatewayOf(model, names[0]);
      return {
        id,
        names: [...names].sort(),
        namespace: proxy.namespace,
        servers: [...new Set(servers)].sort(),
        access: accessOf(model, proxy).access,
      };
    })
    .sort(byId);
}

function ingressEdges(model: MeshModel, gateways: readonly GatewayNode[]): TopologyEdge[] {
  return gateways.flatMap((gateway) =>
    virtualServicesOf(model)
      .filter((virtualService) => virtualService.gateways.some((name) => gateway.names.includes(name)))
      .flatMap((virtualService) =>
        virtualService.http.flatMap(({ route }): TopologyEdge[] => {
          const paths = (route.match ?? []).flatMap((match) =>
            match.uri ? [match.uri.exact ?? (match.uri.prefix ? `${match.uri.prefix}*` : `~${match.uri.regex ?? ''}`)] : [],
          );
          const shown = paths.length > 3 ? [...paths.slice(0, 2), `${paths.length - 2} more`] : paths;
          const hosts = virtualService.hosts.filter((host) => host !== '*');
          const label = [...hosts, ...shown].join(', ') || undefined;
          return (route.route ?? []).map((target) => ({ from: gateway.id, to: target.destination.host, kind: 'ingress', label }));
        }),
      ),
  );
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

/** Who gets in, as far as policies with no conditions tell. */
function accessOf(model: MeshModel, target: PolicyTarget): Restriction {
  const policies = policiesFor<AuthorizationPolicySpec>(model, 'AuthorizationPolicy', target).filter((policy) => policy.spec?.action !== 'AUDIT');
  const named = policies.map((policy) => policy.metadata.name).sort();
  const rulesOf = (action: string): number[] =>
    policies.filter((policy) => (policy.spec?.action ?? 'ALLOW') === action).map((policy) => policy.spec?.rules?.length ?? 0);
  const allowing = rulesOf('ALLOW');
  if (allowing.length > 0 && allowing.every((rules) => rules === 0)) {
    return { access: 'closed', policies: named };
  }
  const restricted = allowing.length > 0 || [...rulesOf('DENY'), ...rulesOf('CUSTOM')].some((rules) => rules > 0);
  return { access: restricted ? 'restricted' : 'open', policies: named };
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
  const { selector } = service;
  return (
    selector !== undefined &&
    model
      .ofKind<GatewaySpec>('networking.istio.io', 'Gateway')
      .some((gateway) => Object.entries(gateway.spec?.selector ?? {}).every(([label, value]) => selector[label] === value))
  );
}

function gatewayId(selector: Readonly<Record<string, string>>): string {
  return `gateway ${Object.entries(selector)
    .sort()
    .map(([label, value]) => `${label}=${value}`)
    .join(',')}`;
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
