import * as v from 'valibot';
import { homePath } from '../constructs/cluster/home-path';
import { between, cidr, guid, matching, object, text } from './schema-parts';

const login = v.optional(v.picklist(['azurecli', 'workloadidentity', 'spn', 'msi']), 'azurecli');

const zones = v.optional(v.array(v.picklist(['1', '2', '3'])));

/** What every pool may decide otherwise than the profile. */
const machines = {
  /** Where a node's system lives: on the machine's own disk, or on a managed one. @default the profile's */
  osDisk: v.optional(v.picklist(['Ephemeral', 'Managed'])),
  /** GB of a node's system disk. @default 128, or 64 on the own disk of a machine with less than four cores */
  osDiskSizeGb: v.optional(between(30, 2048)),
  /** Whether disks and caches are encrypted on the machine that runs the node. @default the profile's */
  hostEncryption: v.optional(v.boolean()),
};

const nodePool = object({
  /** Azure VM size. */
  vmSize: text,
  /** Fewest nodes. */
  min: between(1, 1000),
  /** Most nodes; equal to `min` means no autoscaling. */
  max: between(1, 1000),
  /** Availability zones. @default the profile's */
  zones,
  /** Kubernetes labels of the nodes. */
  labels: v.optional(v.record(v.string(), v.string())),
  ...machines,
});

const furtherPool = object({
  /** `spot` nodes may be evicted, `gpu` nodes have a driver; both carry a taint. */
  kind: v.optional(v.picklist(['system', 'user', 'spot', 'gpu']), 'user'),
  /** Azure VM size. @default Standard_D2ds_v5, for `gpu` Standard_NC4as_T4_v3 */
  vmSize: v.optional(text),
  min: v.optional(between(0, 1000), 1),
  max: v.optional(between(1, 1000), 1),
  zones,
  labels: v.optional(v.record(v.string(), v.string())),
  /** Kubernetes taints such as `team=a:NoSchedule`. */
  taints: v.optional(v.array(text)),
  /** US dollars an hour above which a spot node is given up. @default what a regular one costs */
  spotMaxPrice: v.optional(v.number()),
  ...machines,
});

