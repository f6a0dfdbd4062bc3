import { Token } from 'cdktf';
import { Construct } from 'constructs';
import {
  TELEMETRY,
  TelemetryAccessLogging,
  TelemetryMetricsOverrides,
  TelemetryMetricsOverridesMatch,
  TelemetrySpec,
  TelemetryTracing,
} from '../istio/generated/telemetry';
import { targeting } from '../istio/target';
import { TargetedObject, TargetedProps } from '../istio/targeted-object';
import { providerProblems } from '../mesh/extension-providers';
import { MeshFeature, meshOf } from '../mesh/mesh';
import { Problem, throwOnProblems } from '../validation';
import { readCel } from '../validation/istio/cel-syntax';

/** Istio's own metrics. */
export type IstioMetric = NonNullable<TelemetryMetricsOverridesMatch['metric']>;
/** The side that reports. */
export type ReportingSide = NonNullable<TelemetryMetricsOverridesMatch['mode']>;

/** Settings of {@link Telemetry}. */
export interface TelemetryProps extends TargetedProps<TelemetrySpec> {
  /**
   * Where its metrics go: names from extensionProviders of the MeshConfig.
   * @default ['prometheus'], which every mesh has
   */
  readonly metricsProviders?: readonly string[];
}

/** Which requests are logged, and where to. */
export interface AccessLogOptions {
  /** Names from extensionProviders of the MeshConfig; `envoy` writes to the proxies' output. @default ['envoy'] */
  readonly providers?: readonly string[];
  /** CEL over Envoy's attributes, such as `response.code >= 500`; nothing logs all. @default none */
  readonly filter?: string;
  /** Whether the caller's proxy writes it (`CLIENT`) or that of whoever is called (`SERVER`). @default both sides */
  readonly side?: 'CLIENT' | 'SERVER';
}

/** Which metrics a tag is for. */
export interface MetricOptions {
  /** Which of Istio's metrics. @default all */
  readonly metric?: IstioMetric;
  /** Whether the caller's proxy counts it (`CLIENT`) or that of whoever is called (`SERVER`). @default both sides */
  readonly side?: 'CLIENT' | 'SERVER';
}

/** How requests are traced. */
export interface TracingOptions {
  /** Names from extensionProviders of the MeshConfig. @default the mesh's */
  readonly providers?: readonly string[];
  /** Tags of every span, in Istio's own words. @default none */
  readonly tags?: TelemetryTracing['customTags'];
}

/** Where Istio's metrics go unless the MeshConfig says otherwise. */
const METRICS = ['prometheus'];
const SEE = 'https://istio.io/latest/docs/tasks/observability/metrics/customize-metrics/';

/**
 * What proxies log, count and trace.
 * @see https://istio.io/latest/docs/reference/config/telemetry/
 */
export class Telemetry extends TargetedObject<TelemetrySpec> {
  /** For the whole mesh: it goes into the mesh's root namespace. */
  static forMesh(scope: Construct, id: string, props: Omit<TelemetryProps, 'namespace' | 'target'> = {}): Telemetry {
    const mesh = props.mesh ?? meshOf(scope);
    return new Telemetry(scope, id, { name: 'mesh-default', ...props, namespace: mesh?.rootNamespace ?? '' });
  }

  private readonly metricsProviders: readonly string[];
  private readonly logs: TelemetryAccessLogging[] = [];
  private readonly metrics: TelemetryMetricsOverrides[] = [];
  private readonly traces: TelemetryTracing[] = [];

  constructor(scope: Construct, id: string, props: TelemetryProps) {
    super(scope, id, TELEMETRY, props, props.target);
    this.metricsProviders = props.metricsProviders ?? METRICS;
  }

  /** Writes access logs, of every request or of those that a filter chooses. */
  logRequests(options: AccessLogOptions = {}): this {
    this.logs.push({
      providers: (options.providers ?? ['envoy']).map((name) => ({ name })),
      filter: options.filter === undefined ? undefined : { expression: options.filter },
      match: options.side && { mode: options.side },
    });
    return this;
  }

