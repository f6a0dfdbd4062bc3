import { Annotations } from '@cdktf/provider-kubernetes/lib/annotations';
import { ConfigMapV1 } from '@cdktf/provider-kubernetes/lib/config-map-v1';
import { Construct } from 'constructs';
import type { ICluster } from '../cluster/cluster';
import { meshRevisionProblems, meshRevisionVersion } from '../cluster/mesh-revisions';
import { FIELD_MANAGER } from '../kubernetes/field-manager';
import { valuesYaml } from '../kubernetes/values';
import { Problem, throwOnProblems } from '../validation';
import { addonLimit } from './addon-limits';
import { AddonGatewayAnnotation, gatewayAnnotationProblems, gatewayAnnotations } from './gateway-annotations';
import { missingGatewayApi } from './gateway-api';
import type { IMesh, MeshFeature, MeshGateway, Unsupported } from './mesh';
import { extensionProviderNames, MeshConfig, meshConfigProblems } from './mesh-config';
import { DEFAULT_DOMAIN } from './upstream';

const SYSTEM_NAMESPACE = 'aks-istio-system';
const GATEWAY_NAMESPACE = 'aks-istio-ingress';
const EXTERNAL_GATEWAY = 'aks-istio-ingressgateway-external';
const INTERNAL_GATEWAY = 'aks-istio-ingressgateway-internal';

/** What others may say of a gateway that belongs to the add-on. */
export interface AddonGatewayProps {
  /** Annotations of its Service. @default those that bind the external one to the cluster's address */
  readonly annotations?: Readonly<Partial<Record<AddonGatewayAnnotation, string>>>;
}

/** Settings of {@link AksIstioAddon}. */
export interface AksIstioAddonProps {
  /** The cluster that runs the add-on. */
  readonly cluster: ICluster;
  /** Revisions that the cluster runs: one, or the old and the new during a canary upgrade. */
  readonly revisions: readonly string[];
  /** Which of them namespaces join. @default the first */
  readonly active?: string;
  /** Revision that the cluster shall go to next: its MeshConfig is written ahead, as it has to be there before that revision starts. @default none */
  readonly next?: string;
  /** Written for every revision; only fields that the add-on allows. @default none: the add-on's own */
  readonly meshConfig?: MeshConfig;
  /**
   * How the cluster redirects traffic. `cni` is the add-on's default for installations from asm-1-30 on, but upgrades keep
   * their mode and azurerm cannot set it: claim it only where it was seen.
   * @default 'init'
   */
  readonly trafficRedirection?: IMesh['trafficRedirection'];
  /** The gateway with a public address, on unless the cluster switched it off. @default {} */
  readonly externalIngressGateway?: AddonGatewayProps | false;
  /** The gateway with an address in the cluster's network, where the cluster switched it on. @default none */
  readonly internalIngressGateway?: AddonGatewayProps;
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
  readonly ingressGateway?: MeshGateway;
  readonly internalIngressGateway?: MeshGateway;
  readonly gatewayApi?: IMesh['gatewayApi'];
  readonly extensionProviders?: readonly string[];

  /** @throws ProblemError with every bad revision and every MeshConfig field that the add-on refuses */
  constructor(scope: Construct, id: string, props: AksIstioAddonProps) {
    super(scope, id);
    throwOnProblems('The AKS Istio add-on cannot run this mesh:', addonProblems(props, this.node.path));
    const meshConfig = props.meshConfig ?? {};
    this.revision = props.active ?? props.revisions[0];
    this.version = meshRevisionVersion(this.revision);
    this.injectionLabels = { 'istio.io/rev': this.revision };
    this.gatewayApi = props.cluster.offers.gatewayApi;
    this.trustDomain = typeof meshConfig.trustDomain === 'string' ? meshConfig.trustDomain : DEFAULT_DOMAIN;
    this.trafficRedirection = props.trafficRedirection ?? 'init';
    // Without one of ours, somebody else may have written the shared MeshConfig.
    this.extensionProviders = props.meshConfig && extensionProviderNames(props.meshConfig);

    if (Object.keys(meshConfig).length > 0) {
      for (const revision of new Set([...props.revisions, ...(props.next ? [props.next] : [])])) {
        new ConfigMapV1(this, `MeshConfig-${revision}`, {
          metadata: { name: `istio-shared-configmap-${revision}`, namespace: SYSTEM_NAMESPACE },
          data: { mesh: valuesYaml(meshConfig) },
        });
      }
    }
    const external = props.externalIngressGateway ?? {};
    if (external) {
      this.ingressGateway = gatewayOf(EXTERNAL_GATEWAY);
      this.annotate('IngressService', EXTERNAL_GATEWAY, { ...gatewayAnnotations(props.cluster.ingressAddress), ...external.annotations });
    }
    if (props.internalIngressGateway) {
      this.internalIngressGateway = gatewayOf(INTERNAL_GATEWAY);
      this.annotate('InternalIngressService', INTERNAL_GATEWAY, { ...props.internalIngressGateway.annotations });
    }
  }

  // The Service belongs to the add-on: only these annotations of it are ours.
  private annotate(id: string, name: string, annotations: Record<string, string>): void {
    if (Object.keys(annotations).length > 0) {
      new Annotations(this, id, {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name, namespace: GATEWAY_NAMESPACE },
        annotations,
        fieldManager: FIELD_MANAGER,
        force: true,
      });
    }
  }

  /** Says why the add-on, in this revision and on this cluster, lacks a feature; nothing where it has it. */
  unsupported(feature: MeshFeature): Unsupported | undefined {
    // Of this kind only old revisions are at fault, and only some clusters.
    const limit = addonLimit(feature, this.version);
    return limit ?? missingGatewayApi(this, feature);
  }
}

function gatewayOf(name: string): MeshGateway {
  return { selector: { istio: name }, namespace: GATEWAY_NAMESPACE, serviceName: name, serviceAccountName: name, ports: [80, 443] };
}

function addonProblems(props: AksIstioAddonProps, at: string): Problem[] {
  const { cluster, revisions, active, next } = props;
  const problems = [...meshRevisionProblems(revisions, `${at}: revisions`), ...meshConfigProblems(props.meshConfig ?? {}, `${at}: meshConfig`)];
  for (const gateway of ['externalIngressGateway', 'internalIngressGateway'] as const) {
    const { annotations = {} } = props[gateway] || {};
    problems.push(...gatewayAnnotationProblems(annotations as Record<string, string>, `${at}: ${gateway}.annotations`));
  }
  if (next !== undefined && !revisions.includes(next)) {
    problems.push(...meshRevisionProblems([...revisions.slice(-1), next], `${at}: next`));
  }
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
