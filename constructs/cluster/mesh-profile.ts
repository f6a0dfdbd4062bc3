import type { KubernetesClusterServiceMeshProfile } from '@cdktf/provider-azurerm/lib/kubernetes-cluster';
import type { Problem } from '../validation';
import { meshRevisionProblems } from './mesh-revisions';
import { meshSupportProblems } from './mesh-support';

const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Secrets of a Key Vault, in PEM, that the add-on's istiod signs with. */
export interface MeshCertificateAuthority {
  /** Resource id of the vault. */
  readonly keyVaultId: string;
  /**
   * Object id of the identity that the cluster's secrets provider made for itself. It exists only once the cluster does, which is why a
   * plug-in CA takes two applies: `az aks show --query addonProfiles.azureKeyvaultSecretsProvider.identity.objectId`.
   */
  readonly secretsProviderObjectId: string;
  /** Name of the vault's object with the root certificate. @default 'root-cert' */
  readonly rootCert?: string;
  /** Name of the vault's object with the chain of certificates. @default 'cert-chain' */
  readonly certChain?: string;
  /** Name of the vault's object with the certificate of the authority. @default 'ca-cert' */
  readonly cert?: string;
  /** Name of the vault's object with the key of the authority. @default 'ca-key' */
  readonly key?: string;
}

/** The Istio add-on of a cluster. */
export interface AksMeshProfile {
  /** One revision, or the old and the new during a canary upgrade, ascending. */
  readonly revisions: readonly string[];
  /** Whether there is an ingress gateway with a public address. @default true */
  readonly externalIngressGateway?: boolean;
  /** Whether there is an ingress gateway with an address of the virtual network. @default false */
  readonly internalIngressGateway?: boolean;
  /**
   * What istiod signs with. Only a mesh that is switched on with it takes it: a running self-signed one has to be switched off first.
   * @default a self-signed root of istiod's own
   */
  readonly certificateAuthority?: MeshCertificateAuthority;
}

/** What the add-on would refuse, or what would leave it without a CA. */
export function meshProfileProblems(mesh: AksMeshProfile, kubernetesVersion: string, at: string): Problem[] {
  const problems = [
    ...meshRevisionProblems(mesh.revisions, `${at}.revisions`),
    ...meshSupportProblems(mesh.revisions, kubernetesVersion, `${at}.revisions`),
  ];
  const id = mesh.certificateAuthority?.secretsProviderObjectId;
  return id === undefined || GUID.test(id)
    ? problems
    : [
        ...problems,
        {
          at: `${at}.certificateAuthority.secretsProviderObjectId`,
          value: id,
          rule: 'istiod reads its CA as an identity that the cluster makes for itself: it must be known, and allowed to read the vault, before the mesh is on',
          mend:
            'Apply the cluster without the mesh, write down the object id that ' +
            '`az aks show --query addonProfiles.azureKeyvaultSecretsProvider.identity.objectId` prints, then apply with it',
          see: 'https://learn.microsoft.com/azure/aks/istio-plugin-ca',
        },
      ];
}

/** The block of the cluster's resource. */
export function meshProfileBlock(mesh: AksMeshProfile): KubernetesClusterServiceMeshProfile {
  const ca = mesh.certificateAuthority;
  return {
    mode: 'Istio',
    revisions: [...mesh.revisions],
    externalIngressGatewayEnabled: mesh.externalIngressGateway ?? true,
    internalIngressGatewayEnabled: mesh.internalIngressGateway ?? false,
    ...(ca
      ? {
          certificateAuthority: {
            keyVaultId: ca.keyVaultId,
            rootCertObjectName: ca.rootCert ?? 'root-cert',
            certChainObjectName: ca.certChain ?? 'cert-chain',
            certObjectName: ca.cert ?? 'ca-cert',
            keyObjectName: ca.key ?? 'ca-key',
          },
        }
      : {}),
  };
}
