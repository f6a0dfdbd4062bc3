import { Construct } from 'constructs';
import type { DestinationRuleTrafficPolicy } from '../istio/generated/destination-rule';
import { KubernetesObject } from '../kubernetes/object';
import type { IService } from '../kubernetes/service';
import { mergeValues } from '../kubernetes/values';
import { IMesh, meshOf } from '../mesh/mesh';
import type { Duration } from '../traffic/duration';
import type { Gateway } from '../traffic/gateway';
import { list, renderHttpRoute, Retries } from '../traffic/http-route';
import type { Match } from '../traffic/match';
import { formatProblem, throwOnProblems } from '../validation';
import { deliveryProblems } from './delivery-checks';
import { ownershipProblems } from './delivery-ownership';

/** A call that Flagger makes while it watches. */
export interface DeliveryWebhook {
  /** Name that Flagger's events show. */
  readonly name: string;
  /** When: before the first share, with each share, to go on, after the end, to go back. @default 'rollout' */
  readonly type?: 'pre-rollout' | 'rollout' | 'confirm-rollout' | 'confirm-promotion' | 'post-rollout' | 'rollback' | 'event';
  /** Address that is called by POST; an answer other than 2xx is a failed look. */
  readonly url: string;
  /** What the call carries, such as the load tester's `cmd`. @default none */
  readonly metadata?: Readonly<Record<string, string>>;
}

/** A metric beside Flagger's own two, from a MetricTemplate that exists. @see https://docs.flagger.app/usage/metrics#custom-metrics */
export interface DeliveryMetric {
  /** Name that Flagger's events show. */
  readonly name: string;
  /** MetricTemplate that asks for it: its name, and its namespace. @default the namespace is the service's */
  readonly template: { readonly name: string; readonly namespace?: string };
  /** Least value that is well, in the metric's own unit. @default none */
  readonly min?: number;
  /** Largest value that is well, in the metric's own unit. @default none */
  readonly max?: number;
  /** Time that is looked at. @default `interval` of the delivery */
  readonly interval?: Duration;
}

/** Settings of {@link ProgressiveDelivery}. */
export interface ProgressiveDeliveryProps {
  /** The Service; Flagger makes it, and with `-primary` and `-canary`. */
  readonly service: IService;
  /** Deployment whose changes are rolled out. @default the service's name */
  readonly deployment?: string;
  /** What scales the Deployment; Flagger makes a second one for the primary. @default none */
  readonly autoscaler?: { readonly kind?: 'HorizontalPodAutoscaler' | 'ScaledObject'; readonly name: string };
  /** Whole percent by which the new version's share grows; not with `iterations`. @default 10 */
  readonly step?: number;
  /** Whole percent after which it takes over; not with `iterations`. @default 50 */
  readonly max?: number;
  /**
   * Looks after which it takes over, in place of shares: with the requests of `match`, or where that is left out with none (blue/green).
   * @default none: shares grow
   */
  readonly iterations?: number;
  /** Requests that the new version gets while it is looked at, such as those of a cookie: A/B testing, with `iterations`. @default by shares */
  readonly match?: Match | readonly Match[];
  /** Time between looks, 10 s or more. */
  readonly interval: Duration;
  /** Failed looks after which it goes back, 1 or more. @default 5 */
  readonly failures?: number;
  /** Percent of the requests that must succeed; false where Flagger has no Prometheus with Istio's metrics. @default 99 */
  readonly successRate?: number | false;
  /** Time in which 99 of a hundred requests must be answered; false where Flagger has no Prometheus with Istio's metrics. @default 500 ms */
  readonly latency?: Duration | false;
  /** Metrics of your own that must be well too. @default none */
  readonly metrics?: readonly DeliveryMetric[];
  /** Gateways through which requests come beside the sidecars. @default none */
  readonly gateways?: readonly Gateway[];
  /** Host names beside the service's own. @default none */
  readonly hosts?: readonly string[];
  /** Longest time for a whole request, retries included, on the routes that Flagger writes. @default none */
  readonly timeout?: Duration;
  /** How often a failed request is sent again, on the routes that Flagger writes. @default Istio's own */
  readonly retries?: Retries;
  /** How both versions are reached, in the DestinationRules that Flagger writes. @default Istio's own */
  readonly trafficPolicy?: DestinationRuleTrafficPolicy;
  /** Calls that Flagger makes while it watches. @default none: somebody else's requests are watched */
  readonly webhooks?: readonly DeliveryWebhook[];
  /**
   * Members of the Canary's spec in Flagger's own words, merged into what the construct renders.
   * @default none
   * @see https://docs.flagger.app/usage/how-it-works#canary-resource
   */
  readonly spec?: Readonly<Record<string, unknown>>;
  /** Mesh of the service. @default the mesh that the nearest scope above provides */
  readonly mesh?: IMesh;
}

