import { Release } from '@cdktf/provider-helm/lib/release';
import { NamespaceV1 } from '@cdktf/provider-kubernetes/lib/namespace-v1';
import type { ITerraformDependable } from 'cdktf';
import { Construct } from 'constructs';
import type { ICluster } from '../cluster/cluster';
import { releaseDefaults } from '../kubernetes/release-defaults';
import { mergeValues, Values, valuesYaml } from '../kubernetes/values';
import { throwOnProblems } from '../validation';
import { chartOf, ISTIO_CHARTS, IstioChart, IstioChartSource, IstioChartValues } from './charts';
import { gatewayAnnotations } from './gateway-annotations';
import { gatewayApiValues, missingGatewayApi } from './gateway-api';
import { helmIstioProblems, minorOf } from './helm-istio-checks';
import type { IMesh, MeshFeature, MeshGateway, Unsupported } from './mesh';
import { extensionProviderNames, MeshConfig } from './mesh-config';
import { DEFAULT_DOMAIN, injectionLabelsOf, ISTIO_NAMESPACE, missingGateway, withoutIstioFilters } from './upstream';

/** Seconds for pulling images, starting pods and, for the gateway, receiving an address. */
const TIMEOUT_SECONDS = 600;

/** The gateway chart's own ports, without the one for health checks. */
const GATEWAY_PORTS: readonly number[] = [80, 443];
const STATUS_PORT = 15021;

/** Name of the ingress gateway's release and of its namespace. */
const RELEASE = 'istio-ingress';

/** Name of the egress gateway's release and of its namespace. */
const EGRESS_RELEASE = 'istio-egress';

/** First minor version with the TrafficExtension API. */
const TRAFFIC_EXTENSION_SINCE = 30;

/** The ingress gateway that comes with a mesh. */
export interface HelmIstioGatewayProps {
  /** Helm release, Service, ServiceAccount and Deployment; its pods carry `istio: <name without the prefix istio->`. @default 'istio-ingress' */
  readonly name?: string;
  /** Namespace of its pods and its Service, made here. @default 'istio-ingress' */
  readonly namespace?: string;
  /** How its Service is exposed. @default 'LoadBalancer' where the cluster has load balancers, else 'NodePort' */
  readonly serviceType?: 'LoadBalancer' | 'NodePort';
  /** Annotations of the Service, over those that bind it to the cluster's ingress address. @default none */
  readonly annotations?: Readonly<Record<string, string>>;
}

/** Settings of {@link HelmIstio}. */
export interface HelmIstioProps {
  /** Where the mesh is installed. */
  readonly cluster: ICluster;
  /** Istio version, 1.28.0 or newer. */
  readonly version: string;
  /** Where the charts come from: a repository, or a folder. @default Istio's own chart repository */
  readonly charts?: IstioChartSource;
  /** Registry and path of Istio's images. @default 'docker.io/istio' */
  readonly hub?: string;
  /** Name that sets this control plane apart, so that another can run beside it. @default none: the default revision */
  readonly revision?: string;
  /**
   * Settings of the whole mesh, with Istio's own field names.
   * @default Istio's defaults
   * @see https://istio.io/latest/docs/reference/config/istio.mesh.v1alpha1/
   */
  readonly meshConfig?: MeshConfig;
  /** Values given to each chart over ours. @default none */
  readonly values?: IstioChartValues;
  /**
   * `cni` adds the CNI plugin, so that pods need no privileged init container.
   * The default is what is known to work everywhere: Istio's CNI plugin beside Cilium as AKS manages it is not.
   * @default 'init'
   */
  readonly trafficRedirection?: IMesh['trafficRedirection'];
  /** The ingress gateway. @default an ingress gateway named `istio-ingress` */
  readonly gateway?: HelmIstioGatewayProps;
  /** A gateway that calls leave the mesh by, within the cluster: `istio-egress`, in a namespace of its name, unless given. @default none */
  readonly egressGateway?: Pick<HelmIstioGatewayProps, 'name' | 'namespace'>;
}

