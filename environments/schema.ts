import * as v from 'valibot';
import { clusterSchema } from './cluster-schema';
import { between, guid, matching, object, text } from './schema-parts';

const KUBERNETES_NAME = /^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$/;

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
  /** A gateway that calls leave the mesh by. @default none */
  egressGateway: v.optional(object({ name: v.optional(text), namespace: v.optional(text) })),
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
  /** Revision that comes next: its shared MeshConfig is written ahead of the upgrade. @default none */
  next: v.optional(matching(/^asm-1-\d+$/, 'must look like asm-1-30')),
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

/** A certificate for demonstrations: the command line signs it by an authority of its own, straight into the cluster. */
const demoCertificate = object({
  /** What a Gateway's `credentialName` names. */
  secretName: matching(/^[a-z0-9]([-a-z0-9]{0,50}[a-z0-9])?$/, 'must be 1 to 52 lower-case letters, digits and dashes'),
  hosts: v.pipe(v.array(matching(/^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/, 'must be a host name in lower case')), v.minLength(1, 'must name one host')),
});

const mesh = object({
  flavor: v.picklist(['helm', 'addon']),
  /** Istio's mesh-wide settings, for either flavour. @see https://istio.io/latest/docs/reference/config/istio.mesh.v1alpha1/ */
  meshConfig: v.optional(settings, {}),
  helm: v.optional(helmMesh),
  addon: v.optional(addonMesh),
  /** Certificates of a Key Vault that the ingress gateway serves. */
  certificates: v.optional(v.array(vaultCertificate), []),
  /** Certificates that nobody trusts, for demonstrations; not for anything that is worth anything. */
  demoCertificates: v.optional(v.array(demoCertificate), []),
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
  /** Whether only the mesh reaches its pods by address too. @default where the profile is production, whose network plugin enforces it */
  networkPolicies: v.optional(v.boolean()),
});

const traffic = object({
  /** Named traffic situation. */
  scenario: v.optional(text, 'all-v1'),
  /** Host outside of the cluster that the egress scenarios call: it answers `/` with 200, by HTTP on port 80 and by HTTPS on port 443. */
  externalHost: v.optional(matching(/^([a-z0-9]([-a-z0-9]*[a-z0-9])?\.)+[a-z]{2,}$/, 'must be the name of a host, such as www.example.com'), 'www.example.com'),
  /** IPv4 address of a MySQL or MariaDB outside of Kubernetes that has upstream's database `test`, for root with the password `password`. */
  externalDatabase: v.optional(v.pipe(v.string(), v.ipv4('must be an IPv4 address'))),
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
  cluster: clusterSchema,
  mesh,
  bookinfo: v.optional(bookinfo, {}),
  traffic: v.optional(traffic, {}),
  state: v.optional(state, { kind: 'local' }),
  /** Azure tags for everything that takes them. */
  tags: v.optional(v.record(v.string(), v.string()), {}),
  /** Keys of tags that somebody else writes on resources in Azure, such as a policy: they are left alone. */
  foreignTags: v.optional(v.array(text), []),
});
