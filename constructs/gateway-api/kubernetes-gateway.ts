import type { Manifest } from '@cdktf/provider-kubernetes/lib/manifest';
import { NetworkPolicyV1 } from '@cdktf/provider-kubernetes/lib/network-policy-v1';
import { Lazy } from 'cdktf';
import { Construct } from 'constructs';
import type { PolicyTargetReference } from '../istio/generated/common';
import type { IstioObjectProps } from '../istio/istio-object';
import { featuresOfGatewayClass } from '../mesh/ambient';
import { IMesh, MeshFeature, meshOf } from '../mesh/mesh';
import { AuthorizationPolicy, Operation } from '../security/authorization-policy';
import type { Identity } from '../security/identity';
import { Redirect } from '../traffic/redirect';
import { Problem, throwOnProblems } from '../validation';
import { GatewayApiObject } from './gateway-api-object';
import { GATEWAY, GatewayListeners, GatewaySpec } from './generated/gateway';
import { HTTPRoute } from './http-route';

/** Port 443 of a gateway. */
export interface ListenerTls {
  /** Secrets with `tls.crt` and `tls.key`; one of another namespace needs a {@link ReferenceGrant} there. @default none: TLS passes through */
  readonly certificates?: readonly (string | { readonly name: string; readonly namespace: string })[];
  /** `SIMPLE` asks clients for nothing, `MUTUAL` for a certificate, signed by the `ca.crt` of the same Secret. @default 'SIMPLE' */
  readonly mode?: 'SIMPLE' | 'MUTUAL';
  /** Plain HTTP is answered with a redirect, and routes attach to the other listeners. @default true */
  readonly redirectHttp?: boolean;
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
  /** How its Service is exposed. @default 'LoadBalancer' where the cluster has load balancers, else 'NodePort' */
  readonly serviceType?: 'LoadBalancer' | 'NodePort' | 'ClusterIP';
  /** Whether a NetworkPolicy lets everybody reach its listeners: for namespaces that otherwise deny it by address. @default false */
  readonly networkPolicy?: boolean;
}

/** @see https://istio.io/latest/docs/reference/config/annotations/#NetworkingServiceType */
const SERVICE_TYPE = 'networking.istio.io/service-type';
/** @see https://istio.io/latest/docs/reference/config/labels/#IoIstioRev */
const REVISION = 'istio.io/rev';
/** Label of all that istiod makes for a gateway. */
const GATEWAY_NAME = 'gateway.networking.k8s.io/gateway-name';
/** Where the pods tell that they are ready, and their metrics. */
const PROXY_PORTS = [15020, 15021, 15090];
const TERMINATE_MODE = 'gateway.istio.io/tls-terminate-mode';

/**
 * A gateway by the Kubernetes Gateway API. Istio makes the pods and the Service for it, named `<name>-<class>`, and a ServiceAccount of that name,
 * which is the identity that policies of the services behind it allow.
 * @see https://istio.io/latest/docs/tasks/traffic-management/ingress/gateway-api/
 */
export class KubernetesGateway extends GatewayApiObject<GatewaySpec> implements Identity {
  /** Service that Istio makes, in the gateway's namespace. */
  readonly serviceName: string;
  /** What the gateway's pods run as. */
  readonly serviceAccountName: string;
  private readonly gatewayClass: string;
  private readonly routesFrom: AllowedNamespaces;
  private readonly listeners: GatewayListeners[] = [];
  private readonly redirecting: string[] = [];
  private requests?: AuthorizationPolicy;

  /** @throws ProblemError where TLS names no certificate and no host: what passes through is told apart by host */
  constructor(scope: Construct, id: string, props: KubernetesGatewayProps) {
    super(scope, id, GATEWAY, { ...props, ...metadataOf(props, props.mesh ?? meshOf(scope)) });
    throwOnProblems(`${this.node.path} cannot be created:`, this.tlsProblems(props));
    this.gatewayClass = props.gatewayClass ?? 'istio';
    this.routesFrom = props.routesFrom ?? 'Same';
    this.serviceName = `${this.name}-${this.gatewayClass}`;
    this.serviceAccountName = this.serviceName;
    const hosts = props.hosts ?? [undefined];
    hosts.forEach((hostname, index) => this.openFor(hostname, hosts.length > 1 ? `-${index}` : '', props.tls));
    if (this.redirecting.length > 0) {
      const parents = this.redirecting.map((listener) => ({ gateway: this, listener }));
      const { namespace, mesh } = this;
      new HTTPRoute(this, 'RedirectHttp', { name: `${this.name}-to-https`, namespace, mesh, parents, rules: [{ redirect: Redirect.https() }] });
    }
    if (props.networkPolicy) {
      this.admitByAddress();
    }
    const [manifest] = this.dependables as unknown as readonly Manifest[];
    // Where Terraform owns the object by itself, it is made when its pods are programmed and it has its address.
    manifest?.putWait({ condition: [{ type: 'Programmed', status: 'True' }] });
  }

  /** How policies name it: they do not choose its pods by labels. */
  get targetRef(): PolicyTargetReference {
    return { group: 'gateway.networking.k8s.io', kind: 'Gateway', name: this.name };
  }