/**
 * Istio by its official Helm charts: namespaces, base, CNI plugin where asked for, istiod, ingress gateway, each ready before the next.
 * @see https://istio.io/latest/docs/setup/install/helm/
 */
export class HelmIstio extends Construct implements IMesh {
  readonly flavor = 'helm';
  readonly version: string;
  readonly rootNamespace: string;
  readonly revision?: string;
  readonly injectionLabels: Readonly<Record<string, string>>;
  readonly trustDomain: string;
  readonly clusterDomain: string;
  readonly trafficRedirection: IMesh['trafficRedirection'];
  readonly ingressGateway: MeshGateway;
  readonly egressGateway?: MeshGateway;
  readonly eastWestGateway?: MeshGateway;
  readonly gatewayApi?: IMesh['gatewayApi'];
  readonly loadBalancer: boolean;
  readonly extensionProviders: readonly string[];

  /** What those in the same stack depend on that need the gateways and their namespaces. */
  readonly appliedBy: readonly ITerraformDependable[];

  private readonly charts: IstioChartSource;
  private readonly istiod: Values;

  /** @throws ProblemError with every bad property */
  constructor(scope: Construct, id: string, props: HelmIstioProps) {
    super(scope, id);
    throwOnProblems('This is no Istio that Helm can install:', helmIstioProblems(props, this.node.path));
    this.version = props.version;
    this.charts = props.charts ?? ISTIO_CHARTS;
    this.revision = props.revision;
    this.injectionLabels = injectionLabelsOf(props.revision);
    this.trafficRedirection = props.trafficRedirection ?? 'init';
    this.gatewayApi = props.cluster.offers.gatewayApi;
    this.loadBalancer = props.cluster.offers.loadBalancer;

    const values = this.valuesOf(props);
    this.rootNamespace = text(values.istiod, 'meshConfig.rootNamespace') ?? ISTIO_NAMESPACE;
    this.trustDomain = text(values.istiod, 'meshConfig.trustDomain') ?? DEFAULT_DOMAIN;
    this.clusterDomain = text(values.istiod, 'global.proxy.clusterDomain') ?? DEFAULT_DOMAIN;
    this.ingressGateway = gatewayOf(props.gateway, values.gateway);
    this.istiod = values.istiod;
    this.extensionProviders = extensionProviderNames(values.istiod.meshConfig as MeshConfig | undefined);

    const suffix = props.revision === undefined ? '' : `-${props.revision}`;
    // The CNI plugin's pods need the host's network and file system.
    const privileged = { 'pod-security.kubernetes.io/enforce': 'privileged' };
    const system = this.namespace('SystemNamespace', ISTIO_NAMESPACE, this.trafficRedirection === 'cni' ? privileged : undefined);
    const base = this.release('Base', 'base', 'istio-base', ISTIO_NAMESPACE, values.base, [system]);
    const cni = this.trafficRedirection === 'cni' ? [this.release('Cni', 'cni', `istio-cni${suffix}`, ISTIO_NAMESPACE, values.cni, [base])] : [];
    const istiod = this.release('Istiod', 'istiod', `istiod${suffix}`, ISTIO_NAMESPACE, values.istiod, [base, ...cni]);

    const { namespace } = this.ingressGateway;
    const place = namespace === ISTIO_NAMESPACE ? system : this.namespace('GatewayNamespace', namespace);
    const gateways = [this.release('IngressGateway', 'gateway', props.gateway?.name ?? RELEASE, namespace, values.gateway, [place, istiod])];
    if (props.egressGateway) {
      const { name = EGRESS_RELEASE } = props.egressGateway;
      const exitValues = egressValues(props, name);
      this.egressGateway = { ...gatewayOf({ name }, exitValues), namespace: props.egressGateway.namespace ?? name };
      const exitPlace = this.namespace('EgressNamespace', this.egressGateway.namespace);
      gateways.push(this.release('EgressGateway', 'gateway', name, this.egressGateway.namespace, exitValues, [exitPlace, istiod]));
    }
    this.appliedBy = gateways;
  }

