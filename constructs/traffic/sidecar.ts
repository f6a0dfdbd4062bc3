import { Construct } from 'constructs';
import { SIDECAR, SidecarEgress, SidecarIngress, SidecarSpec } from '../istio/generated/sidecar';
import { IstioObject, IstioObjectProps } from '../istio/istio-object';
import { labelSelector, Selected } from '../istio/selector';
import { IService, serviceHost } from '../kubernetes/service';
import type { Problem } from '../validation';

/** Settings of {@link Sidecar}. */
export interface SidecarProps extends IstioObjectProps<SidecarSpec> {
  /** Pods that it is for. @default all of the namespace; in the mesh's root namespace, all of the mesh */
  readonly workload?: Selected;
  /**
   * What the pods' proxies know: Services, or hosts with their namespace in front, as `./*`, `istio-ingress/*` or `*` + `/api.example.com`.
   * @default everything
   */
  readonly reaches?: readonly (IService | string)[];
  /** What happens to requests for hosts that the proxies do not know. @default the mesh's */
  readonly unknownHosts?: 'REGISTRY_ONLY' | 'ALLOW_ANY';
}

/**
 * Narrows what proxies know and take: smaller configuration, and no way out but the ones named.
 * @see https://istio.io/latest/docs/reference/config/networking/sidecar/
 */
export class Sidecar extends IstioObject<SidecarSpec> {
  private readonly settings: SidecarProps;
  private readonly hosts: string[];
  private readonly egress: SidecarEgress[] = [];
  private readonly ingress: SidecarIngress[] = [];

  constructor(scope: Construct, id: string, props: SidecarProps) {
    super(scope, id, SIDECAR, props);
    this.settings = props;
    this.hosts = (props.reaches ?? []).map((target) => this.hostOf(target));
  }

  /** Makes one more Service or host known to the proxies. */
  addReach(target: IService | string): this {
    this.hosts.push(this.hostOf(target));
    return this;
  }

  /** A listener of its own for outbound requests, before the one that knows all hosts. */
  addEgressListener(listener: SidecarEgress): this {
    this.egress.push(listener);
    return this;
  }

  /** A listener for inbound requests; with the first one, those that Istio derives from Services are gone. */
  addIngressListener(listener: SidecarIngress): this {
    this.ingress.push(listener);
    return this;
  }

  protected render(): SidecarSpec {
    const { workload, unknownHosts } = this.settings;
    const egress = this.hosts.length > 0 ? [...this.egress, { hosts: this.hosts }] : this.egress;
    return {
      workloadSelector: labelSelector(workload),
      egress: egress.length > 0 ? egress : undefined,
      ingress: this.ingress.length > 0 ? this.ingress : undefined,
      outboundTrafficPolicy: unknownHosts && { mode: unknownHosts },
    };
  }

  protected override problems(): Problem[] {
    const says = Object.entries(this.spec).some(([member, value]) => member !== 'workloadSelector' && value !== undefined);
    return says ? [] : [{ at: this.node.path, rule: 'a Sidecar narrows something', mend: 'Give `reaches` or `unknownHosts`, or add a listener' }];
  }

  private hostOf(target: IService | string): string {
    return typeof target === 'string' ? target : `${target.namespace}/${serviceHost(target, this.mesh.clusterDomain)}`;
  }
}