const maintenance = object({
  day: v.picklist(['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday']),
  /** Hour and minute such as `02:00`. */
  start: matching(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be an hour and a minute such as 02:00'),
  hours: v.optional(between(4, 24), 4),
  /** Difference to UTC such as `+01:00`. */
  utcOffset: v.optional(matching(/^[-+](0\d|1[0-4]):[0-5]\d$/, 'must be a difference to UTC such as +01:00'), '+00:00'),
});

const monitoring = object({
  retentionDays: v.optional(between(30, 730), 30),
  containerLogs: v.optional(v.boolean(), true),
  /** Microsoft Defender on the nodes; paid for by core. */
  defender: v.optional(v.boolean(), true),
  /** Azure's managed Prometheus. */
  prometheus: v.optional(v.boolean(), true),
  /** Name of a Managed Grafana, unique in all of Azure. @default none */
  grafanaName: v.optional(text),
});

/** The Gateway API's definitions, which are there before the traffic layer is applied: nothing here installs them. */
const gatewayApi = object({
  version: matching(/^1\.\d+\.\d+$/, 'must be a version of the Gateway API such as 1.4.0'),
  channel: v.optional(v.picklist(['standard', 'experimental']), 'standard'),
});

const aksCluster = object({
  kind: v.literal('aks'),
  /** How much the cluster is worth protecting: decides what is left unsaid. */
  profile: v.optional(v.picklist(['demo', 'production']), 'demo'),
  /** @default the subscription that ARM_SUBSCRIPTION_ID names */
  subscriptionId: v.optional(guid),
  /** Azure region, such as `westeurope`. */
  location: matching(/^[a-z][a-z0-9]+$/, 'must be a region name such as westeurope'),
  /** Kubernetes minor version; Azure chooses the patch. */
  kubernetesVersion: v.optional(matching(/^1\.\d+$/, 'must be a minor version such as 1.35: AKS chooses the patch'), '1.35'),
  /** `managed` where `az aks update --enable-gateway-api` was run for the cluster, or what somebody else installed. @default none */
  gatewayApi: v.optional(v.union([v.literal('managed'), gatewayApi])),
  /** DNS label of the ingress address, unique in the region. */
  dnsLabel: matching(/^[a-z][a-z0-9-]{1,61}[a-z0-9]$/, 'must be 3 to 63 lower-case letters, digits and dashes, starting with a letter'),
  /** Entra groups whose members administer the cluster. */
  adminGroupObjectIds: v.pipe(v.array(guid), v.minLength(1, 'needs at least one group: local accounts are off, so nobody could log in')),
  /** How kubelogin gets its token. */
  login,
  /** @default Free for demo, Standard for production */
  skuTier: v.optional(v.picklist(['Free', 'Standard', 'Premium'])),
  systemPool: v.optional(nodePool, { vmSize: 'Standard_D2ds_v5', min: 1, max: 2 }),
  userPool: v.optional(nodePool, { vmSize: 'Standard_D2ds_v5', min: 1, max: 3 }),
  /** Pools beside those two, by name. */
  nodePools: v.optional(v.record(matching(/^[a-z][a-z0-9]{0,8}$/, 'must be 1 to 9 lower-case letters and digits, starting with a letter'), furtherPool), {}),
  network: v.optional(
    object({
      addressSpace: v.optional(cidr, '10.224.0.0/16'),
      nodeSubnet: v.optional(cidr, '10.224.0.0/20'),
      /** Private endpoints, in production. */
      endpointSubnet: v.optional(cidr, '10.224.16.0/24'),
      podCidr: v.optional(cidr, '10.244.0.0/16'),
      serviceCidr: v.optional(cidr, '10.0.0.0/16'),
      dnsServiceIp: v.optional(v.pipe(v.string(), v.ipv4('must be an IPv4 address')), '10.0.0.10'),
    }),
    {},
  ),
  /** CIDR ranges that may reach the API server. @default everywhere; production needs them, or a private API server */
  authorizedIpRanges: v.optional(v.array(cidr)),
  /** Whether the API server is reached from inside the network only. */
  privateApiServer: v.optional(v.boolean(), false),
  /** Azure's id of a disk encryption set: a key of yours for disks and volumes. @default Azure's own key */
  diskEncryptionSetId: v.optional(text),
  /** When Azure may replace what runs. @default demo: any time, production: Sunday from 02:00 UTC */
  maintenance: v.optional(maintenance),
  /** Logs and metrics. @default demo: none, production: all but Grafana */
  monitoring: v.optional(monitoring),
  /** A registry beside the cluster. @default demo: none, production: one named after dnsLabel */
  registry: v.optional(object({ name: text, /** Whether it mirrors the images of Istio and Bookinfo. */ mirror: v.optional(v.boolean(), false) })),
  /** A vault beside the cluster. @default demo: none, production: one named after dnsLabel */
  keyVault: v.optional(object({ name: text, allowedIpRanges: v.optional(v.array(cidr)) })),
  /** Daily backups. @default none */
  backup: v.optional(
    object({
      storageAccountName: matching(/^[a-z0-9]{3,24}$/, 'must be 3 to 24 lower-case letters and digits'),
      retentionDays: v.optional(between(1, 360), 7),
      time: v.optional(matching(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be an hour and a minute such as 03:00'), '03:00'),
    }),
  ),
  /** A cluster that is there already, under the names that this one would get, and becomes this one. */
  adopt: v.optional(
    object({
      subscriptionId: guid,
      parts: v.optional(v.array(v.picklist(['resourceGroup', 'network', 'nodeSubnet', 'identity', 'ingressIp', 'cluster', 'userPool']))),
    }),
  ),
  /** Whether Terraform refuses to destroy the cluster, its network and its address. */
  preventDestroy: v.optional(v.boolean(), false),
});

const existingAksCluster = object({
  kind: v.literal('existing-aks'),
  name: text,
  resourceGroupName: text,
  subscriptionId: v.optional(guid),
  login,
  /** A public address for the ingress gateway that is there already. @default whatever the gateway Service receives */
  ingressAddress: v.optional(object({ publicIpName: text, resourceGroupName: text, hostName: text })),
  /** @default none */
  gatewayApi: v.optional(gatewayApi),
});

const kubeconfigCluster = object({
  kind: v.literal('kubeconfig'),
  /** Path of the file; `~/` is your home folder. */
  path: v.pipe(text, v.transform(homePath)),
  context: v.optional(text),
  /** How the gateway Service is exposed: `NodePort` where the cluster has no load balancer. */
  gatewayService: v.optional(v.picklist(['LoadBalancer', 'NodePort']), 'LoadBalancer'),
  /** @default none */
  gatewayApi: v.optional(gatewayApi),
  /** Whether pods reach the internet, and nodes pull images from it. */
  internet: v.optional(v.boolean(), true),
  /** Whether the network plugin enforces NetworkPolicies. */
  networkPolicies: v.optional(v.boolean(), true),
});

/** The cluster of an environment: created here, there already, or entered by a kubeconfig. */
export const clusterSchema = v.variant('kind', [aksCluster, existingAksCluster, kubeconfigCluster]);
