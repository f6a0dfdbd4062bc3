import type { AuthorizationPolicySpec } from '../../istio/generated';
import type { MeshModel } from '../mesh-model';
import { CallGraph, ServiceCall } from '../simulate/call-graph';
import { policiesFor } from '../simulate/policy-scope';
import { matchesNamespace, matchesPrincipal, matchesServiceAccount } from '../simulate/policy-match';
import { identityOf } from '../simulate/proxy';
import { Registry, RegistryService } from '../simulate/registry';
import { simulate } from '../simulate/simulate';
import { MESH, virtualServicesOf } from '../simulate/virtual-services';
import { qualifiedHost } from '../../traffic/host';
import type { KnownCaller } from './access';
import { meshMatches } from './conditions';
import { targetOf } from './pods';
import { capList } from './text';
import type { CallersNode, EdgeKind, TopologyEdge } from './topology';

/** An edge whose label is still a list. */
export interface DrawnEdge {
  readonly from: string;
  readonly to: string;
  readonly kind: EdgeKind;
  readonly labels: readonly string[];
  readonly denied?: boolean;
}

/** Parts of a label that are shown. */
const MOST_LABELS = 3;

/** Calls that are known, and whether policies let them in. A called name may be that of another namespace, `name.namespace`, or a host outside. */
export function callEdges(
  model: MeshModel,
  services: readonly RegistryService[],
  externals: readonly RegistryService[],
  graph: CallGraph,
): DrawnEdge[] {
  return graph.calls.flatMap((call) =>
    services
      .filter((service) => isNamed(service, call.from))
      .flatMap((caller): DrawnEdge[] => {
        const candidates = services.filter((service) => isNamed(service, call.to));
        // A name without a namespace is one of the caller's, or else the only one there is.
        const near = candidates.find(({ namespace }) => namespace === caller.namespace) ?? (candidates.length === 1 ? candidates[0] : undefined);
        const to = near ?? externals.find(({ host }) => host === call.to);
        const denied = near !== undefined && isDenied(model, caller, near, call);
        return to ? [{ from: caller.host, to: to.host, kind: 'call', labels: call.versions ?? [], ...(denied ? { denied } : {}) }] : [];
      }),
  );
}

function isNamed({ name, namespace }: RegistryService, wanted: string): boolean {
  return wanted === name || wanted === `${name}.${namespace}`;
}

function isDenied(model: MeshModel, caller: RegistryService, called: RegistryService, { path, method }: ServiceCall): boolean {
  if (!model.workloads.some(({ namespace }) => namespace === caller.namespace)) {
    return false;
  }
  const [from, to] = [caller, called].map(({ name, namespace }) => `${name}.${namespace}`);
  return simulate(model, { from, to, path, method }).policy.verdict === 'deny';
}

/** Routes of one host that lead to another; those of a host outside that lead to a gateway are ways out. */
export function routeEdges(model: MeshModel, gatewayOf: ReadonlyMap<string, string | undefined>): DrawnEdge[] {
  return virtualServicesOf(model)
    .filter((virtualService) => virtualService.gateways.includes(MESH))
    .flatMap(({ hosts, http, spec, namespace }) => {
      const routed = http.filter(({ route }) => meshMatches(route) !== undefined).flatMap(({ route }) => route.route ?? []);
      const passed = [...(spec.tls ?? []), ...(spec.tcp ?? [])].flatMap((route) => route.route ?? []);
      const targets = [...new Set([...routed, ...passed].map(({ destination }) => qualifiedHost(destination.host, namespace, model.clusterDomain)))];
      return targets.flatMap((target) =>
        hosts
          .filter((host) => host !== target)
          .map((host): DrawnEdge => ({ from: host, to: gatewayOf.get(target) ?? target, kind: gatewayOf.has(target) ? 'egress' : 'route', labels: [] })),
      );
    });
}

/**
 * Ways out by a gateway: from those who are known to call a host, or else from whoever may, to the gateway instead of to the host.
 * @returns the edges, and the nodes that stand for whoever may call
 */
export function waysOut(
  model: MeshModel,
  edges: readonly DrawnEdge[],
  externals: readonly RegistryService[],
): { edges: DrawnEdge[]; callers: CallersNode[] } {
  const callers = new Map<string, CallersNode>();
  const ways = edges.filter(({ kind, from }) => kind === 'egress' && externals.some(({ host }) => host === from));
  const byGateway = ways.flatMap((way): DrawnEdge[] => {
    const known = edges.filter(({ kind, to }) => kind === 'call' && to === way.from);
    if (known.length > 0) {
      return known.map((call) => ({ ...call, to: way.to, labels: [way.from] }));
    }
    const scopes = virtualServicesOf(model).filter(({ hosts, gateways }) => hosts.includes(way.from) && gateways.includes(MESH));
    const namespace = scopes.every(({ exportTo }) => exportTo?.length === 1 && exportTo[0] === '.') ? scopes[0]?.namespace : undefined;
    const id = `callers ${namespace ?? '*'}`;
    callers.set(id, { id, text: 'any service', namespace });
    return [{ from: id, to: way.to, kind: 'egress', labels: [way.from] }];
  });
  const replaced = edges.filter((edge) => !ways.includes(edge) && !ways.some(({ from }) => edge.kind === 'call' && edge.to === from));
  return { edges: [...replaced, ...byGateway], callers: [...callers.values()] };
}

/** Calls that ALLOW policies let in by the caller's identity. */
export function allowedEdges(model: MeshModel, services: readonly RegistryService[]): DrawnEdge[] {
  const callers = services.flatMap((service) => identitiesOf(model, service).map((identity) => ({ service, identity })));
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
                (source?.serviceAccounts ?? []).some((account) => matchesServiceAccount(account, identity, service.namespace)) ||
                (source?.namespaces ?? []).some(
                  (namespace) => namespace !== '*' && caller.namespace !== service.namespace && matchesNamespace(namespace, identity),
                )),
          )
          .map(({ service: caller }): DrawnEdge => ({ from: caller.host, to: service.host, kind: 'allowed', labels: [] })),
      ),
  );
}

/** Identities of the services' pods. */
export function serviceCallers(model: MeshModel, services: readonly RegistryService[]): KnownCaller[] {
  return services.flatMap((service) => identitiesOf(model, service).map((identity) => ({ name: service.name, identity })));
}

function identitiesOf(model: MeshModel, service: RegistryService): string[] {
  const accounts = (Registry.of(model).endpoints(service) ?? []).map(({ serviceAccountName }) => serviceAccountName);
  return [...new Set(accounts)].map((account) => identityOf(model, service.namespace, account));
}

/** One edge between two nodes: what is known first wins, labels of one kind are put together and cut. */
export function unique(edges: readonly DrawnEdge[]): TopologyEdge[] {
  const chosen = new Map<string, DrawnEdge>();
  for (const edge of edges) {
    const key = `${edge.from}>${edge.to}`;
    const known = chosen.get(key);
    if (!known) {
      chosen.set(key, edge);
    } else if (known.kind === edge.kind) {
      chosen.set(key, { ...known, labels: [...new Set([...known.labels, ...edge.labels])] });
    }
  }
  return [...chosen.values()].map(({ from, to, kind, labels, denied }) => ({
    from,
    to,
    kind,
    label: capList(labels, MOST_LABELS).join(', ') || undefined,
    ...(denied ? { denied } : {}),
  }));
}
