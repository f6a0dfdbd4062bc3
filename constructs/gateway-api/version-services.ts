import { ServiceV1 } from '@cdktf/provider-kubernetes/lib/service-v1';
import type { ITerraformDependable } from 'cdktf';
import { Construct } from 'constructs';
import type { IService, ServiceVersion } from '../kubernetes/service';
import { throwOnProblems } from '../validation';

/** The versions of a service, each a Service of its own: routes of the Gateway API know no subsets. */
export interface IVersionServices {
  /** The service whose versions they are. */
  readonly service: IService;
  /** What must exist before a route leads there. */
  readonly dependables: readonly ITerraformDependable[];
  /**
   * The Service of one version.
   * @throws ProblemError where there is no such version
   */
  of(version: string): IService;
}

/** Settings of {@link VersionServices}. */
export interface VersionServicesProps {
  /** The service with its versions. */
  readonly service: IService;
}

/**
 * Makes a Service for each version of a service, named `<service>-<version>`.
 * @see https://istio.io/latest/docs/setup/additional-setup/getting-started/#bookinfo
 */
export class VersionServices extends Construct implements IVersionServices {
  /** Services that somebody else makes, under the same names. */
  static existing(service: IService): IVersionServices {
    return { service, dependables: [], of: (version) => serviceOfVersion(service, version) };
  }

  readonly service: IService;
  readonly dependables: readonly ITerraformDependable[];

  constructor(scope: Construct, id: string, props: VersionServicesProps) {
    super(scope, id);
    this.service = props.service;
    this.dependables = props.service.versions.map((version) => this.make(version));
  }

  /** @throws ProblemError where there is no such version */
  of(version: string): IService {
    return serviceOfVersion(this.service, version);
  }

  private make(version: ServiceVersion): ServiceV1 {
    const { name, namespace, labels, ports } = this.of(version.name);
    return new ServiceV1(this, version.name.toUpperCase(), {
      metadata: { name, namespace, labels: { ...labels } },
      spec: {
        selector: { ...labels },
        port: ports.map((port) => ({ ...port, targetPort: port.targetPort === undefined ? undefined : String(port.targetPort) })),
      },
    });
  }
}

function serviceOfVersion(service: IService, name: string): IService {
  const version = service.versions.find((candidate) => candidate.name === name);
  const names = service.versions.map((candidate) => candidate.name);
  throwOnProblems(
    `Not a version of ${service.name}:`,
    version
      ? []
      : [
          {
            at: `${service.name}.version`,
            value: name,
            rule: names.length > 0 ? `${service.name} has the versions ${names.join(', ')}` : `${service.name} declares no versions`,
            mend: 'Name one of them, or declare the version on the service',
          },
        ],
  );
  const { namespace, labels, serviceAccountName, ports } = service;
  return { name: `${service.name}-${name}`, namespace, labels: { ...labels, ...version?.labels }, serviceAccountName, ports, versions: [] };
}
