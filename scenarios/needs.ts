import type { ICluster } from '../constructs/cluster/cluster';
import type { IMesh } from '../constructs/mesh/mesh';
import { Problem, throwOnProblems } from '../constructs/validation';
import type { Capability } from './expectation';
import type { Scenario } from './scenario';

/**
 * Checks that a mesh has what a scenario needs.
 * @param at what names the scenario, for the message: `environments/dev.ts: traffic.scenario`
 * @param secretNames Secrets with certificates that the environment puts beside the gateway. @default unknown
 * @param hasExternalDatabase whether the environment names a database outside of Kubernetes. @default true
 * @throws ProblemError naming each thing that is missing, and what to write
 */
export function checkNeeds(
  { name, needs = {} }: Pick<Scenario, 'name' | 'needs'>,
  mesh: IMesh,
  at: string,
  secretNames?: readonly string[],
  hasExternalDatabase = true,
): void {
  const certificates = (needs.certificates ?? []).filter(({ secretName }) => secretNames !== undefined && !secretNames.includes(secretName));
  const defined = mesh.extensionProviders;
  const providers = (needs.extensionProviders ?? []).filter((provider) => defined !== undefined && !defined.includes(provider.name));
  throwOnProblems(`The scenario ${name} needs more than this environment has:`, [
    ...providers.map((provider): Problem => ({
      at,
      value: name,
      rule: `MeshConfig defines the extension provider ${provider.name}`,
      mend: `Add to mesh.meshConfig.extensionProviders: ${JSON.stringify(provider)}`,
      see: 'https://istio.io/latest/docs/reference/config/istio.mesh.v1alpha1/#MeshConfig-ExtensionProvider',
    })),
    ...certificates.map(
      ({ secretName, hosts }): Problem => ({
        at,
        value: name,
        rule: `the gateway has a certificate for ${hosts.join(', ')} in the Secret ${secretName}`,
        mend:
          `Add to mesh.certificates one of a Key Vault, with secretName '${secretName}'; ` +
          `or to mesh.demoCertificates one that nobody trusts: ${JSON.stringify({ secretName, hosts })}`,
        see: 'https://istio.io/latest/docs/tasks/traffic-management/ingress/secure-ingress/',
      }),
    ),
    ...(needs.externalDatabase && !hasExternalDatabase
      ? [
          {
            at,
            value: name,
            rule: 'the environment names a MySQL outside of Kubernetes',
            mend: "Write traffic.externalDatabase: '10.0.0.5', the address of one that has upstream's database `test`, for root with the password `password`",
            see: 'https://github.com/istio/istio/blob/release-1.29/samples/bookinfo/src/mysql/mysqldb-init.sql',
          },
        ]
      : []),
    ...(needs.features ?? []).flatMap((feature): Problem[] => {
      const missing = mesh.unsupported(feature);
      return missing ? [{ at, value: name, rule: `${feature}: ${missing.reason}`, mend: missing.alternative, see: missing.see }] : [];
    }),
  ]);
}

/** Why something cannot be observed here; nothing where it can. What is there is what the cluster and the mesh declare. */
export function lackOf(capabilities: readonly Capability[] | undefined, cluster: ICluster, mesh: IMesh): string | undefined {
  for (const capability of capabilities ?? []) {
    const missing = capability === 'Internet' || capability === 'NetworkPolicies' ? clusterLacks(capability, cluster) : mesh.unsupported(capability)?.reason;
    if (missing !== undefined) {
      return missing;
    }
  }
  return undefined;
}

function clusterLacks(capability: 'Internet' | 'NetworkPolicies', { offers }: ICluster): string | undefined {
  if (capability === 'Internet') {
    return offers.internet === false ? 'the environment says that this cluster does not reach the internet' : undefined;
  }
  return offers.networkPolicies === false ? 'the environment says that the network plugin of this cluster enforces no NetworkPolicy' : undefined;
}
