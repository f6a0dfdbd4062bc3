import type { Construct } from 'constructs';
import type { AksCluster } from '../constructs/cluster/aks-cluster';
import { globalName } from '../constructs/cluster/azure-names';
import type { Environment } from '../environments';

type AksSettings = Extract<Environment['cluster'], { kind: 'aks' }>;

/**
 * Azure resource providers behind a cluster, and behind each part that may stand beside it. Spelt as Azure spells them: azurerm passes over
 * what it does not find, letter for letter.
 */
const PROVIDERS = {
  cluster: ['Microsoft.Compute', 'Microsoft.ContainerService', 'Microsoft.ManagedIdentity', 'Microsoft.Network'],
  monitoring: ['Microsoft.AlertsManagement', 'microsoft.insights', 'Microsoft.Monitor', 'Microsoft.OperationalInsights', 'Microsoft.Security'],
  grafana: ['Microsoft.Dashboard'],
  registry: ['Microsoft.ContainerRegistry'],
  keyVault: ['Microsoft.KeyVault'],
  policy: ['Microsoft.PolicyInsights'],
  backup: ['Microsoft.DataProtection', 'Microsoft.KubernetesConfiguration', 'Microsoft.Storage'],
} as const;

/** What stands beside a cluster: what its environment names, and in production what it does not. */
export interface ClusterParts {
  readonly monitoring?: NonNullable<AksSettings['monitoring']>;
  readonly registry?: NonNullable<AksSettings['registry']>;
  readonly keyVault?: NonNullable<AksSettings['keyVault']>;
  readonly backup?: NonNullable<AksSettings['backup']>;
}

const PRODUCTION_MONITORING = { retentionDays: 90, containerLogs: true, defender: true, prometheus: true, grafanaName: undefined };

/** The parts of a cluster, with names for those that have to be unique in all of Azure: made from the DNS label, which already sets it apart. */
export function clusterPartsOf({ profile, dnsLabel, monitoring, registry, keyVault, backup }: AksSettings): ClusterParts {
  const isProduction = profile === 'production';
  return {
    monitoring: monitoring ?? (isProduction ? PRODUCTION_MONITORING : undefined),
    registry: registry ?? (isProduction ? { name: globalName(dnsLabel, 'registry', 50), mirror: false } : undefined),
    keyVault: keyVault ?? (isProduction ? { name: globalName(dnsLabel, 'vault'), allowedIpRanges: undefined } : undefined),
    backup,
  };
}

/** Azure resource providers that the subscription must have registered for a cluster and its parts. */
export function resourceProvidersOf({ profile }: AksSettings, { monitoring, registry, keyVault, backup }: ClusterParts): string[] {
  return [
    ...PROVIDERS.cluster,
    ...(monitoring ? PROVIDERS.monitoring : []),
    ...(monitoring?.grafanaName ? PROVIDERS.grafana : []),
    ...(registry ? PROVIDERS.registry : []),
    ...(keyVault ? PROVIDERS.keyVault : []),
    ...(profile === 'production' ? PROVIDERS.policy : []),
    ...(backup ? PROVIDERS.backup : []),
  ].sort();
}

/* eslint-disable @typescript-eslint/no-require-imports */
// Their bindings are heavy, and few environments have them: each is loaded where it is needed.
const load = {
  monitoring: () => require('../constructs/cluster/cluster-monitoring') as typeof import('../constructs/cluster/cluster-monitoring'),
  keyVault: () => require('../constructs/cluster/key-vault') as typeof import('../constructs/cluster/key-vault'),
  registry: () => require('../constructs/cluster/container-registry') as typeof import('../constructs/cluster/container-registry'),
  backup: () => require('../constructs/cluster/backup') as typeof import('../constructs/cluster/backup'),
};

/** Puts a cluster's parts beside it. */
export function addClusterParts(scope: Construct, cluster: AksCluster, settings: AksSettings, parts: ClusterParts): void {
  const isPrivate = settings.profile === 'production';
  const { monitoring, registry, keyVault, backup } = parts;
  if (monitoring) {
    new (load.monitoring().ClusterMonitoring)(scope, 'Monitoring', { ...monitoring, cluster });
  }
  if (keyVault) {
    new (load.keyVault().KeyVault)(scope, 'Vault', { ...keyVault, cluster, isPrivate: isPrivate && keyVault.allowedIpRanges === undefined });
  }
  if (registry) {
    new (load.registry().ContainerRegistry)(scope, 'Registry', { name: registry.name, cluster, isPrivate, mirror: registry.mirror ? {} : undefined });
  }
  if (backup) {
    new (load.backup().Backup)(scope, 'Backup', { ...backup, cluster });
  }
  for (const [name, pool] of Object.entries(settings.nodePools)) {
    cluster.addNodePool(`Pool-${name}`, name, pool);
  }
}
