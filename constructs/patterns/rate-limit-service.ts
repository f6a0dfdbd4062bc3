import type { ITerraformDependable } from 'cdktf';
import { ConfigMapV1 } from '@cdktf/provider-kubernetes/lib/config-map-v1';
import { DeploymentV1, DeploymentV1SpecTemplateSpecContainer } from '@cdktf/provider-kubernetes/lib/deployment-v1';
import { ServiceAccountV1 } from '@cdktf/provider-kubernetes/lib/service-account-v1';
import { ServiceV1 } from '@cdktf/provider-kubernetes/lib/service-v1';
import { Construct } from 'constructs';
import { existingService, IService, serviceHost } from '../kubernetes/service';
import { valuesYaml } from '../kubernetes/values';
import type { IMesh } from '../mesh/mesh';
import { AuthorizationPolicy } from '../security/authorization-policy';
import type { Identity } from '../security/identity';

export interface RateLimitServiceProps {
  readonly namespace: string;
  /** The service's own configuration: domain and descriptors. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Who asks it. */
  readonly callers: readonly Identity[];
  readonly image: string;
  readonly redisImage: string;
  readonly mesh?: IMesh;
}

/** What one of the two workloads is made of. */
interface PodProps {
  readonly container: DeploymentV1SpecTemplateSpecContainer & { readonly name: string };
  /** ConfigMap that it reads. @default none */
  readonly config?: string;
  readonly annotations?: Record<string, string>;
  /** What has to be there first. @default nothing more than what both need */
  readonly after?: readonly ITerraformDependable[];
}

const GRPC = 8081;
const REDIS = 6379;
const CONFIG = '/data/ratelimit/config';

/** Envoy's rate limit service, and the Redis that it counts in, in a namespace that exists. Only the callers named may ask. */
export class RateLimitService extends Construct {
  readonly service: IService;
  readonly port = GRPC;
  private readonly policies: readonly AuthorizationPolicy[];

  constructor(scope: Construct, id: string, props: RateLimitServiceProps) {
    super(scope, id);
    const { namespace, mesh } = props;
    const redis = existingService({ name: 'ratelimit-redis', namespace, ports: [{ name: 'tcp-redis', port: REDIS }], serviceAccountName: 'ratelimit-redis' });
    this.service = existingService({ name: 'ratelimit', namespace, ports: [{ name: 'grpc', port: GRPC }], serviceAccountName: 'ratelimit' });
    const text = valuesYaml(props.config);
    const callers = new AuthorizationPolicy(this, 'Callers', {
      ...{ name: 'ratelimit-callers', namespace, mesh, workload: this.service },
      rules: [{ from: props.callers }],
    });
    const redisCallers = new AuthorizationPolicy(this, 'RedisCallers', {
      ...{ name: 'ratelimit-redis-callers', namespace, mesh, workload: redis },
      rules: [{ from: [this.service] }],
    });
    // In a namespace that denies what nobody allows, the service starts only where Redis may answer it.
    this.policies = [callers, redisCallers];
    const config = new ConfigMapV1(this, 'Config', { metadata: { name: 'ratelimit-config', namespace }, data: { 'config.yaml': text } });
    const redisContainer = { name: 'redis', image: props.redisImage, args: ['--save', '', '--appendonly', 'no'], securityContext: restricted(999) };
    const redisResources = this.workload('Redis', redis, { container: redisContainer });
    this.workload('Service', this.service, {
      container: {
        name: 'ratelimit',
        image: props.image,
        command: ['/bin/ratelimit'],
        env: Object.entries({
          LOG_LEVEL: 'info',
          REDIS_SOCKET_TYPE: 'tcp',
          REDIS_URL: `${serviceHost(redis, mesh?.clusterDomain)}:${REDIS}`,
          USE_STATSD: 'false',
          RUNTIME_ROOT: '/data',
          RUNTIME_SUBDIRECTORY: 'ratelimit',
          RUNTIME_WATCH_ROOT: 'false',
          RUNTIME_IGNOREDOTFILES: 'true',
        }).map(([name, value]) => ({ name, value })),
        securityContext: restricted(65532),
        volumeMount: [{ name: 'config', mountPath: CONFIG, readOnly: true }],
      },
      config: config.metadata.name,
      // The service reads its limits when it starts.
      annotations: { 'aks-istio/limits': text },
      // Without Redis it ends as soon as it starts.
      after: redisResources,
    });
  }

  private workload(id: string, service: IService, { container, config, annotations, after = [] }: PodProps): ITerraformDependable[] {
    const scope = new Construct(this, id);
    const { name, namespace, ports, serviceAccountName } = service;
    const labels = { ...service.labels };
    const resource = new ServiceV1(scope, 'Resource', {
      metadata: { name, namespace, labels },
      spec: { selector: labels, port: ports.map((port) => ({ name: port.name, port: port.port })) },
    });
    const account = new ServiceAccountV1(scope, 'ServiceAccount', { metadata: { name: serviceAccountName, namespace }, automountServiceAccountToken: false });
    const deployment = new DeploymentV1(scope, 'Deployment', {
      metadata: { name, namespace, labels },
      spec: {
        replicas: '1',
        selector: { matchLabels: labels },
        template: {
          metadata: { labels, annotations },
          spec: {
            serviceAccountName,
            automountServiceAccountToken: false,
            securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
            container: [
              {
                ...container,
                port: ports.map((port) => ({ containerPort: port.port })),
                readinessProbe: { tcpSocket: [{ port: String(ports[0]?.port) }], periodSeconds: 5 },
                resources: { requests: { cpu: '10m', memory: '64Mi' }, limits: { cpu: '500m', memory: '256Mi' } },
              },
            ],
            volume: config === undefined ? undefined : [{ name: 'config', configMap: { name: config } }],
          },
        },
      },
      waitForRollout: true,
      dependsOn: [account, ...after, ...this.policies.flatMap(({ appliedBy }) => appliedBy)],
    });
    return [resource, deployment];
  }
}

function restricted(user: number): DeploymentV1SpecTemplateSpecContainer['securityContext'] {
  return { runAsNonRoot: true, runAsUser: String(user), allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } };
}