  /** Turns off logs that a wider Telemetry turned on. */
  dropLogs(provider = 'envoy'): this {
    this.logs.push({ providers: [{ name: provider }], disabled: true });
    return this;
  }

  /**
   * Sets a tag of the metrics.
   * @param value CEL over Envoy's attributes, such as `request.host`, or a text in quotes
   * @throws ProblemError where the tag has no name, or the value is no CEL
   */
  tagMetrics(tag: string, value: string, options: MetricOptions = {}): this {
    const reading = Token.isUnresolved(value) ? undefined : readCel(value);
    throwOnProblems(`${this.node.path} cannot tag metrics:`, [
      ...(tag === '' ? [{ at: this.at('metrics'), value: tag, rule: 'a tag has a name', mend: 'Name the tag', see: SEE }] : []),
      ...(reading && 'why' in reading
        ? [{ at: this.at(`metrics: ${tag}`), value, rule: `a tag is an expression of CEL: ${reading.why}`, mend: "Write such as request.host, or 'a text'", see: SEE }]
        : []),
    ]);
    return this.override({ match: matchOf(options), tagOverrides: { [tag]: { operation: 'UPSERT', value } } });
  }

  /** Leaves a tag out: every value of it is a time series. */
  dropTag(tag: string, options: MetricOptions = {}): this {
    return this.override({ match: matchOf(options), tagOverrides: { [tag]: { operation: 'REMOVE' } } });
  }

  /** Does not count at all. */
  dropMetric(metric: IstioMetric, side?: MetricOptions['side']): this {
    return this.override({ match: matchOf({ metric, side }), disabled: true });
  }

  /**
   * Traces a share of the requests.
   * @param percent 0 to 100
   * @throws ProblemError outside that range
   */
  traceRequests(percent: number, options: TracingOptions = {}): this {
    throwOnProblems(
      `${this.node.path} cannot trace:`,
      Token.isUnresolved(percent) || (percent >= 0 && percent <= 100)
        ? []
        : [{ at: this.at('tracing'), value: percent, rule: 'a share is between 0 and 100 percent', mend: 'Give it in percent: 10 is one of ten' }],
    );
    this.traces.push({
      providers: options.providers?.map((name) => ({ name })),
      randomSamplingPercentage: percent,
      customTags: options.tags,
    });
    return this;
  }

  protected render(): TelemetrySpec {
    return {
      ...targeting(this.target),
      accessLogging: this.logs.length > 0 ? this.logs : undefined,
      metrics: this.metrics.length > 0 ? [{ providers: this.metricsProviders.map((name) => ({ name })), overrides: this.metrics }] : undefined,
      tracing: this.traces.length > 0 ? this.traces : undefined,
    };
  }

  protected override features(): readonly MeshFeature[] {
    const { accessLogging = [], metrics = [] } = this.spec;
    return [
      ...(accessLogging.some(({ filter }) => filter) ? (['TelemetryAccessLogFilter'] as const) : []),
      ...(metrics.length > 0 ? (['IstioMetrics'] as const) : []),
      ...(metrics.some(({ reportingInterval }) => reportingInterval !== undefined) ? (['TelemetryReportingInterval'] as const) : []),
    ];
  }

  protected override problems(): Problem[] {
    const { spec, mesh } = this;
    return (['accessLogging', 'metrics', 'tracing'] as const).flatMap((part) =>
      (spec[part] ?? []).flatMap(({ providers = [] }, index) =>
        providers.flatMap(({ name }, number) => providerProblems(mesh, name, 'telemetry', this.at(`${part}[${index}].providers[${number}]`))),
      ),
    );
  }

  private override(override: TelemetryMetricsOverrides): this {
    this.metrics.push(override);
    return this;
  }
}

function matchOf(options: MetricOptions): TelemetryMetricsOverridesMatch {
  return { metric: options.metric ?? 'ALL_METRICS', mode: options.side ?? 'CLIENT_AND_SERVER' };
}
