import { Construct } from 'constructs';
import { WORKLOAD_ENTRY, WorkloadEntrySpec } from '../istio/generated/workload-entry';
import { IstioObject, IstioObjectProps } from '../istio/istio-object';
import { throwOnProblems } from '../validation';

/** Settings of {@link WorkloadEntry}. */
export interface WorkloadEntryProps extends IstioObjectProps<WorkloadEntrySpec> {
  /** IP address or DNS name. @default none: it is reached through the gateway of its `network` */
  readonly address?: string;
  /** Labels that a ServiceEntry or Service selects it by. @default none */
  readonly labels?: Readonly<Record<string, string>>;
  /** Identity of the machine's proxy. @default 'default' */
  readonly serviceAccountName?: string;
  /** Ports by the names that the ServiceEntry gives them. @default the ServiceEntry's */
  readonly ports?: Readonly<Record<string, number>>;
  /** Network that it is on. @default the cluster's */
  readonly network?: string;
  /** Region, zone and sub-zone, as `westeurope/westeurope-1`. @default none */
  readonly locality?: string;
  /** Share beside the other endpoints. @default 1 */
  readonly weight?: number;
}

/**
 * One machine outside Kubernetes that serves as a pod would.
 * @see https://istio.io/latest/docs/reference/config/networking/workload-entry/
 */
export class WorkloadEntry extends IstioObject<WorkloadEntrySpec> {
  private readonly settings: WorkloadEntryProps;

  /** @throws ProblemError where there is neither an address nor a network */
  constructor(scope: Construct, id: string, props: WorkloadEntryProps) {
    // Labels are those of the endpoint, which istiod reads, and of the object, which people list by.
    super(scope, id, WORKLOAD_ENTRY, props);
    throwOnProblems(
      `${this.node.path} cannot be created:`,
      props.address !== undefined || props.network !== undefined || props.spec
        ? []
        : [{ at: this.at('address'), rule: 'a machine has an address or is on a network with a gateway', mend: 'Give `address` or `network`' }],
    );
    this.settings = props;
  }

  protected render(): WorkloadEntrySpec {
    const { address, labels, serviceAccountName, ports, network, locality, weight } = this.settings;
    return { address, labels, serviceAccount: serviceAccountName, ports, network, locality, weight };
  }
}
