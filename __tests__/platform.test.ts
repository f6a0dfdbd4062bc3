import * as fs from 'node:fs';
import * as path from 'node:path';
import { NamespaceV1 } from '@cdktf/provider-kubernetes/lib/namespace-v1';
import { App, TerraformStack } from 'cdktf';
import { Construct } from 'constructs';
import { parse } from 'yaml';
import { ROLE_IDS } from '../cli/bootstrap/federation';
import { requireAzureSettings } from '../cli/prerequisites';
import { Bookinfo, BookinfoProps } from '../constructs/bookinfo';
import {
  AksCluster,
  AksClusterProps,
  Backup,
  ClusterMonitoring,
  ContainerRegistry,
  existingAksCluster,
  globalName,
  KeyVault,
  MaintenanceWindows,
  NodePoolSettings,
  WorkloadIdentity,
} from '../constructs/cluster';
import * as clusterModule from '../constructs/cluster';
import { azureProvider, ClusterProviders } from '../constructs/kubernetes';
import { toKubernetesObject } from '../constructs/kubernetes/conversion/conversion';
import { AddonGatewayAnnotation, AksIstioAddon, AksIstioAddonProps, existingMesh, ManagedMeshMetrics, VaultCertificate } from '../constructs/mesh';
import * as meshModule from '../constructs/mesh';
import { Problem, ProblemError } from '../constructs/validation';
import { checkEnvironment, EnvironmentInput, loadEnvironment } from '../environments';
import { exceptionTable, isExpected, readExceptions, unused } from '../scripts/scan/exceptions';
import { toHcl } from '../scripts/scan/hcl';
import { buildEnvironment } from '../stacks';
import { ClusterStack, clusterOf } from '../stacks/cluster';
import { onlyResource, resources, StackJson, synthApp, synthStack } from './synth';

const GUID = '3f2504e0-4f89-41d3-9a0c-0305e82c3301';
const BASE: AksClusterProps = { name: 'shop', location: 'westeurope', adminGroupObjectIds: [GUID] };
const PRODUCTION: Partial<AksClusterProps> = {
  profile: 'production',
  authorizedIpRanges: ['198.51.100.7/32'],
  systemPool: { vmSize: 'Standard_D4ds_v5', min: 3 },
  userPool: { vmSize: 'Standard_D4ds_v5', min: 3, max: 6 },
};

function synth(props: Partial<AksClusterProps> = {}, build: (cluster: AksCluster, stack: TerraformStack) => void = () => undefined): StackJson {
  return synthStack((stack) => {
    azureProvider(stack, 'Azure');
    build(new AksCluster(stack, 'Cluster', { ...BASE, ...props }), stack);
  });
}

function problems(build: (stack: TerraformStack) => unknown): readonly Problem[] {
  try {
    build(new TerraformStack(new App(), 'stack'));
  } catch (error) {
    if (!(error instanceof ProblemError)) {
      throw error;
    }
    return error.problems;
  }
  return [];
}

const places = (build: (stack: TerraformStack) => unknown) => problems(build).map(({ at }) => at);
const cluster = (stack: TerraformStack, props: Partial<AksClusterProps> = {}) => new AksCluster(stack, 'Cluster', { ...BASE, ...props });
const roles = (json: StackJson) => Object.values(resources(json, 'azurerm_role_assignment')).map(({ role_definition_name }) => role_definition_name as string);

