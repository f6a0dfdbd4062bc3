import type { Destination, Headers } from '../../istio/generated';
import type { MeshModel, ModelWorkload } from '../mesh-model';
import { authorize } from './authorization';
import type { Call } from './call';
import { destinationRuleFor, EffectiveDestinationRule, stickiness } from './destination-rules';
import { gatewayOfWorkload } from './gateway-proxy';
import { hopSecurity } from './hop-security';
import { withoutPort } from './hosts';
import { split } from './path';
import { replicasOf, workloadPort } from './pods';
import { isInjected } from './proxy';
import { Registry, RegistryPort, RegistryService } from './registry';
import { applyChanges, headerChanges } from './route-action';
import type { SimulatedRequest } from './request';
import { isReachable, Scope } from './sidecar-scope';
import { DestinationShare, HeaderChanges, HopSecurity, NO_CHANGES, NO_POLICY } from './simulation';
import { checkToken, Token, TokenCheck } from './tokens';

/** Everything about a request that its destinations may look at. */
export interface Delivery {
  readonly model: MeshModel;
  readonly request: SimulatedRequest;
  readonly call: Call;
  /** What the caller's sidecar knows; nothing at gateways and without a sidecar. */
  readonly scope?: Scope;
  /** After the route's own changes. */
  readonly path: string;
  readonly authority: string;
  readonly headerChanges: HeaderChanges;
  /** Headers of the request when routes look at it, with those that a gateway's tokens set. */
  readonly headers: Readonly<Record<string, string>>;
  readonly token?: Token;
  /** Whether the calling program speaks TLS that nobody has ended so far. */
  readonly encrypted: boolean;
  /** What the proxy answers where it has nothing to send to: 500 by routes of the Gateway API. @default 503 */
  readonly unresolved?: 500 | 503;
  /** The caller's proxy does not know the host, and passes the bytes on to the address that was called. @default false */
  readonly passthrough?: boolean;
}

/** Where a route sends some of its requests. */
export interface Target {
  readonly destination: Destination;
  /** Percent of the requests. */
  readonly percent: number;
  readonly headers?: Headers;
}

/** Percentages of the weights of a route. A single destination takes all, whatever its weight. */
export function targetsOf(routes: readonly { readonly destination: Destination; readonly weight?: number; readonly headers?: Headers }[]): Target[] {
  if (routes.length === 1) {
    return [{ ...routes[0], percent: 100 }];
  }
  const total = routes.reduce((sum, route) => sum + (route.weight ?? 0), 0);
  return routes.map((route) => ({ ...route, percent: (100 * (route.weight ?? 0)) / total })).filter((route) => route.percent > 0);
}

/** What becomes of the requests for one destination: one share a workload. */
export function deliver(delivery: Delivery, target: Target): DestinationShare[] {
  const { model, call } = delivery;
  const { host, subset: subsetName } = target.destination;
  const service = delivery.passthrough ? call.service : Registry.of(model).named(host, call.proxy.namespace);
  if (!service || (delivery.scope && !delivery.passthrough && !isReachable(delivery.scope, service))) {
    const why = host === '' ? 'the backend is none that the route may use' : `${host} is no host that the caller's proxy knows`;
    return [lost(delivery, target, undefined, why, delivery.unresolved)];
  }
  const number = target.destination.port?.number ?? (service.ports.length === 1 ? service.ports[0].number : call.resolved.port);
  const port = service.ports.find((candidate) => candidate.number === number);
  if (!port) {
    return [lost(delivery, target, number, `${host} has no port ${number}`, delivery.unresolved)];
  }
  const rule = call.proxy.kind === 'none' || delivery.passthrough ? undefined : destinationRuleFor(model, service, call.proxy);
  const subset = rule?.subsets.find((candidate) => candidate.subset.name === subsetName);
  if (subsetName && !subset) {
    return [lost(delivery, target, number, `no DestinationRule that the caller sees defines the subset ${subsetName} of ${service.host}`)];
  }
  // Callers of a headless Service have a pod's address, where sidecars send the request whatever the route says.
  const addressed = isAddressed(delivery, service);
  const labels = addressed ? {} : (subset?.subset.labels ?? {});
  const workloads = Registry.of(model).endpoints(addressed ? (call.service ?? service) : service, labels);
  if (workloads?.length === 0) {
    const which = subsetName
      ? `the labels of subset ${subsetName} (${showLabels(labels)})`
      : service.selector
        ? `the Service's selector (${showLabels(service.selector)})`
        : 'an address';
    return [lost(delivery, target, number, `no healthy upstream: no ${service.selector ? 'pod' : 'endpoint'} of ${service.host} has ${which}`)];
  }
  const headless = addressed ? { allInjected: (workloads ?? []).every((workload) => isInjected(model, workload)) } : undefined;
  const place = { delivery, target, service, port, rule, labels, headless };
  if (!workloads) {
    return [share(place, undefined, target.percent)];
  }
  const pods = workloads.reduce((sum, workload) => sum + replicasOf(workload), 0);
  return workloads.map((workload) => share(place, workload, (target.percent * replicasOf(workload)) / pods));
}

/** Whether a sidecar sends requests for a Service to the address that the client called. */
function isAddressed({ call }: Delivery, service: RegistryService): boolean {
  return call.proxy.kind === 'sidecar' && service.headless === true;
}

