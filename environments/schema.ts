import { z } from 'zod';

const KUBERNETES_NAME = /^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/;
const GUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

const namespace = z.string().regex(KUBERNETES_NAME, 'must be a Kubernetes name: lower-case letters, digits and dashes, at most 63 characters');
const guid = z.string().regex(GUID, 'must be a GUID such as 3f2504e0-4f89-41d3-9a0c-0305e82c3301');
const istioVersion = z.string().regex(/^1\.\d+\.\d+(-[a-z0-9.]+)?$/, 'must be an Istio version such as 1.29.1');

const nodePool = z.strictObject({
  /** Azure VM size. */
  vmSize: z.string().min(1),
  /** Fewest nodes. */
  min: z.int().min(1).max(1000),
  /** Most nodes; equal to `min` means no autoscaling. */
  max: z.int().min(1).max(1000),
});

const aksCluster = z.strictObject({
  kind: z.literal('aks'),
  /** @default the subscription that ARM_SUBSCRIPTION_ID names */
  subscriptionId: guid.optional(),
  /** Azure region, such as `westeurope`. */
  location: z.string().regex(/^[a-z][a-z0-9]+$/, 'must be a region name such as westeurope'),
  /** Kubernetes minor version; Azure chooses the patch. */
  kubernetesVersion: z.string().regex(/^1\.\d+$/, 'must be a minor version such as 1.35: AKS chooses the patch').default('1.35'),
  /** DNS label of the ingress address, unique in the region. */
  dnsLabel: z.string().regex(/^[a-z][a-z0-9-]{1,61}[a-z0-9]$/, 'must be 3 to 63 lower-case letters, digits and dashes, starting with a letter'),
  /** Entra groups whose members administer the cluster. */
  adminGroupObjectIds: z.array(guid).min(1, 'needs at least one group: local accounts are off, so nobody could log in'),
  /** How kubelogin gets its token. */
  login: z.enum(['azurecli', 'workloadidentity', 'spn', 'msi']).default('azurecli'),
  skuTier: z.enum(['Free', 'Standard', 'Premium']).default('Free'),
  systemPool: nodePool.default({ vmSize: 'Standard_D2ds_v5', min: 1, max: 2 }),
  userPool: nodePool.default({ vmSize: 'Standard_D2ds_v5', min: 1, max: 3 }),
  network: z
    .strictObject({
      addressSpace: z.cidrv4().default('10.224.0.0/16'),
      nodeSubnet: z.cidrv4().default('10.224.0.0/20'),
      podCidr: z.cidrv4().default('10.244.0.0/16'),
      serviceCidr: z.cidrv4().default('10.0.0.0/16'),
      dnsServiceIp: z.ipv4().default('10.0.0.10'),
    })
    .prefault({}),
  /** CIDR ranges that may reach the API server. @default everywhere */
  authorizedIpRanges: z.array(z.cidrv4()).optional(),
  /** Whether Terraform refuses to destroy the cluster, its network and its address. */
  preventDestroy: z.boolean().default(false),
});

const existingAksCluster = z.strictObject({
  kind: z.literal('existing-aks'),
  name: z.string().min(1),
  resourceGroupName: z.string().min(1),
  subscriptionId: guid.optional(),
  login: z.enum(['azurecli', 'workloadidentity', 'spn', 'msi']).default('azurecli'),
});

const kubeconfigCluster = z.strictObject({
  kind: z.literal('kubeconfig'),
  path: z.string().min(1),
  context: z.string().min(1).optional(),
  /** How the gateway Service is exposed: `NodePort` where the cluster has no load balancer. */
  gatewayService: z.enum(['LoadBalancer', 'NodePort']).default('LoadBalancer'),
});

const charts = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('repository'), url: z.url() }),
  z.strictObject({ kind: z.literal('oci'), url: z.string().startsWith('oci://', 'must start with oci://') }),
  z.strictObject({ kind: z.literal('folder'), path: z.string().min(1) }),
]);

const helmValues = z.record(z.string(), z.unknown());

const trafficRedirection = z.enum(['init', 'cni']).default('init');

const helmMesh = z.strictObject({
  version: istioVersion,
  charts: charts.default({ kind: 'repository', url: 'https://blob.istio.io/istio-release/charts' }),
  /** Registry and path of Istio's images. */
  hub: z.string().min(1).default('docker.io/istio'),
  revision: z.string().regex(/^[a-z0-9]([-a-z0-9]{0,44}[a-z0-9])?$/, 'must be a DNS label of at most 46 characters, such as 1-29-1').optional(),
  /** How pods' traffic reaches their sidecar: by an init container, or by the CNI plugin, which spares them its privileges. */
  trafficRedirection,
  /** Values given to each chart over our own. */
  values: z.strictObject({ base: helmValues.optional(), cni: helmValues.optional(), istiod: helmValues.optional(), gateway: helmValues.optional() }).prefault({}),
});

const addonMesh = z.strictObject({
  /** One revision, or two during a canary upgrade, ascending. */
  revisions: z
    .array(z.string().regex(/^asm-1-\d+$/, 'must look like asm-1-30'))
    .min(1)
    .max(2, 'the add-on runs at most two revisions at once'),
  /** Which of the revisions namespaces join. @default the first */
  active: z.string().optional(),
  /** How the cluster redirects traffic; `cni` only where it was seen, since neither azurerm nor an upgrade sets it. */
  trafficRedirection,
});

const mesh = z.strictObject({
  flavor: z.enum(['helm', 'addon']),
  /** Istio's mesh-wide settings, for either flavour. @see https://istio.io/latest/docs/reference/config/istio.mesh.v1alpha1/ */
  meshConfig: z.record(z.string(), z.unknown()).prefault({}),
  helm: helmMesh.optional(),
  addon: addonMesh.optional(),
});

const bookinfo = z.strictObject({
  namespace: namespace.default('bookinfo'),
  /** Registry and path of the images, without the trailing slash. */
  registry: z.string().min(1).default('docker.io/istio'),
  tag: z.string().min(1).default('1.20.3'),
  replicas: z.int().min(1).max(100).default(1),
});

const traffic = z.strictObject({
  /** Named traffic situation. */
  scenario: z.string().min(1).default('all-v1'),
});

const state = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('local') }),
  z.strictObject({
    kind: z.literal('azurerm'),
    resourceGroupName: z.string().min(1),
    storageAccountName: z.string().regex(/^[a-z0-9]{3,24}$/, 'must be 3 to 24 lower-case letters and digits'),
    containerName: z.string().min(1),
    subscriptionId: guid.optional(),
  }),
]);

/** The shape of an environment file. Rules that span several fields are in `check.ts`. */
export const environmentSchema = z.strictObject({
  /** First part of every stack's name and of every Azure resource's. */
  name: z.string().regex(/^[a-z][a-z0-9-]{0,18}[a-z0-9]$/, 'must be 2 to 20 lower-case letters, digits and dashes: it begins the names of stacks and Azure resources'),
  cluster: z.discriminatedUnion('kind', [aksCluster, existingAksCluster, kubeconfigCluster]),
  mesh,
  bookinfo: bookinfo.prefault({}),
  traffic: traffic.prefault({}),
  state: state.default({ kind: 'local' }),
  /** Azure tags for everything that takes them. */
  tags: z.record(z.string(), z.string()).prefault({}),
});
