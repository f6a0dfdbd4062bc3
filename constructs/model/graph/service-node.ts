import type { Destination, VirtualServiceHttp } from '../../istio/generated';
import type { MeshModel } from '../mesh-model';
import { showPercent } from '../simulate/outcome';
import { Registry, RegistryService } from '../simulate/registry';
import { faultOf } from '../simulate/route-action';
import { simulate } from '../simulate/simulate';
import { MESH, virtualServicesOf } from '../simulate/virtual-services';
import { conditionsText, meshMatches, takesEverything } from './conditions';
import type { Restriction, ServiceNode, VersionNode } from './topology';

/** Versions that a destination names: its subset, or those of a Service that chooses some of another's pods. */
type VersionsAt = (destination: Destination) => readonly string[];

/**
 * A service with its versions, what its routes do, and what guards it.
 * @param parts hosts of Services that choose some of another's pods, and that other's host
 */
export function serviceNode(
  model: MeshModel,
  service: RegistryService,
  restriction: Restriction,
  mtls: ServiceNode['mtls'],
  parts: ReadonlyMap<string, string> = new Map(),
): ServiceNode {
  const registry = Registry.of(model);
  const ports = service.ports.map((port) => port.number);
  const routes = virtualServicesOf(model)
    .filter((virtualService) => virtualService.gateways.includes(MESH) && virtualService.hosts.includes(service.host))
    .flatMap((virtualService) => virtualService.http.map(({ route }) => route))
    .filter((route) => meshMatches(route) !== undefined);
  const versionsAt: VersionsAt = ({ host, subset }) => {
    const part = parts.get(host) === service.host ? registry.services.find((candidate) => candidate.host === host) : undefined;
    const pods = (part && registry.endpoints(part)) ?? [];
    return subset ? [subset] : [...new Set(pods.flatMap(({ labels }) => labels.version ?? []))];
  };
  return {
    id: service.host,
    name: service.name,
    namespace: service.namespace,
    ports,
    versions: versionsOf(model, service, routes, parts, versionsAt),
    rules: routes.flatMap((route) => rulesOf(route, ports, versionsAt)),
    faults: routes.flatMap((route) => faultsOf(route, ports)),
    ...restriction,
    mtls,
  };
}

function versionsOf(
  model: MeshModel,
  service: RegistryService,
  routes: readonly VirtualServiceHttp[],
  parts: ReadonlyMap<string, string>,
  versionsAt: VersionsAt,
): VersionNode[] {
  const isOwn = (host: string): boolean => host === service.host || parts.get(host) === service.host;
  const simulation = simulate(model, { to: `${service.name}.${service.namespace}`, port: service.ports[0]?.number });
  const sent = new Map<string, number>();
  for (const share of simulation.destinations.filter((candidate) => candidate.routable && isOwn(candidate.host))) {
    sent.set(share.version, (sent.get(share.version) ?? 0) + share.percent);
  }
  const mirrored = new Map(
    simulation.mirrors
      .filter((mirror) => isOwn(mirror.host))
      .flatMap((mirror) => mirror.versions.map((version) => [version, mirror.percent] as const)),
  );
  const workloads = Registry.of(model).endpoints(service) ?? [];
  const routed = routes.flatMap((route) => (route.route ?? []).flatMap(({ destination }) => versionsAt(destination)));
  const names = new Set([...workloads.flatMap((workload) => workload.labels.version ?? []), ...(workloads.length === 0 ? routed : [])]);
  return [...names].sort().map((name) => ({ name, percent: sent.get(name), mirrored: mirrored.get(name), byRule: routed.includes(name) }));
}

/** Routes with conditions: the condition, and where they lead. */
function rulesOf(route: VirtualServiceHttp, ports: readonly number[], versionsAt: VersionsAt): string[] {
  const matches = meshMatches(route) ?? [];
  if (route.fault || takesEverything(matches, ports)) {
    return [];
  }
  const targets = route.route ?? [];
  const goal = route.redirect
    ? 'redirect'
    : route.directResponse
      ? `answer ${route.directResponse.status}`
      : targets
          .map(({ destination, weight }) => {
            const place = versionsAt(destination).join(' and ') || destination.host.split('.')[0];
            return `${targets.length > 1 ? `${weight ?? 0} % ` : ''}${place}`;
          })
          .join(', ');
  return [`${conditionsText(matches, ports)}: ${goal}`];
}

function faultsOf(route: VirtualServiceHttp, ports: readonly number[]): string[] {
  const fault = faultOf(route);
  const matches = meshMatches(route) ?? [];
  const condition = takesEverything(matches, ports) ? '' : `, ${conditionsText(matches, ports)}`;
  const percent = (share: number): string => (share === 100 ? '' : ` (${showPercent(share)})`);
  return [
    ...(fault?.delay ? [`delay ${fault.delay.seconds} s${percent(fault.delay.percent)}${condition}`] : []),
    ...(fault?.abort ? [`abort ${fault.abort.status ?? fault.abort.grpcStatus}${percent(fault.abort.percent)}${condition}`] : []),
  ];
}
