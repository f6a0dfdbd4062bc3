import { Construct } from 'constructs';
import { VIRTUAL_SERVICE, VirtualServiceHttp, VirtualServiceSpec, VirtualServiceTcp, VirtualServiceTls } from '../istio/generated/virtual-service';
import { IstioObject, IstioObjectProps } from '../istio/istio-object';
import { isUnknown } from '../istio/unknown';
import { serviceHost } from '../kubernetes/service';
import type { Problem } from '../validation';
import { DestinationRule } from './destination-rule';
import type { Gateway } from './gateway';
import { Host, isService, qualifiedHost } from './host';
import { HttpRouteProps, renderHttpRoute } from './http-route';
import { isSpec, renderTcpRoute, renderTlsRoute, TcpRouteProps, TlsRouteProps } from './l4-route';

/** Settings of {@link VirtualService}. */
export interface VirtualServiceProps extends IstioObjectProps<VirtualServiceSpec> {
  /**
   * What clients ask for: Services, ServiceEntries, names of hosts, or a Gateway for the hosts that it answers for. None makes it a delegate of
   * another VirtualService.
   */
  readonly hosts: readonly (Host | Gateway)[];
  /** Gateways, by construct or name, through which requests come; `mesh` stands for the sidecars. @default the sidecars alone */
  readonly gateways?: readonly (Gateway | string)[];
  /** Routes for HTTP, before those that addRoute brings, or what gives them when everything has been added. @default none */
  readonly routes?: readonly HttpRouteProps[] | (() => readonly HttpRouteProps[]);
  /** Namespaces whose callers see it; `.` is its own, `*` every one. @default every one, unless MeshConfig says otherwise */
  readonly exportTo?: readonly string[];
}

/**
 * Routes the requests for some hosts. Routes are tried in the order they were added.
 * @see https://istio.io/latest/docs/reference/config/networking/virtual-service/
 */
export class VirtualService extends IstioObject<VirtualServiceSpec> {
  private readonly settings: VirtualServiceProps;
  private readonly gateways?: readonly string[];
  private readonly initial: () => readonly HttpRouteProps[];
  private readonly added: HttpRouteProps[] = [];
  private readonly tcp: VirtualServiceTcp[] = [];
  private readonly tls: VirtualServiceTls[] = [];

  constructor(scope: Construct, id: string, props: VirtualServiceProps) {
    super(scope, id, VIRTUAL_SERVICE, props);
    this.settings = props;
    this.gateways = props.gateways?.map((gateway) => (typeof gateway === 'string' ? gateway : gateway.nameFrom(this.namespace)));
    const routes = props.routes ?? [];
    this.initial = typeof routes === 'function' ? routes : () => routes;
  }

  /** Adds a route for HTTP, HTTP/2 or gRPC. */
  addRoute(route: HttpRouteProps): this {
    this.added.push(route);
    return this;
  }

  /** Routes connections of a protocol that Istio does not read. */
  addTcpRoute(route: VirtualServiceTcp | TcpRouteProps): this {
    this.tcp.push(isSpec(route) ? route : renderTcpRoute(route, this.mesh));
    return this;
  }

  /** Routes TLS that passes through, by the name that the client asks for. */
  addTlsRoute(route: VirtualServiceTls | TlsRouteProps): this {
    this.tls.push(isSpec(route) ? route : renderTlsRoute(route, this.mesh));
    return this;
  }

  protected render(): VirtualServiceSpec {
    const http = [...this.initial(), ...this.added].map((route): VirtualServiceHttp => renderHttpRoute(route, this.mesh));
    const hosts = new Set(this.settings.hosts.flatMap((host) => this.namesOf(host)));
    return {
      hosts: hosts.size > 0 ? [...hosts] : undefined,
      gateways: this.gateways,
      exportTo: this.settings.exportTo,
      http: http.length > 0 ? http : undefined,
      tcp: this.tcp.length > 0 ? this.tcp : undefined,
      tls: this.tls.length > 0 ? this.tls : undefined,
    };
  }

  /** A subset that no DestinationRule of this program defines: the proxies answer 503 to every request that is sent there. */
  protected override problems(): Problem[] {
    const { http = [], tcp = [], tls = [] } = this.spec;
    const places = [
      ...http.flatMap((route, index) => [
        ...(route.route ?? []).map(({ destination }, nth) => ({ destination, at: `http[${index}].route[${nth}]` })),
        ...(route.mirrors ?? []).map(({ destination }, nth) => ({ destination, at: `http[${index}].mirrors[${nth}]` })),
        ...(route.mirror ? [{ destination: route.mirror, at: `http[${index}].mirror` }] : []),
      ]),
      ...[tcp, tls].flatMap((routes, kind) =>
        routes.flatMap((route, index) =>
          (route.route ?? []).map(({ destination }, nth) => ({ destination, at: `${['tcp', 'tls'][kind]}[${index}].route[${nth}]` })),
        ),
      ),
    ];
    return places.flatMap(({ destination, at }) => {
      if (destination.subset === undefined || isUnknown(destination.subset) || isUnknown(destination.host)) {
        return [];
      }
      const host = qualifiedHost(destination.host, this.namespace, this.mesh.clusterDomain);
      const names = DestinationRule.subsetsOf(this, host);
      return names.includes(destination.subset)
        ? []
        : [
            {
              at: this.at(`${at}.subset`),
              value: destination.subset,
              rule: names.length > 0 ? `the DestinationRule of ${host} has the subsets ${names.join(', ')}` : `no DestinationRule defines subsets of ${host}`,
              mend: 'Add the subset to a DestinationRule of that host, or route to one that is there',
              see: 'IST0101',
            },
          ];
    });
  }

  private namesOf(host: Host | Gateway): readonly string[] {
    if (typeof host === 'string') {
      return [host];
    }
    if (isService(host)) {
      return [serviceHost(host, this.mesh.clusterDomain)];
    }
    // A Gateway may say whose routes it takes: `namespace/host`. What a wildcard covers istiod takes for the same host twice.
    const names = host.hosts.map((name) => name.slice(name.indexOf('/') + 1));
    return names.filter((name) => !names.some((other) => other !== name && other.startsWith('*') && name.endsWith(other.slice(1))));
  }
}
