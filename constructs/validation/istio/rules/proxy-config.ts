import type { ProxyConfigSpec } from '../../../istio/generated/proxy-config';
import type { Report } from '../finding';
import { checkRange, checkSelector } from './common';

/** What istiod's admission demands of a ProxyConfig beyond its schema. */
export function checkProxyConfig(spec: ProxyConfigSpec, report: Report): void {
  checkSelector(report, 'spec.selector', spec.selector?.matchLabels, spec.selector !== undefined);
  checkRange(report, 'spec.concurrency', spec.concurrency, 0);
}
