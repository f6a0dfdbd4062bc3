import type { DestinationRuleSpec } from '../../../istio/generated/destination-rule';
import { child, Report } from '../finding';
import { checkFqdn, checkHost, checkLabels, checkPort, checkSelector, DOCS } from './common';
import { checkClientTls } from './client-tls';
import { checkConnectionPool } from './connection-pool';
import { checkExportTo } from './export-to';
import { checkLoadBalancer } from './load-balancer';
import { isDnsLabel, isIpAddress, whyNotFqdn } from './names';
import { checkOutlierDetection } from './outlier-detection';

export type TrafficPolicy = NonNullable<DestinationRuleSpec['trafficPolicy']>;
type PortPolicy = NonNullable<TrafficPolicy['portLevelSettings']>[number];

const SEE = `${DOCS}/networking/destination-rule/`;
const MEMBERS = ['outlierDetection', 'connectionPool', 'loadBalancer', 'tls', 'portLevelSettings', 'tunnel', 'proxyProtocol', 'retryBudget'] as const;
const PORT_MEMBERS = ['outlierDetection', 'connectionPool', 'loadBalancer', 'tls'] as const;

/** What istiod's admission demands of a DestinationRule beyond its schema. */
export function checkDestinationRule(spec: DestinationRuleSpec, report: Report, namespace: string): void {
  checkHost(report, 'spec.host', spec.host);
  checkTrafficPolicy(spec.trafficPolicy, 'spec.trafficPolicy', report, namespace);
  const names = new Set<string>();
  (spec.subsets ?? []).forEach((subset, index) => {
    const at = child('spec.subsets', index);
    if (names.has(subset.name)) {
      report.error('AI0201', child(at, 'name'), { value: subset.name, rule: 'each subset has a name of its own', mend: 'Rename one, or join the two', see: SEE });
    }
    names.add(subset.name);
    if (!isDnsLabel(subset.name)) {
      report.error('AI0111', child(at, 'name'), { value: subset.name, rule: 'a subset is named by letters, digits and inner dashes', mend: 'Rename the subset' });
    }
    checkLabels(report, child(at, 'labels'), subset.labels);
    checkTrafficPolicy(subset.trafficPolicy, child(at, 'trafficPolicy'), report, namespace);
  });
  checkExportTo(report, namespace, spec.exportTo, { selected: spec.workloadSelector !== undefined });
  checkSelector(report, 'spec.workloadSelector', spec.workloadSelector?.matchLabels, spec.workloadSelector !== undefined);
}

function checkTrafficPolicy(policy: TrafficPolicy | undefined, at: string, report: Report, namespace: string): void {
  if (!policy) {
    return;
  }
  if (MEMBERS.every((name) => isAbsent(policy[name]))) {
    report.error('AI0202', at, { rule: 'a traffic policy says something', mend: `Give one of ${MEMBERS.join(', ')}, or drop it`, see: SEE });
    return;
  }
  if (policy.tunnel && policy.proxyProtocol) {
    report.error('AI0203', at, { rule: 'a connection is either tunnelled or begins with the PROXY protocol', mend: 'Keep one of `tunnel` and `proxyProtocol`', see: SEE });
    return;
  }
  checkPortPolicy(policy, at, report, namespace);
  (policy.portLevelSettings ?? []).forEach((settings, index) => {
    const field = child(child(at, 'portLevelSettings'), index);
    if (!settings.port) {
      report.error('AI0204', field, { rule: 'settings per port name the port', mend: 'Give `port: {number: ...}`', see: SEE });
    }
    if (PORT_MEMBERS.every((name) => isAbsent(settings[name]))) {
      report.error('AI0202', field, { rule: 'settings per port say something', mend: `Give one of ${PORT_MEMBERS.join(', ')}`, see: SEE });
    }
    checkPortPolicy(settings, field, report, namespace);
  });
  checkTunnel(policy.tunnel, child(at, 'tunnel'), report);
}

function checkPortPolicy(policy: PortPolicy, at: string, report: Report, namespace: string): void {
  checkOutlierDetection(policy.outlierDetection, child(at, 'outlierDetection'), report);
  checkConnectionPool(policy.connectionPool, child(at, 'connectionPool'), report);
  checkLoadBalancer(policy.loadBalancer, policy.outlierDetection !== undefined, child(at, 'loadBalancer'), report);
  checkClientTls(policy.tls, child(at, 'tls'), report, namespace);
}

function checkTunnel(tunnel: TrafficPolicy['tunnel'], at: string, report: Report): void {
  if (!tunnel) {
    return;
  }
  if (tunnel.protocol && !['CONNECT', 'POST'].includes(tunnel.protocol)) {
    report.error('AI0205', child(at, 'protocol'), { value: tunnel.protocol, rule: 'a tunnel is opened by CONNECT or POST', mend: 'Write CONNECT or POST', see: SEE });
  }
  if (whyNotFqdn(tunnel.targetHost) && !isIpAddress(tunnel.targetHost)) {
    checkFqdn(report, child(at, 'targetHost'), tunnel.targetHost);
  }
  checkPort(report, child(at, 'targetPort'), tunnel.targetPort);
}

function isAbsent(value: unknown): boolean {
  return value === undefined || (Array.isArray(value) && value.length === 0);
}