describe('profile production', () => {
  const json = synth(PRODUCTION);
  const aks = onlyResource(json, 'azurerm_kubernetes_cluster');

  test('keeps the state addresses of what cannot be made again as it was', () => {
    const stacks = synthApp((app) => void new ClusterStack(app, loadEnvironment('prod')));
    const ids = Object.entries(stacks['prod-cluster']!.resource!).flatMap(([type, byId]) => Object.keys(byId).map((id) => `${type}.${id}`));
    // A change here replaces what holds data or an address: move the resources by moveTo, never by mending this list.
    expect(ids).toEqual(
      expect.arrayContaining([
        'azurerm_resource_group.Cluster_ResourceGroup_CFE37354',
        'azurerm_virtual_network.Cluster_Network_A5E2F637',
        'azurerm_subnet.Cluster_Network_NodeSubnet_D6E9E9EF',
        'azurerm_subnet.Cluster_Network_EndpointSubnet_10677A41',
        'azurerm_public_ip.Cluster_IngressIp_E88BDA51',
        'azurerm_public_ip.Cluster_Network_Egress_PublicIp_F4B3DBBD',
        'azurerm_nat_gateway.Cluster_Network_Egress_BA355A1C',
        'azurerm_user_assigned_identity.Cluster_Identity_E66962C5',
        'azurerm_kubernetes_cluster.Cluster_EB0386A7',
        'azurerm_kubernetes_cluster_node_pool.Cluster_UserPool_B7E389B0',
        'azurerm_container_registry.Registry_4DB9CCA5',
        'azurerm_key_vault.Vault_23237E5B',
        'azurerm_log_analytics_workspace.Monitoring_19FB5217',
        'azurerm_monitor_workspace.Monitoring_Prometheus_7A95F99A',
      ]),
    );
  });

  test('prod asks Azure for everything that a platform team signs off, and in so many words', () => {
    const stack = synthApp((app) => void new ClusterStack(app, loadEnvironment('prod')))['prod-cluster']!;
    expect(onlyResource(stack, 'azurerm_kubernetes_cluster')).toMatchObject({
      sku_tier: 'Standard',
      local_account_disabled: true,
      run_command_enabled: false,
      azure_policy_enabled: true,
      image_cleaner_enabled: true,
      image_cleaner_interval_hours: 168,
      automatic_upgrade_channel: 'patch',
      node_os_upgrade_channel: 'NodeImage',
      maintenance_window_auto_upgrade: { day_of_week: 'Sunday', start_time: '02:00', duration: 6 },
      maintenance_window_node_os: { day_of_week: 'Sunday', start_time: '02:00', duration: 6 },
      private_cluster_public_fqdn_enabled: false,
      api_server_access_profile: { authorized_ip_ranges: expect.stringContaining('192.0.2.0/24') as string },
      azure_active_directory_role_based_access_control: { azure_rbac_enabled: true },
      oidc_issuer_enabled: true,
      workload_identity_enabled: true,
      key_vault_secrets_provider: { secret_rotation_enabled: true },
      microsoft_defender: { log_analytics_workspace_id: expect.stringContaining('azurerm_log_analytics_workspace') as string },
      oms_agent: { msi_auth_for_monitoring_enabled: true },
      monitor_metrics: {},
      network_profile: { network_plugin_mode: 'overlay', network_data_plane: 'cilium', network_policy: 'cilium', outbound_type: 'userAssignedNATGateway' },
      default_node_pool: { auto_scaling_enabled: true, min_count: 3, zones: ['1', '2', '3'], host_encryption_enabled: true, node_public_ip_enabled: false },
    });
    const key = `/subscriptions/${GUID}/resourceGroups/keys/providers/Microsoft.Compute/diskEncryptionSets/shop`;
    expect(onlyResource(synth({ ...PRODUCTION, diskEncryptionSetId: key }), 'azurerm_kubernetes_cluster').disk_encryption_set_id).toBe(key);
    expect(aks).not.toHaveProperty('disk_encryption_set_id');
  });

  test('writes every secure default out', () => {
    expect(aks).toMatchObject({
      sku_tier: 'Standard',
      local_account_disabled: true,
      role_based_access_control_enabled: true,
      run_command_enabled: false,
      azure_policy_enabled: true,
      image_cleaner_enabled: true,
      node_os_upgrade_channel: 'NodeImage',
      workload_identity_enabled: true,
      oidc_issuer_enabled: true,
      maintenance_window_node_os: { day_of_week: 'Sunday', start_time: '02:00', duration: 4, frequency: 'Weekly', interval: 1 },
      network_profile: { network_data_plane: 'cilium', network_policy: 'cilium', outbound_type: 'userAssignedNATGateway' },
      default_node_pool: { zones: ['1', '2', '3'], host_encryption_enabled: true, os_disk_type: 'Ephemeral', only_critical_addons_enabled: true },
    });
    expect(onlyResource(json, 'azurerm_kubernetes_cluster_node_pool')).toMatchObject({ zones: ['1', '2', '3'], host_encryption_enabled: true });
  });

  test('lets the nodes reach the API server through their own way out', () => {
    const [ip] = Object.keys(resources(json, 'azurerm_public_ip'));
    expect(aks.api_server_access_profile).toMatchObject({
      authorized_ip_ranges: `\${concat(["198.51.100.7/32"], formatlist("%s/32", compact([azurerm_public_ip.${ip}.ip_address])))}`,
    });
  });

  test('is built only once the way out and the guard of its nodes are there', () => {
    const kinds = (aks.depends_on as string[]).map((address) => address.split('.')[0]);
    expect(kinds).toEqual(expect.arrayContaining(['azurerm_subnet_nat_gateway_association', 'azurerm_subnet_network_security_group_association']));
  });

  test('opens the gateway to the internet only where there is one', () => {
    const ports = (stack: StackJson) => Object.values(resources(stack, 'azurerm_network_security_rule')).filter(({ source_address_prefix }) => source_address_prefix === 'Internet');
    expect(ports(json)).toEqual([]);
    expect(ports(synth({ ...PRODUCTION, ingress: { dnsLabel: 'shop-prod' } })).map(({ destination_port_range }) => destination_port_range).sort()).toEqual(['443', '80']);
  });

  test('yields to what is set on the cluster', () => {
    const own = synth({ ...PRODUCTION, zones: [], egress: 'loadBalancer', hostEncryption: false, skuTier: 'Free', ingress: { dnsLabel: 'shop-prod' } });
    expect(onlyResource(own, 'azurerm_kubernetes_cluster')).toMatchObject({ sku_tier: 'Free', cost_analysis_enabled: false, network_profile: { outbound_type: 'loadBalancer' } });
    expect(onlyResource(own, 'azurerm_public_ip')).not.toHaveProperty('zones');
  });

  test('is private with a zone of its own, and without ranges', () => {
    const isolated = synth({ ...PRODUCTION, authorizedIpRanges: undefined, privateApiServer: true });
    const [zone] = Object.keys(resources(isolated, 'azurerm_private_dns_zone'));
    const resource = onlyResource(isolated, 'azurerm_kubernetes_cluster');
    expect(resource).toMatchObject({ private_cluster_enabled: true, private_dns_zone_id: `\${azurerm_private_dns_zone.${zone}.id}` });
    expect(resource).not.toHaveProperty('api_server_access_profile');
    expect(roles(isolated)).toContain('Private DNS Zone Contributor');
  });

  test('names what it lacks', () => {
    expect(places((stack) => cluster(stack, { profile: 'production' }))).toEqual(['stack/Cluster: authorizedIpRanges']);
    expect(places((stack) => cluster(stack, { ...PRODUCTION, privateApiServer: true, userPool: { vmSize: 'Standard_D4s_v5' } }))).toEqual([
      'stack/Cluster: authorizedIpRanges',
      'stack/Cluster: userPool: vmSize',
    ]);
  });
});

describe('NodePool', () => {
  const pool = (settings: NodePoolSettings) =>
    Object.values(resources(synth({}, (aks) => void aks.addNodePool('More', 'more', settings)), 'azurerm_kubernetes_cluster_node_pool')).find(({ name }) => name === 'more')!;

  test('writes what Azure puts on spot nodes, and no surge', () => {
    const spot = pool({ kind: 'spot', min: 0, max: 5, labels: { team: 'a' } });
    expect(spot).toMatchObject({
      priority: 'Spot',
      eviction_policy: 'Delete',
      spot_max_price: -1,
      node_taints: ['kubernetes.azure.com/scalesetpriority=spot:NoSchedule'],
      node_labels: { team: 'a', 'kubernetes.azure.com/scalesetpriority': 'spot' },
      min_count: 0,
      lifecycle: { ignore_changes: ['node_count', 'upgrade_settings'] },
    });
    expect(spot).not.toHaveProperty('upgrade_settings');
  });

  test('keeps what needs no GPU off GPU nodes', () => {
    expect(pool({ kind: 'gpu' })).toMatchObject({ vm_size: 'Standard_NC4as_T4_v3', node_taints: ['sku=gpu:NoSchedule'], gpu_driver: 'Install', temporary_name_for_rotation: 'moretmp' });
  });

  test('is for the system where asked', () => {
    expect(pool({ kind: 'system', min: 2 })).toMatchObject({ mode: 'System', node_taints: ['CriticalAddonsOnly=true:NoSchedule'], node_count: 2 });
  });

  test.each<[string, NodePoolSettings, string]>([
    ['Upper', {}, 'name'],
    ['tenletters', {}, 'name'],
    ['ok', { kind: 'system', min: 0, max: 2 }, ''],
    ['ok', { min: 0 }, ''],
    ['ok', { taints: ['team=a'] }, 'taints'],
    ['ok', { spotMaxPrice: 1 }, 'spotMaxPrice'],
    ['ok', { vmSize: 'Standard_E8s_v5', osDisk: 'Ephemeral' }, 'vmSize'],
  ])('%s %j is refused', (name, settings, member) => {
    expect(places((stack) => cluster(stack).addNodePool('More', name, settings))).toEqual([`stack/Cluster/More${member ? `: ${member}` : ''}`]);
  });

  test.each(['Standard_E8ds_v5', 'Standard_D4ads_v6', 'Standard_NC4as_T4_v3', 'Standard_DS2_v2'])('%s has a disk of its own', (vmSize) => {
    expect(places((stack) => cluster(stack).addNodePool('More', 'more', { vmSize, osDisk: 'Ephemeral' }))).toEqual([]);
  });
});

