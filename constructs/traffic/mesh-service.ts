import { Construct } from 'constructs';
import type { DestinationRuleTrafficPolicy } from '../istio/generated/destination-rule';
import type { IService, ServicePort, ServiceVersion } from '../kubernetes/service';
import { IMesh, meshOf } from '../mesh/mesh';
import { AuthorizationPolicy, Operation } from '../security/authorization-policy';
import type { Identity } from '../security/identity';
import { throwOnProblems } from '../validation';
import { Destination, shareProblems, versionProblems } from './destination';
import { DestinationRule } from './destination-rule';
import type { Duration } from './duration';
import { Fault } from './fault';
import type { HttpRouteProps, Retries } from './http-route';
import type { Match } from './match';
import { Percent } from './percent';
import { VirtualService } from './virtual-service';

export interface MeshServiceProps {
  readonly service: IService;
  /** @default the mesh that the nearest scope above provides */
  readonly mesh?: IMesh;
  /** Service port that routes lead to. @default the only one */
  readonly port?: number;
  /** How every version is reached. @default Istio's own */
  readonly trafficPolicy?: DestinationRuleTrafficPolicy;
}

/** Requests of their own, and where they go. */
export interface ServiceRoute extends Omit<HttpRouteProps, 'match' | 'to'> {
  readonly match: Match;
  /** A version, shares of versions in percent, or another destination. @default as the split says */
  readonly to?: string | Readonly<Record<string, number>> | Destination;
}

/** Which requests a fault is for. */
export interface FaultOptions {
  /** @default every request */
  readonly match?: Match;
  /** Share of those requests. @default all */
  readonly percent?: Percent;
}

/** What a caller may do; each list is one of which the request must have one. */
export type CallOptions = Pick<Operation, 'methods' | 'paths' | 'hosts' | 'ports'>;

/**
 * A Service seen by the mesh: its versions, the routes between them, the faults on the way, and who may call it.
 * It owns the DestinationRule of its host, and once it is routed the VirtualService; once anybody is allowed to call it, the AuthorizationPolicy.
 */
export class MeshService extends Construct implements IService {
  readonly name: string;
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly serviceAccountName: string;
  readonly ports: readonly ServicePort[];
  readonly destinationRule: DestinationRule;
  private readonly known: ServiceVersion[];
  private readonly mesh?: IMesh;
  private readonly port?: number;
  private readonly routes: ServiceRoute[] = [];
  private shares?: Readonly<Record<string, number>>;
  private fault?: Fault;
  private retries?: Retries;
  private timeout?: Duration;
  private mirror?: { readonly to: Destination; readonly percent: Percent };
  private virtualService?: VirtualService;
  private callers?: AuthorizationPolicy;

  constructor(scope: Construct, id: string, props: MeshServiceProps) {
    super(scope, id);
    const { service } = props;
    this.name = service.name;
    this.namespace = service.namespace;
    this.labels = service.labels;
    this.serviceAccountName = service.serviceAccountName;
    this.ports = service.ports;
    this.known = [...service.versions];
    this.mesh = props.mesh ?? meshOf(this);
    this.port = props.port;
    this.destinationRule = new DestinationRule(this, 'DestinationRule', {
      host: service,
      name: service.name,
      mesh: this.mesh,
      trafficPolicy: props.trafficPolicy,
    });
  }

  /** The service's, and those that were added. */
  get versions(): readonly ServiceVersion[] {
    return this.known;
  }

  /**
   * Adds a version that was not there when the service was described: its subset, which routes may lead to.
   * @param labels what sets its pods apart, beyond the service's own labels. @default { version: name }
   */
  addVersion(name: string, labels: Readonly<Record<string, string>> = { version: name }): this {
    this.known.push({ name, labels });
    this.destinationRule.addSubset({ name, labels });
    return this;
  }

  /**
   * Shares of the versions for every request that no route takes.
   * @param shares percent by version, 100 together
   * @throws ProblemError where a version is unknown, the shares are not 100 together, or the service is split already
   */
  split(shares: Readonly<Record<string, number>>): this {
    throwOnProblems(`${this.node.path} cannot be split:`, [
      ...(this.shares ? [{ at: 'split', value: shares, rule: `${this.name} is split already`, mend: 'Split it once' }] : []),
      ...shareProblems(this, shares),
    ]);
    this.shares = shares;
    this.ensureRouted();
    return this;
  }

