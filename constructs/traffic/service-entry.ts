import { Token } from 'cdktf';
import { Construct } from 'constructs';
import { SERVICE_ENTRY, ServiceEntryEndpoints, ServiceEntrySpec } from '../istio/generated/service-entry';
import { IstioObject, IstioObjectProps } from '../istio/istio-object';
import { labelSelector, Selected } from '../istio/selector';
import { Problem, throwOnProblems } from '../validation';
import type { IServiceEntry } from './host';

/** A port that a host outside listens on. */
export interface ExternalPort {
  /** Port that clients ask for. */
  readonly number: number;
  /** Protocol as Istio reads it: `TLS` passes through, `HTTP` is routed. @default by the port: 80 HTTP, 443 TLS, else TCP */
  readonly protocol?: 'HTTP' | 'HTTPS' | 'HTTP2' | 'GRPC' | 'TLS' | 'TCP' | 'MONGO' | 'MYSQL' | 'REDIS';
  /** Name of the port. @default the protocol and the number, as `tls-443` */
  readonly name?: string;
  /** Port that the endpoints listen on. @default `number` */
  readonly targetPort?: number;
}

/** Settings of {@link ServiceEntry}. */
export interface ServiceEntryProps extends IstioObjectProps<ServiceEntrySpec> {
  /** Names by which clients ask for it. */
  readonly hosts: readonly string[];
  /** Numbers, or more than that. @default 443 */
  readonly ports?: readonly (number | ExternalPort)[];
  /** Whether it is part of the mesh, as machines with a proxy are. @default 'MESH_EXTERNAL' */
  readonly location?: NonNullable<ServiceEntrySpec['location']>;
  /** How addresses are found. @default STATIC with endpoints that are addresses or with `workload`, NONE for wildcards, else DNS */
  readonly resolution?: NonNullable<ServiceEntrySpec['resolution']>;
  /** Addresses that serve it. @default none: the host itself */
  readonly endpoints?: readonly ServiceEntryEndpoints[];
  /** Pods and WorkloadEntries of the namespace that serve it. @default none */
  readonly workload?: Selected;
  /** Virtual addresses, or blocks of them. @default none: Istio allocates one */
  readonly addresses?: readonly string[];
  /** Namespaces that see it; `.` is its own. @default every one */
  readonly exportTo?: readonly string[];
}

const PROTOCOLS: Readonly<Record<number, NonNullable<ExternalPort['protocol']>>> = { 80: 'HTTP', 443: 'TLS' };
const ADDRESS = /^(\d+\.){3}\d+$|^[0-9a-f:]+:[0-9a-f:]*$|^unix:/i;

/**
 * Makes something that Kubernetes does not know part of what the mesh knows: an API on the internet, a database, a machine.
 * @see https://istio.io/latest/docs/reference/config/networking/service-entry/
 */
export class ServiceEntry extends IstioObject<ServiceEntrySpec> implements IServiceEntry {
  /** Names by which clients ask for it. */
  readonly hosts: readonly string[];
  /** Its ports, with what was left out. */
  readonly ports: readonly Required<Pick<ExternalPort, 'name' | 'number' | 'protocol'>>[];
  private readonly settings: ServiceEntryProps;
  private readonly endpoints: ServiceEntryEndpoints[];

  /** @throws ProblemError where there is no host, a host is `*`, or two ports share a number or name */
  constructor(scope: Construct, id: string, props: ServiceEntryProps) {
    super(scope, id, SERVICE_ENTRY, props);
    this.hosts = props.hosts;
    this.ports = (props.ports ?? [443]).map(fullPort);
    throwOnProblems(`${this.node.path} cannot be created:`, [...this.hostProblems(), ...this.portProblems()]);
    this.settings = props;
    this.endpoints = [...(props.endpoints ?? [])];
  }

  /** Adds a place that serves it. */
  addEndpoint(endpoint: ServiceEntryEndpoints): this {
    this.endpoints.push(endpoint);
    return this;
  }

  protected render(): ServiceEntrySpec {
    const { location, workload, addresses, exportTo } = this.settings;
    return {
      hosts: this.hosts,
      addresses,
      ports: this.ports,
      location: location ?? 'MESH_EXTERNAL',
      resolution: this.settings.resolution ?? this.resolution(),
      endpoints: this.endpoints.length > 0 ? this.endpoints : undefined,
      workloadSelector: labelSelector(workload),
      exportTo,
    };
  }

  private resolution(): ServiceEntrySpec['resolution'] {
    const none = this.endpoints.length === 0;
    const numeric = !none && this.endpoints.every(({ address }) => address !== undefined && ADDRESS.test(address));
    if (this.settings.workload || numeric) {
      return 'STATIC';
    }
    return none && this.hosts.some((host) => host.includes('*')) ? 'NONE' : 'DNS';
  }

  private hostProblems(): Problem[] {
    const mend = 'Name the hosts; a wildcard needs a domain, as *.example.com';
    return [
      ...(this.hosts.length > 0 ? [] : [{ at: this.at('hosts'), value: this.hosts, rule: 'a ServiceEntry names at least one host', mend }]),
      ...this.hosts.flatMap((host, index) =>
        host === '*' ? [{ at: this.at(`hosts[${index}]`), value: host, rule: 'a ServiceEntry is not for every host there is', mend }] : [],
      ),
    ];
  }

  private portProblems(): Problem[] {
    return (['number', 'name'] as const).flatMap((field) => {
      const values = this.ports.map((port) => port[field]);
      return values.flatMap((value, index) =>
        Token.isUnresolved(value) || values.indexOf(value) === index
          ? []
          : [{ at: this.at(`ports[${index}].${field}`), value, rule: `the ports of a ServiceEntry have different ${field}s`, mend: 'Leave one out' }],
      );
    });
  }
}

function fullPort(port: number | ExternalPort): Required<Pick<ExternalPort, 'name' | 'number' | 'protocol'>> {
  const given = typeof port === 'number' ? { number: port } : port;
  const protocol = given.protocol ?? PROTOCOLS[given.number] ?? 'TCP';
  return { ...given, protocol, name: given.name ?? `${protocol.toLowerCase()}-${given.number}` };
}