describe('what stands beside a cluster', () => {
  test('a registry: pulled from by a role, mirroring by an account of a vault', () => {
    const json = synth({}, (aks, stack) => {
      const vault = new KeyVault(stack, 'Vault', { name: 'shop-vault', cluster: aks });
      const registry = new ContainerRegistry(stack, 'Registry', { name: 'shopRegistry', cluster: aks, mirror: { repositories: ['istio/pilot'], account: { vault } } });
      expect(registry.mirror!.hub).toBe('shopregistry.azurecr.io/istio');
    });
    expect(roles(json)).toContain('AcrPull');
    expect(onlyResource(json, 'azurerm_container_registry')).toMatchObject({ sku: 'Basic', admin_enabled: false });
    const [set] = Object.keys(resources(json, 'azurerm_container_registry_credential_set'));
    expect(onlyResource(json, 'azurerm_container_registry_cache_rule')).toMatchObject({
      source_repo: 'docker.io/istio/pilot',
      target_repo: 'istio/pilot',
      credential_set_id: `\${azurerm_container_registry_credential_set.${set}.id}`,
    });
    expect(roles(json).filter((role) => role === 'Key Vault Secrets User')).toHaveLength(2);
  });

  test('a vault: by roles, read by the cluster, and for good where it is private', () => {
    const vaultOf = (isPrivate: boolean) => {
      const json = synth(PRODUCTION, (aks, stack) => void new KeyVault(stack, 'Vault', { name: 'shop-vault', cluster: aks, isPrivate }));
      expect(onlyResource(json, 'azurerm_kubernetes_cluster').key_vault_secrets_provider).toEqual({ secret_rotation_enabled: true, secret_rotation_interval: '2m' });
      return { vault: onlyResource(json, 'azurerm_key_vault'), endpoints: Object.keys(resources(json, 'azurerm_private_endpoint')).length };
    };
    expect(vaultOf(true)).toMatchObject({
      vault: { public_network_access_enabled: false, purge_protection_enabled: true, soft_delete_retention_days: 90, network_acls: { default_action: 'Deny' } },
      endpoints: 1,
    });
    const writers = (writerGroupObjectIds?: string[]) => {
      const json = synth({}, (aks, stack) => void new KeyVault(stack, 'Vault', { name: 'shop-vault', cluster: aks, writerGroupObjectIds }));
      const officers = Object.values(resources(json, 'azurerm_role_assignment')).filter(({ role_definition_name: role }) => (role as string).endsWith('Officer'));
      return officers.map(({ role_definition_name: role, principal_id: id }) => `${role as string} ${id as string}`);
    };
    expect(writers().sort()).toEqual([`Key Vault Certificates Officer ${GUID}`, `Key Vault Secrets Officer ${GUID}`]);
    expect(writers([])).toEqual([]);
    const open = { rbac_authorization_enabled: true, purge_protection_enabled: false, soft_delete_retention_days: 7 };
    expect(vaultOf(false)).toMatchObject({ vault: open, endpoints: 0 });
  });

  test('an identity: one ServiceAccount, vouched for by this cluster', () => {
    const account = { namespace: 'shop', serviceAccountName: 'reader' };
    const json = synth({}, (aks, stack) => void new WorkloadIdentity(stack, 'Reader', { ...account, name: 'shop-reader', cluster: aks }));
    expect(onlyResource(json, 'azurerm_federated_identity_credential')).toMatchObject({
      subject: 'system:serviceaccount:shop:reader',
      audience: ['api://AzureADTokenExchange'],
      issuer: '${azurerm_kubernetes_cluster.Cluster_EB0386A7.oidc_issuer_url}',
    });
  });

  test('monitoring: what is collected is also associated with the cluster', () => {
    const json = synth({}, (aks, stack) => void new ClusterMonitoring(stack, 'Monitoring', { cluster: aks, grafanaName: 'shop-grafana' }));
    const associated = Object.values(resources(json, 'azurerm_monitor_data_collection_rule_association'));
    expect(associated.map(({ target_resource_id }) => target_resource_id)).toEqual(Array(2).fill('${azurerm_kubernetes_cluster.Cluster_EB0386A7.id}'));
    const assigned = Object.values(resources(json, 'azurerm_role_assignment'));
    expect(assigned.find(({ role_definition_name: role }) => role === 'Grafana Admin')).toMatchObject({ principal_id: GUID, principal_type: 'Group' });
    expect(assigned.map(({ role_definition_name: role }) => role)).toContain('Monitoring Data Reader');
    expect(onlyResource(json, 'azurerm_kubernetes_cluster')).toMatchObject({ monitor_metrics: {}, oms_agent: { msi_auth_for_monitoring_enabled: true }, microsoft_defender: {} });
    expect(roles(json)).toContain('Monitoring Data Reader');
    const off = { defender: false, containerLogs: false, prometheus: false };
    const bare = synth({}, (aks, stack) => void new ClusterMonitoring(stack, 'Monitoring', { ...off, cluster: aks }));
    expect(Object.keys(onlyResource(bare, 'azurerm_kubernetes_cluster'))).not.toEqual(expect.arrayContaining(['microsoft_defender']));
    expect(bare.resource).not.toHaveProperty('azurerm_monitor_data_collection_rule');
  });

  test('backups: the instance waits for every right, and no key of the account is used', () => {
    const props = { storageAccountName: 'shopbackup', time: '04:30', retentionDays: 30 };
    const json = synth({}, (aks, stack) => void new Backup(stack, 'Backup', { ...props, cluster: aks }));
    const instance = onlyResource(json, 'azurerm_data_protection_backup_instance_kubernetes_cluster');
    expect(instance.depends_on).toHaveLength(8);
    expect(onlyResource(json, 'azurerm_data_protection_backup_policy_kubernetes_cluster')).toMatchObject({
      backup_repeating_time_intervals: ['R/2026-01-01T04:30:00+00:00/P1D'],
      default_retention_rule: { life_cycle: [{ duration: 'P30D', data_store_type: 'OperationalStore' }] },
    });
    expect(onlyResource(json, 'azurerm_storage_account')).toMatchObject({ shared_access_key_enabled: false, network_rules: { default_action: 'Deny' } });
    const keyless = { storage_use_azuread: true, features: [{ storage: [{ data_plane_available: false }] }] };
    expect((json.provider!.azurerm as object[])[0]).toMatchObject(keyless);
  });

  test('names and numbers that Azure refuses', () => {
    const at = (build: (aks: AksCluster, stack: TerraformStack) => unknown) => places((stack) => build(cluster(stack), stack));
    expect(at((aks, stack) => new KeyVault(stack, 'V', { name: 'shop--vault', cluster: aks, retentionDays: 3 }))).toEqual(['stack/V: name', 'stack/V: retentionDays']);
    expect(at((aks, stack) => new ContainerRegistry(stack, 'R', { name: 'shop-registry', cluster: aks }))).toEqual(['stack/R: name']);
    expect(at((aks, stack) => new ContainerRegistry(stack, 'R', { name: 'shopregistry', cluster: aks, mirror: { repositories: ['docker.io/istio/pilot:1'] } }))).toEqual(['stack/R/Mirror: repositories']);
    expect(at((aks, stack) => new WorkloadIdentity(stack, 'W', { name: 'ok-name', cluster: aks, namespace: 'Shop', serviceAccountName: 'reader' }))).toEqual(['stack/W: namespace']);
    expect(at((aks, stack) => new ClusterMonitoring(stack, 'M', { cluster: aks, retentionDays: 7, prometheus: false, grafanaName: 'g'.repeat(24) }))).toEqual([
      'stack/M: grafanaName',
      'stack/M: retentionDays',
      'stack/M: grafanaName',
    ]);
    expect(at((aks, stack) => new Backup(stack, 'B', { cluster: aks, storageAccountName: 'Shop', retentionDays: 0, time: '4' }))).toEqual(['stack/B: storageAccountName', 'stack/B: retentionDays', 'stack/B: time']);
    expect(at((aks, stack) => new KeyVault(stack, 'V', { name: 'shop-vault', cluster: aks, isPrivate: true }))).toEqual(['stack/V/Endpoint']);
  });

  test('a global name keeps what sets it apart, whatever the base', () => {
    expect(globalName('aks-istio-prod', 'vault')).toBe('aksistioprodvault');
    expect(globalName('a-very-long-label-of-a-platform', 'vault')).toBe('averylonglabelofaplvault');
  });
});

