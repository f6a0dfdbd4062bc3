import type { GatewayServers, GatewaySpec } from '../../istio/generated';
import { gatewayApiOf } from '../gateway-api/translate';
import type { MeshModel } from '../mesh-model';
import { AnyObject, namespaceOf } from '../object';
import type { Proxy } from './proxy';
import { byAge } from './virtual-services';

/** A server of a Gateway object, or of a listener of the Gateway API. */
export interface PlacedServer {
  readonly server: GatewayServers;
  /** `namespace/name` of its Gateway, as routes bind to it. */
  readonly gateway: string;
  readonly namespace: string;
  readonly object: AnyObject;
  readonly field: string;
}

/** Label that istiod puts on the pods that it makes for a Gateway of the Gateway API. */
export const GATEWAY_NAME = 'gateway.networking.k8s.io/gateway-name';

/** Servers of all Gateways that a gateway's pods have, without those that contradict an elder one. */
export function serversOf(model: MeshModel, proxy: Proxy): PlacedServer[] {
  const own = model
    .ofKind<GatewaySpec>('networking.istio.io', 'Gateway')
    .filter((gateway) => Object.entries(gateway.spec?.selector ?? {}).every(([label, value]) => proxy.labels[label] === value))
    .map((gateway) => ({
      age: gateway,
      servers: (gateway.spec?.servers ?? []).map((server, index): PlacedServer => ({
        server,
        gateway: `${namespaceOf(gateway)}/${gateway.metadata.name}`,
        namespace: namespaceOf(gateway),
        object: gateway,
        field: `servers[${index}]`,
      })),
    }));
  const ofApi = gatewayApiOf(model)
    .listeners.filter(({ gateway }) => isPodsOf(model, gateway, proxy))
    .map(({ gateway, internalName, server, field }) => ({
      age: { ...gateway, metadata: { ...gateway.metadata, name: internalName.slice(internalName.indexOf('/') + 1) } },
      servers: [{ server, gateway: internalName, namespace: namespaceOf(gateway), object: gateway, field }],
    }));
  return withoutConflicts([...own, ...ofApi].sort((a, b) => byAge(a.age, b.age)).flatMap(({ servers }) => servers));
}

interface ApiGateway extends AnyObject {
  readonly spec?: { readonly gatewayClassName?: string; readonly addresses?: readonly { readonly type?: string; readonly value?: string }[] };
}

/** Host of the Service before the pods of a Gateway of the Gateway API: its own, or one that its address names. */
export function serviceOfGateway(model: MeshModel, gateway: AnyObject): string {
  const { metadata, spec } = gateway as ApiGateway;
  const made = metadata.annotations?.['gateway.istio.io/name-override'] ?? `${metadata.name}-${spec?.gatewayClassName ?? ''}`;
  const name = isManaged(gateway) ? made : (spec?.addresses?.[0]?.value ?? '');
  return name.includes('.') ? name : `${name}.${namespaceOf(gateway)}.svc.${model.clusterDomain}`;
}

/** Whether istiod makes the pods of a Gateway of the Gateway API itself. */
export function isManaged(gateway: AnyObject): boolean {
  return (gateway as ApiGateway).spec?.addresses?.[0]?.type !== 'Hostname';
}

function isPodsOf(model: MeshModel, gateway: AnyObject, proxy: Proxy): boolean {
  if (isManaged(gateway)) {
    return proxy.namespace === namespaceOf(gateway) && proxy.labels[GATEWAY_NAME] === gateway.metadata.name;
  }
  const host = serviceOfGateway(model, gateway);
  const service = model.services.find((candidate) => candidate.host === host);
  const offered = model.context.gateways?.find(({ serviceName, namespace }) => host === `${serviceName}.${namespace}.svc.${model.clusterDomain}`);
  const selector = service?.selector ?? offered?.labels;
  return selector !== undefined && host.split('.')[1] === proxy.namespace && Object.entries(selector).every(([label, value]) => proxy.labels[label] === value);
}

/** Whether a server speaks HTTP without TLS. */
export function isPlainHttp({ server }: PlacedServer): boolean {
  return ['HTTP', 'HTTP2', 'GRPC', 'GRPC-WEB', 'HTTP_PROXY'].includes(server.port.protocol.toUpperCase());
}

/** Whether clients start TLS with a server. */
export function isTls(placed: PlacedServer): boolean {
  return placed.server.tls !== undefined && !isPlainHttp(placed);
}

/** Whether TLS goes through a server unread. */
export function isPassthrough({ server }: PlacedServer): boolean {
  return server.tls?.mode === 'PASSTHROUGH' || server.tls?.mode === 'AUTO_PASSTHROUGH';
}

/** Names in a handshake that a server answers. */
export function sniHosts({ server }: PlacedServer): string[] {
  return server.hosts.map((entry) => entry.slice(entry.indexOf('/') + 1).toLowerCase());
}

/**
 * Of plaintext servers of one port the eldest decides whether they speak HTTP or TCP. TLS servers stay that are elder than it: one listener has the
 * filter chains of both. Of hosts that several TLS servers name the eldest has them.
 * @see https://github.com/istio/istio/blob/1.29.1/pilot/pkg/model/gateway.go mergeGateways
 */
function withoutConflicts(placed: readonly PlacedServer[]): PlacedServer[] {
  const kept: PlacedServer[] = [];
  const named = new Set<string>();
  for (const candidate of placed) {
    const { server, namespace } = candidate;
    const { number } = server.port;
    const plain = kept.find((other) => other.server.port.number === number && !isTls(other));
    const clashes = plain !== undefined && !(isPlainHttp(plain) && isPlainHttp(candidate));
    const hosts = server.tls ? server.hosts.map((entry) => `${number} ${entry.replace(/^\*\//, '').replace(/^\.\//, `${namespace}/`)}`) : [];
    if (hosts.some((host) => named.has(host))) {
      continue;
    }
    hosts.forEach((host) => named.add(host));
    if (!clashes) {
      kept.push(candidate);
    }
  }
  return kept;
}
