import type { VirtualServiceHttpMatch } from '../../istio/generated';
import type { MeshModel } from '../mesh-model';
import { bySpecificity, hostsForNamespace, intersection, isSubsetOf, isWildcard, mostSpecific, overlaps, serviceDomains } from './hosts';
import type { PlacedServer } from './gateway-servers';
import type { Proxy } from './proxy';
import type { RegistryService } from './registry';
import { isCatchAll } from './route-match';
import type { Scope } from './sidecar-scope';
import { EffectiveVirtualService, MESH, PlacedRoute, visibleVirtualServices } from './virtual-services';

/** One line of a route table: a route and one of its matches. */
export interface RouteLine {
  readonly placed: PlacedRoute;
  readonly match?: VirtualServiceHttpMatch;
  readonly matchIndex?: number;
  readonly virtualService: EffectiveVirtualService;
}

/** Routes of a proxy for some hosts. */
export interface VirtualHost {
  readonly domains: readonly string[];
  readonly lines: readonly RouteLine[];
  /** The Service whose default route it is, where no VirtualService names it. */
  readonly service?: RegistryService;
  /** The gateway sends plaintext clients to HTTPS. */
  readonly requireTls?: boolean;
}

/** Lines of a VirtualService that a proxy gets for a port: those whose source and gateway conditions it meets, up to one that takes everything. */
export function linesOf(virtualService: EffectiveVirtualService, proxy: Proxy, port: number, gateway: string): RouteLine[] {
  const lines: RouteLine[] = [];
  for (const placed of virtualService.http) {
    const matches = placed.route.match ?? [];
    if (matches.length === 0) {
      return [...lines, { placed, virtualService }];
    }
    for (const [matchIndex, match] of matches.entries()) {
      if ((match.port && match.port !== port) || !sourceMatches(match, proxy, gateway)) {
        continue;
      }
      lines.push({ placed, match, matchIndex, virtualService });
      if (isCatchAll(match)) {
        return lines;
      }
    }
  }
  return lines;
}

function sourceMatches(match: VirtualServiceHttpMatch, proxy: Proxy, gateway: string): boolean {
  if (match.gateways?.length) {
    return match.gateways.includes(gateway);
  }
  return (
    Object.entries(match.sourceLabels ?? {}).every(([label, value]) => proxy.labels[label] === value) &&
    (!match.sourceNamespace || match.sourceNamespace === proxy.namespace)
  );
}

/** Virtual hosts of a sidecar for a port that clients call. */
export function sidecarVirtualHosts(model: MeshModel, scope: Scope, proxy: Proxy, port: number): VirtualHost[] {
  const services = scope.services.filter((service) => service.ports.some((candidate) => candidate.number === port && candidate.protocol !== 'tcp'));
  const byHost = new Map(services.map((service) => [service.host, service]));
  const hosts: VirtualHost[] = [];
  const taken = new Set<string>();
  const claimed = new Set<RegistryService>();
  const add = (domains: readonly string[], rest: Omit<VirtualHost, 'domains'>): void => {
    const free = domains.filter((domain) => !taken.has(domain));
    free.forEach((domain) => taken.add(domain));
    if (free.length > 0) {
      hosts.push({ domains: free, ...rest });
    }
  };
  for (const virtualService of scope.virtualServices) {
    if (port !== 80 && !virtualService.hosts.some((host) => byHost.has(host) || services.some((service) => matchesRegistry(host, service.host)))) {
      continue;
    }
    const lines = linesOf(virtualService, proxy, port, MESH);
    const matched = matchedServices(virtualService, scope.virtualServices, services, byHost);
    if (virtualService.gatewayApi && !matched.services.some((service) => mayRoute(virtualService, service, proxy))) {
      continue;
    }
    if (lines.length === 0 || (matched.services.length === 0 && port !== 80)) {
      continue;
    }
    matched.otherHosts.forEach((host) => add([host.toLowerCase()], { lines }));
    for (const service of matched.services) {
      claimed.add(service);
      add(serviceDomains(service.host, proxy.namespace, model.clusterDomain), { lines, service });
    }
  }
  for (const service of services.filter((candidate) => !claimed.has(candidate))) {
    add(serviceDomains(service.host, proxy.namespace, model.clusterDomain), { lines: [], service });
  }
  return hosts;
}