describe('day two', () => {
  test('adopting imports what is there by the id that Azure knows it by, and creates the rest', () => {
    const json = synth({ names: { network: 'hub' }, ingress: { dnsLabel: 'shop' }, adopt: { subscriptionId: GUID } });
    const ids = (json.import as unknown as { to: string; id: string }[]).map(({ id }) => id);
    expect(ids).toContain(`/subscriptions/${GUID}/resourceGroups/shop/providers/Microsoft.ContainerService/managedClusters/shop`);
    expect(ids).toContain(`/subscriptions/${GUID}/resourceGroups/shop/providers/Microsoft.Network/virtualNetworks/hub/subnets/nodes`);
    expect(ids.join()).not.toContain('publicIPAddresses');
    expect(ids).toHaveLength(6);
    expect(onlyResource(json, 'azurerm_virtual_network').name).toBe('hub');
  });

  /** What a second synth would have Terraform do: the arguments that differ, and resources that come or go, by their addresses. */
  function changes(before: StackJson, after: StackJson): string[] {
    const flat = (value: unknown, at: string): [string, unknown][] =>
      typeof value === 'object' && value !== null && !Array.isArray(value)
        ? Object.entries(value).flatMap(([name, member]) => flat(member, at === '' ? name : `${at}.${name}`))
        : [[at, JSON.stringify(value)]];
    const [one, other] = [before, after].map((json) => new Map(flat(json.resource, '')));
    return [...new Set([...one!.keys(), ...other!.keys()])].filter((at) => one!.get(at) !== other!.get(at)).map((at) => at.replace(/_[0-9A-F]{8}(?=\.)/, '')).sort();
  }
  const POOL = 'azurerm_kubernetes_cluster_node_pool';

  test('raising the minor changes the version of the control plane and of every pool, and nothing else', () => {
    const pool = (aks: AksCluster) => void aks.addNodePool('Batch', 'batch', { kind: 'spot' });
    expect(changes(synth({}, pool), synth({ kubernetesVersion: '1.36' }, pool))).toEqual([
      'azurerm_kubernetes_cluster.Cluster.default_node_pool.orchestrator_version',
      'azurerm_kubernetes_cluster.Cluster.kubernetes_version',
      `${POOL}.Cluster_Batch.orchestrator_version`,
      `${POOL}.Cluster_UserPool.orchestrator_version`,
    ]);
    // The pools name the cluster by a reference: Terraform raises the control plane first.
    const [user] = Object.values(resources(synth(), POOL));
    expect(user!.kubernetes_cluster_id).toBe('${azurerm_kubernetes_cluster.Cluster_EB0386A7.id}');
  });

  test('a pool more is that pool and nothing else; other machines are a rotation in place', () => {
    const grown = synth({}, (aks) => void aks.addNodePool('Batch', 'batch', {}));
    expect(changes(synth(), grown).every((at) => at.startsWith(`${POOL}.Cluster_Batch.`))).toBe(true);
    const resized = synth({ systemPool: { vmSize: 'Standard_D4ds_v5' }, userPool: { vmSize: 'Standard_D4ds_v5' } });
    expect(changes(synth(), resized)).toEqual(['azurerm_kubernetes_cluster.Cluster.default_node_pool.vm_size', `${POOL}.Cluster_UserPool.vm_size`]);
    expect(onlyResource(resized, 'azurerm_kubernetes_cluster')).toMatchObject({ default_node_pool: { temporary_name_for_rotation: 'systemtmp' } });
    expect(onlyResource(resized, POOL)).toMatchObject({ temporary_name_for_rotation: 'usertmp' });
    // Other numbers are no rotation; without an autoscaler they are a change in place.
    expect(changes(synth(), synth({ userPool: { min: 4 } }))).toEqual([`${POOL}.Cluster_UserPool.node_count`]);
  });

  test('switching the flavour changes the mesh profile of the cluster and nothing else', () => {
    const of = (flavor: string) => synthApp((app) => void new ClusterStack(app, loadEnvironment('dev', { flavor })))['dev-cluster']!;
    expect(changes(of('helm'), of('addon')).map((at) => at.split('.')[2])).toEqual(Array(4).fill('service_mesh_profile'));
  });

  test('an upgrade of the add-on finds its MeshConfig before it starts', () => {
    const configs = (mesh: object) => {
      const input = {
        name: 'shop',
        cluster: { kind: 'existing-aks', name: 'shop', resourceGroupName: 'shop' },
        mesh: { flavor: 'addon', meshConfig: { accessLogFile: '/dev/stdout' }, addon: mesh },
      };
      const json = synthApp((app) => void buildEnvironment(app, checkEnvironment(input, 'shop.ts')))['shop-mesh']!;
      return Object.keys(resources(json, 'kubernetes_config_map_v1')).map((id) => id.replace(/_[0-9A-F]{8}$/, ''));
    };
    expect(configs({ revisions: ['asm-1-29'], next: 'asm-1-30' })).toEqual(['Istio_MeshConfig-asm-1-29', 'Istio_MeshConfig-asm-1-30']);
    // The same ids while both run: the step from one to the other leaves them alone.
    expect(configs({ revisions: ['asm-1-29', 'asm-1-30'], next: 'asm-1-30' })).toEqual(configs({ revisions: ['asm-1-29'], next: 'asm-1-30' }));
    expect(() => configs({ revisions: ['asm-1-28'], next: 'asm-1-31' })).toThrow('an upgrade goes one or 2 minor versions up');
  });

  test('tags that a policy writes are left alone on everything that has tags, and only there', () => {
    const json = synthApp((app) => void new ClusterStack(app, { ...loadEnvironment('prod'), foreignTags: ['costCenter'] }))['prod-cluster']!;
    const ignoring = Object.entries(json.resource!).flatMap(([type, byId]) =>
      Object.values(byId).flatMap(({ lifecycle }) => ((lifecycle as { ignore_changes?: string[] } | undefined)?.ignore_changes?.includes('tags["costCenter"]') ? [type] : [])),
    );
    expect(ignoring).toEqual(expect.arrayContaining(['azurerm_resource_group', 'azurerm_kubernetes_cluster', 'azurerm_key_vault', 'azurerm_private_endpoint']));
    expect(ignoring.join()).not.toMatch(/azurerm_(subnet|role_assignment|network_security_rule|monitor_diagnostic_setting)/);
    expect(onlyResource(json, 'azurerm_kubernetes_cluster').lifecycle).toEqual({ ignore_changes: ['default_node_pool[0].node_count', 'tags["costCenter"]'] });
  });

  test('nothing that holds data or an address is destroyed where the environment says so', () => {
    const environment = loadEnvironment('prod');
    const json = synthApp((app) => void new ClusterStack(app, { ...environment, cluster: { ...environment.cluster, preventDestroy: true } as typeof environment.cluster }))['prod-cluster']!;
    const free = Object.entries(json.resource!).flatMap(([type, byId]) =>
      Object.values(byId).flatMap(({ lifecycle }) => ((lifecycle as { prevent_destroy?: boolean } | undefined)?.prevent_destroy ? [] : [type])),
    );
    // Rights, rules, associations and endpoints: they come back as they were.
    expect([...new Set(free)].sort()).toEqual([
      'azurerm_monitor_data_collection_endpoint',
      'azurerm_monitor_data_collection_rule',
      'azurerm_monitor_data_collection_rule_association',
      'azurerm_monitor_diagnostic_setting',
      'azurerm_nat_gateway_public_ip_association',
      'azurerm_network_security_group',
      'azurerm_network_security_rule',
      'azurerm_private_dns_zone',
      'azurerm_private_dns_zone_virtual_network_link',
      'azurerm_private_endpoint',
      'azurerm_role_assignment',
      'azurerm_subnet_nat_gateway_association',
      'azurerm_subnet_network_security_group_association',
    ]);
  });

  test('windows that Azure has', () => {
    const windows = new MaintenanceWindows({ upgrades: { day: 'Sunday', start: '2am', hours: 2 }, utcOffset: 'CET' });
    expect(places((stack) => cluster(stack, { maintenance: windows }))).toEqual([
      'stack/Cluster: maintenance.upgrades.start',
      'stack/Cluster: maintenance.upgrades.hours',
      'stack/Cluster: maintenance.utcOffset',
    ]);
  });
});

