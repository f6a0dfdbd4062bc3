import type { GatewaySpec } from '../../istio/generated/gateway';
import type { VirtualServiceSpec } from '../../istio/generated/virtual-service';
import { ModelObject, namespaceOf } from '../../model/object';
import { child } from '../istio/finding';
import { hostsOverlap } from '../istio/rules/names';
import { fullName, groupBy, NETWORKING, Scope, showLabels } from './scope';

type VirtualService = ModelObject<VirtualServiceSpec>;
type Gateway = ModelObject<GatewaySpec>;
type Server = NonNullable<GatewaySpec['servers']>[number];
type HttpRoute = NonNullable<VirtualServiceSpec['http']>[number];

const SEE = 'https://istio.io/latest/docs/reference/config/networking/virtual-service/';
const SEE_SPLIT = 'https://istio.io/latest/docs/ops/best-practices/traffic-management/#split-virtual-services';
const SEE_GATEWAY = 'https://istio.io/latest/docs/reference/config/networking/gateway/';
const PLAIN = ['HTTP', 'HTTP2', 'GRPC', 'GRPC-WEB'];

/** Routes and servers that no request gets to, though each object by itself is sound. */
export function analyzeUnreached(scope: Scope): void {
  const gateways = scope.model.ofKind<GatewaySpec>(NETWORKING, 'Gateway');
  const byName = new Map(gateways.map((gateway) => [fullName(gateway), gateway]));
  const services = scope.model.ofKind<VirtualServiceSpec>(NETWORKING, 'VirtualService');
  for (const service of services) {
    checkMatches(scope, service);
    checkProtocol(scope, service, byName);
    checkDelegates(scope, service, services);
  }
  checkCatchAlls(scope, services);
  checkPorts(scope, gateways);
}

/** Matches for a gateway that the VirtualService is not for. */
function checkMatches(scope: Scope, service: VirtualService): void {
  const { spec } = service;
  // A delegate is for the gateways of whoever delegates to it.
  if ((spec?.hosts ?? []).length === 0) {
    return;
  }
  const own = new Set(gatewaysOf(service));
  for (const list of ['http', 'tls', 'tcp'] as const) {
    (spec?.[list] ?? []).forEach((route, index) => {
      const matches: readonly { readonly gateways?: readonly string[] }[] = route.match ?? [];
      const idle = matches.filter(({ gateways = [] }) => gateways.length > 0 && !gateways.some((name) => own.has(fullGateway(name, service))));
      if (matches.length > 0 && idle.length === matches.length) {
        scope.add('AI2044', 'warning', service, `spec.${list}[${index}].match`, {
          value: idle.flatMap(({ gateways }) => gateways),
          rule: `no request gets here: the VirtualService is for ${[...own].join(', ')} only`,
          mend: 'Add the gateway to `spec.gateways`, or drop it from the match',
          see: SEE,
        });
      }
    });
  }
}

function fullGateway(name: string, service: VirtualService): string {
  return name === 'mesh' || name.includes('/') ? name : `${namespaceOf(service)}/${name}`;
}

function gatewaysOf(service: VirtualService): string[] {
  const names = service.spec?.gateways ?? [];
  return names.length === 0 ? ['mesh'] : names.map((name) => fullGateway(name, service));
}

/** Routes of HTTP at a gateway that never sees the HTTP of these hosts. */
function checkProtocol(scope: Scope, service: VirtualService, byName: ReadonlyMap<string, Gateway>): void {
  const { spec } = service;
  const gateways = gatewaysOf(service).map((name) => byName.get(name));
  if ((spec?.http ?? []).length === 0 || gateways.includes(undefined)) {
    return;
  }
  const ofGateways = gateways.flatMap((gateway) => gateway?.spec?.servers ?? []);
  const servers = ofGateways.filter(({ hosts = [] }) => hosts.some((host) => takes(host, spec?.hosts ?? [])));
  if (servers.length > 0 && !servers.some(endsHttp)) {
    scope.add('AI2045', 'warning', service, 'spec.http', {
      value: servers.map(({ port, tls }) => `${port?.protocol ?? ''}${tls?.mode ? ` ${tls.mode}` : ''}`),
      rule: 'the servers of the gateway for these hosts pass bytes on and see no HTTP, so no request gets to these routes',
      mend: 'Write routes in `tls` or `tcp`, or give the server protocol HTTPS with a mode that ends TLS',
      see: SEE_GATEWAY,
    });
  }
}