/** API of each kind of autoscaler. */
const AUTOSCALERS = { HorizontalPodAutoscaler: 'autoscaling/v2', ScaledObject: 'keda.sh/v1alpha1' } as const;

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

  /** @throws ProblemError where shares, looks or rates are none, or nothing judges the new version */
  constructor(scope: Construct, id: string, props: ProgressiveDeliveryProps) {
    super(scope, id);
    this.settings = props;
    this.mesh = props.mesh ?? meshOf(this);
    throwOnProblems(`${this.node.path} cannot be created:`, deliveryProblems(props, (field) => `${this.node.path}: ${field}`));
    const { name, namespace } = props.service;
    new KubernetesObject(this, 'Canary', {
      apiVersion: 'flagger.app/v1beta1',
      kind: 'Canary',
      metadata: { name, namespace },
      fields: () => ({ spec: mergeValues(this.render(), props.spec) }),
    });
    this.node.addValidation({ validate: () => ownershipProblems(this, props.service, this.mesh).map(formatProblem) });
  }

  private render(): Record<string, unknown> {
    const { service, deployment, autoscaler, gateways, hosts, trafficPolicy } = this.settings;
    const port = service.ports[0];
    const kind = autoscaler?.kind ?? 'HorizontalPodAutoscaler';
    const { timeout, retries } = renderHttpRoute({ timeout: this.settings.timeout, retries: this.settings.retries }, this.mesh as IMesh);
    return {
      provider: 'istio',
      targetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: deployment ?? service.name },
      autoscalerRef: autoscaler && { apiVersion: AUTOSCALERS[kind], kind, name: autoscaler.name },
      service: {
        name: service.name,
        port: port?.port,
        portName: port?.name,
        targetPort: port?.targetPort ?? port?.port,
        gateways: gateways && [...gateways.map((gateway) => gateway.nameFrom(service.namespace)), 'mesh'],
        hosts,
        timeout,
        retries,
        trafficPolicy,
      },
      analysis: this.analysis(),
    };
  }

  private analysis(): Record<string, unknown> {
    const { step = 10, max = 50, iterations, match, failures = 5, successRate = 99, latency, metrics = [], webhooks } = this.settings;
    const interval = this.settings.interval.toString();
    return {
      interval,
      threshold: failures,
      ...(iterations === undefined ? { maxWeight: max, stepWeight: step } : { iterations, match: match && list(match).map((one) => one.toSpec()) }),
      metrics: [
        ...(successRate === false ? [] : [{ name: 'request-success-rate', thresholdRange: { min: successRate }, interval }]),
        ...(latency === false ? [] : [{ name: 'request-duration', thresholdRange: { max: latency?.toMillis() ?? 500 }, interval }]),
        ...metrics.map((metric) => ({
          name: metric.name,
          templateRef: metric.template,
          thresholdRange: { min: metric.min, max: metric.max },
          interval: metric.interval?.toString() ?? interval,
        })),
      ],
      webhooks: webhooks?.map((webhook) => ({ type: 'rollout', ...webhook })),
    };
  }
}
