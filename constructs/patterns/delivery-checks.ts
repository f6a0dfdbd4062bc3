import { Token } from 'cdktf';
import type { Problem } from '../validation';
import { numberProblems } from './checks';
import type { ProgressiveDeliveryProps } from './progressive-delivery';

/** Flagger takes this one for a shorter interval; milliseconds. */
const SHORTEST = 10_000;

/** What stands against a delivery. @param at place of a field */
export function deliveryProblems(props: ProgressiveDeliveryProps, at: (field: string) => string): Problem[] {
  const { interval, failures, service } = props;
  const millis = interval.toMillis();
  return [
    ...shareProblems(props, at),
    ...numberProblems(at('failures'), failures, { min: 1 }, 'looks are counted in whole numbers, from 1', 'Give 1 to go back at the first failure'),
    ...judgeProblems(props, at),
    ...(Token.isUnresolved(millis) || millis >= SHORTEST
      ? []
      : [{ at: at('interval'), value: String(interval), rule: 'Flagger looks every 10 s at most', mend: 'Give 10 s or more' }]),
    ...(service.ports.length === 1
      ? []
      : [{ at: at('service'), value: service.ports.map(({ port }) => port), rule: 'Flagger splits one port', mend: 'Describe the service with that port alone' }]),
  ];
}

/** Either shares grow, or the version is looked at some times. */
function shareProblems({ step, max, iterations, match }: ProgressiveDeliveryProps, at: (field: string) => string): Problem[] {
  const share = (field: string, value: number | undefined): Problem[] =>
    numberProblems(at(field), value, { min: 1, max: 100 }, 'a share is a whole number of percent, 1 to 100', 'Give whole percent');
  const last = max ?? 50;
  return [
    ...share('step', step),
    ...share('max', max),
    ...(Token.isUnresolved(step) || Token.isUnresolved(last) || iterations !== undefined || (step ?? 10) <= last
      ? []
      : [{ at: at('step'), value: step ?? 10, rule: `the first step is no larger than the last share, ${last}`, mend: 'Give smaller steps' }]),
    ...numberProblems(at('iterations'), iterations, { min: 1 }, 'looks are counted in whole numbers, from 1', 'Give 1 or more'),
    ...(iterations !== undefined && (step ?? max) !== undefined
      ? [{ at: at('iterations'), value: iterations, rule: 'a version gets shares, or is looked at some times', mend: 'Leave out `step` and `max`, or `iterations`' }]
      : []),
    ...(match && iterations === undefined
      ? [{ at: at('match'), rule: 'requests of a match are looked at some times, not by shares', mend: 'Give `iterations`' }]
      : []),
  ];
}

function judgeProblems(props: ProgressiveDeliveryProps, at: (field: string) => string): Problem[] {
  const { successRate = 99, latency, metrics = [], webhooks = [] } = props;
  const rate = successRate === false ? undefined : successRate;
  const isJudged = rate !== undefined || latency !== false || metrics.length > 0 || webhooks.some(({ type = 'rollout' }) => type === 'rollout');
  return [
    ...numberProblems(at('successRate'), rate, { min: 0, max: 100, fractions: true }, 'a rate is 0 to 100 percent', 'Give it in percent'),
    ...(isJudged
      ? []
      : [
          {
            at: at('webhooks'),
            value: webhooks,
            rule: 'something judges the new version',
            mend: 'Give `successRate`, `latency`, `metrics` or a webhook of type rollout',
          },
        ]),
    ...metrics.flatMap(({ min, max }, index) =>
      min === undefined && max === undefined
        ? [{ at: at(`metrics[${index}]`), rule: 'a metric is well between two values', mend: 'Give `min`, `max` or both' }]
        : [],
    ),
  ];
}
