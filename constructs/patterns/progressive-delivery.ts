import { Construct } from 'constructs';
import { KubernetesObject } from '../kubernetes/object';
import { IService, serviceHost } from '../kubernetes/service';
import { IMesh, meshOf } from '../mesh/mesh';
import { DestinationRule } from '../traffic/destination-rule';
import type { Duration } from '../traffic/duration';
import type { Gateway } from '../traffic/gateway';
import { qualifiedHost } from '../traffic/host';
import { VirtualService } from '../traffic/virtual-service';
import { formatProblem, Problem, throwOnProblems } from '../validation';

/** A call that Flagger makes while it watches. */
export interface DeliveryWebhook {
  readonly name: string;
  /** When: before the first share, with each share, to go on, after the end, to go back. @default 'rollout' */
  readonly type?: 'pre-rollout' | 'rollout' | 'confirm-rollout' | 'confirm-promotion' | 'post-rollout' | 'rollback' | 'event';
  readonly url: string;
  /** @default none */
  readonly metadata?: Readonly<Record<string, string>>;
}

export interface ProgressiveDeliveryProps {
  /** The Service; Flagger makes it, and with `-primary` and `-canary`. */
  readonly service: IService;
  /** Deployment whose changes are rolled out. @default the service's name */
  readonly deployment?: string;
  /** Percent by which the new version's share grows. @default 10 */
  readonly step?: number;
  /** Percent after which it takes over. @default 50 */
  readonly max?: number;
  /** Time between steps. */
  readonly interval: Duration;
  /** Failed looks after which it goes back. @default 5 */
  readonly failures?: number;
  /** Percent of the requests that must succeed; false where Flagger has no Prometheus with Istio's metrics. @default 99 */
  readonly successRate?: number | false;
  /** Time in which 99 of a hundred requests must be answered; false where Flagger has no Prometheus with Istio's metrics. @default 500 ms */
  readonly latency?: Duration | false;
  /** Gateways through which requests come beside the sidecars. @default none */
  readonly gateways?: readonly Gateway[];
  /** Host names beside the service's own. @default none */
  readonly hosts?: readonly string[];
  /** @default none: somebody else's requests are watched */
  readonly webhooks?: readonly DeliveryWebhook[];
  /** @default the mesh that the nearest scope above provides */
  readonly mesh?: IMesh;
}

/** Flagger takes a shorter interval for this one; milliseconds. */
const SHORTEST = 10_000;

/**
 * Lets Flagger roll out new versions by shares, watching their metrics. Flagger owns the Service, its VirtualService and DestinationRules, and the
 * replicas of the Deployment: none of them may be written elsewhere. It must be installed, with `meshProvider=istio` and a Prometheus to ask.
 *
 * Proof: change the Deployment's image; `kubectl get canary -w` shows the weight grow, and Succeeded, or Failed and all traffic on the old version.
 * @see https://docs.flagger.app/tutorials/istio-progressive-delivery
 */
export class ProgressiveDelivery extends Construct {
  private readonly settings: ProgressiveDeliveryProps;
  private readonly mesh?: IMesh;

  /** @throws ProblemError where shares or rates are none */
  constructor(scope: Construct, id: string, props: ProgressiveDeliveryProps) {
    super(scope, id);
    this.settings = props;
    this.mesh = props.mesh ?? meshOf(this);
    throwOnProblems(`${this.node.path} cannot be created:`, this.shareProblems());
    const { name, namespace } = props.service;
    new KubernetesObject(this, 'Canary', {
      apiVersion: 'flagger.app/v1beta1',
      kind: 'Canary',
      metadata: { name, namespace },
      fields: () => ({ spec: this.render() }),
    });
    this.node.addValidation({ validate: () => this.ownershipProblems().map(formatProblem) });
  }

  private render(): Record<string, unknown> {
    const { service, step = 10, max = 50, interval, failures = 5, successRate = 99, latency, gateways, hosts, webhooks } = this.settings;
    const port = service.ports[0];
    return {
      provider: 'istio',
      targetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: this.settings.deployment ?? service.name },
      service: {
        name: service.name,
        port: port?.port,
        portName: port?.name,
        targetPort: port?.targetPort ?? port?.port,
        gateways: gateways && [...gateways.map((gateway) => gateway.nameFrom(service.namespace)), 'mesh'],
        hosts,
      },
      analysis: {
        interval: interval.toString(),
        threshold: failures,
        maxWeight: max,
        stepWeight: step,
        metrics: [
          ...(successRate === false ? [] : [{ name: 'request-success-rate', thresholdRange: { min: successRate }, interval: interval.toString() }]),
          ...(latency === false ? [] : [{ name: 'request-duration', thresholdRange: { max: latency?.toMillis() ?? 500 }, interval: interval.toString() }]),
        ],
        webhooks: webhooks?.map((webhook) => ({ type: 'rollout', ...webhook })),
      },
    };
  }

  private shareProblems(): Problem[] {
    const { service, step = 10, max = 50, successRate = 99, latency, interval, webhooks = [] } = this.settings;
    const at = (field: string): string => `${this.node.path}: ${field}`;
    const percent = (field: string, value: number): Problem[] =>
      value > 0 && value <= 100 ? [] : [{ at: at(field), value, rule: 'a share is more than 0 and at most 100 percent', mend: 'Give it in percent' }];
    return [
      ...percent('step', step),
      ...percent('max', max),
      ...(successRate === false ? [] : percent('successRate', successRate)),
      ...(successRate === false && latency === false && !webhooks.some(({ type = 'rollout' }) => type === 'rollout')
        ? [{ at: at('webhooks'), value: webhooks, rule: 'something judges the new version', mend: 'Give `successRate`, `latency` or a webhook of type rollout' }]
        : []),
      ...(interval.toMillis() >= SHORTEST
        ? []
        : [{ at: at('interval'), value: String(interval), rule: 'Flagger looks every 10 s at most', mend: 'Give 10 s or more' }]),
      ...(step <= max ? [] : [{ at: at('step'), value: step, rule: `the first step is no larger than the last share, ${max}`, mend: 'Give smaller steps' }]),
      ...(service.ports.length === 1
        ? []
        : [{ at: at('service'), value: service.ports.map(({ port }) => port), rule: 'Flagger splits one port', mend: 'Describe the service with that port alone' }]),
    ];
  }

  /** What is also written by us would be changed back and forth. */
  private ownershipProblems(): Problem[] {
    const { service } = this.settings;
    const domain = this.mesh?.clusterDomain;
    const host = serviceHost(service, domain);
    const inMesh = (candidate: VirtualService): boolean => {
      const { hosts = [], gateways } = candidate.spec;
      return (!gateways || gateways.includes('mesh')) && hosts.some((name) => qualifiedHost(name, candidate.namespace, domain ?? 'cluster.local') === host);
    };
    const routes = this.node.root.node.findAll().filter((child): child is VirtualService => child instanceof VirtualService && inMesh(child));
    return [...DestinationRule.forHost(this, host), ...routes].map((object) => ({
      at: object.node.path,
      value: `${object.kind} ${object.namespace}/${object.name}`,
      rule: `Flagger owns the routes of ${host} by ${this.node.path}`,
      mend: `Leave the ${object.kind} out; describe the Service with existingService, not by a MeshService`,
    }));
  }
}
