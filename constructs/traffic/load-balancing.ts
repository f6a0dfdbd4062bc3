import type {
  DestinationRuleTrafficPolicyLoadBalancer,
  DestinationRuleTrafficPolicyLoadBalancerConsistentHash,
} from '../istio/generated/destination-rule';
import { throwOnProblems } from '../validation';
import type { Duration } from './duration';

type Spec = DestinationRuleTrafficPolicyLoadBalancer;
/** Percent by locality; localities are `region`, `region/zone` or `region/zone/sub-zone`, and `*` ends a prefix. */
export type LocalityShares = Readonly<Record<string, number>>;

/**
 * How a pod is chosen among those of a version.
 * @see https://istio.io/latest/docs/reference/config/networking/destination-rule/#LoadBalancerSettings
 */
export class LoadBalancing {
  /** The less busy one of two chosen by chance; Istio's default. */
  static leastRequest(): LoadBalancing {
    return new LoadBalancing({ simple: 'LEAST_REQUEST' });
  }

  static roundRobin(): LoadBalancing {
    return new LoadBalancing({ simple: 'ROUND_ROBIN' });
  }

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

  /** @param ttl with it the proxy makes the cookie where there is none; without, requests lacking it go anywhere */
  static byCookie(name: string, ttl?: Duration): LoadBalancing {
    return LoadBalancing.hashed({ httpCookie: { name, ttl: ttl?.toString() } });
  }

  static byQueryParam(name: string): LoadBalancing {
    return LoadBalancing.hashed({ httpQueryParameterName: name });
  }

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
   */
  failover(regions: Readonly<Record<string, string>>): LoadBalancing {
    return this.local({ failover: Object.entries(regions).map(([from, to]) => ({ from, to })) });
  }

  /** Prefers pods that share these labels with the client, the first ones counting most. Needs outlier detection. */
  failoverPriority(...labels: readonly string[]): LoadBalancing {
    return this.local({ failoverPriority: labels });
  }

  /**
   * Shares of the localities, by the locality of the client.
   * @throws ProblemError where the shares of a locality are not 100 together
   */
  distribute(shares: Readonly<Record<string, LocalityShares>>): LoadBalancing {
    throwOnProblems(
      'Shares of localities:',
      Object.entries(shares).flatMap(([from, to]) => {
        const sum = Object.values(to).reduce((total, share) => total + share, 0);
        return sum === 100
          ? []
          : [{ at: `LoadBalancing.distribute: ${from}`, value: to, rule: `shares are whole percents, 100 together; these make ${sum}`, mend: 'Mend the shares' }];
      }),
    );
    return this.local({ distribute: Object.entries(shares).map(([from, to]) => ({ from, to })) });
  }

  /** New pods get their full share only after this time. */
  warmup(duration: Duration): LoadBalancing {
    return new LoadBalancing({ ...this.spec, warmup: { duration: duration.toString() } });
  }

  toSpec(): Spec {
    return this.spec;
  }

  private local(setting: NonNullable<Spec['localityLbSetting']>): LoadBalancing {
    const present = this.spec.localityLbSetting;
    throwOnProblems(
      'Settings that exclude each other:',
      present
        ? [
            {
              at: 'LoadBalancing',
              value: Object.keys(present).concat(Object.keys(setting)),
              rule: 'localities are distributed, failed over by region, or failed over by label',
              mend: 'Choose one',
            },
          ]
        : [],
    );
    return new LoadBalancing({ ...this.spec, localityLbSetting: { enabled: true, ...setting } });
  }
}
