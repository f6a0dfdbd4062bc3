import { isIP } from 'node:net';
import type { Manifest } from '@cdktf/provider-kubernetes/lib/manifest';
import { NetworkPolicyV1 } from '@cdktf/provider-kubernetes/lib/network-policy-v1';
import { Lazy, Token } from 'cdktf';
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
import type { ForeignReference } from './grants';
import { HTTPRoute } from './http-route';
import { AllowedNamespaces, allowedNamespaces, clientValidation, foreignCertificates, ListenerTls, tlsListener, tlsProblems } from './listeners';

/** What Istio makes of a gateway: a Deployment, a Service and a ServiceAccount. */
export interface ManagedInfrastructure {
  /** Labels of all that is made, instead of the Gateway's own. @default the Gateway's own */
  readonly labels?: Readonly<Record<string, string>>;
  /**
   * Annotations of all that is made, instead of the Gateway's own, such as
   * `service.beta.kubernetes.io/azure-load-balancer-internal: 'true'`. @default the Gateway's own
   */
  readonly annotations?: Readonly<Record<string, string>>;
  /**
   * Name of a ConfigMap of this namespace whose `deployment`, `service`, `serviceAccount`, `horizontalPodAutoscaler` and `podDisruptionBudget` are
   * laid over what is made; the last two are made only then. @default none
   * @see https://istio.io/latest/docs/tasks/traffic-management/ingress/gateway-api/#automated-deployment
   */
  readonly overlays?: string;
}

/** Settings of {@link KubernetesGateway}. */
export interface KubernetesGatewayProps extends IstioObjectProps<GatewaySpec> {
  /** Host names, each a listener; `*.example.com` stands for one label more. @default every host */
  readonly hosts?: readonly string[];
  /** How port 443 speaks TLS. @default none: plain HTTP on port 80 alone */
  readonly tls?: ListenerTls;
  /** Namespaces whose routes may attach. @default 'Same' */
  readonly routesFrom?: AllowedNamespaces;
  /** Who makes the gateway real. @default 'istio': a Deployment and a Service in this namespace */
  readonly gatewayClass?: string;
  /** How its Service is exposed. @default 'LoadBalancer' where the cluster has load balancers, else 'NodePort' */
  readonly serviceType?: 'LoadBalancer' | 'NodePort' | 'ClusterIP';
  /** Address that a Service of type LoadBalancer asks for. @default any */
  readonly address?: string;
  /** Labels and annotations of what Istio makes, and what is laid over it. @default as Istio makes it */
  readonly infrastructure?: ManagedInfrastructure;
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
  private readonly settings: KubernetesGatewayProps;
  private readonly listeners: GatewayListeners[] = [];
  private readonly redirecting: string[] = [];
  private requests?: AuthorizationPolicy;

  /** @throws ProblemError where TLS has neither certificate nor host, more certificates than Istio shows, or `address` is none or in vain */
  constructor(scope: Construct, id: string, props: KubernetesGatewayProps) {
    super(scope, id, GATEWAY, { ...props, ...metadataOf(props, props.mesh ?? meshOf(scope)) });
    throwOnProblems(`${this.node.path} cannot be created:`, [
      ...tlsProblems(props.tls, props.hosts, (field) => this.at(field)),
      ...this.addressProblems(props),
    ]);
    this.gatewayClass = props.gatewayClass ?? 'istio';
    this.settings = props;
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
    this.listeners.push({ allowedRoutes: { namespaces: allowedNamespaces(this.settings.routesFrom ?? 'Same') }, ...listener });
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
    const { tls, address, infrastructure } = this.settings;
    const { labels, annotations, overlays } = infrastructure ?? {};
    return {
      gatewayClassName: this.gatewayClass,
      listeners: this.listeners,
      addresses: address === undefined ? undefined : [{ type: 'IPAddress', value: address }],
      infrastructure: infrastructure && {
        labels,
        annotations,
        parametersRef: overlays === undefined ? undefined : { group: '', kind: 'ConfigMap', name: overlays },
      },
      tls: clientValidation(tls?.clientAuthorities),
    };
  }

  /** Listeners for these protocols are read by whom reads routes for them. */
  protected override features(): readonly MeshFeature[] {
    const { listeners, gatewayClassName } = this.spec;
    const spoken = listeners.map(({ protocol }) => protocol);
    return [
      ...super.features(),
      ...featuresOfGatewayClass(gatewayClassName),
      ...(spoken.includes('TLS') ? ['TLSRoute' as const] : []),
      ...(spoken.includes('TCP') ? ['TCPRoute' as const] : []),
    ];
  }

  protected override references(): ForeignReference[] {
    return foreignCertificates(this.spec, (field) => this.at(field));
  }

  protected override problems(): Problem[] {
    const names = this.spec.listeners.map(({ name }) => name);
    return names.flatMap((value, index) =>
      names.indexOf(value) === index
        ? []
        : [{ at: this.at(`listeners[${index}].name`), value, rule: 'the listeners of a gateway have different names', mend: 'Give it another name' }],
    );
  }

  private addressProblems({ address, serviceType }: KubernetesGatewayProps): Problem[] {
    if (address === undefined) {
      return [];
    }
    const type = serviceTypeOf(serviceType, this.mesh);
    return [
      ...(Token.isUnresolved(address) || isIP(address) > 0
        ? []
        : [{ at: this.at('address'), value: address, rule: 'an address is one of IPv4 or IPv6', mend: 'Write such as 10.0.0.7' }]),
      ...(type === 'LoadBalancer'
        ? []
        : [{ at: this.at('address'), value: address, rule: `a Service of type ${type} asks for no address`, mend: 'Leave it out' }]),
    ];
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
}

function serviceTypeOf(given: KubernetesGatewayProps['serviceType'], mesh: IMesh | undefined): NonNullable<KubernetesGatewayProps['serviceType']> {
  return given ?? (mesh?.loadBalancer === false ? 'NodePort' : 'LoadBalancer');
}

/** What the API has no words for: how the Service is exposed, and which control plane makes the gateway real. */
function metadataOf(props: KubernetesGatewayProps, mesh: IMesh | undefined): Pick<KubernetesGatewayProps, 'labels' | 'annotations'> {
  const type = serviceTypeOf(props.serviceType, mesh);
  const ours = { ...(type === 'LoadBalancer' ? {} : { [SERVICE_TYPE]: type }) };
  const annotations = { ...ours, ...props.annotations };
  const labels = { ...(mesh?.revision === undefined ? {} : { [REVISION]: mesh.revision }), ...props.labels };
  return {
    annotations: Object.keys(annotations).length > 0 ? annotations : undefined,
    labels: Object.keys(labels).length > 0 ? labels : undefined,
  };
}
