import { Construct } from 'constructs';
import type { DestinationRuleTrafficPolicy } from '../istio/generated/destination-rule';
import type { IService, ServicePort, ServiceVersion } from '../kubernetes/service';
import { IMesh, meshOf } from '../mesh/mesh';
import { AuthorizationPolicy, Operation } from '../security/authorization-policy';
import type { Identity } from '../security/identity';
import { Problem, throwOnProblems } from '../validation';
import { Destination, shareProblems, versionProblems } from './destination';
import { DestinationRule } from './destination-rule';
import type { Duration } from './duration';
import { Fault } from './fault';
import type { Gateway } from './gateway';
import type { Retries } from './http-route';
import type { Match } from './match';
import { Percent } from './percent';
import { Defaults, isForGateways, isForMesh, ServiceRoute, ServiceRoutes } from './service-routes';
import { VirtualService, VirtualServiceProps } from './virtual-service';

export type { ServiceRoute } from './service-routes';

/** Settings of {@link MeshService}. */
export interface MeshServiceProps {
  /** The Service with its versions: one of Bookinfo's, or described by existingService. */
  readonly service: IService;
  /** The mesh that its objects are written for. @default the mesh that the nearest scope above provides */
  readonly mesh?: IMesh;
  /** Service port that routes lead to. @default the only one */
  readonly port?: number;
  /** How every version is reached. @default Istio's own */
  readonly trafficPolicy?: DestinationRuleTrafficPolicy;
  /** Gateways, by construct or name, whose requests take the same split, routes and faults as those of the sidecars. @default none */
  readonly gateways?: readonly (Gateway | string)[];
  /** Host names by which clients ask those gateways for it. @default the hosts of the gateways, where these are constructs */
  readonly hosts?: readonly string[];
}

/** Which requests a fault is for. */
export interface FaultOptions {
  /** Requests that have it; those with a match of their own keep to the route that was added first. @default every request, whatever its route */
  readonly match?: Match;
  /** Share of those requests. @default all */
  readonly percent?: Percent;
}

/** What a caller may do; each list is one of which the request must have one. */
export type CallOptions = Pick<Operation, 'methods' | 'paths' | 'hosts' | 'ports'>;

/**
 * A Service seen by the mesh: its versions, the routes between them, the faults on the way, and who may call it.
 * It owns the DestinationRule of its host, and once it is routed the VirtualService, with `gateways` a second one for them; once anybody is allowed
 * to call it, the AuthorizationPolicy.
 * @see https://istio.io/latest/docs/concepts/traffic-management/
 */
export class MeshService extends Construct implements IService {
  /** Name of the Service, and of the objects for it. */
  readonly name: string;
  /** Namespace of the Service, and of the objects for it. */
  readonly namespace: string;
  /** Labels that select its pods. */
  readonly labels: Readonly<Record<string, string>>;
  /** ServiceAccount that its pods run as. */
  readonly serviceAccountName: string;
  /** Ports of the Service. */
  readonly ports: readonly ServicePort[];
  /** The one rule of its host, to which patterns add. */
  readonly destinationRule: DestinationRule;
  private readonly known: ServiceVersion[];
  private readonly mesh?: IMesh;
  private readonly gateways?: readonly (Gateway | string)[];
  private readonly routes: ServiceRoutes;
  private virtualService?: VirtualService;
  private callers?: AuthorizationPolicy;

  /** @throws ProblemError where gateways lack their hosts, or hosts their gateways */
  constructor(scope: Construct, id: string, props: MeshServiceProps) {
    super(scope, id);
    const { service, gateways, hosts } = props;
    throwOnProblems(`${this.node.path} cannot be created:`, this.gatewayProblems(props));
    this.name = service.name;
    this.namespace = service.namespace;
    this.labels = service.labels;
    this.serviceAccountName = service.serviceAccountName;
    this.ports = service.ports;
    this.known = [...service.versions];
    this.mesh = props.mesh ?? meshOf(this);
    this.routes = new ServiceRoutes(this, props.port);
    this.destinationRule = new DestinationRule(this, 'DestinationRule', {
      host: service,
      name: service.name,
      mesh: this.mesh,
      trafficPolicy: props.trafficPolicy,
    });
    this.gateways = gateways;
    if (gateways) {
      this.virtualServiceFor('Ingress', { name: `${this.name}-ingress`, gateways, hosts: hosts ?? (gateways as readonly Gateway[]), routes: () => this.routes.render(isForGateways) });
    }
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
    throwOnProblems(`${this.node.path} cannot be split:`, [...this.routes.onceProblems('split', shares), ...shareProblems(this, shares)]);
    return this.set({ split: shares });
  }

