import type { Outcome } from './result';
import { acceptedCounts } from './shares';

/** Counters of requests that reach a proxy's own workload, the most widely kept first. Istio's default keeps few of Envoy's statistics. */
const INBOUND_COUNTERS: readonly RegExp[] = [
  // Every request that the workload's AuthorizationPolicy let in.
  /^http\.inbound_.*rbac\.allowed$/,
  // Istio's own metric, on proxies that carry its filters.
  /reporter=\.destination.*istio_requests_total$|^istio_requests_total.*reporter\.destination/,
  /^http\.inbound_.*downstream_rq_completed$/,
];

/** What `pilot-agent request GET stats` is asked for. */
export const STATS_FILTER = 'rbac.allowed$|istio_requests_total|inbound.*downstream_rq_completed$';

/** Requests that a proxy's own workload has received. */
export interface InboundCount {
  /** Name of the counter, for the table. */
  readonly counter: string;
  readonly requests: number;
}

/** Reads Envoy's statistics; nothing where they hold no counter that would tell. */
export function parseInboundCount(stats: string): InboundCount | undefined {
  const values = stats.split('\n').flatMap((line) => {
    const match = /^(.+): (\d+)$/.exec(line.trim());
    return match ? [{ name: match[1], value: Number(match[2]) }] : [];
  });
  for (const pattern of INBOUND_COUNTERS) {
    const matching = values.filter(({ name }) => pattern.test(name));
    if (matching.length > 0) {
      const counter = /(rbac\.allowed|istio_requests_total|downstream_rq_completed)$/.exec(matching[0].name)?.[1] ?? matching[0].name;
      return { counter, requests: matching.reduce((sum, { value }) => sum + value, 0) };
    }
  }
  return undefined;
}

/** What a run of mirrored requests came to. */
export interface MirrorSample {
  readonly version: string;
  /** Requests that were sent. */
  readonly sent: number;
  /** Those of them that the mirror's target itself answered, of which no copy is meant. */
  readonly direct: number;
  /** By how much the target's counter rose. */
  readonly seen: number;
}

/** Other visitors' requests are copied too while we count. */
const OTHER_TRAFFIC = 0.1;

/** Judges whether the target saw a copy of the wanted share of requests. */
export function judgeMirror(percent: number, sample: MirrorSample): Outcome {
  const copied = sample.seen - sample.direct;
  const { low, high } = acceptedCounts(sample.sent, percent);
  const slack = Math.ceil(sample.sent * OTHER_TRAFFIC);
  return {
    verdict: sample.sent > 0 && copied >= low && copied <= high + slack ? 'pass' : 'fail',
    observation: `${sample.version} saw ${copied} copies of ${sample.sent} requests`,
  };
}

/** The expectation in words. */
export function describeMirror(version: string, percent: number, sent: number): string {
  const { low, high } = acceptedCounts(sent, percent);
  return `${version} sees a copy of ${percent} % of ${sent} requests${low === high ? '' : ` (${low} to ${high})`}`;
}
