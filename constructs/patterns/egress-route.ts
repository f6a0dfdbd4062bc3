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

export interface EgressRouteProps {
  readonly name: string;
  readonly host: string;
  readonly namespace: string;
  readonly protocol: 'tls' | 'http' | 'originate';
  readonly mesh: IMesh;
  readonly gateway: MeshGateway;
  /** The DestinationRule of the gateway's Service. */
  readonly gatewayRule: DestinationRule;
}

/** Istio's name for the sidecars among the gateways of a route. */
const MESH = 'mesh';

/** The two hops of a call that leaves by the egress gateway: sidecar to gateway, with the mesh's identities, and gateway to host. */
export class EgressRoute extends Construct {
  constructor(scope: Construct, id: string, props: EgressRouteProps) {
    super(scope, id);
    const { name, host, namespace, mesh, gateway, gatewayRule } = props;
    const passesThrough = props.protocol === 'tls';
    const gatewayHost = serviceHost({ name: gateway.serviceName, namespace: gateway.namespace }, mesh.clusterDomain);
    // Each host has its subset, for the name that is asked for in TLS: by it the gateway tells the hosts apart.
    gatewayRule.addSubset({
      name,
      ...(!passesThrough && {
        trafficPolicy: { portLevelSettings: [{ port: { number: 80 }, tls: { ...UpstreamTls.istioMutual().toSpec(), sni: host } }] },
      }),
    });
    const server: GatewayServers = passesThrough
      ? { port: { number: 443, name: `tls-${name}`, protocol: 'TLS' }, hosts: [host], tls: { mode: 'PASSTHROUGH' } }
      : { port: { number: 80, name: `https-${name}`, protocol: 'HTTPS' }, hosts: [host], tls: { mode: 'ISTIO_MUTUAL' } };
    const exit = new Gateway(this, 'Gateway', { name: `egress-${name}`, namespace, mesh, gateway, spec: { servers: [server] } });
    const exitName = exit.name;
    const route = new VirtualService(this, 'VirtualService', { name: exitName, namespace, mesh, hosts: [host], gateways: [MESH, exit] });
    if (passesThrough) {
      const hop = (from: string, to: Destination): unknown => route.addTlsRoute({ sniHosts: [host], match: { gateways: [from], port: 443 }, to });
      hop(MESH, Destination.host(gatewayHost, { version: name, port: 443 }));
      hop(exitName, Destination.host(host, { port: 443 }));
      return;
    }
    route.addRoute({ match: Match.raw({ gateways: [MESH], port: 80 }), to: Destination.host(gatewayHost, { version: name, port: 80 }) });
    const port = props.protocol === 'originate' ? 443 : 80;
    route.addRoute({ match: Match.raw({ gateways: [exitName], port: 80 }), to: Destination.host(host, { port }) });
  }
}
