import { DeploymentV1 } from '@cdktf/provider-kubernetes/lib/deployment-v1';
import type { ITerraformDependable } from 'cdktf';
import { Construct } from 'constructs';
import { KubernetesObject } from '../kubernetes/object';
import { Problem, throwOnProblems } from '../validation';
import type { MeshGateway } from './mesh';

/** A program that does nothing: the secret is there as long as a pod mounts it. */
const PAUSE_IMAGE = 'mcr.microsoft.com/oss/kubernetes/pause:3.10';

const KUBERNETES_NAME = /^[a-z0-9]([-a-z0-9]{0,50}[a-z0-9])?$/;

/** Settings of {@link VaultCertificate}. */
export interface VaultCertificateProps {
  /** The gateway that serves it. */
  readonly gateway: MeshGateway | undefined;
  /** Name of the Secret that a Gateway's `credentialName` names; at most 52 characters. */
  readonly secretName: string;
  /** Name of the Key Vault, without its domain. */
  readonly vaultName: string;
  /** Certificate of the vault, with its private key. */
  readonly certificateName: string;
  /** Entra tenant of the vault. */
  readonly tenantId: string;
  /** Client id of the cluster's secrets provider: `az aks show --query addonProfiles.azureKeyvaultSecretsProvider.identity.clientId`. */
  readonly clientId: string;
  /** Image of the pod that mounts the certificate and does nothing else. @default a pause image of Microsoft's registry */
  readonly image?: string;
  /** What makes the gateway's namespace, where that is in the same stack. @default nothing: it is there */
  readonly dependsOn?: readonly ITerraformDependable[];
}

/**
 * A TLS certificate of a Key Vault as the Secret that a gateway serves. The CSI driver writes the Secret for as long as a pod mounts it, so
 * there is one that does nothing else; a certificate renewed in the vault is served within two minutes, without a restart.
 * @see https://learn.microsoft.com/azure/aks/istio-secure-gateway
 */
export class VaultCertificate extends Construct {
  /** What a Gateway's `credentialName` names. */
  readonly secretName: string;

  /** @throws ProblemError without a gateway, or for a name that Kubernetes refuses */
  constructor(scope: Construct, id: string, props: VaultCertificateProps) {
    super(scope, id);
    throwOnProblems('No gateway could serve this certificate:', certificateProblems(props, this.node.path));
    const { gateway, secretName, certificateName, dependsOn = [] } = props;
    this.secretName = secretName;
    const namespace = gateway?.namespace ?? '';
    const name = `${secretName}-vault`;
    const provider = new KubernetesObject(this, 'Provider', {
      apiVersion: 'secrets-store.csi.x-k8s.io/v1',
      kind: 'SecretProviderClass',
      metadata: { name, namespace },
      dependsOn,
      fields: () => ({
        spec: {
          provider: 'azure',
          parameters: {
            keyvaultName: props.vaultName,
            tenantId: props.tenantId,
            useVMManagedIdentity: 'true',
            userAssignedIdentityID: props.clientId,
            objects: objectsOf(certificateName),
          },
          secretObjects: [
            {
              secretName,
              type: 'kubernetes.io/tls',
              data: [
                { objectName: `${certificateName}-key`, key: 'tls.key' },
                { objectName: `${certificateName}-cert`, key: 'tls.crt' },
              ],
            },
          ],
        },
      }),
    });
    const labels = { app: name };
    new DeploymentV1(this, 'Mount', {
      dependsOn: [...dependsOn, ...provider.appliedBy],
      metadata: { name, namespace, labels },
      spec: {
        replicas: '1',
        selector: { matchLabels: labels },
        template: {
          metadata: { labels: { ...labels, 'sidecar.istio.io/inject': 'false' } },
          spec: {
            automountServiceAccountToken: false,
            enableServiceLinks: false,
            securityContext: { runAsNonRoot: true, runAsUser: '65535', runAsGroup: '65535', seccompProfile: { type: 'RuntimeDefault' } },
            container: [
              {
                name: 'mount',
                image: props.image ?? PAUSE_IMAGE,
                imagePullPolicy: 'IfNotPresent',
                securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } },
                resources: { requests: { cpu: '1m', memory: '8Mi' }, limits: { cpu: '10m', memory: '16Mi' } },
                volumeMount: [{ name: 'secrets', mountPath: '/mnt/secrets', readOnly: true }],
              },
            ],
            volume: [
              { name: 'secrets', csi: { driver: 'secrets-store.csi.k8s.io', readOnly: true, volumeAttributes: { secretProviderClass: name } } },
            ],
          },
        },
      },
    });
  }
}

/** The certificate as the driver's list of texts: its private key and its chain are two views of one object. */
function objectsOf(certificateName: string): string {
  const object = (type: 'secret' | 'cert', alias: string) =>
    [`objectName: ${certificateName}`, `objectType: ${type}`, `objectAlias: ${certificateName}-${alias}`].map((line) => `      ${line}`).join('\n');
  return `array:\n  - |\n${object('secret', 'key')}\n  - |\n${object('cert', 'cert')}\n`;
}

function certificateProblems({ gateway, secretName }: VaultCertificateProps, at: string): Problem[] {
  const problems: Problem[] = [];
  if (!gateway) {
    problems.push({ at: `${at}: gateway`, rule: 'the Secret lives beside the gateway that serves it', mend: 'Name one that the mesh has' });
  }
  if (!KUBERNETES_NAME.test(secretName)) {
    problems.push({
      at: `${at}: secretName`,
      value: secretName,
      rule: 'must be 1 to 52 lower-case letters, digits and dashes, since other names are made from it',
      mend: 'Change it',
    });
  }
  return problems;
}
