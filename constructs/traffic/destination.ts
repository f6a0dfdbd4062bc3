import { Token } from 'cdktf';
import type { Destination as DestinationSpec, Headers } from '../istio/generated/common';
import type { VirtualServiceHttpRoute } from '../istio/generated/virtual-service';
import type { IMesh } from '../mesh/mesh';
import { IService, serviceHost } from '../kubernetes/service';
import { Problem, throwOnProblems } from '../validation';
import { checkWeight } from '../validation/istio/rules/destination';
import { refusals } from '../istio/refuse';
import { IServiceEntry, oneName } from './host';

/** Which part of a host requests go to. */
export interface DestinationOptions {
  /** Subset name. @default every version */
  readonly version?: string;
  /** Service port. @default the only one */
  readonly port?: number;
  /** Share beside the other destinations of the route. @default the whole */
  readonly weight?: number;
  /** Headers to set, add and remove on the way. @default none */
  readonly headers?: Headers;
}

/** Where a route sends requests. */
export class Destination {
  /**
   * A Service, or a version of it.
   * @param options the version's name, or more than that
   * @throws ProblemError where the service has no such version or port, several ports and none is given, or the weight is negative
   */
  static of(service: IService, options: string | DestinationOptions = {}): Destination {
    const given = typeof options === 'string' ? { version: options } : options;
    throwOnProblems(`Not a destination of ${service.name}:`, [
      ...versionProblems(service, given.version),
      ...portProblems(service.name, service.ports.map(({ port }) => port), given.port),
      ...weightProblems(given.weight),
    ]);
    return new Destination((mesh) => serviceHost(service, mesh.clusterDomain), given);
  }

  /**
   * A host that is no Service of ours: one that a ServiceEntry or another team declares.
   * @throws ProblemError where the weight is negative, or the ServiceEntry has several hosts or no such port
   */
  static host(host: IServiceEntry | string, options: DestinationOptions = {}): Destination {
    const name = oneName(host, '', 'Destination.host');
    const ports = typeof host === 'string' || options.port === undefined ? [] : portProblems(name, host.ports.map(({ number }) => number), options.port);
    throwOnProblems(`Not a destination: ${name}`, [...ports, ...weightProblems(options.weight)]);
    return new Destination(() => name, options);
  }

  private constructor(
    private readonly hostIn: (mesh: IMesh) => string,
    private readonly options: DestinationOptions,
  ) {}

  /** The same destination with a share. */
  weighted(weight: number): Destination {
    throwOnProblems('Not a weight:', weightProblems(weight));
    return new Destination(this.hostIn, { ...this.options, weight });
  }

  /** In Istio's own words. */
  toSpec(mesh: IMesh): DestinationSpec {
    const { version, port } = this.options;
    return { host: this.hostIn(mesh), subset: version, port: port === undefined ? undefined : { number: port } };
  }

  /** With its share and headers, as a route lists it. */
  toRouteSpec(mesh: IMesh): VirtualServiceHttpRoute {
    return { destination: this.toSpec(mesh), weight: this.options.weight, headers: this.options.headers };
  }
}

/** Says where a service has no such version. */
export function versionProblems(service: IService, version: string | undefined): Problem[] {
  const names = service.versions.map(({ name }) => name);
  if (version === undefined || Token.isUnresolved(version) || names.includes(version)) {
    return [];
  }
  return [
    {
      at: `${service.name}.version`,
      value: version,
      rule: names.length > 0 ? `${service.name} has the versions ${names.join(', ')}` : `${service.name} declares no versions`,
      mend: 'Route to one of them, or declare the version on the service',
    },
  ];
}

/** Says where shares of a service's versions are not whole percents that make 100. */
export function shareProblems(service: IService, shares: Readonly<Record<string, number>>): Problem[] {
  const values = Object.values(shares);
  const sum = values.reduce((total, share) => total + share, 0);
  const unknown = values.some((share) => Token.isUnresolved(share));
  return [
    ...Object.keys(shares).flatMap((version) => versionProblems(service, version)),
    ...(unknown || (sum === 100 && values.every((share) => Number.isInteger(share) && share >= 0))
      ? []
      : [{ at: `${service.name}.split`, value: shares, rule: `shares are whole percents, 100 together; these make ${sum}`, mend: 'Mend the shares' }]),
  ];
}

function portProblems(name: string, numbers: readonly number[], port: number | undefined): Problem[] {
  const fits = port === undefined ? numbers.length <= 1 : numbers.includes(port);
  if (fits || [port, ...numbers].some((number) => Token.isUnresolved(number))) {
    return [];
  }
  return [
    {
      at: `${name}.port`,
      value: port,
      rule: `${name} has ${port === undefined ? `several ports, ${numbers.join(', ')}, and a route goes to one` : `the ports ${numbers.join(', ')}`}`,
      mend: 'Give `port` one of them',
    },
  ];
}

function weightProblems(weight: number | undefined): Problem[] {
  return refusals('weight', (report) => checkWeight(report, '', weight));
}