  /** Says why these charts, in this version and with these values, lack a feature; nothing where they have it. */
  unsupported(feature: MeshFeature): Unsupported | undefined {
    if (feature === 'Ambient') {
      return { reason: 'only the charts for sidecars are installed', alternative: 'Use sidecars: label namespaces with the injection labels' };
    }
    if (feature === 'MultiCluster') {
      return { reason: 'this mesh is one cluster: no cluster name, network or remote secret is set', alternative: 'Route between clusters at their ingress gateways' };
    }
    if (feature === 'TrafficExtension' && minorOf(this.version) < TRAFFIC_EXTENSION_SINCE) {
      return { reason: `Istio has it since 1.${TRAFFIC_EXTENSION_SINCE}, this is ${this.version}`, alternative: 'Raise the version, or use a WasmPlugin or an EnvoyFilter' };
    }
    return missingGateway(this, feature) ?? missingGatewayApi(this, feature) ?? withoutIstioFilters(this.istiod, feature);
  }

  private valuesOf(props: HelmIstioProps): Record<IstioChart, Values> {
    const { revision } = props;
    const hub = props.hub ?? 'docker.io/istio';
    // Charts of 1.30 point at a registry that is going away, and charts in a source tree at nightly builds: both always explicit.
    const global = { hub, tag: props.version };
    const service = {
      type: props.gateway?.serviceType ?? (props.cluster.offers.loadBalancer ? 'LoadBalancer' : 'NodePort'),
      annotations: { ...gatewayAnnotations(props.cluster.ingressAddress), ...props.gateway?.annotations },
    };
    return {
      // Which revision checks objects that name none.
      base: mergeValues({ defaultRevision: revision ?? 'default' }, props.values?.base),
      cni: mergeValues({ global, ...global }, props.values?.cni),
      istiod: mergeValues(
        { global, revision, pilot: this.trafficRedirection === 'cni' ? { cni: { enabled: true } } : undefined, meshConfig: props.meshConfig },
        gatewayApiValues(this.gatewayApi),
        props.values?.istiod,
      ),
      gateway: mergeValues({ revision, service }, props.values?.gateway),
    };
  }

  private namespace(id: string, name: string, labels?: Record<string, string>): NamespaceV1 {
    return new NamespaceV1(this, id, { metadata: { name, labels }, timeouts: { delete: '10m' } });
  }

  private release(id: string, chart: IstioChart, name: string, namespace: string, values: Values, dependsOn: ITerraformDependable[]): Release {
    return new Release(this, id, {
      ...releaseDefaults(TIMEOUT_SECONDS),
      ...chartOf(this.charts, chart, this.version),
      name,
      namespace,
      values: [valuesYaml(values)],
      dependsOn,
    });
  }
}

/** Values of the egress gateway: those given to the chart, but for what makes the other one the ingress. */
function egressValues({ revision, values }: HelmIstioProps, name: string): Values {
  const own = { name: '', labels: { istio: name.replace(/^istio-/, '') }, serviceAccount: { name: '' } };
  return mergeValues(values?.gateway, { revision, ...own, service: { type: 'ClusterIP', annotations: {} } });
}

function gatewayOf(props: HelmIstioGatewayProps = {}, values: Values): MeshGateway {
  const name = text(values, 'name') || (props.name ?? RELEASE);
  const ports = at(values, 'service.ports');
  return {
    // As the chart labels its pods.
    selector: { istio: text(values, 'labels.istio') || name.replace(/^istio-/, '') },
    namespace: props.namespace ?? RELEASE,
    serviceName: name,
    serviceAccountName: text(values, 'serviceAccount.name') || name,
    ports: Array.isArray(ports) ? ports.map(({ port }: { port: number }) => port).filter((port) => port !== STATUS_PORT) : GATEWAY_PORTS,
  };
}

function at(values: Values, path: string): unknown {
  return path.split('.').reduce<unknown>((value, key) => (value as Values | undefined)?.[key], values);
}

function text(values: Values, path: string): string | undefined {
  const value = at(values, path);
  return typeof value === 'string' ? value : undefined;
}
