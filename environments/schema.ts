import * as v from 'valibot';

const KUBERNETES_NAME = /^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/;
const GUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const CIDR = /^(\d{1,3}\.){3}\d{1,3}\/([0-9]|[12]\d|3[0-2])$/;

/** A strict object; the library's own reports only the first key it does not know. */
function object<const Entries extends v.ObjectEntries>(entries: Entries): v.StrictObjectSchema<Entries, undefined> {
  return v.objectWithRest(entries, v.never('there is no such key')) as unknown as v.StrictObjectSchema<Entries, undefined>;
}

const text = v.pipe(v.string(), v.minLength(1, 'must not be empty'));
const matching = (pattern: RegExp, message: string) => v.pipe(v.string(), v.regex(pattern, message));
const between = (least: number, most: number) =>
  v.pipe(
    v.number(),
    v.integer('must be a whole number'),
    v.minValue(least, `must be ${least} or more`),
    v.maxValue(most, `must be ${most} or less`),
  );

const guid = matching(GUID, 'must be a GUID such as 3f2504e0-4f89-41d3-9a0c-0305e82c3301');
const cidr = matching(CIDR, 'must be an IPv4 range such as 10.224.0.0/16');
const login = v.optional(v.picklist(['azurecli', 'workloadidentity', 'spn', 'msi']), 'azurecli');

const zones = v.optional(v.array(v.picklist(['1', '2', '3'])));

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
});

const kubeconfigCluster = object({
  kind: v.literal('kubeconfig'),
  path: text,
  context: v.optional(text),
  /** How the gateway Service is exposed: `NodePort` where the cluster has no load balancer. */
  gatewayService: v.optional(v.picklist(['LoadBalancer', 'NodePort']), 'LoadBalancer'),
});

const charts = v.variant('kind', [
  object({ kind: v.literal('repository'), url: v.pipe(v.string(), v.url('must be a URL')) }),
  object({ kind: v.literal('oci'), url: v.pipe(v.string(), v.startsWith('oci://', 'must start with oci://')) }),
  object({ kind: v.literal('folder'), path: text }),
]);

const settings = v.record(v.string(), v.unknown());
const helmValues = v.optional(settings);
const trafficRedirection = v.optional(v.picklist(['init', 'cni']), 'init');

const helmMesh = object({
  version: matching(/^1\.\d+\.\d+(-[a-z0-9.]+)?$/, 'must be an Istio version such as 1.29.1'),
  charts: v.optional(charts, { kind: 'repository', url: 'https://blob.istio.io/istio-release/charts' }),
  /** Registry and path of Istio's images. */
  hub: v.optional(text, 'docker.io/istio'),
  revision: v.optional(matching(/^[a-z0-9]([-a-z0-9]{0,44}[a-z0-9])?$/, 'must be a DNS label of at most 46 characters, such as 1-29-1')),
  /** How pods' traffic reaches their sidecar: by an init container, or by the CNI plugin, which spares them its privileges. */
  trafficRedirection,
  /** Values given to each chart over our own. */
  values: v.optional(object({ base: helmValues, cni: helmValues, istiod: helmValues, gateway: helmValues }), {}),
});

/** Annotations of a gateway's Service; the add-on permits some only. */
const annotations = v.optional(v.record(v.string(), v.string()), {});

const addonMesh = object({
  /** One revision, or two during a canary upgrade, ascending. */
  revisions: v.pipe(
    v.array(matching(/^asm-1-\d+$/, 'must look like asm-1-30')),
    v.minLength(1, 'must name one revision'),
    v.maxLength(2, 'the add-on runs at most two revisions at once'),
  ),
  /** Which of the revisions namespaces join. @default the first */
  active: v.optional(v.string()),
  /** How the cluster redirects traffic; `cni` only where it was seen, since neither azurerm nor an upgrade sets it. */
  trafficRedirection,
  /** The gateway with a public address. */
  externalGateway: v.optional(object({ enabled: v.optional(v.boolean(), true), annotations }), {}),
  /** A gateway with an address in the cluster's network. @default none */
  internalGateway: v.optional(object({ annotations })),
  /** Secrets of a Key Vault that istiod signs with; only for a mesh that is switched on with it. @default a root of istiod's own */
  certificateAuthority: v.optional(
    object({
      keyVaultId: text,
      /** Object id of the cluster's secrets provider, which exists only after an apply without the mesh. */
      secretsProviderObjectId: guid,
      rootCert: v.optional(text, 'root-cert'),
      certChain: v.optional(text, 'cert-chain'),
      cert: v.optional(text, 'ca-cert'),
      key: v.optional(text, 'ca-key'),
    }),
  ),
});

/** A certificate of a Key Vault that the ingress gateway serves. */
const vaultCertificate = object({
  /** What a Gateway's `credentialName` names. */
  secretName: matching(/^[a-z0-9]([-a-z0-9]{0,50}[a-z0-9])?$/, 'must be 1 to 52 lower-case letters, digits and dashes'),
  vaultName: text,
  certificateName: text,
  tenantId: guid,
  /** Client id of the cluster's secrets provider. */
  clientId: guid,
});

const mesh = object({
  flavor: v.picklist(['helm', 'addon']),
  /** Istio's mesh-wide settings, for either flavour. @see https://istio.io/latest/docs/reference/config/istio.mesh.v1alpha1/ */
  meshConfig: v.optional(settings, {}),
  helm: v.optional(helmMesh),
  addon: v.optional(addonMesh),
  /** Certificates of a Key Vault that the ingress gateway serves. */
  certificates: v.optional(v.array(vaultCertificate), []),
});

const bookinfo = object({
  namespace: v.optional(
    matching(KUBERNETES_NAME, 'must be a Kubernetes name: lower-case letters, digits and dashes, at most 63 characters'),
    'bookinfo',
  ),
  /** Registry and path of the images, without the trailing slash. */
  registry: v.optional(text, 'docker.io/istio'),
  tag: v.optional(text, '1.20.3'),
  replicas: v.optional(between(1, 100), 1),
});

const state = v.variant('kind', [
  object({ kind: v.literal('local') }),
  object({
    kind: v.literal('azurerm'),
    resourceGroupName: text,
    storageAccountName: matching(/^[a-z0-9]{3,24}$/, 'must be 3 to 24 lower-case letters and digits'),
    containerName: text,
    subscriptionId: v.optional(guid),
  }),
]);

/** The shape of an environment file. Rules that span several fields are in `check.ts`. */
export const environmentSchema = object({
  /** First part of every stack's name and of every Azure resource's. */
  name: matching(
    /^[a-z][a-z0-9-]{0,18}[a-z0-9]$/,
    'must be 2 to 20 lower-case letters, digits and dashes: it begins the names of stacks and Azure resources',
  ),
  cluster: v.variant('kind', [aksCluster, existingAksCluster, kubeconfigCluster]),
  mesh,
  bookinfo: v.optional(bookinfo, {}),
  traffic: v.optional(object({ /** Named traffic situation. */ scenario: v.optional(text, 'all-v1') }), {}),
  state: v.optional(state, { kind: 'local' }),
  /** Azure tags for everything that takes them. */
  tags: v.optional(v.record(v.string(), v.string()), {}),
});
