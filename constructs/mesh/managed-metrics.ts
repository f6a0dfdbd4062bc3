import { ConfigMapV1 } from '@cdktf/provider-kubernetes/lib/config-map-v1';
import { Construct } from 'constructs';
import { valuesYaml } from '../kubernetes/values';
import { Problem, throwOnProblems } from '../validation';
import type { IMesh } from './mesh';

/** What Azure's agent reads its jobs from. One for the whole cluster. */
const CONFIG_MAP = { name: 'ama-metrics-prometheus-config', namespace: 'kube-system' };

/** What the proxies measure of requests and connections; their thousands of other series would each be paid for. */
const PROXY_METRICS = ['istio_.*'];

/** How the control plane is: what it pushes, what it refuses, what certificates it signs. */
const ISTIOD_METRICS = ['pilot_.*', 'citadel_.*', 'galley_.*', 'istio_build', 'process_.*', 'go_memstats_.*', 'go_goroutines'];

/** Settings of {@link ManagedMeshMetrics}. */
export interface ManagedMeshMetricsProps {
  /** The mesh whose metrics are collected. */
  readonly mesh: IMesh;
  /** Seconds between two looks, from 15 on. @default 30 */
  readonly intervalSeconds?: number;
  /** Metrics of proxies to keep, as regular expressions. @default Istio's own: `istio_.*` */
  readonly proxyMetrics?: readonly string[];
}

/**
 * Makes Azure's managed Prometheus scrape a mesh: every proxy of the cluster, and istiod. The cluster's monitoring has to be on. There is one
 * such ConfigMap in a cluster: where somebody has it already, its jobs belong into theirs.
 * @see https://learn.microsoft.com/azure/azure-monitor/containers/prometheus-metrics-scrape-configuration
 */
export class ManagedMeshMetrics extends Construct {
  /** The ConfigMap that Azure's agent reads. */
  readonly resource: ConfigMapV1;

  /** @throws ProblemError for an interval that the agent does not take */
  constructor(scope: Construct, id: string, props: ManagedMeshMetricsProps) {
    super(scope, id);
    const { mesh, intervalSeconds = 30, proxyMetrics = PROXY_METRICS } = props;
    throwOnProblems("Azure's Prometheus cannot scrape this mesh:", intervalProblems(intervalSeconds, this.node.path));
    const job = (name: string, role: string, keep: readonly string[], rest: object) => ({
      job_name: name,
      scrape_interval: `${intervalSeconds}s`,
      scheme: 'http',
      ...rest,
      kubernetes_sd_configs: [{ role, ...(role === 'endpoints' ? { namespaces: { names: [mesh.rootNamespace] } } : {}) }],
      metric_relabel_configs: [{ source_labels: ['__name__'], action: 'keep', regex: keep.join('|') }],
    });
    const jobs = [
      job('istio-proxies', 'pod', proxyMetrics, {
        metrics_path: '/stats/prometheus',
        relabel_configs: [
          { source_labels: ['__meta_kubernetes_pod_container_port_name'], action: 'keep', regex: '.*-envoy-prom' },
          { source_labels: ['__meta_kubernetes_namespace'], action: 'replace', target_label: 'namespace' },
          { source_labels: ['__meta_kubernetes_pod_name'], action: 'replace', target_label: 'pod' },
        ],
      }),
      job('istiod', 'endpoints', ISTIOD_METRICS, {
        relabel_configs: [
          { source_labels: ['__meta_kubernetes_service_name', '__meta_kubernetes_endpoint_port_name'], action: 'keep', regex: 'istiod.*;http-monitoring' },
          { source_labels: ['__meta_kubernetes_pod_name'], action: 'replace', target_label: 'pod' },
        ],
      }),
    ];
    this.resource = new ConfigMapV1(this, 'Resource', { metadata: { ...CONFIG_MAP }, data: { 'prometheus-config': valuesYaml({ scrape_configs: jobs }) } });
  }
}

function intervalProblems(value: number, at: string): Problem[] {
  return Number.isInteger(value) && value >= 15
    ? []
    : [{ at: `${at}: intervalSeconds`, value, rule: 'must be a whole number of seconds, 15 or more', mend: 'Take 30' }];
}
