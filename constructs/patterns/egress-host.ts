import { TerraformStack } from 'cdktf';
import { Construct, IConstruct } from 'constructs';
import { serviceHost } from '../kubernetes/service';
import { IMesh, meshOf } from '../mesh/mesh';
import { DestinationRule } from '../traffic/destination-rule';
import { ExternalPort, ServiceEntry } from '../traffic/service-entry';
import { trafficPolicy } from '../traffic/traffic-policy';
import { UpstreamTls } from '../traffic/upstream-tls';
import { throwOnProblems } from '../validation';
import { egressProblems } from './egress-checks';
import { nameOfHost } from './egress-names';
import { EgressRoute } from './egress-route';
import { followStackOf, rulesOfHost } from './host-rules';

/**
 * How a host is called: `tls` by clients that speak TLS themselves, on port 443; `http` in plaintext, on port 80; `originate` in plaintext by
 * clients, on port 80, and in TLS from the proxy on, on port 443.
 */
export type EgressProtocol = 'tls' | 'http' | 'originate';

/** Settings of {@link EgressHost}. */
export interface EgressHostProps {
  /** Name of the host outside, such as `api.example.com`; a wildcard only where it is neither encrypted for nor sent through the gateway. */
  readonly host: string;
  /** Namespace of those who call it. */
  readonly namespace: string;
  /** How it is called; `tls` and `http` may be given together. @default 'tls' */
  readonly protocol?: EgressProtocol | readonly EgressProtocol[];
  /**
   * Sends the calls through the mesh's egress gateway. Several namespaces may send calls for one host through it: the first opens the gateway for the
   * host, the others use it.
   * @default false: straight out of the pod
   */
  readonly throughGateway?: boolean;
  /**
   * Namespaces whose pods may call it: `.` is its own, `*` every one. Not with `throughGateway`, where each namespace has an EgressHost.
   * @default ['.']
   * @see https://istio.io/latest/docs/reference/config/networking/service-entry/#ServiceEntry
   */
  readonly exportTo?: readonly string[];
  /**
   * Blocks that the host's addresses are in, for calls straight out: an {@link EgressLockdown} of the namespace lets pods reach them.
   * @default none
   */
  readonly addressBlocks?: readonly string[];
  /** Name of its objects, and with `egress-` in front of those at the gateway. @default the host with dashes for its dots */
  readonly name?: string;
  /** Mesh whose proxies call it. @default the mesh that the nearest scope above provides */
  readonly mesh?: IMesh;
}

const known = new WeakMap<IConstruct, EgressHost[]>();

/**
 * A way out to one host for the pods of a namespace, with Istio's metrics and policies on it.
 *
 * Proof: `curl -I http(s)://<host>` from a pod with a sidecar; with the gateway, the gateway's access log shows it.
 * @see https://istio.io/latest/docs/tasks/traffic-management/egress/
 */
export class EgressHost extends Construct {
  /** Every one of the program that this scope belongs to. */
  static all(scope: IConstruct): readonly EgressHost[] {
    return known.get(scope.node.root) ?? [];
  }

  /** Name of the host outside. */
  readonly host: string;
  /** Namespace of those who call it. */
  readonly namespace: string;
  /** How it is called. */
  readonly protocols: readonly EgressProtocol[];
  /** Whether calls leave by the mesh's egress gateway. */
  readonly throughGateway: boolean;
  /** Blocks that its addresses are in. */
  readonly addressBlocks: readonly string[];
  /** Namespaces whose pods may call it, as `exportTo` has them. */
  readonly exportTo: readonly string[];
  /** Mesh whose proxies call it. */
  readonly mesh?: IMesh;
  /** The host, as the mesh knows it. */
  readonly serviceEntry: ServiceEntry;
  /** The way through the gateway. */
  readonly route?: EgressRoute;

  /** @throws ProblemError where the host is none, the mesh has no egress gateway, or another EgressHost of the host stands against it */
  constructor(scope: Construct, id: string, props: EgressHostProps) {
    super(scope, id);
    this.host = props.host;
    this.namespace = props.namespace;
    this.protocols = [props.protocol ?? 'tls'].flat();
    this.throughGateway = props.throughGateway ?? false;
    this.addressBlocks = props.addressBlocks ?? [];
    this.exportTo = props.exportTo ?? ['.'];
    this.mesh = props.mesh ?? meshOf(this);
    const others = EgressHost.all(this).filter(({ host, mesh }) => host === this.host && mesh === this.mesh);
    throwOnProblems(`${this.node.path} cannot be created:`, egressProblems(this, props, others));
    const { host, namespace, mesh, protocols } = this;
    const name = props.name ?? nameOfHost(host, this.throughGateway);
    const opened = others.find((other) => this.throughGateway && other.throughGateway)?.route;
    const exportTo = this.visibleTo(opened);
    this.serviceEntry = new ServiceEntry(this, 'ServiceEntry', { name, namespace, mesh, hosts: [host], exportTo, ports: this.ports(opened) });
    if (protocols.includes('originate') && !opened) {
      new DestinationRule(this, 'Tls', {
        name: `${name}-tls`,
        namespace,
        mesh,
        host,
        trafficPolicy: trafficPolicy({ ports: { [this.throughGateway ? 443 : 80]: { tls: UpstreamTls.simple(host) } } }),
        spec: { exportTo },
      });
    }
    if (this.throughGateway && mesh?.egressGateway) {
      const gatewayRule = this.gatewayRule(mesh);
      this.route = new EgressRoute(this, 'Route', { name, host, namespace, protocols, mesh, gateway: mesh.egressGateway, gatewayRule, exportTo, opened });
    }
    known.set(this.node.root, [...EgressHost.all(this), this]);
  }

  private ports(opened: EgressRoute | undefined): (number | ExternalPort)[] {
    const encrypted: ExternalPort = { number: 443, protocol: 'HTTPS' };
    return this.protocols.flatMap((protocol): (number | ExternalPort)[] => {
      switch (protocol) {
        case 'tls':
          return [443];
        case 'http':
          return [80];
        case 'originate':
          // Straight out, the client's port is the one that turns into TLS; the gateway goes to the second by itself.
          return this.throughGateway ? [80, ...(opened ? [] : [encrypted])] : [{ number: 80, targetPort: 443 }, 443];
      }
    });
  }

  /** The gateway's pods need to see what they route, from the first namespace that opens the gateway for the host. */
  private visibleTo(opened: EgressRoute | undefined): readonly string[] {
    const gateway = this.throughGateway && !opened ? this.mesh?.egressGateway : undefined;
    return gateway && gateway.namespace !== this.namespace ? ['.', gateway.namespace] : this.exportTo;
  }

  /** Every host that leaves by the gateway adds its subset to the one rule that its namespace has for the gateway's Service. */
  private gatewayRule(mesh: IMesh): DestinationRule {
    const { namespace } = this;
    const gateway = mesh.egressGateway as NonNullable<IMesh['egressGateway']>;
    const host = serviceHost({ name: gateway.serviceName, namespace: gateway.namespace }, mesh.clusterDomain);
    const present = rulesOfHost(this, host, mesh).find((rule) => rule.namespace === namespace);
    if (present) {
      followStackOf(this, present);
      return present;
    }
    // In the stack, not here: it outlives the host that happened to come first.
    return new DestinationRule(TerraformStack.of(this), `EgressGateway-${namespace}`, { name: gateway.serviceName, namespace, mesh, host, spec: { exportTo: ['.'] } });
  }
}