describe('the add-on on the cluster', () => {
  const authority = { keyVaultId: `/subscriptions/${GUID}/resourceGroups/shop/providers/Microsoft.KeyVault/vaults/shop-vault`, secretsProviderObjectId: GUID };

  test('signs with a CA of a vault only once it may read it', () => {
    const json = synth({ mesh: { revisions: ['asm-1-30'], certificateAuthority: authority } }, (aks, stack) => void new KeyVault(stack, 'Vault', { name: 'shop-vault', cluster: aks }));
    const aks = onlyResource(json, 'azurerm_kubernetes_cluster');
    expect(aks.service_mesh_profile).toMatchObject({
      certificate_authority: { key_vault_id: authority.keyVaultId, cert_object_name: 'ca-cert', key_object_name: 'ca-key', root_cert_object_name: 'root-cert', cert_chain_object_name: 'cert-chain' },
    });
    const grants = Object.entries(resources(json, 'azurerm_role_assignment')).filter(([, role]) => role.role_definition_name === 'Key Vault Secrets User');
    // Azure refuses the same right twice: the vault leaves it to the cluster.
    expect(grants).toHaveLength(1);
    expect(grants[0]![1].principal_id).toBe(GUID);
    expect(aks.depends_on).toContain(`azurerm_role_assignment.${grants[0]![0]}`);
    // The right is written by the vault's literal id, which tells Terraform nothing of the order.
    expect(grants[0]![1].depends_on).toEqual([`azurerm_key_vault.${Object.keys(resources(json, 'azurerm_key_vault'))[0]}`]);
    expect(aks.key_vault_secrets_provider).toMatchObject({ secret_rotation_enabled: true });
  });

  test('says how to learn who has to be allowed', () => {
    const [problem] = problems((stack) => cluster(stack, { mesh: { revisions: ['asm-1-30'], certificateAuthority: { ...authority, secretsProviderObjectId: '' } } }));
    expect(problem!.mend).toContain('az aks show --query addonProfiles.azureKeyvaultSecretsProvider.identity.objectId');
  });

  test.each<[string, string, number]>([
    ['asm-1-27', '1.35', 1],
    ['asm-1-28', '1.36', 1],
    ['asm-1-30', '1.31', 1],
    ['asm-1-30', '1.36', 0],
    ['asm-1-31', '1.37', 0],
  ])('%s on Kubernetes %s has %i problems', (revision, kubernetesVersion, count) => {
    expect(places((stack) => cluster(stack, { kubernetesVersion, mesh: { revisions: [revision] } }))).toHaveLength(count);
  });

  const aks = existingAksCluster({ name: 'shop', resourceGroupName: 'shop' });
  const addon = (stack: TerraformStack, props: Partial<AksIstioAddonProps>) => new AksIstioAddon(stack, 'Istio', { cluster: aks, revisions: ['asm-1-30'], ...props });

  test('offers both gateways, with the annotations that Azure permits', () => {
    const json = synthStack((stack) => {
      new ClusterProviders(stack, 'Providers', { cluster: aks });
      const mesh = addon(stack, { internalIngressGateway: { annotations: { 'service.beta.kubernetes.io/azure-load-balancer-internal-subnet': 'gateways' } } });
      expect(mesh.internalIngressGateway).toMatchObject({ selector: { istio: 'aks-istio-ingressgateway-internal' }, namespace: 'aks-istio-ingress' });
      expect(mesh.ingressGateway).toBeDefined();
    });
    expect(onlyResource(json, 'kubernetes_annotations')).toMatchObject({
      metadata: { name: 'aks-istio-ingressgateway-internal' },
      annotations: { 'service.beta.kubernetes.io/azure-load-balancer-internal-subnet': 'gateways' },
    });
    expect(addon(new TerraformStack(new App(), 'stack'), { externalIngressGateway: false }).ingressGateway).toBeUndefined();
  });

  test('refuses annotations that the add-on takes off again', () => {
    const wrong = ['service.beta.kubernetes.io/azure-load-balancer-internal', 'prometheus.io/scrape', 'service.beta.kubernetes.io/port_8080_health-probe_port'];
    const annotations = Object.fromEntries(wrong.map((name) => [name, 'true'])) as Partial<Record<AddonGatewayAnnotation, string>>;
    expect(places((stack) => addon(stack, { externalIngressGateway: { annotations } }))).toEqual(wrong.map((name) => `stack/Istio: externalIngressGateway.annotations["${name}"]`));
  });

  test('serves a certificate of a vault, mounted by a pod that does nothing else', () => {
    const json = synthStack((stack) => {
      new ClusterProviders(stack, 'Providers', { cluster: aks });
      const { ingressGateway } = addon(stack, {});
      const namespace = new NamespaceV1(stack, 'Namespace', { metadata: { name: 'aks-istio-ingress' } });
      new VaultCertificate(stack, 'Certificate', {
        ...{ gateway: ingressGateway, secretName: 'shop-tls', vaultName: 'shop-vault', certificateName: 'shop', tenantId: GUID, clientId: GUID },
        dependsOn: [namespace],
      });
    });
    const { manifest } = onlyResource(json, 'kubernetes_manifest') as { manifest: { metadata: object; spec: { secretObjects: object[]; parameters: { objects: string } } } };
    const namespace = `kubernetes_namespace_v1.${Object.keys(resources(json, 'kubernetes_namespace_v1'))[0]}`;
    const written = `kubernetes_manifest.${Object.keys(resources(json, 'kubernetes_manifest'))[0]}`;
    expect(onlyResource(json, 'kubernetes_manifest').depends_on).toEqual([namespace]);
    expect(onlyResource(json, 'kubernetes_deployment_v1').depends_on).toEqual([namespace, written]);
    expect(manifest.metadata).toMatchObject({ namespace: 'aks-istio-ingress' });
    expect(manifest.spec.secretObjects).toMatchObject([{ secretName: 'shop-tls', type: 'kubernetes.io/tls' }]);
    expect(manifest.spec.parameters.objects).toContain('objectType: cert');
    const pod = JSON.stringify(onlyResource(json, 'kubernetes_deployment_v1'));
    expect(pod).toContain('"secretProviderClass":"shop-tls-vault"');
    expect(pod).toContain('"run_as_non_root":true');
    expect(places((stack) => new VaultCertificate(stack, 'C', { gateway: undefined, secretName: 'A', vaultName: 'v', certificateName: 'c', tenantId: GUID, clientId: GUID }))).toEqual([
      'stack/C: gateway',
      'stack/C: secretName',
    ]);
  });
});