  /** Listeners that a route of HTTP attaches to which names none; nothing where those are all that there are. */
  get servingListeners(): readonly string[] | undefined {
    const serving = this.listeners.filter(({ name, protocol }) => /^HTTPS?$/.test(protocol) && !this.redirecting.includes(name));
    return this.redirecting.length > 0 && serving.length > 0 ? serving.map(({ name }) => name) : undefined;
  }

  /** Opens one more port, or the same one for another host. Without `allowedRoutes` it takes those of `routesFrom`. */
  addListener(listener: GatewayListeners): this {
    this.listeners.push({ allowedRoutes: { namespaces: allowed(this.routesFrom) }, ...listener });
    return this;
  }

  /**
   * Lets requests in. From the first one on, nothing else comes in; in a namespace that denies everything, the gateway's own pods deny it too.
   * @param operation which requests. @default every one
   */
  allow(operation: Operation = {}): this {
    const { namespace, mesh, targetRef } = this;
    this.requests ??= new AuthorizationPolicy(this, 'Requests', { name: `${this.name}-requests`, namespace, mesh, spec: { targetRefs: [targetRef] } });
    const limited = Object.values(operation).some((value) => value !== undefined);
    this.requests.addRule(limited ? { to: [operation] } : {});
    return this;
  }

  protected render(): GatewaySpec {
    return { gatewayClassName: this.gatewayClass, listeners: this.listeners };
  }

  protected override features(): readonly MeshFeature[] {
    return [...super.features(), ...featuresOfGatewayClass(this.spec.gatewayClassName)];
  }

  protected override problems(): Problem[] {
    const names = this.spec.listeners.map(({ name }) => name);
    return names.flatMap((value, index) =>
      names.indexOf(value) === index
        ? []
        : [{ at: this.at(`listeners[${index}].name`), value, rule: 'the listeners of a gateway have different names', mend: 'Give it another name' }],
    );
  }

  private admitByAddress(): void {
    const ports = (): object[] => [...new Set([...this.listeners.map(({ port }) => port), ...PROXY_PORTS])].map((port) => ({ port: String(port), protocol: 'TCP' }));
    new NetworkPolicyV1(this, 'NetworkPolicy', {
      metadata: { name: this.serviceName, namespace: this.namespace },
      spec: {
        podSelector: { matchLabels: { [GATEWAY_NAME]: this.name } },
        policyTypes: ['Ingress'],
        ingress: [{ ports: Lazy.anyValue({ produce: ports }) }],
      },
    });
  }

  private openFor(hostname: string | undefined, suffix: string, tls: ListenerTls | undefined): void {
    this.addListener({ name: `http${suffix}`, port: 80, protocol: 'HTTP', hostname });
    if (tls) {
      this.addListener(tlsListener(suffix, hostname, tls));
      this.redirecting.push(...((tls.redirectHttp ?? true) ? [`http${suffix}`] : []));
    }
  }

  private tlsProblems({ hosts, tls }: KubernetesGatewayProps): Problem[] {
    return [
      ...(tls && !tls.certificates && !hosts
        ? [{ at: this.at('hosts'), rule: 'TLS that passes through is routed by host', mend: 'Give `hosts`, or `tls.certificates` to end TLS here' }]
        : []),
      ...(tls?.mode === 'MUTUAL' && !tls.certificates
        ? [{ at: this.at('tls.mode'), value: tls.mode, rule: 'clients show a certificate to whom ends TLS', mend: 'Give `tls.certificates`, or leave `mode` out' }]
        : []),
    ];
  }
}

/** What the API has no words for: how the Service is exposed, and which control plane makes the gateway real. */
function metadataOf(props: KubernetesGatewayProps, mesh: IMesh | undefined): Pick<KubernetesGatewayProps, 'labels' | 'annotations'> {
  const type = props.serviceType ?? (mesh?.loadBalancer === false ? 'NodePort' : 'LoadBalancer');
  const ours = { ...(type === 'LoadBalancer' ? {} : { [SERVICE_TYPE]: type }) };
  const annotations = { ...ours, ...props.annotations };
  const labels = { ...(mesh?.revision === undefined ? {} : { [REVISION]: mesh.revision }), ...props.labels };
  return {
    annotations: Object.keys(annotations).length > 0 ? annotations : undefined,
    labels: Object.keys(labels).length > 0 ? labels : undefined,
  };
}

function tlsListener(suffix: string, hostname: string | undefined, tls: ListenerTls): GatewayListeners {
  return tls.certificates
    ? {
        name: `https${suffix}`,
        port: 443,
        protocol: 'HTTPS',
        hostname,
        tls: {
          mode: 'Terminate',
          certificateRefs: tls.certificates.map((secret) => (typeof secret === 'string' ? { name: secret } : secret)),
          options: tls.mode === 'MUTUAL' ? { [TERMINATE_MODE]: 'MUTUAL' } : undefined,
        },
      }
    : { name: `tls${suffix}`, port: 443, protocol: 'TLS', hostname, tls: { mode: 'Passthrough' } };
}

function allowed(from: AllowedNamespaces): NonNullable<GatewayListeners['allowedRoutes']>['namespaces'] {
  return typeof from === 'string' ? { from } : { from: 'Selector', selector: { matchLabels: from.labels } };
}
