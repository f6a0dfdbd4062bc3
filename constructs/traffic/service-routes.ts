import type { IService } from '../kubernetes/service';
import { Problem, throwOnProblems } from '../validation';
import { Destination } from './destination';
import type { Duration } from './duration';
import type { Fault } from './fault';
import type { HttpRouteProps, Retries } from './http-route';
import type { Match } from './match';
import type { Percent } from './percent';

/** Requests of their own, and where they go. */
export interface ServiceRoute extends Omit<HttpRouteProps, 'match' | 'to'> {
  /** Which requests it is for. */
  readonly match: Match;
  /** A version, shares of versions in percent, or another destination. @default as the split says */
  readonly to?: string | Readonly<Record<string, number>> | Destination;
}

/** What is said once of a service, by the verb that says it, for every route that says nothing of it. */
export interface Defaults {
  /** Percent by version. @default every version */
  readonly split?: Readonly<Record<string, number>>;
  /** How often a failed request is sent again. @default Istio's own */
  readonly retry?: Retries;
  /** Longest time for a whole request. @default none */
  readonly timeoutAfter?: Duration;
  /** Version that gets copies, and of which share. @default none */
  readonly mirrorTo?: { readonly version: string; readonly percent: Percent };
}

interface Placed {
  readonly route: ServiceRoute;
  /** It came with a fault alone: a route for the same requests may still say where they go. */
  readonly open: boolean;
}

const ACTIONS = ['to', 'redirect', 'directResponse', 'delegate'] as const;
/** How istiod tells the sidecars among the gateways. */
const MESH = 'mesh';
const CLAIM = /^@request\.auth\.claims/i;

/** How a second time is told. */
const ALREADY: Readonly<Record<keyof Defaults, string>> = {
  split: 'is split already',
  retry: 'has retries already',
  timeoutAfter: 'has a timeout already',
  mirrorTo: 'is mirrored already',
};

/** The routes of one service in their order, the faults on them, and what holds for the routes that say nothing of it. */
export class ServiceRoutes {
  private readonly placed: Placed[] = [];
  private general?: Fault;
  private defaults: Defaults = {};

  /** @param port the Service port that routes lead to */
  constructor(
    private readonly service: IService,
    private readonly port?: number,
  ) {}

  /** Says where something is said a second time. */
  onceProblems<Verb extends keyof Defaults>(verb: Verb, value: NonNullable<Defaults[Verb]>): Problem[] {
    const earlier = this.defaults[verb];
    return earlier === undefined
      ? []
      : [{ at: verb, value: [earlier, value], rule: `${this.service.name} ${ALREADY[verb]}`, mend: `Call ${verb} once${verb === 'retry' ? '; RequestHedging calls it too' : ''}` }];
  }

  /** Says what holds for the routes that say nothing of it. */
  set(defaults: Defaults): void {
    this.defaults = { ...this.defaults, ...defaults };
  }

  /**
   * A version as a destination.
   * @throws ProblemError where it is unknown, or the service has several ports and none was given
   */
  version(name: string | undefined): Destination {
    return Destination.of(this.service, { version: name, port: this.port });
  }

  /** The routes that requests may take, and last the one for all others. */
  render(served: (route: ServiceRoute) => boolean): HttpRouteProps[] {
    const { split, retry, timeoutAfter, mirrorTo } = this.defaults;
    const rest: HttpRouteProps = {
      to: this.destinations(split),
      fault: this.general,
      mirror: mirrorTo && { to: this.version(mirrorTo.version), percent: mirrorTo.percent },
      retries: retry,
      timeout: timeoutAfter,
    };
    return [...this.placed.map(({ route }) => route).filter(served).map((route) => this.withDefaults(route, rest)), rest];
  }

  /** Says why a route cannot be added. */
  problems(route: ServiceRoute): Problem[] {
    const actions = ACTIONS.filter((action) => route[action] !== undefined);
    const earlier = this.placed.find((placed) => !placed.open && placed.route.match.equals(route.match));
    return [
      ...(actions.length > 1 ? [{ at: 'route', value: actions, rule: `a route has one of ${ACTIONS.join(', ')}`, mend: 'Keep one, or use two routes with different matches' }] : []),
      ...(earlier ? [{ at: 'route.match', value: route.match.toSpec(), rule: 'an earlier route takes the same requests, so this one gets none', mend: 'Join the two' }] : []),
    ];
  }

  /** Adds a route after the others, or in place of the fault that was there for the same requests. */
  add(route: ServiceRoute): void {
    const index = this.indexOf(route.match);
    const placed = { route: { ...route, fault: both(this.placed[index]?.route.fault, route.fault) }, open: false };
    // A second route with the same match would never be reached.
    if (index >= 0) {
      this.placed[index] = placed;
    } else {
      this.placed.push(placed);
    }
  }

  /**
   * Adds a fault to the route for these requests.
   * @param match which requests have it. @default every one
   * @throws ProblemError where these requests have such a fault already, or do not reach the service
   */
  addFault(fault: Fault, match: Match | undefined): void {
    if (!match) {
      this.general = both(this.general, fault);
      return;
    }
    const index = this.indexOf(match);
    const existing = this.placed[index];
    if (!existing) {
      this.placed.push({ route: { match, fault }, open: true });
      return;
    }
    throwOnProblems(
      'Not a fault:',
      isElsewhere(existing.route)
        ? [{ at: 'match', value: match.toSpec(), rule: 'the route for these requests answers them itself, without faults', mend: 'Give the fault another match' }]
        : [],
    );
    this.placed[index] = { ...existing, route: { ...existing.route, fault: both(existing.route.fault, fault) } };
  }

  private withDefaults(route: ServiceRoute, rest: HttpRouteProps): HttpRouteProps {
    if (isElsewhere(route)) {
      return { ...route, to: undefined };
    }
    return {
      ...route,
      to: route.to instanceof Destination ? route.to : this.destinations(route.to ?? this.defaults.split),
      fault: route.fault?.orElse(this.general) ?? this.general,
      mirror: route.mirror ?? rest.mirror,
      retries: route.retries ?? rest.retries,
      timeout: route.timeout ?? rest.timeout,
    };
  }

  private destinations(to: string | Readonly<Record<string, number>> | undefined): Destination[] {
    if (to === undefined || typeof to === 'string') {
      return [this.version(to)];
    }
    const shares = Object.entries(to);
    return shares.map(([version, weight]) => (shares.length > 1 ? this.version(version).weighted(weight) : this.version(version)));
  }

  private indexOf(match: Match): number {
    return this.placed.findIndex(({ route }) => route.match.equals(match));
  }
}

/** Whether a route answers by itself, or lets another object decide. */
function isElsewhere(route: ServiceRoute): boolean {
  return (route.redirect ?? route.directResponse ?? route.delegate) !== undefined;
}

/** Whether requests of sidecars may take a route: claims of tokens are known to gateways alone. */
export function isForMesh({ match }: ServiceRoute): boolean {
  const { gateways, headers, withoutHeaders } = match.toSpec();
  return (gateways?.includes(MESH) ?? true) && !Object.keys({ ...headers, ...withoutHeaders }).some((name) => CLAIM.test(name));
}

/** Whether requests that come through gateways may take a route. */
export function isForGateways({ match }: ServiceRoute): boolean {
  return match.toSpec().gateways?.some((name) => name !== MESH) ?? true;
}

function both(one: Fault | undefined, other: Fault | undefined): Fault | undefined {
  return one && other ? one.and(other) : (one ?? other);
}
