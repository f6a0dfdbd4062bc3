import { ConfigMapV1 } from '@cdktf/provider-kubernetes/lib/config-map-v1';
import { Construct } from 'constructs';
import { RestrictedWorkload } from '../kubernetes/restricted-workload';
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

const GRPC = 8081;
const REDIS = 6379;
const CONFIG = '/data/ratelimit/config';
const RESOURCES = { requests: { cpu: '10m', memory: '64Mi' }, limits: { cpu: '500m', memory: '256Mi' } };

/** Envoy's rate limit service, and the Redis that it counts in, in a namespace that exists. Only the callers named may ask. */
export class RateLimitService extends Construct {
  readonly service: IService;
  readonly port = GRPC;

  constructor(scope: Construct, id: string, props: RateLimitServiceProps) {
    super(scope, id);
    const { namespace, mesh } = props;
    const redis = existingService({ name: 'ratelimit-redis', namespace, ports: [{ name: 'tcp-redis', port: REDIS }], serviceAccountName: 'ratelimit-redis' });
    this.service = existingService({ name: 'ratelimit', namespace, ports: [{ name: 'grpc', port: GRPC }], serviceAccountName: 'ratelimit' });
    const text = valuesYaml(props.config);
    const callers = new AuthorizationPolicy(this, 'Callers', {
      ...{ name: 'ratelimit-callers', namespace, mesh, target: this.service },
      rules: [{ from: props.callers }],
    });
    const redisCallers = new AuthorizationPolicy(this, 'RedisCallers', {
      ...{ name: 'ratelimit-redis-callers', namespace, mesh, target: redis },
      rules: [{ from: [this.service] }],
    });
    const config = new ConfigMapV1(this, 'Config', { metadata: { name: 'ratelimit-config', namespace }, data: { 'config.yaml': text } });
    // In a namespace that denies what nobody allows, the service starts only where Redis may answer it.
    const allowed = [callers, redisCallers].flatMap(({ appliedBy }) => appliedBy);
    const counter = new RestrictedWorkload(this, 'Redis', {
      ...{ service: redis, image: props.redisImage, user: 999, ...RESOURCES },
      args: ['--save', '', '--appendonly', 'no'],
      after: allowed,
    });
    new RestrictedWorkload(this, 'Service', {
      ...{ service: this.service, image: props.image, user: 65532, ...RESOURCES },
      command: ['/bin/ratelimit'],
      env: {
        LOG_LEVEL: 'info',
        REDIS_SOCKET_TYPE: 'tcp',
        REDIS_URL: `${serviceHost(redis, mesh?.clusterDomain)}:${REDIS}`,
        USE_STATSD: 'false',
        RUNTIME_ROOT: '/data',
        RUNTIME_SUBDIRECTORY: 'ratelimit',
        RUNTIME_WATCH_ROOT: 'false',
        RUNTIME_IGNOREDOTFILES: 'true',
      },
      config: { name: config.metadata.name, path: CONFIG },
      // The service reads its limits when it starts.
      annotations: { 'aks-istio/limits': text },
      // Without Redis it ends as soon as it starts.
      after: [...counter.appliedBy, ...allowed],
    });
  }
}
