/** Kubernetes kind behind each typed Terraform resource that the direct engine understands. */
export const TYPED_KINDS: Readonly<Record<string, { readonly apiVersion: string; readonly kind: string }>> = {
  kubernetes_namespace_v1: { apiVersion: 'v1', kind: 'Namespace' },
  kubernetes_service_account_v1: { apiVersion: 'v1', kind: 'ServiceAccount' },
  kubernetes_service_v1: { apiVersion: 'v1', kind: 'Service' },
  kubernetes_secret_v1: { apiVersion: 'v1', kind: 'Secret' },
  kubernetes_config_map_v1: { apiVersion: 'v1', kind: 'ConfigMap' },
  kubernetes_resource_quota_v1: { apiVersion: 'v1', kind: 'ResourceQuota' },
  kubernetes_limit_range_v1: { apiVersion: 'v1', kind: 'LimitRange' },
  kubernetes_persistent_volume_claim_v1: { apiVersion: 'v1', kind: 'PersistentVolumeClaim' },
  kubernetes_deployment_v1: { apiVersion: 'apps/v1', kind: 'Deployment' },
  kubernetes_stateful_set_v1: { apiVersion: 'apps/v1', kind: 'StatefulSet' },
  kubernetes_daemon_set_v1: { apiVersion: 'apps/v1', kind: 'DaemonSet' },
  kubernetes_network_policy_v1: { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy' },
  kubernetes_role_v1: { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'Role' },
  kubernetes_role_binding_v1: { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'RoleBinding' },
  kubernetes_cluster_role_v1: { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole' },
  kubernetes_cluster_role_binding_v1: { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRoleBinding' },
  kubernetes_pod_disruption_budget_v1: { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget' },
  kubernetes_horizontal_pod_autoscaler_v2: { apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler' },
  kubernetes_priority_class_v1: { apiVersion: 'scheduling.k8s.io/v1', kind: 'PriorityClass' },
};

/** Members of a typed resource that are Terraform's own affair. */
export const TERRAFORM_MEMBERS: ReadonlySet<string> = new Set([
  ...['//', 'id', 'depends_on', 'lifecycle', 'provider', 'timeouts', 'count', 'for_each', 'provisioner', 'connection'],
  ...['wait_for_load_balancer', 'wait_for_rollout', 'wait_until_bound', 'wait_for_default_service_account', 'wait_for_completion', 'status'],
  'default_secret_name',
]);

/** Metadata that the API server writes. */
export const SERVER_METADATA: ReadonlySet<string> = new Set(['uid', 'resource_version', 'generation', 'self_link', 'generate_name']);

/** Blocks that Kubernetes knows as lists: Terraform's singular name and the API's name. */
export const LIST_BLOCKS: Readonly<Record<string, string>> = {
  container: 'containers',
  init_container: 'initContainers',
  ephemeral_container: 'ephemeralContainers',
  env: 'env',
  env_from: 'envFrom',
  port: 'ports',
  ports: 'ports',
  volume: 'volumes',
  volume_mount: 'volumeMounts',
  volume_device: 'volumeDevices',
  volume_claim_template: 'volumeClaimTemplates',
  image_pull_secret: 'imagePullSecrets',
  image_pull_secrets: 'imagePullSecrets',
  toleration: 'tolerations',
  topology_spread_constraint: 'topologySpreadConstraints',
  host_aliases: 'hostAliases',
  readiness_gate: 'readinessGates',
  match_expressions: 'matchExpressions',
  match_fields: 'matchFields',
  node_selector_term: 'nodeSelectorTerms',
  preferred_during_scheduling_ignored_during_execution: 'preferredDuringSchedulingIgnoredDuringExecution',
  items: 'items',
  sources: 'sources',
  http_header: 'httpHeaders',
  sysctl: 'sysctls',
  rule: 'rules',
  subject: 'subjects',
  limit: 'limits',
  metric: 'metrics',
  policy: 'policies',
  ingress: 'ingress',
  egress: 'egress',
  from: 'from',
  to: 'to',
};

/** Maps whose keys are the user's own. */
export const VERBATIM_MAPS: ReadonlySet<string> = new Set([
  ...['labels', 'annotations', 'match_labels', 'node_selector', 'selector_labels', 'data', 'binary_data', 'limits', 'requests', 'hard'],
]);

/** Names whose camel case does not follow from their snake case. */
export const IRREGULAR_NAMES: Readonly<Record<string, string>> = {
  cluster_ip: 'clusterIP',
  cluster_ips: 'clusterIPs',
  external_ips: 'externalIPs',
  load_balancer_ip: 'loadBalancerIP',
  client_ip: 'clientIP',
  host_ip: 'hostIP',
  host_ipc: 'hostIPC',
  host_pid: 'hostPID',
  non_resource_urls: 'nonResourceURLs',
  downward_api: 'downwardAPI',
};

/** Numbers that Terraform types as text. */
export const NUMBERS: ReadonlySet<string> = new Set(['replicas', 'run_as_user', 'run_as_group', 'fs_group', 'toleration_seconds', 'min_ready_seconds']);

/** Number where it reads as one, else a name or a percentage. */
export const INT_OR_STRING: ReadonlySet<string> = new Set(['port', 'target_port', 'max_surge', 'max_unavailable', 'min_available', 'partition']);

/** File modes: text with an octal number. */
export const OCTAL: ReadonlySet<string> = new Set(['mode', 'default_mode']);
