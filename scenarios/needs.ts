import type { ICluster } from '../constructs/cluster/cluster';
import type { IMesh } from '../constructs/mesh/mesh';
import { Problem, throwOnProblems } from '../constructs/validation';
import type { Capability } from './expectation';
import type { ExtensionProvider, Scenario } from './scenario';

/** What there is for a scenario. */
export interface Surroundings {
  readonly mesh: IMesh;
  /** What names the scenario, for the message: `environments/dev.ts: traffic.scenario`. */
  readonly at: string;
  /** Bookinfo's namespace. @default 'bookinfo' */
  readonly namespace?: string;
  /** Entries of MeshConfig's `extensionProviders`. @default their names, as far as the mesh tells */
  readonly extensionProviders?: readonly ExtensionProvider[];
  /** Secrets with certificates that the environment puts beside the gateway. @default unknown */
  readonly secretNames?: readonly string[];
  /** Whether the environment names a database outside of Kubernetes. @default true */
  readonly hasExternalDatabase?: boolean;
}

/**
 * Checks that a mesh has what a scenario needs.
 * @throws ProblemError naming each thing that is missing, and what to write
 */
export function checkNeeds({ name, needs = {} }: Pick<Scenario, 'name' | 'needs'>, surroundings: Surroundings): void {
  const { mesh, at, namespace = 'bookinfo', secretNames, hasExternalDatabase = true } = surroundings;
  const certificates = (needs.certificates ?? []).filter(({ secretName }) => secretNames !== undefined && !secretNames.includes(secretName));
  throwOnProblems(`The scenario ${name} needs more than this environment has:`, [
    ...(needs.extensionProviders ?? []).flatMap((provider) => providerProblems(provider(namespace), surroundings)),
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

/** A provider that MeshConfig lacks, or one whose service is looked for where this Bookinfo is not. */
function providerProblems(wanted: ExtensionProvider, { mesh, at, extensionProviders }: Surroundings): Problem[] {
  const see = 'https://istio.io/latest/docs/reference/config/istio.mesh.v1alpha1/#MeshConfig-ExtensionProvider';
  const mend = `Write into mesh.meshConfig.extensionProviders: ${JSON.stringify(wanted)}`;
  if (mesh.extensionProviders !== undefined && !mesh.extensionProviders.includes(wanted.name)) {
    return [{ at, value: wanted.name, rule: `MeshConfig defines the extension provider ${wanted.name}`, mend, see }];
  }
  const [asked, right] = [extensionProviders?.find(({ name }) => name === wanted.name), wanted].map(serviceOf);
  return asked === undefined || asked === right ? [] : [{ at, value: asked, rule: `the extension provider ${wanted.name} asks ${right}`, mend, see }];
}

/** Host that a provider names, whatever kind it is of. */
function serviceOf(provider: ExtensionProvider | undefined): string | undefined {
  const settings = Object.values(provider ?? {}).find((value) => typeof value === 'object') as { readonly service?: string } | undefined;
  return settings?.service;
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
