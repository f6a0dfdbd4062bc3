import * as os from 'node:os';
import * as path from 'node:path';
import { App, TerraformStack } from 'cdktf';
import { AksCluster, AksClusterProps, existingAksCluster, ICluster, kubeconfigCluster, meshRevisionProblems } from '../../constructs/cluster';
import { azureProvider, ClusterProviders } from '../../constructs/kubernetes';
import { ProblemError } from '../../constructs/validation';
import { checkEnvironment } from '../../environments';
import { ClusterStack, clusterOf } from '../../stacks/cluster';
import { onlyResource, resources, StackJson, synthApp, synthStack } from '../synth';

const GROUP = '3f2504e0-4f89-41d3-9a0c-0305e82c3301';
const PROPS: AksClusterProps = { name: 'dev-aks', location: 'westeurope', adminGroupObjectIds: [GROUP], ingress: { dnsLabel: 'bookinfo-dev' } };

function synthCluster(props: Partial<AksClusterProps> = {}): { cluster: AksCluster; json: StackJson } {
  let cluster: AksCluster | undefined;
  const json = synthStack((stack) => {
    azureProvider(stack, 'Azure');
    cluster = new AksCluster(stack, 'Cluster', { ...PROPS, ...props });
  });
  return { cluster: cluster!, json };
}

function problemsOf(props: Partial<AksClusterProps>): string[] {
  try {
    new AksCluster(new TerraformStack(new App(), 'stack'), 'Cluster', { ...PROPS, ...props });
  } catch (error) {
    return (error as ProblemError).problems.map(({ at }) => at);
  }
  return [];
}

