import { child, Report } from '../finding';
import { checkDuration, checkRange, DOCS } from './common';
import type { TrafficPolicy } from './destination-rule';

const SEE = `${DOCS}/networking/destination-rule/#OutlierDetection`;

/** When an endpoint that fails is left out for a while. */
export function checkOutlierDetection(outlier: TrafficPolicy['outlierDetection'], at: string, report: Report): void {
  if (!outlier) {
    return;
  }
  checkDuration(report, child(at, 'baseEjectionTime'), outlier.baseEjectionTime);
  checkDuration(report, child(at, 'interval'), outlier.interval);
  if (outlier.consecutiveErrors) {
    report.warning('AI0213', child(at, 'consecutiveErrors'), {
      value: outlier.consecutiveErrors,
      rule: 'this field is deprecated',
      mend: 'Write `consecutive5xxErrors` or `consecutiveGatewayErrors`',
      see: SEE,
    });
  }
  if ((outlier.consecutiveLocalOriginFailures ?? 0) > 0 && !outlier.splitExternalLocalOriginErrors) {
    report.error('AI0214', child(at, 'consecutiveLocalOriginFailures'), {
      value: outlier.consecutiveLocalOriginFailures,
      rule: 'local failures are counted only where they are told apart from those of the server',
      mend: 'Set `splitExternalLocalOriginErrors: true`',
      see: SEE,
    });
  }
  checkRange(report, child(at, 'maxEjectionPercent'), outlier.maxEjectionPercent, 0, 100);
  checkRange(report, child(at, 'minHealthPercent'), outlier.minHealthPercent, 0, 100);
}
