import { Token } from 'cdktf';
import type {
  DestinationRuleTrafficPolicyLoadBalancer,
  DestinationRuleTrafficPolicyLoadBalancerConsistentHash,
} from '../istio/generated/destination-rule';
import { Problem, throwOnProblems } from '../validation';
import type { Duration } from './duration';

type Spec = DestinationRuleTrafficPolicyLoadBalancer;
/** Percent by locality; localities are `region`, `region/zone` or `region/zone/sub-zone`, and `*` ends a prefix. */
export type LocalityShares = Readonly<Record<string, number>>;

const SEE = 'https://istio.io/latest/docs/reference/config/networking/destination-rule/#LocalityLoadBalancerSetting';
/** Labels by which `failoverPriority` would say again what `failover` says. */
const TOPOLOGY = ['topology.kubernetes.io/region', 'topology.kubernetes.io/zone', 'topology.istio.io/subzone'];

/**
 * How a pod is chosen among those of a version.
 * @see https://istio.io/latest/docs/reference/config/networking/destination-rule/#LoadBalancerSettings
 */
export class LoadBalancing {
  /** The less busy one of two chosen by chance; Istio's default. */
  static leastRequest(): LoadBalancing {
    return new LoadBalancing({ simple: 'LEAST_REQUEST' });
  }

  /** One after the other. */
  static roundRobin(): LoadBalancing {
    return new LoadBalancing({ simple: 'ROUND_ROBIN' });
  }

  /** Any of them, by chance. */
  static random(): LoadBalancing {
    return new LoadBalancing({ simple: 'RANDOM' });
  }

  /** The address that the client asked for, untouched. */
  static passthrough(): LoadBalancing {
    return new LoadBalancing({ simple: 'PASSTHROUGH' });
  }

  /** Requests with the same value of a header go to the same pod. */
  static byHeader(name: string): LoadBalancing {
    return LoadBalancing.hashed({ httpHeaderName: name });
  }

  /**
   * Requests with the same value of a cookie go to the same pod.
   * @param ttl with it the proxy makes the cookie where there is none; without, requests lacking it go anywhere
   */
  static byCookie(name: string, ttl?: Duration): LoadBalancing {
    return LoadBalancing.hashed({ httpCookie: { name, ttl: ttl?.toString() } });
  }

  /** Requests with the same value of a parameter in the query go to the same pod. */
  static byQueryParam(name: string): LoadBalancing {
    return LoadBalancing.hashed({ httpQueryParameterName: name });
  }

  /** Requests from the same address go to the same pod. */
  static bySourceIp(): LoadBalancing {
    return LoadBalancing.hashed({ useSourceIp: true });
  }

  private static hashed(consistentHash: DestinationRuleTrafficPolicyLoadBalancerConsistentHash): LoadBalancing {
    return new LoadBalancing({ consistentHash });
  }

  private constructor(private readonly spec: Spec) {}

  /**
   * Where requests of a region go when its own pods fail. Needs outlier detection, which tells that they do.
   * @param regions the other region, by region
   * @throws ProblemError where localities are distributed, or failed over by a label of the topology
   */
  failover(regions: Readonly<Record<string, string>>): LoadBalancing {
    return this.local({ failover: Object.entries(regions).map(([from, to]) => ({ from, to })) });
  }

  /**
   * Prefers pods that share these labels with the client, the first ones counting most. Needs outlier detection.
   * @throws ProblemError where localities are distributed, or a label of the topology comes beside `failover`
   */
  failoverPriority(...labels: readonly string[]): LoadBalancing {
    return this.local({ failoverPriority: labels });
  }

  /**
   * Shares of the localities, by the locality of the client.
   * @throws ProblemError where the shares of a locality are not 100 together, or it comes beside failover
   */
  distribute(shares: Readonly<Record<string, LocalityShares>>): LoadBalancing {
    throwOnProblems(
      'Shares of localities:',
      Object.entries(shares).flatMap(([from, to]) => {
        const values = Object.values(to);
        const sum = values.reduce((total, share) => total + share, 0);
        return sum === 100 || values.some((share) => Token.isUnresolved(share))
          ? []
          : [{ at: `LoadBalancing.distribute: ${from}`, value: to, rule: `shares are whole percents, 100 together; these make ${sum}`, mend: 'Mend the shares' }];
      }),
    );
    return this.local({ distribute: Object.entries(shares).map(([from, to]) => ({ from, to })) });
  }

  /**
   * New pods get their full share only after this time.
   * @throws ProblemError where pods are chosen otherwise than in turn or by the fewest requests: the proxies would ignore it
   */
  warmup(duration: Duration): LoadBalancing {
    const { simple, consistentHash } = this.spec;
    throwOnProblems(
      'Not a warm-up:',
      simple === 'LEAST_REQUEST' || simple === 'ROUND_ROBIN'
        ? []
        : [
            {
              at: 'LoadBalancing.warmup',
              value: simple ?? consistentHash,
              rule: 'only leastRequest and roundRobin warm pods up',
              mend: 'Choose one of them, or leave warmup out',
              see: 'https://istio.io/latest/docs/reference/config/networking/destination-rule/#LoadBalancerSettings',
            },
          ],
    );
    return new LoadBalancing({ ...this.spec, warmup: { duration: duration.toString() } });
  }

  /** In Istio's own words. */
  toSpec(): Spec {
    return this.spec;
  }

  private local(setting: NonNullable<Spec['localityLbSetting']>): LoadBalancing {
    const present = this.spec.localityLbSetting ?? {};
    const both = { ...present, ...setting };
    const twice = Object.keys(setting).filter((name) => name in present);
    const topology = (both.failoverPriority ?? []).filter((label) => TOPOLOGY.includes(label));
    const bad = (value: unknown, rule: string): Problem => ({ at: 'LoadBalancing', value, rule, mend: 'Choose one', see: SEE });
    throwOnProblems('Settings that exclude each other:', [
      ...twice.map((name) => bad([present, setting], `${name} is said once`)),
      ...(both.distribute && (both.failover ?? both.failoverPriority) ? [bad(Object.keys(both).filter((name) => name !== 'enabled'), 'localities are distributed, or failed over')] : []),
      ...(both.failover && topology.length > 0 ? [bad(topology, 'beside failover by region, failoverPriority names no labels of the topology')] : []),
    ]);
    return new LoadBalancing({ ...this.spec, localityLbSetting: { ...both, enabled: true } });
  }
}
