import type { MeshModel } from '../mesh-model';
import { BOOKINFO_CALLS, CallGraph } from '../simulate/call-graph';
import { destinationRuleFor, tlsSettings } from '../simulate/destination-rules';
import { Registry, RegistryService } from '../simulate/registry';
import { accessOf, NOBODY_ASKS } from './access';
import { allowedEdges, callEdges, DrawnEdge, routeEdges, serviceCallers, unique, waysOut } from './edges';
import { gatewayCallers, gatewayNodes, gatewayServices, ingressEdges } from './gateway-nodes';
import { mtlsOf, targetOf } from './pods';
import { serviceNode } from './service-node';
import type { Topology } from './topology';

export interface TopologyOptions {
  /**
   * Who calls whom, by the names of Services, `name.namespace`, and hosts outside.
   * @default Bookinfo's calls, of which those between services that the model has are drawn
   */
  readonly calls?: CallGraph;
}

/** What there is to draw of a model: gateways, services with their versions and shares, policies, and hosts outside. */
export function topologyOf(model: MeshModel, options: TopologyOptions = {}): Topology {
  const registry = Registry.of(model);
  const ofGateways = gatewayServices(model);
  const inside = registry.services.filter((service) => !service.external && !ofGateways.has(service.host));
  const outside = registry.services.filter((service) => service.external);
  const versions = versionServices(inside);
  const shown = inside.filter((service) => !versions.has(service.host));
  const callers = [...serviceCallers(model, shown), ...gatewayCallers(model)];
  const services = shown
    .map((service) => {
      const mtls = mtlsOf(model, service);
      return serviceNode(model, service, mtls === 'none' ? NOBODY_ASKS : accessOf(model, targetOf(model, service), callers), mtls, versions);
    })
    .sort(byId);
  const externals = outside
    .map((service) => ({
      id: service.host,
      host: service.host,
      ports: service.ports.map((port) => String(port.number)),
      notes: startsTls(model, service) ? ['TLS by the proxies'] : [],
    }))
    .sort(byId);
  const gateways = gatewayNodes(model, callers);
  const out = waysOut(model, [...callEdges(model, shown, outside, options.calls ?? BOOKINFO_CALLS), ...routeEdges(model, ofGateways)], outside);
  const isOutside = (id: string): boolean => outside.some(({ host }) => host === id);
  const closed = new Set(services.filter(({ access }) => access === 'closed').map(({ id }) => id));
  const ids = new Set([...services, ...externals, ...gateways, ...out.callers].map((node) => node.id));
  const edges = [...ingressEdges(model, gateways), ...out.edges, ...allowedEdges(model, shown)]
    .map((edge): DrawnEdge => ({
      ...edge,
      from: versions.get(edge.from) ?? edge.from,
      to: versions.get(edge.to) ?? edge.to,
      kind: edge.kind === 'ingress' && isOutside(edge.to) ? 'egress' : edge.kind,
      labels: edge.labels.filter((label) => label !== edge.to),
    }))
    .filter((edge) => edge.from !== edge.to && ids.has(edge.from) && ids.has(edge.to))
    .filter(({ kind, to }) => kind !== 'allowed' || !closed.has(to))
    .map((edge) => (edge.kind === 'ingress' && closed.has(edge.to) ? { ...edge, denied: true } : edge));
  return { gateways, services, externals, callers: out.callers, edges: unique(edges) };
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

function byId(a: { readonly id: string }, b: { readonly id: string }): number {
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
}