  /**
   * Sends some requests elsewhere. Routes are tried in the order they were added, before the split.
   * @throws ProblemError where a version is unknown or shares are not 100 together
   */
  route(route: ServiceRoute): this {
    const { to } = route;
    const problems = typeof to === 'string' ? versionProblems(this, to) : to && !(to instanceof Destination) ? shareProblems(this, to) : [];
    throwOnProblems(`${this.node.path} cannot be routed:`, problems);
    this.routes.push(route);
    this.ensureRouted();
    return this;
  }

  /** Makes callers wait. */
  delay(by: Duration, options: FaultOptions = {}): this {
    return this.addFault(Fault.delay(by, options.percent), options.match);
  }

  /**
   * Answers in the service's stead.
   * @param status HTTP status, 200 to 599
   */
  abort(status: number, options: FaultOptions = {}): this {
    return this.addFault(Fault.abort(status, options.percent), options.match);
  }

  /** Sends failed requests again, on every route that says nothing of it. */
  retry(retries: Retries): this {
    this.retries = retries;
    this.ensureRouted();
    return this;
  }

  /** Longest time for a whole request, retries included, on every route that says nothing of it. */
  timeoutAfter(timeout: Duration): this {
    this.timeout = timeout;
    this.ensureRouted();
    return this;
  }

  /**
   * Sends a copy of each request, whatever its route, to a version.
   * @throws ProblemError where the version is unknown
   */
  mirrorTo(version: string, percent: Percent = Percent.ALL): this {
    this.mirror = { to: this.version(version), percent };
    this.ensureRouted();
    return this;
  }

  /**
   * Allows a caller by the identity it runs as. From the first one on, nobody else may call.
   * @param options which calls. @default every one
   */
  allowFrom(caller: Identity, options: CallOptions = {}): this {
    this.callers ??= new AuthorizationPolicy(this, 'Callers', { name: `${this.name}-callers`, namespace: this.namespace, mesh: this.mesh, target: this });
    const limited = Object.values(options).some((value) => value !== undefined);
    this.callers.addRule({ from: [caller], to: limited ? [options] : undefined });
    return this;
  }

  /**
   * Allows the mesh's ingress gateway.
   * @throws ProblemError where the mesh has none
   */
  allowFromGateway(options: CallOptions = {}): this {
    const gateway = this.mesh?.ingressGateway;
    if (!gateway) {
      throwOnProblems(`${this.node.path} cannot allow the gateway:`, [
        { at: 'allowFromGateway', rule: 'the mesh has no ingress gateway', mend: 'Give the mesh one, or name the caller with allowFrom' },
      ]);
      return this;
    }
    return this.allowFrom(gateway, options);
  }

  private addFault(fault: Fault, match: Match | undefined): this {
    this.ensureRouted();
    if (!match) {
      this.fault = this.fault ? this.fault.and(fault) : fault;
      return this;
    }
    // A second route with the same match would never be reached.
    const key = JSON.stringify(match.toSpec());
    const index = this.routes.findIndex((route) => JSON.stringify(route.match.toSpec()) === key);
    const existing = this.routes[index];
    if (existing) {
      this.routes[index] = { ...existing, fault: existing.fault ? existing.fault.and(fault) : fault };
    } else {
      this.routes.push({ match, fault });
    }
    return this;
  }

  private version(name: string | undefined): Destination {
    return Destination.of(this, { version: name, port: this.port });
  }

  private ensureRouted(): void {
    // Fails here, not late, where the service has several ports and none was given.
    this.version(undefined);
    this.virtualService ??= new VirtualService(this, 'VirtualService', {
      name: this.name,
      namespace: this.namespace,
      mesh: this.mesh,
      hosts: [this],
      dependsOn: this.destinationRule.dependables,
      routes: () => [
        ...this.routes.map((route) => this.withDefaults(route)),
        { to: this.destinations(this.shares), fault: this.fault, mirror: this.mirror, retries: this.retries, timeout: this.timeout },
      ],
    });
  }

  private withDefaults(route: ServiceRoute): HttpRouteProps {
    const elsewhere = route.redirect ?? route.directResponse ?? route.delegate;
    return {
      ...route,
      to: elsewhere ? undefined : route.to instanceof Destination ? route.to : this.destinations(route.to ?? this.shares),
      mirror: elsewhere ? undefined : (route.mirror ?? this.mirror),
      retries: elsewhere ? undefined : (route.retries ?? this.retries),
      timeout: elsewhere ? undefined : (route.timeout ?? this.timeout),
    };
  }

  private destinations(to: string | Readonly<Record<string, number>> | undefined): Destination[] {
    if (to === undefined || typeof to === 'string') {
      return [this.version(to)];
    }
    const shares = Object.entries(to);
    return shares.map(([version, weight]) => (shares.length > 1 ? this.version(version).weighted(weight) : this.version(version)));
  }
}
