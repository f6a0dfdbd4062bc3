import type { StringMatch, VirtualServiceHttp, VirtualServiceHttpMatch } from '../../istio/generated';
import type { MeshModel } from '../mesh-model';
import { showPercent } from '../simulate/outcome';
import { Registry, RegistryService } from '../simulate/registry';
import { faultOf } from '../simulate/route-action';
import { isCatchAll } from '../simulate/route-match';
import { simulate } from '../simulate/simulate';
import { asksPresence } from '../simulate/string-match';
import { MESH, virtualServicesOf } from '../simulate/virtual-services';
import type { Restriction } from './access';
import type { ServiceNode, VersionNode } from './topology';

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
  const routes = virtualServicesOf(model)
    .filter((virtualService) => virtualService.gateways.includes(MESH) && virtualService.hosts.includes(service.host))
    .flatMap((virtualService) => virtualService.http.map(({ route }) => route));
  return {
    id: service.host,
    name: service.name,
    namespace: service.namespace,
    ports: service.ports.map((port) => port.number),
    versions: versionsOf(model, service, routes, parts),
    rules: routes.flatMap(rulesOf),
    faults: routes.flatMap(faultsOf),
    ...restriction,
    mtls,
  };
}

function versionsOf(
  model: MeshModel,
  service: RegistryService,
  routes: readonly VirtualServiceHttp[],
  parts: ReadonlyMap<string, string>,
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
  const subsets = routes.flatMap((route) => (route.route ?? []).flatMap((target) => (target.destination.subset ? [target.destination.subset] : [])));
  const names = new Set([...workloads.flatMap((workload) => workload.labels.version ?? []), ...(workloads.length === 0 ? subsets : [])]);
  return [...names].sort().map((name) => ({ name, percent: sent.get(name), mirrored: mirrored.get(name), byRule: subsets.includes(name) }));
}

/** Routes with conditions: the condition, and where they lead. */
function rulesOf(route: VirtualServiceHttp): string[] {
  if (route.fault || !route.match?.length || route.match.some((match) => isCatchAll(match))) {
    return [];
  }
  const targets = route.route ?? [];
  const goal = route.redirect
    ? 'redirect'
    : route.directResponse
      ? `answer ${route.directResponse.status}`
      : targets
          .map(({ destination, weight }) => `${targets.length > 1 ? `${weight ?? 0} % ` : ''}${destination.subset ?? destination.host.split('.')[0]}`)
          .join(', ');
  return [`${shorten(route.match.map(conditionOf).join(' or '))}: ${goal}`];
}

function faultsOf(route: VirtualServiceHttp): string[] {
  const fault = faultOf(route);
  const condition = route.match?.length ? `, ${shorten(route.match.map(conditionOf).join(' or '))}` : '';
  const percent = (share: number): string => (share === 100 ? '' : ` (${showPercent(share)})`);
  return [
    ...(fault?.delay ? [`delay ${fault.delay.seconds} s${percent(fault.delay.percent)}${condition}`] : []),
    ...(fault?.abort ? [`abort ${fault.abort.status ?? fault.abort.grpcStatus}${percent(fault.abort.percent)}${condition}`] : []),
  ];
}

function conditionOf(match: VirtualServiceHttpMatch): string {
  const named = (members: Readonly<Record<string, StringMatch>> | undefined, mark = ''): string[] =>
    Object.entries(members ?? {}).map(([name, value]) => `${mark}${name} ${asksPresence(value) ? 'present' : `= ${valueOf(value)}`}`);
  const conditions = [
    ...(match.uri ? [valueOf(match.uri)] : []),
    ...(match.method ? [valueOf(match.method)] : []),
    ...named(match.headers),
    ...named(match.withoutHeaders, 'not '),
    ...named(match.queryParams, '?'),
    ...Object.entries(match.sourceLabels ?? {}).map(([label, value]) => `from ${label}=${value}`),
    ...(match.sourceNamespace ? [`from ${match.sourceNamespace}`] : []),
    ...(match.port ? [`port ${match.port}`] : []),
  ];
  return conditions.join(', ') || 'any';
}

function valueOf(match: StringMatch): string {
  return match.exact ?? (match.prefix === undefined ? `~${match.regex ?? ''}` : `${match.prefix}*`);
}

function shorten(text: string): string {
  return text.length > 40 ? `${text.slice(0, 39)}…` : text;
}