describe('environments', () => {
  const input = (aks: object, mesh: object = {}): unknown => ({
    name: 'shop',
    cluster: { kind: 'aks', location: 'westeurope', dnsLabel: 'shop', adminGroupObjectIds: [GUID], ...aks },
    mesh: { flavor: 'helm', helm: { version: '1.29.1' }, addon: { revisions: ['asm-1-30'] }, ...mesh },
  });
  const at = (value: unknown) => problems(() => checkEnvironment(value, 'shop.ts')).map((problem) => problem.at);

  test('in production Azure Policy forbids what init containers need', () => {
    const guarded = { profile: 'production', authorizedIpRanges: ['198.51.100.7/32'] };
    expect(at(input(guarded))).toEqual(['shop.ts: mesh.helm.trafficRedirection']);
    expect(at(input(guarded, { flavor: 'addon' }))).toEqual(['shop.ts: mesh.addon.trafficRedirection']);
    expect(at(input(guarded, { helm: { version: '1.29.1', trafficRedirection: 'cni' } }))).toEqual([]);
    expect(at(input({ profile: 'production' }, { helm: { version: '1.29.1', trafficRedirection: 'cni' } }))).toEqual(['shop.ts: cluster.authorizedIpRanges']);
  });

  test('take pools, windows and parts by name', () => {
    const value = input({
      nodePools: { batch: { kind: 'spot', min: 0, max: 3 } },
      maintenance: { day: 'Monday', start: '03:00' },
      monitoring: { defender: false },
      registry: { name: 'shopregistry', mirror: true },
      keyVault: { name: 'shop-vault' },
      backup: { storageAccountName: 'shopbackup' },
    });
    const json = synthApp((app) => void new ClusterStack(app, checkEnvironment(value, 'shop.ts')))['shop-cluster']!;
    expect(Object.values(resources(json, 'azurerm_kubernetes_cluster_node_pool')).map(({ name }) => name).sort()).toEqual(['batch', 'user']);
    expect(onlyResource(json, 'azurerm_kubernetes_cluster')).toMatchObject({ maintenance_window_auto_upgrade: { day_of_week: 'Monday', start_time: '03:00' } });
    expect(Object.keys(resources(json, 'azurerm_container_registry_cache_rule'))).toHaveLength(10);
    const { resource_providers_to_register: providers } = (json.provider!.azurerm as { resource_providers_to_register: string[] }[])[0]!;
    expect(providers).toEqual(expect.arrayContaining(['Microsoft.ContainerRegistry', 'Microsoft.DataProtection', 'Microsoft.KeyVault', 'Microsoft.OperationalInsights']));
  });

  test('bring a Grafana and backups where they name them, with every right that these need', () => {
    const value = input({ monitoring: { grafanaName: 'shop-grafana', containerLogs: false, defender: false }, backup: { storageAccountName: 'shopbackup' } });
    const json = synthApp((app) => void new ClusterStack(app, checkEnvironment(value, 'shop.ts')))['shop-cluster']!;
    expect(onlyResource(json, 'azurerm_dashboard_grafana')).toMatchObject({ name: 'shop-grafana', grafana_major_version: '11', api_key_enabled: false });
    expect(onlyResource(json, 'azurerm_kubernetes_cluster')).toHaveProperty('monitor_metrics');
    const parts = ['backup_vault', 'backup_policy_kubernetes_cluster', 'backup_instance_kubernetes_cluster'].map((name) => `azurerm_data_protection_${name}`);
    [...parts, 'azurerm_kubernetes_cluster_extension', 'azurerm_kubernetes_cluster_trusted_access_role_binding'].forEach((type) => onlyResource(json, type));
    expect(roles(json).sort()).toEqual([
      'Azure Kubernetes Service Cluster User Role',
      'Azure Kubernetes Service RBAC Cluster Admin',
      'Contributor',
      'Data Operator for Managed Disks',
      'Disk Snapshot Contributor',
      'Grafana Admin',
      'Monitoring Data Reader',
      'Network Contributor',
      'Reader',
      'Reader',
      'Storage Blob Data Contributor',
      'Storage Blob Data Reader',
    ]);
    // A pipeline may hand out every one of them.
    roles(json).forEach((role) => expect(ROLE_IDS).toHaveProperty([role]));
  });

  test('a demo goes with all that is in its group; what is worth protecting does not', () => {
    const features = (aks: object) => {
      const mesh = { helm: { version: '1.29.1', trafficRedirection: 'cni' } };
      const json = synthApp((app) => void new ClusterStack(app, checkEnvironment(input(aks, mesh), 'shop.ts')))['shop-cluster']!;
      return (json.provider!.azurerm as { features: object[] }[])[0]!.features[0];
    };
    const whole = { resource_group: [{ prevent_deletion_if_contains_resources: false }] };
    expect(features({})).toEqual(whole);
    expect(features({ backup: { storageAccountName: 'shopbackup' } })).toEqual({ ...whole, storage: [{ data_plane_available: false }] });
    expect(features({ adopt: { subscriptionId: GUID } })).toEqual({});
    expect(features({ profile: 'production', authorizedIpRanges: ['198.51.100.7/32'] })).toEqual({});
  });

  test('an existing cluster may bring its address', () => {
    const ingressAddress = { publicIpName: 'shop-ip', resourceGroupName: 'shop', hostName: 'shop.example.com' };
    const value: EnvironmentInput = {
      name: 'shop',
      cluster: { kind: 'existing-aks', name: 'shop', resourceGroupName: 'shop', ingressAddress },
      mesh: { flavor: 'addon', addon: { revisions: ['asm-1-30'] } },
    };
    expect(clusterOf(checkEnvironment(value, 'shop.ts')).ingressAddress).toEqual(ingressAddress);
  });

  test('prod synthesises without settings, and is not applied without them', () => {
    const refused = () => requireAzureSettings(loadEnvironment('prod'), 'aks-istio up prod', { ARM_SUBSCRIPTION_ID: GUID });
    expect(refused).toThrow(expect.objectContaining({ why: expect.stringContaining('API_AUTHORIZED_RANGES') as string }) as Error);
  });
});

