import { Construct } from 'constructs';
import type { IstioObjectProps } from '../istio/istio-object';
import { Problem, throwOnProblems } from '../validation';
import { GatewayApiObject } from './gateway-api-object';
import { GATEWAY, GatewayListeners, GatewaySpec } from './generated/gateway';

/** Port 443 of a gateway. */
export interface ListenerTls {
  /** Secrets with `tls.crt` and `tls.key`; one of another namespace needs a {@link ReferenceGrant} there. @default none: TLS passes through */
  readonly certificates?: readonly (string | { readonly name: string; readonly namespace: string })[];
}

/** Routes of which namespaces may attach. */
export type AllowedNamespaces = 'Same' | 'All' | { readonly labels: Readonly<Record<string, string>> };

export interface KubernetesGatewayProps extends IstioObjectProps<GatewaySpec> {
  /** Host names, each a listener; `*.example.com` stands for one label more. @default every host */
  readonly hosts?: readonly string[];
  /** @default none: plain HTTP on port 80 alone */
  readonly tls?: ListenerTls;
  /** @default 'Same' */
  readonly routesFrom?: AllowedNamespaces;
  /** Who makes the gateway real. @default 'istio': a Deployment and a Service in this namespace */
  readonly gatewayClass?: string;
}

/**
 * A gateway by the Kubernetes Gateway API. Istio makes the pods and the Service for it, named `<name>-<class>`.
 * @see https://istio.io/latest/docs/tasks/traffic-management/ingress/gateway-api/
 */
export class KubernetesGateway extends GatewayApiObject<GatewaySpec> {
  /** Service that Istio makes, in the gateway's namespace. */
  readonly serviceName: string;
  private readonly gatewayClass: string;
  private readonly routesFrom: AllowedNamespaces;
  private readonly listeners: GatewayListeners[] = [];

  /** @throws ProblemError where TLS names no certificate and no host: what passes through is told apart by host */
  constructor(scope: Construct, id: string, props: KubernetesGatewayProps) {
    super(scope, id, GATEWAY, props);
    throwOnProblems(
      `${this.node.path} cannot be created:`,
      props.tls && !props.tls.certificates && !props.hosts
        ? [{ at: this.at('hosts'), rule: 'TLS that passes through is routed by host', mend: 'Give `hosts`, or `tls.certificates` to end TLS here' }]
        : [],
    );
    this.gatewayClass = props.gatewayClass ?? 'istio';
    this.routesFrom = props.routesFrom ?? 'Same';
    this.serviceName = `${this.name}-${this.gatewayClass}`;
    const hosts = props.hosts ?? [undefined];
    hosts.forEach((hostname, index) => {
      const suffix = hosts.length > 1 ? `-${index}` : '';
      this.addListener({ name: `http${suffix}`, port: 80, protocol: 'HTTP', hostname });
      if (props.tls) {
        this.addListener(tlsListener(suffix, hostname, props.tls));
      }
    });
  }

  /** Opens one more port, or the same one for another host. Without `allowedRoutes` it takes those of `routesFrom`. */
  addListener(listener: GatewayListeners): this {
    this.listeners.push({ allowedRoutes: { namespaces: allowed(this.routesFrom) }, ...listener });
    return this;
  }

  protected render(): GatewaySpec {
    return { gatewayClassName: this.gatewayClass, listeners: this.listeners };
  }

  protected override problems(): Problem[] {
    const names = this.spec.listeners.map(({ name }) => name);
    return names.flatMap((value, index) =>
      names.indexOf(value) === index
        ? []
        : [{ at: this.at(`listeners[${index}].name`), value, rule: 'the listeners of a gateway have different names', mend: 'Give it another name' }],
    );
  }
}

function tlsListener(suffix: string, hostname: string | undefined, tls: ListenerTls): GatewayListeners {
  return tls.certificates
    ? {
        name: `https${suffix}`,
        port: 443,
        protocol: 'HTTPS',
        hostname,
        tls: { mode: 'Terminate', certificateRefs: tls.certificates.map((secret) => (typeof secret === 'string' ? { name: secret } : secret)) },
      }
    : { name: `tls${suffix}`, port: 443, protocol: 'TLS', hostname, tls: { mode: 'Passthrough' } };
}

function allowed(from: AllowedNamespaces): NonNullable<GatewayListeners['allowedRoutes']>['namespaces'] {
  return typeof from === 'string' ? { from } : { from: 'Selector', selector: { matchLabels: from.labels } };
}