function takes(host: string, hosts: readonly string[]): boolean {
  return hosts.some((other) => hostsOverlap(host.slice(host.indexOf('/') + 1), other));
}

function endsHttp({ port, tls }: Server): boolean {
  const protocol = (port?.protocol ?? '').toUpperCase();
  return PLAIN.includes(protocol) || (protocol === 'HTTPS' && !/PASSTHROUGH$/.test(tls?.mode ?? ''));
}

/** Routes that are handed to a VirtualService that is not there: istiod leaves them out. */
function checkDelegates(scope: Scope, service: VirtualService, services: readonly VirtualService[]): void {
  (service.spec?.http ?? []).forEach(({ delegate }, index) => {
    if (!delegate?.name) {
      return;
    }
    const namespace = delegate.namespace || namespaceOf(service);
    const found = services.find((other) => fullName(other) === `${namespace}/${delegate.name}`);
    const others = services.some((other) => other !== service && namespaceOf(other) === namespace);
    if (!found && (scope.knowledge.whole || others)) {
      scope.add('AI2046', 'warning', service, child(`spec.http[${index}]`, 'delegate'), {
        value: `${namespace}/${delegate.name}`,
        rule: 'there is no such VirtualService, so the route is left out',
        mend: 'Correct the name or the namespace, or add the VirtualService',
        see: `${SEE}#Delegate`,
      });
    }
  });
}

/** VirtualServices of one host at one gateway are joined; what comes behind the route for everything gets nothing. */
function checkCatchAlls(scope: Scope, services: readonly VirtualService[]): void {
  const first = new Map<string, VirtualService>();
  for (const service of services.filter(({ spec }) => (spec?.http ?? []).some(takesEverything))) {
    const keys = gatewaysOf(service)
      .filter((gateway) => gateway !== 'mesh')
      .flatMap((gateway) => (service.spec?.hosts ?? []).map((host) => `${gateway} ${host}`));
    const earlier = keys.map((key) => first.get(key)).find((found) => found !== undefined);
    if (earlier) {
      scope.add('AI2047', 'warning', service, 'spec.hosts', {
        value: service.spec?.hosts,
        rule: `${fullName(earlier)} has a route for every request to this host at this gateway too: the older of the two takes them all`,
        mend: 'Keep one such route, and let the others match something',
        see: SEE_SPLIT,
      });
    }
    keys.forEach((key) => first.set(key, first.get(key) ?? service));
  }
}

function takesEverything({ match = [] }: HttpRoute): boolean {
  return match.length === 0 || match.some((one) => one.uri?.prefix === '/' && Object.keys(one).every((name) => name === 'uri' || name === 'name'));
}

/** Ports that one server has for HTTP and another for TLS or TCP: only the first of them is served. */
function checkPorts(scope: Scope, gateways: readonly Gateway[]): void {
  const servers = gateways.flatMap((gateway) => (gateway.spec?.servers ?? []).map((server, index) => ({ gateway, server, index })));
  const placed = servers.filter(({ server }) => server.port?.number !== undefined && server.port.protocol !== undefined);
  const key = ({ gateway, server }: (typeof placed)[number]): string =>
    `${showLabels(Object.fromEntries(Object.entries(gateway.spec?.selector ?? {}).sort()))} ${server.bind ?? ''} ${server.port?.number}`;
  for (const [first, ...others] of groupBy(placed, key).values()) {
    for (const { gateway, server, index } of others) {
      if (familyOf(server) !== familyOf(first!.server)) {
        const { protocol } = first!.server.port!;
        scope.add('AI2048', 'warning', gateway, `spec.servers[${index}].port.protocol`, {
          value: server.port?.protocol,
          rule: `${fullName(first!.gateway)} has this port of the same pods for ${protocol}, and a port speaks one of the two: the older is kept`,
          mend: 'Give one of them another port',
          see: SEE_GATEWAY,
        });
      }
    }
  }
}

function familyOf({ port }: Server): string {
  const protocol = (port?.protocol ?? '').toUpperCase();
  return PLAIN.includes(protocol) ? 'HTTP' : protocol === 'HTTPS' || protocol === 'TLS' ? 'TLS' : 'TCP';
}
