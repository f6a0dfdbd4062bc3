import { LogAnalyticsWorkspace } from '@cdktf/provider-azurerm/lib/log-analytics-workspace';
import { MonitorDataCollectionRule } from '@cdktf/provider-azurerm/lib/monitor-data-collection-rule';
import { MonitorDataCollectionRuleAssociation } from '@cdktf/provider-azurerm/lib/monitor-data-collection-rule-association';
import { MonitorDiagnosticSetting } from '@cdktf/provider-azurerm/lib/monitor-diagnostic-setting';
import { Construct } from 'constructs';
import { throwOnProblems } from '../validation';
import type { AksCluster } from './aks-cluster';
import { azureNameProblems } from './azure-names';
import { lifecycleOf } from './lifecycle';
import { ManagedPrometheus } from './managed-prometheus';

/** What the control plane writes that somebody asks for after an incident. `kube-audit` itself is large and costly; this is it without reads. */
const LOG_CATEGORIES = ['kube-apiserver', 'kube-audit-admin', 'kube-controller-manager', 'kube-scheduler', 'cluster-autoscaler', 'guard'];

/** Settings of {@link ClusterMonitoring}. */
export interface ClusterMonitoringProps {
  /** Cluster that it is for. */
  readonly cluster: AksCluster;
  /** Days that logs are kept: 30 to 730. @default 30 */
  readonly retentionDays?: number;
  /** GB a day after which nothing more is taken until the next; -1 for no limit. @default -1 */
  readonly dailyQuotaGb?: number;
  /** Logs of the control plane to keep. @default API server, audit without reads, controllers, scheduler, autoscaler, logins */
  readonly logCategories?: readonly string[];
  /** Whether Container insights collects the pods' logs. @default true */
  readonly containerLogs?: boolean;
  /** Whether Microsoft Defender watches the nodes. It is paid for by core and month. @default true */
  readonly defender?: boolean;
  /** Whether Azure's own Prometheus scrapes the cluster. @default true */
  readonly prometheus?: boolean;
  /** Name of a Managed Grafana on that Prometheus, unique in all of Azure. @default none */
  readonly grafanaName?: string;
}

/** Where the cluster's logs and metrics go: Log Analytics, and Azure's managed Prometheus and Grafana. */
export class ClusterMonitoring extends Construct {
  /** The workspace that it writes to. */
  readonly workspace: LogAnalyticsWorkspace;
  /** The managed Prometheus, where it is on. */
  readonly prometheus?: ManagedPrometheus;

  /** @throws ProblemError for names and numbers that Azure refuses */
  constructor(scope: Construct, id: string, props: ClusterMonitoringProps) {
    super(scope, id);
    const { cluster, retentionDays = 30, containerLogs = true, defender = true, prometheus = true, grafanaName } = props;
    const name = `${cluster.name}-logs`;
    const path = this.node.path;
    throwOnProblems('Azure cannot build this monitoring:', [
      ...azureNameProblems('workspace', name, `${path}: workspace`, "Shorten the cluster's name"),
      ...azureNameProblems('workspace', `${cluster.name}-metrics`, `${path}: prometheus`, "Shorten the cluster's name"),
      ...azureNameProblems('grafana', grafanaName, `${path}: grafanaName`),
      ...(Number.isInteger(retentionDays) && retentionDays >= 30 && retentionDays <= 730
        ? []
        : [{ at: `${path}: retentionDays`, value: retentionDays, rule: 'must be 30 to 730 whole days', mend: 'Change it' }]),
      ...(grafanaName !== undefined && !prometheus
        ? [{ at: `${path}: grafanaName`, value: grafanaName, rule: 'this Grafana shows the managed Prometheus', mend: 'Leave prometheus on, or grafanaName out' }]
        : []),
    ]);
    const { resourceGroupName, location, tags, preventDestroy } = cluster.place;
    const place = { resourceGroupName, location, tags };
    this.workspace = new LogAnalyticsWorkspace(this, 'Resource', {
      ...place,
      name,
      sku: 'PerGB2018',
      retentionInDays: retentionDays,
      dailyQuotaGb: props.dailyQuotaGb ?? -1,
      internetIngestionEnabled: true,
      internetQueryEnabled: true,
      localAuthenticationEnabled: false,
      allowResourceOnlyPermissions: true,
      lifecycle: lifecycleOf(preventDestroy),
    });
    new MonitorDiagnosticSetting(this, 'ControlPlane', {
      name: 'control-plane',
      targetResourceId: cluster.resource.id,
      logAnalyticsWorkspaceId: this.workspace.id,
      logAnalyticsDestinationType: 'Dedicated',
      enabledLog: (props.logCategories ?? LOG_CATEGORIES).map((category) => ({ category })),
    });
    if (defender) {
      cluster.resource.putMicrosoftDefender({ logAnalyticsWorkspaceId: this.workspace.id });
    }
    if (containerLogs) {
      cluster.resource.putOmsAgent({ logAnalyticsWorkspaceId: this.workspace.id, msiAuthForMonitoringEnabled: true });
      this.collectContainerLogs(props, place);
    }
    if (prometheus) {
      this.prometheus = new ManagedPrometheus(this, 'Prometheus', { cluster, grafanaName });
    }
  }

  // With the agent's own identity nothing is collected but what a rule names.
  private collectContainerLogs({ cluster }: ClusterMonitoringProps, place: Pick<AksCluster['place'], 'resourceGroupName' | 'location' | 'tags'>): void {
    const rule = new MonitorDataCollectionRule(this, 'ContainerLogs', {
      ...place,
      name: `MSCI-${place.location}-${cluster.name}`.slice(0, 64).replace(/-+$/, ''),
      kind: 'Linux',
      dataSources: {
        extension: [
          {
            name: 'ContainerInsightsExtension',
            extensionName: 'ContainerInsights',
            streams: ['Microsoft-ContainerInsights-Group-Default'],
            extensionJson: JSON.stringify({ dataCollectionSettings: { interval: '1m', namespaceFilteringMode: 'Off', enableContainerLogV2: true } }),
          },
        ],
      },
      destinations: { logAnalytics: [{ name: 'logs', workspaceResourceId: this.workspace.id }] },
      dataFlow: [{ streams: ['Microsoft-ContainerInsights-Group-Default'], destinations: ['logs'] }],
    });
    new MonitorDataCollectionRuleAssociation(this, 'ContainerLogsAssociation', {
      name: 'ContainerInsightsExtension',
      targetResourceId: cluster.resource.id,
      dataCollectionRuleId: rule.id,
    });
  }
}
