import { Annotations } from '@cdktf/provider-kubernetes/lib/annotations';
import { ConfigMapV1 } from '@cdktf/provider-kubernetes/lib/config-map-v1';
import { Construct } from 'constructs';
import type { ICluster } from '../cluster/cluster';
import { meshRevisionProblems, meshRevisionVersion } from '../cluster/mesh-revisions';
import { FIELD_MANAGER } from '../kubernetes/field-manager';
import { valuesYaml } from '../kubernetes/values';
import { Problem, throwOnProblems } from '../validation';
import { ADDON_LIMITS } from './addon-limits';
import { gatewayAnnotations } from './gateway-annotations';
import type { IMesh, MeshFeature, MeshGateway, Unsupported } from './mesh';
import { MeshConfig, meshConfigProblems } from './mesh-config';
import { DEFAULT_DOMAIN } from './upstream';

const SYSTEM_NAMESPACE = 'aks-istio-system';
const GATEWAY_NAMESPACE = 'aks-istio-ingress';
const GATEWAY = 'aks-istio-ingressgateway-external';

export interface AksIstioAddonProps {
  /** The cluster that runs the add-on. */
  readonly cluster: ICluster;
  /** Revisions that the cluster runs: one, or the old and the new during a canary upgrade. */
  readonly revisions: readonly string[];
  /** Which of them namespaces join. @default the first */
  readonly active?: string;
  /** Written for every revision; only fields that the add-on allows. @default none: the add-on's own */
  readonly meshConfig?: MeshConfig;
  /**
   * How the cluster redirects traffic. `cni` is the add-on's default for installations from asm-1-30 on, but upgrades keep
   * their mode and azurerm cannot set it: claim it only where it was seen.
   * @default 'init'
   */
  readonly trafficRedirection?: IMesh['trafficRedirection'];
}

/**
 * The AKS Istio add-on as the layers above see it, and what it leaves to us: the shared MeshConfig, and which address the gateway gets.
 * The add-on itself is switched on with the cluster.
 * @see https://learn.microsoft.com/azure/aks/istio-about
 */
export class AksIstioAddon extends Construct implements IMesh {
  readonly flavor = 'addon';
  readonly version: string;
  readonly rootNamespace = SYSTEM_NAMESPACE;
  readonly revision: string;
  readonly injectionLabels: Readonly<Record<string, string>>;
  readonly trustDomain: string;
  readonly clusterDomain = DEFAULT_DOMAIN;
  readonly trafficRedirection: IMesh['trafficRedirection'];
  readonly ingressGateway: MeshGateway = {
    selector: { istio: GATEWAY },
    namespace: GATEWAY_NAMESPACE,
    serviceName: GATEWAY,
    serviceAccountName: GATEWAY,
    ports: [80, 443],
  };

  /** @throws ProblemError with every bad revision and every MeshConfig field that the add-on refuses */
  constructor(scope: Construct, id: string, props: AksIstioAddonProps) {
    super(scope, id);
    throwOnProblems('The AKS Istio add-on cannot run this mesh:', addonProblems(props, this.node.path));
    const meshConfig = props.meshConfig ?? {};
    this.revision = props.active ?? props.revisions[0];
    this.version = meshRevisionVersion(this.revision);
    this.injectionLabels = { 'istio.io/rev': this.revision };
    this.trustDomain = typeof meshConfig.trustDomain === 'string' ? meshConfig.trustDomain : DEFAULT_DOMAIN;
    this.trafficRedirection = props.trafficRedirection ?? 'init';

    if (Object.keys(meshConfig).length > 0) {
      for (const revision of props.revisions) {
        new ConfigMapV1(this, `MeshConfig-${revision}`, {
          metadata: { name: `istio-shared-configmap-${revision}`, namespace: SYSTEM_NAMESPACE },
          data: { mesh: valuesYaml(meshConfig) },
        });
      }
    }
    if (props.cluster.ingressAddress) {
      // The Service belongs to the add-on: only these annotations of it are ours.
      new Annotations(this, 'IngressService', {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: GATEWAY, namespace: GATEWAY_NAMESPACE },
        annotations: gatewayAnnotations(props.cluster.ingressAddress),
        fieldManager: FIELD_MANAGER,
        force: true,
      });
    }
  }

  unsupported(feature: MeshFeature): Unsupported | undefined {
    return ADDON_LIMITS[feature];
  }
}

function addonProblems(props: AksIstioAddonProps, at: string): Problem[] {
  const { cluster, revisions, active } = props;
  const problems = [...meshRevisionProblems(revisions, `${at}: revisions`), ...meshConfigProblems(props.meshConfig ?? {}, `${at}: meshConfig`)];
  if (cluster.access.kind !== 'aks') {
    problems.push({
      at: `${at}: cluster`,
      value: cluster.name,
      rule: 'the add-on exists on AKS only, and this cluster is entered by a kubeconfig',
      mend: 'Install Istio with HelmIstio, or name the AKS cluster',
    });
  }
  if (active !== undefined && !revisions.includes(active)) {
    problems.push({
      at: `${at}: active`,
      value: active,
      rule: 'namespaces can only join a revision that runs',
      mend: `Use one of ${revisions.join(', ')}, or add it to the revisions`,
    });
  }
  return problems;
}