describe("Azure's own Prometheus", () => {
  const meshOf = (rest: object, flavor: 'helm' | 'addon' = 'helm') => {
    const base = { kind: 'aks', location: 'westeurope', dnsLabel: 'shop', adminGroupObjectIds: [GUID] };
    const input = { name: 'shop', cluster: { ...base, ...rest }, mesh: { flavor, helm: { version: '1.29.1' }, addon: { revisions: ['asm-1-30'] } } };
    return synthApp((app) => void buildEnvironment(app, checkEnvironment(input, 'shop.ts')))['shop-mesh']!;
  };
  interface Job {
    readonly job_name: string;
    readonly scrape_interval: string;
    readonly kubernetes_sd_configs: readonly { readonly namespaces?: { readonly names: readonly string[] } }[];
    readonly metric_relabel_configs: readonly { readonly regex: string }[];
  }
  const jobsOf = (json: StackJson) => {
    const { metadata, data } = Object.values(resources(json, 'kubernetes_config_map_v1'))[0] as { metadata: object; data: Record<string, string> };
    expect(metadata).toMatchObject({ name: 'ama-metrics-prometheus-config', namespace: 'kube-system' });
    return (parse(data['prometheus-config']!) as { scrape_configs: Job[] }).scrape_configs;
  };

  test('scrapes the mesh of an environment whose monitoring is on, with either flavour', () => {
    for (const [flavor, root] of [['helm', 'istio-system'], ['addon', 'aks-istio-system']] as const) {
      const [proxies, istiod] = jobsOf(meshOf({ monitoring: {} }, flavor));
      expect(proxies!.metric_relabel_configs[0]!.regex).toBe('istio_.*');
      expect(istiod!.kubernetes_sd_configs[0]!.namespaces).toEqual({ names: [root] });
    }
    expect(resources(meshOf({}), 'kubernetes_config_map_v1')).toEqual({});
    expect(resources(meshOf({ monitoring: { prometheus: false } }), 'kubernetes_config_map_v1')).toEqual({});
  });

  test('keeps what is asked for, as often as it is asked for', () => {
    const json = (intervalSeconds: number) =>
      synthStack((stack) => {
        new ClusterProviders(stack, 'Providers', { cluster: existingAksCluster({ name: 'shop', resourceGroupName: 'shop' }) });
        new ManagedMeshMetrics(stack, 'Metrics', { mesh: existingMesh({ version: '1.29.1' }), intervalSeconds, proxyMetrics: ['istio_requests_total', 'envoy_cluster_.*'] });
      });
    expect(jobsOf(json(60))[0]).toMatchObject({ scrape_interval: '60s', metric_relabel_configs: [{ regex: 'istio_requests_total|envoy_cluster_.*' }] });
    expect(places(() => json(5))).toEqual(['stack/Metrics: intervalSeconds']);
  });
});

