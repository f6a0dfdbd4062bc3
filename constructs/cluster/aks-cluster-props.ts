import type { AdoptedCluster } from './adopt';
import type { AksNames } from './aks-names';
import type { GatewayApi, KubeloginMode } from './cluster';
import type { MaintenanceWindows } from './maintenance-windows';
import type { AksMeshProfile } from './mesh-profile';
import type { AksNetworkRanges } from './network-ranges';
import type { NodePoolSize } from './node-pool';
import type { ClusterProfile, ProfileSettings } from './profiles';

/** Settings of {@link AksCluster}. */
export interface AksClusterProps extends Partial<ProfileSettings> {
  /** Name of the cluster and of its resource group; begins the names of what belongs to it. */
  readonly name: string;
  /** Azure region, such as `westeurope`. */
  readonly location: string;
  /** Entra groups, by object id, whose members administer the cluster. Local accounts are off: there is no other way in. */
  readonly adminGroupObjectIds: readonly string[];
  /** What is left unsaid here. @default 'demo' */
  readonly profile?: ClusterProfile;
  /** Names that differ from those that follow from `name`. @default none */
  readonly names?: Partial<AksNames>;
  /** Subscription that the providers look the cluster up in. @default the subscription of the azurerm provider */
  readonly subscriptionId?: string;
  /** Minor version; Azure chooses and installs patches. @default '1.35' */
  readonly kubernetesVersion?: string;
  /** Network of the nodes, the pods and the Services. @default ranges that do not overlap */
  readonly network?: AksNetworkRanges;
  /** A public address for the ingress gateway, found under `<dnsLabel>.<location>.cloudapp.azure.com`. @default none */
  readonly ingress?: { readonly dnsLabel: string };
  /** Nodes of the cluster's own services. @default one Standard_D2ds_v5 */
  readonly systemPool?: NodePoolSize;
  /** Nodes of workloads. @default one Standard_D2ds_v5 */
  readonly userPool?: NodePoolSize;
  /** CIDR ranges that may reach the API server. @default everywhere; `production` needs them, or a private API server */
  readonly authorizedIpRanges?: readonly string[];
  /** Whether the API server has an address inside the network only; who applies the other layers has to run in it. @default false */
  readonly privateApiServer?: boolean;
  /** Key that encrypts the nodes' disks and the volumes. @default Azure's own key */
  readonly diskEncryptionSetId?: string;
  /** When Azure may replace what runs. @default for `production` Sunday from 02:00 UTC on, else any time */
  readonly maintenance?: MaintenanceWindows;
  /** How kubelogin gets its token. @default 'azurecli' */
  readonly login?: KubeloginMode;
  /** The Istio add-on. @default none */
  readonly mesh?: AksMeshProfile;
  /**
   * The Gateway API: `managed` where `az aks update --enable-gateway-api` installs it, as azurerm cannot, or what somebody else installs.
   * @default none
   * @see https://learn.microsoft.com/azure/aks/managed-gateway-api
   */
  readonly gatewayApi?: 'managed' | GatewayApi;
  /** Azure tags. @default none */
  readonly tags?: Readonly<Record<string, string>>;
  /** Whether Terraform refuses to destroy what cannot be made again as it was. @default false */
  readonly preventDestroy?: boolean;
  /** A cluster that is there and becomes this one. @default a new one is created */
  readonly adopt?: AdoptedCluster;
}