/** What to know of destinations whose routes choose nothing. */
export function headlessNote(delivery: Delivery, targets: readonly Target[]): string | undefined {
  const { model, call } = delivery;
  const found = targets
    .map(({ destination }) => Registry.of(model).named(destination.host, call.proxy.namespace))
    .find((service) => service !== undefined && isAddressed(delivery, service));
  return found && `${found.host} is headless: a sidecar sends a request to the pod whose address the client called, whatever subsets and weights say`;
}

/** What keeps a client at one workload, for a destination. */
export function stickyBy(delivery: Delivery, destination: Destination): string | undefined {
  const service = Registry.of(delivery.model).find(destination.host, delivery.call.proxy.namespace);
  return service && stickiness(destinationRuleFor(delivery.model, service, delivery.call.proxy), destination.subset);
}

/** What to know of shares where clients stick to a workload. */
export function stickyNote(by: string): string {
  return `a client sticks to one pod by ${by}: the shares hold over many clients`;
}

interface Place {
  readonly delivery: Delivery;
  readonly target: Target;
  readonly service: RegistryService;
  readonly port: RegistryPort;
  readonly rule?: EffectiveDestinationRule;
  readonly labels: Readonly<Record<string, string>>;
  readonly headless?: { readonly allInjected: boolean };
}

function share(place: Place, workload: ModelWorkload | undefined, percent: number): DestinationShare {
  const { delivery, target, service, port, rule } = place;
  const { model, call, request } = delivery;
  const pods = { namespace: workload?.namespace ?? service.namespace, labels: workload?.labels ?? { ...service.selector, ...place.labels } };
  // Pods that the model does not hold are taken to be in the mesh, unless the host lies outside it.
  const gateway = workload !== undefined && gatewayOfWorkload(model, workload) !== undefined;
  const injected = !gateway && (workload ? isInjected(model, workload) : !service.external);
  const mtls = hopSecurity(model, {
    client: call.proxy,
    target: pods,
    injected,
    servicePort: port.number,
    workloadPort: workloadPort(port, workload),
    external: service.external,
    gateway,
    authority: call.resolved.protocol === 'http' ? withoutPort(delivery.authority) : undefined,
    http: port.protocol !== 'tcp',
    httpOnly: port.protocol === 'http',
    encrypted: delivery.encrypted,
    headless: place.headless,
    passthrough: delivery.passthrough,
    rule,
    subset: target.destination.subset,
  });
  const changes = headerChanges(target.headers);
  const version = pods.labels.version ?? target.destination.subset ?? service.name;
  const base = { host: service.host, port: port.number, subset: target.destination.subset, version, percent, workload, mtls };
  const changed = target.headers ? { headers: changes } : {};
  if (!mtls.accepted) {
    const status = call.proxy.kind === 'none' || call.resolved.protocol === 'tcp' ? undefined : 503;
    return { ...base, ...changed, routable: true, reached: false, status, why: `the connection fails: ${mtls.why}`, policy: NO_POLICY };
  }
  const token: TokenCheck = injected ? checkToken(model, pods, delivery.token) : { forwarded: true, headers: NO_CHANGES };
  const sent = applyChanges(applyChanges(delivery.headers, delivery.headerChanges), changes.request);
  const headers = applyChanges(sent, token.headers);
  // The workload's proxy reads HTTP by the protocol of its own port, however the bytes came to it.
  const tcp = port.protocol === 'tcp' || (port.protocol === 'auto' && call.resolved.protocol === 'tcp');
  const inbound = {
    tcp,
    port: workloadPort(port, workload),
    identity: mtls.identity,
    path: split(delivery.path)[0],
    method: call.resolved.method,
    authority: delivery.authority,
    serverName: serverNameOf(place, mtls),
    headers,
    claims: token.claims,
    sourceIp: call.proxy.kind === 'gateway' ? undefined : request.sourceIp,
    remoteIp: request.sourceIp,
    trustDomain: model.trustDomain,
  };
  const policy = !injected
    ? { ...NO_POLICY, why: 'the workload has no sidecar that could ask a policy' }
    : (token.refused ?? authorize(model, pods, inbound, request.externalAuthorization ?? 'allow'));
  const denied = policy.verdict === 'deny';
  // A refused TCP connection is closed without an answer.
  const status = denied && !tcp ? policy.status : undefined;
  const arrival = { headers, token: delivery.token !== undefined && token.forwarded };
  return { ...base, ...changed, routable: true, reached: !denied, status, policy, ...(denied ? { why: policy.why } : { arrival }) };
}

/** Name in the handshake that the workload's proxy sees; proxies that start mutual TLS by themselves write the port and subset into it. */
function serverNameOf({ delivery, target, service, port }: Place, mtls: HopSecurity): string | undefined {
  if (mtls.client === 'plaintext') {
    return delivery.encrypted ? delivery.call.resolved.serverName : undefined;
  }
  return mtls.serverName ?? (mtls.client === 'mutual' ? `outbound_.${port.number}_.${target.destination.subset ?? ''}_.${service.host}` : undefined);
}

function lost(delivery: Delivery, target: Target, port: number | undefined, why: string, answer: 500 | 503 = 503): DestinationShare {
  const { host, subset } = target.destination;
  const status = delivery.call.resolved.protocol === 'http' ? answer : undefined;
  return {
    host,
    port,
    subset,
    version: subset ?? host.split('.')[0],
    percent: target.percent,
    routable: false,
    reached: false,
    status,
    why,
    policy: NO_POLICY,
  };
}

function showLabels(labels: Readonly<Record<string, string>>): string {
  return (
    Object.entries(labels)
      .map(([name, value]) => `${name}=${value}`)
      .join(', ') || 'none'
  );
}