describe('workloads of production', () => {
  const cluster = existingAksCluster({ name: 'shop', resourceGroupName: 'shop' });
  const objects = (props: BookinfoProps) => {
    const json = synthStack((stack) => {
      new ClusterProviders(stack, 'Providers', { cluster });
      const ingressGateway = { selector: {}, namespace: 'gateways', serviceName: 'g', serviceAccountName: 'g', ports: [80] };
      new Bookinfo(stack, 'Bookinfo', { mesh: existingMesh({ version: '1.29.1', ingressGateway }), ...props });
    });
    return Object.entries(json.resource!).flatMap(([type, byId]) => Object.values(byId).flatMap((body) => toKubernetesObject(type, body) ?? []));
  };
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- the shapes are those of Kubernetes, and what the tests ask is asserted
  const ofKind = (all: object[], kind: string): any[] => all.filter((object) => (object as { kind: string }).kind === kind);

  test('several pods are kept apart, and a node is drained one of them at a time; one pod blocks no drain', () => {
    const several = objects({ replicas: 2 });
    const deployments = ofKind(several, 'Deployment');
    expect(ofKind(several, 'PodDisruptionBudget').map(({ metadata, spec }) => [metadata.name, spec])).toEqual(
      deployments.map(({ metadata, spec }) => [metadata.name, { maxUnavailable: 1, selector: { matchLabels: spec.selector.matchLabels } }]),
    );
    for (const { spec } of deployments) {
      const { matchLabels } = spec.selector;
      const pod = spec.template.spec;
      expect(pod.topologySpreadConstraints).toEqual([{ maxSkew: 1, topologyKey: 'topology.kubernetes.io/zone', whenUnsatisfiable: 'ScheduleAnyway', labelSelector: { matchLabels } }]);
      expect(pod.affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution).toEqual([
        { weight: 100, podAffinityTerm: { topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels } } },
      ]);
    }
    const one = objects({});
    expect(ofKind(one, 'PodDisruptionBudget')).toEqual([]);
    expect(JSON.stringify(one)).not.toContain('ffinity');
  });

  test('nothing reaches the pods but the mesh, and they do not reach the machine below them', () => {
    const byName = new Map(ofKind(objects({ networkPolicies: true }), 'NetworkPolicy').map((policy) => [policy.metadata.name as string, policy]));
    const [deny, mesh, gateways] = ['deny-all', 'mesh', 'gateways'].map((name) => byName.get(name));
    expect(gateways.spec).toEqual({
      podSelector: { matchExpressions: [{ key: 'gateway.networking.k8s.io/gateway-name', operator: 'Exists' }] },
      policyTypes: ['Ingress'],
      ingress: [{}],
    });
    expect(deny.spec).toEqual({ podSelector: {}, policyTypes: ['Ingress', 'Egress'] });
    const tcp = (port: number) => ({ port, protocol: 'TCP' });
    expect(mesh.spec.ingress).toEqual([
      { from: [{ podSelector: {} }] },
      { from: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'gateways' } } }], ports: [tcp(9080)] },
      { from: [{ namespaceSelector: { matchLabels: { 'aks-istio/verify': 'true' } } }], ports: [tcp(9080)] },
      { from: [{ namespaceSelector: {} }], ports: [tcp(15020), tcp(15090)] },
    ]);
    expect(mesh.spec.egress).toEqual([{ to: [{ namespaceSelector: {} }] }]);
    const kinds = (name: string) => Object.keys(synthApp((app) => void buildEnvironment(app, loadEnvironment(name)))[`${name}-bookinfo`]!.resource!);
    expect(kinds('prod')).toEqual(expect.arrayContaining(['kubernetes_network_policy_v1', 'kubernetes_pod_disruption_budget_v1']));
    expect(kinds('dev').join()).not.toMatch(/network_policy|disruption/);
  });
});

test('every construct of the cluster and of the mesh is on a page', () => {
  const folders = ['cluster', 'mesh', 'kubernetes'].map((name) => path.join(__dirname, '../docs', name));
  const pages = folders.flatMap((folder) => fs.readdirSync(folder).map((name) => fs.readFileSync(path.join(folder, name), 'utf8'))).join('\n');
  const constructs = Object.entries({ ...clusterModule, ...meshModule }).filter(([, member]) => typeof member === 'function' && member.prototype instanceof Construct);
  expect(constructs.length).toBeGreaterThan(15);
  expect(constructs.map(([name]) => name).filter((name) => !new RegExp(`\\b${name}\\b`).test(pages))).toEqual([]);
});

test('Bookinfo leaves the cluster by HTTP and HTTPS, unless a scenario locks it in: rules of policies add up', () => {
  const policies = (scenario: string) => {
    const json = synthApp((app) => void buildEnvironment(app, loadEnvironment('prod', { scenario })))['prod-traffic']!;
    return Object.values(resources(json, 'kubernetes_network_policy_v1')).map(({ metadata, spec }) => [(metadata as { name: string }).name, (spec as { egress: unknown }).egress]);
  };
  const ports = ['80', '443'].map((port) => ({ port, protocol: 'TCP' }));
  expect(policies('all-v1')).toEqual([['way-out', [{ to: [{ ip_block: { cidr: '0.0.0.0/0', except: ['169.254.0.0/16'] } }], ports }]]]);
  expect(policies('egress-blocked').map(([name]) => name)).toEqual(['egress-lockdown']);
});

describe('security scan', () => {
  const exceptions = readExceptions(path.join(__dirname, '../scripts/scan-exceptions.yaml'));
  const page = fs.readFileSync(path.join(__dirname, '../docs/security-scan.md'), 'utf8');

  test('the page shows the list that the scan uses, and nothing that is not on it', () => {
    expect(page).toContain(exceptionTable(exceptions));
    expect(page).toMatch(/\| checkov terraform \| [\d.]+ \| \d+ \| \d+ \| 0 \|/);
  });

  test('an exception is for its tool, its check and its resource, and is missed once nothing needs it', () => {
    const exception = { tool: 'checkov', check: 'CKV_1', title: 'a', resource: 'azurerm_x.Ingress', reason: 'b' };
    const finding = { tool: 'checkov', check: 'CKV_1', title: 'a', resource: 'azurerm_x.Ingress-80' };
    expect(isExpected(finding, [exception])).toBe(true);
    expect(isExpected({ ...finding, resource: 'azurerm_x.Other' }, [exception])).toBe(false);
    expect(isExpected({ ...finding, tool: 'kube-score' }, [exception])).toBe(false);
    expect(isExpected(finding, [{ ...exception, resource: '/-80$/' }])).toBe(true);
    expect(isExpected(finding, [{ ...exception, resource: '/-443$/' }])).toBe(false);
    expect(unused([exception], [finding], ['checkov'])).toEqual([]);
    expect(unused([exception], [], ['checkov'])).toEqual([exception]);
    expect(unused([exception], [], ['kube-score'])).toEqual([]);
  });

  test('HCL has blocks where JSON has objects, maps where it has maps, and references where it has them', () => {
    const body = { tags: { a: 'b' }, pool: { size: 3 }, rules: ['x'], id: '${azurerm_x.y.id}', cidr: '${azurerm_x.y.ip}/32', depends_on: ['azurerm_x.y'], '//': {} };
    expect(toHcl({ resource: { azurerm_z: { one: body } }, terraform: {} })).toBe(
      [
        'resource "azurerm_z" "one" {',
        '  tags = { "a" = "b" }',
        '  pool {',
        '    size = 3',
        '  }',
        '  rules = ["x"]',
        '  id = azurerm_x.y.id',
        '  cidr = "${azurerm_x.y.ip}/32"',
        '  depends_on = [azurerm_x.y]',
        '}',
        '',
      ].join('\n'),
    );
  });
});
