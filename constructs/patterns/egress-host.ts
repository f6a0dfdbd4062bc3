import { TerraformStack, Token } from 'cdktf';
import { Construct } from 'constructs';
import { serviceHost } from '../kubernetes/service';
import { IMesh, meshOf } from '../mesh/mesh';
import { DestinationRule } from '../traffic/destination-rule';
import { ServiceEntry } from '../traffic/service-entry';
import { trafficPolicy } from '../traffic/traffic-policy';
import { UpstreamTls } from '../traffic/upstream-tls';
import { Problem, throwOnProblems } from '../validation';
import { EgressRoute } from './egress-route';

export interface EgressHostProps {
  /** Name of the host outside, such as `api.example.com`; a wildcard only where it is neither encrypted for nor sent through the gateway. */
  readonly host: string;
  /** Namespace of those who call it. */
  readonly namespace: string;
  /**
   * How it is called: `tls` by clients that speak TLS themselves, `http` in plaintext, `originate` in plaintext by clients, on port 80, and in TLS
   * from the proxy on, on port 443.
   * @default 'tls'
   */
  readonly protocol?: 'tls' | 'http' | 'originate';
  /** Sends the calls through the mesh's egress gateway. @default false: straight out of the pod */
  readonly throughGateway?: boolean;
  /** @default the mesh that the nearest scope above provides */
  readonly mesh?: IMesh;
}

/**
 * A way out to one host, with Istio's metrics and policies on it.
 *
 * Proof: `curl -I http(s)://<host>` from a pod with a sidecar; with the gateway, the gateway's access log shows it.
 * @see https://istio.io/latest/docs/tasks/traffic-management/egress/
 */
export class EgressHost extends Construct {
  readonly serviceEntry: ServiceEntry;
  readonly route?: EgressRoute;

  /** @throws ProblemError where the mesh has no egress gateway, or a wildcard needs an address */
  constructor(scope: Construct, id: string, props: EgressHostProps) {
    super(scope, id);
    const { host, namespace } = props;
    const protocol = props.protocol ?? 'tls';
    const mesh = props.mesh ?? meshOf(this);
    throwOnProblems(`${this.node.path} cannot be created:`, [...this.gatewayProblems(props, mesh), ...this.wildcardProblems(props, protocol)]);
    const name = host.replace('*', 'any').replaceAll('.', '-');
    const through = props.throughGateway ?? false;
    this.serviceEntry = new ServiceEntry(this, 'ServiceEntry', {
      name,
      namespace,
      mesh,
      hosts: [host],
      ports: {
        tls: [443],
        http: [80],
        // Straight out, the client's port is the one that turns into TLS; the gateway goes to the second by itself.
        originate: through ? [80, { number: 443, protocol: 'HTTPS' as const }] : [{ number: 80, targetPort: 443 }, 443],
      }[protocol],
    });
    if (protocol === 'originate') {
      new DestinationRule(this, 'Tls', {
        name: `${name}-tls`,
        namespace,
        mesh,
        host,
        trafficPolicy: trafficPolicy({ ports: { [through ? 443 : 80]: { tls: UpstreamTls.simple(host) } } }),
      });
    }
    if (through && mesh?.egressGateway) {
      const gatewayRule = this.gatewayRule(namespace, mesh);
      this.route = new EgressRoute(this, 'Route', { name, host, namespace, protocol, mesh, gateway: mesh.egressGateway, gatewayRule });
    }
  }

  /** Every host that leaves by the gateway adds its subset to the one rule for the gateway's Service. */
  private gatewayRule(namespace: string, mesh: IMesh): DestinationRule {
    const gateway = mesh.egressGateway as NonNullable<IMesh['egressGateway']>;
    const host = serviceHost({ name: gateway.serviceName, namespace: gateway.namespace }, mesh.clusterDomain);
    const stack = TerraformStack.of(this);
    const known = DestinationRule.forHost(this, host).find((rule) => TerraformStack.of(rule) === stack && rule.namespace === namespace);
    // In the stack, not here: it outlives the host that happened to come first.
    return known ?? new DestinationRule(stack, `EgressGateway-${namespace}`, { name: gateway.serviceName, namespace, mesh, host });
  }

  private gatewayProblems(props: EgressHostProps, mesh: IMesh | undefined): Problem[] {
    if (!props.throughGateway || !mesh || mesh.egressGateway) {
      return [];
    }
    const missing = mesh.unsupported('EgressGateway');
    return [
      {
        at: `${this.node.path}: throughGateway`,
        rule: missing?.reason ?? 'this mesh has no egress gateway',
        mend: missing?.alternative ?? 'Give the mesh one, or let calls leave straight out of the pods',
        see: missing?.see,
      },
    ];
  }

  private wildcardProblems(props: EgressHostProps, protocol: string): Problem[] {
    const { host } = props;
    const needsName = protocol === 'originate' || props.throughGateway;
    return !Token.isUnresolved(host) && host.includes('*') && needsName
      ? [{ at: `${this.node.path}: host`, value: host, rule: 'a gateway or an encrypting proxy has to resolve the host itself', mend: 'Name each host' }]
      : [];
  }
}