/** Routes of the Gateway API count in the namespace of the Service for everybody, in others for callers of that namespace alone. */
function mayRoute(virtualService: EffectiveVirtualService, service: RegistryService, proxy: Proxy): boolean {
  return [service.namespace, proxy.namespace].includes(virtualService.namespace);
}

function matchesRegistry(host: string, serviceHost: string): boolean {
  return (isWildcard(host) || isWildcard(serviceHost)) && overlaps(host, serviceHost);
}

/** Services that a VirtualService routes for; of several wildcards that cover one, the most specific VirtualService has it. */
function matchedServices(
  virtualService: EffectiveVirtualService,
  all: readonly EffectiveVirtualService[],
  services: readonly RegistryService[],
  byHost: ReadonlyMap<string, RegistryService>,
): { services: RegistryService[]; otherHosts: string[] } {
  const found = new Set<RegistryService>();
  const otherHosts: string[] = [];
  for (const host of virtualService.hosts.map((name) => name.toLowerCase())) {
    if (!isWildcard(host)) {
      const service = byHost.get(host);
      if (service) {
        found.add(service);
      } else {
        otherHosts.push(host);
      }
      continue;
    }
    const covered = virtualService.gatewayApi ? [] : services.filter((service) => overlaps(service.host, host));
    covered.filter((service) => ownerOf(service, all) === virtualService).forEach((service) => found.add(service));
    if (covered.length === 0) {
      otherHosts.push(host);
    }
  }
  return { services: [...found], otherHosts };
}

function ownerOf(service: RegistryService, all: readonly EffectiveVirtualService[]): EffectiveVirtualService | undefined {
  const host = mostSpecific(
    service.host,
    all.flatMap((virtualService) => virtualService.hosts),
  );
  return all.find((virtualService) => host !== undefined && virtualService.hosts.includes(host));
}

/** Virtual hosts of a gateway for the servers of one listener. VirtualServices that share a host share a table; what takes everything goes last. */
export function gatewayVirtualHosts(model: MeshModel, proxy: Proxy, servers: readonly PlacedServer[]): VirtualHost[] {
  const tables = new Map<string, { lines: RouteLine[]; requireTls: boolean }>();
  for (const { server, gateway, namespace } of servers) {
    for (const virtualService of visibleVirtualServices(model, gateway, proxy.namespace)) {
      const lines = linesOf(virtualService, proxy, server.port.number, gateway);
      if (lines.length === 0) {
        continue;
      }
      for (const host of intersection(hostsForNamespace(server.hosts, virtualService.namespace, namespace), virtualService.hosts)) {
        const table = tables.get(host.toLowerCase()) ?? { lines: [], requireTls: false };
        table.lines.push(...lines);
        table.requireTls ||= server.tls?.httpsRedirect ?? false;
        tables.set(host.toLowerCase(), table);
      }
    }
    if (server.tls?.httpsRedirect) {
      for (const host of server.hosts.map((entry) => entry.slice(entry.indexOf('/') + 1).toLowerCase())) {
        tables.set(host, { lines: tables.get(host)?.lines ?? [], requireTls: true });
      }
    }
  }
  return [...tables].map(([host, { lines, requireTls }]) => ({
    domains: [host],
    lines: [...lines.filter((line) => !isCatchAll(line.match)), ...lines.filter((line) => isCatchAll(line.match))],
    requireTls,
  }));
}

/** The virtual host for a Host header: an exact domain, else the longest wildcard. */
export function virtualHostFor(hosts: readonly VirtualHost[], authority: string): VirtualHost | undefined {
  const domain = hosts
    .flatMap((host) => host.domains)
    .filter((candidate) => isSubsetOf(authority, candidate))
    .sort(bySpecificity)[0];
  return domain === undefined ? undefined : hosts.find((host) => host.domains.includes(domain));
}

/** Place of a line in its object. */
export function fieldOf(line: RouteLine): string {
  return line.matchIndex === undefined || line.placed.merged ? line.placed.field : `${line.placed.field}.match[${line.matchIndex}]`;
}
