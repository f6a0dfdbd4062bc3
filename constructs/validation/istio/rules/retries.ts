import { STATUS_CODES } from 'node:http';
import { child, Report } from '../finding';
import { checkDuration, DOCS } from './common';
import type { HttpRoute } from './http-route';

const CONDITIONS = [
  '5xx', 'gateway-error', 'reset', 'reset-before-request', 'connect-failure', 'retriable-4xx', 'refused-stream', 'retriable-status-codes',
  'retriable-headers', 'envoy-ratelimited', 'http3-post-connect-failure', 'cancelled', 'deadline-exceeded', 'internal', 'resource-exhausted', 'unavailable',
];
const SEE = `${DOCS}/networking/virtual-service/#HTTPRetry`;

/** How often a failed request is sent again. */
export function checkRetries(retries: HttpRoute['retries'], at: string, report: Report): void {
  if (!retries) {
    return;
  }
  const attempts = retries.attempts ?? 0;
  if (attempts < 0) {
    report.error('AI0146', child(at, 'attempts'), { value: attempts, rule: 'the number of attempts is not negative', mend: 'Write 0 to switch retries off', see: SEE });
  }
  const pointless = (['perTryTimeout', 'retryOn', 'retryRemoteLocalities'] as const).filter((name) => retries[name] !== undefined && retries[name] !== '');
  if (attempts === 0 && pointless.length > 0) {
    report.error('AI0147', at, {
      value: retries,
      rule: 'attempts 0 switches retries off, so nothing else may be said of them',
      mend: `Give \`attempts\`, or drop \`${pointless.join('` and `')}\``,
      see: SEE,
    });
  }
  checkDuration(report, child(at, 'perTryTimeout'), retries.perTryTimeout);
  checkDuration(report, child(at, 'backoff'), retries.backoff);
  if (retries.retryOn) {
    for (const condition of retries.retryOn.split(',')) {
      if (!CONDITIONS.includes(condition) && !isStatus(condition)) {
        report.error('AI0148', child(at, 'retryOn'), {
          value: condition,
          rule: 'this is no condition to retry on',
          mend: `Write statuses and ${CONDITIONS.join(', ')}, parted by commas without blanks`,
          see: SEE,
        });
      }
    }
  }
}

function isStatus(text: string): boolean {
  // Node also has a name for 509, which no standard gives it and istiod does not know.
  return /^[-+]?\d+$/.test(text) && STATUS_CODES[Number(text)] !== undefined && Number(text) !== 509;
}