describe('AksCluster', () => {
  test('keeps the state addresses of what cannot be made again as it was', () => {
    const { json } = synthCluster();
    const stateful = [
      'azurerm_resource_group',
      'azurerm_virtual_network',
      'azurerm_subnet',
      'azurerm_public_ip',
      'azurerm_user_assigned_identity',
      'azurerm_kubernetes_cluster',
      'azurerm_kubernetes_cluster_node_pool',
    ];
    // A change here replaces a live cluster or its address: move the resources by moveTo, never by mending this list.
    expect(stateful.flatMap((type) => Object.keys(resources(json, type)).map((id) => `${type}.${id}`))).toEqual([
      'azurerm_resource_group.Cluster_ResourceGroup_CFE37354',
      'azurerm_virtual_network.Cluster_Network_A5E2F637',
      'azurerm_subnet.Cluster_Network_NodeSubnet_D6E9E9EF',
      'azurerm_public_ip.Cluster_IngressIp_E88BDA51',
      'azurerm_user_assigned_identity.Cluster_Identity_E66962C5',
      'azurerm_kubernetes_cluster.Cluster_EB0386A7',
      'azurerm_kubernetes_cluster_node_pool.Cluster_UserPool_B7E389B0',
    ]);
  });

  test('tells other stacks only what is known at synth', () => {
    const { cluster } = synthCluster({ login: 'workloadidentity' });
    const { name, access, ingressAddress }: ICluster = cluster;
    expect({ name, access, ingressAddress }).toEqual({
      name: 'dev-aks',
      access: { kind: 'aks', name: 'dev-aks', resourceGroupName: 'dev-aks', subscriptionId: undefined, login: 'workloadidentity' },
      ingressAddress: { publicIpName: 'dev-aks-ingress', resourceGroupName: 'dev-aks', hostName: 'bookinfo-dev.westeurope.cloudapp.azure.com' },
    });
  });

  test('may use our network and address before it is created', () => {
    const { json } = synthCluster();
    const [id] = Object.entries(resources(json, 'azurerm_role_assignment')).find(([, role]) => role.role_definition_name === 'Network Contributor')!;
    const [address] = Object.keys(resources(json, 'azurerm_public_ip'));
    // The address, so that the cluster is destroyed before it: Azure keeps one that a load balancer uses.
    expect(onlyResource(json, 'azurerm_kubernetes_cluster').depends_on).toEqual([`azurerm_role_assignment.${id}`, `azurerm_public_ip.${address}`]);
  });

  test('lets the group in, and nobody by a local account', () => {
    const { json } = synthCluster({ adminGroupObjectIds: [GROUP, GROUP] });
    expect(onlyResource(json, 'azurerm_kubernetes_cluster').local_account_disabled).toBe(true);
    const roles = Object.values(resources(json, 'azurerm_role_assignment')).filter(({ principal_id }) => principal_id === GROUP);
    expect(roles.map(({ role_definition_name }) => role_definition_name).sort()).toEqual([
      'Azure Kubernetes Service Cluster User Role',
      'Azure Kubernetes Service RBAC Cluster Admin',
    ]);
  });

  test('leaves the number of nodes to the autoscaler, and only then', () => {
    const scaled = synthCluster({ systemPool: { min: 1, max: 2 }, userPool: { min: 2, max: 5 } }).json;
    expect(onlyResource(scaled, 'azurerm_kubernetes_cluster').lifecycle).toEqual({ ignore_changes: ['default_node_pool[0].node_count'] });
    expect(onlyResource(scaled, 'azurerm_kubernetes_cluster_node_pool')).toMatchObject({ min_count: 2, max_count: 5, lifecycle: { ignore_changes: ['node_count'] } });
    const fixed = synthCluster({ userPool: { min: 3 } }).json;
    const pool = onlyResource(fixed, 'azurerm_kubernetes_cluster_node_pool');
    expect(pool).toMatchObject({ auto_scaling_enabled: false, node_count: 3 });
    expect(pool).not.toHaveProperty('min_count');
    expect(pool).not.toHaveProperty('lifecycle');
  });

  test('protects what it is asked to protect, without forgetting the rest of the lifecycle', () => {
    const { json } = synthCluster({ preventDestroy: true, userPool: { min: 1, max: 2 } });
    const types = ['azurerm_resource_group', 'azurerm_virtual_network', 'azurerm_subnet', 'azurerm_public_ip', 'azurerm_user_assigned_identity', 'azurerm_kubernetes_cluster'];
    types.forEach((type) => expect(onlyResource(json, type).lifecycle).toMatchObject({ prevent_destroy: true }));
    expect(onlyResource(json, 'azurerm_kubernetes_cluster_node_pool').lifecycle).toEqual({ prevent_destroy: true, ignore_changes: ['node_count'] });
    expect(onlyResource(json, 'azurerm_public_ip').lifecycle).toHaveProperty('ignore_changes');
  });

  test('runs the add-on only where asked', () => {
    expect(onlyResource(synthCluster().json, 'azurerm_kubernetes_cluster')).not.toHaveProperty('service_mesh_profile');
    const { json } = synthCluster({ mesh: { revisions: ['asm-1-29', 'asm-1-30'] } });
    expect(onlyResource(json, 'azurerm_kubernetes_cluster').service_mesh_profile).toEqual({
      mode: 'Istio',
      revisions: ['asm-1-29', 'asm-1-30'],
      external_ingress_gateway_enabled: true,
      internal_ingress_gateway_enabled: false,
    });
  });

  test('names every bad property at once', () => {
    expect(
      problemsOf({
        name: 'dev_aks',
        adminGroupObjectIds: [],
        kubernetesVersion: '1.35.4',
        ingress: { dnsLabel: '9lives' },
        systemPool: { min: 3, max: 1 },
        network: { nodeSubnet: '10.1.0.0/20', podCidr: '10.0.128.0/17', dnsServiceIp: '10.0.0.1' },
        mesh: { revisions: ['1-30'] },
      }),
    ).toEqual([
      'stack/Cluster: dnsPrefix',
      'stack/Cluster: dnsLabel',
      'stack/Cluster: adminGroupObjectIds',
      'stack/Cluster: kubernetesVersion',
      'stack/Cluster: network.nodeSubnet',
      'stack/Cluster: network.serviceCidr',
      'stack/Cluster: network.dnsServiceIp',
      'stack/Cluster: systemPool',
      'stack/Cluster: mesh.revisions[0]',
    ]);
  });

  test('takes addresses in the upper half of the address space', () => {
    const network = { addressSpace: '192.168.0.0/16', nodeSubnet: '192.168.240.0/20', podCidr: '172.16.0.0/16', serviceCidr: '172.17.0.0/16', dnsServiceIp: '172.17.255.254' };
    expect(problemsOf({ network })).toEqual([]);
    expect(problemsOf({ network: { ...network, dnsServiceIp: '172.18.0.10' } })).toEqual(['stack/Cluster: network.dnsServiceIp']);
  });

  test('takes the longest names that Azure takes, and none longer', () => {
    expect(problemsOf({ name: 'a'.repeat(54) })).toEqual([]);
    expect(problemsOf({ name: 'a'.repeat(55) })).toEqual(['stack/Cluster: dnsPrefix']);
  });
});

describe('revisions of the add-on', () => {
  test.each([
    [['asm-1-30'], 0],
    [['asm-1-28', 'asm-1-30'], 0],
    [['asm-1-29', 'asm-1-30'], 0],
    [[], 1],
    [['asm-1-30', 'asm-1-29'], 1],
    [['asm-1-30', 'asm-1-30'], 1],
    [['asm-1-27', 'asm-1-30'], 1],
    [['asm-1-28', 'asm-1-29', 'asm-1-30'], 1],
    [['1.30', 'latest'], 2],
  ])('%j has %i problems', (revisions, count) => {
    expect(meshRevisionProblems(revisions, 'revisions')).toHaveLength(count);
  });
});

