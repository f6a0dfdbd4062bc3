import { DashboardGrafana } from '@cdktf/provider-azurerm/lib/dashboard-grafana';
import { MonitorDataCollectionEndpoint } from '@cdktf/provider-azurerm/lib/monitor-data-collection-endpoint';
import { MonitorDataCollectionRule } from '@cdktf/provider-azurerm/lib/monitor-data-collection-rule';
import { MonitorDataCollectionRuleAssociation } from '@cdktf/provider-azurerm/lib/monitor-data-collection-rule-association';
import { MonitorWorkspace } from '@cdktf/provider-azurerm/lib/monitor-workspace';
import { RoleAssignment } from '@cdktf/provider-azurerm/lib/role-assignment';
import { Construct } from 'constructs';
import type { AksCluster } from './aks-cluster';
import { lifecycleOf } from './lifecycle';

/** Newest version that azurerm 4.55 knows. */
const GRAFANA_VERSION = '11';

/** Settings of {@link ManagedPrometheus}. */
export interface ManagedPrometheusProps {
  /** Cluster that it is for. */
  readonly cluster: AksCluster;
  /** Name of a managed Grafana that shows it. @default none */
  readonly grafanaName?: string;
}

/**
 * Azure's managed Prometheus on a cluster: the workspace that keeps the metrics, and what carries them there.
 * It scrapes what ConfigMap `ama-metrics-prometheus-config` and monitors of `azmonitoring.coreos.com/v1` name.
 * @see https://learn.microsoft.com/azure/azure-monitor/metrics/prometheus-metrics-overview
 */
export class ManagedPrometheus extends Construct {
  /** The workspace that it writes to. */
  readonly workspace: MonitorWorkspace;
  /** The managed Grafana, where there is one. */
  readonly grafana?: DashboardGrafana;

  constructor(scope: Construct, id: string, { cluster, grafanaName }: ManagedPrometheusProps) {
    super(scope, id);
    const { resourceGroupName, location, tags, preventDestroy } = cluster.place;
    const place = { resourceGroupName, location, tags };
    const name = `MSProm-${location}-${cluster.name}`.slice(0, 44).replace(/-+$/, '');
    this.workspace = new MonitorWorkspace(this, 'Resource', {
      ...place,
      name: `${cluster.name}-metrics`,
      publicNetworkAccessEnabled: true,
      lifecycle: lifecycleOf(preventDestroy),
    });
    const endpoint = new MonitorDataCollectionEndpoint(this, 'Endpoint', { ...place, name, kind: 'Linux', publicNetworkAccessEnabled: true });
    const rule = new MonitorDataCollectionRule(this, 'Rule', {
      ...place,
      name,
      kind: 'Linux',
      dataCollectionEndpointId: endpoint.id,
      dataSources: { prometheusForwarder: [{ name: 'PrometheusDataSource', streams: ['Microsoft-PrometheusMetrics'] }] },
      destinations: { monitorAccount: [{ name: 'metrics', monitorAccountId: this.workspace.id }] },
      dataFlow: [{ streams: ['Microsoft-PrometheusMetrics'], destinations: ['metrics'] }],
    });
    new MonitorDataCollectionRuleAssociation(this, 'Association', {
      name: 'ContainerInsightsMetricsExtension',
      targetResourceId: cluster.resource.id,
      dataCollectionRuleId: rule.id,
    });
    // No lists: no annotations and labels of workloads become labels of metrics, as each would multiply what is stored. azurerm refuses empty ones.
    cluster.resource.putMonitorMetrics({});
    if (grafanaName !== undefined) {
      this.grafana = this.dashboards(grafanaName, cluster);
    }
  }

  private dashboards(name: string, cluster: AksCluster): DashboardGrafana {
    const { resourceGroupName, location, tags, preventDestroy } = cluster.place;
    const grafana = new DashboardGrafana(this, 'Grafana', {
      name,
      resourceGroupName,
      location,
      tags,
      grafanaMajorVersion: GRAFANA_VERSION,
      sku: 'Standard',
      apiKeyEnabled: false,
      deterministicOutboundIpEnabled: false,
      publicNetworkAccessEnabled: true,
      zoneRedundancyEnabled: false,
      identity: { type: 'SystemAssigned' },
      azureMonitorWorkspaceIntegrations: [{ resourceId: this.workspace.id }],
      // Azure raises it by itself, and going back would make another Grafana.
      lifecycle: lifecycleOf(preventDestroy, ['grafana_major_version']),
    });
    new RoleAssignment(this, 'GrafanaReader', {
      scope: this.workspace.id,
      roleDefinitionName: 'Monitoring Data Reader',
      principalId: grafana.identity.principalId,
      principalType: 'ServicePrincipal',
    });
    // Without a role of Grafana's own nobody gets in, not even who made it.
    for (const group of cluster.adminGroupObjectIds) {
      new RoleAssignment(this, `GrafanaAdmin-${group}`, { scope: grafana.id, roleDefinitionName: 'Grafana Admin', principalId: group, principalType: 'Group' });
    }
    return grafana;
  }
}
