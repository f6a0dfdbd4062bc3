import { Construct } from 'constructs';
import type { GatewayServers } from '../istio/generated/gateway';
import { serviceHost } from '../kubernetes/service';
import type { IMesh, MeshGateway } from '../mesh/mesh';
import type { DestinationRule } from '../traffic/destination-rule';
import { Destination } from '../traffic/destination';
import { Gateway } from '../traffic/gateway';
import { Match } from '../traffic/match';
import { UpstreamTls } from '../traffic/upstream-tls';
import { VirtualService } from '../traffic/virtual-service';
import type { EgressProtocol } from './egress-host';
import { followStackOf } from './host-rules';

export interface EgressRouteProps {
  /** Name of the subset, and with `egress-` in front of the VirtualService and the Gateway. */
  readonly name: string;
  /** Host outside that is called. */
  readonly host: string;
  /** Namespace of those who call it. */
  readonly namespace: string;
  /** How it is called. */
  readonly protocols: readonly EgressProtocol[];
  /** Mesh of the callers and the gateway. */
  readonly mesh: IMesh;
  /** Egress gateway that the calls leave by. */
  readonly gateway: MeshGateway;
  /** The DestinationRule that the callers' namespace has for the gateway's Service. */
  readonly gatewayRule: DestinationRule;
  /** Namespaces that see the VirtualService. */
  readonly exportTo: readonly string[];
  /** Route of another namespace that has opened the gateway for the host. @default none: it is opened here */
  readonly opened?: EgressRoute;
}

/** Istio's name for the sidecars among the gateways of a route. */
const MESH = 'mesh';
const TLS = 443;
const PLAIN = 80;

/**
 * The two hops of a call that leaves by the egress gateway: sidecar to gateway, with the mesh's identities, and gateway to host. The second is there
 * once for each host, since a gateway has one server for a name and a port.
 */
export class EgressRoute extends Construct {
  constructor(scope: Construct, id: string, props: EgressRouteProps) {
    super(scope, id);
    const { name, host, namespace, mesh, gateway, protocols, exportTo, opened } = props;
    const passes = protocols.includes('tls');
    const inside = protocols.find((protocol) => protocol !== 'tls');
    // Each host has its subset, for the name that is asked for in TLS: by it the gateway tells the hosts apart.
    props.gatewayRule.addSubset({
      name,
      ...(inside && {
        trafficPolicy: { portLevelSettings: [{ port: { number: PLAIN }, tls: { ...UpstreamTls.istioMutual().toSpec(), sni: host } }] },
      }),
    });
    const servers: GatewayServers[] = [
      ...(passes ? [{ port: { number: TLS, name: `tls-${name}`, protocol: 'TLS' }, hosts: [host], tls: { mode: 'PASSTHROUGH' as const } }] : []),
      ...(inside ? [{ port: { number: PLAIN, name: `https-${name}`, protocol: 'HTTPS' }, hosts: [host], tls: { mode: 'ISTIO_MUTUAL' as const } }] : []),
    ];
    const exitName = `egress-${name}`;
    const exit = opened ? undefined : new Gateway(this, 'Gateway', { name: exitName, namespace, mesh, gateway, spec: { servers } });
    const route = new VirtualService(this, 'VirtualService', {
      ...{ name: exitName, namespace, mesh, hosts: [host], gateways: exit ? [MESH, exit] : [MESH] },
      spec: { exportTo },
    });
    if (opened) {
      // Calls go through the gateway that it opens.
      followStackOf(this, opened);
    }
    const gatewayHost = serviceHost({ name: gateway.serviceName, namespace: gateway.namespace }, mesh.clusterDomain);
    const hop = (from: string, port: number, to: Destination): unknown =>
      port === TLS
        ? route.addTlsRoute({ sniHosts: [host], match: { gateways: [from], port }, to })
        : route.addRoute({ match: Match.raw({ gateways: [from], port }), to });
    for (const port of [...(passes ? [TLS] : []), ...(inside ? [PLAIN] : [])]) {
      hop(MESH, port, Destination.host(gatewayHost, { version: name, port }));
      if (exit) {
        hop(exit.name, port, Destination.host(host, { port: inside === 'originate' ? TLS : port }));
      }
    }
  }
}
