import type { WorkloadEntrySpec } from '../../../istio/generated/workload-entry';
import type { WorkloadGroupSpec } from '../../../istio/generated/workload-group';
import { child, Report } from '../finding';
import { checkLabels, checkPort, checkRange, checkSocket, DOCS, isSocket } from './common';
import { isIpAddress, whyNotFqdn } from './names';
import { checkEndpointPorts } from './service-entry';

interface WorkloadOptions {
  /** Names of the ServiceEntry's ports. @default any */
  readonly ports?: ReadonlySet<string>;
  /** DNS names are addresses too. */
  readonly namesAllowed: boolean;
}

export function checkWorkloadEntry(spec: WorkloadEntrySpec, report: Report): void {
  checkWorkload(spec, 'spec', report, { namesAllowed: true });
}

/** A WorkloadEntry, or an endpoint of a ServiceEntry. */
export function checkWorkload(entry: WorkloadEntrySpec, at: string, report: Report, options: WorkloadOptions): void {
  const { address } = entry;
  const field = child(at, 'address');
  const see = `${DOCS}/networking/workload-entry/`;
  if (!address && !entry.network) {
    report.error('AI0502', field, { value: address, rule: 'an endpoint needs an address', mend: 'Give `address`, or `network` where a gateway leads to it', see });
  } else if (!address) {
    report.warning('AI0501', field, { rule: 'without an address only the gateway of the network is known', mend: 'Give `address` where the workload can be reached directly', see });
  }
  if (isSocket(address)) {
    checkSocket(report, field, address);
    if (options.ports && options.ports.size !== 1) {
      report.error('AI0502', field, { value: address, rule: 'a Unix socket serves exactly one port', mend: 'Give the ServiceEntry one port', see });
    }
  } else if (address && !isIpAddress(address) && (!options.namesAllowed || whyNotFqdn(address))) {
    report.error('AI0502', field, {
      value: address,
      rule: options.namesAllowed ? 'an address is an IP address or a DNS name' : 'with resolution STATIC an endpoint is an IP address',
      mend: options.namesAllowed ? 'Correct the address' : 'Write an IP address, or set `resolution: DNS`',
      see,
    });
  }
  checkEndpointPorts(report, at, entry.ports, options.ports);
  checkLabels(report, child(at, 'labels'), entry.labels);
}

/** What istiod's admission demands of a WorkloadGroup beyond its schema. */
export function checkWorkloadGroup(spec: WorkloadGroupSpec, report: Report): void {
  checkLabels(report, 'spec.metadata.labels', spec.metadata?.labels);
  const { probe } = spec;
  if (!probe) {
    return;
  }
  const see = `${DOCS}/networking/workload-group/#ReadinessProbe`;
  for (const name of ['periodSeconds', 'initialDelaySeconds', 'timeoutSeconds', 'successThreshold', 'failureThreshold'] as const) {
    checkRange(report, child('spec.probe', name), probe[name], 0);
  }
  if (probe.httpGet) {
    checkPort(report, 'spec.probe.httpGet.port', probe.httpGet.port);
    (probe.httpGet.httpHeaders ?? []).forEach(({ name }, index) => {
      if (!/^[-A-Za-z0-9]+$/.test(name ?? '')) {
        report.error('AI0503', child('spec.probe.httpGet.httpHeaders', index), { value: name, rule: 'a header is named by letters, digits and dashes', mend: 'Correct the name', see });
      }
    });
  } else if (probe.tcpSocket) {
    checkPort(report, 'spec.probe.tcpSocket.port', probe.tcpSocket.port);
  } else if (!probe.exec) {
    report.error('AI0504', 'spec.probe', {
      value: probe,
      rule: probe.grpc ? 'istiod’s admission does not know probes by gRPC' : 'a probe says what it asks',
      mend: 'Give one of `httpGet`, `tcpSocket` and `exec`',
      see,
    });
  }
}
