import { ConfigMapV1 } from '@cdktf/provider-kubernetes/lib/config-map-v1';
import { Lazy, Token } from 'cdktf';
import { Construct } from 'constructs';
import { RestrictedWorkload } from '../kubernetes/restricted-workload';
import { existingService, IService, serviceHost } from '../kubernetes/service';
import { valuesYaml } from '../kubernetes/values';
import { IMesh, meshOf } from '../mesh/mesh';
import { AuthorizationPolicy } from '../security/authorization-policy';
import type { Identity } from '../security/identity';
import { Problem, throwOnProblems } from '../validation';
import type { LimitDescriptor } from './rate-limits';

/** Settings of {@link RateLimitService}. */
export interface RateLimitServiceProps {
  /** Namespace of the service and its Redis; it exists, and belongs to the mesh. */
  readonly namespace: string;
  /** Name of the service, and the beginning of the names of what belongs to it. @default 'ratelimit' */
  readonly name?: string;
  /** Image of Envoy's rate limit service. @default 'docker.io/envoyproxy/ratelimit:3fb70258' */
  readonly image?: string;
  /** Image of the Redis that it counts in. @default 'docker.io/library/redis:7.4-alpine' */
  readonly redisImage?: string;
  /** Mesh of those who ask it. @default the mesh that the nearest scope above provides */
  readonly mesh?: IMesh;
}

/** Limits of one target. */
export interface RateLimitDomain {
  /** Name that the target's proxies ask by. */
  readonly name: string;
  /** Its limits, as the service reads them. */
  readonly descriptors: readonly LimitDescriptor[];
  /** Who asks. */
  readonly caller: Identity;
}

const IMAGE = 'docker.io/envoyproxy/ratelimit:3fb70258';
const REDIS_IMAGE = 'docker.io/library/redis:7.4-alpine';
const GRPC = 8081;
const REDIS = 6379;
const CONFIG = '/data/ratelimit/config';
const RESOURCES = { requests: { cpu: '10m', memory: '64Mi' }, limits: { cpu: '500m', memory: '256Mi' } };

/**
 * Envoy's rate limit service, and the Redis that it counts in, in a namespace that exists. Several {@link GlobalRateLimit}s may share it; only their
 * targets may ask.
 * @see https://github.com/envoyproxy/ratelimit
 */
export class RateLimitService extends Construct {
  /** The Service that the proxies ask. */
  readonly service: IService;
  /** Its port, for gRPC. */
  readonly port = GRPC;
  /** Mesh of those who ask it. */
  readonly mesh?: IMesh;
  /** Namespace and name. */
  private readonly key: string;
  private readonly callers: AuthorizationPolicy;
  private readonly domains: RateLimitDomain[] = [];

  /** @throws ProblemError where another one of the program has its name */
  constructor(scope: Construct, id: string, props: RateLimitServiceProps) {
    super(scope, id);
    const { namespace, name = 'ratelimit' } = props;
    const mesh = props.mesh ?? meshOf(this);
    this.mesh = mesh;
    this.key = `${namespace}/${name}`;
    throwOnProblems(`${this.node.path} cannot be created:`, this.twinProblems());
    const redisName = `${name}-redis`;
    const redis = existingService({ name: redisName, namespace, ports: [{ name: 'tcp-redis', port: REDIS }], serviceAccountName: redisName });
    this.service = existingService({ name, namespace, ports: [{ name: 'grpc', port: GRPC }], serviceAccountName: name });
    this.callers = new AuthorizationPolicy(this, 'Callers', { name: `${name}-callers`, namespace, mesh, target: this.service });
    const redisCallers = new AuthorizationPolicy(this, 'RedisCallers', {
      ...{ name: `${redisName}-callers`, namespace, mesh, target: redis },
      rules: [{ from: [this.service] }],
    });
    const config = new ConfigMapV1(this, 'Config', {
      metadata: { name: `${name}-config`, namespace },
      data: Token.asStringMap(Lazy.anyValue({ produce: () => this.files() })),
    });
    // In a namespace that denies what nobody allows, the service starts only where Redis may answer it.
    const allowed = [this.callers, redisCallers].flatMap(({ appliedBy }) => appliedBy);
    const counter = new RestrictedWorkload(this, 'Redis', {
      ...{ service: redis, image: props.redisImage ?? REDIS_IMAGE, user: 999, ...RESOURCES },
      args: ['--save', '', '--appendonly', 'no'],
      after: allowed,
    });
    new RestrictedWorkload(this, 'Service', {
      ...{ service: this.service, image: props.image ?? IMAGE, user: 65532, ...RESOURCES },
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
      annotations: { 'aks-istio/limits': Lazy.stringValue({ produce: () => Object.values(this.files()).join('---\n') }) },
      // Without Redis it ends as soon as it starts.
      after: [...counter.appliedBy, ...allowed],
    });
  }

  /**
   * Counts for one more target, whose proxies may then ask.
   * @throws ProblemError where the name is taken: the service would stop
   */
  addDomain(domain: RateLimitDomain): this {
    const isTaken = this.domains.some(({ name }) => name === domain.name);
    throwOnProblems(
      `${this.node.path} cannot take the limits:`,
      isTaken ? [{ at: 'name', value: domain.name, rule: 'limits of this name are there already', mend: 'Give the GlobalRateLimit another `name`' }] : [],
    );
    this.domains.push(domain);
    this.callers.addRule({ from: [domain.caller] });
    return this;
  }

  /** A file for each domain. */
  private files(): Record<string, string> {
    const file = (index: number, { name, descriptors }: RateLimitDomain): [string, string] => [
      index === 0 ? 'config.yaml' : `${name}.yaml`,
      valuesYaml({ domain: name, descriptors }),
    ];
    return Object.fromEntries(this.domains.map((domain, index) => file(index, domain)));
  }

  private twinProblems(): Problem[] {
    const others = this.node.root.node.findAll().filter((child): child is RateLimitService => child instanceof RateLimitService && child !== this);
    return others
      .filter(({ mesh, key }) => mesh === this.mesh && key === this.key)
      .map(({ node }) => ({
        at: this.node.path,
        value: this.key,
        rule: `${node.path} is the rate limit service of this name`,
        mend: 'Hand that one to the GlobalRateLimit as `service`, or make a RateLimitService with another `name`',
      }));
  }
}
