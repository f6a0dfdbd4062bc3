import type { PeerAuthenticationSpec } from '../../../istio/generated/peer-authentication';
import type { Report } from '../finding';
import { checkSelector } from './common';

/** What istiod's admission demands of a PeerAuthentication beyond its schema. */
export function checkPeerAuthentication(spec: PeerAuthenticationSpec, report: Report): void {
  checkSelector(report, 'spec.selector', spec.selector?.matchLabels, spec.selector !== undefined);
}