  /**
   * Sends some requests elsewhere. Routes are tried in the order they were added, before the split.
   * @throws ProblemError where a version is unknown, shares are not 100 together, it says two things to do, or an earlier route takes its requests
   */
  route(route: ServiceRoute): this {
    const { to } = route;
    throwOnProblems(`${this.node.path} cannot be routed:`, [
      ...(typeof to === 'string' ? versionProblems(this, to) : to && !(to instanceof Destination) ? shareProblems(this, to) : []),
      ...this.routes.problems(route),
    ]);
    this.routes.add(route);
    this.ensureRouted();
    return this;
  }

  /**
   * Makes callers wait.
   * @throws ProblemError where these requests wait already
   */
  delay(by: Duration, options: FaultOptions = {}): this {
    return this.addFault(Fault.delay(by, options.percent), options.match);
  }

  /**
   * Answers in the service's stead.
   * @param status HTTP status, 200 to 599
   * @throws ProblemError where the status is none, or these requests are answered so already
   */
  abort(status: number, options: FaultOptions = {}): this {
    return this.addFault(Fault.abort(status, options.percent), options.match);
  }

  /**
   * Sends failed requests again, on every route that says nothing of it.
   * @throws ProblemError where it has retries already
   */
  retry(retries: Retries): this {
    throwOnProblems(`${this.node.path} cannot be retried:`, this.routes.onceProblems('retry', retries));
    return this.set({ retry: retries });
  }

  /**
   * Longest time for a whole request, retries included, on every route that says nothing of it.
   * @throws ProblemError where it has a timeout already
   */
  timeoutAfter(timeout: Duration): this {
    throwOnProblems(`${this.node.path} cannot have the timeout:`, this.routes.onceProblems('timeoutAfter', timeout));
    return this.set({ timeoutAfter: timeout });
  }

  /**
   * Sends a copy of each request, whatever its route, to a version.
   * @param percent share of the requests. @default all
   * @throws ProblemError where the version is unknown, or it is mirrored already
   */
  mirrorTo(version: string, percent: Percent = Percent.ALL): this {
    const mirror = { version, percent };
    throwOnProblems(`${this.node.path} cannot be mirrored:`, [...this.routes.onceProblems('mirrorTo', mirror), ...versionProblems(this, version)]);
    return this.set({ mirrorTo: mirror });
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
    this.routes.addFault(fault, match);
    this.ensureRouted();
    return this;
  }

  private set(defaults: Defaults): this {
    this.routes.set(defaults);
    this.ensureRouted();
    return this;
  }

  private ensureRouted(): void {
    this.virtualService ??= this.virtualServiceFor('VirtualService', {
      name: this.name,
      hosts: [this],
      // Where gateways are served too, routes for them alone are none of the sidecars'.
      routes: () => this.routes.render(this.gateways ? isForMesh : () => true),
    });
  }

  private virtualServiceFor(id: string, props: Pick<VirtualServiceProps, 'name' | 'hosts' | 'gateways' | 'routes'>): VirtualService {
    // Fails here, not late, where the service has several ports and none was given.
    this.routes.version(undefined);
    return new VirtualService(this, id, { ...props, namespace: this.namespace, mesh: this.mesh, dependsOn: this.destinationRule.dependables });
  }

  private gatewayProblems({ gateways, hosts }: MeshServiceProps): Problem[] {
    const at = (field: string): string => `${this.node.path}: ${field}`;
    const named = (gateways ?? []).filter((gateway) => typeof gateway === 'string');
    return [
      ...(hosts && !gateways ? [{ at: at('hosts'), value: hosts, rule: 'hosts are those of gateways; sidecars know the Service by its own', mend: 'Give `gateways`' }] : []),
      ...(named.includes('mesh') ? [{ at: at('gateways'), value: 'mesh', rule: 'the sidecars are served without being named', mend: 'Leave `mesh` out' }] : []),
      ...(named.length > 0 && !hosts ? [{ at: at('hosts'), rule: 'the hosts of a gateway that is only named are not known', mend: 'Give `hosts`' }] : []),
    ];
  }
}
