import { Construct } from 'constructs';
import type { IService } from '../kubernetes/service';
import { IMesh, meshOf } from '../mesh/mesh';
import type { Duration } from '../traffic/duration';
import type { Percent } from '../traffic/percent';
import { Problem, throwOnProblems } from '../validation';
import type { HTTPBackend, RouteMirror } from './http-filters';
import type { HTTPMatch } from './http-match';
import { HTTPRoute, HTTPRule } from './http-route';
import type { RouteRetries, RouteTimeouts } from './http-timing';
import type { RouteParent } from './parents';
import type { IVersionServices } from './version-services';

/** Settings of {@link VersionedService}. */
export interface VersionedServiceProps {
  /** The Services of its versions. */
  readonly versions: IVersionServices;
  /** Where requests for it are routed. @default within the mesh, by the proxies of its clients */
  readonly parents?: readonly RouteParent[];
  /** Host names, for gateways. @default those of the gateway's listeners */
  readonly hosts?: readonly string[];
  /** Port of the service that is routed, where it has several. @default the only one */
  readonly port?: number;
  /** The mesh that reads the route. @default the mesh that the nearest scope above provides */
  readonly mesh?: IMesh;
}

/** Requests of their own, and where they go. */
export interface VersionRoute extends Omit<HTTPRule, 'match' | 'to'> {
  /** Which requests. */
  readonly match: HTTPMatch;
  /** A version, or shares of versions in percent. @default as the split says */
  readonly to?: string | Readonly<Record<string, number>>;
}

/**
 * A service routed between its versions by the Gateway API: what MeshService is for Istio's own. It owns one HTTPRoute, named as the service.
 * @see https://istio.io/latest/docs/tasks/traffic-management/traffic-shifting/
 */
export class VersionedService extends Construct {
  private readonly versions: IVersionServices;
  private readonly port?: number;
  private readonly routes: VersionRoute[] = [];
  private shares?: Readonly<Record<string, number>>;
  private mirror?: RouteMirror;
  private timeout?: Duration | RouteTimeouts;
  private retries?: RouteRetries;

  /** @throws ProblemError where there is no mesh, or the service has several ports and none is given */
  constructor(scope: Construct, id: string, props: VersionedServiceProps) {
    super(scope, id);
    this.versions = props.versions;
    this.port = props.port;
    const { service, dependables } = props.versions;
    new HTTPRoute(this, 'Route', {
      name: service.name,
      namespace: service.namespace,
      mesh: props.mesh ?? meshOf(this),
      hosts: props.hosts,
      parents: props.parents ?? [{ service, port: props.port }],
      dependsOn: dependables,
      rules: () => [...this.routes, { to: undefined }].map((route) => this.ruleOf(route)),
    });
  }

  /**
   * Shares of the versions for every request that no route takes.
   * @param shares percent by version, 100 together
   * @throws ProblemError where a version is unknown, the shares are not 100 together, or the service is split already
   */
  split(shares: Readonly<Record<string, number>>): this {
    throwOnProblems(`${this.node.path} cannot be split:`, [
      ...(this.shares ? [{ at: 'split', value: shares, rule: `${this.versions.service.name} is split already`, mend: 'Split it once' }] : []),
      ...this.shareProblems(shares),
    ]);
    this.shares = shares;
    return this;
  }

  /**
   * Sends some requests elsewhere. Of several routes that match, the one with the most exact match applies, whatever their order.
   * @throws ProblemError where a version is unknown or shares are not 100 together
   */
  route(route: VersionRoute): this {
    const { to } = route;
    if (typeof to === 'string') {
      this.versions.of(to);
    } else if (to) {
      throwOnProblems(`${this.node.path} cannot be routed:`, this.shareProblems(to));
    }
    this.routes.push(route);
    return this;
  }

  /**
   * Sends a copy of each request, whatever its route, to a version.
   * @param percent @default every request
   * @throws ProblemError where the version is unknown
   */
  mirrorTo(version: string, percent?: Percent): this {
    this.mirror = { to: this.backend(this.versions.of(version)), percent };
    return this;
  }

  /** How often a failed request is sent again, on every route that says nothing of it. Only the experimental channel of the Gateway API has it. */
  retry(retries: RouteRetries): this {
    this.retries = retries;
    return this;
  }

  /** Longest time for a whole request, or for it and for one try, on every route that says nothing of it. */
  timeoutAfter(timeout: Duration | RouteTimeouts): this {
    this.timeout = timeout;
    return this;
  }

  private ruleOf({ to, ...rule }: Omit<VersionRoute, 'match'> & Partial<Pick<VersionRoute, 'match'>>): HTTPRule {
    return rule.redirect
      ? rule
      : {
          ...rule,
          to: this.backends(to ?? this.shares),
          mirror: rule.mirror ?? this.mirror,
          retries: rule.retries ?? this.retries,
          timeout: rule.timeout ?? this.timeout,
        };
  }

  private backends(to: string | Readonly<Record<string, number>> | undefined): HTTPBackend[] {
    if (to === undefined) {
      return [this.backend(this.versions.service)];
    }
    const shares = typeof to === 'string' ? { [to]: 100 } : to;
    const only = Object.keys(shares).length === 1;
    return Object.entries(shares).map(([version, weight]) => ({ ...this.backend(this.versions.of(version)), weight: only ? undefined : weight }));
  }

  private backend(service: IService): HTTPBackend {
    return { service, port: this.port };
  }

  private shareProblems(shares: Readonly<Record<string, number>>): Problem[] {
    Object.keys(shares).forEach((version) => this.versions.of(version));
    const values = Object.values(shares);
    const sum = values.reduce((total, share) => total + share, 0);
    return sum === 100 && values.every((share) => Number.isInteger(share) && share >= 0)
      ? []
      : [{ at: `${this.versions.service.name}.split`, value: shares, rule: `shares are whole percents, 100 together; these make ${sum}`, mend: 'Mend the shares' }];
  }
}
