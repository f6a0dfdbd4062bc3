import { Construct } from 'constructs';
import { WORKLOAD_GROUP, WorkloadGroupProbe, WorkloadGroupSpec } from '../istio/generated/workload-group';
import { IstioObject, IstioObjectProps } from '../istio/istio-object';

/** Settings of {@link WorkloadGroup}. */
export interface WorkloadGroupProps extends IstioObjectProps<WorkloadGroupSpec> {
  /** Labels that every machine of the group gets. @default { app: name } */
  readonly workloadLabels?: Readonly<Record<string, string>>;
  /** Identity that the machines' proxies run as. @default 'default' */
  readonly serviceAccountName?: string;
  /** Ports by name. @default none */
  readonly ports?: Readonly<Record<string, number>>;
  /** Network that they are on. @default the cluster's */
  readonly network?: string;
  /** How their proxies tell whether they are healthy. @default they always are */
  readonly probe?: WorkloadGroupProbe;
}

/**
 * Machines outside Kubernetes that register themselves, as a Deployment's pods do.
 * @see https://istio.io/latest/docs/reference/config/networking/workload-group/
 */
export class WorkloadGroup extends IstioObject<WorkloadGroupSpec> {
  /** Labels of its machines, as policies and ServiceEntries select them. */
  readonly labels: Readonly<Record<string, string>>;
  private readonly settings: WorkloadGroupProps;

  constructor(scope: Construct, id: string, props: WorkloadGroupProps) {
    super(scope, id, WORKLOAD_GROUP, props);
    this.settings = props;
    this.labels = props.workloadLabels ?? { app: this.name };
  }

  protected render(): WorkloadGroupSpec {
    const { serviceAccountName, ports, network, probe } = this.settings;
    return {
      metadata: { labels: this.labels },
      template: { serviceAccount: serviceAccountName ?? 'default', ports, network },
      probe,
    };
  }
}