describe('ClusterProviders', () => {
  const aks = existingAksCluster({ name: 'shared', resourceGroupName: 'platform', subscriptionId: GROUP });
  const providersOf = (cluster: ICluster) => synthStack((stack) => void new ClusterProviders(stack, 'Providers', { cluster, helm: true })).provider as Record<string, Record<string, unknown>[]>;

  test('gives both providers the same way into an AKS cluster, and no key', () => {
    const { kubernetes, helm } = providersOf(aks);
    const { exec, ...connection } = kubernetes[0]!;
    expect(helm[0]!.kubernetes).toEqual({ ...connection, exec: (exec as unknown[])[0] });
    expect(Object.keys(connection)).toEqual(['cluster_ca_certificate', 'host']);
    expect((exec as { args: string[] }[])[0]!.args).toEqual(['get-token', '--server-id', '6dae42f8-4368-4678-94ff-3960e28e3630', '--login', 'azurecli']);
  });

  test('looks an AKS cluster up by literal name, without waiting for anything', () => {
    const json = synthStack((stack) => void new ClusterProviders(stack, 'Providers', { cluster: aks }));
    expect(Object.values(json.data!.azurerm_kubernetes_cluster as object)).toEqual([{ name: 'shared', resource_group_name: 'platform' }]);
    expect(json.provider).not.toHaveProperty('helm');
    expect((json.provider!.azurerm as object[])[0]).toMatchObject({ subscription_id: GROUP });
  });

  test('gives both providers the same kubeconfig, and needs no Azure', () => {
    const providers = providersOf(kubeconfigCluster({ path: '/etc/kubeconfig', context: 'kind' }));
    expect(providersOf(kubeconfigCluster({ path: '~/.kube/config' })).kubernetes).toEqual([{ config_path: '<home>/.kube/config' }]);
    expect(providers).toEqual({
      kubernetes: [{ config_path: '/etc/kubeconfig', config_context: 'kind' }],
      helm: [{ kubernetes: { config_path: '/etc/kubeconfig', config_context: 'kind' } }],
    });
  });

  test('never stands in the stack of the cluster it logs in to', () => {
    const mixed = () =>
      synthStack((stack) => {
        const cluster = new AksCluster(stack, 'Cluster', PROPS);
        new ClusterProviders(stack, 'Providers', { cluster, helm: true });
      });
    expect(mixed).toThrow(/stack\/Cluster: a stack holds either a cluster or the kubernetes provider \(stack\/Providers\/Kubernetes\), never both/);
    expect(mixed).toThrow(/the helm provider/);
  });
});

describe('cluster layer', () => {
  const environment = (cluster: object, rest: object = {}) =>
    checkEnvironment({ name: 'dev', cluster, mesh: { flavor: 'helm', helm: { version: '1.29.1' }, addon: { revisions: ['asm-1-30'] } }, ...rest }, 'dev.ts');
  const created = { kind: 'aks', location: 'westeurope', dnsLabel: 'bookinfo-dev', adminGroupObjectIds: [GROUP] };

  test('switches the add-on on for the flavour that needs it', () => {
    const profileOf = (flavor: string) => {
      const base = environment(created);
      const json = synthApp((app) => void new ClusterStack(app, { ...base, mesh: { ...base.mesh, flavor: flavor as 'helm' } }))['dev-cluster']!;
      return onlyResource(json, 'azurerm_kubernetes_cluster').service_mesh_profile;
    };
    expect(profileOf('helm')).toBeUndefined();
    expect(profileOf('addon')).toMatchObject({ revisions: ['asm-1-30'] });
  });

  test('keeps remote state by names alone, one file for each layer', () => {
    const state = { kind: 'azurerm', resourceGroupName: 'tfstate', storageAccountName: 'tfstate123', containerName: 'dev' };
    const json = synthApp((app) => void new ClusterStack(app, environment(created, { state })))['dev-cluster']!;
    expect(json.terraform!.backend).toEqual({
      azurerm: { resource_group_name: 'tfstate', storage_account_name: 'tfstate123', container_name: 'dev', key: 'dev/cluster.tfstate', use_azuread_auth: true },
    });
  });

  test('takes a cluster that is there', () => {
    expect(clusterOf(environment({ kind: 'kubeconfig', path: '/k', context: 'kind', gatewayService: 'NodePort' }))).toMatchObject({
      access: { kind: 'kubeconfig', path: '/k', context: 'kind' },
      offers: { loadBalancer: false },
    });
    expect(clusterOf(environment({ kind: 'kubeconfig', path: '~/k' })).access).toMatchObject({ path: path.join(os.homedir(), 'k') });
    expect(clusterOf(environment({ kind: 'existing-aks', name: 'shared', resourceGroupName: 'platform' })).access).toMatchObject({ kind: 'aks', name: 'shared' });
    expect(() => clusterOf(environment(created))).toThrow(/ClusterStack/);
  });
});
